"""Which rows a table has for a unit or a group of units, in which order, and what adds up to what.

Source: annexes.yaml header (rows: scope, order, groups, lines, items, total).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import groupby

from django.utils.translation import gettext as _

from communes.enums import TierCode
from communes.models import Ancestry, Unit, UnitGroup
from indicators.periods import Period
from povertyplan.lib.errors import DomainError
from reports.annexes.spec import PLAIN, GroupSpec, ItemStyle, RowsSpec, Scope, Strand, Zone
from reports.annexes.table import RowKind

GROUP = "group:"
"""How an address names a group of units: group:CODE."""
_ROMAN = (
    (100, "C"),
    (90, "XC"),
    (50, "L"),
    (40, "XL"),
    (10, "X"),
    (9, "IX"),
    (5, "V"),
    (4, "IV"),
    (1, "I"),
)


Area = Unit | UnitGroup
"""What a table is drawn up for."""
_KINDS = {
    ItemStyle.PART: RowKind.UNIT,
    ItemStyle.TOTAL: RowKind.TOTAL,
    ItemStyle.MEMO: RowKind.MEMO,
}


@dataclass(frozen=True, slots=True)
class Line:
    """A row to be: its unit (None for several as a whole) and the single units it speaks for.

    `owner`: the unit that the row is named after where it speaks for a part of it only. `group`:
    the group whose members it speaks for, all of them.
    """

    kind: RowKind
    units: tuple[Unit, ...]
    unit: Unit | None = None
    number: str = ""
    label: str = ""
    strand: Strand = PLAIN
    owner: Unit | None = None
    group: UnitGroup | None = None

    @property
    def named_after(self) -> Unit | None:
        return self.unit or self.owner


class Place:
    """A unit or a group of units in a period, with the communes in it: read once for any number
    of tables.

    `unit` is the unit itself; for a group the nearest unit above all of its members.
    """

    def __init__(self, area: Area, period: Period) -> None:
        self.area = area
        self.period = period
        self.group = area if isinstance(area, UnitGroup) else None

    @cached_property
    def unit(self) -> Unit:
        return self.area if isinstance(self.area, Unit) else _above_all(self.area)

    @cached_property
    def communes(self) -> list[Unit]:
        """Those of the period's last day, by code; a commune is its own."""
        if self.group is not None:
            return [unit for unit in _members(self.group) if unit.is_valid_on(self.period.end)]
        if self.is_commune:
            return [self.unit]
        below = Unit.objects.below_on(self.unit, self.period.end).of_tier(TierCode.COMMUNE)
        return list(below.select_related("parent__parent", "tier").order_by("code"))

    @cached_property
    def is_commune(self) -> bool:
        return self.group is None and self.unit.tier.code == TierCode.COMMUNE

    @cached_property
    def units(self) -> tuple[Unit, ...]:
        """What the place is made of: the unit, or the members of the group."""
        return tuple(_members(self.group)) if self.group else (self.unit,)

    @property
    def name(self) -> str:
        return self.area.name

    @property
    def name_in_sentence(self) -> str:
        return self.area.name_in_sentence if isinstance(self.area, Unit) else self.area.name

    @property
    def address(self) -> str:
        """How an address of the period names the place."""
        if self.group is not None:
            return f"{GROUP}{self.group.code}"
        is_there = self.unit.is_valid_on(self.period.end)
        return self.unit.code if is_there else self.unit.reference

    def names_others(self, named: Iterable[Unit | None]) -> bool:
        """Of what rows are named after: is there another unit than that of the place?"""
        return any(unit is not None and unit.pk != self.unit.pk for unit in named)

    def lines(self, rows: RowsSpec) -> list[Line]:
        """The rows in printing order. Raises DomainError when the table has none here."""
        if not self.period.is_year:
            raise DomainError(_("Biểu này lập theo năm"))
        if rows.items:
            return list(self._items(rows))
        if not self.communes:
            raise DomainError(self._empty())
        body = self._body(rows)
        is_whole = self.group is None and rows.scope is not Scope.GROUP
        whole = self.unit if is_whole else None
        units = _single(body)
        group = self._whole_group(rows, units)
        total = Line(RowKind.TOTAL, units, whole, label=rows.total_label, group=group)
        ordered = [total, *body] if rows.total_on_top else [*body, total]
        return [replace(line, strand=strand) for line in ordered for strand in rows.strands]

    def _whole_group(self, rows: RowsSpec, units: Sequence[Unit]) -> UnitGroup | None:
        """The group of which all members still there are listed."""
        group = self.group if rows.scope is not Scope.GROUP else _group(rows.group)
        if group is None:
            return None
        there = {unit.pk for unit in _members(group) if unit.is_valid_on(self.period.end)}
        return group if there == {unit.pk for unit in units} else None

    def _empty(self) -> str:
        if self.group is None:
            return _("Biểu này lập từ cấp xã trở lên")
        if not _members(self.group):
            return _("Chưa biết đơn vị nào của nhóm")
        return _("Không còn đơn vị nào của nhóm vào ngày cuối kỳ")

    def _items(self, rows: RowsSpec) -> Iterator[Line]:
        """A row an indicator: of the tier that types them, or what it comes to above it."""
        if self.group is not None or _rank(self.unit.tier.code) > _rank(rows.tier):
            words = _("Số liệu của biểu này do cấp %s nhập; biểu lập từ cấp đó trở lên")
            raise DomainError(words % TierCode(rows.tier).label.lower())
        for item, strand in zip(rows.items, rows.strands, strict=True):
            kind = _KINDS[item.style]
            yield Line(kind, (self.unit,), self.unit, item.number, item.label, strand)

    def _body(self, rows: RowsSpec) -> list[Line]:
        if rows.scope is Scope.GROUP:
            return _numbered(_listed(rows.group, self.communes))
        if rows.scope is Scope.UNITS_BELOW:
            below = self._below()
            if rows.groups:
                here = self.unit if self.is_commune else None
                return [line for group in rows.groups for line in _zone(group, below, here)]
            return [_unit_line(number, *one) for number, one in enumerate(below, start=1)]
        if self.group is not None:
            return _numbered(self.communes, with_parent=True)
        return _body(self.unit, self.communes)

    def _below(self) -> list[tuple[Unit, list[Unit]]]:
        """The units right below, each with the units that stand for it: communes, or villages.

        A commune without villages, and each member of a group, stands for itself.
        """
        if self.is_commune:
            below = Unit.objects.below_on(self.unit, self.period.end).of_tier(TierCode.VILLAGE)
            villages = list(below.select_related("parent__parent", "tier").order_by("code"))
            return [(unit, [unit]) for unit in villages or self.communes]
        if self.group is not None:
            return [(unit, [unit]) for unit in self.communes]
        found: dict[Unit, list[Unit]] = {}
        for commune in self.communes:
            found.setdefault(_child_of(self.unit, commune), []).append(commune)
        return sorted(found.items(), key=lambda one: one[0].code)


class Sums:
    """Which rows (by their place among the lines) each summary adds up.

    A total of units adds up subtotals, where there are any, and units outside of them; a total
    of indicators the rows that are its parts.
    """

    def __init__(self, lines: Sequence[Line]) -> None:
        self.rows: dict[tuple[Strand, int], int] = {}
        self.items: list[int] = []
        self.subtotals: dict[Strand, list[int]] = {}
        self.inside: set[int] = set()
        for place, line in enumerate(lines):
            if line.kind is RowKind.SUBTOTAL:
                self.subtotals.setdefault(line.strand, []).append(place)
                self.inside |= {unit.pk for unit in line.units}
            elif line.kind is RowKind.UNIT:
                self.items.append(place)
                self.rows |= {(line.strand, unit.pk): place for unit in line.units}

    def units(self, line: Line) -> tuple[int, ...]:
        if line.kind not in (RowKind.TOTAL, RowKind.SUBTOTAL):
            return ()
        if line.strand.indicator:
            return tuple(self.items)
        places = (self.rows[line.strand, unit.pk] for unit in line.units)
        return tuple(dict.fromkeys(places))

    def parts(self, line: Line) -> tuple[int, ...]:
        below = self.subtotals.get(line.strand, [])
        if line.kind is not RowKind.TOTAL or not below:
            return ()
        outside = [
            self.rows[line.strand, unit.pk] for unit in line.units if unit.pk not in self.inside
        ]
        return tuple(sorted({*below, *outside}))


def _rank(tier_code: str) -> int:
    """From the top down."""
    return TierCode.values.index(tier_code)


def _members(group: UnitGroup) -> list[Unit]:
    return [row.unit for row in group.member_rows]


def _above_all(group: UnitGroup) -> Unit:
    """The nearest unit above all members. Raises DomainError when there is none."""
    members = {unit.pk for unit in _members(group)}
    shared: dict[int, set[int]] = {}
    depths: dict[int, int] = {}
    rows = Ancestry.objects.filter(descendant__in=members, depth__gt=0)
    for above, below, depth in rows.values_list("ancestor", "descendant", "depth"):
        shared.setdefault(above, set()).add(below)
        depths[above] = max(depth, depths.get(above, 0))
    common = [pk for pk, below in shared.items() if below == members]
    if not common:
        raise DomainError(_("Chưa biết đơn vị nào của nhóm"))
    return Unit.objects.select_related("tier").get(pk=min(common, key=depths.__getitem__))


def _child_of(unit: Unit, commune: Unit) -> Unit:
    """The unit right below `unit` that the commune belongs to."""
    child = commune
    while child.parent is not None and child.parent_id != unit.pk:
        child = child.parent
    return child


def _single(body: Sequence[Line]) -> tuple[Unit, ...]:
    return tuple(unit for line in body if line.kind is RowKind.UNIT for unit in line.units)


def _body(unit: Unit, communes: Sequence[Unit]) -> list[Line]:
    """Communes directly, or district after district, each a subtotal followed by its communes."""
    if all(commune.parent_id == unit.pk or commune.pk == unit.pk for commune in communes):
        return _numbered(communes)
    ordered = sorted(communes, key=lambda row: (row.parent.code if row.parent else "", row.code))
    lines: list[Line] = []
    for number, (__, found) in enumerate(groupby(ordered, lambda row: row.parent_id), start=1):
        members = list(found)
        parent = members[0].parent
        if parent is not None and parent.pk != unit.pk:
            subtotal = Line(RowKind.SUBTOTAL, tuple(members), parent, _roman(number), parent.name)
            lines.append(subtotal)
        lines += _numbered(members)
    return lines


def _numbered(units: Sequence[Unit], *, with_parent: bool = False) -> list[Line]:
    return [
        Line(RowKind.UNIT, (unit,), unit, str(number), _label(unit, with_parent=with_parent))
        for number, unit in enumerate(units, start=1)
    ]


def _label(unit: Unit, *, with_parent: bool) -> str:
    """Hoàng Thu Phố; among communes of several districts Hoàng Thu Phố (Bắc Hà)."""
    if with_parent and unit.parent:
        return f"{unit.short_name} ({unit.parent.short_name})"
    return unit.short_name


def _unit_line(number: int, unit: Unit, single: Sequence[Unit]) -> Line:
    return Line(RowKind.UNIT, tuple(single), unit, str(number), unit.short_name)


def _zone(
    group: GroupSpec, below: Sequence[tuple[Unit, list[Unit]]], commune: Unit | None
) -> list[Line]:
    """The heading of a zone with the units in it; a district stands for its part of the zone.

    Everything in a `commune` is where that is.
    """
    lines: list[Line] = []
    for unit, single in below:
        is_urban = group.zone is Zone.URBAN
        inside = [one for one in single if (commune or one).is_urban == is_urban]
        if inside:
            line = _unit_line(len(lines) + 1, unit, inside)
            is_part = unit.pk != inside[0].pk
            lines.append(replace(line, unit=None, owner=unit) if is_part else line)
    heading = Line(RowKind.SUBTOTAL, _single(lines), label=group.label)
    return [heading, *lines] if lines else []


def _group(code: str) -> UnitGroup | None:
    return UnitGroup.objects.filter(code=code).first()


def _listed(group_code: str, communes: Sequence[Unit]) -> list[Unit]:
    """The members of a table's own group among the communes, in official order."""
    group = _group(group_code)
    members = {unit.pk for unit in _members(group)} if group else set()
    if not members:
        raise DomainError(_("Chưa có danh sách xã của biểu này"))
    found = [commune for commune in communes if commune.pk in members]
    if not found:
        raise DomainError(_("Không có xã nào ở đây trong danh sách xã của biểu này"))
    return found


def _roman(number: int) -> str:
    text = ""
    for value, sign in _ROMAN:
        count, number = divmod(number, value)
        text += sign * count
    return text
