"""What a return asks of a unit, what it holds, and what stands in the way of sending it up.

A period belongs to the units valid on its last day.
"""

from reports.returns.assembly import checked_values, return_of
from reports.returns.form import deadline_of, form_of, report_of, reviewers_of
from reports.returns.obstacles import obstacles
from reports.returns.pieces import Return, Row, is_late, plain
from reports.returns.previous import locked_values, origins, previous_values
from reports.returns.standings import (
    Standing,
    Tracker,
    latest_period,
    owed_by,
    periods_for,
    standings,
    tracker,
)

__all__ = [
    "Return",
    "Row",
    "Standing",
    "Tracker",
    "checked_values",
    "deadline_of",
    "form_of",
    "is_late",
    "latest_period",
    "locked_values",
    "obstacles",
    "origins",
    "owed_by",
    "periods_for",
    "plain",
    "previous_values",
    "report_of",
    "return_of",
    "reviewers_of",
    "standings",
    "tracker",
]
