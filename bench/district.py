"""A district whose communes all report with the full form, grown from 1 to as many as wanted.

On the shipped catalogue, so that plans, rules and form are the real ones; units, people and
figures are made up. One in three returns has come back changed, one is new on the desk, one is
approved; the years before are official.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from io import StringIO

import numpy as np
from django.core.management import call_command
from django.db.models import F, QuerySet
from django.utils import timezone

from communes.enums import Role, TierCode
from communes.models import Ancestry, Official, Post, Tier, Unit
from indicators.asking import Profile, asks
from indicators.definitions import renew_stamp
from indicators.enums import Stage
from indicators.models import Indicator, Result, ValidationRule
from indicators.periods import Period
from indicators.rollups import drain, mark_periods
from plans.models import Milestone, Plan, Target
from reports.enums import ReportState, Step
from reports.freezing import close_period
from reports.models import Comment, Deadline, Report, ReportEvent
from reports.noticing import of_step
from reports.sample_country.figures import HOUSEHOLDS, Figures, Floats
from reports.sample_country.loading import Fact, Loader

PERIOD, CLOSED = Period(2024), Period(2023)
YEARS = (2022, 2023, 2024)
RURAL = Profile(TierCode.COMMUNE, is_urban=False, is_two_tier=False)
RESENT, APPROVED = 0, 2
"""Of three: sent again with changes, approved; the others lie on the desk for the first time."""
DISTRICT, ABOVE, LEADER = "district", "province", "leader"
"""Who reads: the reviewers of the district and of the province, the province's leader."""
PROMISED = 4
"""Indicators for which each commune has a milestone of the district's plan."""


@dataclass
class District:
    """`people`: who reads. `form`: the inputs of a commune in form order."""

    unit: Unit
    province: Unit
    people: dict[str, Official]
    form: list[Indicator]
    figures: Figures
    communes: list[Unit] = field(default_factory=list)

    @property
    def first(self) -> Unit:
        """The commune whose return is looked at: sent twice, two figures asked for."""
        return self.communes[0]

    def grow(self, count: int) -> None:
        """Let there be `count` communes, added up, and the year before closed once more."""
        new = self._communes(range(len(self.communes), count))
        self.communes += new
        Loader(Stage.PROVISIONAL, timezone.now()).write(self._facts(new))
        approved = [unit for n, unit in self._numbered(new) if n % 3 == APPROVED]
        _approve(Result.objects.filter(unit__in=approved))
        _approve(Result.objects.filter(unit__in=new).exclude(period=PERIOD.code))
        self._promise(new)
        renew_stamp()
        for n, unit in self._numbered(new):
            self._report(unit, n % 3)
        mark_periods([Period(year) for year in YEARS])
        drain()
        closer = self.people[ABOVE]
        close_period(unit=self.province, period=CLOSED, by=closer, note="Chốt", sure=True)

    def _numbered(self, new: list[Unit]) -> Iterator[tuple[int, Unit]]:
        return enumerate(new, start=len(self.communes) - len(new))

    def _communes(self, numbers: range) -> list[Unit]:
        """Past the signals: what is worked out from the units is asked for once, by `grow`."""
        tier = Tier.objects.get(code=TierCode.COMMUNE)
        made = Unit.objects.bulk_create(
            Unit(code=f"M{n:03}", name=f"Xã mẫu {n:03}", tier=tier, parent=self.unit)
            for n in numbers
        )
        above = [self.unit, *Unit.objects.above(self.unit)]
        Ancestry.objects.bulk_create(
            Ancestry(ancestor=row, descendant=unit, depth=depth)
            for unit in made
            for depth, row in enumerate([unit, *above])
        )
        for unit in made:
            _official(f"xa.{unit.code.lower()}", unit, Role.OFFICER)
        return made

    def _facts(self, units: list[Unit]) -> Iterator[Fact]:
        lots = np.random.default_rng([1, len(self.communes)])
        sizes: Floats = HOUSEHOLDS * lots.lognormal(0, 0.3, len(units))
        known: dict[int, Floats] = {}
        for year in YEARS:
            known = self.figures.year(known, sizes, lots)
            for place, unit in enumerate(units):
                for row in self.form:
                    value = f"{known[row.pk][place]:.{row.decimals}f}"
                    yield Fact(unit.pk, row.pk, str(year), value)

    def _promise(self, units: list[Unit]) -> None:
        plan = Plan.objects.filter(unit=self.unit).earliest("pk")
        Milestone.objects.bulk_create(
            Milestone(
                plan=plan,
                unit=unit,
                indicator=row,
                period=PERIOD.code,
                measure="value",
                value=5,
                is_sample=True,
            )
            for unit in units
            for row in self.form[:PROMISED]
        )

    def _report(self, unit: Unit, kind: int) -> None:
        now = timezone.now() - timedelta(days=1)
        is_approved = kind == APPROVED
        report = Report.objects.create(
            unit=unit,
            period=PERIOD.code,
            state=ReportState.APPROVED if is_approved else ReportState.SUBMITTED,
            with_tier=None if is_approved else self.unit.tier,
            round=2 if kind == RESENT else 1,
            submitted_at=now,
        )
        by = Official.objects.get(posts__unit=unit)
        told = _covered(unit)
        if kind == RESENT:
            self._sent_back(report, by, told)
        of_step(_step(report, Step.SUBMIT, by, told, report.round))

    def _sent_back(self, report: Report, by: Official, told: list[list[str]]) -> None:
        """The first time two figures were others, and were asked for."""
        before = [[code, "1"] if n < 2 else [code, text] for n, (code, text) in enumerate(told)]
        _step(report, Step.SUBMIT, by, before, 1)
        reviewer = self.people[DISTRICT]
        event = _step(report, Step.RETURN, reviewer, before[:2], 1)
        rows = {row.code: row for row in self.form}
        Comment.objects.bulk_create(
            Comment(
                report=report,
                indicator=rows[code],
                round=1,
                by=reviewer,
                post_label="Phòng chuyên môn",
                body="Đối chiếu từng thôn.",
                asks_for_change=True,
                value_then=text,
                event=event,
                settled_at=timezone.now(),
            )
            for code, text in before[:2]
        )


def district() -> District:
    """The first district that has a plan of its own, emptied of its communes; on a new database."""
    call_command("load_catalogue", stdout=StringIO())
    plan = Plan.objects.filter(unit__tier__code=TierCode.DISTRICT).earliest("pk")
    unit = Unit.objects.select_related("tier", "parent").get(pk=plan.unit_id)
    province = unit.parent
    if province is None:
        raise RuntimeError(f"{unit} stands below no province")
    Unit.objects.filter(parent=unit).update(valid_to=date(2015, 1, 1))
    Deadline.objects.create(
        issuer=province,
        period=PERIOD.code,
        opens_on=date(PERIOD.year, 9, 1),
        due_on=date(PERIOD.year, 12, 14),
    )
    people = {
        DISTRICT: _official("bench.district", unit, Role.REVIEWER),
        ABOVE: _official("bench.province", province, Role.REVIEWER),
        LEADER: _official("bench.leader", province, Role.LEADER),
    }
    inputs = Indicator.objects.inputs().in_form_order().select_related("entered_at")
    form = [row for row in inputs if asks(row, RURAL)]
    rules = ValidationRule.objects.filter(is_active=True, tiers__code=TierCode.COMMUNE)
    measured = [row for row in rules.prefetch_related("terms") if "result" in row.measures]
    return District(unit, province, people, form, Figures(form, measured, has_people=True))


def _official(username: str, unit: Unit, role: str) -> Official:
    made = Official.objects.create(username=username, full_name=username, is_demo=True)
    Post.objects.create(official=made, unit=unit, role=role, title="Cán bộ mẫu")
    return made


def _approve(facts: QuerySet[Result]) -> None:
    facts.update(approved_answer=F("submitted_answer"), approved_value=F("submitted_value"))


def _covered(unit: Unit) -> list[list[str]]:
    facts = Result.objects.filter(unit=unit, period=PERIOD.code).order_by("indicator__order")
    return [
        [code, f"{value.normalize():f}"]
        for code, value in facts.values_list("indicator__code", "value")
        if value is not None
    ]


def _step(
    report: Report, step: str, by: Official, covered: list[list[str]], round_: int
) -> ReportEvent:
    return ReportEvent.objects.create(
        report=report,
        step=step,
        round=round_,
        by=by,
        post_label="Cán bộ mẫu",
        covered=covered,
    )


def a_target(unit: Unit) -> Target:
    """One with a page of its own that looks at every commune."""
    return Target.objects.filter(plan__unit=unit).select_related("plan").earliest("pk")
