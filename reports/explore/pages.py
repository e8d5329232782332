"""What the page shows: the table of a question, what may be chosen, what was left out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from communes.models import Official, Succession
from indicators.enums import Stage
from indicators.freshness import Freshness, Scope
from indicators.models import Indicator
from indicators.periods import Period
from reports.dashboards.heat_cells import SMALL_BASE
from reports.explore.cells import Cells
from reports.explore.choices import Choices, Option, choices, dimension_names
from reports.explore.ground import Ground, ground, unit_of
from reports.explore.naming import dated
from reports.explore.pivot import Line, Pivot, Point, too_much, too_wide, whole_number
from reports.explore.question import IN_COLUMNS, ONE, Question, address, pairs, typed
from reports.explore.reading import Figures


@dataclass(frozen=True, slots=True)
class Heading:
    """A column's head. `sort`: the address that sorts by it, `sorted_by` as ARIA says it."""

    name: str
    note: str
    span: int = 1
    sort: str = ""
    sorted_by: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """What is on the page. `top`: heads over several columns, or none; `rows` are written out."""

    corner: str
    top: tuple[Heading, ...]
    heads: tuple[Heading, ...]
    rows: tuple[SafeString, ...]
    total: int
    page: int
    pages: int
    previous: str
    next: str
    has_sample: bool
    has_small: bool
    missing: int
    is_ranked: bool


@dataclass(frozen=True, slots=True)
class ExplorePage:
    """The page. `table`: None with the reason among `problems`; `is_choosing`: the form is open."""

    ground: Ground
    asked: Question
    fresh: Freshness
    choices: Choices
    table: Table | None
    selector: tuple[Option, ...]
    selector_of: str
    problems: tuple[str, ...]
    kept: int
    is_choosing: bool
    tested: Indicator | None

    @property
    def address(self) -> str:
        """The question with everything that was chosen for the reader, for links and files."""
        return address(self.asked, page=1)

    @property
    def fields(self) -> list[tuple[str, str]]:
        """The question without what the selector says, for its form."""
        return [(key, value) for key, value in pairs(replace(self.asked, page=1)) if key != "chon"]

    @property
    def provisional(self) -> str:
        return address(self.asked, stage=Stage.PROVISIONAL)

    @property
    def official(self) -> str:
        return address(self.asked, stage=Stage.OFFICIAL)

    @property
    def unfiltered(self) -> str:
        return address(self.asked, reported_only=False, search="", above=None, below=None, page=1)

    @property
    def above(self) -> str:
        return typed(self.asked.above)

    @property
    def below(self) -> str:
        return typed(self.asked.below)

    @property
    def title(self) -> str:
        return title(self.ground)

    @property
    def size(self) -> str:
        """What is laid out, in words."""
        found = self.ground
        return _("{figures} chỉ tiêu × {units} đơn vị × {periods} kỳ").format(
            figures=len(found.indicators),
            units=whole_number(len(found.places) or int(found.whole is not None)),
            periods=len(found.periods),
        )

    @property
    def merged(self) -> tuple[Succession, ...]:
        return self.ground.merged

    @property
    def counts(self) -> list[tuple[str, int]]:
        return [(row.label, count) for row, count in self.ground.counts]

    @property
    def small_base(self) -> int:
        return SMALL_BASE


def explore_page(
    asked: Question, problems: Sequence[str], by: Official, *, with_catalogue: bool = False
) -> ExplorePage:
    """Lay the question out for its reader. Raises Http404 where the unit is none of theirs.

    `with_catalogue`: every indicator can be chosen on the page, as always where it has no table.
    The number of queries does not grow with units or indicators.
    """
    named = unit_of(asked, by)
    found = ground(asked, named, by)
    fresh = fresh_of(found)
    refusal = too_much(found)
    pivot = None if refusal else Pivot(found, Figures(found))
    if pivot is not None:
        refusal = too_wide(pivot)
    table = _table(pivot) if pivot and not refusal and not pivot.is_empty else None
    told = [*problems, *found.problems, *(pivot.problems if pivot else []), refusal]
    return ExplorePage(
        ground=found,
        asked=found.asked,
        fresh=fresh,
        choices=choices(found, by, with_catalogue=with_catalogue or table is None),
        table=table,
        selector=tuple(_selector(pivot)) if pivot else (),
        selector_of=dimension_names()[found.asked.left],
        problems=tuple(row for row in told if row),
        kept=len(pivot.places) if pivot else 0,
        is_choosing=with_catalogue or table is None,
        tested=pivot.tested if pivot else None,
    )


def fresh_of(found: Ground) -> Freshness:
    """How fresh the figures of the question are; asked before they are read."""
    periods = found.periods or (Period(timezone.localdate().year),)
    return Scope((found.unit,), periods).freshness()


def title(found: Ground) -> str:
    """What the table is of: Huyện Bắc Hà – các xã, năm 2023–2024."""
    spans = [period.label for period in found.periods]
    if not spans:
        return dated(found.unit)
    when = (
        spans[0]
        if len(spans) == 1
        else _("{first} đến {last}").format(first=spans[0], last=spans[-1])
    )
    return _("{unit}, {when}").format(unit=dated(found.unit), when=when)


# -- the table ----------------------------------------------------------------------------------


def _table(pivot: Pivot) -> Table:
    """A page of rows; the whole stands on each, so that it is always seen beside its parts."""
    writer = Cells(pivot)
    pinned = [row for row in pivot.rows if row.outer.place and row.is_whole]
    others = [row for row in pivot.rows if row not in pinned]
    pages = max(-(-len(others) // pivot.rows_a_page), 1)
    page = min(pivot.asked.page, pages)
    start = (page - 1) * pivot.rows_a_page
    shown = [*pinned, *others[start : start + pivot.rows_a_page]]
    return Table(
        corner=dimension_names()[pivot.asked.rows],
        top=tuple(_top(pivot)),
        heads=tuple(_head(pivot, column) for column in pivot.columns),
        rows=tuple(writer.row(row) for row in shown),
        total=len(others),
        page=page,
        pages=pages,
        previous=address(pivot.asked, page=page - 1) if page > 1 else "",
        next=address(pivot.asked, page=page + 1) if page < pages else "",
        has_sample=writer.has_sample,
        has_small=writer.has_small,
        missing=writer.missing,
        is_ranked=any(row.rank for row in shown),
    )


def _top(pivot: Pivot) -> Iterable[Heading]:
    """Heads of the outer dimension, where another is nested in it."""
    if pivot.third != IN_COLUMNS:
        return
    for _key, lines in groupby(pivot.columns, lambda line: line.outer.key):
        held = list(lines)
        yield Heading(held[0].outer.name, held[0].outer.note, span=len(held))


def _head(pivot: Pivot, column: Line) -> Heading:
    point = column.inner or column.outer
    sort, sorted_by = "", ""
    if pivot.can_sort:
        key = column.point.key
        current = pivot.asked.sort if pivot.sorted_by is column else ""
        turns = {"": f"-{key}", f"-{key}": key, key: ""}
        sort = address(pivot.asked, sort=turns[current], page=1)
        sorted_by = {"": "", f"-{key}": "descending", key: "ascending"}[current]
    return Heading(point.name, point.note, sort=sort, sorted_by=sorted_by)


def _selector(pivot: Pivot) -> Iterable[Option]:
    """Which one of the third dimension is shown."""
    if pivot.asked.third != ONE or len(pivot.options) < 2:
        return []
    return [
        Option(row.key, _full(row), is_current=row.key == pivot.chosen.key) for row in pivot.options
    ]


def _full(point: Point) -> str:
    return f"{point.name} ({point.note})" if point.note else point.name
