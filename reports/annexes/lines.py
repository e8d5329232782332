"""Which units stand in a table, in which order, and what is added up in it.

Source: annexes.yaml header (rows: scope, order, total).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby

from django.utils.translation import gettext as _

from communes.enums import TierCode
from communes.models import Unit, UnitGroup
from indicators.periods import Period
from povertyplan.lib.errors import DomainError
from reports.annexes.spec import RowsSpec, Scope
from reports.annexes.table import RowKind

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


@dataclass(frozen=True, slots=True)
class Line:
    """A row to be: its unit (None for a group as a whole) and the single units it speaks for."""

    kind: RowKind
    units: tuple[Unit, ...]
    unit: Unit | None = None
    number: str = ""
    label: str = ""


class Place:
    """A unit in a period, with the communes below it: read once for any number of tables."""

    def __init__(self, unit: Unit, period: Period) -> None:
        self.unit = unit
        self.period = period

    @cached_property
    def communes(self) -> list[Unit]:
        """Those of the period's last day, by code."""
        below = Unit.objects.below_on(self.unit, self.period.end).of_tier(TierCode.COMMUNE)
        return list(below.select_related("parent__tier", "tier").order_by("code"))

    def lines(self, rows: RowsSpec) -> list[Line]:
        """The rows in printing order. Raises DomainError when the table has none here."""
        if not self.period.is_year:
            raise DomainError(_("Biểu này lập theo năm"))
        if not self.communes:
            raise DomainError(_("Biểu này lập từ cấp huyện, cấp tỉnh trở lên"))
        if rows.scope is Scope.GROUP:
            body = _group_body(rows, self.communes)
            total = Line(RowKind.TOTAL, _single(body), label=rows.total_label)
        else:
            body = _body(self.unit, self.communes)
            total = Line(RowKind.TOTAL, _single(body), self.unit, label=rows.total_label)
        return [total, *body] if rows.total_on_top else [*body, total]


def _single(body: Sequence[Line]) -> tuple[Unit, ...]:
    return tuple(line.unit for line in body if line.kind is RowKind.UNIT and line.unit)


def _body(unit: Unit, communes: Sequence[Unit]) -> list[Line]:
    """Communes directly, or district after district, each a subtotal followed by its communes."""
    if all(commune.parent_id == unit.pk for commune in communes):
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


def _numbered(units: Sequence[Unit]) -> list[Line]:
    return [
        Line(RowKind.UNIT, (unit,), unit, str(number), unit.short_name)
        for number, unit in enumerate(units, start=1)
    ]


def _roman(number: int) -> str:
    text = ""
    for value, sign in _ROMAN:
        count, number = divmod(number, value)
        text += sign * count
    return text


def _group_body(rows: RowsSpec, communes: Sequence[Unit]) -> list[Line]:
    """The members of a group within the unit, in official order."""
    members = set(UnitGroup.objects.filter(code=rows.group).values_list("members__unit", flat=True))
    found = [commune for commune in communes if commune.pk in members]
    if not found:
        raise DomainError(_("Chưa có danh sách xã của biểu này"))
    return _numbered(found)
