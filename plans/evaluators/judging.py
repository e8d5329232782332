"""From figures to a verdict. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from plans.evaluators.cases import Outcome, Point, Reason, Verdict
from plans.evaluators.terms import HUNDRED, Better, Terms


def judge(
    terms: Terms,
    actual: Decimal,
    expected: Decimal | None,
    *,
    is_due: bool,
    is_whole: bool,
    settles: bool = True,
) -> Verdict:
    """The verdict on a known figure.

    `settles`: reaching the goal before it is due keeps the promise (it does not for a mean
    over years). Units or years still missing leave nothing met, only on its way; what is
    missing is then in neither `actual` nor `expected`.
    """
    if is_whole and terms.reached(actual) and (is_due or settles):
        return Verdict.MET
    if terms.better is Better.NEARER and not is_whole:
        return Verdict.NOT_DUE  # who is missing may bring it nearer or further off
    if expected is None:
        return Verdict.NOT_DUE
    short = terms.short_of(actual, expected)
    if short < 0 or (short == 0 and not (is_due and is_whole)):
        return Verdict.ON_TRACK
    if is_due and not is_whole and terms.reached(actual):
        return Verdict.ON_TRACK
    # Level with a goal that had to be passed ("trên 75 %") is a near miss, not a success.
    return Verdict.AT_RISK if _is_near(terms, short, expected) else Verdict.OFF_TRACK


def _is_near(terms: Terms, short: Decimal, expected: Decimal) -> bool:
    return short == 0 or short * HUNDRED <= abs(expected) * terms.risk_margin


def gap(terms: Terms, actual: Decimal, expected: Decimal | None) -> dict[str, Any]:
    """How far off the expected figure, and in per cent of it; positive is behind."""
    if expected is None:
        return {}
    short = terms.short_of(actual, expected)
    return {"gap": short, "gap_pct": short * HUNDRED / abs(expected) if expected else None}


def not_started(terms: Terms) -> Outcome:
    return Outcome(
        Verdict.NOT_DUE,
        terms.goal,
        reasons=(Reason.NOT_STARTED,),
        remaining=terms.year_to - terms.year_from + 1,
    )


def why(found: Mapping[Reason, bool]) -> tuple[Reason, ...]:
    return tuple(reason for reason, applies in found.items() if applies and reason)


def last_known(points: Sequence[Point], judged: int) -> tuple[int, Decimal] | None:
    """The latest figure before the year judged: told, never carried forward."""
    for point in reversed(points):
        if point.year < judged and point.actual is not None:
            return point.year, point.actual
    return None
