"""The lines of a return as a reviewer reads them: flags, requests, what the last round changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import groupby

from django.utils.translation import gettext as _

from indicators.calc import ratio
from indicators.enums import Answer, ValueType
from indicators.models import Indicator
from povertyplan.lib.numbers import format_number
from reports.history import Change
from reports.models import Comment, Evidence, ReportEvent
from reports.returns import Counted, Return, Row, answer_text, figure_text
from reports.returns.comparison import compare
from reports.review.flags import Flag, flags_of
from reports.workflow import said_in

Told = dict[str, tuple[str, Decimal | None]]
"""Earlier figures by indicator code: (answer, value)."""


@dataclass(frozen=True, slots=True)
class DeskRow:
    """One line of the return in words. `edited` is what the last round changed, as 0 → 5.

    `pending`: a request not sent yet; `unmet`: what was asked for last round, when the figure
    came back as it was. `counted`: the book a figure is counted from, `recount` what it says now
    where the return says something else. `verdict`: met, risk, late beside the plan, or empty;
    `distance` in words. `terms`: the inputs a rate is worked out from. `is_accepted`: this tier
    has found the figure right, and it still says the same.
    """

    number: str
    code: str
    name: str
    unit: str
    theme: str
    is_input: bool
    previous: str
    planned: str
    value: str
    is_missing: bool
    change: str
    note: str
    entered_by: str
    entered_at: datetime | None
    flags: tuple[Flag, ...]
    comments: tuple[Comment, ...]
    pending: Comment | None
    sent: Comment | None
    edited: str
    unmet: Comment | None
    indicator: Indicator
    kind: str
    evidence: tuple[Evidence, ...]
    counted: Counted | None
    origin: str
    recount: str
    may_return: bool
    verdict: str
    distance: str
    noted: bool
    terms: tuple[str, ...]
    is_accepted: bool

    @property
    def is_asked_back(self) -> bool:
        return self.pending is not None or self.sent is not None

    @property
    def is_quiet(self) -> bool:
        """Nothing to look at twice."""
        return not (
            self.flags
            or self.is_asked_back
            or self.is_changed
            or self.unmet
            or self.recount
            or self.is_missing
        )

    @property
    def is_changed(self) -> bool:
        """Did the last round change the figure, or what is said of it?"""
        return bool(self.edited) or self.noted

    @property
    def is_judged(self) -> bool:
        """Is there something to accept? A cut is that of the two rates it is taken from."""
        return self.kind != "change" and not self.is_missing

    @property
    def is_taken(self) -> bool:
        """Counted as found right: by a look, or because nothing about it asks for one."""
        return self.is_judged and not self.is_asked_back and (self.is_accepted or self.is_quiet)

    @property
    def needs_look(self) -> bool:
        """Something about it asks for a look that nobody of this tier has had."""
        return self.is_judged and not (self.is_taken or self.is_asked_back)

    @property
    def talk(self) -> int:
        """How many have said something: the unit in its note, and every comment."""
        return bool(self.note) + len(self.comments) + (self.sent is not None)

    @property
    def reasons(self) -> str:
        """Why a look is asked for, in a few words."""
        found = [flag.label for flag in self.flags]
        if self.edited:
            found.append(_("đã sửa {change}").format(change=self.edited))
        if self.unmet:
            found.append(_("đã yêu cầu, chưa sửa"))
        return "; ".join([*found, *([self.recount] if self.recount else [])])

    @property
    def label(self) -> str:
        return f"{self.number} {self.name}"


@dataclass(frozen=True, slots=True)
class DeskGroup:
    """Rows under a heading; the first group of a later round is what changed since the last."""

    heading: str
    rows: tuple[DeskRow, ...]
    is_changed: bool = False


SHOW = ("all", "flags", "returned", "changed", "missing")


def replaced_since(changes: Sequence[Change], moment: Sequence[datetime]) -> Told:
    """The figures that were changed after a moment (none or one), as they stood at it.

    A return is sent with every cell answered, so a cell that was empty before its change was
    filled for that very sending and is left out.
    """
    found: Told = {}
    for change in changes:  # newest first: the oldest edit after the moment stays
        if moment and change.at > moment[0] and change.old_answer != Answer.MISSING:
            found[change.indicator.code] = (change.old_answer, change.old)
    return found


def show_last_sent(found: Return, replaced: Told, sending: ReportEvent) -> None:
    """Put what was last sent in place of drafts, so that nobody reviews a half-typed figure."""
    notes = {code: note[0] for code, _kept, *note in sending.covered if note}
    values: dict[str, Decimal | None] = {}
    for row in found.inputs:
        if row.indicator.code in replaced:
            row.answer, row.value = replaced[row.indicator.code]
        note = notes.get(row.indicator.code, "")
        if row.note != note and not row.is_locked:
            row.note, row.entered_by, row.entered_at = note, str(sending.by), sending.at
        values[row.indicator.code] = row.value
    ratios = {
        row.indicator.code: _worked_out(row, values) for row in found.rows if row.kind == "ratio"
    }
    for row in found.rows:
        if row.kind != "input":
            code = row.indicator.code
            row.value = ratios.get(code) if row.kind == "ratio" else _cut(row.indicator, ratios)
            row.answer = Answer.MISSING if row.value is None else Answer.VALUE
        row.findings = []


def _cut(indicator: Indicator, rates: Mapping[str, Decimal | None]) -> Decimal | None:
    """Opening less closing rate, in points."""
    opening, closing = indicator.opening_indicator, rates.get(indicator.code)
    opened = rates.get(opening.code) if opening else None
    return None if opened is None or closing is None else opened - closing


def _worked_out(row: Row, values: dict[str, Decimal | None]) -> Decimal | None:
    sides = []
    for codes in (row.numerator, row.denominator):
        parts = [values.get(code) for code in codes]
        known = [part for part in parts if part is not None]
        sides.append(sum(known, Decimal(0)) if parts and len(known) == len(parts) else None)
    return ratio(sides[0], sides[1], row.indicator.scale)


@dataclass(frozen=True, slots=True)
class Looks:
    """What the lines of a return are read beside.

    `before`: the figures the last round replaced; `notes`: what was noted at the sending before,
    by code, None when there was none; `accepted`: indicator pk → what this tier found right.
    """

    before: Told
    notes: Mapping[str, str] | None
    accepted: Mapping[int, str]


def desk_rows(found: Return, looks: Looks) -> list[DeskRow]:
    return [_desk_row(row, looks, found.report.round) for row in found.rows]


def _desk_row(row: Row, looks: Looks, current: int) -> DeskRow:
    indicator = row.indicator
    edited = _edited(row, looks.before)
    beside = compare(row.value, row.planned, indicator, row.kind)
    asked = [comment for comment in row.comments if comment.asks_for_change and comment.event_id]
    last_asked = next((c for c in asked[::-1] if c.settled_at and c.round == current - 1), None)
    request = row.request
    return DeskRow(
        number=row.number,
        code=row.code,
        name=_("Mức giảm {name}").format(name=indicator.name[:1].lower() + indicator.name[1:])
        if row.kind == "change"
        else indicator.name,
        unit=_("điểm %") if row.kind == "change" else indicator.unit_of_measure,
        theme=indicator.theme.name,
        is_input=row.kind == "input",
        previous=figure_text(indicator, row.previous),
        planned=figure_text(indicator, row.planned),
        value=_text(row),
        is_missing=not row.is_answered,
        change=_change_text(row),
        note=row.note,
        entered_by=row.entered_by,
        entered_at=row.entered_at,
        flags=tuple(flags_of(row)),
        comments=tuple(comment for comment in row.comments if comment is not request),
        pending=request if request and request.event_id is None else None,
        sent=request if request and request.event_id is not None else None,
        edited=edited,
        unmet=last_asked if last_asked and not edited else None,
        indicator=indicator,
        kind=row.kind,
        evidence=tuple(row.evidence),
        counted=row.counted,
        origin=row.origin if row.is_locked else "",
        recount=row.recount,
        may_return=row.kind == "input" and not row.is_opening,
        verdict=beside.verdict if beside else "",
        distance=beside.text if beside else "",
        noted=_is_noted(row, looks.notes),
        terms=(*row.numerator, *row.denominator),
        is_accepted=is_accepted(row, looks.accepted),
    )


def is_accepted(row: Row, accepted: Mapping[int, str]) -> bool:
    """Has the tier that has the return found the figure right, and does it still say the same?

    `accepted`: as `workflow.accepted_in` gives it.
    """
    return row.kind != "change" and accepted.get(row.indicator.pk) == said_in(row)


def _text(row: Row) -> str:
    return answer_text(row.indicator, row.answer, row.value)


def _edited(row: Row, before: Told) -> str:
    """What the last round changed, as 0 → 5; "" when the figure is as it was."""
    if row.kind != "input" or row.indicator.code not in before:
        return ""
    answer, value = before[row.indicator.code]
    if (answer, value) == (row.answer, row.value):
        return ""
    return f"{answer_text(row.indicator, answer, value)} → {_text(row)}"


def _is_noted(row: Row, notes: Mapping[str, str] | None) -> bool:
    """Does the unit say something else of the figure than at the sending before?"""
    if notes is None or row.kind != "input" or row.is_locked:
        return False
    return row.note.strip() != notes.get(row.indicator.code, "").strip()


def _change_text(row: Row) -> str:
    """Difference to last year with its sign; "" where no difference may be taken."""
    if row.kind == "change" or row.value is None or row.previous is None:
        return ""
    if not row.is_comparable:
        return _("chuẩn mới")
    if row.indicator.value_type == ValueType.YES_NO:
        return ""
    change = row.value - row.previous
    sign = "+" if change > 0 else ""
    return sign + format_number(change, row.indicator.decimals)


def is_shown(row: DeskRow, showing: str) -> bool:
    tests = {
        "flags": bool(row.flags),
        "returned": row.is_asked_back or row.unmet is not None,
        "changed": row.is_changed or row.unmet is not None,
        "missing": row.is_missing,
    }
    return tests.get(showing, True)


def counted(rows: Sequence[DeskRow]) -> dict[str, int]:
    """How many lines each filter shows: of what is reported; what is worked out is `worked`."""
    inputs = [row for row in rows if row.is_input]
    return {
        "all": len(inputs),
        "worked": len(rows) - len(inputs),
        "flags": sum(is_shown(row, "flags") for row in rows),
        "returned": sum(is_shown(row, "returned") for row in inputs),
        "changed": sum(is_shown(row, "changed") for row in inputs),
        "missing": sum(row.is_missing for row in inputs),
        "pending": sum(row.pending is not None for row in rows),
        "accepted": sum(row.is_taken and row.is_accepted for row in inputs),
        "quiet": sum(row.is_taken and not row.is_accepted for row in inputs),
        "unlooked": sum(row.needs_look for row in rows),
    }


def grouped(rows: Sequence[DeskRow], current: int) -> tuple[DeskGroup, ...]:
    """What came back changed (or was asked for and did not change) first; the rest by theme."""
    first: list[DeskRow] = []
    if current > 1:
        first = [row for row in rows if row.is_changed or row.unmet]
    rest = [row for row in rows if row not in first]
    groups = [
        DeskGroup(theme, tuple(found)) for theme, found in groupby(rest, key=lambda row: row.theme)
    ]
    if first:
        heading = _("Thay đổi so với lần nộp {round}").format(round=current - 1)
        groups.insert(0, DeskGroup(heading, tuple(first), is_changed=True))
    return tuple(groups)
