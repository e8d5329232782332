"""What the printed tables of a unit rest on, by stage: whether a file of them still says what is.

Another version whenever a printed figure would be another, or the form, or what is planned; the
official one is the same whatever is drafted or sent in. It may be another without need. Out of it
is what the sheet “Nguồn” tells of drafts: when they were typed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from hashlib import sha256
from typing import Any

from django.db.models import Count, F, Func, Max, Min, Q, TextField

from communes.models import Ancestry, GroupMember, Succession, Unit
from communes.versions import Part, digest, sums, table, values_of
from indicators.enums import Stage
from indicators.models import Recompute, Rollup
from indicators.periods import Period
from plans.versions import definitions, stated
from reports.enums import ReportState
from reports.models import Annex, AnnexTemplate, Report

PAGES_KEPT = 200
_GENERATIONS = 3
"""Of units that were merged into one another, whose figures one speaks for."""
_SPLIT = object()
"""Between the parts of all stages and those of each."""


def versions_of(unit: Unit, period: Period) -> dict[str, str]:
    """A digest for each stage, in one statement for a commune and a province."""
    found = values_of(_parts(unit.pk, period.code))
    shared, *own = _split(found)
    return {
        stage: sha256(repr([shared, mine]).encode()).hexdigest()
        for stage, mine in zip(Stage.values, own, strict=True)
    }


def version_of(unit: Unit, period: Period, stage: str) -> str:
    return versions_of(unit, period)[stage]


def _split(found: Iterable[object]) -> list[list[object]]:
    parts: list[list[object]] = [[]]
    for one in found:
        if one is _SPLIT:
            parts.append([])
        else:
            parts[-1].append(one)
    return parts


@lru_cache(PAGES_KEPT)
def _parts(unit: int, period: str) -> tuple[object, ...]:
    """The statements, put together once; nothing is read meanwhile."""
    below = Ancestry.objects.filter(ancestor=unit).values("descendant")
    told = _speaking(below)
    shared = (*definitions(below), *_forms(unit, below), *stated(told), _waiting(told))
    own = (part for stage in Stage.values for part in (_SPLIT, *_of_stage(stage, below, period)))
    return (*shared, *own)


def _speaking(below: Any) -> Q:
    """Rows of the units, and of those that were merged into them."""
    told, units = Q(unit__in=below), below
    for _generation in range(_GENERATIONS):
        units = Succession.objects.filter(successor__in=units).values("predecessor")
        told |= Q(unit__in=units)
    return told


def _forms(unit: int, below: Any) -> Iterator[Part]:
    """Layouts with their versions, the offices' own templates, lists of communes, names above."""
    yield table(Annex)
    yield sums(Annex.history.all(), n=Count("pk"), last=Max("history_id"))
    yield digest(AnnexTemplate.objects.filter(unit__in=below), "pk", "active")
    yield table(GroupMember)
    above = Ancestry.objects.filter(descendant=unit).values("ancestor")
    yield digest(Unit.objects.filter(pk__in=above))


def _waiting(told: Q) -> Part:
    """What is not added up yet: a table says so."""
    rows = Recompute.objects.filter(told | Q(unit=None))
    return sums(rows, n=Count("pk"), last=Max("pk"), first=Min("marked_at"))


def _of_stage(stage: str, below: Any, period: str) -> Iterator[Part]:
    """The figures of every year up to the one asked for, and the remarks on returns."""
    rows = Rollup.objects.filter(_speaking(below), stage=stage, period__lte=period)
    yield digest(rows.annotate(words=_Hex(F("cells"))), "unit_id", "period", "words")
    returns = Report.objects.filter(unit__in=below, period=period)
    if stage == Stage.OFFICIAL:
        yield digest(returns.filter(state=ReportState.APPROVED), "unit_id", "round")
    else:
        yield digest(returns, "unit_id", "state")


class _Hex(Func):
    """Bytes as a text that may stand in a version."""

    output_field = TextField()
    function = "HEX"
    arity = 1

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return self.as_sql(compiler, connection, function="MD5", **context)
