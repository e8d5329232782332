"""All tables of a place in one file: made once, whole, and only for who may have it."""

from __future__ import annotations

import zipfile
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.http import Http404
from django.test import Client
from django.utils import timezone

from communes.enums import Role
from communes.models import Official, Post
from indicators.rollups import drain
from povertyplan.lib.errors import DomainError
from reports.annexes import making
from reports.annexes.batches import ask_batch, cancel_batch, file_of
from reports.annexes.making import make_batch
from reports.enums import BatchState
from reports.models import AnnexBatch
from tests import builders
from tests.builders import Y2024, Places, told
from tests.reports import annex_forms


class Job:
    """A district with a plan, a table in two variants and a reviewer."""

    def __init__(self, places: Places) -> None:
        self.places, self.measured = places, annex_forms.measured()
        annex_forms.annex(annex_forms.plan(places.district))
        self.reviewer = builders.official("duyet", places.district, Role.REVIEWER)
        self.tell("2")

    def tell(self, poor: str) -> None:
        told(self.places.first, self.measured.values("3", "9", poor))
        drain()

    def ask(self, tier: str = "", by: Official | None = None) -> AnnexBatch:
        unit = self.places.district
        return ask_batch(
            unit=unit, period=Y2024, stage="provisional", plan=None, tier=tier,
            by=by or self.reviewer,
        )  # fmt: skip


@pytest.fixture
def job(places: Places, settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Job:
    settings.MEDIA_ROOT = tmp_path
    quick = [(".xlsx", b"x"), (".pdf", b"p")]

    def maker(ending: str, content: bytes) -> Any:
        return lambda code, _unit, _period, _stage, variant, _by: (
            f"bieu-{code}-{variant}{ending}",
            content,
        )

    monkeypatch.setattr(making, "MAKERS", tuple(maker(*one) for one in quick))
    return Job(places)


def inside(batch: AnnexBatch) -> list[str]:
    batch.refresh_from_db()
    path = file_of(batch)
    assert path is not None, batch.problems
    with zipfile.ZipFile(path) as packed:
        assert packed.testzip() is None
        return packed.namelist()


ALL = ["bieu-thu-year.xlsx", "bieu-thu-year.pdf", "bieu-thu-period.xlsx", "bieu-thu-period.pdf"]


def test_file_holds_every_variant_twice(job: Job) -> None:
    batch = job.ask()

    assert make_batch(batch.pk)
    assert inside(batch) == ALL
    assert (batch.done, batch.total, batch.state) == (2, 2, BatchState.DONE)


def test_same_request_gives_the_same_file_until_a_figure_changes(job: Job) -> None:
    first = job.ask()
    assert job.ask() == first  # under way already
    make_batch(first.pk)
    assert job.ask() == first

    job.tell("1")
    second = job.ask()
    assert (second.pk != first.pk, second.number) == (True, 2)


def test_run_that_was_stopped_leaves_nothing(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    batch = job.ask()

    def stop(*_args: object) -> tuple[str, bytes]:
        cancel_batch(batch=batch, by=job.reviewer)
        return "a.xlsx", b"x"

    monkeypatch.setattr(making, "MAKERS", (stop,))
    assert not make_batch(batch.pk)
    batch.refresh_from_db()
    assert batch.state == BatchState.CANCELLED
    assert list(making.folder().iterdir()) == []


def test_killed_run_is_taken_up_only_once_it_is_dead(job: Job) -> None:
    batch = job.ask()
    rows = AnnexBatch.objects.filter(pk=batch.pk)
    rows.update(state=BatchState.RUNNING, worker="a", beat_at=timezone.now())
    assert not make_batch(batch.pk)  # sent again while the first lives

    rows.update(beat_at=timezone.now() - timedelta(hours=1))
    assert make_batch(batch.pk)
    assert not make_batch(batch.pk)
    assert inside(batch) == ALL


def test_failing_table_is_a_line_of_the_list(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_args: object) -> tuple[str, bytes]:
        raise DomainError("Biểu dài quá")

    monkeypatch.setattr(making, "MAKERS", (*making.MAKERS[:1], fails))
    batch = job.ask()
    assert make_batch(batch.pk)

    assert inside(batch) == [ALL[0], ALL[2], making.LIST_NAME]
    path = file_of(batch)
    assert path is not None
    with zipfile.ZipFile(path) as packed:
        assert "Biểu dài quá" in packed.read(making.LIST_NAME).decode("utf-8-sig")
        assert packed.getinfo(making.LIST_NAME).flag_bits & 0x800


def test_hostile_names_stay_inside(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    job.places.first.name = "../../x\x07\\y"
    job.places.first.save()
    monkeypatch.setattr(making, "MAKERS", (lambda *_args: ("../../../a\x00b.xlsx", b"x"),))
    monkeypatch.setattr(making, "offers", lambda unit, _span: making_offers(unit))
    batch = job.ask("commune")
    make_batch(batch.pk)

    for name in inside(batch):
        assert all(
            part.replace("-", "").isalnum() for part in name.removesuffix(".xlsx").split("/")
        )
        assert name.count("/") == 1


def making_offers(_unit: object) -> list[Any]:
    from reports.annexes.build import Offer  # noqa: PLC0415
    from reports.models import Annex  # noqa: PLC0415

    return [Offer(Annex.objects.get(), "", ("year",))]


def with_tables(monkeypatch: pytest.MonkeyPatch, count: int) -> None:
    """Every unit has so many tables."""
    variants = tuple(f"dang-{number}" for number in range(count))
    offer = replace(making_offers(None)[0], variants=variants)
    monkeypatch.setattr(making, "offers", lambda _unit, _span: [offer])


def test_district_with_every_table_of_its_communes_fits_one_file(
    job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_tables(monkeypatch, 102)

    assert job.ask("commune").total == 306  # as many as Bắc Hà has in 2024


def test_file_of_more_than_a_worker_does_in_time_is_refused(
    job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_tables(monkeypatch, 1001)

    with pytest.raises(DomainError, match="1001 biểu, nhiều hơn mức 1000"):
        job.ask()


def test_who_sees_the_unit_alone_gets_no_units_below(job: Job) -> None:
    officer = builders.official("thong.ke", job.places.district, Role.OFFICER)
    with pytest.raises(DomainError):
        job.ask("commune", by=officer)


def test_stranger_gets_nothing_and_an_ended_post_ends_the_job(job: Job) -> None:
    stranger = builders.official("la", builders.unit("902", "Huyện Khác", "district"))
    with pytest.raises(Http404):
        job.ask(by=stranger)

    batch = job.ask()
    Post.objects.filter(official=job.reviewer).delete()
    assert not make_batch(batch.pk)
    batch.refresh_from_db()
    assert batch.state == BatchState.FAILED


def test_file_is_handed_to_who_may_see_the_unit(job: Job, client: Client) -> None:
    batch = job.ask()
    make_batch(batch.pk)
    client.force_login(job.reviewer)
    answer = client.get(f"/tat-ca-bieu/{batch.pk}/tep.zip")
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/zip")
    assert b"".join(answer)
    page = client.get(f"/bieu/{job.places.district.code}/2024/")
    assert "số liệu chưa đổi" in page.content.decode()

    client.force_login(builders.official("la", builders.unit("902", "Huyện Khác", "district")))
    assert client.get(f"/tat-ca-bieu/{batch.pk}/tep.zip").status_code == 404


def test_box_asks_for_itself_only_while_work_goes_on(job: Job, client: Client) -> None:
    client.force_login(job.reviewer)
    address = f"/bieu/{job.places.district.code}/2024/tat-ca/"
    assert client.post(address, {"stage": "provisional"}).status_code == 302
    assert "every 2s" in client.get(address).content.decode()
    make_batch(AnnexBatch.objects.get().pk)
    assert "every 2s" not in client.get(address).content.decode()


def test_file_goes_after_a_week(job: Job) -> None:
    batch = job.ask()
    make_batch(batch.pk)
    assert making.drop_old_batches() == 0
    AnnexBatch.objects.update(finished_at=timezone.now() - timedelta(days=8))
    assert making.drop_old_batches() == 1
    assert list(making.folder().iterdir()) == []
