"""The returns of many communes at once, as far as a table of their district speaks of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from communes.models import Unit
from indicators.models import Indicator, Result
from indicators.periods import Period
from reports.models import Report
from reports.returns import (
    Counted,
    Return,
    Row,
    counted_figures,
    locked_values,
    locks_of,
    previous_values,
)
from reports.returns.form import Forms


def returns_of(units: Sequence[Unit], period: Period, codes: Collection[str]) -> dict[int, Return]:
    """By unit pk, the inputs named by `codes` with what is stored of them; neither rules nor rates.

    A fixed number of queries, and four a unit where one of them may be last year's closing.
    """
    forms = Forms(units).of(units, period)
    reports = {
        row.unit_id: row for row in Report.objects.filter(unit__in=units, period=period.code)
    }
    facts = {
        (row.unit_id, row.indicator_id): row
        for row in Result.objects.filter(
            unit__in=units, period=period.code, indicator__code__in=codes
        ).select_related("entered_by")
    }
    counts = counted_figures(units, period)
    found = {}
    for unit in units:
        asked = [row for row in forms[unit.pk] if row.code in codes]
        rows = [_row(indicator, facts.get((unit.pk, indicator.pk))) for indicator in asked]
        report = reports.get(unit.pk) or Report(unit=unit, period=period.code)
        counted = counts.get(unit.pk, {})
        if counted or (report.is_editable and any(row.prefill_locked for row in asked)):
            _lock(rows, report, period, forms[unit.pk], counted)
        found[unit.pk] = Return(
            unit=unit,
            period=period,
            report=report,
            deadline=None,
            reviewers=[],
            rows=rows,
            findings=[],
        )
    return found


def _row(indicator: Indicator, fact: Result | None) -> Row:
    row = Row(indicator, "", "input")
    if fact is not None:
        row.answer, row.value, row.note = fact.answer, fact.value, fact.note
        row.version, row.is_sample = fact.version, fact.is_sample
        row.entered_by = str(fact.entered_by or "")
    return row


def _lock(
    rows: list[Row],
    report: Report,
    period: Period,
    form: Sequence[Indicator],
    counted: Mapping[int, Counted],
) -> None:
    """As in the unit's own return: an opening is last year's closing, a count that of a book."""
    openings = locked_values(form, period, previous_values(report.unit, period, form))
    locks = locks_of(form, openings if report.is_editable else {}, counted)
    for row in rows:
        if row.indicator.pk in locks:
            row.lock(locks[row.indicator.pk], is_editable=report.is_editable)
