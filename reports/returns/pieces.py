"""A return and its lines: what it holds and what stands in the way of sending it up."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from communes.models import Unit
from indicators.bands import Band, unmet
from indicators.checks import Finding
from indicators.enums import Answer, Severity
from indicators.models import Indicator, Theme
from indicators.periods import Period
from povertyplan.lib.numbers import format_number
from reports.enums import ReportState
from reports.models import Comment, Deadline, Evidence, Report
from reports.returns.counted import Counted, Lock


def is_late(report: Report | None, deadline: Deadline | None) -> bool:
    """Past its day and still with the unit that owes it. `report`: as read `with_past`.

    The calendar asks for a return once: what was approved and is opened again is not late, nor
    what was first sent in time and is sent back.
    """
    if deadline is None or timezone.localdate() <= deadline.due_on:
        return False
    return report is None or (
        report.state in (ReportState.DRAFT, ReportState.RETURNED)
        and not report.is_correction
        and not was_in_time(report, deadline)
    )


def was_in_time(report: Report, deadline: Deadline) -> bool:
    """Did the return first leave its unit by the day it is due?"""
    sent = report.first_sent
    return sent is not None and timezone.localdate(sent) <= deadline.due_on


@dataclass
class Row:
    """One line of a return. Values in the indicator's unit; None = not known.

    kind: `input` (typed or locked), `ratio` (worked out), `change` (opening less closing rate,
    in points). `previous` is last year's figure, added up over the unit's predecessors.
    `is_comparable`: no break of the series lies between the two.
    `numerator`, `denominator`: codes of the inputs a ratio is worked out from. `counted`: what a
    book of the unit counts now; else a locked row is last year's closing. `is_official`: something
    was approved of it.
    """

    indicator: Indicator
    number: str
    kind: str
    answer: str = Answer.MISSING
    value: Decimal | None = None
    note: str = ""
    version: int = 0
    entered_by: str = ""
    entered_by_id: int | None = None
    entered_at: datetime | None = None
    submitted_value: Decimal | None = None
    submitted_answer: str = Answer.MISSING
    is_official: bool = False
    previous: Decimal | None = None
    planned: Decimal | None = None
    is_locked: bool = False
    counted: Counted | None = None
    is_sample: bool = False
    is_comparable: bool = True
    comments: list[Comment] = field(default_factory=list)
    request: Comment | None = None
    findings: list[Finding] = field(default_factory=list)
    bands: list[Band] = field(default_factory=list)
    evidence: list[Evidence] = field(default_factory=list)
    numerator: tuple[str, ...] = ()
    denominator: tuple[str, ...] = ()

    @property
    def code(self) -> str:
        return self.indicator.code if self.kind != "change" else f"{self.indicator.code}-change"

    @property
    def is_answered(self) -> bool:
        return self.answer != Answer.MISSING

    def lock(self, lock: Lock, *, is_editable: bool) -> None:
        """Take the figure from where it comes. What was sent stays as sent, whatever changes there.

        An opening fills a return that was sent without it; a count never does.
        """
        self.is_locked, self.counted = True, lock.counted
        if is_editable or (lock.counted is None and not self.version):
            if self.excuse:
                self.note = ""  # it said why there was no number
            self.answer, self.value = Answer.VALUE, lock.value

    @property
    def is_opening(self) -> bool:
        """Is it last year's closing? Mended there alone, and not in this return."""
        return self.is_locked and self.counted is None

    @property
    def origin(self) -> str:
        """Where a locked figure comes from, in a few words."""
        if self.counted is not None:
            return _("Đếm từ sổ “{book}”").format(book=self.counted.book)
        return _("Số cuối kỳ năm trước")

    @property
    def why_locked(self) -> str:
        """Why it is not typed here, and where it is changed."""
        if self.counted is not None:
            return _("Số này đếm từ sổ “{book}”; sửa trong sổ.").format(book=self.counted.book)
        return _("Ô này lấy từ số cuối kỳ năm trước, không sửa ở đây.")

    @property
    def count_differs(self) -> bool:
        """Does the book count something else by now than the return says?"""
        if self.counted is None:
            return False
        return (self.answer, self.value) != (Answer.VALUE, self.counted.value)

    @property
    def recount(self) -> str:
        """What the book counts by now, where the return was sent with something else."""
        if self.counted is None or not self.count_differs:
            return ""
        sent = format_number(self.value, self.indicator.decimals)
        return _("Sổ hiện đếm {now}, báo cáo đã gửi {sent}").format(
            now=format_number(self.counted.value, self.indicator.decimals),
            sent=self.excuse_label.lower() or sent,
        )

    @property
    def excuse(self) -> str:
        """The answer that stands in place of a number: `na`, `none`, or empty."""
        return self.answer if self.answer and Answer(self.answer).is_excuse else ""

    @property
    def excuse_label(self) -> str:
        return str(capfirst(Answer(self.excuse).label)) if self.excuse else ""

    @property
    def asked(self) -> list[Band]:
        """What is odd about the figure, by its soft limits, its past, the plan, the neighbours."""
        return unmet(self.bands, self.value)

    @property
    def needs_reason(self) -> bool:
        """Is it outside a limit, and nothing said about it? Only what is typed has a note."""
        is_typed = self.kind == "input" and not self.is_locked
        odd = any(band.needs_reason for band in self.asked)
        return is_typed and odd and not self.note.strip()

    @property
    def is_changed_since_return(self) -> bool:
        """Does the latest entry differ from the figure the reviewer objected to?"""
        return self.request is not None and self.request.value_then != plain(
            self.answer, self.value
        )


@dataclass
class Return:
    """One unit's return for one period, ready to show, check and send."""

    unit: Unit
    period: Period
    report: Report
    deadline: Deadline | None
    reviewers: list[Unit]
    rows: list[Row]
    findings: list[Finding]

    @property
    def inputs(self) -> list[Row]:
        return [row for row in self.rows if row.kind == "input"]

    @property
    def total(self) -> int:
        return len(self.inputs)

    @property
    def done(self) -> int:
        return sum(row.is_answered for row in self.inputs)

    @property
    def missing(self) -> list[Row]:
        return [row for row in self.inputs if not row.is_answered]

    @property
    def to_answer(self) -> list[Row]:
        """The empty cells that have to be answered before the return is sent.

        A correction mends what was approved: it is not asked for what was approved empty.
        """
        if self.report.is_correction:
            return [row for row in self.missing if row.is_official]
        return self.missing

    @property
    def errors(self) -> list[Finding]:
        return [found for found in self.findings if found.severity == Severity.ERROR]

    @property
    def warnings(self) -> list[Finding]:
        return [found for found in self.findings if found.severity == Severity.WARNING]

    @property
    def unexplained(self) -> list[Finding]:
        """Warnings without a note on any of the figures they speak of."""
        notes = {row.indicator.code for row in self.inputs if row.note.strip()}
        return [found for found in self.warnings if not notes & set(found.indicators)]

    @property
    def requests(self) -> list[Row]:
        """Figures a reviewer has sent back and that wait for the unit."""
        return [row for row in self.inputs if row.request is not None]

    @property
    def has_sample(self) -> bool:
        return any(row.is_sample for row in self.rows)

    @property
    def is_late(self) -> bool:
        return is_late(self.report, self.deadline)

    @property
    def themes(self) -> list[tuple[Theme, list[Row]]]:
        grouped: dict[int, tuple[Theme, list[Row]]] = {}
        for row in self.rows:
            grouped.setdefault(row.indicator.theme_id, (row.indicator.theme, []))[1].append(row)
        return list(grouped.values())

    def row(self, code: str) -> Row | None:
        return next((row for row in self.inputs if row.indicator.code == code), None)


def plain(answer: str, value: Decimal | None) -> str:
    """A figure as kept in events and comments: a plain number, `na`, `none`, or nothing."""
    if answer == Answer.VALUE:
        return f"{value.normalize():f}" if value is not None else ""
    return answer
