"""Units, successions and groups from files: checked whole, then written whole."""

from communes.imports.boundaries import BoundariesImported, import_boundaries
from communes.imports.groups import import_groups
from communes.imports.register import UnitRegister
from communes.imports.successions import import_successions
from communes.imports.units import UnitsImported, import_units

__all__ = [
    "BoundariesImported",
    "UnitRegister",
    "UnitsImported",
    "import_boundaries",
    "import_groups",
    "import_successions",
    "import_units",
]
