"""A figure through the tiers: put together from below, split over the units below."""

from plans.cascade.allocating import (
    STAGE,
    covers,
    issue_allocation,
    obstacles,
    save_allocation,
)
from plans.cascade.combining import Base, Combined, Manner, adds_up, combine, manner_of
from plans.cascade.comparing import Cascade, CascadeRow, cascade_of
from plans.cascade.ground import Ground, Standing, ground_of
from plans.cascade.proposing import Balance, balance_of, limit_problems, propose
from plans.cascade.shares import split_by, split_equally

__all__ = [
    "STAGE",
    "Balance",
    "Base",
    "Cascade",
    "CascadeRow",
    "Combined",
    "Ground",
    "Manner",
    "Standing",
    "adds_up",
    "balance_of",
    "cascade_of",
    "combine",
    "covers",
    "ground_of",
    "issue_allocation",
    "limit_problems",
    "manner_of",
    "obstacles",
    "propose",
    "save_allocation",
    "split_by",
    "split_equally",
]
