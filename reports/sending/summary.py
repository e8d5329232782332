"""What an official reads before signing a return: what stands in the way, what is unlike before."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

from django.utils import timezone
from django.utils.translation import gettext as _

from communes.models import Official, Unit
from indicators.models import Theme
from indicators.periods import Period
from povertyplan.lib.errors import Problem
from reports.attached import evidence_of
from reports.models import Report, ReportEvent
from reports.returns import (
    Return,
    answer_text,
    closed_because,
    days_late,
    kept_text,
    obstacles,
    return_of,
    seen_in,
)
from reports.sending.lines import Line, Move, compared_rows, largest, line_of
from reports.sending.receipts import submission_of
from reports.workflow import post_of_signer


@dataclass(frozen=True, slots=True)
class Missing:
    """The figures of one theme that nobody has answered."""

    number: str
    theme: Theme
    lines: list[Line]


@dataclass(frozen=True)
class Summary:
    """A return as it is before it is signed, most pressing first."""

    current: Return
    wrong: list[Problem]
    unexplained: list[Problem]
    missing: list[Missing]
    explained: list[Line]
    moves: list[Move]
    moved: int
    compared: int
    excused: list[Line]
    returned: list[Line]
    with_evidence: int
    closed: str
    last: ReportEvent | None
    signer: str
    signer_post: str
    seen: str

    @property
    def unit(self) -> Unit:
        return self.current.unit

    @property
    def period(self) -> Period:
        return self.current.period

    @property
    def report(self) -> Report:
        return self.current.report

    @property
    def reviewer(self) -> Unit:
        return self.current.reviewers[0]

    @property
    def now_missing(self) -> int:
        return len(self.current.to_answer)

    @property
    def next_round(self) -> int:
        return self.report.round + 1

    @property
    def may_sign(self) -> bool:
        return not (self.closed or self.wrong or self.unexplained or self.missing)

    @property
    def to_do(self) -> str:
        """What to do first, in one sentence; empty when nothing stands in the way."""
        parts = [
            _("sửa {n} chỗ sai").format(n=len(self.wrong)) if self.wrong else "",
            _("ghi lý do ở {n} chỗ").format(n=len(self.unexplained)) if self.unexplained else "",
            _("trả lời {n} chỉ tiêu còn trống").format(n=self.now_missing) if self.missing else "",
        ]
        wanted = ", ".join(part for part in parts if part)
        return _("Chưa ký và nộp được. Trước hết {wanted}.").format(wanted=wanted) if wanted else ""

    @property
    def days_late(self) -> int:
        """Days past the due day, today; 0 of what was sent before: its first sending counts."""
        deadline = self.current.deadline
        if deadline is None or self.report.round:
            return 0
        return days_late(timezone.now(), deadline.due_on)


def summary_of(unit: Unit, period: Period, official: Official) -> Summary:
    """Put the summary together. The number of queries does not grow with the form."""
    current = return_of(unit, period)
    found = obstacles(current)
    compared = compared_rows(current.inputs)
    return Summary(
        current=current,
        wrong=[problem for problem in found if problem.code == "rule"],
        unexplained=[problem for problem in found if problem.code == "reason"],
        missing=_missing(current),
        explained=_explained(current),
        moves=largest(compared),
        moved=sum(row.value != row.previous for row in compared),
        compared=len(compared),
        excused=[line_of(row, reason=row.note) for row in current.inputs if row.excuse],
        returned=_returned(current),
        with_evidence=len(evidence_of(current.report)),
        closed=closed_because(current),
        last=submission_of(current.report, current.report.round),
        signer=str(official),
        signer_post=post_of_signer(official, unit),
        seen=seen_in(current),
    )


def _missing(current: Return) -> list[Missing]:
    themes = groupby(current.to_answer, key=lambda row: row.indicator.theme)
    return [
        Missing(lines[0].number.partition(".")[0], theme, lines)
        for theme, rows in themes
        if (lines := [line_of(row) for row in rows])
    ]


def _explained(current: Return) -> list[Line]:
    """What was asked about and stands: the questions, and the reasons given, if any."""
    open_rules = [id(found) for found in current.unexplained]
    questions: dict[str, list[str]] = {}
    reasons: dict[str, list[str]] = {}
    for found in current.warnings:
        row = current.row(found.cell)
        if row is not None and id(found) not in open_rules:
            questions.setdefault(row.code, []).append(found.message)
            reasons.setdefault(row.code, []).extend(_notes(current, found.indicators, row.code))
    for row in current.rows:  # a rate too may be unlike others
        if row.asked and not row.is_opening and not row.needs_reason:
            said = [f"{band.label}. {band.detail}" for band in row.asked]
            questions.setdefault(row.code, []).extend(said)
    return [
        line_of(
            row,
            said=" ".join(questions[row.code]),
            reason="; ".join([*([row.note] if row.note else []), *reasons.get(row.code, [])]),
        )
        for row in current.rows
        if row.code in questions
    ]


def _notes(current: Return, codes: Iterable[str], but: str) -> list[str]:
    """The notes on the other figures that a rule speaks of."""
    rows = (current.row(code) for code in codes if code != but)
    return [f"{row.number}: {row.note}" for row in rows if row is not None and row.note]


def _returned(current: Return) -> list[Line]:
    """Figures that came back, with what became of each: 0 → 4, or that it is as it was."""
    found = []
    for row in current.requests:
        request = row.request
        if request is None or request.event_id is None:
            continue
        then = kept_text(row.indicator, request.value_then)
        now = answer_text(row.indicator, row.answer, row.value)
        changes = f"{then} → {now}" if row.is_changed_since_return else ""
        found.append(line_of(row, said=changes, reason=request.body))
    return found
