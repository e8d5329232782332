"""What a return said each time it was sent, and each time it became official. From its events."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal, InvalidOperation
from itertools import groupby

from django.utils.translation import gettext as _

from communes.models import Unit
from indicators.enums import Answer
from indicators.models import Indicator
from indicators.periods import Period
from povertyplan.lib.formulas import no_formula
from povertyplan.lib.numbers import format_number
from reports.enums import Step
from reports.history import steps_of
from reports.models import Comment, ReportEvent
from reports.returns import answer_text, plain, report_of
from reports.returns.computed import computed_rows, ratios_of

NAMED_AT_MOST = 3
"""Figures that are named with the reason for which they were sent back; the desk has all."""

Told = dict[str, tuple[str, str]]
"""Indicator code → (figure as `plain` keeps it, note)."""


@dataclass(frozen=True, slots=True)
class Edition:
    """A return as it was sent (key n1, n2…) or approved (v1, v2…). `told`: what it said.

    `why`: for what it was sent back or opened again afterwards.
    """

    key: str
    name: str
    is_official: bool
    at: datetime
    by: str
    post: str
    note: str
    why: str
    told: Told = field(repr=False)

    @property
    def total(self) -> int:
        return len(self.told)


@dataclass(frozen=True, slots=True)
class Line:
    """One figure of an edition; one that is worked out has no note."""

    code: str
    name: str
    unit: str
    value: str
    kept: str
    note: str
    is_worked_out: bool


@dataclass(frozen=True, slots=True)
class Difference:
    """One figure that two editions tell differently. `change`: new less old, "" without numbers."""

    name: str
    unit: str
    old: str
    new: str
    change: str
    old_note: str
    new_note: str

    @property
    def is_noted(self) -> bool:
        return self.old_note != self.new_note


@dataclass(frozen=True, slots=True)
class VersionsPage:
    """The editions of a return, latest first; one of them opened, or two compared."""

    unit: Unit
    period: Period
    editions: tuple[Edition, ...]
    opened: Edition | None
    sections: tuple[tuple[str, tuple[Line, ...]], ...]
    pair: tuple[Edition, Edition] | None
    differences: tuple[Difference, ...]

    @property
    def official(self) -> list[Edition]:
        return [row for row in self.editions if row.is_official]

    @property
    def sent(self) -> list[Edition]:
        return [row for row in self.editions if not row.is_official]

    @property
    def suggested(self) -> tuple[str, str]:
        """Which two one most likely wants to compare: the last two official, else sent, ones."""
        for found in (self.official, self.sent, list(self.editions)):
            if len(found) > 1:
                return found[1].key, found[0].key
        return "", ""


def versions_page(
    unit: Unit, period: Period, *, opened: str = "", old: str = "", new: str = ""
) -> VersionsPage:
    """Return what `unit` has sent for the period; drafts are in no event, and so not here.

    The number of queries does not grow with figures or editions.
    """
    editions = editions_of(unit, period)
    by_key = {row.key: row for row in editions}
    one = by_key.get(opened)
    pair = (by_key[old], by_key[new]) if old in by_key and new in by_key and old != new else None
    return VersionsPage(
        unit=unit,
        period=period,
        editions=tuple(editions),
        opened=one,
        sections=tuple(_sections(one)) if one else (),
        pair=pair,
        differences=tuple(_differences(*pair)) if pair and all(one.told for one in pair) else (),
    )


def editions_of(unit: Unit, period: Period) -> list[Edition]:
    """Latest first. Two queries, three when anything was sent back."""
    steps = steps_of(report_of(unit, period))
    asked = _asked(steps)
    found: list[Edition] = []
    official = 0
    for place, event in enumerate(steps):
        if event.step not in (Step.SUBMIT, Step.APPROVE):
            continue
        is_official = event.step == Step.APPROVE
        official += is_official
        why = _why(steps[place + 1 :], asked)
        found.append(_edition(event, official, why))
    return found[::-1]


def _edition(event: ReportEvent, official: int, why: str) -> Edition:
    is_official = event.step == Step.APPROVE
    name = (
        _("Phiên bản chính thức {number}").format(number=official)
        if is_official
        else _("Lần nộp {round}").format(round=event.round)
    )
    return Edition(
        key=f"v{official}" if is_official else f"n{event.round}",
        name=name,
        is_official=is_official,
        at=event.at,
        by=str(event.by),
        post=event.post_label,
        note=event.note,
        why=why,
        told={code: (kept, note[0] if note else "") for code, kept, *note in event.covered},
    )


def _asked(steps: Sequence[ReportEvent]) -> dict[int, list[Comment]]:
    """What was sent back with each step (pk), in form order: there the reasons are, figure by
    figure; the note beside them is often left empty."""
    returned = [event.pk for event in steps if event.step == Step.RETURN]
    if not returned:
        return {}
    found: dict[int, list[Comment]] = {pk: [] for pk in returned}
    rows = Comment.objects.filter(event__in=returned, asks_for_change=True)
    for row in rows.select_related("indicator").order_by(
        "indicator__theme__order", "indicator__order"
    ):
        if row.event_id is not None:
            found[row.event_id].append(row)
    return found


def _why(later: Sequence[ReportEvent], asked: Mapping[int, Sequence[Comment]]) -> str:
    """What undid the edition before the next one: the note, then figures with their reasons.

    An imported return is official without a step that says so: it is opened as it was sent.
    """
    for event in later:
        if event.step in (Step.RETURN, Step.REOPEN):
            return _reasons(event.note, asked.get(event.pk, ()))
        if event.step in (Step.SUBMIT, Step.APPROVE):
            return ""
    return ""


def _reasons(note: str, asked: Sequence[Comment]) -> str:
    words = [note] if note else []
    words += [f"{row.indicator.name}: {row.body}" for row in asked[:NAMED_AT_MOST]]
    if len(asked) > NAMED_AT_MOST:
        words.append(_("và {n} chỉ tiêu khác").format(n=len(asked) - NAMED_AT_MOST))
    return "; ".join(words)


# -- the figures ----------------------------------------------------------------------------------


def _sections(edition: Edition) -> Iterator[tuple[str, tuple[Line, ...]]]:
    lines = _lines([edition])
    for theme, rows in groupby(lines, key=lambda row: row[0].theme.name):
        yield (
            theme,
            tuple(_line(indicator, kind, told[0], edition) for indicator, kind, told in rows),
        )


Row = tuple[Indicator, str, list[str]]
"""(indicator, kind of line, figure in each edition as `plain` keeps it, "" for none)."""


def _lines(editions: Sequence[Edition]) -> list[Row]:
    """Every line of some editions in form order: what was typed, then what is worked out of it."""
    codes = {code for edition in editions for code in edition.told}
    inputs = list(Indicator.objects.filter(code__in=codes).select_related("theme"))
    lines: list[Row] = [
        (row, "input", [edition.told.get(row.code, ("", ""))[0] for edition in editions])
        for row in inputs
    ]
    ratios, terms = ratios_of(inputs)
    worked: dict[tuple[int, str], Row] = {}
    for place, edition in enumerate(editions):
        values = {row.pk: _number(edition.told.get(row.code, ("", ""))[0]) for row in inputs}
        for row in computed_rows(ratios, terms, values, {}):
            found = worked.setdefault(
                (row.indicator.pk, row.kind), (row.indicator, row.kind, [""] * len(editions))
            )
            found[2][place] = plain(row.answer, row.value)
    order = {"input": 0, "ratio": 1, "change": 2}
    return sorted(
        [*lines, *worked.values()],
        key=lambda row: (row[0].theme.order, order[row[1]], row[0].order),
    )


def _number(kept: str) -> Decimal | None:
    try:
        return Decimal(kept) if kept else None
    except InvalidOperation:
        return None


def _text(indicator: Indicator, kept: str) -> str:
    number = _number(kept)
    if number is not None:
        return answer_text(indicator, Answer.VALUE, number)
    return answer_text(indicator, kept if kept in Answer.values else "", None)


def _name(indicator: Indicator, kind: str) -> str:
    if kind != "change":
        return indicator.name
    return _("Mức giảm {name}").format(name=indicator.name[:1].lower() + indicator.name[1:])


def _measure(indicator: Indicator, kind: str) -> str:
    return _("điểm %") if kind == "change" else indicator.unit_of_measure


def _line(indicator: Indicator, kind: str, kept: str, edition: Edition) -> Line:
    is_input = kind == "input"
    return Line(
        code=indicator.code,
        name=_name(indicator, kind),
        unit=_measure(indicator, kind),
        value=_text(indicator, kept),
        kept=kept,
        note=edition.told.get(indicator.code, ("", ""))[1] if is_input else "",
        is_worked_out=not is_input,
    )


def _differences(old: Edition, new: Edition) -> Iterator[Difference]:
    for indicator, kind, (before, now) in _lines([old, new]):
        nothing = ("", "")
        notes = [""] * 2
        if kind == "input":
            notes = [edition.told.get(indicator.code, nothing)[1] for edition in (old, new)]
        if before == now and notes[0] == notes[1]:
            continue
        yield Difference(
            name=_name(indicator, kind),
            unit=_measure(indicator, kind),
            old=_text(indicator, before),
            new=_text(indicator, now),
            change=_change(indicator, before, now),
            old_note=notes[0],
            new_note=notes[1],
        )


def _change(indicator: Indicator, before: str, now: str) -> str:
    old, new = _number(before), _number(now)
    if old is None or new is None or old == new:
        return ""
    sign = "+" if new > old else ""
    return sign + format_number(new - old, indicator.decimals)


# -- as a file ------------------------------------------------------------------------------------


def as_csv(edition: Edition) -> bytes:
    """An edition as a file that Excel opens with its letters intact; a point for decimals."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(
        [_("Nhóm"), _("Mã"), _("Chỉ tiêu"), _("Đơn vị tính"), _("Giá trị"), _("Ghi chú")]
    )
    for theme, lines in _sections(edition):
        for line in lines:
            value = "" if line.kept == Answer.MISSING else line.kept
            if value in (Answer.NOT_APPLICABLE, Answer.NO_DATA):
                value = line.value
            cells = [theme, line.code, line.name, line.unit, value, line.note]
            writer.writerow([cell if cell is value else no_formula(cell) for cell in cells])
    return out.getvalue().encode("utf-8-sig")


def edition_of(unit: Unit, period: Period, key: str) -> Edition | None:
    known: Mapping[str, Edition] = {row.key: row for row in editions_of(unit, period)}
    return known.get(key)
