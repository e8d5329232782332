"""The measuring functions of `make bench` at a miniature size, so that they keep working."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.db import connection

from bench import databases, every_page, incremental, pages, plain, plans, returns
from bench.district import district
from bench.table import Goal, Section
from bench.timing import interleaved
from communes.models import Unit
from indicators.enums import Stage
from indicators.figures import figures
from indicators.models import Recompute, Result
from indicators.rollups import drain
from tests import builders
from tests.builders import Y2024, Catalogue


def test_line_says_the_middle_the_range_and_whether_the_goals_are_met() -> None:
    section = Section("Thời gian")
    section.add("a / b", [4.0, 2.0, 3.0], "3 s / 1 s", Goal(firm=3, ambitious=1))
    section.add("c / d", [0.5, 0.5], goal=Goal(firm=0.4, ambitious=0.5, at_least=True))

    lines = str(section).splitlines()
    assert lines[-2] == "| a / b | 3 [2..4] | 3 | 3 s / 1 s | ≤ 3 / ≤ 1 | ✓ ✗ |"
    assert lines[-1] == "| c / d | 0.5 [0.5..0.5] | 2 |  | ≥ 0.4 / ≥ 0.5 | ✓ ✓ |"


def test_every_round_runs_every_variant_and_each_goes_first_in_turn() -> None:
    order: list[str] = []

    def run(name: str) -> float:
        order.append(name)
        return float(len(order))

    found = interleaved({"a": lambda: run("a"), "b": lambda: run("b")}, rounds=3)

    assert "".join(order) == "abbaab"
    assert found == {"a": [1.0, 4.0, 5.0], "b": [2.0, 3.0, 6.0]}


def test_data_is_made_anew_when_what_makes_it_has_changed(
    tmp_path: Path, settings: LazySettings
) -> None:
    folder = tmp_path / "reports" / "sample_country"
    folder.mkdir(parents=True)
    settings.BASE_DIR = tmp_path
    stamps = [databases.stamp(1), databases.stamp(2)]
    (folder / "figures.py").write_text("SPREAD = 0.5")
    stamps.append(databases.stamp(1))

    assert len(set(stamps)) == 3


# -- what every page costs ---------------------------------------------------------------------


def test_pages_cost_the_same_with_two_communes_and_with_five(db: None) -> None:
    """On the shipped catalogue: the pages whose rows are communes."""
    names = {"overview of the district", "dashboard", "tracker", "sent again, the changes"}
    wanted = [page for page in every_page.pages() if page.name in names]
    found = every_page.measure(district(), (2, 5), wanted)

    assert every_page.growing(found) == []
    assert found.keys() == names
    for costs in found.values():
        assert costs[2].elements < costs[5].elements  # a row more for each
    assert all(costs[5].again for costs in found.values())


def test_page_that_costs_more_with_more_communes_is_named() -> None:
    cost = every_page.Cost(10, 1000, 300, 50, again=(5, 200))
    more = every_page.Cost(11, 1000, 300, 50, again=(5, 200))
    later = every_page.Cost(10, 1000, 300, 50, again=(6, 200))

    found = {
        "same": {1: cost, 19: cost, 150: cost},
        "several beside each other": {1: cost, 19: more, 150: more},
        "a query a row": {1: cost, 19: cost, 150: more},
        "its 304": {1: cost, 19: cost, 150: later},
        "one costs most": {1: more, 19: cost, 150: cost},
    }
    assert every_page.growing(found) == ["a query a row", "its 304", "one costs most"]


def test_tables_replace_those_between_the_marks_and_nothing_else() -> None:
    text = f"Trước\n{every_page.BEGIN}\ncũ\n{every_page.END}\nSau\n"

    written = every_page.written(text, "mới")
    assert written == f"Trước\n{every_page.BEGIN}\n\nmới\n\n{every_page.END}\nSau\n"
    assert every_page.written(written, "mới") == written


# -- on PostgreSQL ----------------------------------------------------------------------------


@pytest.fixture
def country(transactional_db: None, catalogue: Catalogue) -> Catalogue:
    """A nation of two communes that have told two figures of 2024, added up."""
    if connection.vendor != "postgresql":
        pytest.fail("DATABASE_URL names no PostgreSQL; `make test` sets it")
    above = None
    for code, name, tier in (
        ("M", "Cả nước (mẫu)", "nation"),
        ("M01", "Tỉnh mẫu 01", "province"),
        ("M0101", "Huyện mẫu 01-01", "district"),
    ):
        above = builders.unit(code, name, tier, above)
    for number, poor in ((1, "10"), (2, "20")):
        place = builders.unit(f"M01010{number}", f"Xã mẫu 01-01-0{number}", "commune", above)
        builders.told(
            place,
            {catalogue.households: "100", catalogue.poor: poor},
            stage=Stage.OFFICIAL,
            is_sample=True,
        )
    drain()
    return catalogue


def nation() -> Unit:
    return Unit.objects.get(code="M")


@pytest.mark.postgres
@pytest.mark.parametrize("statements", [plain.BOTTOM_UP, plain.CLOSURE])
def test_plain_sql_adds_up_what_the_rollups_do(
    country: Catalogue, statements: tuple[str, ...]
) -> None:
    assert plain.scan() > 0
    assert plain.plain_sql(statements) > 0

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT provisional, official_units FROM bench_scratch "
            "WHERE unit_id = %s AND indicator_id = %s",
            [nation().pk, country.poor.pk],
        )
        assert cursor.fetchall() == [(Decimal(30), 2)]
        cursor.execute("SELECT count(*) FROM bench_scratch")
        assert cursor.fetchone() == (3 * 2,)
    plain.drop_scratch()


@pytest.mark.postgres
@pytest.mark.parametrize(
    "save",
    [returns.update_and_mark, returns.record, returns.record_each],
    ids=lambda row: row.__name__,
)
def test_every_way_of_saving_changes_the_nation_once_drained(
    country: Catalogue, save: returns.Save, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("indicators.recording.soon", lambda: None)
    for one in returns.communes(2):
        save(one)
    assert Recompute.objects.count() == 2
    drain()

    facts = Result.objects.filter(indicator=country.poor)
    total = sum(fact.submitted_value or Decimal(0) for fact in facts)
    found = figures([nation()], [country.poor], [Y2024], Stage.OFFICIAL)
    assert found[nation().pk, country.poor.pk, "2024"].value == total
    assert total != 30


@pytest.mark.postgres
def test_batch_waits_drains_and_counts_its_statements(country: Catalogue) -> None:
    returns.touch(returns.units())
    assert Recompute.objects.count() == 2
    assert incremental.statements(drain) > 3
    assert not Recompute.objects.exists()


@pytest.mark.postgres
def test_plans_are_those_of_the_drain_and_leave_its_result_alone(country: Catalogue) -> None:
    text = plans.explained()

    assert not Recompute.objects.exists()
    assert "indicators_recompute" in text
    assert "Execution Time" in text
    poor = Result.objects.filter(indicator=country.poor).values_list("submitted_value", flat=True)
    found = figures([nation()], [country.poor], [Y2024], Stage.OFFICIAL)
    assert found[nation().pk, country.poor.pk, "2024"].value == sum(poor)


@pytest.mark.postgres
def test_pages_are_served_to_the_account_of_the_bench(country: Catalogue) -> None:
    cookie = pages.session(nation())
    with pages.served() as server:
        assert server.ask("/empty/").status == 200
        assert server.ask("/so-lieu/M/2024/").status == 302
        assert server.rate("/so-lieu/M/2024/", 4, cookie) > 0
