"""Plans with their documents, the figures they state, and what units were given to reach."""

from plans.models.documents import LinkedDocument, Plan, Responsibility
from plans.models.milestones import Allocation, AllocationShare, Milestone
from plans.models.targets import Amendment, Target
from plans.models.verdicts import VerdictChange

__all__ = [
    "Allocation",
    "AllocationShare",
    "Amendment",
    "LinkedDocument",
    "Milestone",
    "Plan",
    "Responsibility",
    "Target",
    "VerdictChange",
]
