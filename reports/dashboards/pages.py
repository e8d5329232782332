"""Reading for the dashboards: a unit with the units below it, and a group with its members."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from communes.models import Succession, Unit, UnitGroup
from indicators.enums import Stage
from indicators.figures import Figure, figures, group_figures
from indicators.freshness import Freshness, Included, Scope
from indicators.models import Indicator, Theme
from indicators.periods import Period
from povertyplan.lib.numbers import format_number
from reports.dashboards.cells import UnitRow, cell, unit_row
from reports.dashboards.columns import Choice, choose
from reports.dashboards.facts import FactGroup, facts
from reports.dashboards.sentences import Statement, conclusion
from reports.returns import periods_for


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
    has_sample: bool


@dataclass(frozen=True, slots=True)
class UnitPage:
    """A unit's figures of a period, in words, as a table and as what it told itself."""

    unit: Unit
    period: Period
    stage: str
    periods: tuple[PeriodLink, ...]
    statements: tuple[Statement, ...]
    fresh: Freshness
    included: Included | None
    table: Table | None
    facts: tuple[FactGroup, ...]
    facts_sample: bool
    merged: tuple[Succession, ...]
    themes: tuple[Theme, ...]
    theme: str
    children: tuple[Unit, ...]
    choice: Choice

    @property
    def is_official(self) -> bool:
        return self.stage == Stage.OFFICIAL

    @property
    def conclusions(self) -> tuple[str, ...]:
        return tuple(row.text for row in self.statements)

    @property
    def coverage(self) -> str:
        """Of how many units the sentences are, and of which tier; "" for a single unit."""
        included, tier = self.included, self.choice.tier
        if included is None or not included.expected:
            return ""
        return _coverage_words(tier, included.expected, is_official=self.is_official).format(
            n=format_number(Decimal(included.reported)),
            of=format_number(Decimal(included.expected)),
            tier=tier.lower(),
        )

    @property
    def is_silent(self) -> bool:
        """Has a unit with none below it sent nothing yet?"""
        if self.table is None or self.table.total is None or self.table.rows:
            return False
        return self.table.total.expected > 0 and not self.table.total.reported


def _coverage_words(tier: str, expected: int, *, is_official: bool) -> str:
    if tier and is_official:
        return ngettext(
            "Tính trên số của {n}/{of} đơn vị cấp {tier} đã được duyệt.",
            "Tính trên số của {n}/{of} đơn vị cấp {tier} đã được duyệt.",
            expected,
        )
    if tier:
        return ngettext(
            "Tính trên số của {n}/{of} đơn vị cấp {tier} đã nộp.",
            "Tính trên số của {n}/{of} đơn vị cấp {tier} đã nộp.",
            expected,
        )
    if is_official:
        return ngettext(
            "Tính trên số của {n}/{of} đơn vị đã được duyệt.",
            "Tính trên số của {n}/{of} đơn vị đã được duyệt.",
            expected,
        )
    return ngettext(
        "Tính trên số của {n}/{of} đơn vị đã nộp.",
        "Tính trên số của {n}/{of} đơn vị đã nộp.",
        expected,
    )


@dataclass(frozen=True, slots=True)
class GroupPage:
    """A group's members and, where the list is complete, what they come to together."""

    group: UnitGroup
    period: Period
    stage: str
    periods: tuple[PeriodLink, ...]
    known: int
    statements: tuple[Statement, ...]
    fresh: Freshness
    included: Included | None
    table: Table | None

    @property
    def conclusions(self) -> tuple[str, ...]:
        return tuple(row.text for row in self.statements)

    @property
    def is_official(self) -> bool:
        return self.stage == Stage.OFFICIAL


# -- a unit ----------------------------------------------------------------------------------


def unit_page(unit: Unit, period: Period, stage: str, theme: str = "") -> UnitPage:
    """Return everything the page of a unit shows. The number of queries does not grow with units.

    `theme`: a theme's code for all of its figures; "" for the main figures of the review.
    """
    fresh = Scope((unit,), (period,)).freshness()
    children = children_of(unit, period)
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
        statements=_statements(choice, own),
        fresh=fresh,
        included=_included(choice, own, children, found, period, stage),
        table=table,
        facts=told,
        facts_sample=any(row.is_sample for group in told for row in group.rows),
        merged=tuple(_merged(unit, period)),
        themes=tuple(Theme.objects.order_by("order")),
        theme=theme,
        children=tuple(children),
        choice=choice,
    )


def children_of(unit: Unit, period: Period) -> list[Unit]:
    found = Unit.objects.filter(parent=unit).valid_on(period.end).official_order()
    return list(found.select_related("parent", "tier"))


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
    return Table(choice, rows[0], tuple(rows[1:]), _has_sample(found.values()))


def _has_sample(found: Iterable[Figure]) -> bool:
    return any(row.has_sample for row in found)


def _statements(choice: Choice, own: dict[int, Figure]) -> tuple[Statement, ...]:
    said = [
        Statement(
            conclusion(
                headline,
                own[headline.rate.pk],
                own[headline.opening.pk] if headline.opening else None,
            ),
            headline.rate.code,
        )
        for headline in choice.headlines
    ]
    return tuple(statement for statement in said if statement.text)


def _included(
    choice: Choice,
    own: dict[int, Figure],
    parts: Sequence[Unit],
    found: dict[tuple[int, int, str], Figure],
    period: Period,
    stage: str,
) -> Included | None:
    """How many units stand behind the sentences, and which of the units below lack figures.

    None for a single unit, and where no whole may be told.
    """
    said = choice.said
    if said is None or not parts or said.pk not in own:
        return None
    whole = own[said.pk]
    return Included(
        reported=whole.reported,
        expected=whole.expected,
        lacking=lacking(parts, said, found, period) if whole.reported else (),
        is_official=stage == Stage.OFFICIAL,
    )


def lacking(
    parts: Sequence[Unit],
    indicator: Indicator,
    found: dict[tuple[int, int, str], Figure],
    period: Period,
) -> tuple[str, ...]:
    """The parts that lack figures; one made of several with how many of them lack."""
    rows = [(unit, found[unit.pk, indicator.pk, period.code]) for unit in parts]
    return tuple(
        unit.name if figure.expected == 1 else f"{unit.name} ({figure.expected - figure.reported})"
        for unit, figure in rows
        if figure.reported < figure.expected
    )


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
    fresh = Scope((), (period,), (group,)).freshness()
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
        statements=_statements(choice, own) if own else (),
        fresh=fresh,
        included=_included(choice, own, units, found, period, stage),
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
    return Table(choice, total, tuple(rows), _has_sample([*found.values(), *whole.values()]))


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
