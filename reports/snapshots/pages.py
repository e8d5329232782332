"""Reading for the pages of closed periods: which there are, what one holds, what differs now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from communes import access
from communes.enums import TierCode
from communes.models import Official, Unit
from indicators.enums import Stage
from indicators.figures import Figure
from indicators.models import Indicator, Theme
from indicators.periods import Period
from plans.assessment import assess, visible_targets
from plans.evaluators import Verdict, shown
from plans.models import Target
from plans.pages.verdicts import MARKS, Mark
from povertyplan.lib.numbers import format_number
from reports.enums import Step
from reports.frozen import (
    NOTHING,
    Cause,
    Difference,
    Told,
    causes,
    differences,
    frozen,
    is_whole,
    official_now,
    units_of,
)
from reports.models import Snapshot
from reports.returns import figure_text, periods_for
from reports.snapshots.since import Since, parted

SHOWN = 300
"""Differences on the page; all of them are in the file."""


@dataclass(frozen=True, slots=True)
class SnapshotsPage:
    """The closed periods of a unit's province, the latest first, and those that can be closed."""

    unit: Unit
    province: Unit
    rows: tuple[Snapshot, ...]
    closable: tuple[Period, ...]
    may_close: bool


def province_of(unit: Unit) -> Unit | None:
    """The province that a unit is or belongs to; None above the provinces."""
    above = Unit.objects.above(unit, include_self=True).filter(tier__code=TierCode.PROVINCE)
    return above.select_related("tier").first()


def snapshots_page(unit: Unit, province: Unit, official: Official) -> SnapshotsPage:
    today = timezone.localdate()
    rows = Snapshot.objects.filter(unit=province, units__unit=unit).select_related("by")
    may_close = access.can_schedule(official, province) and unit.pk == province.pk
    closable = [row for row in periods_for(province) if row.end < today] if may_close else []
    return SnapshotsPage(
        unit=unit,
        province=province,
        rows=tuple(rows.order_by("-period", "-number")),
        closable=tuple(closable),
        may_close=may_close,
    )


# -- one ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class DifferenceRow:
    """A figure that is no longer what it was closed with, in words."""

    code: str
    name: str
    measure: str
    then: str
    now: str
    change: str


@dataclass(frozen=True, slots=True)
class DifferenceGroup:
    """The differences of one unit, and the steps since the closing that brought them."""

    unit: Unit
    rows: tuple[DifferenceRow, ...]
    causes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PromiseRow:
    """A verdict as it was closed, beside the one of now."""

    label: str
    plan: str
    code: str
    then: Mark
    now: Mark | None
    actual: str
    explanation: str

    @property
    def has_changed(self) -> bool:
        return self.now is not None and self.now.key != self.then.key


@dataclass(frozen=True, slots=True)
class FigureColumn:
    name: str
    measure: str


@dataclass(frozen=True, slots=True)
class FigureRow:
    """A unit's figures of one theme, as they were closed. A cell: (words, is it missing?).

    `address` leads to the same closing of a unit below; "" for the unit of the page.
    """

    name: str
    address: str
    cells: tuple[tuple[str, bool], ...]


@dataclass(frozen=True, slots=True)
class Shown:
    """Differences of one sort: of units themselves and of sums. `hidden`: only in the file."""

    own: tuple[DifferenceGroup, ...]
    sums: tuple[DifferenceGroup, ...]
    total: int
    hidden: int


@dataclass(frozen=True, slots=True)
class SnapshotPage:
    """One closed period of a unit and those below it."""

    unit: Unit
    snapshot: Snapshot
    period: Period
    is_whole: bool
    corrected: Shown
    approved: Shown
    newcomers: int
    promises: tuple[PromiseRow, ...]
    themes: tuple[Theme, ...]
    theme: str
    columns: tuple[FigureColumn, ...]
    rows: tuple[FigureRow, ...]

    @property
    def conclusion(self) -> str:
        """What was corrected, and what has only come since."""
        wrong, new = self.corrected.total, self.approved.total
        if not wrong and not new:
            return _("Chưa số nào khác đi từ khi chốt")
        said = _("Chưa số nào bị sửa sau khi chốt")
        if wrong:
            said = ngettext(
                "{n} số đã sửa sau khi chốt", "{n} số đã sửa sau khi chốt", wrong
            ).format(n=_whole(wrong))
        return f"{said}; {self._came}" if new else said

    @property
    def _came(self) -> str:
        """Who sees sums alone is told of these."""
        if self.newcomers:
            return ngettext(
                "{n} đơn vị được duyệt sau khi chốt",
                "{n} đơn vị được duyệt sau khi chốt",
                self.newcomers,
            ).format(n=_whole(self.newcomers))
        return ngettext(
            "{n} số cộng có thêm đơn vị được duyệt sau khi chốt",
            "{n} số cộng có thêm đơn vị được duyệt sau khi chốt",
            self.approved.total,
        ).format(n=_whole(self.approved.total))


def find(province: Unit, unit: Unit, period: Period, number: int) -> Snapshot | None:
    """The snapshot of that number, if it holds the unit."""
    found = Snapshot.objects.filter(unit=province, period=period.code, number=number)
    return found.filter(units__unit=unit).select_related("by").first()


@dataclass(frozen=True, slots=True)
class Compared:
    """A snapshot laid beside the official figures of now, for a unit and those below it."""

    units: list[Unit]
    indicators: list[Indicator]
    then: Told
    since: Since
    causes: Mapping[int, list[Cause]]


def compared(snapshot: Snapshot, unit: Unit, official: Official) -> Compared:
    """A fixed number of queries, whatever the units."""
    units = units_of(snapshot, unit, official)
    indicators = list(Indicator.objects.in_form_order().select_related("theme"))
    then = frozen(snapshot, units)
    now = official_now(units, indicators, snapshot.span)
    found = differences(units, indicators, then, now)
    why = causes(units, snapshot.span, snapshot.at) if found else {}
    return Compared(units, indicators, then, parted(snapshot, found, why), why)


def snapshot_page(
    snapshot: Snapshot, unit: Unit, official: Official, theme: str = ""
) -> SnapshotPage:
    """What was closed, for `unit` and those below it, beside what is official now."""
    beside = compared(snapshot, unit, official)
    themes = tuple(Theme.objects.order_by("order"))
    chosen = theme if theme in {row.code for row in themes} else themes[0].code if themes else ""
    columns = [row for row in beside.indicators if row.theme.code == chosen and not row.optional]
    return SnapshotPage(
        unit=unit,
        snapshot=snapshot,
        period=snapshot.span,
        is_whole=is_whole(snapshot),
        corrected=_shown(beside.since.corrected, beside.causes),
        approved=_shown(beside.since.approved, beside.causes),
        newcomers=beside.since.newcomers,
        promises=promises(snapshot, unit, official),
        themes=themes,
        theme=chosen,
        columns=tuple(FigureColumn(row.name, row.unit_of_measure) for row in columns),
        rows=tuple(
            _figure_row(row, columns, beside.then, "" if row.pk == unit.pk else row.address)
            for row in beside.units
            if unit.pk in (row.pk, row.parent_id)
        ),
    )


def _shown(found: Sequence[Difference], why: Mapping[int, list[Cause]]) -> Shown:
    own = _groups([row for row in found if row.is_own], why)
    sums = _groups([row for row in found if not row.is_own], {})
    return Shown(
        own=_first(own, SHOWN),
        sums=_first(sums, SHOWN),
        total=len(found),
        hidden=sum(max(sum(len(row.rows) for row in part) - SHOWN, 0) for part in (own, sums)),
    )


def _whole(count: int) -> str:
    return format_number(Decimal(count), 0)


def _groups(
    found: Sequence[Difference], why: Mapping[int, list[Cause]]
) -> tuple[DifferenceGroup, ...]:
    return tuple(
        DifferenceGroup(
            unit=unit,
            rows=tuple(difference_row(row) for row in rows),
            causes=tuple(cause_words(row) for row in why.get(unit.pk, ())),
        )
        for unit, rows in groupby(found, key=lambda row: row.unit)
    )


def _first(groups: Sequence[DifferenceGroup], most: int) -> tuple[DifferenceGroup, ...]:
    """The groups up to so many rows, none of them torn unless it is the first."""
    found: list[DifferenceGroup] = []
    left = most
    for group in groups:
        if left <= 0:
            break
        found.append(DifferenceGroup(group.unit, group.rows[:left], group.causes))
        left -= len(group.rows)
    return tuple(found)


def difference_row(row: Difference) -> DifferenceRow:
    return DifferenceRow(
        code=row.indicator.code,
        name=row.indicator.name,
        measure=row.indicator.unit_of_measure,
        then=figure_words(row.indicator, row.then),
        now=figure_words(row.indicator, row.now),
        change=_change(row),
    )


def _change(row: Difference) -> str:
    if row.then.value is None or row.now.value is None:
        return ""
    decimals = row.indicator.decimals
    # Of the figures as they stand beside it, so that the row adds up to the eye.
    apart = shown(row.now.value, decimals) - shown(row.then.value, decimals)
    words = format_number(apart, decimals)
    return f"+{words}" if apart > 0 else words


def figure_words(indicator: Indicator, figure: Figure) -> str:
    """A figure as it was closed: a number, the words for not applicable, an en dash for none."""
    if figure.not_applicable:
        return str(_("Không áp dụng"))
    return figure_text(indicator, figure.value)


def cause_words(cause: Cause) -> str:
    day = f"{timezone.localtime(cause.at):%d/%m/%Y}"
    if cause.step == Step.REOPEN:
        return _("mở lại {day}: {why}").format(day=day, why=cause.note)
    return _("duyệt chính thức {day}").format(day=day)


def _figure_row(unit: Unit, columns: Sequence[Indicator], told: Told, address: str) -> FigureRow:
    cells = [(row, told.get((unit.pk, row.code), NOTHING)) for row in columns]
    return FigureRow(
        unit.name,
        address,
        tuple(
            (figure_words(row, figure), figure.value is None and not figure.not_applicable)
            for row, figure in cells
        ),
    )


def promises(snapshot: Snapshot, unit: Unit, official: Official) -> tuple[PromiseRow, ...]:
    """Verdicts as closed that the reader may see, beside those of now; the changed ones first."""
    kept = {row["code"]: row for row in snapshot.promises}
    targets = Target.objects.filter(code__in=kept, unit__upward__ancestor=unit).to_assess()
    seen = visible_targets(official, list(targets.order_by("plan__order", "order")))
    now = {row.target.pk: row for row in assess(seen, snapshot.span, Stage.OFFICIAL)}
    rows = [
        PromiseRow(
            label=target.label,
            plan=target.plan.code,
            code=target.code,
            then=MARKS[Verdict(kept[target.code]["verdict"])],
            now=MARKS[now[target.pk].verdict] if target.pk in now else None,
            actual=_amount(kept[target.code]["actual"], target),
            explanation=kept[target.code]["explanation"],
        )
        for target in seen
    ]
    return tuple(sorted(rows, key=lambda row: not row.has_changed))


def _amount(kept: str | None, target: Target) -> str:
    if kept is None:
        return "–"
    value = Decimal(kept)
    is_whole_number = value == value.to_integral_value()
    return format_number(value, 0 if is_whole_number else target.indicator.decimals)
