"""One cell of the table of units, as a string that is put together once.

A table of 150 units has 1,800 cells: a template that looks at each costs ten times as much.
Source: perf.md, §3 (preformatted strings).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from django.urls import reverse
from django.utils.html import escape
from django.utils.translation import gettext as _

from communes.models import Unit
from indicators.enums import IndicatorKind
from indicators.figures import Figure
from indicators.models import Indicator
from indicators.periods import Period
from plans.assessment import Assessment
from plans.evaluators import Verdict
from plans.models import Target
from plans.pages.verdicts import Judged, mark_of
from reports.dashboards.cells import CellState, cell

SMALL_BASE = 30
"""A rate over fewer carries a mark: one household of 30 already moves it by more than 3 points."""
FEW = "*"


@dataclass(frozen=True, slots=True)
class HeatCell:
    """A figure of a unit: `html` the whole cell, `value` what it is sorted by (None: no figure).

    `is_missing`: it is owed and has not come; what does not apply is neither.
    """

    html: str
    value: Decimal | None = None
    verdict: Verdict | None = None
    is_missing: bool = False
    is_small: bool = False


@dataclass(frozen=True, slots=True)
class Ground:
    """What all cells of a table share: period, stage, and whose pages the reader may open.

    `known`: addresses worked out so far; to look each up anew costs as much as the cell.
    """

    period: Period
    stage: str
    seen: frozenset[int]
    known: dict[tuple[str, int], str] = field(default_factory=dict)

    def source(self, unit: Unit, indicator: Indicator) -> str:
        """The address of what is behind a figure; "" where the reader may not open it."""
        if unit.pk not in self.seen:
            return ""
        key = "source", unit.pk
        if key not in self.known:
            self.known[key] = reverse("dashboards:unit", args=[unit.code, self.period.code])
        return f"{self.known[key]}nguon/{indicator.code}/?stage={self.stage}"

    def judged(self, unit: Unit, target: Target) -> str:
        """The address of a promise as it binds one unit."""
        if unit.pk not in self.seen:
            return ""
        key = "promise", target.pk
        if key not in self.known:
            address = reverse("plans:target", args=[target.plan.code, target.code])
            self.known[key] = f"{address}?nam={self.period.code}&stage={self.stage}"
        of = "" if unit.pk == target.unit_id else f"&don-vi={unit.reference}"
        return self.known[key] + of


def is_small(indicator: Indicator, figure: Figure) -> bool:
    """Is a rate taken over so few households or units that chance moves it?"""
    base = figure.denominator
    if base is None or figure.value is None or indicator.kind == IndicatorKind.INPUT:
        return False
    return base < SMALL_BASE and not _is_answer(indicator, figure)


def _is_answer(indicator: Indicator, figure: Figure) -> bool:
    """One unit of a share of units: a yes or no, no rate."""
    return indicator.kind == IndicatorKind.SHARE_OF_UNITS and figure.expected <= 1


def promise_cell(found: Assessment, figure: Figure, ground: Ground) -> HeatCell:
    """How a promise stands in one unit: the figure, with the verdict as tint, icon and word."""
    if found.is_outside or (figure.not_applicable and found.actual is None):
        return _not_applicable()
    if found.actual is None:
        return _missing()
    judged = Judged(found, mark_of(found))
    indicator = found.target.indicator
    few = is_small(indicator, figure)
    text = _answer(found.actual) if _is_answer(indicator, figure) else judged.figure
    is_judged = found.verdict not in (Verdict.NO_DATA, Verdict.NOT_DUE)
    return HeatCell(
        html=_cell(
            judged.mark.css if is_judged else "",
            text + (FEW if few else ""),
            str(judged.mark.label) if is_judged else "",
            ground.judged(found.unit, found.target),
        ),
        value=found.actual,
        verdict=found.verdict if is_judged else None,
        is_small=few,
    )


def _answer(value: Decimal) -> str:
    return _("Đạt") if value else _("Chưa")


def figure_cell(
    unit: Unit, indicator: Indicator, figure: Figure, ground: Ground, *, is_whole: bool
) -> HeatCell:
    """A plain figure of a unit, without a verdict. How many told the whole's stands above it."""
    shown = cell(indicator, figure)
    if shown.state == CellState.NOT_APPLICABLE:
        return _not_applicable()
    if shown.state == CellState.MISSING:
        return _missing()
    href = ground.source(unit, indicator)
    if shown.state == CellState.NOT_ADDED_UP:
        return HeatCell(_cell("", _("không cộng"), "", href))
    few = is_small(indicator, figure)
    part = "" if is_whole or not shown.coverage else _units(shown.coverage)
    under = _under(shown.detail) + _under(part)
    text = shown.text + (FEW if few else "")
    return HeatCell(_cell("", text, "", href, under), figure.value, is_small=few)


def _units(part: str) -> str:
    return _("{part} đơn vị").format(part=part)


def _under(text: str) -> str:
    return f'<span class="sub2">{escape(text)}</span>' if text else ""


def _missing() -> HeatCell:
    words = escape(_("chưa có số liệu"))
    return HeatCell(f'<td class="h s-none"><i>{words}</i></td>', is_missing=True)


def _not_applicable() -> HeatCell:
    return HeatCell(f'<td class="h s-na">–<i> {escape(_("không áp dụng"))}</i></td>')


def _cell(css: str, text: str, word: str, href: str, under: str = "") -> str:
    # The word stands once, as text: packed it weighs a third of a label that repeats the figure.
    told = f"{escape(text)}<i> {escape(word)}</i>" if word else str(escape(text))
    inner = f'<a href="{escape(href)}">{told}</a>' if href else told
    return (
        f'<td class="h {css}">{inner}{under}</td>' if css else f'<td class="h">{inner}{under}</td>'
    )
