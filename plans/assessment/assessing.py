"""Assess targets: one pass over the figures, one evaluator a target, one sentence each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from communes.enums import MemberSource, TierCode
from communes.models import Ancestry, GroupMember, Unit
from indicators.enums import Aggregation, AppliesTo, IndicatorKind, Stage
from indicators.periods import Period
from plans.assessment import explanation
from plans.assessment.facts import Facts, is_known
from plans.assessment.readings import (
    CHANGES,
    PER_UNIT,
    STATES,
    Scope,
    adds_up,
    asked_units,
    case_of,
    needs_panel,
    planned,
)
from plans.assessment.results import Assessment
from plans.assessment.terms import amendment_in_force, terms_in_force
from plans.enums import TargetKind
from plans.evaluators import (
    Case,
    Outcome,
    Reason,
    Terms,
    Verdict,
    agrees,
    evaluate,
)
from plans.models import Target
from povertyplan.lib.errors import DomainError

HUNDRED = Decimal(100)


def assess(
    targets: Sequence[Target], period: Period, stage: str, unit: Unit | None = None
) -> list[Assessment]:
    """Judge every target in `period`, in the order given.

    `unit` asks for the same promises of one other unit, by its milestones or as a rate all
    share. Targets come from `TargetQuerySet.to_assess`, a unit with its tier. The number of
    queries grows with the years looked at, not with the targets. Raises DomainError for a
    period that is not a year.
    """
    return _assess_all([(target, unit) for target in targets], period, stage)


def assess_units(
    target: Target, units: Sequence[Unit], period: Period, stage: str
) -> list[Assessment]:
    """Judge one promise for each of `units`, in the order given; as many queries as for one."""
    return _assess_all([(target, unit) for unit in units], period, stage)


def assess_pairs(
    asked: Sequence[tuple[Target, Unit | None]], period: Period, stage: str
) -> list[Assessment]:
    """Judge each promise for the unit beside it, or as it was made (None); queries as for one."""
    return _assess_all(asked, period, stage)


def assess_grid(
    asked: Sequence[tuple[Target, Unit | None]], period: Period, stage: str
) -> list[Assessment]:
    """Judge as `assess_pairs` does, without a sentence or its sums: a table of many has no room.

    The words are most of what a judgement costs.
    """
    return _assess_all(asked, period, stage, in_words=False)


def _assess_all(
    asked: Sequence[tuple[Target, Unit | None]],
    period: Period,
    stage: str,
    *,
    in_words: bool = True,
) -> list[Assessment]:
    if not period.is_year:
        raise DomainError(_("Chỉ tiêu được đánh giá theo năm; ghi dạng 2024."))
    if not asked:
        return []
    targets = list({target.pk: target for target, _unit in asked}.values())
    units = list({unit.pk: unit for _target, unit in asked if unit is not None}.values())
    facts = Facts(targets, period.year, stage, units, in_words=in_words)
    reach = _Reach(units)
    scopes = [_scope(target, facts, unit) for target, unit in asked]
    lacking = [row.target for row in scopes if needs_panel(row, facts, _judged(row, facts))]
    facts.load_panel(list({row.pk: row for row in lacking}.values()))
    return [_assess(scope, facts, period, reach.includes(scope)) for scope in scopes]


def _judged(scope: Scope, facts: Facts) -> int:
    return min(facts.year, scope.terms.year_to)


class _Reach:
    """Which promises speak of which of the units asked for."""

    def __init__(self, units: Sequence[Unit]) -> None:
        self.above: set[tuple[int, int]] = set()
        self.groups: set[tuple[int, int]] = set()
        if units:
            pairs = Ancestry.objects.filter(descendant__in=units)
            self.above = set(pairs.values_list("descendant", "ancestor"))
            members = GroupMember.objects.filter(unit__in=units)
            self.groups = set(members.values_list("unit", "group"))

    def includes(self, scope: Scope) -> bool:
        """The unit is the target's own, one below it, or one of its group, and of its kind."""
        target, unit = scope.target, scope.unit.pk
        if unit == target.unit_id:
            return True
        if target.applies_to == AppliesTo.COMMUNES and scope.unit.is_urban:
            return False
        if target.group_id is not None:
            return (unit, target.group_id) in self.groups
        return (unit, target.unit_id) in self.above


def _scope(target: Target, facts: Facts, unit: Unit | None) -> Scope:
    terms = terms_in_force(target, facts.amendments[target.pk], Period(facts.year).end)
    is_official = facts.stage == Stage.OFFICIAL
    if unit is None or unit.pk == target.unit_id:
        return Scope(target, terms, target.unit, target.group_id, is_official=is_official)
    is_single = unit.tier.code in (TierCode.COMMUNE, TierCode.VILLAGE)
    if is_single:
        terms = replace(terms, each_unit=False, on_average=False)
    return Scope(target, terms, unit, is_single=is_single, is_official=is_official)


def _assess(scope: Scope, facts: Facts, period: Period, is_inside: bool) -> Assessment:
    target = scope.target
    if not is_inside:
        return _unjudged(scope, facts, period, Reason.OUTSIDE)
    if scope.unit.pk != target.unit_id:
        return _assess_below(scope, facts, period)
    if scope.group_id is not None and target.group is not None:
        day = Period(_judged(scope, facts)).end
        members = [row for row in facts.members[scope.group_id] if row.unit.is_valid_on(day)]
        if not is_known(target.group, members):
            return _unjudged(scope, facts, period, Reason.GROUP_UNKNOWN)
    elif target.blocker:
        return _unjudged(scope, facts, period, Reason.BLOCKED)
    return _judge(scope, facts, period)


def _judge(scope: Scope, facts: Facts, period: Period) -> Assessment:
    case = case_of(scope, facts, period.year)
    if scope.target.kind == TargetKind.RESULT:
        return _compare(scope, facts, period, case)
    outcome = _said_why(evaluate(case), scope, facts, case)
    return Assessment(
        **_frame(scope, facts, period, case),
        outcome=outcome,
        **_worded(scope, facts, case, outcome),
        members=_members(scope, facts, period),
    )


def _worded(scope: Scope, facts: Facts, case: Case, outcome: Outcome) -> dict[str, Any]:
    if not facts.in_words:
        return {"explanation": ""}
    return {
        "explanation": explanation.sentence(scope, case, outcome),
        "formula": explanation.formula(scope, case, outcome),
    }


def _said_why(outcome: Outcome, scope: Scope, facts: Facts, case: Case) -> Outcome:
    """What was reported is not called missing: a rate may be of nobody, a change lack its start.

    The latter though no unit could be compared.
    """
    if Reason.NOT_REPORTED not in outcome.reasons:
        return outcome
    indicator = scope.indicator
    is_rate = indicator.kind == IndicatorKind.RATIO and indicator.aggregation != Aggregation.NONE
    if is_rate and case.reading(case.judged).reported:
        return replace(outcome, reasons=(Reason.NO_BASE,))
    closing = facts.figure(scope.unit.pk, scope.indicator, _judged(scope, facts))
    if scope.is_change and closing.reported:
        return replace(outcome, reasons=(Reason.NO_OPENING,))
    return outcome


def _compare(scope: Scope, facts: Facts, period: Period, case: Case) -> Assessment:
    """A result that a document states, beside what the units reported for its years."""
    found = evaluate(replace(case, year=max(case.year, scope.terms.year_to)))
    is_whole = case.complete and not found.missing_years
    known = found.actual if found.verdict is not Verdict.NO_DATA and is_whole else None
    does_agree = known is not None and agrees(scope.terms, known)
    verdict = Verdict.MET if does_agree else Verdict.OFF_TRACK
    outcome = replace(
        found,
        actual=known,
        verdict=verdict if known is not None else Verdict.NO_DATA,
        gap=None if known is None else known - scope.terms.goal,
        gap_pct=None,
        forecast=None,
        needed=None,
    )
    words = explanation.Words(scope, case)
    return Assessment(
        **_frame(scope, facts, period, case),
        outcome=outcome,
        explanation=explanation.statement(words, known, does_agree=does_agree),
        formula=explanation.statement_formula(scope, case, outcome),
    )


def _frame(scope: Scope, facts: Facts, period: Period, case: Case | None) -> dict[str, Any]:
    """What every assessment carries beside its judgement."""
    judged = _judged(scope, facts)
    figure = facts.figure(scope.unit.pk, scope.indicator, judged)
    reading = case.reading(judged) if case is not None else None
    return {
        "target": scope.target,
        "unit": scope.unit,
        "period": period,
        "stage": facts.stage,
        "terms": scope.terms,
        "amendment": amendment_in_force(facts.amendments[scope.target.pk], period.end),
        "reported": reading.reported if reading else figure.reported,
        "expected": reading.expected if reading else figure.expected,
        "has_sample": _has_sample(scope, facts, judged),
        "pending": _is_pending(scope, facts),
        "absent": _absent(scope, facts, judged),
    }


def _has_sample(scope: Scope, facts: Facts, judged: int) -> bool:
    """True when a made-up figure, member, milestone or decision stands behind the answer."""
    units = [scope.unit.pk]
    if scope.group_id is not None:
        members = facts.members[scope.group_id]
        if any(row.source == MemberSource.SAMPLE for row in members):
            return True
        units = [row.unit_id for row in members]
    years = [year for year in facts.years if year <= judged]
    sampled = any(
        facts.figure(unit, scope.indicator, year).has_sample for unit in units for year in years
    )
    amendment = amendment_in_force(facts.amendments[scope.target.pk], Period(facts.year).end)
    milestones = (
        facts.planned(scope.target, scope.unit.pk, scope.measure, year) for year in facts.years
    )
    return (
        sampled
        or (amendment is not None and amendment.is_sample)
        or any(row is not None and row.is_sample for row in milestones)
    )


def _is_pending(scope: Scope, facts: Facts) -> bool:
    units = [scope.unit.pk]
    if scope.group_id is not None:
        units = [row.unit_id for row in facts.members[scope.group_id]]
    return any(
        facts.figure(unit, scope.indicator, year).pending for unit in units for year in facts.years
    )


def _absent(scope: Scope, facts: Facts, judged: int) -> tuple[Unit, ...]:
    """The units that are to report the year judged and have not."""
    if facts.panel is None or scope.is_single or not needs_panel(scope, facts, judged):
        return ()
    panel = facts.panel
    return tuple(
        unit
        for unit in asked_units(scope, panel, judged)
        if panel.part(unit.pk, scope.indicator, judged) is None
    )


def _unjudged(scope: Scope, facts: Facts, period: Period, reason: Reason) -> Assessment:
    target = scope.target
    day = Period(_judged(scope, facts)).end
    members = facts.members[scope.group_id] if scope.group_id is not None else []
    known = sum(row.unit.is_valid_on(day) for row in members)
    size = target.group.expected_size if target.group else None
    return Assessment(
        **_frame(scope, facts, period, None),
        outcome=Outcome(Verdict.NO_DATA, scope.terms.goal, reasons=(reason,)),
        explanation=explanation.blocked(target, reason, known=known, size=size)
        if facts.in_words
        else "",
        members=_members(scope, facts, period) if reason is Reason.GROUP_UNKNOWN else (),
    )


# ------------------------------------------------------------------ single units of a promise


def _members(scope: Scope, facts: Facts, period: Period) -> tuple[Assessment, ...]:
    """The known members of a group, one by one."""
    if scope.group_id is None:
        return ()
    terms = replace(scope.terms, each_unit=False, on_average=False)
    return tuple(
        _assess_below(
            replace(scope, terms=terms, unit=row.unit, group_id=None, is_single=True), facts, period
        )
        for row in facts.members[scope.group_id]
        if row.unit.is_valid_on(Period(_judged(scope, facts)).end)
    )


def _assess_below(scope: Scope, facts: Facts, period: Period) -> Assessment:
    """The promise as far as it binds one unit: by its milestones, else as a rate all share."""
    terms = _terms_below(scope, facts)
    if terms is not None:
        return _judge_one(replace(scope, terms=terms), facts, period)
    case = case_of(scope, facts, period.year)
    actual = evaluate(case).actual
    return Assessment(
        **_frame(scope, facts, period, case),
        outcome=Outcome(
            Verdict.NO_DATA, scope.terms.goal, actual=actual, reasons=(Reason.NOT_ASSIGNED,)
        ),
        explanation=explanation.not_assigned(scope, case, actual) if facts.in_words else "",
    )


def _judge_one(scope: Scope, facts: Facts, period: Period) -> Assessment:
    case = case_of(scope, facts, period.year)
    outcome = _said_why(evaluate(case), scope, facts, case)
    if _is_open_ended(scope, facts, case):
        outcome = replace(outcome, needed=None)
    return Assessment(
        **_frame(scope, facts, period, case),
        outcome=outcome,
        **_worded(scope, facts, case, outcome),
    )


def _is_open_ended(scope: Scope, facts: Facts, case: Case) -> bool:
    """Milestones so far but none for the end: what is left for the unit is not decided yet."""
    has_some = any(reading.planned is not None for reading in case.readings.values())
    return has_some and _given(scope, facts) is None


def _terms_below(scope: Scope, facts: Facts) -> Terms | None:
    """What the unit itself owes; None where the plan has not said."""
    given = _given(scope, facts)
    if given is not None:
        return replace(scope.terms, comparator="=", value=given, low=None, high=None)
    if is_shared(scope.target, scope.terms):
        return scope.terms
    # Nothing given for the end yet, but for the year judged: that is what the unit owes so far.
    judged = _judged(scope, facts)
    so_far = planned(scope, facts, judged) if scope.terms.kind in STATES else None
    if so_far is None:
        return None
    return replace(scope.terms, comparator="=", value=so_far, low=None, high=None, year_to=judged)


def _given(scope: Scope, facts: Facts) -> Decimal | None:
    """The unit's own milestones, in the terms of the promise."""
    terms = scope.terms
    if terms.kind in CHANGES or terms.kind == TargetKind.CUMULATIVE:
        years = range(terms.year_from, terms.year_to + 1)
        steps = [planned(scope, facts, year) for year in years]
        known = [step for step in steps if step is not None]
        if len(known) < len(steps):
            return None
        total = sum(known, Decimal(0))
        return total / len(steps) if terms.kind == TargetKind.CHANGE_PER_YEAR else total
    return planned(scope, facts, terms.year_to)


def is_shared(target: Target, terms: Terms) -> bool:
    """Does the promise hold for every unit as it stands? Rates and "each" do, sums do not."""
    if terms.kind in PER_UNIT:
        return True
    if terms.kind == TargetKind.SHARE_OF_UNITS:
        return terms.goal == HUNDRED
    return terms.kind != TargetKind.COUNT_OF_UNITS and not adds_up(target.indicator)
