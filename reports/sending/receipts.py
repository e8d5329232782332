"""The receipt of a return that was sent: told by its event alone, never by what stands now."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC
from hashlib import sha256
from itertools import groupby
from typing import Any

from communes.models import Unit
from indicators.enums import Answer
from indicators.models import Indicator, Result
from indicators.periods import Period
from povertyplan.lib.bilingual import as_kept
from povertyplan.lib.speech import officially
from reports.enums import Step
from reports.models import Deadline, Report, ReportEvent
from reports.returns import days_late, deadline_of, kept_text, report_of, reviewers_of

CODE_DIGITS = 16


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure as it was sent, in words; `note` is what the unit wrote beside it."""

    number: str
    name: str
    measure: str
    value: str
    note: str


@dataclass(frozen=True, slots=True)
class Section:
    number: int
    name: str
    figures: list[Figure]


@dataclass(frozen=True)
class Receipt:
    """One sending of a return. `sent_to` is the unit that reviews first.

    `due`: the calendar at the first sending, by which alone a return is in time or late;
    `latest`: the last step of the whole return: what became of it since.
    """

    report: Report
    period: Period
    event: ReportEvent
    first: ReportEvent
    sent_to: Unit | None
    due: Deadline | None
    sections: list[Section]
    latest: ReportEvent
    is_sample: bool
    code: str

    @property
    def unit(self) -> Unit:
        return self.report.unit

    @property
    def total(self) -> int:
        return sum(len(section.figures) for section in self.sections)

    @property
    def notes(self) -> int:
        return sum(bool(figure.note) for section in self.sections for figure in section.figures)

    @property
    def days_late(self) -> int:
        return days_late(self.first.at, self.due.due_on if self.due else None)

    @property
    def is_again(self) -> bool:
        return self.event.round > 1

    @property
    def is_replaced(self) -> bool:
        """Has the unit sent the return again since?"""
        return self.report.round > self.event.round

    @property
    def state(self) -> str:
        return self.report.get_state_display()

    @property
    def file_name(self) -> str:
        return f"bien-nhan-{self.unit.code}-{self.period.code}-lan-{self.event.round}.pdf"


def submission_of(report: Report, number: int) -> ReportEvent | None:
    """The event by which a return was sent for the nth time."""
    if report._state.adding or not number:
        return None
    sent = report.events.filter(step=Step.SUBMIT, round=number).select_related("by")
    return sent.first()


@officially
def receipt_of(unit: Unit, period: Period, number: int) -> Receipt | None:
    """The receipt of the nth sending; None when there was none. Queries do not grow with it."""
    report = report_of(unit, period)
    event = submission_of(report, number)
    if event is None:
        return None
    first = submission_of(report, 1) if number > 1 else event
    reviewers = reviewers_of(unit)
    facts = Result.objects.filter(unit=unit, period=period.code, is_sample=True)
    return Receipt(
        report=report,
        period=period,
        event=event,
        first=first or event,
        sent_to=reviewers[0] if reviewers else None,
        due=_calendar_then(unit, period, first or event),
        sections=_sections(event),
        latest=report.events.order_by("at", "pk").last() or event,
        is_sample=facts.exists(),
        code=check_code(unit, period, event),
    )


def check_code(unit: Unit, period: Period, event: ReportEvent) -> str:
    """The first digits of a SHA-256 over everything the event keeps: A1B2-C3D4-E5F6-0718."""
    told = [
        unit.code,
        period.code,
        event.step,
        event.round,
        event.by_id,
        as_kept(event.post_label),
        event.at.astimezone(UTC).isoformat(),
        event.note,
        event.covered,
    ]
    text = json.dumps(told, ensure_ascii=False, separators=(",", ":"))
    digits = sha256(text.encode()).hexdigest()[:CODE_DIGITS].upper()
    return "-".join(digits[place : place + 4] for place in range(0, CODE_DIGITS, 4))


def _calendar_then(unit: Unit, period: Period, event: ReportEvent) -> Deadline | None:
    """The calendar as it stood when the return was sent; today's where none is known of then."""
    then: Deadline | None = (
        Deadline.history.as_of(event.at)
        .filter(issuer__downward__descendant=unit, period=period.code)
        .order_by("issuer__downward__depth")
        .first()
    )
    return then or deadline_of(unit, period)


def _sections(event: ReportEvent) -> list[Section]:
    """The covered figures theme by theme, numbered as on the form."""
    told = {code: (kept, note) for code, kept, note in _told(event)}
    known = Indicator.objects.filter(code__in=told).select_related("theme")
    rows = sorted(known, key=lambda row: (row.theme.order, row.order))
    themes = groupby(rows, key=lambda row: row.theme)
    found = [
        Section(
            number,
            theme.name,
            [_figure(row, f"{number}.{place}", *told[row.code]) for place, row in enumerate(of, 1)],
        )
        for number, (theme, of) in enumerate(themes, 1)
    ]
    lost = told.keys() - {row.code for row in rows}
    if lost:
        nameless = [Figure("", code, "", *told[code]) for code in told if code in lost]
        found.append(Section(len(found) + 1, "", nameless))
    return found


def _told(event: ReportEvent) -> Iterator[tuple[str, str, str]]:
    """Code, figure, note of each; notes are kept since they are asked for."""
    covered: list[list[Any]] = event.covered
    for code, kept, *note in covered:
        if kept != Answer.MISSING:
            yield code, kept, note[0] if note else ""


def _figure(row: Indicator, number: str, kept: str, note: str) -> Figure:
    return Figure(number, row.name, row.unit_of_measure, kept_text(row, kept), note)
