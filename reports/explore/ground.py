"""What a question comes to for its reader: figures, periods and units, and which are not theirs.

A period belongs to the units valid on its last day. What the reader may not view is left out and
counted, never named.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from django.db.models import Q
from django.utils.translation import gettext as _

from communes import access
from communes.access import Action, units_for
from communes.models import Ancestry, GroupMember, Official, Succession, Unit, UnitGroup
from indicators.enums import IndicatorKind
from indicators.models import Indicator, IndicatorAlias, Rollup
from indicators.periods import Period
from reports.explore.question import BELOW, GROUP, ITSELF, MOST_INDICATORS, TIERS, Question
from reports.returns import latest_period, periods_for

WHOLE = "chung"
"""Key of the place that stands for all of them together."""
MOST_BY_DEFAULT = 6


@dataclass(frozen=True, slots=True)
class Place:
    """One line of units: a unit, or the whole above them. `at`: the unit of each period code.

    The whole is the unit above, which under one code may be another unit in another period, or a
    group with every member known.
    """

    key: str
    name: str
    note: str = ""
    at: Mapping[str, Unit] = field(default_factory=dict)
    group: UnitGroup | None = None
    is_whole: bool = False


@dataclass(frozen=True, slots=True)
class Ground:
    """What is laid out. `whole`: None where nothing may be put together.

    `hidden`: how many units are left out because the reader may not view them. `empty`: periods
    in which there was no such unit. `merged`: successions between the periods. `problems`: what of
    the question could not be kept.
    """

    asked: Question
    unit: Unit
    indicators: tuple[Indicator, ...]
    periods: tuple[Period, ...]
    known: tuple[Period, ...]
    places: tuple[Place, ...]
    whole: Place | None
    hidden: int
    counts: tuple[tuple[Period, int], ...]
    merged: tuple[Succession, ...]
    groups: tuple[UnitGroup, ...]
    problems: tuple[str, ...]

    @property
    def cells(self) -> int:
        """How many figures there are, without the whole."""
        return len(self.places) * len(self.indicators) * len(self.periods)

    @property
    def units(self) -> list[Unit]:
        """Every unit that is read, once each, with the one above them."""
        rows = [*self.places, *([self.whole] if self.whole else [])]
        return list({unit.pk: unit for row in rows for unit in row.at.values()}.values())

    @property
    def differs(self) -> bool:
        """Are the units of one period others than those of another?"""
        return any(len(row.at) != len(self.periods) for row in self.places)


def unit_of(asked: Question, by: Official) -> list[Unit]:
    """The units that the question's code names, on any day, as far as the reader may view them.

    Without a code: the unit of the reader's highest post. Raises Http404 when there is none.
    """
    code, _at, day = asked.unit.partition("@")
    if not code:
        return [access.require(by, Action.VIEW, _first_unit(by))]
    if day:
        named = Unit.objects.select_related("tier", "parent").named(asked.unit)
        return [access.require(by, Action.VIEW, named)]
    rows = Unit.objects.filter(code=code).select_related("tier", "parent").order_by("valid_to")
    seen = [row for row in rows if access.can(by, Action.VIEW, row)]
    access.require(by, Action.VIEW, seen[-1] if seen else None)
    return seen


def _first_unit(by: Official) -> Unit | None:
    posts = access.current_posts(by)
    return posts[0].unit if posts else None


def ground(asked: Question, named: Sequence[Unit], by: Official) -> Ground:
    """Lay out the question for `by`, who may view every unit of `named`.

    The number of queries does not grow with units, indicators or periods.
    """
    return _Laying(asked, named, by).ground()


class _Laying:
    """The steps of laying a question out; `problems` gathers what could not be kept."""

    def __init__(self, asked: Question, named: Sequence[Unit], by: Official) -> None:
        self.asked, self.named, self.by = asked, list(named), by
        self.unit = self.named[-1]
        self.problems: list[str] = []

    def ground(self) -> Ground:
        known = known_periods(self.named)
        periods = self._periods(known)
        indicators = self._indicators()
        groups = tuple(
            UnitGroup.objects.filter(units__in=units_for(self.by, Action.VIEW)).distinct()
        )
        scope = self._scope(groups)
        bases = _bases(self.named, periods)
        rows, hidden = self._members(bases, scope, groups)
        if bases and not (any(rows.values()) or hidden or scope.startswith(GROUP)):
            # No such unit stands below it: what can be asked for is the unit itself.
            scope, rows = ITSELF, {code: [base] for code, base in bases.items()}
        places = _places(rows, periods)
        asked = replace(
            self.asked,
            unit=self.asked.unit or self.unit.address,
            scope=scope,
            periods=periods,
            tested=self._tested(indicators),
            indicators=self.asked.indicators if self._names_figures else _codes(indicators),
        )
        return Ground(
            asked=asked,
            unit=self.unit,
            indicators=indicators,
            periods=periods,
            known=tuple(known),
            places=places,
            whole=self._whole(asked, bases, rows, groups),
            hidden=hidden,
            counts=tuple((period, len(rows.get(period.code, ()))) for period in periods),
            merged=self._merged(periods),
            groups=groups,
            problems=tuple(self.problems),
        )

    # -- figures and periods ----------------------------------------------------------------

    @property
    def _names_figures(self) -> bool:
        return bool(self.asked.indicators or self.asked.themes)

    def _indicators(self) -> tuple[Indicator, ...]:
        catalogue = list(Indicator.objects.in_form_order())
        if not self._names_figures:
            return _main(catalogue)
        codes = self._codes(catalogue)
        themes = set(self.asked.themes) & {row.theme.code for row in catalogue}
        self._unknown(_("lĩnh vực"), [row for row in self.asked.themes if row not in themes])
        self._keep_known(codes, themes)
        found = [
            row
            for row in catalogue
            if row.code in codes or (row.theme.code in themes and not row.optional)
        ]
        if len(found) > MOST_INDICATORS:
            text = _("Đã chọn {all} chỉ tiêu; bảng lấy {n} chỉ tiêu đầu.")
            self.problems.append(text.format(all=len(found), n=MOST_INDICATORS))
        return tuple(found[:MOST_INDICATORS])

    def _keep_known(self, codes: Collection[str], themes: Collection[str]) -> None:
        """What the catalogue does not have is said once and not handed on with the link."""
        if codes or themes:
            self.asked = replace(
                self.asked,
                indicators=tuple(row for row in self.asked.indicators if row in codes),
                themes=tuple(row for row in self.asked.themes if row in themes),
            )

    def _codes(self, catalogue: Iterable[Indicator]) -> set[str]:
        """The indicators asked for by name, also by an older one."""
        known = {row.code for row in catalogue}
        strange = [code for code in self.asked.indicators if code not in known]
        older: dict[str, str] = {}
        if strange:
            rows = IndicatorAlias.objects.filter(alias__in=strange)
            older = dict(rows.values_list("alias", "indicator__code"))
        self._unknown(_("chỉ tiêu"), [code for code in strange if code not in older])
        named = [older.get(code, code) for code in self.asked.indicators]
        codes = {code for code in named if code in known}
        self.asked = replace(self.asked, indicators=tuple(dict.fromkeys(named)))
        return codes

    def _unknown(self, what: str, names: Sequence[str]) -> None:
        if names:
            text = _("Danh mục không có {what} “{names}”, đã bỏ qua.")
            self.problems.append(text.format(what=what, names="”, “".join(names[:5])))

    def _periods(self, known: Sequence[Period]) -> tuple[Period, ...]:
        if not self.asked.periods:
            latest = latest_period(self.unit)
            years = [period for period in known if period.is_year and period <= latest]
            return tuple(years[-2:] or known[-1:])
        strange = [period.label for period in self.asked.periods if period not in known]
        if strange:
            text = _("{name} không có báo cáo của {periods}, đã bỏ qua.")
            self.problems.append(text.format(name=self.unit.name, periods=", ".join(strange)))
        return tuple(period for period in self.asked.periods if period in known)

    def _tested(self, indicators: Sequence[Indicator]) -> str:
        """Which figure the limits look at: the one asked for, else the first."""
        if not (self.asked.has_limits and indicators):
            return ""
        codes = _codes(indicators)
        if self.asked.tested and self.asked.tested not in codes:
            text = _(
                "Lọc theo giá trị chỉ dùng được chỉ tiêu có trong bảng; đang lọc theo “{name}”."
            )
            self.problems.append(text.format(name=indicators[0].name))
        return self.asked.tested if self.asked.tested in codes else codes[0]

    # -- units ------------------------------------------------------------------------------

    def _scope(self, groups: Sequence[UnitGroup]) -> str:
        if self.asked.group and self.asked.group not in {row.code for row in groups}:
            self.problems.append(_("Không có nhóm này trong phạm vi của đồng chí."))
            return ITSELF
        if self.asked.scope:
            return self.asked.scope
        below = units_for(self.by, Action.VIEW).filter(parent__in=self.named)
        return BELOW if below.exists() else ITSELF

    def _members(
        self, bases: Mapping[str, Unit], scope: str, groups: Sequence[UnitGroup]
    ) -> tuple[dict[str, list[Unit]], int]:
        """The units of each period code that the reader may view, and how many they may not."""
        pairs = self._pairs(bases, scope, groups)
        seen = set(
            units_for(self.by, Action.VIEW)
            .filter(upward__ancestor__in=self.named)
            .values_list("pk", flat=True)
        )
        days = {code: Period.parse(code).end for code in bases}
        rows: dict[str, list[Unit]] = {}
        hidden: set[int] = set()
        for code, base in bases.items():
            standing = [unit for unit in pairs[base.pk] if unit.is_valid_on(days[code])]
            rows[code] = [unit for unit in standing if unit.pk in seen]
            hidden |= {unit.pk for unit in standing} - seen
        return rows, len(hidden)

    def _pairs(
        self, bases: Mapping[str, Unit], scope: str, groups: Sequence[UnitGroup]
    ) -> dict[int, list[Unit]]:
        """Which units stand in question under each of the bases, of any day."""
        found: dict[int, list[Unit]] = {base.pk: [] for base in bases.values()}
        if scope == ITSELF:
            return {base.pk: [base] for base in bases.values()}
        wanted = Q(depth=1)
        if scope in TIERS:
            wanted = Q(descendant__tier__code=TIERS[scope])
        elif scope != BELOW:
            group = next(row for row in groups if row.code == self.asked.group)
            members = GroupMember.objects.filter(group=group)
            wanted = Q(descendant__in=members.values("unit"))
        rows = Ancestry.objects.filter(wanted, ancestor__in=found).select_related(
            "descendant__tier", "descendant__parent"
        )
        order = ("descendant__tier__rank", "descendant__code", "descendant__valid_from")
        for row in rows.order_by(*order):
            found[row.ancestor_id].append(row.descendant)
        return found

    def _whole(
        self,
        asked: Question,
        bases: Mapping[str, Unit],
        rows: Mapping[str, Sequence[Unit]],
        groups: Sequence[UnitGroup],
    ) -> Place | None:
        """What stands above the units, where that may be told and is more than one of them."""
        if asked.scope == ITSELF:
            return None
        if not asked.group:
            # Also where none of those below is the reader's: the unit above them is.
            return Place(WHOLE, self.unit.name, at=dict(bases), is_whole=True)
        group = next(row for row in groups if row.code == asked.group)
        members = [row.unit for row in group.member_rows]
        complete = any(rows.values()) and group.is_complete
        complete = complete and access.can_view_group(self.by, group)
        for code, shown in rows.items():
            standing = [unit for unit in members if unit.is_valid_on(Period.parse(code).end)]
            complete = complete and len(standing) == len(shown)
        return Place(WHOLE, group.name, group=group, is_whole=True) if complete else None

    def _merged(self, periods: Sequence[Period]) -> tuple[Succession, ...]:
        """What became of units between the periods, where the reader may view both."""
        if len(periods) < 2:
            return ()
        mine = units_for(self.by, Action.VIEW).values("pk")
        rows = Succession.objects.filter(
            date__gt=periods[0].end,
            date__lte=periods[-1].end,
            predecessor__in=mine,
            successor__in=mine,
            predecessor__upward__ancestor__in=self.named,
        )
        return tuple(rows.select_related("predecessor", "successor").distinct())


def known_periods(units: Sequence[Unit]) -> list[Period]:
    """Periods of which anything is known, or that the calendar asks for; earliest first."""
    codes = Rollup.objects.filter(unit__in=units).values_list("period", flat=True).distinct()
    asked = {period for unit in units for period in periods_for(unit)}
    return sorted({Period.parse(code) for code in codes} | asked)


def _bases(named: Sequence[Unit], periods: Sequence[Period]) -> dict[str, Unit]:
    """The unit that the code names on the last day of each period, where there is one."""
    found = {}
    for period in periods:
        standing = [unit for unit in named if unit.is_valid_on(period.end)]
        if standing:
            found[period.code] = standing[-1]
    return found


def _places(rows: Mapping[str, Sequence[Unit]], periods: Sequence[Period]) -> tuple[Place, ...]:
    """Every unit of any of the periods, in the order of the annexes."""
    units = {unit.pk: unit for found in rows.values() for unit in found}
    ordered = sorted(units.values(), key=lambda row: (row.tier.rank, row.code, row.valid_from))
    codes = Counter(unit.code for unit in ordered)
    several = len({unit.parent_id for unit in ordered}) > 1
    present = {code: {unit.pk for unit in found} for code, found in rows.items()}
    return tuple(
        Place(
            key=unit.code if codes[unit.code] == 1 else unit.reference,
            name=unit.name,
            note=_note(unit, periods, several=several),
            at={code: unit for code, pks in present.items() if unit.pk in pks},
        )
        for unit in ordered
    )


def _note(unit: Unit, periods: Sequence[Period], *, several: bool) -> str:
    """Where the unit belongs, and the days from or to which it stands, if not in every period."""
    said = [unit.parent.name] if several and unit.parent else []
    if any(unit.valid_from > period.end for period in periods):
        said.append(_("từ {day}").format(day=f"{unit.valid_from:%d/%m/%Y}"))
    if any(unit.valid_to < period.end for period in periods):
        said.append(_("đến {day}").format(day=f"{unit.valid_to:%d/%m/%Y}"))
    return "; ".join(said)


def _codes(indicators: Collection[Indicator]) -> tuple[str, ...]:
    return tuple(row.code for row in indicators)


def _main(catalogue: Sequence[Indicator]) -> tuple[Indicator, ...]:
    """What the page opens with, by kind: closing counts and the rates that have an opening one."""
    review = [row for row in catalogue if row.is_household_review]
    main = [
        row
        for row in review
        if row.form_sign == "="
        or (row.kind == IndicatorKind.RATIO and row.opening_indicator_id is not None)
    ]
    return tuple((main or review or list(catalogue))[:MOST_BY_DEFAULT])
