"""The catalogue, the rules and results from files: checked whole, then written whole."""

from indicators.imports.definitions import CatalogueImported, import_indicators
from indicators.imports.results import import_results
from indicators.imports.rules import import_rules

__all__ = ["CatalogueImported", "import_indicators", "import_results", "import_rules"]
