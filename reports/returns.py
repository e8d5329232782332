"""What a return asks of a unit, what it holds, and what stands in the way of sending it up.

The form of a return is the household review (source: indicators.yaml header); a period
belongs to the units valid on its last day.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from communes.access import current_posts
from communes.enums import Role, TierCode
from communes.models import Ancestry, Official, Succession, Unit
from indicators.asking import Profile, asks, profile_of, profiles_of
from indicators.calc import ratio
from indicators.checks import Finding, check, rules_for
from indicators.enums import Answer, IndicatorKind, Severity, TermRole
from indicators.models import Indicator, IndicatorTerm, Result, Theme
from indicators.periods import Period
from plans.enums import PlannedMeasure
from plans.milestones import planned_figures
from reports.enums import ReportState
from reports.models import Comment, Deadline, Report

ZERO = Decimal(0)


# -- the pieces -------------------------------------------------------------------------------


@dataclass
class Row:
    """One line of a return. Values in the indicator's unit; None = not known.

    kind: `input` (typed or locked), `ratio` (worked out), `change` (opening less closing rate,
    in points). `previous` is last year's figure, added up over the unit's predecessors.
    `numerator`, `denominator`: codes of the inputs a ratio is worked out from.
    """

    indicator: Indicator
    number: str
    kind: str
    answer: str = Answer.MISSING
    value: Decimal | None = None
    note: str = ""
    version: int = 0
    entered_by: str = ""
    entered_at: datetime | None = None
    submitted_value: Decimal | None = None
    submitted_answer: str = Answer.MISSING
    previous: Decimal | None = None
    planned: Decimal | None = None
    is_locked: bool = False
    is_sample: bool = False
    comments: list[Comment] = field(default_factory=list)
    request: Comment | None = None
    findings: list[Finding] = field(default_factory=list)
    numerator: tuple[str, ...] = ()
    denominator: tuple[str, ...] = ()

    @property
    def code(self) -> str:
        return self.indicator.code if self.kind != "change" else f"{self.indicator.code}-change"

    @property
    def is_answered(self) -> bool:
        return self.answer != Answer.MISSING

    @property
    def is_not_applicable(self) -> bool:
        return self.answer == Answer.NOT_APPLICABLE

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
        return is_late(self.report.state, self.deadline)

    @property
    def themes(self) -> list[tuple[Theme, list[Row]]]:
        grouped: dict[int, tuple[Theme, list[Row]]] = {}
        for row in self.rows:
            grouped.setdefault(row.indicator.theme_id, (row.indicator.theme, []))[1].append(row)
        return list(grouped.values())

    def row(self, code: str) -> Row | None:
        return next((row for row in self.inputs if row.indicator.code == code), None)


def plain(answer: str, value: Decimal | None) -> str:
    """A figure as kept in events and comments: a plain number, `na`, or nothing."""
    if answer == Answer.VALUE and value is not None:
        return f"{value.normalize():f}"
    return "na" if answer == Answer.NOT_APPLICABLE else ""


def reviewers_of(unit: Unit) -> list[Unit]:
    """The units that review what `unit` sends up, nearest first; two tiers or one."""
    above = Unit.objects.above(unit).select_related("tier")
    return [row for row in above if row.tier.code != TierCode.NATION]


def form_of(unit: Unit, period: Period) -> list[Indicator]:
    """The inputs a unit's return for the period asks for, in form order."""
    return _form(profile_of(unit, period.end))


def _form(profile: Profile) -> list[Indicator]:
    return [row for row in _review_inputs() if asks(row, profile)]


def _review_inputs() -> list[Indicator]:
    found = Indicator.objects.inputs().household_review().in_form_order()
    return list(found.select_related("theme", "entered_at", "entered_at_two_tier", "of_which"))


def report_of(unit: Unit, period: Period) -> Report:
    """The stored report, or a new unsaved draft."""
    found = (
        Report.objects.filter(unit=unit, period=period.code)
        .select_related("with_tier", "unit__tier")
        .first()
    )
    return found or Report(unit=unit, period=period.code)


def deadline_of(unit: Unit, period: Period) -> Deadline | None:
    """The nearest calendar entry: the unit's own extension before the district's or province's."""
    return _deadlines(unit).filter(period=period.code).first()


def _deadlines(unit: Unit) -> QuerySet[Deadline]:
    return (
        Deadline.objects.filter(issuer__downward__descendant=unit)
        .select_related("issuer")
        .order_by("issuer__downward__depth")
    )


def is_late(state: str, deadline: Deadline | None) -> bool:
    """Past its day and still with the unit that owes it."""
    waiting = state in (ReportState.DRAFT, ReportState.RETURNED)
    return waiting and deadline is not None and timezone.localdate() > deadline.due_on


# -- last year --------------------------------------------------------------------------------


def origins(unit: Unit, period: Period) -> list[tuple[Unit, Decimal]]:
    """Whose figures of the year before make up this unit's: itself, and units merged into it since.

    Each with the share that came over, or that it kept. Source: design, Ideas 8; prefill in
    indicators.yaml.
    """
    before = period.shifted(-1)
    changes = Succession.objects.filter(
        Q(successor=unit) | Q(predecessor=unit), date__gt=before.end, date__lte=period.end
    ).select_related("predecessor")
    merged, kept = [], Decimal(1)
    for row in changes:
        if row.successor_id == unit.pk:
            merged.append((row.predecessor, row.share))
        else:
            kept -= row.share
    return [(unit, kept), *merged] if unit.is_valid_on(before.end) else merged


def previous_values(
    unit: Unit, period: Period, indicators: Iterable[Indicator]
) -> dict[int, Decimal]:
    """Last year's figures by indicator pk, official before provisional.

    A figure is there only when every unit it is made up of has one; a missing one is not zero.
    Of a unit that was split nothing is known: a share of a count is no count of households.
    """
    shares = origins(unit, period)
    if any(share != 1 for _, share in shares):
        return {}
    rows = Result.objects.filter(
        unit__in=[origin.pk for origin, _ in shares],
        indicator__in=list(indicators),
        period=period.shifted(-1).code,
    )
    told: dict[int, dict[int, Decimal]] = {}
    for row in rows:
        value = row.submitted_value if row.approved_value is None else row.approved_value
        if value is not None:
            told.setdefault(row.indicator_id, {})[row.unit_id] = value
    return {
        pk: sum((values[origin.pk] for origin, _ in shares), ZERO)
        for pk, values in told.items()
        if shares and len(values) == len(shares)
    }


# -- putting a return together ----------------------------------------------------------------


def return_of(unit: Unit, period: Period) -> Return:
    """Everything about one return. A fixed number of queries, whatever the form's length."""
    inputs = form_of(unit, period)
    report = report_of(unit, period)
    ratios, terms = _ratios(inputs)
    previous = previous_values(unit, period, inputs)
    plan = planned_figures([unit], [*inputs, *ratios], period)
    rows = _input_rows(report, inputs, previous)
    values = {row.indicator.pk: row.value for row in rows}
    rows += _computed_rows(ratios, terms, values, previous)
    for row in rows:
        measure = PlannedMeasure.CHANGE_POINTS if row.kind == "change" else PlannedMeasure.VALUE
        row.planned = plan.get((unit.pk, row.indicator.pk, measure))
    _name_terms(rows, terms)
    _attach_comments(report, rows)
    rows = _numbered(rows)
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


def _input_rows(report: Report, inputs: list[Indicator], previous: dict[int, Decimal]) -> list[Row]:
    facts = {
        fact.indicator_id: fact
        for fact in Result.objects.filter(
            unit=report.unit, period=report.period, indicator__in=inputs
        ).select_related("entered_by")
    }
    locks = locked_values(inputs, report.span, previous)
    rows = []
    for indicator in inputs:
        row = Row(indicator, "", "input", previous=previous.get(indicator.pk))
        fact = facts.get(indicator.pk)
        if fact is not None:
            _fill(row, fact)
        if indicator.pk in locks:
            row.is_locked = True
            # What was sent stays as sent, even if last year's figure is corrected meanwhile.
            if fact is None or report.is_editable:
                row.answer, row.value = Answer.VALUE, locks[indicator.pk]
        rows.append(row)
    return rows


def _fill(row: Row, fact: Result) -> None:
    row.answer, row.value, row.note = fact.answer, fact.value, fact.note
    row.version, row.entered_at, row.is_sample = fact.version, fact.entered_at, fact.is_sample
    row.entered_by = str(fact.entered_by) if fact.entered_by else ""
    row.submitted_answer, row.submitted_value = fact.submitted_answer, fact.submitted_value


def locked_values(
    inputs: Sequence[Indicator], period: Period, previous: dict[int, Decimal]
) -> dict[int, Decimal]:
    """Figures that are not typed: an opening equals the closing of the year before.

    Not in the first year of a new standard, and not while last year's figure is missing.
    Source: indicators.yaml, prefill and series_breaks.
    """
    locked = [row for row in inputs if row.prefill_locked and row.prefill_offset == -1]
    if not locked or not period.is_year:
        return {}
    sources = IndicatorTerm.objects.filter(role=TermRole.PREFILL, indicator__in=locked)
    source_of = dict(sources.values_list("indicator", "input"))
    broken = {
        pk
        for pk, first_periods in Indicator.objects.filter(
            pk__in=[row.pk for row in locked]
        ).values_list("pk", "series_breaks__first_periods")
        if first_periods and period.year in first_periods
    }
    return {
        row.pk: previous[source_of[row.pk]]
        for row in locked
        if row.pk not in broken and source_of.get(row.pk) in previous
    }


Terms = dict[int, dict[str, list[int]]]


def _ratios(inputs: list[Indicator]) -> tuple[list[Indicator], Terms]:
    """Ratios of the review whose every term the form asks for, with their terms' pks."""
    asked = {row.pk for row in inputs}
    found = (
        Indicator.objects.filter(kind=IndicatorKind.RATIO)
        .household_review()
        .in_form_order()
        .select_related("theme", "opening_indicator")
    )
    terms: Terms = {}
    rows = IndicatorTerm.objects.filter(indicator__in=found).exclude(role=TermRole.PREFILL)
    for indicator_id, role, input_id in rows.values_list("indicator", "role", "input"):
        terms.setdefault(indicator_id, {}).setdefault(role, []).append(input_id)
    kept = [
        row
        for row in found
        if {pk for side in terms.get(row.pk, {"": [0]}).values() for pk in side} <= asked
    ]
    return kept, terms


def _quotient(
    indicator: Indicator, terms: Terms, values: dict[int, Decimal | None]
) -> Decimal | None:
    sides = []
    for role in (TermRole.NUMERATOR, TermRole.DENOMINATOR):
        parts = [values.get(pk) for pk in terms[indicator.pk][role]]
        sides.append(None if None in parts else sum((part or ZERO for part in parts), ZERO))
    return ratio(sides[0], sides[1], indicator.scale)


def _computed_rows(
    ratios: list[Indicator],
    terms: Terms,
    values: dict[int, Decimal | None],
    previous: dict[int, Decimal],
) -> list[Row]:
    before: dict[int, Decimal | None] = dict(previous)
    known = {row.pk: _quotient(row, terms, values) for row in ratios}
    rows = []
    for indicator in ratios:
        value = known[indicator.pk]
        last_year = _quotient(indicator, terms, before)
        answer = Answer.MISSING if value is None else Answer.VALUE
        rows.append(Row(indicator, "", "ratio", answer, value, previous=last_year))
    for indicator in ratios:
        if indicator.opening_indicator_id in known:
            opening, closing = known[indicator.opening_indicator_id], known[indicator.pk]
            cut = None if opening is None or closing is None else opening - closing
            answer = Answer.MISSING if cut is None else Answer.VALUE
            rows.append(Row(indicator, "", "change", answer, cut))
    return rows


def _name_terms(rows: list[Row], terms: Terms) -> None:
    codes = {row.indicator.pk: row.indicator.code for row in rows if row.kind == "input"}
    for row in rows:
        if row.kind == "ratio":
            sides = terms[row.indicator.pk]
            row.numerator = tuple(codes[pk] for pk in sides[TermRole.NUMERATOR])
            row.denominator = tuple(codes[pk] for pk in sides[TermRole.DENOMINATOR])


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


# -- lists of returns -------------------------------------------------------------------------


@dataclass(frozen=True)
class Standing:
    """Where one unit's return stands. `state` is None when nothing has been entered."""

    unit: Unit
    period: Period
    report: Report | None
    state: str | None
    deadline: Deadline | None
    done: int
    total: int
    returned: int

    @property
    def is_late(self) -> bool:
        return is_late(self.state or ReportState.DRAFT, self.deadline)

    @property
    def is_submitted(self) -> bool:
        return self.state in (ReportState.SUBMITTED, ReportState.ENDORSED, ReportState.APPROVED)


Owed = tuple[Unit, Period]
"""Whose return of which period."""

Key = tuple[int, str]
"""(unit pk, period code)"""


def standings(units: Sequence[Unit], period: Period) -> list[Standing]:
    """The standing of each unit's return, in the order given. A fixed number of queries."""
    return _standings([(unit, period) for unit in units])


def _standings(owed: Sequence[Owed]) -> list[Standing]:
    """In the order given. A fixed number of queries, and two for each period."""
    if not owed:
        return []
    inputs = _review_inputs()
    reports, done, totals = _reports(owed), _answered(owed, inputs), _asked(owed, inputs)
    deadlines = _nearest_deadlines(owed)
    found = []
    for unit, period in owed:
        key = unit.pk, period.code
        report = reports.get(key)
        found.append(
            Standing(
                unit=unit,
                period=period,
                report=report,
                state=report.state if report else None,
                deadline=deadlines.get(key),
                done=done.get(key, 0),
                total=totals[key],
                returned=report.open_requests if report else 0,
            )
        )
    return found


def _of(owed: Sequence[Owed]) -> dict[str, Any]:
    """Filter by units and periods; may find a pair too many, which nobody looks up."""
    return {
        "unit__in": {unit.pk for unit, _ in owed},
        "period__in": {period.code for _, period in owed},
    }


def _reports(owed: Sequence[Owed]) -> dict[Key, Any]:
    """Stored reports with `open_requests`, the figures sent back and not yet corrected."""
    sent_back = Q(
        comments__asks_for_change=True,
        comments__settled_at__isnull=True,
        comments__event__isnull=False,
    )
    rows = (
        Report.objects.filter(**_of(owed))
        .select_related("with_tier")
        .annotate(open_requests=Count("comments", filter=sent_back))
    )
    return {(row.unit_id, row.period): row for row in rows}


def _answered(owed: Sequence[Owed], inputs: Sequence[Indicator]) -> dict[Key, int]:
    rows = (
        Result.objects.filter(**_of(owed), indicator__in=inputs)
        .exclude(answer=Answer.MISSING)
        .values_list("unit", "period")
        .annotate(Count("pk"))
    )
    return {(unit_id, code): count for unit_id, code, count in rows}


def _asked(owed: Sequence[Owed], inputs: Sequence[Indicator]) -> dict[Key, int]:
    """How many figures the form of each return asks for."""
    return {
        (pk, period.code): sum(asks(row, profile) for row in inputs)
        for period in {period for _, period in owed}
        for pk, profile in profiles_of({unit.pk for unit, _ in owed}, period.end).items()
    }


def _nearest_deadlines(owed: Sequence[Owed]) -> dict[Key, Deadline]:
    of = _of(owed)
    rows = (
        Ancestry.objects.filter(
            descendant__in=of["unit__in"], ancestor__deadlines__period__in=of["period__in"]
        )
        .order_by("-depth")
        .values_list("descendant", "ancestor__deadlines")
    )
    nearest = list(rows)
    kept = Deadline.objects.select_related("issuer").in_bulk({pk for _, pk in nearest})
    # a nearer issuer comes later and wins
    return {(unit_id, kept[pk].period): kept[pk] for unit_id, pk in nearest}


@dataclass(frozen=True)
class Tracker:
    """Who below a unit has sent the period's return, and which units ended within it."""

    unit: Unit
    period: Period
    deadline: Deadline | None
    rows: list[Standing]
    merged: list[Succession]

    @property
    def submitted(self) -> int:
        return sum(row.is_submitted for row in self.rows)

    def count(self, *states: str | None) -> int:
        return sum(row.state in states for row in self.rows)


def tracker(unit: Unit, period: Period) -> Tracker:
    """The returns of every unit below `unit` that enters the review, in official order."""
    units = list(
        Unit.objects.below_on(unit, period.end)
        .filter(tier__in=_review_tiers())
        .select_related("tier", "parent")
        .order_by("parent__code", "code")
    )
    merged = Succession.objects.filter(
        predecessor__upward__ancestor=unit, date__gt=period.start, date__lte=period.end
    ).select_related("predecessor", "successor")
    return Tracker(unit, period, deadline_of(unit, period), standings(units, period), list(merged))


def _review_tiers() -> set[int]:
    return {row.entered_at_id for row in _review_inputs() if row.entered_at_id is not None}


def periods_for(unit: Unit) -> list[Period]:
    """Periods with a calendar entry for the unit, in which it still existed; latest first."""
    found = {Period.parse(code) for code in _deadlines(unit).values_list("period", flat=True)}
    return sorted((period for period in found if unit.is_valid_on(period.end)), reverse=True)


def latest_period(unit: Unit) -> Period:
    """The period a page opens with: the latest of the calendar, else the last full year it saw."""
    known = periods_for(unit)
    if known:
        return known[0]
    last_day = min(unit.valid_to, timezone.localdate())
    full_year = date(last_day.year, 12, 31) <= last_day
    return Period(last_day.year if full_year else last_day.year - 1)


def owed_by(official: Official) -> list[Standing]:
    """Every return the official's units owe or have sent, latest period first."""
    units = {
        post.unit_id: post.unit for post in current_posts(official) if post.role == Role.OFFICER
    }
    owed = [(unit, period) for unit in units.values() for period in periods_for(unit)]
    return sorted(_standings(owed), key=lambda row: row.period, reverse=True)
