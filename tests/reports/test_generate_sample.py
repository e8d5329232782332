"""The made-up country: as large as asked, plainly a sample, and within the catalogue's rules."""

from __future__ import annotations

from collections import Counter, defaultdict
from decimal import Decimal
from io import StringIO
from pathlib import Path

import pytest
import time_machine
from django.conf import LazySettings
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db.models import Count, Sum

import indicators
from communes.models import Ancestry, Unit
from indicators.asking import asks, profiles_of
from indicators.checks import check, rules_for
from indicators.enums import Answer, Severity, Stage
from indicators.figures import figures
from indicators.imports import import_indicators, import_rules
from indicators.models import Indicator, Recompute, Result
from indicators.periods import Period
from indicators.recording import value_problem
from reports.sample_country import PROVINCES, Asked, generate
from reports.sample_country.layout import places_of
from tests import builders
from tests.builders import Places

Y2024 = Period(2024)
DATA = Path(indicators.__file__).parent / "data"


@pytest.fixture
def country(settings: LazySettings, db: None) -> None:
    """The catalogue that ships with the system, and no unit or figure of the sample yet."""
    settings.DEMO_MODE = True
    import_indicators(DATA / "indicators.yaml")
    import_rules(DATA / "rules.yaml")


def run(*options: str) -> str:
    told = StringIO()
    call_command("generate_sample", *options, stdout=told)
    return told.getvalue()


def samples() -> list[Unit]:
    return list(Unit.objects.filter(name__contains="mẫu").select_related("tier"))


# -- places -----------------------------------------------------------------------------------


def test_whole_country_has_the_real_number_of_units_under_codes_of_its_own() -> None:
    places = [place for number in range(1, PROVINCES + 1) for place in places_of(number)]

    tiers = Counter(str(place.tier) for place in places)
    assert tiers == {"province": 63, "district": 705, "commune": 10_600}
    assert len({place.code for place in places}) == len(places)
    assert not any(place.code.isdigit() or len(place.code) > 12 for place in places)
    assert all(" mẫu " in place.name for place in places)


def test_units_stand_in_one_tree_whose_root_is_a_nation(country: None) -> None:
    told = run("--provinces", "1", "--years", "2024", "--inputs", "2")

    units = samples()
    tiers = Counter(unit.tier.code for unit in units)
    assert tiers == {"nation": 1, "province": 1, "district": 11, "commune": 165}
    assert "Tỉnh mẫu 1/1: 177 đơn vị" in told
    root = next(unit for unit in units if unit.tier.code == "nation")
    depths = Ancestry.objects.filter(ancestor=root).values_list("depth").annotate(Count("pk"))
    assert dict(depths) == {0: 1, 1: 1, 2: 11, 3: 165}
    assert Ancestry.objects.filter(descendant__in=units).count() == 1 + 2 + 11 * 3 + 165 * 4
    assert {unit.is_urban for unit in units if unit.tier.code == "commune"} == {True, False}


# -- figures ----------------------------------------------------------------------------------


def test_figures_are_marked_asked_for_admitted_and_have_no_history(country: None) -> None:
    run("--provinces", "1", "--years", "2024", "--missing", "10", "--no-rollups")

    inputs = {row.pk: row for row in Indicator.objects.inputs()}
    profiles = profiles_of([unit.pk for unit in samples()], Y2024.end)
    facts = list(Result.objects.all())
    expected = sum(asks(row, profile) for profile in profiles.values() for row in inputs.values())
    assert 0.88 < len(facts) / expected < 0.92
    assert all(fact.is_sample for fact in facts)
    assert not Result.history.exists()
    wrong = [
        fact
        for fact in facts
        if value_problem(inputs[fact.indicator_id], fact.value)
        or not asks(inputs[fact.indicator_id], profiles[fact.unit_id])
    ]
    assert wrong == []


def test_figures_break_no_rule_that_blocks_a_return(country: None) -> None:
    run("--provinces", "1", "--years", "2023-2024", "--missing", "0", "--no-rollups")

    values: dict[tuple[int, int], dict[str, Decimal]] = defaultdict(dict)
    for unit, period, code, value in Result.objects.values_list(
        "unit", "period", "indicator__code", "value"
    ):
        values[unit, int(period)][code] = value or Decimal(0)
    units = {(unit.tier.code, unit.is_urban): unit for unit in samples()}
    rules = {
        kind: [rule for rule in rules_for(unit, Y2024) if rule.severity == Severity.ERROR]
        for kind, unit in units.items()
    }
    broken = []
    checked = 0
    for unit in samples():
        now = {(code, 0): value for code, value in values[unit.pk, 2024].items()}
        before = {(code, -1): value for code, value in values[unit.pk, 2023].items()}
        kind = unit.tier.code, unit.is_urban
        checked += len(rules[kind]) if now else 0
        broken += [(unit.name, found.message) for found in check(rules[kind], now | before)]

    assert broken == []
    assert checked > 10_000


def test_same_seed_gives_the_same_figures(country: None) -> None:
    def drawn(seed: int) -> list[Decimal | None]:
        asked = Asked(provinces=1, years=[2024], inputs=5, seed=seed)
        Result.objects.all().delete()
        Ancestry.objects.all().delete()
        for tier in ("commune", "district", "province"):
            Unit.objects.filter(name__contains="mẫu", tier__code=tier).delete()
        generate(asked)
        return list(Result.objects.order_by("pk").values_list("value", flat=True))

    first = drawn(7)
    assert drawn(7) == first
    assert drawn(8) != first


@pytest.mark.parametrize(("stage", "official"), [(Stage.PROVISIONAL, 0), (Stage.OFFICIAL, 330)])
def test_stage_says_how_far_the_figures_have_come(
    country: None, stage: Stage, official: int
) -> None:
    run("--provinces", "1", "--years", "2024", "--inputs", "2", "--missing", "0",
        "--stage", stage, "--no-rollups")  # fmt: skip

    assert Result.objects.filter(submitted_answer=Answer.VALUE).count() == 2 * 165
    assert Result.objects.filter(approved_answer=Answer.VALUE).count() == official
    assert list(Recompute.objects.values_list("unit", "period")) == [(None, "2024")]


def test_nation_adds_up_all_that_was_made(country: None) -> None:
    run("--provinces", "1", "--years", "2023-2024", "--inputs", "3")

    assert not Recompute.objects.exists()
    nation = Unit.objects.get(tier__code="nation")
    facts = Result.objects.values("indicator", "period").annotate(
        total=Sum("submitted_value"), reported=Count("pk")
    )
    periods = [Period(2023), Y2024]
    inputs = [Indicator.objects.get(pk=row["indicator"]) for row in facts.filter(period="2024")]
    found = figures([nation], inputs, periods, Stage.PROVISIONAL)
    assert len(facts) == 6
    for row in facts:
        figure = found[nation.pk, row["indicator"], row["period"]]
        assert (figure.value, figure.reported, figure.expected, figure.has_sample) == (
            row["total"],
            row["reported"],
            165,
            True,
        )


def test_second_run_adds_the_provinces_that_are_not_there_yet(country: None) -> None:
    few = ("--years", "2024", "--inputs", "1", "--missing", "0", "--no-rollups")
    run("--provinces", "1", *few)
    kept = set(Result.objects.values_list("pk", flat=True))
    told = run("--provinces", "2", *few)

    assert "Tỉnh mẫu 1/2: 0 đơn vị, 0 số liệu." in told
    assert Unit.objects.filter(tier__code="nation").count() == 1
    assert Unit.objects.filter(name__startswith="Tỉnh mẫu").count() == 2
    assert kept < set(Result.objects.values_list("pk", flat=True))
    assert Result.objects.count() == len(kept) + 165


# -- refusals ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--provinces", "0", "--years", "2024"), "cần số nguyên từ 1 đến 63"),
        (("--provinces", "64", "--years", "2024"), "cần số nguyên từ 1 đến 63"),
        (("--provinces", "1", "--years", "2024-2020"), "ví dụ 2020-2024"),
        (("--provinces", "1", "--years", "2024H1"), "ví dụ 2020-2024"),
        (("--provinces", "1", "--years", "abc"), "không phải kỳ báo cáo"),
        (("--provinces", "1", "--years", "2024", "--inputs", "0"), "từ 1 trở lên"),
        (("--provinces", "1", "--years", "2024", "--missing", "100"), "từ 0 đến dưới 100"),
        (("--provinces", "1", "--years", "2024", "--missing", "nan"), "từ 0 đến dưới 100"),
    ],
)
def test_bad_arguments_are_refused(
    db: None, settings: LazySettings, options: tuple[str, ...], said: str
) -> None:
    settings.DEMO_MODE = True
    with pytest.raises(CommandError, match=said):
        run(*options)


def test_sample_is_refused_outside_demo_mode(db: None, settings: LazySettings) -> None:
    settings.DEMO_MODE = False
    with pytest.raises(CommandError, match="DEMO_MODE=1"):
        run("--provinces", "1", "--years", "2024")


def test_sample_is_refused_without_a_catalogue(db: None, settings: LazySettings) -> None:
    settings.DEMO_MODE = True
    with pytest.raises(CommandError, match="Chạy load_catalogue trước"):
        run("--provinces", "1", "--years", "2024")


@time_machine.travel("2024-11-22")
def test_year_that_has_not_begun_is_refused(country: None) -> None:
    with pytest.raises(CommandError, match="Năm 2025 chưa bắt đầu"):
        run("--provinces", "1", "--years", "2024-2025")


def test_sample_is_refused_beside_reported_figures(
    places: Places, catalogue: builders.Catalogue, settings: LazySettings
) -> None:
    builders.told(places.first, {catalogue.households: "100"}, is_sample=False)
    settings.DEMO_MODE = True
    with pytest.raises(CommandError, match="số liệu báo cáo thật"):
        run("--provinces", "1", "--years", "2024")
    assert not samples()
