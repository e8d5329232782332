"""Cells and rows of the page as strings put together once.

A page has up to 20,000 cells: a template that looks at each costs ten times as much. Source:
perf.md, §3 (preformatted strings). Every word that comes from data is escaped here.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from django.urls import reverse
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from indicators.enums import Stage
from indicators.models import Indicator
from indicators.periods import Period
from plans.wording import of_units
from povertyplan.lib.bilingual import unit_after
from povertyplan.lib.numbers import format_number
from reports.dashboards.heat_cells import FEW, is_small
from reports.explore.ground import Place
from reports.explore.pivot import Line, Pivot
from reports.explore.reading import Change, Plan, State, Told, Why
from reports.returns import figure_text


class Cells:
    """Writes the rows of a pivot. `has_sample`, `has_small`, `missing`: of what was written."""

    def __init__(self, pivot: Pivot) -> None:
        self.pivot = pivot
        self.has_sample = self.has_small = False
        self.missing = 0
        self._source = _Source(pivot.asked.stage)
        self._coverage = _("{part} đơn vị")
        self._apart = escape(_("không cộng"))
        self._fixed: Mapping[State, str] = {
            State.MISSING: _cell("c-missing", "–", _("chưa có số liệu")),
            State.NOT_APPLICABLE: f'<td class="off">{escape(_("Không áp dụng"))}</td>',
            State.NO_UNIT: f'<td class="off">{escape(_("không có đơn vị"))}</td>',
        }

    def row(self, line: Line) -> SafeString:
        """A row of the table: its heading and its cells."""
        cells = "".join(self._td(line, column) for column in self.pivot.columns)
        kind = ' class="whole"' if line.is_whole else ""
        return mark_safe(f"<tr{kind}>{_heading(line)}{cells}</tr>")  # noqa: S308  # escaped parts

    def _td(self, line: Line, column: Line) -> str:
        place, indicator, period = self.pivot.at(line, column)
        told = self.pivot.figures.told(place, indicator, period)
        figure = told.figure
        if figure is None or told.state in self._fixed:
            self.missing += told.state == State.MISSING
            beside = self._beside(indicator, told)
            return self._fixed[told.state].replace("</td>", f"{beside}</td>")
        few = FEW if is_small(indicator, figure) else ""
        self.has_small |= bool(few)
        self.has_sample |= figure.has_sample
        is_apart = told.state == State.NOT_ADDED_UP
        text = self._apart if is_apart else escape(figure_text(indicator, told.value) + few)
        kind = ' class="whole"' if column.is_whole and not line.is_whole else ""
        href = self._source.of(place, indicator, period)
        link = f'<a href="{href}">{text}</a>' if href else text
        return f"<td{kind}>{link}{self._beside(indicator, told)}</td>"

    def _beside(self, indicator: Indicator, told: Told) -> str:
        """What stands under a figure: how many units are in it, the difference, the plan."""
        figure, said = told.figure, []
        if figure is not None and figure.value is not None and not figure.is_complete:
            part = f"{figure.reported}/{figure.expected}"
            said.append(f'<i class="part">{escape(self._coverage.format(part=part))}</i>')
        if told.change:
            said.append(f"<i>{escape(change_text(indicator, told.change))}</i>")
        if told.plan:
            said.append(f"<i>{escape(plan_text(indicator, told.plan))}</i>")
        return "".join(said)


def _cell(kind: str, text: str, spoken: str) -> str:
    return f'<td class="{kind}">{escape(text)}<span class="vh"> {escape(spoken)}</span></td>'


def change_text(indicator: Indicator, change: Change) -> str:
    """+1,20 or −3 to the year before; in words why there is none."""
    if change.value is not None:
        return signed(change.value, indicator.decimals)
    words: Mapping[Why, str] = {
        Why.NOTHING: _("± –"),
        Why.NEW_STANDARD: _("chuẩn mới"),
        Why.NEW_BORDERS: _("địa giới mới"),
        Why.INCOMPLETE: _("chưa đủ để so"),
    }
    return words[change.why]


def signed(value: Decimal, decimals: int) -> str:
    text = format_number(value, decimals)
    return f"+{text}" if value > 0 else text


def plan_text(indicator: Indicator, plan: Plan) -> str:
    """KH 1.200; of a share of units, how many units are planned."""
    if plan.counts_units:
        number = format_number(plan.value)
        unit = unit_after(number, indicator.count_unit or of_units())
        return _("KH {number} {unit}").format(number=number, unit=unit)
    return _("KH {number}").format(number=format_number(plan.value, indicator.decimals))


def _heading(line: Line) -> str:
    outer = line.outer
    note = line.inner.name if line.inner else outer.note
    unit = line.inner.note if line.inner else ""
    said = "; ".join(part for part in (note, unit) if part)
    rank = (
        format_html(' <span class="rk"><span class="vh">{}</span> {}</span>', _("hạng"), line.rank)
        if line.rank
        else ""
    )
    below = format_html('<span class="sub2">{}</span>', said) if said else ""
    return format_html('<th scope="row" class="fix">{}{}{}</th>', outer.name, rank, below)


class _Source:
    """Addresses of what is behind the figures of one stage. A reversal a table, not a cell."""

    def __init__(self, stage: str) -> None:
        names = ("0UNIT", "0PERIOD", "0FIGURE")
        address = reverse("dashboards:source", args=names)
        for name in names:
            address = address.replace(name, f"{{{name[1:].lower()}}}")
        self._form = address + ("?stage=official" if stage == Stage.OFFICIAL else "")

    def of(self, place: Place, indicator: Indicator, period: Period) -> str:
        """Safe in an attribute: codes and slugs alone. "" for a group, which has no such page."""
        unit = place.at.get(period.code)
        if unit is None:
            return ""
        return self._form.format(unit=unit.code, period=period.code, figure=indicator.code)
