"""The tracker and the reviewer's desk. Source: design, Meaning (Review), Ideas 5 and 9."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

import pytest
import time_machine
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext

from communes.enums import Role
from communes.models import Official, Post, Succession, Unit
from indicators.bands import band_of_neighbours, bands_of
from indicators.models import SeriesBreak
from indicators.periods import Period
from reports.models import Comment, Report
from reports.returns import Row
from reports.review.flags import flags_of
from reports.review.tracking import TrackerPage, deadline_words, tracker_page
from reports.workflow import (
    endorse,
    request_change,
    return_report,
    save_draft,
    submit,
)
from tests import builders
from tests.builders import Y2024, Catalogue, Places, Staff, entries, filled, official, told

pytestmark = pytest.mark.django_db

D = Decimal
DESK = "/duyet/90102/2024/"


@dataclass
class Job:
    """A commune's return, who works on it, and a browser that signs in as any of them."""

    places: Places
    catalogue: Catalogue
    staff: Staff
    client: Client

    @property
    def unit(self) -> Unit:
        return self.places.first

    @property
    def report(self) -> Report:
        return Report.objects.get(unit=self.unit, period="2024")

    def save(self, **changed: str | None) -> None:
        save_draft(
            unit=self.unit,
            period=Y2024,
            entries=filled(self.unit, self.catalogue, **changed),
            by=self.staff.officer,
        )

    def sent(self, **changed: str | None) -> None:
        self.save(**changed)
        submit(unit=self.unit, period=Y2024, by=self.staff.officer)

    def asked(self, body: str = "Đối chiếu từng thôn") -> None:
        request_change(
            report=self.report,
            indicator=self.catalogue.relapsed,
            body=body,
            by=self.staff.district,
        )

    def returned(self) -> None:
        self.asked()
        return_report(report=self.report, by=self.staff.district, note="Sửa trong tuần")

    def sees(self, person: Official, address: str = DESK) -> str:
        self.client.force_login(person)
        response = self.client.get(address)
        assert response.status_code == 200
        return re.sub(r"\s+", " ", response.content.decode())

    def decides(self, person: Official, decision: str, **told: object) -> HttpResponse:
        self.client.force_login(person)
        headers = {"HX-Request": "true"} if told.pop("htmx", False) else {}
        data = {"decision": decision, "version": self.report.version, **told}
        response: HttpResponse = self.client.post(DESK, data, headers=headers)
        return response


@pytest.fixture
def job(places: Places, catalogue: Catalogue, client: Client) -> Job:
    return Job(places, catalogue, builders.staff(places), client)


def text(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def row_of(page: str, code: str) -> str:
    return page[page.index(f'id="o-{code}"') :].split("</tr>", 1)[0]


# -- the tracker --------------------


def states(page: TrackerPage) -> dict[str, str]:
    return {row.name: row.status.words for group in page.groups for row in group.rows}


def test_tracker_tells_the_state_of_every_return(job: Job) -> None:
    """Nothing entered, being entered, waiting: three states, in words."""
    job.sent()
    officer = official("xa.hai", job.places.second)
    save_draft(
        unit=job.places.second,
        period=Y2024,
        entries=entries(job.places.second, {job.catalogue.households: "100"}),
        by=officer,
    )

    page = tracker_page(job.places.district, Y2024, job.staff.district)

    assert states(page) == {
        "Thị trấn Trung Tâm": "Chưa nộp",
        "Xã Một": "Chờ duyệt",
        "Xã Hai": "Đang nhập 1/5",
    }
    assert (page.submitted, page.total, page.mine) == (1, 3, 1)
    assert [(part.status.key, part.start, part.length) for part in page.bar] == [
        ("submitted", "0", "1"),
        ("draft", "1", "1"),
        ("none", "2", "1"),
    ]


def test_tracker_follows_a_return_through_its_steps(job: Job) -> None:
    def state() -> str:
        return states(tracker_page(job.places.district, Y2024, job.staff.district))["Xã Một"]

    job.sent()
    job.returned()
    assert state() == "Trả lại 1 ô"
    job.sent(relapsed="2", poor="14")
    endorse(report=job.report, by=job.staff.district)
    assert state() == f"Đã duyệt, chờ {job.places.province.tier.name.lower()}"
    endorse(report=job.report, by=job.staff.province)
    assert state() == "Đã duyệt"


def test_tracker_marks_what_is_on_the_visitors_own_desk(job: Job) -> None:
    """A return waits for one tier at a time: after the district, the province."""

    def mine(person: Official, unit: Unit) -> int:
        return tracker_page(unit, Y2024, person).mine

    job.sent()
    assert mine(job.staff.district, job.places.district) == 1
    assert mine(job.staff.province, job.places.province) == 0
    endorse(report=job.report, by=job.staff.district)
    assert mine(job.staff.district, job.places.district) == 0
    assert mine(job.staff.province, job.places.province) == 1
    assert mine(job.staff.province, job.places.district) == 1


def test_reviewer_of_one_district_who_sees_another_has_only_their_own_desk(job: Job) -> None:
    other = builders.unit("902", "Huyện Khác", "district", job.places.province)
    person = official("hai.viec", job.places.province, Role.LEADER)
    Post.objects.create(official=person, unit=other, role=Role.REVIEWER)
    job.sent()

    assert tracker_page(job.places.province, Y2024, person).mine == 0


def test_province_tracker_groups_communes_by_district(job: Job) -> None:
    other = builders.unit("902", "Huyện Khác", "district", job.places.province)
    builders.unit("90201", "Xã Bốn", "commune", other)
    job.sent()

    page = tracker_page(job.places.province, Y2024, job.staff.province)

    assert [(group.name, group.submitted, group.total) for group in page.groups] == [
        ("Huyện Thử Nghiệm", 1, 3),
        ("Huyện Khác", 0, 1),
    ]


def test_tracker_says_who_is_late_and_who_was_merged(job: Job) -> None:
    gone = builders.unit(
        "90104", "Xã Ba", "commune", job.places.district, valid_to=date(2024, 10, 31)
    )
    Succession.objects.create(predecessor=gone, successor=job.places.town, date=date(2024, 11, 1))
    builders.deadline(job.places.province)

    with time_machine.travel("2024-12-20T08:00:00+07:00", tick=False):
        job.sent()
        page = text(job.sees(job.staff.district, "/tien-do/901/2024/"))
        before = text(job.sees(job.staff.district, "/tien-do/901/2023/"))

    assert "1/3 đơn vị đã nộp – Huyện Thử Nghiệm" in page
    assert "2 đơn vị quá hạn" in page
    assert "Xã Ba nhập vào Thị trấn Trung Tâm từ 01/11/2024" in page
    assert "0/4 đơn vị đã nộp" in before
    assert "nhập vào" not in before


@pytest.mark.parametrize(
    ("today", "words"),
    [
        (date(2024, 12, 13), "còn 2 ngày"),
        (date(2024, 12, 15), "hôm nay là hạn cuối"),
        (date(2024, 12, 16), "đã qua"),
    ],
)
def test_days_left_count_to_the_day_itself(places: Places, today: date, words: str) -> None:
    assert deadline_words(builders.deadline(places.province), today) == words


def test_tracker_costs_the_same_for_one_unit_and_three(job: Job) -> None:
    job.sent()
    for unit in (job.places.second, job.places.town):
        Unit.objects.filter(pk=unit.pk).update(valid_to=date(2023, 12, 31))
    job.sees(job.staff.district, "/tien-do/901/2024/")

    with CaptureQueriesContext(connection) as one:
        assert "/1 đơn vị" in job.sees(job.staff.district, "/tien-do/901/2024/")
    for unit in (job.places.second, job.places.town):
        Unit.objects.filter(pk=unit.pk).update(valid_to=date(9999, 12, 31))
        officer = official(f"xa.{unit.code}", unit)
        save_draft(unit=unit, period=Y2024, entries=filled(unit, job.catalogue), by=officer)
        submit(unit=unit, period=Y2024, by=officer)
    with CaptureQueriesContext(connection) as three:
        assert "3/3 đơn vị" in job.sees(job.staff.district, "/tien-do/901/2024/")

    assert len(three) == len(one)


# -- flags --------------------


def flags(
    catalogue: Catalogue, value: str | None, previous: str | None = None, **more: object
) -> list[str]:
    catalogue.poor.soft_limits = more.pop("limits", {})
    row = Row(
        catalogue.poor,
        "1.1",
        "input",
        "value" if value else "",
        None if value is None else D(value),
    )
    row.bands = bands_of(
        catalogue.poor,
        previous=None if previous is None else D(previous),
        planned=None if "planned" not in more else D(str(more["planned"])),
    )
    return [flag.label for flag in flags_of(row)]


def test_zero_after_a_figure_is_flagged(catalogue: Catalogue) -> None:
    assert flags(catalogue, "0", "6") == ["Bằng 0"]
    assert flags(catalogue, "0", "0") == []
    assert flags(catalogue, "0") == []
    assert flags(catalogue, None, "6") == []


@pytest.mark.parametrize(
    ("limits", "value", "previous", "expected"),
    [
        ({"change_pct": 20, "change_min_abs": 20}, "121", "100", ["Thay đổi lớn"]),
        ({"change_pct": 20, "change_min_abs": 20}, "120", "100", []),  # at the limit
        ({"change_pct": 20, "change_min_abs": 20}, "15", "10", []),  # moves by few only
        ({"change_pct": 20, "change_min_abs": 20}, "79", "100", ["Thay đổi lớn"]),
        ({"change_points": 10}, "30", "19", ["Thay đổi lớn"]),
        ({"max": 20}, "21", None, ["Cao bất thường"]),
        ({"min": 5}, "4", None, ["Thấp bất thường"]),
        ({"max": 20}, "20", None, []),
    ],
)
def test_soft_limits_ask_a_second_look(
    catalogue: Catalogue,
    limits: dict[str, int],
    value: str,
    previous: str | None,
    expected: list[str],
) -> None:
    """Source: indicators.yaml header (soft)."""
    assert flags(catalogue, value, previous, limits=limits) == expected


def test_figure_over_twice_its_plan_is_flagged(catalogue: Catalogue) -> None:
    assert flags(catalogue, "21", planned="10") == ["Gấp đôi kế hoạch"]
    assert flags(catalogue, "20", planned="10") == []


def test_question_about_the_neighbours_tells_the_units_own_move(catalogue: Catalogue) -> None:
    """Else nobody could tell what is odd about it."""
    row = Row(catalogue.poor, "1.1", "input", "value", D(40), previous=D(100))
    band = band_of_neighbours(catalogue.poor, D(100), [(D(100), D(95))] * 6)
    assert band is not None
    row.bands = [band]

    [flag] = flags_of(row)

    assert flag.detail.endswith("Đơn vị này thay đổi −60%, từ 100 đến 40.")


# -- the desk: what is seen --------------------


def test_filter_counts_what_is_reported_and_not_what_is_worked_out(job: Job) -> None:
    job.sent()

    page = text(job.sees(job.staff.district))

    assert "Tất cả 5" in page
    assert "và 1 dòng máy tính ra" in page


def test_return_that_was_not_sent_shows_no_figure(job: Job) -> None:
    """Drafts are the unit's own until they are sent."""
    job.save(poor="777")

    page = job.sees(job.staff.district)

    assert "777" not in page
    assert "Đơn vị chưa nộp" in page
    assert "5/5 chỉ tiêu đã trả lời" in page


def test_desk_shows_last_year_the_change_and_the_findings_of_rules(job: Job) -> None:
    told(job.unit, {job.catalogue.poor: "20"}, period=Y2024.shifted(-1))
    builders.rule(
        "khong-qua-hai",
        [(1, job.catalogue.relapsed, 0)],
        "Có {relapsed} hộ tái nghèo.",
        comparator="<=",
        constant=D(2),
        severity="warning",
        name="Tái nghèo nhiều",
    )
    typed = [
        replace(entry, note="Do thiên tai") if entry.indicator == job.catalogue.relapsed else entry
        for entry in filled(job.unit, job.catalogue, relapsed="3", poor="15")
    ]
    save_draft(unit=job.unit, period=Y2024, entries=typed, by=job.staff.officer)
    submit(unit=job.unit, period=Y2024, by=job.staff.officer)

    page = job.sees(job.staff.district, f"{DESK}?o=relapsed")

    poor = text(row_of(page, "poor"))
    assert "20" in poor
    assert "15" in poor
    assert "−5" in poor
    assert "Tái nghèo nhiều" in row_of(page, "relapsed")
    assert "Có 3 hộ tái nghèo." in page
    assert "“Do thiên tai”" in page


def test_desk_takes_no_difference_in_the_first_year_of_a_standard(job: Job) -> None:
    told(job.unit, {job.catalogue.poor: "20"}, period=Y2024.shifted(-1))
    moment = SeriesBreak.objects.create(code="chuan-moi", first_periods=[2024])
    job.catalogue.poor.series_breaks.add(moment)
    job.sent()

    row = text(row_of(job.sees(job.staff.district), "poor"))

    assert "chuẩn mới" in row
    assert "−7" not in row


def test_leader_reads_and_has_nothing_to_press(job: Job) -> None:
    job.sent()
    leader = official("lanh.dao", job.places.province, Role.LEADER)

    page = job.sees(leader)

    assert "Chỉ xem" in page
    assert 'name="decision"' not in page
    assert "Trả lại 1." not in page
    assert job.decides(leader, "endorse").status_code == 403
    assert job.report.state == "submitted"


def test_stranger_finds_no_return(job: Job) -> None:
    job.sent()
    other = builders.unit("902", "Huyện Khác", "district", job.places.province)
    stranger = official("huyen.khac", other, Role.REVIEWER)
    job.client.force_login(stranger)

    assert job.client.get(DESK).status_code == 404
    assert job.decides(stranger, "endorse").status_code == 404


def test_upper_tier_waits_for_its_turn(job: Job) -> None:
    job.sent()

    page = job.sees(job.staff.province)

    assert "Chỉ xem: báo cáo đang ở cấp" in page
    assert 'name="decision"' not in page


# -- the desk: decisions --------------------


def test_request_marks_the_row_and_holds_the_endorsement(job: Job) -> None:
    job.sent()

    response = job.decides(
        job.staff.district, "request", indicator="relapsed", body="Đối chiếu từng thôn"
    )

    assert response.status_code == 302
    assert response.headers["Location"] == f"{DESK}#o-relapsed"
    page = job.sees(job.staff.district)
    assert "Trả lại" in row_of(page, "relapsed")
    assert "Đối chiếu từng thôn" in page
    assert "Trả lại xã (1 chỉ tiêu)" in text(page).replace("commune", "xã")
    assert "còn 1 chỉ tiêu đánh dấu trả lại" in page
    endorsing = re.search(r'<button[^>]*value="endorse"[^>]*>', page)
    returning = re.search(r'<button[^>]*value="return"[^>]*>', page)
    assert endorsing is not None
    assert 'aria-disabled="true"' in endorsing[0]
    assert returning is not None
    assert "aria-disabled" not in returning[0]


def test_request_without_a_reason_is_refused_and_nothing_typed_is_lost(job: Job) -> None:
    job.sent()

    response = job.decides(
        job.staff.district, "request", indicator="relapsed", body="  ", note="Ghi chú dở"
    )

    page = response.content.decode()
    assert response.status_code == 422
    assert "Ghi rõ chỉ tiêu này sai gì" in page
    assert 'value="Ghi chú dở"' in page
    assert not Comment.objects.exists()


def test_request_can_be_taken_back(job: Job) -> None:
    job.sent()
    job.asked()

    job.decides(job.staff.district, "drop", indicator="relapsed")

    assert not Comment.objects.exists()
    assert "Bỏ" not in row_of(job.sees(job.staff.district), "relapsed")


def test_unsent_request_is_the_reviewers_alone(job: Job) -> None:
    """The unit, and the tiers above, read an objection only once it has been sent."""
    job.sent()
    job.asked("Lời chưa gửi")

    assert "Lời chưa gửi" in job.sees(job.staff.district)
    for person in (job.staff.officer, job.staff.province):
        for address in (DESK, f"{DESK}?o=relapsed"):
            assert "Lời chưa gửi" not in job.sees(person, address)


def test_endorsing_with_an_open_request_is_refused_in_words(job: Job) -> None:
    job.sent()
    job.asked()

    response = job.decides(job.staff.district, "endorse")

    assert response.status_code == 422
    assert "Còn chỉ tiêu đánh dấu trả lại" in response.content.decode()
    assert job.report.state == "submitted"


def test_decision_on_figures_that_have_changed_since_is_refused(job: Job) -> None:
    """Nobody passes figures they have not seen: a return sent anew has another version."""
    job.sent()
    seen = job.report.version
    job.returned()
    job.sent(relapsed="2", poor="14")

    response = job.decides(job.staff.district, "endorse", version=seen)

    assert response.status_code == 422
    assert "Báo cáo đã thay đổi từ lúc mở trang" in response.content.decode()
    assert job.report.state == "submitted"


def test_decision_on_a_return_that_does_not_exist_is_not_found(job: Job) -> None:
    job.client.force_login(job.staff.district)

    response = job.client.post(DESK, {"decision": "endorse", "version": 1})

    assert response.status_code == 404


def test_unknown_decision_is_refused(job: Job) -> None:
    job.sent()

    assert job.decides(job.staff.district, "burn").status_code == 422


def test_button_names_the_next_step_of_each_tier(job: Job) -> None:
    job.sent()
    province_tier = job.places.province.tier.name.lower()
    assert f"Duyệt, chuyển {province_tier}" in job.sees(job.staff.district)

    job.decides(job.staff.district, "endorse")
    assert "Duyệt chính thức" in job.sees(job.staff.province)

    job.decides(job.staff.province, "endorse")
    assert job.report.state == "approved"


def test_approved_return_is_reopened_with_a_reason_by_the_top_tier(job: Job) -> None:
    job.sent()
    endorse(report=job.report, by=job.staff.district)
    endorse(report=job.report, by=job.staff.province)
    assert "Mở lại để sửa" not in job.sees(job.staff.district)
    assert "Mở lại để sửa" in job.sees(job.staff.province)

    assert job.decides(job.staff.province, "reopen", note="").status_code == 422
    job.decides(job.staff.province, "reopen", note="Xã báo sai số hộ")

    assert job.report.state == "reopened"
    assert "Xã báo sai số hộ" in job.sees(job.staff.province)


# -- rounds --------------------


def test_second_round_shows_first_what_was_changed(job: Job) -> None:
    """0 → 5, also where nobody had asked for it; and what was asked for and not done."""
    job.sent(relapsed="0", poor="12")
    request_change(
        report=job.report,
        indicator=job.catalogue.households,
        body="Thiếu hộ mới tách",
        by=job.staff.district,
    )
    job.returned()
    job.sent(relapsed="5", poor="17")

    page = job.sees(job.staff.district)

    first = page[page.index("Thay đổi so với lần nộp 1") :].split("</tbody>", 1)[0]
    assert "Đã sửa 0 → 5" in row_of(first, "relapsed")
    assert "Đã sửa 12 → 17" in row_of(first, "poor")
    assert "Đã yêu cầu, chưa sửa" in row_of(first, "households")
    assert 'id="o-escaped"' not in first
    assert page.count('id="o-relapsed"') == 1


def test_return_with_the_unit_shows_what_was_sent_not_what_is_typed(job: Job) -> None:
    job.sent()
    job.returned()
    save_draft(
        unit=job.unit,
        period=Y2024,
        entries=entries(job.unit, {job.catalogue.relapsed: "888"}),
        by=job.staff.officer,
    )

    page = job.sees(job.staff.district, f"{DESK}?o=relapsed")

    assert "888" not in page
    assert "Đã trả lại" in row_of(page, "relapsed")
    assert "Đối chiếu từng thôn" in page


def test_history_tells_who_did_what_and_why(job: Job) -> None:
    job.sent()
    job.returned()
    job.sent(relapsed="2", poor="14")

    page = text(job.sees(job.staff.district))

    for words in ("Nộp – lần 2", "Trả lại – lần 1", "Sửa trong tuần", "duyet.huyen", "can.bo"):
        assert words in page
    assert "Hộ tái nghèo 1 2 Sửa sau khi bị trả lại lần 1" in page


# -- fragments and cost --------------------


def piece(page: str, start: str, end: str) -> str:
    """One piece of a page, without tokens, focus and white space."""
    inside = page[page.index(start) :].split(end, 1)[0]
    return re.sub(r'value="\w{64}"|autofocus|\s+', "", inside, flags=re.DOTALL)


def test_fragment_of_a_decision_equals_a_fresh_page(job: Job) -> None:
    """The line, the bar and the filter that come back are those of the whole page."""
    job.sent()

    response = job.decides(
        job.staff.district, "request", indicator="relapsed", body="Đối chiếu", htmx=True
    )
    told = response.content.decode()
    fresh = job.client.get(DESK).content.decode()

    assert response.status_code == 200
    assert "<html" not in told
    for start, end in (
        ('id="o-relapsed"', "</tr>"),
        ('id="thanh"', "</form>"),
        ('id="loc"', "</nav>"),
    ):
        assert piece(told, start, end) == piece(fresh, start, end)


def test_fragment_of_a_refusal_says_why_with_a_status_that_is_shown(job: Job) -> None:
    """htmx leaves the page as it is on an error status."""
    job.sent()

    response = job.decides(job.staff.district, "request", indicator="relapsed", body="", htmx=True)

    assert response.status_code == 200
    assert "Ghi rõ chỉ tiêu này sai gì" in response.content.decode()


def test_desk_costs_the_same_for_few_comments_and_many(job: Job) -> None:
    job.sent()
    job.asked()
    job.sees(job.staff.district)

    with CaptureQueriesContext(connection) as one:
        job.sees(job.staff.district)
    for indicator in (job.catalogue.poor, job.catalogue.households):
        request_change(
            report=job.report, indicator=indicator, body="Xem lại", by=job.staff.district
        )
    with CaptureQueriesContext(connection) as three:
        job.sees(job.staff.district)

    assert len(three) == len(one)


def test_reviewer_goes_from_return_to_return(job: Job) -> None:
    job.sent()
    for unit in (job.places.second, job.places.town):
        officer = official(f"xa.{unit.code}", unit)
        save_draft(unit=unit, period=Y2024, entries=filled(unit, job.catalogue), by=officer)
        submit(unit=unit, period=Y2024, by=officer)

    page = job.sees(job.staff.district)
    assert "báo cáo 2/3 chờ đồng chí" in page
    assert "/duyet/90101/2024/" in page
    assert "/duyet/90103/2024/" in page

    job.decides(job.staff.district, "endorse")
    after = job.sees(job.staff.district)
    assert "còn 2 báo cáo chờ đồng chí" in after
    assert "/duyet/90103/2024/" in after


def test_writing_never_happens_on_get(job: Job) -> None:
    job.sent()
    before = list(Report.objects.values())

    job.sees(job.staff.district, f"{DESK}?decision=endorse&version=1")

    assert list(Report.objects.values()) == before


def test_cut_of_a_return_that_is_back_with_its_unit_is_that_of_the_last_sending(job: Job) -> None:
    """Opening less closing rate, of the figures that were sent."""
    c = job.catalogue
    c.rate.opening_indicator = builders.ratio(
        "opening_rate", "Tỷ lệ đầu kỳ", 8, [c.opening], [c.households]
    )
    c.rate.save()
    job.sent()  # 20 and 13 of 100
    job.returned()
    job.save(poor="5")

    shown = text(row_of(job.sees(job.staff.district), "rate-change"))

    assert "7,00" in shown
    assert "chưa có số liệu" not in shown


def test_opening_has_no_button_to_send_it_back(job: Job) -> None:
    builders.lock_opening(job.catalogue)
    told(job.unit, {job.catalogue.poor: "20"}, Period(2023))
    job.sent()

    page = job.sees(job.staff.district)

    assert "Trả lại 1." not in row_of(page, "opening")
    assert "Trả lại 1." in row_of(page, "poor")
    assert "Chấp nhận 1." in row_of(page, "opening")
