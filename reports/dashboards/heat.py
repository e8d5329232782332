"""The table of units: sorted as the address asks, ranked among those that have reported."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from communes.models import Unit
from indicators.enums import Direction
from indicators.figures import Figure, figures
from indicators.models import Indicator
from indicators.periods import Period
from plans.assessment import Assessment, assess_grid, terms_in_force
from plans.enums import TargetKind
from plans.evaluators import Better, Verdict
from plans.models import Target
from plans.pages.verdicts import Judged, mark_of
from povertyplan.lib.long_tables import first_of, is_long
from povertyplan.lib.numbers import format_number
from reports.dashboards.handing_in import Sent
from reports.dashboards.heat_cells import Ground, HeatCell, figure_cell, promise_cell

BY_LATE, BY_RETURN = "cham", "bao-cao"
_CHANGES = (TargetKind.CHANGE_TOTAL, TargetKind.CHANGE_PER_YEAR)
GAPS = 5
"""How many of the largest gaps are listed. Source: ui design, mock 03."""
GAPS_EACH = 2
"""Of one figure: where all are behind in the same, the others would not be seen."""


@dataclass(frozen=True, slots=True)
class HeatColumn:
    """One promise or figure across the table.

    `lower_first`: which end of the figures is the good one; None where neither is, and nobody
    is ranked. `lacking`: the units that owe the figure. `sort`: the next order of its heading.
    """

    key: str
    name: str
    unit: str
    lower_first: bool | None
    reported: int = 0
    expected: int = 0
    lacking: tuple[str, ...] = ()
    sort: str = ""
    sorted_by: str = ""


@dataclass(frozen=True, slots=True)
class HeatRow:
    """One unit. `cells` are the finished cells side by side; `rank` as 3/17, "" without one."""

    unit: Unit
    sent: Sent | None
    cells: tuple[HeatCell, ...]
    is_open: bool = True
    rank: str = ""

    @property
    def html(self) -> SafeString:
        """The cells side by side; each escapes what it shows."""
        return SafeString("".join(cell.html for cell in self.cells))

    @property
    def late(self) -> tuple[int, int]:
        """How many promises are behind, and at risk."""
        verdicts = [cell.verdict for cell in self.cells]
        return verdicts.count(Verdict.OFF_TRACK), verdicts.count(Verdict.AT_RISK)

    @property
    def is_judged(self) -> bool:
        return any(cell.verdict is not None for cell in self.cells)


@dataclass(frozen=True, slots=True)
class Gap:
    """A unit far off a promise: the figures, and how far in words (hụt 75,0%)."""

    judged: Judged
    unit: Unit
    words: str
    is_small: bool


@dataclass(frozen=True, slots=True)
class Heat:
    """Units down, promises or figures across. `total`: the whole above them.

    `rows` are all of them, in order; `shown` those of the page, unless `is_full` is asked for.
    """

    columns: tuple[HeatColumn, ...]
    total: HeatRow | None
    rows: tuple[HeatRow, ...]
    gaps: tuple[Gap, ...] = ()
    sort: str = ""
    has_sample: bool = False
    is_judged: bool = False
    is_full: bool = False

    @property
    def is_long(self) -> bool:
        return is_long(self.rows)

    @property
    def shown(self) -> tuple[HeatRow, ...]:
        return first_of(self.rows, is_full=self.is_full)

    @property
    def has_small(self) -> bool:
        return any(cell.is_small for row in self.rows for cell in row.cells)

    @property
    def is_ranked(self) -> bool:
        return any(row.rank for row in self.rows)

    @property
    def has_returns(self) -> bool:
        return any(row.sent is not None for row in self.rows)

    @property
    def lacking(self) -> tuple[HeatColumn, ...]:
        return tuple(column for column in self.columns if column.lacking)


# -- promises ----------------------------------------------------------------------------------


def promise_heat(
    unit: Unit,
    children: Sequence[Unit],
    targets: Sequence[Target],
    sent: Mapping[int, Sent],
    ground: Ground,
    known: Mapping[int, Assessment],
) -> Heat:
    """Return how the promises stand in each of `children`. Queries grow with neither.

    `known`: what is judged of the whole already, by target pk.
    """
    units = [unit, *children]
    asked = [(target, row) for row in children for target in targets]
    unknown = [(target, unit) for target in targets if target.pk not in known]
    judged = assess_grid([*asked, *unknown], ground.period, ground.stage)
    whole = {**known, **{row.target.pk: row for row in judged[len(asked) :]}}
    judged = [*(whole[target.pk] for target in targets), *judged[: len(asked)]]
    found = figures(units, [row.indicator for row in targets], [ground.period], ground.stage)
    rows = []
    for place, row in enumerate(units):
        mine = judged[place * len(targets) : (place + 1) * len(targets)]
        rows.append(_promise_row(row, mine, found, sent, ground))
    columns = tuple(
        _promise_column(target, children, rows[1:], place, found, ground.period)
        for place, target in enumerate(targets)
    )
    return Heat(
        columns=columns,
        total=rows[0],
        rows=tuple(rows[1:]),
        gaps=_gaps(judged[len(targets) :], rows[1:]),
        has_sample=any(row.has_sample for row in judged),
        is_judged=True,
    )


Found = Mapping[tuple[int, int, str], Figure]


def _promise_row(
    unit: Unit,
    judged: Sequence[Assessment],
    found: Found,
    sent: Mapping[int, Sent],
    ground: Ground,
) -> HeatRow:
    cells = tuple(
        promise_cell(row, found[unit.pk, row.target.indicator_id, ground.period.code], ground)
        for row in judged
    )
    return HeatRow(unit, sent.get(unit.pk), cells, unit.pk in ground.seen)


def _promise_column(
    target: Target,
    children: Sequence[Unit],
    rows: Sequence[HeatRow],
    place: int,
    found: Found,
    period: Period,
) -> HeatColumn:
    asked = [found[unit.pk, target.indicator_id, period.code] for unit in children]
    return HeatColumn(
        key=target.code,
        name=_name(target),
        unit=target.unit_of_measure,
        lower_first=_good_end(target),
        reported=sum(row.reported for row in asked),
        expected=sum(row.expected for row in asked),
        lacking=tuple(row.unit.name for row in rows if row.cells[place].is_missing),
    )


def _name(target: Target) -> str:
    """As short as it can be said; a fall of a rate is not named as the rate itself."""
    if target.kind in _CHANGES:
        return target.label
    return min(target.label, target.indicator.name, key=len)


def _good_end(target: Target) -> bool | None:
    """Is less the better? None where only nearness counts."""
    better = terms_in_force(target, [], Period(target.year_to).end).better
    return None if better is Better.NEARER else better is Better.LOWER


def _gaps(judged: Sequence[Assessment], rows: Sequence[HeatRow]) -> tuple[Gap, ...]:
    """The largest relative gaps of single units, only where there is a verdict.

    At most `GAPS_EACH` of one figure, however many promises are made on it.
    """
    small = {
        (row.unit.pk, place)
        for row in rows
        for place, cell in enumerate(row.cells)
        if cell.is_small
    }
    width = len(rows[0].cells) if rows else 0
    behind = [
        (row.outcome.gap_pct, row, (row.unit.pk, place % width) in small)
        for place, row in enumerate(judged)
        if row.verdict in (Verdict.OFF_TRACK, Verdict.AT_RISK) and row.outcome.gap_pct is not None
    ]
    behind.sort(key=lambda found: -found[0])
    named: Counter[int] = Counter()
    gaps = []
    for pct, row, few in behind:
        named[row.target.indicator_id] += 1
        if named[row.target.indicator_id] <= GAPS_EACH:
            gaps.append(_gap(row, pct, is_small=few))
    return tuple(gaps[:GAPS])


def _gap(found: Assessment, pct: Decimal, *, is_small: bool) -> Gap:
    number = f"{format_number(pct, 1)}%"
    match found.terms.better:
        case Better.HIGHER:
            words = _("hụt {number}").format(number=number)
        case Better.LOWER:
            words = _("vượt {number}").format(number=number)
        case _nearer:
            words = _("lệch {number}").format(number=number)
    return Gap(Judged(found, mark_of(found)), found.unit, words, is_small)


# -- plain figures -----------------------------------------------------------------------------


def figure_heat(
    unit: Unit,
    children: Sequence[Unit],
    indicators: Sequence[Indicator],
    sent: Mapping[int, Sent],
    ground: Ground,
) -> Heat:
    """Return the figures of a theme, unit by unit, without verdicts."""
    units = [unit, *children]
    found = figures(units, indicators, [ground.period], ground.stage)
    rows = [
        _figure_row(row, indicators, found, sent, ground, is_whole=row == unit) for row in units
    ]
    columns = tuple(
        _figure_column(indicator, children, found, ground.period) for indicator in indicators
    )
    return Heat(
        columns=columns,
        total=rows[0],
        rows=tuple(rows[1:]),
        has_sample=any(row.has_sample for row in found.values()),
    )


def _figure_row(
    unit: Unit,
    indicators: Sequence[Indicator],
    found: Found,
    sent: Mapping[int, Sent],
    ground: Ground,
    *,
    is_whole: bool,
) -> HeatRow:
    code = ground.period.code
    cells = tuple(
        figure_cell(unit, row, found[unit.pk, row.pk, code], ground, is_whole=is_whole)
        for row in indicators
    )
    return HeatRow(unit, sent.get(unit.pk), cells, unit.pk in ground.seen)


def _figure_column(
    indicator: Indicator, children: Sequence[Unit], found: Found, period: Period
) -> HeatColumn:
    pairs = [(unit, found[unit.pk, indicator.pk, period.code]) for unit in children]
    ends = {Direction.LOWER: True, Direction.HIGHER: False}
    return HeatColumn(
        key=indicator.code,
        name=indicator.name,
        unit=indicator.unit_of_measure,
        lower_first=ends.get(Direction(indicator.direction)),
        reported=sum(figure.reported for _unit, figure in pairs),
        expected=sum(figure.expected for _unit, figure in pairs),
        lacking=tuple(unit.name for unit, figure in pairs if figure.reported < figure.expected),
    )
