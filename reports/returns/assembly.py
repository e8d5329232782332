"""Putting a return together: inputs, what is worked out, comments, findings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

from communes.models import Unit
from indicators.checks import Finding, check, rules_by_unit
from indicators.enums import Answer
from indicators.models import Indicator, Result
from indicators.periods import Period
from plans.enums import PlannedMeasure
from plans.milestones import planned_figures
from reports.models import Comment, Report
from reports.returns.bands import Surroundings
from reports.returns.computed import computed_rows, name_terms, ratios_of, within
from reports.returns.counted import Books, Lock, locks_of
from reports.returns.form import Forms, deadlines_by_unit, reports_by_unit, reviewers_by_unit
from reports.returns.pieces import Return, Row
from reports.returns.previous import opened, opening_sources, previous_of


def return_of(unit: Unit, period: Period) -> Return:
    """Everything about one return. A fixed number of queries, whatever the form's length."""
    return returns_of([unit], period)[unit.pk]


def returns_of(units: Sequence[Unit], period: Period) -> dict[int, Return]:
    """Everything about the returns of several units (pk), read together.

    The number of queries grows with the tiers and kinds among them, not with the units.
    """
    if not units:
        return {}
    read = _Read(units, period)
    return {unit.pk: read.return_of(unit) for unit in units}


class _Read:
    """What the returns of some units rest on, read at once."""

    def __init__(self, units: Sequence[Unit], period: Period) -> None:
        self._period = period
        books = Books(units)
        self._forms = Forms(units, books).of(units, period)
        inputs = list({row.pk: row for form in self._forms.values() for row in form}.values())
        self._reports = reports_by_unit(units, period)
        self._facts = _facts(units, period)
        self._comments = _comments(self._reports.values())
        self._ratios, self._terms = ratios_of(inputs)
        self._previous = previous_of(units, period, inputs)
        self._openings = opening_sources(inputs, period)
        self._counts = books.figures(period)
        self._plan = planned_figures(units, [*inputs, *self._ratios], period)
        self._around = Surroundings(units, period, inputs, [*inputs, *self._ratios])
        self._rules = rules_by_unit(units, period)
        self._deadlines = deadlines_by_unit(units, period)
        self._reviewers = reviewers_by_unit(units)

    def return_of(self, unit: Unit) -> Return:
        report = self._reports[unit.pk]
        rows = self._rows(unit, report)
        _attach_comments(self._comments.get(report.pk, []), rows)
        rows = _numbered(rows)
        self._around.attach(unit, rows)
        findings = check(self._rules[unit.pk], checked_values(rows))
        _attach_findings(rows, findings)
        return Return(
            unit=unit,
            period=self._period,
            report=report,
            deadline=self._deadlines.get(unit.pk),
            reviewers=self._reviewers.get(unit.pk, []),
            rows=rows,
            findings=findings,
        )

    def _rows(self, unit: Unit, report: Report) -> list[Row]:
        form, previous = self._forms[unit.pk], self._previous[unit.pk]
        locks = locks_of(form, opened(self._openings, previous), self._counts.get(unit.pk, {}))
        rows = _input_rows(report, form, self._facts.get(unit.pk, {}), previous, locks)
        values = {row.indicator.pk: row.value for row in rows}
        ratios = within(self._ratios, self._terms, form)
        rows += computed_rows(ratios, self._terms, values, previous)
        for row in rows:
            measure = PlannedMeasure.CHANGE_POINTS if row.kind == "change" else PlannedMeasure.VALUE
            row.planned = self._plan.get((unit.pk, row.indicator.pk, measure))
        name_terms(rows, self._terms)
        return rows


def _facts(units: Sequence[Unit], period: Period) -> dict[int, dict[int, Result]]:
    """What is kept of each unit (pk), by indicator pk. One query."""
    found: dict[int, dict[int, Result]] = {}
    rows = Result.objects.filter(unit__in=units, period=period.code).select_related("entered_by")
    for row in rows:
        found.setdefault(row.unit_id, {})[row.indicator_id] = row
    return found


def _comments(reports: Iterable[Report]) -> dict[int, list[Comment]]:
    """What was said in each report (pk). One query, none without a report."""
    found: dict[int, list[Comment]] = {}
    kept = [report.pk for report in reports if not report._state.adding]
    if kept:
        for row in Comment.objects.filter(report__in=kept).select_related("by", "event"):
            found.setdefault(row.report_id, []).append(row)
    return found


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
    inputs: Sequence[Indicator],
    facts: Mapping[int, Result],
    previous: Mapping[int, Decimal],
    locks: Mapping[int, Lock],
) -> list[Row]:
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
    row.entered_by_id = fact.entered_by_id
    row.submitted_answer, row.submitted_value = fact.submitted_answer, fact.submitted_value
    row.is_official = fact.approved_answer != Answer.MISSING


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


def _attach_comments(comments: Iterable[Comment], rows: Sequence[Row]) -> None:
    by_indicator = {row.indicator.pk: row for row in rows if row.kind == "input"}
    for comment in comments:
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
