"""What is behind a rolled-up figure: its arithmetic, the units below with their parts, the entry.

The parts add up to the figure; the page works the sum out again and says so where they do not.
Who sees the unit alone is shown what they come to, and none of them.
Source: design, Ideas 2 and 6.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _

from communes.access import Action, can, sees_below
from communes.models import Official, Unit
from indicators.calc import ratio
from indicators.enums import Aggregation, IndicatorKind, Stage, TermRole
from indicators.figures import Figure, figures, own_figures
from indicators.freshness import Freshness, Included, Scope
from indicators.models import Indicator, IndicatorTerm
from indicators.periods import Period
from reports.dashboards.cells import Cell, cell
from reports.dashboards.facts import Trace, entry
from reports.dashboards.pages import children_of, lacking
from reports.dashboards.reckoning import Term, exact, lines_of, share_of

UNASKED = "unasked"
"""The state of a unit that is not among those to report the figure."""


@dataclass(frozen=True, slots=True)
class Piece:
    """What one unit puts into the figure. `code`: its page can be opened; "" where it has none.

    `share`: its part of the whole in per cent, "" where that says nothing.
    """

    name: str
    code: str
    cell: Cell
    state: str
    numerator: str
    denominator: str
    share: str
    reported: int
    expected: int
    is_own: bool = False

    @property
    def is_complete(self) -> bool:
        return self.reported >= self.expected


@dataclass(frozen=True, slots=True)
class Input:
    """A figure the shown one is worked out from. `role`: what it is there."""

    role: str
    indicator: Indicator
    cell: Cell


@dataclass(frozen=True, slots=True)
class SourcePage:
    """Where a unit's figure comes from. `pieces`: the unit's own part first, then those below.

    `is_closed`: there are units below, and the reader does not see them one by one.
    """

    unit: Unit
    above: Unit | None
    period: Period
    stage: str
    indicator: Indicator
    cell: Cell
    figure: Figure
    fresh: Freshness
    included: Included | None
    reckoning: tuple[str, ...]
    is_closed: bool
    pieces: tuple[Piece, ...]
    whole: Piece
    adds_up: bool
    inputs: tuple[Input, ...]
    entry: Trace | None

    @property
    def is_official(self) -> bool:
        return self.stage == Stage.OFFICIAL

    @property
    def is_weighted(self) -> bool:
        return is_weighted(self.indicator)

    @property
    def is_apart(self) -> bool:
        return self.indicator.aggregation == Aggregation.NONE

    @property
    def terms(self) -> tuple[str, str]:
        """What the two sums of a weighted figure are called."""
        return term_names(self.indicator)


def is_weighted(indicator: Indicator) -> bool:
    """Is the figure one sum over another, at every tier?"""
    return not indicator.is_input or indicator.aggregation in (
        Aggregation.WEIGHTED_MEAN,
        Aggregation.MEAN_OF_UNITS,
    )


def term_names(indicator: Indicator) -> tuple[str, str]:
    if indicator.kind == IndicatorKind.SHARE_OF_UNITS:
        return _("Đơn vị đạt"), _("Đơn vị có số")
    if indicator.kind == IndicatorKind.RATIO:
        return _("Tử số"), _("Mẫu số")
    if indicator.weight is not None:
        name = indicator.weight.name
        return _("Số × {weight}").format(weight=name[:1].lower() + name[1:]), name
    return _("Cộng các số"), _("Đơn vị có số")


def find_indicator(code: str) -> Indicator | None:
    found = Indicator.objects.filter(code=code)
    return found.select_related("weight", "condition_indicator").first()


def source_page(
    unit: Unit, period: Period, stage: str, indicator: Indicator, *, by: Official
) -> SourcePage:
    """Return what is behind the figure `indicator` of `unit`, without units that `by` does not see.

    The number of queries does not grow with units.
    """
    fresh = Scope((unit,), (period,)).freshness()
    children = children_of(unit, period)
    inputs = _inputs_of(indicator)
    asked = [indicator, *(row for _role, row in inputs if row.pk != indicator.pk)]
    found = figures([unit, *children], asked, [period], stage)
    figure = found[unit.pk, indicator.pk, period.code]
    own = own_figures([unit], [indicator], period, stage)[unit.pk, indicator.pk]
    parts = [(child, found[child.pk, indicator.pk, period.code]) for child in children]
    terms = _terms(unit, own, parts)
    is_closed = bool(children) and not sees_below(by, unit)
    told = [] if is_closed else terms
    return SourcePage(
        unit=unit,
        above=unit.parent if unit.parent and can(by, Action.VIEW, unit.parent) else None,
        period=period,
        stage=stage,
        indicator=indicator,
        cell=cell(indicator, figure),
        figure=figure,
        fresh=fresh,
        included=_included(figure, indicator, children, found, period, stage, named=not is_closed),
        reckoning=tuple(lines_of(indicator, figure, told, term_names(indicator))),
        is_closed=is_closed,
        pieces=() if is_closed else tuple(_pieces(unit, indicator, figure, own, parts)),
        whole=_piece(_("Cộng"), "", indicator, figure, figure),
        adds_up=is_closed or _adds_up(indicator, figure, terms),
        inputs=tuple(
            Input(role, row, cell(row, found[unit.pk, row.pk, period.code])) for role, row in inputs
        ),
        entry=entry(unit, period, stage, indicator, own) if indicator.is_input else None,
    )


def _included(
    figure: Figure,
    indicator: Indicator,
    children: Sequence[Unit],
    found: dict[tuple[int, int, str], Figure],
    period: Period,
    stage: str,
    *,
    named: bool,
) -> Included | None:
    if not children:
        return None
    names = lacking(children, indicator, found, period) if figure.reported and named else ()
    return Included(figure.reported, figure.expected, names, is_official=stage == Stage.OFFICIAL)


# -- parts -----------------------------------------------------------------------------------


def _terms(unit: Unit, own: Figure, parts: Sequence[tuple[Unit, Figure]]) -> list[Term]:
    """Every part with a number in it, the unit's own first."""
    every = [(_("tự nhập"), own), *((child.name, figure) for child, figure in parts)]
    return [
        Term(name, figure.value, figure.numerator, figure.denominator)
        for name, figure in every
        if figure.reported
    ]


def _pieces(
    unit: Unit,
    indicator: Indicator,
    whole: Figure,
    own: Figure,
    parts: Sequence[tuple[Unit, Figure]],
) -> Iterable[Piece]:
    # A unit with nothing below it is its own only part: the entry says it all.
    if parts and (own.reported or own.expected or own.excused):
        name = _("{unit} tự nhập").format(unit=unit.name)
        yield _piece(name, "", indicator, own, whole, is_own=True)
    for child, figure in parts:
        yield _piece(child.name, child.code, indicator, figure, whole)


def _piece(
    name: str,
    code: str,
    indicator: Indicator,
    figure: Figure,
    whole: Figure,
    *,
    is_own: bool = False,
) -> Piece:
    shown = cell(indicator, figure)
    is_unasked = not (figure.reported or figure.expected or figure.excused)
    return Piece(
        name=name,
        code=code,
        cell=shown,
        state=UNASKED if is_unasked else shown.state,
        numerator=exact(figure.numerator),
        denominator=exact(figure.denominator),
        share=share_of(indicator, figure, whole),
        reported=figure.reported,
        expected=figure.expected,
        is_own=is_own,
    )


def _adds_up(indicator: Indicator, figure: Figure, terms: Sequence[Term]) -> bool:
    """Do the parts, added up here, give the very figure shown?"""
    if indicator.aggregation == Aggregation.NONE:
        return True
    if not is_weighted(indicator):
        known = [term.value for term in terms if term.value is not None]
        return figure.value == (sum(known, Decimal(0)) if known else None)
    above = sum((term.numerator or Decimal(0) for term in terms), Decimal(0))
    below = sum((term.denominator or Decimal(0) for term in terms), Decimal(0))
    if not terms:
        return figure.value is None
    return figure.value == ratio(above, below, indicator.scale)


# -- what it is worked out from ----------------------------------------------------------------


def _inputs_of(indicator: Indicator) -> list[tuple[str, Indicator]]:
    """(role, indicator) of what the figure is worked out from, in the order of its formula."""
    if indicator.condition_indicator is not None:
        return [(_("Chỉ số được xét điều kiện"), indicator.condition_indicator)]
    if indicator.weight is not None:
        return [(_("Trọng số"), indicator.weight)]
    if indicator.kind != IndicatorKind.RATIO:
        return []
    names = {TermRole.NUMERATOR: _("Tử số"), TermRole.DENOMINATOR: _("Mẫu số")}
    rows = IndicatorTerm.objects.filter(indicator=indicator, role__in=names)
    terms = rows.select_related("input").order_by("order")
    return [
        (name, term.input) for role, name in names.items() for term in terms if term.role == role
    ]
