"""The demo's sample keeps the rules that real returns must keep, and bears every promise."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal

import pytest
import yaml
from django.conf import LazySettings
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db.models import Max, Sum

from communes.models import Unit
from indicators.asking import Profile, asks, profiles_of
from indicators.checks import check, rules_for
from indicators.enums import Answer, Severity, Stage
from indicators.models import Indicator, Recompute, Result, ValidationRule
from indicators.periods import Period
from indicators.recording import Entry, import_results, value_problem
from indicators.rollups import Catalogue, drain
from plans.assessment import assess
from plans.enums import TargetComparator
from plans.models import Amendment, Milestone, Target
from reports import sample
from reports.models import RegisterEntry, Report, ReportEvent
from reports.returns import return_of
from reports.review.editions import editions_of
from reports.sample import DATA, TABLES, load_demo

Cell = tuple[str, int]
"""(GSO code, year)"""

MERGED_IN_2024 = "02839"
"""Took over Tà Chải on 1 November 2024, so its opening is the sum of two closings."""

NAMED = {"02737", "02791", "02863"}
"""Pa Cheo, La Pan Tẩn, Hoàng Thu Phố: whose results a document states."""

A_FEW = {"02842", "02863", "02893", "19870", "085", "44"}
"""A commune that has sent its 2024 return, one that has not, one with a draft; all the tiers."""

LEFT_EMPTY = {
    "bh-science-rooms-equipped",
    "bh-cemeteries",
    "n10-hoangthupho-worker-per-family",
    "n10-hoangthupho-telecom-access",
}
"""No figures in the promise's own years, so that "no data" shows."""


def rows() -> Iterator[tuple[Cell, dict[str, Decimal]]]:
    for name in TABLES:
        with (DATA / name).open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                cell = row.pop("unit_code"), int(row.pop("period"))
                yield cell, {code: Decimal(text) for code, text in row.items() if text}


@pytest.fixture
def table() -> dict[Cell, dict[str, Decimal]]:
    """What each unit says of each year, the tables put together."""
    found: dict[Cell, dict[str, Decimal]] = defaultdict(dict)
    for cell, figures in rows():
        found[cell] |= figures
    return dict(found)


def before(table: dict[Cell, dict[str, Decimal]], unit: str, year: int) -> dict[str, Decimal]:
    """The figures of the year before; for the merged unit the sum over the two."""
    found = table.get((unit, year - 1), {})
    if (unit, year) == (MERGED_IN_2024, 2024):
        other = table["02872", 2023]
        return {code: value + other.get(code, Decimal(0)) for code, value in found.items()}
    return found


def only(monkeypatch: pytest.MonkeyPatch, codes: set[str]) -> None:
    """Leave only these units in the sample: the whole of it takes a minute to load."""
    whole = sample._rows
    monkeypatch.setattr(
        sample, "_rows", lambda: (row for row in whole() if row["unit_code"] in codes)
    )


@pytest.fixture
def demo(settings: LazySettings, db: None) -> None:
    settings.DEMO_MODE = True
    call_command("load_catalogue", verbosity=0)


def test_sample_returns_hold_every_rule_that_blocks(
    demo: None, table: dict[Cell, dict[str, Decimal]]
) -> None:
    rules: dict[tuple[str, bool, int], list[ValidationRule]] = {}
    broken = []
    checked = 0
    for (code, year), figures in table.items():
        unit = Unit.objects.named(code, on=Period(year).end)
        assert unit is not None
        kind = unit.tier.code, unit.is_urban, year
        if kind not in rules:
            rules[kind] = [
                rule for rule in rules_for(unit, Period(year)) if rule.severity == Severity.ERROR
            ]
        values = {(name, 0): value for name, value in figures.items()}
        values |= {(name, -1): value for name, value in before(table, code, year).items()}
        checked += len(rules[kind])
        broken += [(code, year, found.message) for found in check(rules[kind], values)]

    assert broken == []
    assert checked > 50_000


def test_sample_figures_are_asked_of_their_unit_and_admitted(
    demo: None, table: dict[Cell, dict[str, Decimal]]
) -> None:
    indicators = {row.code: row for row in Catalogue().indicators.values()}
    wrong = []
    for year in range(2020, 2025):
        day = Period(year).end
        units = {code: Unit.objects.named(code, on=day) for code, when in table if when == year}
        places = {code: unit for code, unit in units.items() if unit is not None}
        profiles: dict[int, Profile] = profiles_of([row.pk for row in places.values()], day)
        for code in units:
            wrong += [
                (code, year, name)
                for name, value in table[code, year].items()
                if value_problem(indicators[name], value)
                or not asks(indicators[name], profiles[places[code].pk])
            ]

    assert wrong == []


def test_sample_has_no_figure_of_2024_from_a_commune_that_has_sent_none() -> None:
    demo = yaml.safe_load((DATA / "demo.yaml").read_text(encoding="utf-8"))
    states = next(block for block in demo["states"] if block["period"] == "2024")["units"]
    unsent = {(code, 2024) for code in states["none"] + states["draft"]}

    with (DATA / "demo_plan_results.csv").open(encoding="utf-8", newline="") as file:
        cells = {(row["unit_code"], int(row["period"])) for row in csv.DictReader(file)}

    assert unsent == {("02863", 2024), ("02896", 2024), ("02893", 2024)}
    assert cells & unsent == set()


def test_sample_bears_every_promise_but_those_left_empty(
    demo: None, table: dict[Cell, dict[str, Decimal]]
) -> None:
    catalogue = Catalogue()
    sent = {cell: figures for cell, figures in table.items() if cell != ("02863", 2024)}
    without = set()
    for target in Target.objects.promises().exclude(plan__code="qb-kh197-2024"):
        inside = set(
            Unit.objects.below(target.unit, include_self=True).values_list("code", flat=True)
        )
        since = 2021 if target.year_from == 2025 else target.year_from
        needed = {row.code for row in catalogue.inputs_of(target.indicator)}
        if not any(
            needed <= figures.keys()
            for (code, year), figures in sent.items()
            if code in inside and since <= year <= target.year_to
        ):
            without.add(target.code)

    assert without == LEFT_EMPTY


def test_stated_results_come_out_of_the_sample(demo: None, monkeypatch: pytest.MonkeyPatch) -> None:
    only(monkeypatch, NAMED)
    load_demo()
    drain()

    stated = list(Target.objects.filter(kind="result").to_assess())
    found = {row.target.code: row for row in assess(stated, Period(2024), Stage.OFFICIAL)}

    assert len(found) == 15
    wage = found.pop("n10-hoangthupho-firm-wage")
    assert wage.target.comparator == TargetComparator.RANGE
    assert wage.actual == Decimal("11.5")
    assert {code: round(row.actual or 0, 2) for code, row in found.items()} == {
        code: row.target.value for code, row in found.items()
    }


def test_sample_figures_stand_where_their_returns_stand(
    demo: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    only(monkeypatch, A_FEW)
    load_demo()

    def stages(unit: str, code: str, year: str) -> tuple[Decimal | None, Decimal | None]:
        facts = Result.objects.filter(unit__code=unit, indicator__code=code, period=year)
        return facts.values_list("submitted_value", "approved_value").get()

    assert stages("02842", "insured_persons", "2023") == (Decimal(1870), Decimal(1870))
    assert stages("02842", "insured_persons", "2024") == (Decimal(1919), None)
    assert stages("085", "classrooms_built", "2023") == (Decimal(20), Decimal(20))
    assert stages("085", "classrooms_built", "2024") == (Decimal(16), None)
    assert stages("44", "poverty_officers", "2024") == (Decimal(171), None)
    assert stages("02893", "poor_households", "2024") == (None, None)
    # A return asks for the household review: districts and provinces have none.
    assert set(Report.objects.filter(period="2024").values_list("unit__code", "state")) == {
        ("02842", "submitted"),
        ("02893", "draft"),
    }
    assert Report.objects.get(unit__code="19870").period == "2021"
    assert not Result.objects.exclude(is_sample=True).exists()


def test_sample_returns_keep_what_they_were_sent_with(
    demo: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else the page of versions shows a sending without a figure."""
    only(monkeypatch, A_FEW)
    load_demo()

    unit = Unit.objects.named("02842", on=Period(2024).end)
    assert unit is not None
    [sent] = editions_of(unit, Period(2024))
    told = Result.objects.filter(unit=unit, period="2024").exclude(answer=Answer.MISSING)
    assert sent.total == told.count() > 20
    assert sent.told["insured_persons"] == ("1919", "")
    draft = ReportEvent.objects.filter(report__state="draft")
    assert not draft.exists()


def test_second_load_changes_nothing(demo: None, monkeypatch: pytest.MonkeyPatch) -> None:
    only(monkeypatch, A_FEW)
    first = load_demo()
    drain()
    counted = (Result.objects.count(), Report.objects.count(), Milestone.objects.count())

    second = load_demo()

    assert (first.facts, second.facts) == (Result.objects.count(), 0)
    assert (Result.objects.count(), Report.objects.count(), Milestone.objects.count()) == counted
    assert Result.objects.aggregate(last=Max("version"))["last"] == 1
    assert Amendment.objects.count() == 1
    assert not Recompute.objects.exists()


def test_database_with_the_old_sample_gets_what_it_lacks(
    demo: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    only(monkeypatch, A_FEW)
    monkeypatch.setattr(sample, "TABLES", TABLES[:1])
    load_demo()
    unit = Unit.objects.get(code="02842", parent__code="085")
    poor = Indicator.objects.get(code="poor_households")
    entry = Entry(unit, poor, Period(2023), Answer.VALUE, Decimal(150))
    import_results([entry], stage=Stage.OFFICIAL)
    facts, reports = Result.objects.count(), Report.objects.count()

    monkeypatch.setattr(sample, "TABLES", TABLES)
    loaded = load_demo()

    assert loaded.facts == Result.objects.count() - facts > 0
    assert Result.objects.get(unit=unit, indicator=poor, period="2023").value == 150
    assert Report.objects.count() == reports


def test_sample_figures_never_join_reported_ones(
    demo: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    only(monkeypatch, A_FEW)
    unit = Unit.objects.get(code="02842", parent__code="085")
    people = Indicator.objects.get(code="population")
    entry = Entry(unit, people, Period(2024), Answer.VALUE, Decimal(1900))
    import_results([entry], stage=Stage.OFFICIAL, is_sample=False)

    assert load_demo().facts == 0
    assert not Result.objects.filter(is_sample=True).exists()


def test_sample_gives_the_communes_of_a_plan_a_little_more_than_the_plan(
    demo: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    only(monkeypatch, set())
    load_demo()

    given = Milestone.objects.filter(
        indicator__code="poor_households", measure="value", period="2025"
    )
    assert given.count() == 18  # Tà Chải had joined the township
    assert given.aggregate(sum=Sum("value"))["sum"] == 1545
    assert not Milestone.objects.exclude(is_sample=True).exists()
    amended = Amendment.objects.get()
    assert amended.target.code == "bh-houses-built-or-repaired"
    assert amended.value == 1450
    assert amended.is_sample


@pytest.mark.django_db
def test_sample_is_refused_outside_demo_mode() -> None:
    with pytest.raises(CommandError, match="DEMO_MODE"):
        call_command("load_demo")


def test_sample_books_count_what_the_sample_figures_say(
    demo: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    only(monkeypatch, A_FEW)
    load_demo()
    load_demo()
    year = Period(2024)
    district = Unit.objects.get(code="085")
    commune = Unit.objects.get(code="02863", parent=district)
    told = Result.objects.get(unit=district, indicator__code="ocop_products_ge_3_star", period=year)

    counts = {
        code: row.counted.value
        for unit in (district, commune)
        for row in return_of(unit, year).inputs
        if row.counted and (code := row.indicator.code)
    }

    assert counts["ocop_products_ge_3_star"] == told.value == 7
    assert counts["houses_built"] + counts["houses_repaired"] == 8
    assert counts["houses_built_or_repaired"] == 8
    assert counts["temporary_houses_removed"] == 7
    entries = RegisterEntry.objects.all()
    assert (entries.count(), RegisterEntry.history.count()) == (23, 23)
    assert all(entry.is_sample for entry in entries)
