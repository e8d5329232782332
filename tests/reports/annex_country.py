"""Figures for every column of every official table: Bắc Hà, its neighbours, the ten communes.

The catalogue, units, plans and tables are those that ship; the figures are drawn by lot, the
same each time. Some are not told, some do not apply, some are zero, one movement does not balance.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from django.core.management import call_command
from django.db.models import Q

from communes.enums import Role
from communes.models import Official, Unit
from indicators.asking import asks, profiles_of
from indicators.enums import Answer, IndicatorKind, Stage
from indicators.models import Indicator
from indicators.periods import Period
from indicators.recording import Entry, import_results
from indicators.rollups import drain
from plans.enums import PlannedMeasure
from plans.models import Milestone, Plan
from reports.models import Annex
from tests import builders

YEARS = range(2020, 2025)
LAST = Period(YEARS[-1])
DISTRICT, PROVINCE = "085", "10"
OTHERS = ("02635", "02683", "02713", "02731", "02737", "02767", "02791", "02794", "02803", "082")
"""A ward, a township, communes of other districts, eight of them among the ten; a district."""
MERGED, TAKEN_OVER = "02839", "02872"
"""Bắc Hà township took over Tà Chải on 1 November 2024."""
SILENT = "02863"
"""Tells nothing of the last year."""
UNBALANCED = "02851"
PLAN = "bh-gn-2021-2025"
SUBJECTS, LINES = ("poor", "near_poor"), ("households", "persons")

Figures = dict[str, Decimal | None]
"""By indicator; None: does not apply."""
Milestones = dict[tuple[str, str, int, str], Decimal]
"""By unit, indicator, year, measure."""


def load() -> tuple[Official, Milestones]:
    """Load everything, added up; returns a leader who sees all of it, and what was assigned."""
    call_command("load_catalogue", verbosity=0)
    inputs = _inputs()
    for stage, even in ((Stage.OFFICIAL, 0), (Stage.PROVISIONAL, 1)):
        entries = [
            entry
            for place, code in enumerate(_units())
            if place % 2 == even
            for entry in _entries(code, inputs)
        ]
        import_results(entries, stage=stage, is_sample=False)
    drain()
    top = Unit.objects.named(PROVINCE, on=LAST.end)
    assert top is not None
    return builders.official("lanh.dao", top, Role.LEADER), _assigned()


def _units() -> list[str]:
    district = Unit.objects.named(DISTRICT, on=LAST.end)
    assert district is not None
    found = {unit.code for unit in Unit.objects.below_on(district, LAST.end)}
    return sorted({*found, TAKEN_OVER, *OTHERS, DISTRICT})


def _inputs() -> list[Indicator]:
    """What the columns of the tables rest on, as it is typed."""
    shown = {code for annex in Annex.objects.all() for code in _words(annex.definition)}
    rates = Indicator.objects.filter(code__in=shown).exclude(kind=IndicatorKind.INPUT)
    typed = Q(code__in=shown) | Q(pk__in=rates.values("terms__input"))
    rows = Indicator.objects.filter(typed, kind=IndicatorKind.INPUT)
    return list(rows.select_related("entered_at").order_by("code"))


def _words(node: Any) -> Iterator[str]:
    """Every string of a definition; the codes of indicators are among them."""
    if isinstance(node, Mapping):
        node = list(node.values())
    if isinstance(node, list):
        for part in node:
            yield from _words(part)
    elif isinstance(node, str):
        yield node


def _entries(code: str, inputs: list[Indicator]) -> Iterator[Entry]:
    before: Figures = {}
    for year in YEARS:
        unit = Unit.objects.named(code, on=Period(year).end)
        if unit is None:
            continue
        lots = random.Random(f"{code} {year}")
        before = figures = _figures(code, before, inputs, lots, is_broken=year == 2022)
        if (code, year) == (SILENT, LAST.year):
            continue
        profile = profiles_of([unit.pk], Period(year).end)[unit.pk]
        for indicator in inputs:
            if not asks(indicator, profile) or lots.random() < 0.03:
                continue
            value = figures[indicator.code]
            answer = Answer.NOT_APPLICABLE if value is None else Answer.VALUE
            yield Entry(unit, indicator, Period(year), answer, value)


def _figures(
    code: str, before: Figures, inputs: list[Indicator], lots: random.Random, *, is_broken: bool
) -> Figures:
    found: Figures = {}
    for indicator in inputs:
        whole = Decimal(lots.randint(0, 999))
        found[indicator.code] = whole + Decimal(lots.randint(0, 9)).scaleb(-indicator.decimals)
        if not indicator.decimals:
            found[indicator.code] = whole
        if lots.random() < 0.02:
            found[indicator.code] = None
    households = 400 + sum(map(ord, code)) + lots.randint(0, 30)
    for line, size in zip(LINES, (households, households * 5), strict=True):
        found[f"total_{line}"] = Decimal(size)
        found[f"opening_total_{line}"] = before.get(f"total_{line}") or Decimal(size)
        movement = {key: Decimal(lots.randint(0, size // 40)) for key in _between(line)}
        found |= movement
        for subject, share in zip(SUBJECTS, (3, 6), strict=True):
            stock = f"{subject}_{line}"
            start = None if is_broken else before.get(stock)
            found |= _movement(subject, line, start or Decimal(size // share), movement, lots)
        if code == UNBALANCED:
            found[f"poor_{line}"] = Decimal(7)
    return found


def _between(line: str) -> tuple[str, str]:
    return f"{line}_poor_to_near_poor", f"{line}_near_poor_to_poor"


def _movement(
    subject: str, line: str, start: Decimal, between: Mapping[str, Decimal], lots: random.Random
) -> Figures:
    """From the start to the end of a year, by the official balance of the subject."""
    to_near, to_poor = (between[name] for name in _between(line))
    back, new, inward, outward = (Decimal(lots.randint(0, 9)) for _ in range(4))
    out = Decimal(lots.randint(10, 40))
    is_poor = subject == SUBJECTS[0]
    out += to_near if is_poor else 0
    fell, risen = (0, to_poor) if is_poor else (to_poor, to_near)
    end = start - out - fell + back + new + risen + inward - outward
    return {
        f"opening_{subject}_{line}": start,
        f"escaped_{subject}_{line}": out,
        f"relapsed_{subject}_{line}": back,
        f"newly_{subject}_{line}": new,
        f"{subject}_other_in_{line}": inward,
        f"{subject}_other_out_{line}": outward,
        f"{subject}_{line}": max(end, Decimal(0)),
    }


def _assigned() -> Milestones:
    """Give communes their yearly cuts and amounts, the district its money; kept by the plan."""
    plan = Plan.objects.get(code=PLAN)
    years = range(2021, 2026)
    cut, value = PlannedMeasure.CHANGE_POINTS, PlannedMeasure.VALUE
    wanted: list[tuple[str, int, str]] = [
        *((code, year, cut) for code in ("poverty_rate", "near_poor_rate") for year in years),
        *(
            (code, year, value)
            for code in (
                "vocational_trainees",
                "jobs_added",
                "houses_built_or_repaired",
                "hygienic_latrines_built",
            )
            for year in years
        ),
        ("health_insurance_coverage", 2024, value),
        ("standard_housing_rate", 2025, value),
    ]
    money = [
        (code, year, value)
        for code in ("funding_need_total", "funding_need_credit", "funding_need_state_budget")
        for year in years
    ]
    found: Milestones = {}
    for unit_code in _units():
        unit = Unit.objects.named(unit_code, on=LAST.end)
        if unit is None or unit_code in OTHERS:
            continue
        lots = random.Random(unit_code)
        for code, year, measure in money if unit_code == DISTRICT else wanted:
            if lots.random() < 0.1 and year != LAST.year:
                continue
            amount = Decimal(lots.randint(1, 99)) / (10 if measure == cut else 1)
            Milestone.objects.create(
                plan=plan,
                unit=unit,
                indicator=Indicator.objects.get(code=code),
                period=Period(year).code,
                measure=measure,
                value=amount,
            )
            found[unit_code, code, year, measure] = amount
    return found
