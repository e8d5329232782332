"""What a return asks of a unit, what it holds, and what stands in the way of sending it up.

A period belongs to the units valid on its last day.
"""

from reports.returns.assembly import checked_values, return_of, returns_of
from reports.returns.counted import Counted, counted_figures, locks_of
from reports.returns.form import deadline_of, form_of, report_of, reviewers_of
from reports.returns.obstacles import obstacles
from reports.returns.openness import closed_because, need_editable, need_open, nobody_above
from reports.returns.pieces import Return, Row, is_late, plain
from reports.returns.previous import locked_values, origins, previous_values
from reports.returns.seen import changed_since, seen_in
from reports.returns.standings import (
    Standing,
    Tracker,
    days_late,
    lateness_of,
    latest_period,
    owed_by,
    periods_for,
    standings,
    tracker,
)
from reports.returns.telling import answer_text, figure_text, kept_text

__all__ = [
    "Counted",
    "Return",
    "Row",
    "Standing",
    "Tracker",
    "answer_text",
    "changed_since",
    "checked_values",
    "closed_because",
    "counted_figures",
    "days_late",
    "deadline_of",
    "figure_text",
    "form_of",
    "is_late",
    "kept_text",
    "lateness_of",
    "latest_period",
    "locked_values",
    "locks_of",
    "need_editable",
    "need_open",
    "nobody_above",
    "obstacles",
    "origins",
    "owed_by",
    "periods_for",
    "plain",
    "previous_values",
    "report_of",
    "return_of",
    "returns_of",
    "reviewers_of",
    "seen_in",
    "standings",
    "tracker",
]
