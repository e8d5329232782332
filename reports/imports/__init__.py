"""Annex layouts from a file: checked whole, then written whole."""

from reports.imports.annexes import import_annexes
from reports.imports.formulas import formula_names

__all__ = ["formula_names", "import_annexes"]
