"""Does a figure agree with what a document says of it? Pure."""

from __future__ import annotations

from decimal import Decimal

from plans.evaluators.terms import HUNDRED, Terms


def agrees(terms: Terms, actual: Decimal) -> bool:
    """True when `actual`, rounded as the document rounds, is the figure it states.

    "Khoảng" leaves the terms' margin, a range its ends; a bound is a bound.
    """
    goal = terms.goal
    match terms.comparator:
        case "range":
            low = goal if terms.low is None else terms.low
            high = goal if terms.high is None else terms.high
            return low <= actual <= high
        case "~":
            return abs(actual - goal) <= abs(goal) * terms.about_margin / HUNDRED
        case "=":
            return abs(actual - goal) <= half_step(goal)
    return terms.reached(actual)


def half_step(stated: Decimal) -> Decimal:
    """Half of the last digit written: 0.05 for 55.6, 0.5 for 590."""
    exponent = stated.normalize().as_tuple().exponent
    return Decimal(5).scaleb(min(exponent, 0) - 1 if isinstance(exponent, int) else -1)
