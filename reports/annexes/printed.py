"""What the printed tables of a unit rest on, by stage: whether a file of them still says what is.

Another version whenever a printed figure would be another, or the form, or what is planned, or the
code that prints; the official one is the same whatever is drafted or sent in. It may be another
without need. Out of it is what the sheet “Nguồn” tells of returns whose figures are not printed:
where they stand, when they were typed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache, lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from django.conf import settings
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
_CODE = ("communes", "indicators", "locale", "plans", "povertyplan", "reports", "templates")
_KINDS = {".py", ".html", ".css", ".mo"}
_LIBRARIES = Path("requirements") / "run.lock"
_SPLIT = object()
"""Between the parts of all stages and those of each."""


def versions_of(unit: Unit, period: Period) -> dict[str, str]:
    """A digest for each stage, in one statement for a commune and a province."""
    found = values_of(_parts(unit.pk, period.code))
    shared, *own = _split(found)
    made_by = release_of(Path(settings.BASE_DIR))
    return {
        stage: sha256(repr([shared, mine, made_by]).encode()).hexdigest()
        for stage, mine in zip(Stage.values, own, strict=True)
    }


def version_of(unit: Unit, period: Period, stage: str) -> str:
    return versions_of(unit, period)[stage]


@cache
def release_of(root: Path) -> str:
    """What tables are made by: names and contents of the code, and the libraries.

    Not the times of files: machines that built the same release each for itself have the same.
    """
    found = sha256()
    paths = [path for folder in _CODE for path in sorted((root / folder).rglob("*"))]
    for path in (*(path for path in paths if path.suffix in _KINDS), root / _LIBRARIES):
        content = path.read_bytes() if path.is_file() else b""
        found.update(f"{path.relative_to(root)} {len(content)} ".encode() + content)
    return found.hexdigest()


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
    """The figures of every year up to the one asked for, and the returns that they came in by."""
    rows = Rollup.objects.filter(_speaking(below), stage=stage, period__lte=period)
    yield digest(rows.annotate(words=_Hex(F("cells"))), "unit_id", "period", "words")
    returns = Report.objects.filter(_speaking(below), period__lte=period)
    if stage == Stage.OFFICIAL:
        printed = returns.filter(state=ReportState.APPROVED)
    else:
        drafts = returns.filter(state=ReportState.DRAFT)
        yield digest(drafts.filter(period=period), "unit_id")
        printed = returns.exclude(state=ReportState.DRAFT)
    # steps make another version of a return, saved drafts do not
    yield digest(printed, "unit_id", "period", "state", "round", "version")


class _Hex(Func):
    """Bytes as a text that may stand in a version."""

    output_field = TextField()
    function = "HEX"
    arity = 1

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return self.as_sql(compiler, connection, function="MD5", **context)
