"""Every check over the figures of one plan. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from plans.consistency.changes import (
    contradictions,
    cuts_against_openings,
    levels_with_their_cut,
    rates_against_counts,
)
from plans.consistency.findings import Inconsistency
from plans.consistency.parts import (
    counts_against_units,
    means_against_totals,
    parts_against_totals,
)
from plans.consistency.stated import Known, Stated
from plans.consistency.steps import children_against_parent, steps_against_the_end

CHECKS: tuple[Callable[[Sequence[Stated], Known], Iterator[Inconsistency]], ...] = (
    contradictions,
    parts_against_totals,
    counts_against_units,
    means_against_totals,
    rates_against_counts,
    levels_with_their_cut,
    cuts_against_openings,
    steps_against_the_end,
    children_against_parent,
)


def check(figures: Sequence[Stated], known: Known) -> list[Inconsistency]:
    """Return what does not fit among the figures of one plan, in the order of the checks."""
    return [found for one in CHECKS for found in one(figures, known)]
