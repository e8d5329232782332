"""Rolled-up figures: rebuilt from the facts, never adjusted by a difference.

Running twice, late or out of order gives the same rows. Writing a fact and asking for its
recompute happen in one transaction (`recording`); Celery only makes the work soon.
"""

from indicators.rollups.catalogue import Catalogue
from indicators.rollups.computing import own_cells
from indicators.rollups.queue import (
    EVERY_PERIOD,
    drain,
    known_periods,
    mark_periods,
    mark_units,
    rebuild,
    recompute_all,
)

__all__ = [
    "EVERY_PERIOD",
    "Catalogue",
    "drain",
    "known_periods",
    "mark_periods",
    "mark_units",
    "own_cells",
    "rebuild",
    "recompute_all",
]
