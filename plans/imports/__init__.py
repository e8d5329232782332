"""Documents and the figures they state, from files: checked whole, then written whole."""

from plans.imports.documents import PlansImported, import_plans
from plans.imports.targets import import_targets

__all__ = ["PlansImported", "import_plans", "import_targets"]
