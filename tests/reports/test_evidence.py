"""Attaching files and decisions to figures, who sees them, what stays on the disk.

Source: issue 5, Evidence; design, Ideas 2, 5 and 9.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.conf import LazySettings
from django.core.exceptions import PermissionDenied
from django.core.files.storage import FileSystemStorage
from django.db import OperationalError, connection, transaction
from django.http import Http404
from django.test.utils import CaptureQueriesContext

from communes.enums import Role
from communes.models import Official
from indicators.models import Indicator
from indicators.periods import Period
from povertyplan.lib.errors import DomainError
from reports.attached import Figure, evidence_of, figure_of, file_for
from reports.attaching import attach, take_back
from reports.models import Evidence, Report
from reports.returns import return_of
from reports.workflow import endorse, reopen, request_change, return_report, save_draft, submit
from tests import builders
from tests.builders import Y2024, Catalogue, Places, Staff, filled, official
from tests.reports import evidence_files as files

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def store(settings: LazySettings, tmp_path: Path) -> Path:
    """Files of a test go to a folder of its own."""
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


@pytest.fixture
def staff(places: Places) -> Staff:
    builders.deadline(places.province)
    return builders.staff(places)


@pytest.fixture
def add(places: Places, catalogue: Catalogue, staff: Staff) -> Callable[..., Evidence]:
    """add(indicator, content=, name=, decision=, by=): attach to a figure of the first commune."""

    def one(
        indicator: Indicator | None = None,
        content: bytes | None = None,
        name: str = "quyết định.pdf",
        **more: Any,
    ) -> Evidence:
        content = files.pdf() if content is None else content
        given: dict[str, Any] = {
            "unit": places.first,
            "period": Y2024,
            "indicator": indicator or catalogue.poor,
            "by": staff.officer,
            "upload": files.upload(content, name),
        }
        return attach(**given | more)

    return one


def kept(store: Path) -> list[Path]:
    return [path for path in store.rglob("*") if path.is_file()]


def sent(places: Places, catalogue: Catalogue, staff: Staff) -> Report:
    save_draft(
        unit=places.first, period=Y2024, entries=filled(places.first, catalogue), by=staff.officer
    )
    return submit(unit=places.first, period=Y2024, by=staff.officer)


def returned(report: Report, catalogue: Catalogue, staff: Staff) -> Report:
    request_change(report=report, indicator=catalogue.poor, body="Đối chiếu", by=staff.district)
    return return_report(report=report, by=staff.district)


# -- what is written ------------------------------------------------------------------------------


def test_file_is_kept_under_a_name_of_its_own_with_what_it_is(
    add: Callable[..., Evidence], store: Path, places: Places
) -> None:
    made = add(name="../Quyết định 12.exe.PDF", decision=" Quyết định  12/QĐ-UBND ")

    row = Evidence.objects.get()
    assert row == made
    assert (row.name, row.content_type) == ("Quyết định 12.exe.pdf", "application/pdf")
    assert row.decision == "Quyết định 12/QĐ-UBND"
    assert row.size == len(files.pdf())
    assert row.digest == hashlib.sha256(files.pdf()).hexdigest()
    (path,) = kept(store)
    assert path.read_bytes() == files.pdf()
    assert path.parent.parent == store / "evidence"
    assert set(path.name) <= set("0123456789abcdef")
    assert len(path.name) == 32
    assert Report.objects.get().unit == places.first


def test_decision_alone_is_evidence(add: Callable[..., Evidence], store: Path) -> None:
    made = add(upload=None, decision="Quyết định 12/QĐ-UBND ngày 15/11/2024")

    assert (bool(made.file), made.size, str(made)) == (
        False,
        0,
        "Quyết định 12/QĐ-UBND ngày 15/11/2024",
    )
    assert kept(store) == []


def test_nothing_at_all_is_refused(add: Callable[..., Evidence]) -> None:
    with pytest.raises(DomainError, match="Chọn tệp, hoặc ghi số, ngày"):
        add(upload=None, decision=" \n ")

    assert not Report.objects.exists()


def test_same_thing_sent_again_is_written_once(add: Callable[..., Evidence], store: Path) -> None:
    """A request whose answer was lost is sent again by the page."""
    first = add()
    again = add(name="tên khác.pdf")
    other = add(content=files.pdf(b"khac"))

    assert again == first
    assert other != first
    assert Evidence.objects.count() == len(kept(store)) == 2


def test_same_file_for_another_figure_or_decision_is_another_row(
    add: Callable[..., Evidence], catalogue: Catalogue
) -> None:
    rows = {add().pk, add(catalogue.escaped).pk, add(decision="QĐ 1").pk}

    assert len(rows) == 3


def test_what_was_taken_back_may_be_sent_anew(
    add: Callable[..., Evidence], staff: Staff, store: Path
) -> None:
    first = add()
    take_back(evidence=first, by=staff.officer)
    second = add()

    first.refresh_from_db()
    assert second != first
    assert first.removed_by == staff.officer
    assert len(kept(store)) == 2  # on record


def test_taking_back_twice_keeps_who_did_it_first(
    add: Callable[..., Evidence], staff: Staff, places: Places
) -> None:
    row = add()
    take_back(evidence=Evidence.objects.get(), by=staff.officer)
    at = Evidence.objects.get().removed_at
    take_back(evidence=row, by=official("xa.mot.hai", places.first))

    row.refresh_from_db()
    assert (row.removed_by, row.removed_at) == (staff.officer, at)


# -- limits ---------------------------------------------------------------------------------------


def test_figure_takes_so_many_and_another_figure_more(
    add: Callable[..., Evidence], settings: LazySettings, catalogue: Catalogue, store: Path
) -> None:
    settings.EVIDENCE_PER_FIGURE = 2
    add(content=files.pdf(b"1"))
    add(upload=None, decision="QĐ 2")

    with pytest.raises(DomainError, match="đã có 2 minh chứng, mức tối đa"):
        add(content=files.pdf(b"3"))
    add(catalogue.escaped, content=files.pdf(b"3"))

    assert Evidence.objects.count() == 3
    assert len(kept(store)) == 2


def test_place_of_what_was_taken_back_is_free(
    add: Callable[..., Evidence], settings: LazySettings, staff: Staff
) -> None:
    settings.EVIDENCE_PER_FIGURE = 1
    take_back(evidence=add(), by=staff.officer)

    assert add(content=files.pdf(b"2")).pk


def test_file_is_taken_up_to_its_limit(
    add: Callable[..., Evidence], settings: LazySettings, store: Path
) -> None:
    settings.UPLOAD_MAX_BYTES = len(files.pdf())
    add()

    with pytest.raises(DomainError, match=r"to\.pdf: Tệp lớn hơn 1 MB, mức nhận tối đa"):
        add(content=files.pdf(b"1"), name="to.pdf")
    assert len(kept(store)) == 1


def test_return_takes_so_many_bytes_counting_what_was_taken_back(
    add: Callable[..., Evidence], settings: LazySettings, staff: Staff, catalogue: Catalogue
) -> None:
    """Else the disk could be filled by sending and taking back."""
    settings.EVIDENCE_BYTES_PER_RETURN = 2 * len(files.pdf()) + 1
    take_back(evidence=add(), by=staff.officer)
    add(catalogue.escaped, content=files.pdf(b"2"))

    with pytest.raises(DomainError, match="kể cả tệp đã gỡ"):
        add(catalogue.relapsed, content=files.pdf(b"3"))
    assert add(catalogue.relapsed, upload=None, decision="QĐ 3").pk


def test_empty_file_is_refused(add: Callable[..., Evidence]) -> None:
    with pytest.raises(DomainError, match=r"rong\.pdf: Tệp rỗng \(0 byte\)"):
        add(content=b"", name="rong.pdf")


def test_refusal_names_the_file(add: Callable[..., Evidence], store: Path) -> None:
    with pytest.raises(DomainError, match=r"ảnh\.jpg: Nội dung là tệp kiểu \.rar"):
        add(content=files.RAR, name="C:\\ảnh.jpg")

    assert kept(store) == []
    assert not Evidence.objects.exists()


def test_overlong_decision_is_refused(add: Callable[..., Evidence]) -> None:
    with pytest.raises(DomainError, match="dài 201 ký tự, tối đa 200"):
        add(upload=None, decision="a" * 201)


def test_figure_the_return_does_not_ask_for_is_refused(
    add: Callable[..., Evidence], catalogue: Catalogue, store: Path
) -> None:
    with pytest.raises(DomainError, match="không có trong báo cáo"):
        add(catalogue.rate)

    assert kept(store) == []


# -- when -----------------------------------------------------------------------------------------


def test_return_that_was_sent_takes_and_gives_back_nothing(
    add: Callable[..., Evidence], places: Places, catalogue: Catalogue, staff: Staff, store: Path
) -> None:
    row = add()
    sent(places, catalogue, staff)

    with pytest.raises(DomainError, match="Chờ duyệt"):
        add(content=files.pdf(b"2"))
    with pytest.raises(DomainError, match="Chờ duyệt"):
        take_back(evidence=row, by=staff.officer)
    assert Evidence.objects.get().removed_at is None
    assert len(kept(store)) == 1


def test_closed_round_takes_nothing_and_leaves_no_report(
    add: Callable[..., Evidence], places: Places, store: Path
) -> None:
    places.province.deadlines.update(closes_on=date(2024, 12, 31))
    with pytest.raises(DomainError, match="đã khóa từ 31/12/2024"):
        add()

    assert kept(store) == []
    assert not Report.objects.exists()


@time_machine.travel("2024-10-31 12:00", tick=False)
def test_round_that_has_not_begun_takes_nothing(add: Callable[..., Evidence]) -> None:
    with pytest.raises(DomainError, match="mở nhập từ 01/11/2024"):
        add()


# -- who ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("at", "role", "refusal"),
    [
        ("second", Role.OFFICER, Http404),
        ("first", Role.LEADER, PermissionDenied),
        ("district", Role.REVIEWER, PermissionDenied),
        ("province", Role.LEADER, PermissionDenied),
        ("province", Role.ADMINISTRATOR, PermissionDenied),
    ],
)
def test_only_the_units_own_officer_attaches_and_takes_back(
    add: Callable[..., Evidence],
    places: Places,
    store: Path,
    at: str,
    role: str,
    refusal: type[Exception],
) -> None:
    row = add()
    stranger = official("nguoi.khac", getattr(places, at), role)

    with pytest.raises(refusal):
        add(by=stranger, content=files.pdf(b"2"))
    with pytest.raises(refusal):
        take_back(evidence=row, by=stranger)
    assert len(kept(store)) == 1


def seen_by(person: Official, row: Evidence) -> bool:
    try:
        return file_for(person, row.pk, row.name) == row
    except Http404:
        return False


@pytest.fixture
def readers(places: Places, staff: Staff) -> dict[str, Official]:
    return {
        "officer": staff.officer,
        "colleague": official("xa.mot.hai", places.first),
        "leader": official("chu.tich.xa", places.first, Role.LEADER),
        "neighbour": official("xa.hai", places.second),
        "district": staff.district,
        "province": staff.province,
        "province leader": official("lanh.dao", places.province, Role.LEADER),
        "newcomer": official("moi.den"),
    }


def who_sees(row: Evidence, readers: dict[str, Official]) -> set[str]:
    return {name for name, person in readers.items() if seen_by(person, row)}


OWN = {"officer", "colleague"}
ALL = OWN | {"leader", "district", "province", "province leader"}


def test_draft_is_the_units_own_until_it_is_sent(
    add: Callable[..., Evidence],
    places: Places,
    catalogue: Catalogue,
    staff: Staff,
    readers: dict[str, Official],
) -> None:
    row = add()
    assert who_sees(row, readers) == OWN

    sent(places, catalogue, staff)
    assert who_sees(row, readers) == ALL


def test_what_is_attached_while_correcting_is_the_units_own(
    add: Callable[..., Evidence],
    places: Places,
    catalogue: Catalogue,
    staff: Staff,
    readers: dict[str, Official],
) -> None:
    """And what is taken back meanwhile is still what the tiers above were sent."""
    before = add()
    returned(sent(places, catalogue, staff), catalogue, staff)
    take_back(evidence=before, by=staff.officer)
    after = add(content=files.pdf(b"2"))

    assert who_sees(before, readers) == ALL - OWN
    assert who_sees(after, readers) == OWN
    report = Report.objects.get()
    assert evidence_of(report) == {catalogue.poor.pk: [after]}
    assert evidence_of(report, as_sent=True) == {catalogue.poor.pk: [before]}

    submit(unit=places.first, period=Y2024, by=staff.officer)
    assert who_sees(before, readers) == set()
    assert who_sees(after, readers) == ALL
    report.refresh_from_db()
    assert evidence_of(report, as_sent=True) == {catalogue.poor.pk: [after]}


def test_reopened_return_shows_what_was_approved(
    add: Callable[..., Evidence], places: Places, catalogue: Catalogue, staff: Staff
) -> None:
    row = add()
    report = sent(places, catalogue, staff)
    endorse(report=report, by=staff.district)
    endorse(report=report, by=staff.province)
    reopen(report=report, by=staff.province, reason="Rà lại")
    add(content=files.pdf(b"2"))

    assert evidence_of(Report.objects.get(), as_sent=True) == {catalogue.poor.pk: [row]}


def test_file_under_another_name_is_not_there(add: Callable[..., Evidence], staff: Staff) -> None:
    row = add()

    for name in ("khac.pdf", "", "\0", row.name + "\0", "a" * 5000):
        with pytest.raises(Http404):
            file_for(staff.officer, row.pk, name)
    with pytest.raises(Http404):
        file_for(staff.officer, 10**30, row.name)


# -- the figure beside it --------------------------------------------------------------------------


def test_figure_is_the_one_that_the_return_shows(
    places: Places, catalogue: Catalogue, staff: Staff
) -> None:
    """In every state, also where last year's closing is this year's opening."""
    builders.lock_opening(catalogue)
    builders.told(places.first, {catalogue.poor: "20"}, Period(2023))

    def same() -> Report:
        current = return_of(places.first, Y2024)
        shown = [(row.answer, row.value) for row in current.inputs]
        assert [
            (found.answer, found.value)
            for row in current.inputs
            if (found := figure_of(current.report, row.indicator))
        ] == shown
        assert current.row("opening").value == 20  # type: ignore[union-attr]
        return current.report

    same()
    report = sent(places, catalogue, staff)
    same()
    builders.told(places.first, {catalogue.poor: "19"}, Period(2023))
    same()  # what was sent stays as sent
    returned(report, catalogue, staff)
    assert figure_of(report, catalogue.households).value == 100


def test_figure_for_tiers_above_is_the_one_last_sent(
    places: Places, catalogue: Catalogue, staff: Staff
) -> None:
    def typed(**changed: str | None) -> None:
        entries = filled(places.first, catalogue, **changed)
        save_draft(unit=places.first, period=Y2024, entries=entries, by=staff.officer)

    def seen(indicator: Indicator) -> Figure:
        return figure_of(Report.objects.get(), indicator, as_sent=True)

    typed()
    assert seen(catalogue.poor) == Figure()
    report = sent(places, catalogue, staff)
    assert seen(catalogue.poor) == Figure("value", Decimal(13))
    returned(report, catalogue, staff)
    typed(poor="12", escaped="9")
    typed(poor="11", escaped="10")
    assert seen(catalogue.poor) == Figure("value", Decimal(13))
    assert figure_of(Report.objects.get(), catalogue.poor).value == 11


# -- the file and its row -------------------------------------------------------------------------


def test_file_goes_with_a_row_that_could_not_be_written(
    add: Callable[..., Evidence], store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_args: object, **_options: object) -> None:
        assert len(kept(store)) == 1  # it was there
        raise RuntimeError("cơ sở dữ liệu ngừng")

    monkeypatch.setattr(Evidence, "save", fail)
    with pytest.raises(RuntimeError):
        add()

    assert kept(store) == []
    assert not Report.objects.exists()


def test_half_a_file_goes_when_the_disk_is_full(
    add: Callable[..., Evidence], store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def half(self: FileSystemStorage, name: str, content: Any, **_options: object) -> str:
        Path(self.path(name)).parent.mkdir(parents=True)
        Path(self.path(name)).write_bytes(content.read()[:10])
        raise OSError("No space left on device")

    monkeypatch.setattr(FileSystemStorage, "save", half)
    with pytest.raises(OSError, match="No space"):
        add()

    assert kept(store) == []
    assert not Evidence.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_file_goes_when_the_commit_is_refused(
    add: Callable[..., Evidence], store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> None:
        assert len(kept(store)) == 1
        raise OperationalError("đĩa của cơ sở dữ liệu đầy")

    monkeypatch.setattr(connection, "_commit", fail)
    with pytest.raises(OperationalError):
        add()
    monkeypatch.undo()

    assert kept(store) == []
    assert not Evidence.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_file_stays_when_a_commit_has_gone_through_unheard(
    add: Callable[..., Evidence], store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The line broke before the answer to the commit came."""
    commit = connection._commit

    def deaf() -> None:
        commit()
        raise OperationalError("đứt đường tới cơ sở dữ liệu")

    monkeypatch.setattr(connection, "_commit", deaf)
    with pytest.raises(OperationalError):
        add()
    monkeypatch.undo()

    assert [row.file.path for row in Evidence.objects.all()] == [str(path) for path in kept(store)]
    assert add() == Evidence.objects.get()  # sent again by the page


@pytest.mark.django_db(transaction=True)
def test_file_is_committed_by_itself(add: Callable[..., Evidence]) -> None:
    """Inside a larger transaction a later rollback would leave the file behind: refused."""
    with pytest.raises(RuntimeError, match="durable"), transaction.atomic():
        add()


# -- cost -----------------------------------------------------------------------------------------


def queries(report: Report, *, as_sent: bool) -> int:
    with CaptureQueriesContext(connection) as found:
        rows = evidence_of(report, as_sent=as_sent)
        [str(row.by) for per_figure in rows.values() for row in per_figure]
    return len(found)


@pytest.mark.parametrize("as_sent", [False, True])
def test_evidence_of_a_return_is_one_query(
    add: Callable[..., Evidence],
    places: Places,
    catalogue: Catalogue,
    staff: Staff,
    as_sent: bool,
) -> None:
    add()
    add(catalogue.escaped, content=files.pdf(b"2"), by=official("xa.mot.hai", places.first))
    add(catalogue.escaped, content=files.pdf(b"3"))
    report = sent(places, catalogue, staff)

    assert queries(report, as_sent=as_sent) == 1
    assert [len(rows) for rows in evidence_of(report, as_sent=as_sent).values()] == [1, 2]


def test_evidence_of_a_return_not_begun_asks_nothing(places: Places) -> None:
    assert queries(Report(unit=places.first, period="2024"), as_sent=False) == 0
