"""Do the figures of a plan fit together? What does not is told, never refused or changed.

A check that cannot be decided says nothing. Checks speak of what the document says, not of
later amendments. Source: issue 3, point 6; domain notes, Checks officials would expect.
"""

from plans.consistency.check import check
from plans.consistency.findings import Inconsistency, Kind
from plans.consistency.load import inconsistencies_in

__all__ = ["Inconsistency", "Kind", "check", "inconsistencies_in"]
