"""Many people at once, on PostgreSQL: real threads, each with its own connection.

Source: design, Ideas 5 (nothing typed is lost) and 6 (derived numbers are current or say so).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection

from communes.enums import Role
from communes.models import Official, Unit
from indicators.cells import read
from indicators.enums import Answer, Stage
from indicators.models import Indicator, Recompute, Result, Rollup
from indicators.periods import Period
from indicators.recording import Entry, import_results, record_results
from indicators.rollups import drain, queue
from indicators.rollups.statements import Place
from povertyplan.lib.errors import DomainError, VersionConflict
from reports.models import Report
from reports.workflow import endorse, request_change, return_report, save_draft, submit
from tests import builders
from tests.builders import Y2024, Catalogue, Places, filled, official
from tests.rolled import part_of, rolled

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]

D = Decimal
PATIENCE = 60
"""Seconds after which a thread counts as stuck."""


@pytest.fixture(autouse=True)
def on_postgresql(transactional_db: None) -> None:
    if connection.vendor != "postgresql":
        pytest.fail("DATABASE_URL names no PostgreSQL; `make test` sets it")


@pytest.fixture(autouse=True)
def drain_in_the_open(monkeypatch: pytest.MonkeyPatch) -> None:
    """Drain in the writer's thread after its commit, and let it hear of any error."""
    monkeypatch.setattr("indicators.recording.soon", drain)


def together(*calls: Callable[[], Any]) -> list[Any]:
    """Make the calls at the same moment, each in a thread; what each returned or raised."""
    barrier = threading.Barrier(len(calls))

    def run(call: Callable[[], Any]) -> Any:
        try:
            barrier.wait(PATIENCE)
            return call()
        except Exception as error:  # noqa: BLE001  # the test looks at it
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as pool:
        futures: list[Future[Any]] = [pool.submit(run, call) for call in calls]
        return [future.result(PATIENCE) for future in futures]


def errors(results: list[Any]) -> list[Exception]:
    return [result for result in results if isinstance(result, Exception)]


@pytest.fixture
def communes(places: Places) -> list[Unit]:
    """Sixteen communes of one district."""
    return [
        builders.unit(f"903{number:02}", f"Xã Số {number:02}", "commune", places.district)
        for number in range(16)
    ]


@pytest.fixture
def drainers() -> Iterator[Callable[[], list[Exception]]]:
    """Three workers that drain without a pause; the call stops them and gives their errors."""
    stop, found = threading.Event(), []

    def work() -> None:
        try:
            while not stop.is_set():
                drain()
        except Exception as error:  # noqa: BLE001  # the test looks at it
            found.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()

    def finish() -> list[Exception]:
        stop.set()
        for thread in threads:
            thread.join(PATIENCE)
        assert not any(thread.is_alive() for thread in threads)
        return found

    yield finish
    finish()


def assert_rollups_equal_the_facts(*above: Unit) -> None:
    """Every sum of `above`, and of each unit that told something, against its facts."""
    drain()
    assert not Recompute.objects.exists()
    facts = list(Result.objects.select_related("unit"))
    inputs = set(Indicator.objects.inputs().values_list("pk", flat=True))
    for unit in {*above, *(fact.unit for fact in facts)}:
        inside = set(Unit.objects.below(unit, include_self=True).values_list("pk", flat=True))
        for stage, layer in (("provisional", "submitted"), ("official", "approved")):
            told: dict[int, list[Decimal]] = {}
            for fact in facts:
                if fact.unit_id in inside and getattr(fact, f"{layer}_answer") == Answer.VALUE:
                    told.setdefault(fact.indicator_id, []).append(getattr(fact, f"{layer}_value"))
            row = Rollup.objects.filter(unit=unit, stage=stage).first()
            parts = {pk: cell.part for pk, cell in read(row.cells).items()} if row else {}
            summed = {pk: (parts[pk].total, parts[pk].reported) for pk in parts if pk in inputs}
            assert summed == {pk: (sum(found), len(found)) for pk, found in told.items()}, unit


# -- sums -----------------------------------------------------------------------------------------


def test_sixteen_submitters_of_one_district_add_up(
    places: Places,
    catalogue: Catalogue,
    communes: list[Unit],
    drainers: Callable[[], list[Exception]],
) -> None:
    def send(unit: Unit, by: Official, number: int) -> None:
        entries = filled(unit, catalogue, households=str(100 + number))
        save_draft(unit=unit, period=Y2024, entries=entries, by=by)
        submit(unit=unit, period=Y2024, by=by)

    officers = [official(f"can.bo.{unit.code}", unit) for unit in communes]

    sent = together(
        *(
            lambda unit=unit, by=by, number=number: send(unit, by, number)  # type: ignore[misc]
            for number, (unit, by) in enumerate(zip(communes, officers, strict=True))
        )
    )

    assert (errors(sent), drainers()) == ([], [])
    assert_rollups_equal_the_facts(places.district, places.province)
    total = part_of(places.province, catalogue.households, Stage.PROVISIONAL)
    assert total
    assert (total.total, total.reported) == (16 * 100 + 120, 16)


def test_edits_of_all_units_at_once_over_and_over_add_up(
    places: Places,
    catalogue: Catalogue,
    communes: list[Unit],
    drainers: Callable[[], list[Exception]],
) -> None:
    """Each commune corrects its figures five times while the sums are being made."""

    def correct(unit: Unit, number: int) -> None:
        for again in range(5):
            stage = Stage.OFFICIAL if again % 2 else Stage.PROVISIONAL
            entries = filled(unit, catalogue, poor=str(number * 10 + again))
            import_results(entries, stage=stage)

    done = together(
        *(
            lambda unit=unit, number=number: correct(unit, number)  # type: ignore[misc]
            for number, unit in enumerate(communes)
        )
    )

    assert (errors(done), drainers()) == ([], [])
    assert_rollups_equal_the_facts(places.district, places.province)


def test_reviewers_and_officers_at_work_together_add_up(
    places: Places,
    catalogue: Catalogue,
    communes: list[Unit],
    drainers: Callable[[], list[Exception]],
) -> None:
    """Returned, sent again and endorsed by two tiers, unit by unit, all units at once."""
    reviewers = builders.staff(places)

    def whole_way(unit: Unit, by: Official) -> None:
        def fresh(person: Official) -> Official:
            return Official.objects.get(pk=person.pk)

        save_draft(unit=unit, period=Y2024, entries=filled(unit, catalogue), by=by)
        report = submit(unit=unit, period=Y2024, by=by)
        district, province = fresh(reviewers.district), fresh(reviewers.province)
        request_change(report=report, indicator=catalogue.poor, body="Xem lại", by=district)
        return_report(report=report, by=district)
        changed = filled(unit, catalogue, escaped="9", poor="12")
        save_draft(unit=unit, period=Y2024, entries=changed, by=by)
        report = endorse(report=submit(unit=unit, period=Y2024, by=by), by=district)
        endorse(report=report, by=province)

    officers = [official(f"can.bo.{unit.code}", unit) for unit in communes[:8]]
    done = together(
        *(
            lambda unit=unit, by=by: whole_way(unit, by)  # type: ignore[misc]
            for unit, by in zip(communes, officers, strict=False)
        )
    )

    assert (errors(done), drainers()) == ([], [])
    assert_rollups_equal_the_facts(places.district, places.province)
    assert set(Report.objects.values_list("state", flat=True)) == {"approved"}


def test_mark_written_while_its_unit_is_being_summed_is_not_lost(
    places: Places, catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sum is made, its mark not yet deleted, when a newer figure arrives."""
    monkeypatch.setattr("indicators.recording.soon", lambda: None)
    import_results(filled(places.first, catalogue, poor="13"), stage=Stage.PROVISIONAL)
    summed, written = threading.Event(), threading.Event()
    real = queue._recompute

    def recompute(units: list[Place], *more: Any) -> Any:
        found = real(units, *more)
        if places.first.pk in [unit.pk for unit in units] and not summed.is_set():
            summed.set()
            assert written.wait(PATIENCE)
        return found

    def write() -> None:
        assert summed.wait(PATIENCE)
        import_results(filled(places.first, catalogue, poor="14"), stage=Stage.PROVISIONAL)
        written.set()

    monkeypatch.setattr(queue, "_recompute", recompute)
    assert errors(together(drain, write)) == []

    assert not Recompute.objects.exists()
    poor = [row for row in rolled(stage=Stage.PROVISIONAL) if row.indicator == "poor"]
    assert {row.unit: row.part.total for row in poor} == {"90102": 14, "901": 14, "90": 14}


def test_older_sum_never_overwrites_a_newer_one(
    places: Places, catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker stops for breath after reading; another starts on the same unit with newer facts."""
    monkeypatch.setattr("indicators.recording.soon", lambda: None)
    import_results(filled(places.first, catalogue, poor="13"), stage=Stage.PROVISIONAL)
    done, go_on = threading.Event(), threading.Event()
    real = queue.of_units

    def of_units(units: list[Place], *more: Any) -> Any:
        found = real(units, *more)
        if places.first.pk in [unit.pk for unit in units] and not done.is_set():
            done.set()
            go_on.wait(3)  # the other worker, if it is let through, is done by then
        return found

    def newer() -> None:
        assert done.wait(PATIENCE)
        import_results(filled(places.first, catalogue, poor="14"), stage=Stage.PROVISIONAL)
        drain()
        go_on.set()

    monkeypatch.setattr(queue, "of_units", of_units)
    assert errors(together(drain, newer)) == []

    assert_rollups_equal_the_facts(places.district, places.province)


# -- two people, one form -------------------------------------------------------------------------


@pytest.mark.parametrize("year", range(2019, 2024))
def test_officers_who_open_the_first_draft_at_once_share_one_report(
    places: Places, catalogue: Catalogue, year: int
) -> None:
    period = Period(year)
    officers = [official(f"can.bo.{number}", places.first) for number in range(5)]
    cells = filled(places.first, catalogue)

    saved = together(
        *(
            lambda by=by, cell=cell: save_draft(  # type: ignore[misc]
                unit=places.first,
                period=period,
                entries=[Entry(cell.unit, cell.indicator, period, cell.answer, cell.value)],
                by=by,
            )
            for by, cell in zip(officers, cells, strict=True)
        )
    )

    assert errors(saved) == []
    assert Report.objects.filter(unit=places.first).count() == 1
    assert set(Result.objects.values_list("indicator__code", "value")) == {
        (code, D(number)) for code, number in builders.FILLED.items()
    }


@pytest.mark.parametrize("version", [0, 1])
@pytest.mark.parametrize("by_form", [True, False])
@pytest.mark.parametrize("attempt", range(3))
def test_one_of_two_conflicting_edits_wins_and_the_other_is_shown_both(
    places: Places, catalogue: Catalogue, version: int, by_form: bool, attempt: int
) -> None:
    """Both read the same version: of a figure that is there, or of none yet.

    By the form, whose return is locked first, and straight by the one way in for a fact.
    """
    first, second = (official(name, places.first) for name in ("mot", "hai"))

    def entry(number: str, version: int | None) -> Entry:
        return Entry(places.first, catalogue.poor, Y2024, Answer.VALUE, D(number), version=version)

    if version:
        record_results([entry("10", 0)], by=first)

    def save(number: str, by: Official) -> list[Result]:
        edit = [entry(number, version)]
        if by_form:
            return save_draft(unit=places.first, period=Y2024, entries=edit, by=by)
        return record_results(edit, by=by)

    results = together(lambda: save("11", first), lambda: save("12", second))

    (error,) = errors(results)
    (won,) = (result[0].value for result in results if result is not error)
    lost = D(23) - won
    assert isinstance(error, VersionConflict)
    assert f"Số đang lưu: {won}; số của đồng chí: {lost}." in str(error)
    fact = Result.objects.get()
    assert (fact.value, fact.version) == (won, version + 1)
    assert fact.history.count() == version + 1


def test_step_taken_twice_at_once_is_taken_once(places: Places, catalogue: Catalogue) -> None:
    """A double click, or two reviewers of one office: the second is told, nothing runs twice."""
    staff = builders.staff(places)
    entries = filled(places.first, catalogue)
    save_draft(unit=places.first, period=Y2024, entries=entries, by=staff.officer)
    second = official("duyet.huyen.hai", places.district, Role.REVIEWER)

    def send() -> Report:
        return submit(unit=places.first, period=Y2024, by=staff.officer)

    def pass_on(by: Official) -> Report:
        return endorse(report=Report.objects.get(), by=by)

    for calls in ([send] * 2, [lambda: pass_on(staff.district), lambda: pass_on(second)]):
        (error,) = errors(together(*calls))
        assert isinstance(error, DomainError)

    report = Report.objects.get()
    assert (report.state, report.round) == ("endorsed", 1)
    assert [event.step for event in report.events.all()] == ["submit", "endorse"]


@pytest.mark.parametrize("is_import", [False, True])
def test_first_figures_told_at_once_end_as_one_of_the_two(
    places: Places, catalogue: Catalogue, communes: list[Unit], is_import: bool
) -> None:
    """Below the workflow, where nothing is locked because nothing is there yet.

    Without a version the later overwrites the earlier whole, as if it had come a second after.
    """

    def write(units: list[Unit], indicators: list[Indicator], number: str) -> None:
        entries = [
            Entry(unit, indicator, Y2024, Answer.VALUE, D(number))
            for unit in units
            for indicator in indicators
        ]
        if is_import:
            import_results(entries, stage=Stage.PROVISIONAL)
        else:
            record_results(entries, by=None)

    results = together(
        lambda: write(communes, catalogue.inputs, "1"),
        lambda: write(communes[::-1], catalogue.inputs[::-1], "2"),
    )

    assert errors(results) == []
    assert Result.objects.count() == 16 * 5
    assert Result.objects.values("value").distinct().count() == 1


def test_files_over_the_same_cells_in_opposite_order_do_not_lock_each_other_out(
    places: Places, catalogue: Catalogue, communes: list[Unit]
) -> None:
    entries = [entry for unit in communes for entry in filled(unit, catalogue)]
    import_results(entries, stage=Stage.PROVISIONAL)

    def load(rows: list[Entry], number: int) -> None:
        for again in range(4):
            value = D(number + again)
            import_results(
                [Entry(row.unit, row.indicator, Y2024, row.answer, value) for row in rows],
                stage=Stage.PROVISIONAL,
            )

    results = together(
        lambda: load(entries, 100), lambda: load(entries[::-1], 200), lambda: load(entries, 300)
    )

    assert errors(results) == []
    assert_rollups_equal_the_facts(places.district, places.province)
