"""One promise: its verdict, its years, what it rests on, who answers for it, the units below."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from communes import access
from communes.access import Action
from communes.models import Unit
from indicators.enums import Stage
from indicators.freshness import Included
from indicators.models import SeriesBreak
from indicators.periods import Period
from plans.assessment import assess_units
from plans.cascade import Cascade, cascade_of
from plans.enums import PlannedMeasure, TargetKind
from plans.evaluators import Reason
from plans.evaluators.forecasts import TREND
from plans.models import Responsibility, Target
from plans.pages.figures import FigureRow, figure_row
from plans.pages.sight import Reader, units_to_choose
from plans.pages.trajectories import Trajectory, forecast_words, trajectory_of
from plans.pages.verdicts import Count, Judged, Verdicts, count_promises, mark_of, verdicts_of
from plans.pages.versions import Version, versions_of
from plans.wording import value_words, years_words

_CHANGES = frozenset({TargetKind.CHANGE_TOTAL, TargetKind.CHANGE_PER_YEAR})
_CASCADING = frozenset({TargetKind.LEVEL, TargetKind.CHANGE_PER_YEAR, TargetKind.COUNT_OF_UNITS})
"""Kinds that give each year a figure which the units below can be given a part of."""


@dataclass(frozen=True, slots=True)
class TargetPage:
    """A promise as its page shows it. Without a verdict where the figures are not the reader's.

    `single`: the members of its group, else the units right below, each judged by itself;
    worst first.
    """

    target: Target
    row: FigureRow
    promise: str
    years: str
    verdicts: Verdicts
    judged: Judged | None
    trajectory: Trajectory | None
    breaks: tuple[SeriesBreak, ...]
    agencies: tuple[tuple[str, str], ...]
    versions: tuple[Version, ...]
    units: tuple[Unit, ...]
    single: tuple[Judged, ...]
    cascade: Cascade | None
    may_allocate: bool
    may_amend: bool
    may_open_unit: bool

    @property
    def has_amendments(self) -> bool:
        return any(not version.is_document for version in self.versions)

    @property
    def coverage(self) -> str:
        """Which units stand behind the figure, in a sentence; "" where there is none."""
        return _coverage(self.judged) if self.judged else ""

    @property
    def included(self) -> Included | None:
        """How many units stand behind the year judged; None where no unit is asked."""
        if self.judged is None:
            return None
        found = self.judged.found
        is_official = found.stage == Stage.OFFICIAL
        return Included(found.reported, found.expected, self.absent, is_official=is_official)

    @property
    def absent(self) -> tuple[str, ...]:
        """The units that have not reported the year judged, by name; those the reader may see."""
        if self.judged is None:
            return ()
        silent = [row.found.unit for row in self.single if row.found.expected > row.found.reported]
        seen = {unit.pk for unit in self.units}
        gone = [unit for unit in self.judged.found.absent if unit.pk in seen]
        return tuple(unit.name for unit in (gone or silent))

    @property
    def is_assigned(self) -> bool:
        """Does any of the single units have a part of the promise of its own?"""
        return any(row.is_assigned for row in self.single)

    @property
    def forecast(self) -> str:
        return _forecast(self.judged) if self.judged else ""

    @property
    def is_part(self) -> bool:
        """The promise is brought down to the units that reported."""
        return (
            self.judged is not None
            and self.judged.found.outcome.goal != self.judged.found.terms.goal
            and Reason.PARTIAL in self.judged.found.reasons
        )

    @property
    def single_counts(self) -> tuple[Count, ...]:
        return count_promises(self.single)

    @property
    def single_has_sample(self) -> bool:
        return any(row.found.has_sample for row in self.single)

    @property
    def judged_period(self) -> str:
        """The code of the year whose figures decide, for links to them."""
        return Period(self.judged.found.judged_year).code if self.judged else ""


def target_page(plan_code: str, target_code: str, reader: Reader) -> TargetPage | None:
    """Return the page of one promise or stated result; None when the plan has none of the name."""
    target = Target.objects.to_assess().filter(plan__code=plan_code, code=target_code).first()
    if target is None:
        return None
    verdicts = verdicts_of([target], reader)
    judged = verdicts.of(target)
    breaks = tuple(SeriesBreak.objects.filter(indicators=target.indicator))
    amendment = judged.found.amendment if judged else None
    units = _units(target, judged, reader)
    may_assign = access.can_assign(reader.official, target.unit)
    return TargetPage(
        target=target,
        row=figure_row(target, judged),
        promise=value_words(amendment or target),
        years=years_words(target.year_from, amendment.year_to if amendment else target.year_to),
        verdicts=verdicts,
        judged=judged,
        trajectory=_trajectory(judged, breaks),
        breaks=breaks,
        agencies=_agencies(target),
        versions=tuple(versions_of(target, timezone.localdate())),
        units=units,
        single=_single(target, judged, units),
        cascade=_cascade(target, judged, units, reader),
        may_allocate=may_assign,
        may_amend=target.kind != TargetKind.RESULT
        and target.plan.unit is not None
        and access.can_assign(reader.official, target.plan.unit),
        may_open_unit=judged is not None
        and access.can(reader.official, Action.VIEW, judged.found.unit),
    )


def _trajectory(judged: Judged | None, breaks: Sequence[SeriesBreak]) -> Trajectory | None:
    if judged is None:
        return None
    return trajectory_of(judged, {year for row in breaks for year in row.first_periods})


def _agencies(target: Target) -> tuple[tuple[str, str], ...]:
    """Code and name of the agencies that answer for the promise."""
    same_plan = Target.objects.filter(pk=target.pk)
    codes = {agency for (_plan, agency), keys in same_plan.by_agency().items() if keys}
    found = Responsibility.objects.filter(plan=target.plan_id, agency_code__in=codes)
    return tuple(dict(found.order_by("order").values_list("agency_code", "agency")).items())


# -- the units of the promise, one by one


def _units(target: Target, judged: Judged | None, reader: Reader) -> tuple[Unit, ...]:
    """The units a reader may look at one by one: members of the group, or those right below."""
    if judged is None:
        return ()
    group = target.group if judged.found.unit.pk == target.unit_id else None
    return units_to_choose(reader, judged.found.unit, group, Period(judged.found.judged_year))


def _single(target: Target, judged: Judged | None, units: Sequence[Unit]) -> tuple[Judged, ...]:
    if judged is None or judged.found.is_statement:
        return ()
    found = judged.found
    rows = found.members or assess_units(target, units, found.period, found.stage)
    judged_rows = (Judged(row, mark_of(row)) for row in rows if not row.is_outside)
    return tuple(sorted(judged_rows, key=lambda row: row.rank))


def _cascade(
    target: Target, judged: Judged | None, units: Sequence[Unit], reader: Reader
) -> Cascade | None:
    """What the units below were given, where the promise is one that is given on."""
    if judged is None or target.group_id is not None or not units:
        return None
    if target.kind not in _CASCADING or judged.found.unit.pk != target.unit_id:
        return None
    is_change = target.kind in _CHANGES
    # A yearly change is owed every year; a state in the last one, where its parts must meet it.
    year = judged.found.judged_year if is_change else judged.found.terms.year_to
    found = cascade_of(
        plan=target.plan,
        unit=target.unit,
        indicator=target.indicator,
        period=Period(year),
        measure=PlannedMeasure.CHANGE_POINTS if is_change else PlannedMeasure.VALUE,
        stage=judged.found.stage,
    )
    seen = {unit.pk for unit in units}
    if any(row.unit.pk not in seen for row in found.children):
        return None
    above = target.unit.parent
    if above is not None and not access.can(reader.official, Action.VIEW, above):
        return replace(found, above=None)
    return found


# -- sentences


def _coverage(judged: Judged) -> str:
    found = judged.found
    if not found.expected:
        return ""
    year = found.judged_year
    if found.expected == 1:
        text = _("Đơn vị đã có số năm {year}.") if found.reported else _("Chưa có số năm {year}.")
        return text.format(year=year)
    if found.is_complete:
        return ngettext(
            "Đủ số của {n}/{of} đơn vị năm {year}.",
            "Đủ số của {n}/{of} đơn vị năm {year}.",
            found.expected,
        ).format(n=found.reported, of=found.expected, year=year)
    if not found.reported:
        return _("Chưa đơn vị nào trong {of} đơn vị có số năm {year}.").format(
            of=found.expected, year=year
        )
    text = ngettext(
        "{n}/{of} đơn vị có số năm {year}.", "{n}/{of} đơn vị có số năm {year}.", found.expected
    ).format(n=found.reported, of=found.expected, year=year)
    if Reason.PARTIAL in found.reasons:
        text += " " + _(
            "So cùng phạm vi: chỉ các đơn vị đã có số, với phần mốc của chính các đơn vị đó."
        )
    return text


def _forecast(judged: Judged) -> str:
    """The forecast with its method and what its band means."""
    forecast = judged.found.outcome.forecast
    if forecast is None:
        return ""
    if forecast.method == TREND:
        method = _("đường thẳng khớp qua {n} số đã có").format(n=forecast.points)
    else:
        method = _("nhịp bình quân của {n} năm đã có số").format(n=forecast.points)
    text = _("Dự báo năm {year}: {words} {unit}, theo {method}").format(
        year=forecast.year,
        words=forecast_words(judged),
        unit=judged.unit_of_measure,
        method=method,
    )
    if forecast.low is not None:
        return text + _("; trong ngoặc là khoảng tin cậy 80%.")
    if forecast.points == 1:
        return text + _("; một điểm không cho khoảng tin cậy.")
    return text + _("; hai điểm không cho khoảng tin cậy.")
