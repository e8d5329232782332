"""Who is told of what: rules over steps, days and verdicts, what people chose, and the letters.

Each rule writes `Notice` rows in the transaction of what it tells of, so that a step that is
taken back tells nobody. Nobody is told of their own deed, nor of a unit they may not see.
"""

from reports.noticing.days import of_calendar
from reports.noticing.steps import of_comment, of_step
from reports.noticing.verdicts import of_verdicts

__all__ = ["of_calendar", "of_comment", "of_step", "of_verdicts"]
