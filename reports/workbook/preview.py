"""What a workbook would change: every figure it tells beside the one that is stored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property

from django.utils.translation import gettext as _

from communes.models import Unit
from indicators.checks import Finding, check, rules_for
from indicators.models import ValidationRule
from indicators.recording import Entry
from reports.history import answers_at
from reports.returns import Return, Row, checked_values
from reports.workbook.pieces import Claim, Fault, Reading, Stray, Told, Unread, in_words

Versions = Mapping[str, int]
"""{"unit code/indicator code": version of the figure when the file was handed in}."""


class State(StrEnum):
    WRONG = "wrong"
    CONFLICT = "conflict"
    NEW = "new"
    CHANGED = "changed"
    SAME = "same"
    KEPT = "kept"
    LEFT = "left"
    BLANK = "blank"


WRITTEN = (State.NEW, State.CHANGED)
UNUSABLE = (State.WRONG, State.CONFLICT)


@dataclass(frozen=True, slots=True)
class Line:
    """One figure of the workbook. `new` and `old` as words; `fault` where it cannot be taken.

    CONFLICT: somebody changed the figure after the file was handed in. KEPT: the file still says
    what it was made with, and the figure has changed since. LEFT: the figure comes from elsewhere
    (last year's closing, a book), so the file's other one is told and not written. BLANK: the file
    says nothing.
    """

    claim: Claim
    state: State
    old: str
    new: str = ""
    fault: Fault | None = None

    def __str__(self) -> str:
        """Of a figure that is left: whose it is, what the file says, what stays and why."""
        words = _("{unit}, {column}: tệp ghi {read}, giữ {kept}. {remedy}")
        return words.format(
            unit=self.unit.short_name,
            column=self.claim.column or self.row.indicator.name,
            read=self.fault.read if self.fault else self.new,
            kept=self.fault.expected if self.fault else self.old,
            remedy=self.fault.remedy if self.fault else "",
        )

    @property
    def row(self) -> Row:
        return self.claim.row

    @property
    def unit(self) -> Unit:
        return self.claim.current.unit

    @property
    def address(self) -> str:
        return self.fault.address if self.fault else self.claim.address

    @property
    def told(self) -> Told | None:
        """What would be written; None where nothing is."""
        told = self.claim.told
        return told if isinstance(told, Told) and self.state in WRITTEN else None

    @property
    def note(self) -> str:
        """The note that would be written, where it is another than the stored one."""
        note = self.told.note if self.told else None
        return note if note and note != self.row.note else ""


@dataclass(frozen=True, slots=True)
class Doubt:
    """A rule that would not hold among the figures of a unit, were the file written."""

    unit: Unit
    finding: Finding
    address: str  # of every cell of the file that it speaks of


@dataclass(frozen=True, slots=True)
class Remedy:
    """The cells that one thing to do would mend: what each of them needs, and what to do."""

    expected: str
    words: str
    lines: list[Line]


@dataclass(frozen=True)
class Preview:
    """A workbook beside what is stored, figure by figure in the order of the file."""

    sheet: str
    lines: list[Line]
    unread: list[Unread]
    remarks: list[str]
    versions: Versions
    strays: list[Stray]
    missing: list[str]

    def of(self, *states: State) -> list[Line]:
        return [line for line in self.lines if line.state in states]

    @property
    def wrong(self) -> list[Line]:
        return self.of(State.WRONG)

    @property
    def remedies(self) -> list[Remedy]:
        """The wrong cells by what is to be done, in the order of the first of each."""
        found: dict[tuple[str, str], list[Line]] = {}
        for line in self.wrong:
            if line.fault is not None:
                found.setdefault((line.fault.expected, line.fault.remedy), []).append(line)
        return [Remedy(*words, lines) for words, lines in found.items()]

    @property
    def left(self) -> list[Line]:
        return self.of(State.LEFT)

    @property
    def conflicts(self) -> list[Line]:
        return self.of(State.CONFLICT)

    @property
    def written(self) -> list[Line]:
        return self.of(*WRITTEN)

    @property
    def new(self) -> int:
        return len(self.of(State.NEW))

    @property
    def changed(self) -> int:
        return len(self.of(State.CHANGED))

    @property
    def untouched(self) -> list[Line]:
        return self.of(State.SAME, State.KEPT, State.BLANK)

    @property
    def same(self) -> int:
        return len(self.of(State.SAME))

    @property
    def may_apply(self) -> bool:
        return bool(self.written) and not self.of(*UNUSABLE)

    @property
    def units(self) -> int:
        """How many returns would be written to."""
        return len({line.unit.pk for line in self.written})

    def entries(self) -> dict[Unit, list[Entry]]:
        """What is to be written, unit by unit, guarded by the versions the file was read at."""
        found: dict[Unit, list[Entry]] = {}
        for line in sorted(self.written, key=lambda line: line.unit.pk):
            if line.told is not None:
                version = self.versions.get(key(line.claim), 0)
                found.setdefault(line.unit, []).append(_entry(line.claim, line.told, version))
        return found

    @cached_property
    def doubts(self) -> list[Doubt]:
        """Rules that would not hold. Some queries for each kind of unit, however many there are."""
        return _doubts(self.written)

    @property
    def remarks_by_cell(self) -> dict[tuple[str, str], str]:
        """What is wrong or not written, by (sheet, address)."""
        lines = self.of(State.WRONG, State.LEFT)
        return {(self.sheet, line.address): str(line.fault) for line in lines}


def _entry(claim: Claim, told: Told, version: int) -> Entry:
    current = claim.current
    return Entry(
        current.unit,
        claim.row.indicator,
        current.period,
        told.answer,
        told.value,
        note=told.note,
        version=version,
    )


def key(claim: Claim) -> str:
    return f"{claim.current.unit.code}/{claim.row.indicator.code}"


def versions_of(reading: Reading) -> dict[str, int]:
    return {key(claim): claim.row.version for claim in reading.claims}


def preview_of(reading: Reading, versions: Versions) -> Preview:
    """Lay the workbook beside what is stored now. At most one query a return."""
    before = _told_before(reading)
    lines = [_line(claim, versions, before.get(key(claim))) for claim in reading.claims]
    return Preview(
        sheet=reading.sheet,
        lines=lines,
        unread=reading.unread,
        remarks=reading.remarks,
        versions=versions,
        strays=reading.strays,
        missing=reading.missing,
    )


def _doubts(lines: Sequence[Line]) -> list[Doubt]:
    """What the rules say of the figures as they would stand; only of rules the file touches."""
    rules: dict[tuple[int, bool], list[ValidationRule]] = {}
    told: dict[int, list[Line]] = {}
    for line in lines:
        told.setdefault(line.unit.pk, []).append(line)
    found = []
    for changed in told.values():
        current = changed[0].claim.current
        kind = current.unit.tier_id, current.unit.is_urban
        if kind not in rules:
            rules[kind] = rules_for(current.unit, current.period)
        found += _doubts_of(current, changed, rules[kind])
    return found


def _doubts_of(
    current: Return, changed: Sequence[Line], rules: Sequence[ValidationRule]
) -> list[Doubt]:
    values = checked_values(current.inputs)
    addresses = {}
    for line in changed:
        code = line.row.indicator.code
        values[code, 0] = line.told.value if line.told else None
        addresses[code] = line.address
    found = check(rules, values)
    return [
        Doubt(current.unit, one, ", ".join(addresses[code] for code in touched))
        for one in found
        if (touched := [code for code in one.indicators if code in addresses])
    ]


def _told_before(reading: Reading) -> dict[str, Told]:
    """What the figures said that have changed since the file was made from them."""
    stale: dict[int, list[Claim]] = {}
    for claim in reading.claims:
        if claim.seen is not None and claim.seen != claim.row.version:
            stale.setdefault(claim.current.unit.pk, []).append(claim)
    found: dict[str, Told] = {}
    for claims in stale.values():
        current = claims[0].current
        seen = {claim.row.indicator.pk: claim.seen or 0 for claim in claims}
        then = answers_at(current.unit, current.period, seen)
        for claim in claims:
            if claim.row.indicator.pk in then:
                found[key(claim)] = Told(*then[claim.row.indicator.pk])
    return found


def _line(claim: Claim, versions: Versions, before: Told | None) -> Line:
    row, told = claim.row, claim.told
    old = in_words(row.indicator, row.answer, row.value)
    if told is None:
        return Line(claim, State.BLANK, old)
    if isinstance(told, Fault):
        fault = _left(claim, told.read) if row.is_locked else told
        return Line(claim, State.LEFT if row.is_locked else State.WRONG, old, fault=fault)
    new = in_words(row.indicator, told.answer, told.value)
    if _is_stored(replace(told, note=None) if row.is_locked else told, row):
        return Line(claim, State.SAME, old, new)
    if before is not None and _is_same(told, before):
        return Line(claim, State.KEPT, old, new)
    if row.is_locked:
        return Line(claim, State.LEFT, old, new, _left(claim, new))
    if before is not None:
        merged = _merged(told, before, Told(row.answer, row.value, row.note))
        if merged is None:
            return Line(claim, State.CONFLICT, old, new)
        claim = replace(claim, told=merged)
        new = in_words(row.indicator, merged.answer, merged.value)
    refused = _closed(claim, new)
    if refused is not None:
        return Line(claim, State.WRONG, old, new, refused)
    if versions.get(key(claim), 0) != row.version:
        return Line(claim, State.CONFLICT, old, new)
    return Line(claim, State.CHANGED if row.is_answered else State.NEW, old, new)


def _merged(told: Told, before: Told, stored: Told) -> Told | None:
    """What the file changed over what others have changed since; None where both did the same part.

    A figure and its note are two parts: an old note does not come back with a new figure.
    """
    figure, then, now = ((one.answer, one.value) for one in (told, before, stored))
    is_new_note = told.note is not None and told.note != before.note
    if figure != then and now not in (then, figure):
        return None
    if is_new_note and stored.note not in (before.note, told.note):
        return None
    answer, value = figure if figure != then else now
    return Told(answer, value, told.note if is_new_note else None)


def _is_stored(told: Told, row: Row) -> bool:
    return _is_same(told, Told(row.answer, row.value, row.note))


def _is_same(told: Told, other: Told) -> bool:
    same_note = told.note is None or told.note == other.note
    return (told.answer, told.value) == (other.answer, other.value) and same_note


def _left(claim: Claim, read: str) -> Fault:
    """A figure of the file where another one is bound to stand: what stays, and where from."""
    row = claim.row
    value, origin = in_words(row.indicator, row.answer, row.value), row.origin
    kept = _("{value}, {origin}").format(value=value, origin=origin[:1].lower() + origin[1:])
    remedy = (
        _("Tệp này không phải sửa; nếu {value} chưa đúng thì đề nghị sửa số năm trước.")
        if row.is_opening
        else _("Tệp này không phải sửa; nếu {value} chưa đúng thì sửa trong sổ.")
    )
    return Fault(claim.address, read, kept, remedy.format(value=value))


def _closed(claim: Claim, new: str) -> Fault | None:
    """Why the figure is not for this file to change: its return is on its way."""
    report = claim.current.report
    if report.is_editable:
        return None
    return Fault(
        claim.address,
        new,
        "",
        _("Báo cáo của {unit} đang “{state}”, không sửa được; cần sửa thì trả lại trước.").format(
            unit=claim.current.unit.name_in_sentence, state=report.get_state_display()
        ),
    )


def refuse_closed(current: Return) -> str:
    """Why nothing may be handed in for the return now; empty when it may."""
    if current.report.is_editable:
        return ""
    return _(
        "Báo cáo đang ở trạng thái “{state}”, không sửa được. Cần sửa thì đề nghị cấp trên trả lại."
    ).format(state=current.report.get_state_display())
