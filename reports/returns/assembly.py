"""Putting a return together: inputs, what is worked out, comments, findings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from communes.models import Unit
from indicators.checks import Finding, check, rules_for
from indicators.models import Indicator, Result
from indicators.periods import Period
from plans.enums import PlannedMeasure
from plans.milestones import planned_figures
from reports.models import Comment, Report
from reports.returns.bands import attach_bands
from reports.returns.computed import computed_rows, name_terms, ratios_of
from reports.returns.counted import Books, Counted, locks_of
from reports.returns.form import deadline_of, form_of, report_of, reviewers_of
from reports.returns.pieces import Return, Row
from reports.returns.previous import locked_values, previous_values


def return_of(unit: Unit, period: Period) -> Return:
    """Everything about one return. A fixed number of queries, whatever the form's length."""
    books = Books([unit])
    inputs = form_of(unit, period, books)
    report = report_of(unit, period)
    ratios, terms = ratios_of(inputs)
    previous = previous_values(unit, period, inputs)
    plan = planned_figures([unit], [*inputs, *ratios], period)
    rows = _input_rows(report, inputs, previous, books.figures(period).get(unit.pk, {}))
    values = {row.indicator.pk: row.value for row in rows}
    rows += computed_rows(ratios, terms, values, previous)
    for row in rows:
        measure = PlannedMeasure.CHANGE_POINTS if row.kind == "change" else PlannedMeasure.VALUE
        row.planned = plan.get((unit.pk, row.indicator.pk, measure))
    name_terms(rows, terms)
    _attach_comments(report, rows)
    rows = _numbered(rows)
    attach_bands(unit, period, rows)
    findings = check(rules_for(unit, period), checked_values(rows))
    _attach_findings(rows, findings)
    return Return(
        unit=unit,
        period=period,
        report=report,
        deadline=deadline_of(unit, period),
        reviewers=reviewers_of(unit),
        rows=rows,
        findings=findings,
    )


def checked_values(rows: Sequence[Row]) -> dict[tuple[str, int], Decimal | None]:
    """What the rules look at: this period's figures and last year's, by (code, offset)."""
    values: dict[tuple[str, int], Decimal | None] = {}
    for row in rows:
        if row.kind != "change":
            values[row.indicator.code, 0] = row.value
            values[row.indicator.code, -1] = row.previous
    return values


def _input_rows(
    report: Report,
    inputs: list[Indicator],
    previous: dict[int, Decimal],
    counts: Mapping[int, Counted],
) -> list[Row]:
    facts = {
        fact.indicator_id: fact
        for fact in Result.objects.filter(
            unit=report.unit, period=report.period, indicator__in=inputs
        ).select_related("entered_by")
    }
    locks = locks_of(inputs, locked_values(inputs, report.span, previous), counts)
    rows = []
    for indicator in inputs:
        row = Row(indicator, "", "input", previous=previous.get(indicator.pk))
        fact = facts.get(indicator.pk)
        if fact is not None:
            _fill(row, fact)
        if indicator.pk in locks:
            row.lock(locks[indicator.pk], is_editable=report.is_editable)
        rows.append(row)
    return rows


def _fill(row: Row, fact: Result) -> None:
    row.answer, row.value, row.note = fact.answer, fact.value, fact.note
    row.version, row.entered_at, row.is_sample = fact.version, fact.entered_at, fact.is_sample
    row.entered_by = str(fact.entered_by) if fact.entered_by else ""
    row.submitted_answer, row.submitted_value = fact.submitted_answer, fact.submitted_value


def _numbered(rows: list[Row]) -> list[Row]:
    """Rows in form order, theme by theme, inputs before what is worked out, numbered 1.1, 1.2…"""
    order = {"input": 0, "ratio": 1, "change": 2}
    rows = sorted(
        rows, key=lambda row: (row.indicator.theme.order, order[row.kind], row.indicator.order)
    )
    sections: dict[int, int] = {}
    counts: dict[int, int] = {}
    for row in rows:
        section = sections.setdefault(row.indicator.theme_id, len(sections) + 1)
        counts[section] = counts.get(section, 0) + 1
        row.number = f"{section}.{counts[section]}"
    return rows


def _attach_comments(report: Report, rows: list[Row]) -> None:
    if report.pk is None:
        return
    by_indicator = {row.indicator.pk: row for row in rows if row.kind == "input"}
    for comment in Comment.objects.filter(report=report).select_related("by", "event"):
        row = by_indicator.get(comment.indicator_id)
        if row is None:
            continue
        row.comments.append(comment)
        if comment.asks_for_change and comment.settled_at is None:
            row.request = comment


def _attach_findings(rows: list[Row], findings: list[Finding]) -> None:
    """Show each finding under the cell it asks to look at: the solved one, else the last term."""
    by_code = {row.indicator.code: row for row in rows if row.kind != "change"}
    for found in findings:
        if found.cell in by_code:
            by_code[found.cell].findings.append(found)
