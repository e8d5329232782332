"""Reading for the dashboards: a unit with the units below it, and a group with its members."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from django.utils.translation import gettext as _

from communes.models import Succession, Unit, UnitGroup
from indicators.enums import Stage
from indicators.figures import Figure, figures, group_figures
from indicators.models import Theme
from indicators.periods import Period
from reports.dashboards.cells import Standing, UnitRow, cell, standing, unit_row
from reports.dashboards.columns import Choice, choose
from reports.dashboards.facts import FactGroup, facts
from reports.dashboards.sentences import conclusion
from reports.returns import periods_for

NAMED_AT_MOST = 4
"""How many units without figures are named in a sentence before the rest is counted."""


@dataclass(frozen=True, slots=True)
class PeriodLink:
    """A period the reader can switch to."""

    code: str
    label: str
    is_current: bool


@dataclass(frozen=True, slots=True)
class Table:
    """Units down, indicators across, the whole first; `total` None where no whole may be told."""

    choice: Choice
    total: UnitRow | None
    rows: tuple[UnitRow, ...]
    standing: Standing


@dataclass(frozen=True, slots=True)
class UnitPage:
    """A unit's figures of a period, in words, as a table and as what it told itself."""

    unit: Unit
    period: Period
    stage: str
    periods: tuple[PeriodLink, ...]
    conclusions: tuple[str, ...]
    coverage: str
    table: Table | None
    facts: tuple[FactGroup, ...]
    facts_sample: bool
    merged: tuple[Succession, ...]
    themes: tuple[Theme, ...]
    theme: str

    @property
    def is_official(self) -> bool:
        return self.stage == Stage.OFFICIAL


@dataclass(frozen=True, slots=True)
class GroupPage:
    """A group's members and, where the list is complete, what they come to together."""

    group: UnitGroup
    period: Period
    stage: str
    periods: tuple[PeriodLink, ...]
    known: int
    conclusions: tuple[str, ...]
    coverage: str
    table: Table | None

    @property
    def is_official(self) -> bool:
        return self.stage == Stage.OFFICIAL


# -- a unit ----------------------------------------------------------------------------------


def unit_page(unit: Unit, period: Period, stage: str, theme: str = "") -> UnitPage:
    """Return everything the page of a unit shows. The number of queries does not grow with units.

    `theme`: a theme's code for all of its figures; "" for the main figures of the review.
    """
    children = _children(unit, period)
    choice = choose(theme)
    found = figures([unit, *children], choice.asked, [period], stage)
    own = {key[1]: figure for key, figure in found.items() if key[0] == unit.pk}
    table = _unit_table(unit, children, choice, found, period) if choice.lead else None
    told = facts(unit, period, stage)
    return UnitPage(
        unit=unit,
        period=period,
        stage=stage,
        periods=_periods(periods_for(unit), period),
        conclusions=_conclusions(choice, own),
        coverage=_coverage(
            own[choice.said.pk],
            [(child, found[child.pk, choice.said.pk, period.code]) for child in children],
            stage,
        )
        if choice.said
        else "",
        table=table,
        facts=told,
        facts_sample=any(row.is_sample for group in told for row in group.rows),
        merged=tuple(_merged(unit, period)),
        themes=tuple(Theme.objects.order_by("order")),
        theme=theme,
    )


def _children(unit: Unit, period: Period) -> list[Unit]:
    found = Unit.objects.filter(parent=unit).valid_on(period.end).official_order()
    return list(found.select_related("parent"))


def _unit_table(
    unit: Unit,
    children: Sequence[Unit],
    choice: Choice,
    found: dict[tuple[int, int, str], Figure],
    period: Period,
) -> Table | None:
    lead = choice.lead
    if lead is None:
        return None
    rows = [unit_row(row, choice.columns, found, period.code, lead) for row in [unit, *children]]
    return Table(choice, rows[0], tuple(rows[1:]), standing(found.values()))


def _conclusions(choice: Choice, own: dict[int, Figure]) -> tuple[str, ...]:
    said = [
        conclusion(
            headline,
            own[headline.rate.pk],
            own[headline.opening.pk] if headline.opening else None,
        )
        for headline in choice.headlines
    ]
    return tuple(sentence for sentence in said if sentence)


def _coverage(whole: Figure, parts: Sequence[tuple[Unit, Figure]], stage: str) -> str:
    """How many units stand behind the sentences, and which of the units below lack figures."""
    if not whole.expected:
        return ""
    if not parts:
        return "" if whole.reported else _("Đơn vị chưa gửi số lên")
    told = _("được duyệt chính thức") if stage == Stage.OFFICIAL else _("có số")
    sentence = _("{reported}/{expected} đơn vị {told}").format(
        reported=whole.reported, expected=whole.expected, told=told
    )
    lacking = [unit.name for unit, figure in parts if figure.reported < figure.expected]
    if not lacking or not whole.reported:
        return sentence
    named = ", ".join(lacking[:NAMED_AT_MOST])
    if len(lacking) > NAMED_AT_MOST:
        named = _("{named} và {count} đơn vị khác").format(
            named=named, count=len(lacking) - NAMED_AT_MOST
        )
    return _("{sentence}; chưa đủ: {named}").format(sentence=sentence, named=named)


def _merged(unit: Unit, period: Period) -> list[Succession]:
    """What became within the period of units that stood under `unit`."""
    found = Succession.objects.filter(
        predecessor__upward__ancestor=unit, date__gt=period.start, date__lte=period.end
    )
    return list(found.select_related("predecessor", "successor"))


def _periods(known: Sequence[Period], current: Period) -> tuple[PeriodLink, ...]:
    """The periods to switch to, earliest first; the one shown is always among them."""
    return tuple(
        PeriodLink(period.code, period.label, period == current)
        for period in sorted({*known, current})
    )


# -- a group ---------------------------------------------------------------------------------


def find_group(code: str) -> UnitGroup | None:
    return UnitGroup.objects.filter(code=code).first()


def group_page(group: UnitGroup, period: Period, stage: str) -> GroupPage:
    """Return a group's members with their figures; the whole only when every member is known."""
    choice = choose("")
    members = group.member_rows
    units = [row.unit for row in members if row.unit.is_valid_on(period.end)]
    found = figures(units, choice.asked, [period], stage)
    whole = group_figures(group, choice.asked, [period], stage) if group.is_complete else {}
    table = _group_table(group, units, choice, found, whole, period)
    own = {key[0]: figure for key, figure in whole.items()}
    return GroupPage(
        group=group,
        period=period,
        stage=stage,
        periods=_periods(_group_periods(units), period),
        known=len(members),
        conclusions=_conclusions(choice, own) if own else (),
        coverage=_coverage(
            own[choice.said.pk],
            [(unit, found[unit.pk, choice.said.pk, period.code]) for unit in units],
            stage,
        )
        if own and choice.said
        else "",
        table=table,
    )


def _group_periods(units: Sequence[Unit]) -> list[Period]:
    return periods_for(units[0]) if units else []


def _group_table(
    group: UnitGroup,
    units: Sequence[Unit],
    choice: Choice,
    found: dict[tuple[int, int, str], Figure],
    whole: dict[tuple[int, str], Figure],
    period: Period,
) -> Table | None:
    lead = choice.lead
    if lead is None:
        return None
    valid = {unit.pk for unit in units}
    rows = [
        replace(
            unit_row(member.unit, choice.columns, found, period.code, lead)
            if member.unit_id in valid
            else _absent(member.unit, period),
            source=member.source,
            citation=member.citation,
        )
        for member in group.member_rows
    ]
    total = _group_total(group, choice, whole, period) if whole else None
    return Table(choice, total, tuple(rows), standing([*found.values(), *whole.values()]))


def _absent(unit: Unit, period: Period) -> UnitRow:
    """The row of a member that did not exist on the period's last day."""
    note = _("không có vào ngày {day}").format(day=f"{period.end:%d/%m/%Y}")
    parent = unit.parent.name if unit.parent else ""
    return UnitRow(unit.code, unit.name, parent, "", (), 0, 0, note=note)


def _group_total(
    group: UnitGroup, choice: Choice, whole: dict[tuple[int, str], Figure], period: Period
) -> UnitRow | None:
    if choice.lead is None:
        return None
    first = whole[choice.lead.pk, period.code]
    return UnitRow(
        code="",
        name=group.name,
        parent="",
        period="",
        cells=tuple(
            cell(entry.indicator, whole[entry.indicator.pk, period.code])
            for entry in choice.columns
        ),
        reported=first.reported,
        expected=first.expected,
    )
