"""The tracker: what is owed first, asking for it, endorsing together, what came back changed."""

from __future__ import annotations

import re
from datetime import date, timedelta
from io import BytesIO
from typing import Any

import pytest
import time_machine
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.http import Http404
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from communes.enums import Role
from communes.models import Official, Succession, Unit
from indicators.recording import import_results
from povertyplan.lib.errors import DomainError
from povertyplan.lib.xlsx import read_sheets
from reports.models import Notice, Reminder, Report
from reports.noticing.reminding import remind, remind_all
from reports.review.resent import resent_page
from reports.review.tracking import TrackerPage, tracker_page
from reports.workflow import endorse, save_draft, submit
from tests import builders
from tests.builders import Y2024, Catalogue, entries, filled
from tests.reports.noticed import Told, country, heard

pytestmark = pytest.mark.django_db

TRACKER = "/tien-do/901/2024/"


@pytest.fixture
def job(db: None) -> Told:
    return country()


def signed_in(official: Official) -> Client:
    client = Client()
    client.force_login(official)
    return client


def words(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page.partition("<main")[2]).split())


def send(unit: Unit, catalogue: Catalogue, by: Official, **changed: str | None) -> Report:
    save_draft(unit=unit, period=Y2024, entries=filled(unit, catalogue, **changed), by=by)
    return submit(unit=unit, period=Y2024, by=by)


def names(page: TrackerPage) -> list[str]:
    return [row.name for row in page.rows]


# -- the list -------------------------------------------------------------------------------------


def test_what_the_reader_must_act_on_comes_first(job: Told) -> None:
    """Mine, then late, then what is owed, then what is done."""
    fourth = builders.unit("90100", "Xã Không", "commune", job.places.district)
    done = send(fourth, job.catalogue, builders.official("xa.khong", fourth))
    endorse(report=done, by=job.staff.district)
    job.send()
    officer = builders.official("xa.hai", job.places.second)
    save_draft(
        unit=job.places.second,
        period=Y2024,
        entries=entries(job.places.second, {job.catalogue.households: "9"}),
        by=officer,
    )

    page = tracker_page(job.places.district, Y2024, job.staff.district)

    assert names(page) == ["Xã Một", "Thị trấn Trung Tâm", "Xã Hai", "Xã Không"]


def test_filter_in_the_address_narrows_the_rows_and_says_how_many(job: Told) -> None:
    job.send()
    client = signed_in(job.staff.district)

    page = words(client.get(TRACKER + "?loc=chua-nop").content.decode())
    assert "Xã Một" not in page
    assert "Chưa nộp 2" in page
    assert "Tất cả 3" in page
    unknown = words(client.get(TRACKER + "?loc=khong-co").content.decode())
    assert "Xã Một" in unknown


def test_row_and_legend_use_the_same_word(job: Told) -> None:
    page = tracker_page(job.places.district, Y2024, job.staff.district)

    assert {row.status.words for row in page.rows} == {part.label for part in page.bar}


def test_province_without_districts_is_one_list(db: None) -> None:
    province = builders.unit("91", "Tỉnh Hai Cấp", "province")
    for n in range(3):
        builders.unit(f"9100{n}", f"Xã {n}", "commune", province)
    builders.catalogue()
    reviewer = builders.official("duyet", province, Role.REVIEWER)

    page = tracker_page(province, Y2024, reviewer)

    assert (page.is_grouped, len(page.rows)) == (False, 3)


def test_list_is_downloaded_as_it_is_shown(job: Told) -> None:
    job.send()
    client = signed_in(job.staff.district)
    answer = client.get(TRACKER + "tai-ve.xlsx?loc=chua-nop")

    [sheet] = read_sheets(BytesIO(answer.content).getvalue())
    values = [cell.value for cell in sheet.cells.values()]
    assert {"Thị trấn Trung Tâm", "Xã Hai", "Chưa nộp"} <= set(values)
    assert "Xã Một" not in values
    assert answer.headers["Content-Disposition"].endswith('"tien-do-901-2024.xlsx"')


@pytest.fixture
def in_every_state(job: Told) -> Client:
    """Two returns wait for the district, one for the province; every other state once."""
    states = ["submitted", "submitted", "endorsed", "returned", "reopened", "approved", "draft"]
    for n, state in enumerate(states):
        unit = builders.unit(f"9030{n}", f"Xã Số {n}", "commune", job.places.district)
        tier = job.places.province.tier if state == "endorsed" else job.places.district.tier
        Report.objects.create(
            unit=unit,
            period="2024",
            state=state,
            round=0 if state == "draft" else 1,
            with_tier=tier if state in ("submitted", "endorsed") else None,
            submitted_at=None if state == "draft" else timezone.now(),
        )
    return signed_in(job.staff.district)


def test_filter_legend_and_spreadsheet_count_the_same_returns(in_every_state: Client) -> None:
    """Sent, endorsed, reopened: three states wherever they are counted."""
    wanted = {
        "Chờ duyệt": 2,
        "Đã duyệt, chờ cấp trên": 1,
        "Trả lại": 1,
        "Mở lại để sửa": 1,
        "Đã duyệt": 1,
        "Đang nhập": 1,
        "Chưa nộp": 3,
    }
    page = in_every_state.get(TRACKER).context["page"]
    assert {part.label: part.count for part in page.bar} == wanted
    tabs = {one.label: one for one in page.filters}

    for label, count in wanted.items():
        address = f"?loc={tabs[label].key}"
        shown = in_every_state.get(TRACKER + address).context["page"]
        file = in_every_state.get(TRACKER + "tai-ve.xlsx" + address).content
        [sheet] = read_sheets(file)
        stated = [
            cell.value for place, cell in sheet.cells.items() if place.rstrip("0123456789") == "D"
        ]
        assert (tabs[label].count, len(shown.rows), stated.count(label)) == (count,) * 3, label
        assert len(stated) == count + 1, label  # and its heading


def test_spreadsheet_says_all_states_and_which_of_them_it_lists(in_every_state: Client) -> None:
    [sheet] = read_sheets(in_every_state.get(TRACKER + "tai-ve.xlsx?loc=cho-cap-tren").content)
    said = [cell.value for cell in sheet.cells.values()]

    assert (
        "10 đơn vị. Đã duyệt: 1; Đã duyệt, chờ cấp trên: 1; Chờ duyệt: 2; Trả lại: 1; "
        "Mở lại để sửa: 1; Đang nhập: 1; Chưa nộp: 3." in said
    )
    assert "Danh sách này: Đã duyệt, chờ cấp trên, 1 đơn vị." in said
    assert "Đã duyệt, chờ tỉnh" in said


# -- reminders ------------------------------------------------------------------------------------


def test_reminder_reaches_the_officers_and_says_who_asked(job: Told) -> None:
    made = remind(unit=job.places.first, period=Y2024, by=job.staff.district, note="Trước thứ Sáu")

    assert (made.told, made.post_label) == (1, "Cán bộ duyệt, huyện Thử Nghiệm")
    assert heard(job.staff.officer) == [
        "Cán bộ duyệt, huyện Thử Nghiệm nhắc xã Một nộp báo cáo năm 2024."
    ]
    assert Notice.objects.get().told["note"] == "Trước thứ Sáu"


def test_unit_is_asked_once_a_day_whoever_asks(job: Told) -> None:
    with time_machine.travel("2026-03-02T09:15:00+07:00", tick=False):
        remind(unit=job.places.first, period=Y2024, by=job.staff.district)
        with pytest.raises(DomainError, match="đã nhắc hôm nay lúc 09:15, Cán bộ duyệt, huyện"):
            remind(unit=job.places.first, period=Y2024, by=job.staff.province)
    with time_machine.travel("2026-03-03T00:05:00+07:00", tick=False):
        remind(unit=job.places.first, period=Y2024, by=job.staff.province)

    assert Reminder.objects.count() == 2


def test_unit_that_has_sent_is_never_asked(job: Told) -> None:
    job.send()
    with pytest.raises(DomainError, match="đã nộp"):
        remind(unit=job.places.first, period=Y2024, by=job.staff.district)
    assert not Reminder.objects.exists()


def test_unit_whose_round_has_not_opened_is_not_asked(job: Told) -> None:
    builders.deadline(job.places.province)
    with (
        time_machine.travel("2024-10-30T08:00:00+07:00", tick=False),
        pytest.raises(DomainError, match="chưa mở"),
    ):
        remind(unit=job.places.first, period=Y2024, by=job.staff.district)


def test_returned_report_is_asked_for_again(job: Told) -> None:
    job.send()
    job.send_back("poor")
    remind(unit=job.places.first, period=Y2024, by=job.staff.district)


def test_only_a_reviewer_above_asks(job: Told) -> None:
    with pytest.raises(PermissionDenied):
        remind(unit=job.places.first, period=Y2024, by=job.leader)
    with pytest.raises(PermissionDenied):
        remind(unit=job.places.first, period=Y2024, by=job.staff.officer)
    with pytest.raises(Http404):
        remind(unit=job.places.first, period=Y2024, by=job.stranger)


def test_one_stranger_among_several_and_nobody_is_asked(job: Told) -> None:
    other = builders.unit("90201", "Xã Lạ", "commune", Unit.objects.get(code="902"))
    with pytest.raises(Http404):
        remind_all(units=[job.places.first, other], period=Y2024, by=job.staff.district)
    assert not Reminder.objects.exists()


def test_one_click_on_a_row_asks_and_the_row_says_so(job: Told) -> None:
    client = signed_in(job.staff.district)
    answer = client.post(TRACKER + "nhac/", {"unit": "90102", "loc": "chua-nop"})
    assert answer.headers["Location"] == TRACKER + "?loc=chua-nop#u-90102"
    page = words(client.get(TRACKER + "?loc=chua-nop").content.decode())

    assert "Đã nhắc Xã Một." in page
    assert re.search(r"nhắc \d\d/\d\d/\d{4} \d\d:\d\d, Cán bộ duyệt, huyện Thử Nghiệm", page)
    assert "Nhắc : Xã Một" not in page


def test_all_shown_are_asked_and_who_cannot_be_is_named_with_the_reason(job: Told) -> None:
    builders.official("xa.hai", job.places.second)
    remind(unit=job.places.first, period=Y2024, by=job.staff.district)
    client = signed_in(job.staff.district)
    before = words(client.get(TRACKER).content.decode())
    assert "Nhắc 1 đơn vị chưa nộp" in before
    assert "1 đơn vị không nhắc: đã nhắc hôm nay." in before
    assert "1 đơn vị không nhắc: chưa ai có tài khoản, gọi điện." in before

    client.post(TRACKER + "nhac/", {"loc": "", "note": "Gửi trước 17 giờ"})

    assert set(Reminder.objects.values_list("unit__code", flat=True)) == {"90102", "90103"}
    assert Reminder.objects.get(unit=job.places.second).note == "Gửi trước 17 giờ"
    after = words(client.get(TRACKER).content.decode())
    assert "Nhắc 1 đơn vị" not in after


def test_who_only_reads_sees_no_button_and_is_refused(job: Told) -> None:
    client = signed_in(job.leader)
    assert "Nhắc" not in words(client.get("/tien-do/90/2024/").content.decode())
    assert client.post("/tien-do/90/2024/nhac/", {}).status_code == 403
    assert client.post("/tien-do/90/2024/nhac/", {"unit": "90102"}).status_code == 403
    assert signed_in(job.stranger).post(TRACKER + "nhac/", {}).status_code == 404


def test_who_may_hand_their_desk_on_is_led_there(job: Told) -> None:
    """To their own desk, also from the page of a unit below it; nobody else is."""
    assert f'href="/uy-quyen/{job.places.district.reference}/"' in (
        signed_in(job.staff.district).get(TRACKER).content.decode()
    )
    assert f'href="/uy-quyen/{job.places.province.reference}/"' in (
        signed_in(job.staff.province).get(TRACKER).content.decode()
    )
    for reader in (job.leader, builders.official("thong.ke", job.places.district)):
        assert "/uy-quyen/" not in signed_in(reader).get(TRACKER).content.decode()


# -- what came back changed -----------------------------------------------------------------------


def test_only_what_changed_is_shown_with_what_was_asked(job: Told) -> None:
    """Asked and done, asked and not done, changed without being asked."""
    job.send()
    job.send_back("poor", "households")
    job.send(relapsed="3", poor="15")

    page = resent_page(job.places.district, Y2024, job.staff.district)

    [row] = page.returns
    assert [(one.name, one.old, one.new, one.asked, one.is_done) for one in row.figures] == [
        ("Tổng số hộ", "100", "100", "Xem lại.", False),
        ("Hộ tái nghèo", "1", "3", "", True),
        ("Hộ nghèo cuối kỳ", "13", "15", "Xem lại.", True),
    ]
    assert (page.figures, page.undone, row.is_mine) == (2, 1, True)


def test_first_sendings_and_what_was_approved_since_are_not_shown(job: Told) -> None:
    send(job.places.second, job.catalogue, builders.official("xa.hai", job.places.second))
    job.send()
    job.send_back("poor")
    job.send(relapsed="2", poor="14")
    endorse(report=job.report, by=job.staff.district)
    endorse(report=job.report, by=job.staff.province)

    assert resent_page(job.places.district, Y2024, job.staff.district).returns == ()


def test_each_change_leads_to_its_row_on_the_desk(job: Told) -> None:
    job.send()
    job.send_back("poor")
    job.send(relapsed="2", poor="14")
    client = signed_in(job.staff.district)

    assert "Xem 1 báo cáo nộp lại" in words(client.get(TRACKER).content.decode())
    page = client.get(TRACKER + "da-sua/").content.decode()
    assert 'href="/duyet/90102/2024/?o=poor#o-poor"' in page
    assert "13 → 14" in words(page)
    assert signed_in(job.stranger).get(TRACKER + "da-sua/").status_code == 404


def test_officer_of_a_district_reads_nothing_of_its_communes(job: Told) -> None:
    """What a reviewer asked for and a commune noted is between the two, and of who stands above."""
    clerk = builders.official("thong.ke", job.places.district)
    job.send()
    job.send_back("poor")
    job.send(relapsed="2", poor="14")
    gone = builders.unit("90109", "Xã Cũ", "commune", job.places.district)
    Succession.objects.create(predecessor=gone, successor=job.places.town, date=date(2024, 11, 1))
    client = signed_in(clerk)
    above = signed_in(job.staff.district).get(TRACKER).content.decode()
    assert gone.name in above

    for address in (TRACKER, TRACKER + "da-sua/"):
        page = client.get(address).content.decode()
        assert job.places.first.name not in page
        assert gone.name not in page
        assert "13 → 14" not in words(page)


# -- cost -----------------------------------------------------------------------------------------


def grown(job: Told, units: range) -> None:
    """More communes of the district, each with an officer, sent twice and on its desk."""
    made = [builders.unit(f"91{k:03}", f"Xã {k}", "commune", job.places.district) for k in units]
    for unit in made:
        builders.official(f"nhap.{unit.code}", unit)
    values = dict.fromkeys(job.catalogue.inputs, "20")
    import_results([row for unit in made for row in entries(unit, values)], stage="provisional")
    now = timezone.now() - timedelta(days=1)
    Report.objects.bulk_create(
        Report(
            unit=unit,
            period="2024",
            state="submitted",
            with_tier=job.places.district.tier,
            round=2,
            submitted_at=now,
        )
        for unit in made
    )


@pytest.mark.parametrize("path", ["", "duyet/", "duyet/?nut", "da-sua/", "tai-ve.xlsx"])
def test_pages_cost_the_same_for_1_19_and_150_units(job: Told, path: str) -> None:
    for unit in job.places.communes[1:]:
        Unit.objects.filter(pk=unit.pk).update(valid_to=date(2023, 12, 31))
    for unit in (job.places.second, job.places.town):
        unit.refresh_from_db()
    job.send()
    job.send_back("poor")
    job.send()
    Unit.objects.filter(pk=job.places.first.pk).update(valid_to=date(9999, 12, 31))
    client = signed_in(job.staff.district)
    client.get(TRACKER + path)
    costs = {}
    for n, more in ((1, range(0)), (19, range(1, 19)), (150, range(19, 150))):
        grown(job, more)
        client.get(TRACKER + path)  # units are part of the catalogue that is kept
        with CaptureQueriesContext(connection) as queries:
            assert client.get(TRACKER + path).status_code == 200
        costs[n] = len(queries)

    assert len(set(costs.values())) == 1, costs


def test_asking_150_units_at_once_is_a_fixed_number_of_queries(
    job: Told, django_assert_max_num_queries: Any
) -> None:
    units = [
        builders.unit(f"92{k:03}", f"Xã {k}", "commune", job.places.district) for k in range(150)
    ]
    for unit in units:
        builders.official(f"nhac.{unit.code}", unit)
    client = signed_in(job.staff.district)
    client.get(TRACKER)
    with CaptureQueriesContext(connection) as queries:
        client.post(TRACKER + "nhac/", {})

    assert Reminder.objects.count() == 151
    rights = [row for row in queries if "upward" in row["sql"] or "ancestry" in row["sql"]]
    assert len(queries) - len(rights) < 50
