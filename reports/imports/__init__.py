"""Annex layouts and registers from a file: checked whole, then written whole."""

from reports.imports.annexes import import_annexes
from reports.imports.formulas import formula_names
from reports.imports.registers import import_registers

__all__ = ["formula_names", "import_annexes", "import_registers"]
