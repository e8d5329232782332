"""Reading for the reviewer's desk: one return with its flags, requests, rounds and history."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.html import format_html

from communes.access import holders, sees_below
from communes.enums import Role
from communes.models import Official, Unit
from indicators.enums import Answer
from indicators.periods import Period
from reports.attached import evidence_of
from reports.enums import Step
from reports.history import Change, already_sent, figure_history
from reports.models import Report, ReportEvent
from reports.returns import Return, answer_text, lateness_of, return_of
from reports.review import words
from reports.review.panel import Panel, panel_of
from reports.review.powers import Neighbours, Powers, neighbours_of, powers_of
from reports.review.rows import (
    SHOW,
    DeskGroup,
    DeskRow,
    Looks,
    counted,
    desk_rows,
    grouped,
    is_shown,
    replaced_since,
    show_last_sent,
)
from reports.review.words import Status
from reports.workflow import accepted_in


@dataclass(frozen=True, slots=True)
class FigureChange:
    """One edit of one figure, in words."""

    at: datetime
    by: str
    code: str
    name: str
    old: str
    new: str
    reason: str


@dataclass(frozen=True, slots=True)
class Desk:
    """Everything about one return on a reviewer's desk. `changes`: edits of what was there.

    `is_unheard`: nobody in the unit could correct what the reader sends back. `keep`: what an
    address of this page adds to stay with the lines that are shown.
    """

    unit: Unit
    period: Period
    report: Report
    status: Status
    is_sent: bool
    done: int
    total: int
    previous_label: str
    groups: tuple[DeskGroup, ...]
    counts: dict[str, int]
    showing: str
    opened: str
    events: tuple[ReportEvent, ...]
    changes: tuple[FigureChange, ...]
    has_sample: bool
    powers: Powers
    neighbours: Neighbours | None
    rows: tuple[DeskRow, ...]
    panel: Panel | None
    days_late: int
    is_unheard: bool
    keep: str

    @property
    def pending(self) -> int:
        return self.counts["pending"]

    @property
    def unheard(self) -> str:
        return words.unheard() if self.is_unheard else ""

    @property
    def unlooked(self) -> list[DeskRow]:
        """What asks for a look and has had none."""
        return [row for row in self.rows if row.needs_look]

    @property
    def marked(self) -> list[DeskRow]:
        """What is to be sent back."""
        return [row for row in self.rows if row.pending is not None]

    def row(self, code: str) -> DeskRow | None:
        return next((row for row in self.rows if row.code == code), None)


def desk(
    unit: Unit, period: Period, official: Official, *, showing: str = "", opened: str = ""
) -> Desk:
    """Return one return as `official` may see it.

    `showing` narrows the rows (one of `rows.SHOW`; empty: what is best read first), `opened` is
    the code of the row whose panel is asked for.
    Figures that are still with the unit are not shown: then the last sent ones are. The number
    of queries does not grow with the form.
    """
    found = return_of(unit, period)
    report = found.report
    is_sent = report.round > 0
    events = tuple(_events(report))
    changes = figure_history(unit, period) if is_sent else []
    powers = powers_of(found, official)
    if not powers.may_review:
        _leave_out_unsent_requests(found)
    sendings = [event for event in events if event.step == Step.SUBMIT]
    sent_at = [event.at for event in sendings]
    if sendings and report.is_editable:
        show_last_sent(found, replaced_since(changes, sent_at[-1:]), sendings[-1])
    attached = evidence_of(found.report, as_sent=True)
    for row in found.inputs:
        row.evidence = attached.get(row.indicator.pk, [])
    looks = Looks(
        before=replaced_since(changes, sent_at[-2:-1]),
        notes=_notes(sendings[-2]) if sendings[1:] and not report.is_editable else None,
        accepted=accepted_in(report) if is_sent else {},
    )
    rows = desk_rows(found, looks) if is_sent else []
    counts = counted(rows)
    asked, showing = showing, showing or _first_shown(report, counts, is_mine=powers.may_review)
    return Desk(
        unit=unit,
        period=period,
        report=report,
        status=words.of_report(report),
        is_sent=is_sent,
        done=found.done,
        total=found.total,
        previous_label=str(period.year - 1),
        groups=grouped([row for row in rows if is_shown(row, showing)], report.round),
        counts=counts,
        showing=showing,
        opened=opened,
        events=events[::-1],
        changes=changes_sent(changes, report),
        has_sample=found.has_sample,
        powers=powers,
        neighbours=neighbours_of(unit, period, official),
        rows=tuple(rows),
        panel=_panel(found, rows, opened, official),
        days_late=lateness_of(unit, period) if sent_at and not report.is_editable else 0,
        is_unheard=is_sent and _is_unheard(unit, report, powers),
        keep=format_html("&amp;loc={}", asked) if asked in SHOW else "",
    )


def _is_unheard(unit: Unit, report: Report, powers: Powers) -> bool:
    """One query, none for who only reads an approved return or one on another desk."""
    is_theirs = powers.may_review or powers.may_reopen or report.is_editable
    return is_theirs and not holders([unit.pk], [Role.OFFICER])


def _first_shown(report: Report, counts: dict[str, int], *, is_mine: bool) -> str:
    """What came back is read by what it changed; the rest is a press away."""
    return "changed" if is_mine and report.round > 1 and counts["changed"] else "all"


def _notes(event: ReportEvent) -> dict[str, str]:
    """What the unit noted beside its figures when it sent them: indicator code → note."""
    return {code: note[0] for code, _kept, *note in event.covered if note}


def _panel(found: Return, rows: list[DeskRow], opened: str, official: Official) -> Panel | None:
    shown = next((row for row in rows if row.code == opened), None)
    if shown is None:
        return None
    row = next(row for row in found.rows if row.code == opened)
    is_above = found.unit.parent is not None and sees_below(official, found.unit.parent)
    return panel_of(row, shown, rows, found.unit, found.period, is_above=is_above)


def _events(report: Report) -> list[ReportEvent]:
    if words.is_new(report):
        return []
    return list(report.events.select_related("by").order_by("at", "pk"))


def _leave_out_unsent_requests(found: Return) -> None:
    """What a reviewer has noted and not sent yet is theirs alone."""
    for row in found.inputs:
        row.comments = [
            comment
            for comment in row.comments
            if comment.event_id is not None or not comment.asks_for_change
        ]
        if row.request is not None and row.request.event_id is None:
            row.request = None


def changes_sent(changes: list[Change], report: Report) -> tuple[FigureChange, ...]:
    """The edits of what was there that have left the unit's desk, newest first."""
    return tuple(
        _change(row) for row in already_sent(changes, report) if row.old_answer != Answer.MISSING
    )


def _change(row: Change) -> FigureChange:
    return FigureChange(
        at=row.at,
        by=row.by,
        code=row.indicator.code,
        name=row.indicator.name,
        old=answer_text(row.indicator, row.old_answer, row.old),
        new=answer_text(row.indicator, row.new_answer, row.new),
        reason=row.reason,
    )
