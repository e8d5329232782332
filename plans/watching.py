"""Keep how verdicts on promises go over time, so that a turn for the worse can be told."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction

from indicators.enums import Stage
from indicators.models import Rollup
from indicators.periods import Period
from plans.assessment import Assessment, assess
from plans.evaluators import Verdict
from plans.models import Plan, Target, VerdictChange

JUDGED = (Verdict.MET, Verdict.ON_TRACK, Verdict.AT_RISK, Verdict.OFF_TRACK)
"""Verdicts that say how a promise stands, from best to worst."""

YEARS = 2
"""How many years are looked at, back from the last with figures: one is being reported, the one
before may still be corrected."""


def watched_years() -> list[int]:
    """The years whose verdicts may still move, latest first; none before anything is reported."""
    codes = Rollup.objects.order_by().values_list("period", flat=True).distinct()
    years = {Period.parse(code).year for code in codes if Period.parse(code).is_year}
    return sorted(years, reverse=True)[:YEARS]


def watch(year: int) -> list[VerdictChange]:
    """Judge every promise for the year, at both stages, and keep what has changed.

    Returns the new rows. Running it again changes nothing; of two that run at once one waits.
    """
    return [row for stage in Stage.values for row in _watch(year, stage)]


def is_worse(change: VerdictChange) -> bool:
    """Has the promise slipped from where it was last judged to be?"""
    if change.was not in JUDGED or change.verdict not in JUDGED:
        return False
    return JUDGED.index(Verdict(change.verdict)) > JUDGED.index(Verdict(change.was))


@transaction.atomic
def _watch(year: int, stage: str) -> list[VerdictChange]:
    list(Plan.objects.select_for_update().order_by("pk").values_list("pk"))
    targets = list(Target.objects.promises().to_assess().order_by("plan__order", "order"))
    found = assess(targets, Period(year), stage) if targets else []
    last, judged = _known(year, stage)
    changes = [
        _change(row, year, stage, was=judged.get(row.target.pk, ""))
        for row in found
        if last.get(row.target.pk) != row.verdict
    ]
    return VerdictChange.objects.bulk_create(changes)


def _known(year: int, stage: str) -> tuple[dict[int, str], dict[int, str]]:
    """By target pk: what was found last, and the last that judged."""
    rows: Iterable[tuple[int, str]] = (
        VerdictChange.objects.filter(year=year, stage=stage)
        .order_by("at", "pk")
        .values_list("target", "verdict")
    )
    last: dict[int, str] = {}
    judged: dict[int, str] = {}
    for target, verdict in rows:
        last[target] = verdict
        if verdict in JUDGED:
            judged[target] = verdict
    return last, judged


def _change(found: Assessment, year: int, stage: str, *, was: str) -> VerdictChange:
    return VerdictChange(
        target=found.target,
        year=year,
        stage=stage,
        verdict=found.verdict,
        was=was,
        actual="" if found.actual is None else f"{found.actual.normalize():f}",
    )
