"""The tracker: what is owed first, asking for it, endorsing together, what came back changed."""

from __future__ import annotations

import re
from collections.abc import Sequence
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
from communes.models import Official, Unit
from indicators.recording import import_results
from povertyplan.lib.errors import DomainError
from povertyplan.lib.xlsx import read_sheets
from reports.models import Notice, Reminder, Report
from reports.noticing.reminding import remind, remind_all
from reports.returns import return_of, returns_of
from reports.review.clean import clean_page, endorse_all
from reports.review.resent import resent_page
from reports.review.tracking import TrackerPage, tracker_page
from reports.workflow import endorse, request_change, return_report, save_draft, submit
from tests import builders
from tests.builders import Y2024, Catalogue, entries, filled, told
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


# -- endorsing together ---------------------------------------------------------------------------


def test_read_together_says_what_each_return_says_alone(job: Told) -> None:
    """Values, last year, plan, bands, findings, comments: line by line."""
    builders.balance(job.catalogue)
    builders.lock_opening(job.catalogue)
    officers = [(unit, builders.official(f"o{unit.code}", unit)) for unit in job.places.communes]
    for n, (unit, officer) in enumerate(officers):
        told(unit, {job.catalogue.poor: str(20 + n)}, Y2024.shifted(-1))
        save_draft(
            unit=unit,
            period=Y2024,
            entries=entries(unit, {job.catalogue.households: "90", job.catalogue.poor: f"{n}"}),
            by=officer,
        )
    together = returns_of(job.places.communes, Y2024)

    for unit in job.places.communes:
        alone, found = return_of(unit, Y2024), together[unit.pk]
        assert [row.__dict__ for row in found.rows] == [row.__dict__ for row in alone.rows]
        assert found.findings == alone.findings
        assert (found.report, found.deadline) == (alone.report, alone.deadline)
        assert found.reviewers == alone.reviewers == [job.places.district, job.places.province]


def ready(job: Told, units: Sequence[Unit]) -> list[Official]:
    officers = []
    for unit in units:
        officer = builders.official(f"nhap.{unit.code}", unit)
        send(unit, job.catalogue, officer)
        officers.append(officer)
    return officers


def keys(page: Any) -> list[str]:
    return [row.key for row in page.rows]


def test_only_returns_without_anything_to_look_at_are_listed(job: Told) -> None:
    """A rule that does not hold (here a warning) keeps a return out, and is named."""
    rule = builders.balance(job.catalogue)
    rule.severity = "warning"
    rule.save()
    ready(job, [job.places.second, job.places.town])
    entered = filled(job.places.first, job.catalogue, poor="15")
    entered = [
        entry
        if entry.indicator != job.catalogue.poor
        else entry.__class__(
            entry.unit, entry.indicator, entry.period, entry.answer, entry.value, note="Đã rà lại"
        )
        for entry in entered
    ]
    save_draft(unit=job.places.first, period=Y2024, entries=entered, by=job.staff.officer)
    submit(unit=job.places.first, period=Y2024, by=job.staff.officer)

    page = clean_page(job.places.district, Y2024, job.staff.district)

    assert [row.unit.name for row in page.rows] == ["Thị trấn Trung Tâm", "Xã Hai"]
    assert [(row.unit.name, row.why) for row in page.flagged] == [("Xã Một", "1 chỉ tiêu có cờ")]


def test_request_not_sent_and_ones_own_entry_keep_a_return_out(job: Told) -> None:
    ready(job, [job.places.second, job.places.town])
    request_change(
        report=Report.objects.get(unit=job.places.second),
        indicator=job.catalogue.poor,
        body="Xem lại",
        by=job.staff.district,
    )
    Report.objects.get(unit=job.places.town).unit.results.update(entered_by=job.staff.district)

    page = clean_page(job.places.district, Y2024, job.staff.district)

    assert page.rows == ()
    assert [row.why for row in page.flagged] == [
        "đồng chí đã nhập số của báo cáo này",
        "có ô đánh dấu trả lại chưa gửi",
    ]


def test_figure_that_came_back_as_it_was_keeps_a_return_out(job: Told) -> None:
    job.send()
    job.send_back("poor")
    job.send()

    page = clean_page(job.places.district, Y2024, job.staff.district)
    assert [row.why for row in page.flagged] == ["1 ô đã trả lại nhưng chưa sửa"]


def test_headline_is_poor_households_and_their_rate(job: Told) -> None:
    builders.lock_opening(job.catalogue)
    told(job.places.first, {job.catalogue.poor: "20"}, Y2024.shifted(-1))
    job.send()

    page = clean_page(job.places.district, Y2024, job.staff.district)

    [row] = page.rows
    assert (row.headline.opening, row.headline.closing, row.headline.change) == ("20", "13", "−7")
    assert row.headline.rate == "13,00"
    assert page.labels["rate"] == "Tỷ lệ hộ nghèo"


def test_ticked_returns_are_endorsed_each_by_itself(job: Told) -> None:
    ready(job, job.places.communes)
    page = clean_page(job.places.district, Y2024, job.staff.district)
    ticked = [row.key for row in page.rows if row.unit != job.places.second]

    done = endorse_all(job.places.district, Y2024, ticked, by=job.staff.district)

    assert [unit.name for unit in done.endorsed] == ["Thị trấn Trung Tâm", "Xã Một"]
    states = dict(Report.objects.values_list("unit__name", "state"))
    assert states == {
        "Thị trấn Trung Tâm": "endorsed",
        "Xã Một": "endorsed",
        "Xã Hai": "submitted",
    }


def test_what_changed_since_it_was_seen_is_left_and_named(job: Told) -> None:
    [officer, _other] = ready(job, [job.places.first, job.places.second])
    page = clean_page(job.places.district, Y2024, job.staff.district)
    report = Report.objects.get(unit=job.places.first)
    request_change(report=report, indicator=job.catalogue.poor, body="Sai", by=job.staff.district)
    return_report(report=report, by=job.staff.district)
    send(job.places.first, job.catalogue, officer, relapsed="2", poor="14")

    done = endorse_all(job.places.district, Y2024, keys(page), by=job.staff.district)

    assert [unit.name for unit in done.endorsed] == ["Xã Hai"]
    [(unit, why)] = done.left
    assert unit.name == "Xã Một"
    assert "đã thay đổi từ lúc mở trang" in why


def test_return_of_another_desk_is_not_endorsed_by_a_made_up_form(job: Told) -> None:
    job.send()
    report = job.report
    made_up = [f"{report.unit_id}:{report.version}"]

    done = endorse_all(job.places.province, Y2024, made_up, by=job.staff.province)
    assert (done.endorsed, [why for _unit, why in done.left]) == (
        (),
        ["không còn chờ đồng chí duyệt"],
    )
    with pytest.raises(DomainError, match="Chưa chọn"):
        endorse_all(job.places.province, Y2024, ["a:b"], by=job.staff.province)


def test_page_ticks_all_and_says_what_came_of_it(job: Told) -> None:
    ready(job, job.places.communes)
    client = signed_in(job.staff.district)
    page = client.get(TRACKER + "duyet/").content.decode()
    ticked = re.findall(r'name="one" value="([^"]+)" checked', " ".join(page.split()))
    assert len(ticked) == 3
    assert "Duyệt 3 báo cáo không có cờ" in words(page)

    answer = words(client.post(TRACKER + "duyet/", {"one": ticked}).content.decode())
    assert "Đã duyệt 3 báo cáo: Thị trấn Trung Tâm, Xã Một, Xã Hai." in answer
    empty = client.post(TRACKER + "duyet/", {})
    assert empty.status_code == 422
    assert signed_in(job.stranger).get(TRACKER + "duyet/").status_code == 404


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
    client = signed_in(clerk)

    for address in (TRACKER, TRACKER + "da-sua/"):
        page = client.get(address).content.decode()
        assert job.places.first.name not in page
        assert "13 → 14" not in words(page)


@pytest.mark.parametrize("one", ["²:1", "101:²", "①:1", f"{'9' * 23}:1", f"{'9' * 5000}:1", "\x00"])
def test_what_is_no_number_endorses_nothing(job: Told, one: str) -> None:
    job.send()
    client = signed_in(job.staff.district)

    answer = client.post(TRACKER + "duyet/", {"one": [one]})

    assert answer.status_code in (200, 422)
    assert Report.objects.get().state == "submitted"


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


@pytest.mark.parametrize("path", ["", "duyet/", "da-sua/", "tai-ve.xlsx"])
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
