"""Reading for one figure beside the table: its past, its neighbours, what was said of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from statistics import median

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from communes.models import Unit
from indicators.enums import Stage, ValueType
from indicators.figures import figures
from indicators.models import Indicator, SeriesBreak
from indicators.periods import Period
from reports.returns import Row, figure_text
from reports.review.chart import Chart, chart_of
from reports.review.rows import DeskRow

YEARS = 5

SENTENCES = (
    _("Đề nghị đính kèm văn bản, biên bản làm căn cứ của số này."),
    _("Đề nghị đối chiếu danh sách rà soát từng thôn, bản."),
    _("Số này khác nhiều so với năm trước; đề nghị kiểm tra lại và ghi rõ lý do."),
    _("Đề nghị kiểm tra đơn vị tính và dấu phẩy thập phân."),
    _("Số này không khớp với chỉ tiêu liên quan; đề nghị tính lại."),
)
"""What reviewers most often ask for."""


@dataclass(frozen=True, slots=True)
class YearLine:
    """The unit's figure of one year. `starts_anew`: not to be compared with the years before."""

    label: str
    value: str
    starts_anew: bool


@dataclass(frozen=True, slots=True)
class Beside:
    """The units under the same parent that have reported, of `total`; this one among them.

    `middle`: their median, in words; `place`: where this unit stands among them from the highest
    down, 0 when it has told no number. `reached`: of a yes/no figure, how many say yes.
    """

    parent: str
    reported: int
    total: int
    middle: str
    place: int
    is_rate: bool
    reached: int | None


@dataclass(frozen=True, slots=True)
class Panel:
    """One figure with everything a decision on it rests on."""

    row: DeskRow
    years: tuple[YearLine, ...]
    chart: Chart | None
    beside: Beside | None
    terms: tuple[DeskRow, ...]
    sentences: tuple[str | Promise, ...] = SENTENCES


Past = dict[Period, Decimal | None]
"""The unit's figures, oldest first."""


def panel_of(
    row: Row, shown: DeskRow, rows: Sequence[DeskRow], unit: Unit, period: Period, *, is_above: bool
) -> Panel:
    """Return the panel of one line. As many queries for one neighbour as for a hundred.

    Not `is_above`: the reader does not see the units beside this one, nor anything made of them.
    """
    terms = tuple(one for one in rows if one.is_input and one.code in shown.terms)
    if row.kind == "change":
        return Panel(shown, (), None, None, terms)
    past, breaks = _past(row, unit, period), _breaks(row.indicator)
    near = _near(row, unit, period) if is_above else {}
    middle = _middle(row.indicator, near)
    return Panel(
        row=shown,
        years=tuple(_lines(row.indicator, past, breaks)),
        chart=chart_of(row.indicator, past, breaks, middle),
        beside=_beside(row, unit, near, middle) if unit.parent and is_above else None,
        terms=terms,
    )


def _past(row: Row, unit: Unit, period: Period) -> Past:
    """This year's figure as sent; last year's as the table has it, which adds up merged units."""
    years = [period.shifted(-back) for back in range(YEARS - 1, 0, -1)]
    found = figures([unit], [row.indicator], years, Stage.PROVISIONAL)
    past: Past = {year: found[unit.pk, row.indicator.pk, year.code].value for year in years}
    if row.previous is not None:
        past[years[-1]] = row.previous
    past[period] = row.value
    return past


def _breaks(indicator: Indicator) -> frozenset[int]:
    """The years in which the series starts anew."""
    rows = SeriesBreak.objects.filter(indicators=indicator)
    return frozenset(
        year for first in rows.values_list("first_periods", flat=True) for year in first
    )


def _lines(indicator: Indicator, past: Past, breaks: frozenset[int]) -> list[YearLine]:
    """Latest first."""
    lines = [
        YearLine(str(year.year), figure_text(indicator, value), year.year in breaks)
        for year, value in past.items()
    ]
    return lines[::-1]


def _near(row: Row, unit: Unit, period: Period) -> dict[int, Decimal | None]:
    """What the units under the same parent say, by pk; None where nothing was reported."""
    beside = list(
        Unit.objects.valid_on(period.end).filter(parent=unit.parent_id, tier=unit.tier_id)
    )
    found = figures(beside, [row.indicator], [period], Stage.PROVISIONAL)
    near = {one.pk: found[one.pk, row.indicator.pk, period.code].value for one in beside}
    return {**near, unit.pk: row.value}


def _middle(indicator: Indicator, near: Mapping[int, Decimal | None]) -> Decimal | None:
    told = [value for value in near.values() if value is not None]
    if not told or indicator.value_type == ValueType.YES_NO:
        return None
    return median(told)


def _beside(
    row: Row, unit: Unit, near: Mapping[int, Decimal | None], middle: Decimal | None
) -> Beside:
    told = [value for value in near.values() if value is not None]
    is_choice = row.indicator.value_type == ValueType.YES_NO
    own = row.value
    return Beside(
        parent=unit.parent.name_in_sentence if unit.parent else "",
        reported=len(told),
        total=len(near),
        middle="" if middle is None else figure_text(row.indicator, middle),
        place=0 if own is None else 1 + sum(value > own for value in told),
        is_rate=row.kind == "ratio",
        reached=sum(value > 0 for value in told) if is_choice else None,
    )
