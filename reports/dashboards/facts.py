"""The figures a unit has told itself: who entered them, when, and what they were before."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from communes.models import Unit
from indicators.enums import Answer, IndicatorKind, Stage
from indicators.figures import Figure, figures
from indicators.models import Indicator, Result
from indicators.periods import Period
from reports.dashboards.cells import Cell, CellState, answer_text, cell
from reports.history import Change, already_sent, figure_history
from reports.returns import form_of, report_of


@dataclass(frozen=True, slots=True)
class Fact:
    """One figure of a unit at a stage. A computed one has an arithmetic instead of an author.

    `is_being_changed`: a newer entry exists that does not count at this stage yet; its value
    is not shown, because a draft is the unit's own until it is sent.
    """

    code: str
    name: str
    unit: str
    cell: Cell
    is_computed: bool
    entered_by: str = ""
    entered_at: datetime | None = None
    version: str = ""
    note: str = ""
    is_sample: bool = False
    is_being_changed: bool = False


@dataclass(frozen=True, slots=True)
class FactGroup:
    """The figures of one theme, in form order."""

    theme: str
    rows: tuple[Fact, ...]


@dataclass(frozen=True, slots=True)
class Edit:
    """One change of a figure, in words."""

    at: datetime
    by: str
    old: str
    new: str
    reason: str


@dataclass(frozen=True, slots=True)
class Trace:
    """Where one figure comes from, newest edit first; no edits while it has never been sent."""

    code: str
    name: str
    unit: str
    fact: Fact
    meaning: str
    edits: tuple[Edit, ...]
    was_sent: bool


def facts(unit: Unit, period: Period, stage: str) -> tuple[FactGroup, ...]:
    """Return what the unit tells itself at `stage`: what its form asks, whatever else it told,
    and the rates these give. Empty for a unit that is asked for nothing and told nothing.
    """
    told = _told(unit, period)
    asked = {row.pk: row for row in form_of(unit, period)} | {
        pk: result.indicator for pk, result in told.items()
    }
    if not asked:
        return ()
    indicators = [*asked.values(), *_computed({row.theme_id for row in asked.values()})]
    found = figures([unit], indicators, [period], stage)
    rows = [
        (row, fact)
        for row in sorted(indicators, key=lambda row: (row.theme.order, row.order))
        if (fact := _fact(row, found[unit.pk, row.pk, period.code], told.get(row.pk), stage))
        is not None
    ]
    return tuple(
        FactGroup(theme, tuple(fact for _, fact in grouped))
        for theme, grouped in groupby(rows, key=lambda pair: pair[0].theme.name)
    )


def _told(unit: Unit, period: Period) -> dict[int, Result]:
    rows = Result.objects.filter(unit=unit, period=period.code).select_related(
        "indicator__theme", "entered_by"
    )
    return {row.indicator_id: row for row in rows}


def _computed(themes: Iterable[int]) -> list[Indicator]:
    found = Indicator.objects.filter(theme__in=themes).in_form_order()
    return [row for row in found if row.kind == IndicatorKind.RATIO]


def _fact(indicator: Indicator, figure: Figure, result: Result | None, stage: str) -> Fact | None:
    shown = cell(indicator, figure)
    if not indicator.is_input:
        if shown.state != CellState.VALUE:
            return None
        return Fact(indicator.code, indicator.name, indicator.unit_of_measure, shown, True)
    if result is None:
        return Fact(indicator.code, indicator.name, indicator.unit_of_measure, shown, False)
    return _typed(indicator, shown, result, stage)


def _typed(indicator: Indicator, shown: Cell, result: Result, stage: str) -> Fact:
    answer, value = _at(result, stage)
    counts = answer != Answer.MISSING
    return Fact(
        code=indicator.code,
        name=indicator.name,
        unit=indicator.unit_of_measure,
        cell=shown,
        is_computed=False,
        entered_by=str(result.entered_by or "") if counts else "",
        entered_at=result.entered_at if counts else None,
        version=str(result.version) if counts else "",
        note=result.note if counts else "",
        is_sample=result.is_sample,
        is_being_changed=(result.answer, result.value) != (answer, value),
    )


def _at(result: Result, stage: str) -> tuple[str, object]:
    if stage == Stage.OFFICIAL:
        return result.approved_answer, result.approved_value
    return result.submitted_answer, result.submitted_value


def trace(unit: Unit, period: Period, code: str, groups: Iterable[FactGroup]) -> Trace | None:
    """Return where the figure `code` of the page comes from; None when the page has no such row."""
    fact = next((row for group in groups for row in group.rows if row.code == code), None)
    return _trace(unit, period, Indicator.objects.get(code=code), fact) if fact else None


def entry(
    unit: Unit, period: Period, stage: str, indicator: Indicator, figure: Figure
) -> Trace | None:
    """Return where `figure`, the unit's own, comes from; None when the unit has typed nothing."""
    told = Result.objects.filter(unit=unit, period=period.code, indicator=indicator)
    result = told.select_related("entered_by").first()
    if result is None:
        return None
    return _trace(
        unit, period, indicator, _typed(indicator, cell(indicator, figure), result, stage)
    )


def _trace(unit: Unit, period: Period, indicator: Indicator, fact: Fact) -> Trace:
    was_sent = _was_sent(unit, period, indicator)
    report = report_of(unit, period)
    changes = figure_history(unit, period) if was_sent else []
    if not report._state.adding:
        changes = already_sent(changes, report)
    return Trace(
        code=indicator.code,
        name=indicator.name,
        unit=indicator.unit_of_measure,
        fact=fact,
        meaning=indicator.note,
        edits=tuple(_edit(row) for row in changes if row.indicator.pk == indicator.pk),
        was_sent=was_sent,
    )


def _was_sent(unit: Unit, period: Period, indicator: Indicator) -> bool:
    """Has the figure ever left the unit's own desk?"""
    records = Result.history.filter(unit=unit, period=period.code, indicator=indicator)
    return bool(records.exclude(submitted_answer=Answer.MISSING).exists())


def _edit(change: Change) -> Edit:
    return Edit(
        at=change.at,
        by=change.by,
        old=answer_text(change.indicator, change.old_answer, change.old),
        new=answer_text(change.indicator, change.new_answer, change.new),
        reason=change.reason,
    )
