"""One figure on a reviewer's desk: found right, talked about, sent back to several at once.

Source: issue 6, point 3; ui design, mock 04.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.http import Http404, HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext

from communes.models import Official, Unit
from indicators.models import SeriesBreak
from indicators.periods import Period
from indicators.rollups import drain
from povertyplan.lib.errors import DomainError
from reports.models import Acceptance, Comment, Report
from reports.review.desk import Desk, desk
from reports.workflow import (
    accept,
    comment,
    endorse,
    request_change,
    return_report,
    save_draft,
    submit,
    take_back_acceptance,
)
from tests import builders
from tests.builders import Y2024, Catalogue, Places, Staff, filled, official, told

pytestmark = pytest.mark.django_db

D = Decimal
DESK = "/duyet/90102/2024/"
MANY = "/duyet/901/2024/chi-tieu/relapsed/"


@dataclass
class Job:
    places: Places
    catalogue: Catalogue
    staff: Staff
    client: Client

    @property
    def unit(self) -> Unit:
        return self.places.first

    def report(self, unit: Unit | None = None) -> Report:
        return Report.objects.get(unit=unit or self.unit, period="2024")

    def sent(self, at: Unit | None = None, **changed: str | None) -> Report:
        unit = at or self.unit
        by = self.staff.officer
        if unit != self.unit:
            by, made = Official.objects.get_or_create(username=f"xa.{unit.code}")
            if made:
                by.posts.create(unit=unit, role="officer")
        save_draft(unit=unit, period=Y2024, entries=filled(unit, self.catalogue, **changed), by=by)
        return submit(unit=unit, period=Y2024, by=by)

    def page(self, person: Official | None = None, **asked: str) -> Desk:
        person = Official.objects.get(pk=(person or self.staff.district).pk)
        return desk(self.unit, Y2024, person, **asked)

    def sees(self, person: Official, address: str = DESK) -> str:
        self.client.force_login(person)
        answer = self.client.get(address)
        assert answer.status_code == 200
        return re.sub(r"\s+", " ", answer.content.decode())

    def decides(self, person: Official, decision: str, **told: object) -> HttpResponse:
        self.client.force_login(person)
        data = {"decision": decision, "version": self.report().version, **told}
        answer: HttpResponse = self.client.post(DESK, data)
        return answer


@pytest.fixture
def job(places: Places, catalogue: Catalogue, client: Client) -> Job:
    return Job(places, catalogue, builders.staff(places), client)


def flagged(job: Job) -> Report:
    """Relapsed is nought after six, which asks for a look; nothing else does."""
    told(job.unit, {job.catalogue.relapsed: "6"}, period=Period(2023))
    return job.sent(relapsed="0", poor="12")


def line(page: Desk, code: str) -> tuple[bool, bool]:
    """(counted as accepted, asks for a look)."""
    row = page.row(code)
    assert row is not None
    return row.is_taken, row.needs_look


# -- found right --------------------


def test_quiet_figure_holds_nothing_up_and_a_flagged_one_asks_for_a_look(job: Job) -> None:
    """What nobody has accepted is not said to be accepted."""
    flagged(job)

    page = job.page()

    assert line(page, "poor") == (True, False)
    assert line(page, "relapsed") == (False, True)
    counts = page.counts
    assert (counts["accepted"], counts["quiet"], counts["unlooked"]) == (0, 4, 1)
    assert not Acceptance.objects.exists()


def test_acceptance_holds_while_the_figure_says_the_same(job: Job) -> None:
    """Across rounds; a figure that came back changed is to be looked at anew."""
    flagged(job)
    accept(report=job.report(), indicator=job.catalogue.relapsed, by=job.staff.district)
    assert line(job.page(), "relapsed") == (True, False)

    request_change(
        report=job.report(), indicator=job.catalogue.poor, body="Sai", by=job.staff.district
    )
    return_report(report=job.report(), by=job.staff.district)
    job.sent(relapsed="0", poor="11")
    assert line(job.page(), "relapsed") == (True, False)

    request_change(
        report=job.report(), indicator=job.catalogue.poor, body="Sai", by=job.staff.district
    )
    return_report(report=job.report(), by=job.staff.district)
    job.sent(relapsed="1", poor="11")
    assert line(job.page(), "relapsed") == (False, True)


def test_every_tier_accepts_for_itself(job: Job) -> None:
    flagged(job)
    accept(report=job.report(), indicator=job.catalogue.relapsed, by=job.staff.district)
    endorse(report=job.report(), by=job.staff.district)

    assert line(job.page(job.staff.province), "relapsed") == (False, True)


def test_accepting_and_sending_back_take_each_others_place(job: Job) -> None:
    report, figure = flagged(job), job.catalogue.relapsed
    accept(report=report, indicator=figure, by=job.staff.district)
    request_change(report=report, indicator=figure, body="Sai", by=job.staff.district)
    assert not Acceptance.objects.exists()

    accept(report=report, indicator=figure, by=job.staff.district)
    assert not Comment.objects.exists()

    take_back_acceptance(report=report, indicator=figure, by=job.staff.district)
    assert line(job.page(), "relapsed") == (False, True)


def test_who_does_not_hold_the_desk_accepts_nothing(job: Job) -> None:
    report = flagged(job)

    with pytest.raises(DomainError):
        accept(report=report, indicator=job.catalogue.poor, by=job.staff.province)
    with pytest.raises(PermissionDenied):
        accept(report=report, indicator=job.catalogue.poor, by=job.staff.officer)


def test_flagged_rate_is_accepted_as_it_is_shown_and_leads_to_its_inputs(job: Job) -> None:
    """It is worked out: what is wrong is one of the two figures it is worked out from."""
    job.catalogue.rate.soft_limits = {"max": 10}
    job.catalogue.rate.save()
    job.sent()
    page = job.page(opened="rate")
    assert line(page, "rate") == (False, True)
    assert page.panel is not None
    assert [row.code for row in page.panel.terms] == ["households", "poor"]
    shown = job.sees(job.staff.district, f"{DESK}?o=rate")
    assert "sai ở đâu thì trả lại ô gốc" in shown
    assert "?o=poor&amp;y=1" in shown

    accept(report=job.report(), indicator=job.catalogue.rate, by=job.staff.district)

    assert Acceptance.objects.get().value_then == "13"
    assert line(job.page(), "rate") == (True, False)


# -- asked once more --------------------


def test_endorsing_with_flags_nobody_looked_at_is_asked_once_and_names_them(job: Job) -> None:
    flagged(job)

    asked = job.decides(job.staff.district, "endorse", note="Đủ")

    page = asked.content.decode()
    assert asked.status_code == 200
    assert "Còn 1 chỉ tiêu cần xem mà chưa xem. Vẫn duyệt?" in page
    assert "Hộ tái nghèo</a>" in page
    assert 'value="Đủ"' in page
    assert job.report().state == "submitted"

    job.decides(job.staff.district, "endorse", confirmed="1")
    assert job.report().state == "endorsed"


def test_endorsing_when_all_was_looked_at_asks_nothing(job: Job) -> None:
    flagged(job)
    accept(report=job.report(), indicator=job.catalogue.relapsed, by=job.staff.district)

    assert job.decides(job.staff.district, "endorse").status_code == 302
    assert job.report().state == "endorsed"


def test_sending_back_says_what_goes_to_whom_before_it_goes(job: Job) -> None:
    flagged(job)
    job.decides(job.staff.district, "request", indicator="relapsed", body="Đối chiếu từng thôn")

    page = job.decides(job.staff.district, "return").content.decode()
    assert "Trả lại xã Một 1 chỉ tiêu?" in page
    assert "Đối chiếu từng thôn" in page
    assert job.report().state == "submitted"

    job.decides(job.staff.district, "return", confirmed="1")
    assert job.report().state == "returned"


def test_question_is_not_an_answer_to_a_return_that_has_changed(job: Job) -> None:
    flagged(job)

    answer = job.decides(job.staff.district, "endorse", version=0)

    assert answer.status_code == 422
    assert "Báo cáo đã thay đổi từ lúc mở trang" in answer.content.decode()


# -- the panel --------------------


def test_panel_shows_the_years_and_does_not_join_a_series_over_its_break(job: Job) -> None:
    for year, number in ((2020, "40"), (2021, "36"), (2022, "30"), (2023, "20")):
        told(job.unit, {job.catalogue.poor: number}, period=Period(year))
    moment = SeriesBreak.objects.create(code="chuan-moi", first_periods=[2022])
    job.catalogue.poor.series_breaks.add(moment)
    job.sent()
    drain()

    panel = job.page(opened="poor").panel

    assert panel is not None
    assert [(row.label, row.value, row.starts_anew) for row in panel.years] == [
        ("2024", "13", False),
        ("2023", "20", False),
        ("2022", "30", True),
        ("2021", "36", False),
        ("2020", "40", False),
    ]
    assert panel.chart is not None
    assert [len(points.split()) for points in panel.chart.lines] == [2, 3]
    drawn = job.sees(job.staff.district, f"{DESK}?o=poor")
    picture = drawn[drawn.index('<svg class="chart"') :].split("</svg>")[0]
    assert len(picture) < 4096


def test_median_is_of_the_units_that_reported_and_a_rates_is_no_rolled_up_rate(job: Job) -> None:
    """13/100, 30/60 and 16/400 poor: the median rate is 13 %, their common rate 10,54 %."""
    job.sent()
    job.sent(job.places.second, households="60", opening="37", poor="30")
    drain()
    two = job.page(opened="poor").panel
    assert two is not None
    assert two.beside is not None
    assert (two.beside.middle, two.beside.reported, two.beside.total) == ("22", 2, 3)

    job.sent(job.places.town, households="400", opening="23", poor="16")
    drain()
    poor = job.page(opened="poor").panel
    rate = job.page(opened="rate").panel
    assert poor is not None
    assert rate is not None
    assert poor.beside is not None
    assert rate.beside is not None
    assert (poor.beside.middle, poor.beside.place, poor.beside.reported) == ("16", 3, 3)
    assert (rate.beside.middle, rate.beside.place) == ("13,00", 2)
    shown = job.sees(job.staff.district, f"{DESK}?o=rate")
    assert "không phải tỷ lệ chung của huyện Thử Nghiệm" in shown


def test_unit_itself_is_shown_nothing_made_of_its_neighbours(job: Job) -> None:
    """With two units under a parent, the median and one's own figure give the other's."""
    job.sent()
    job.sent(job.places.second, households="60", opening="37", poor="30")
    drain()

    assert "Trung vị" in job.sees(job.staff.district, f"{DESK}?o=poor")
    assert "Trung vị" not in job.sees(job.staff.officer, f"{DESK}?o=poor")


def test_comment_keeps_no_control_characters_and_has_an_end(job: Job) -> None:
    job.sent()
    job.client.force_login(job.staff.district)
    address = f"{DESK}trao-doi/poor/"

    assert job.client.post(address, {"body": "nul \x00 nul"}).status_code == 302
    assert Comment.objects.get().body == "nul  nul"
    long = job.client.post(address, {"body": "a" * 2001})
    assert long.status_code == 422
    assert "không được quá 2000" in long.content.decode()
    assert Comment.objects.count() == 1


def test_panel_costs_the_same_whatever_was_said_and_however_many_are_beside(job: Job) -> None:
    job.sent()
    address = f"{DESK}?o=poor"
    job.sees(job.staff.district, address)
    with CaptureQueriesContext(connection) as one:
        job.sees(job.staff.district, address)
    for unit in (job.places.second, job.places.town):
        job.sent(unit)
    for place in range(5):
        beside = builders.unit(f"9015{place}", f"Xã Thêm {place}", "commune", job.places.district)
        job.sent(beside)
    drain()
    for text in ("Một", "Hai", "Ba"):
        comment(report=job.report(), indicator=job.catalogue.poor, body=text, by=job.staff.district)
    job.sees(job.staff.district, address)
    with CaptureQueriesContext(connection) as many:
        assert "Ba" in job.sees(job.staff.district, address)

    assert len(many) == len(one)


def test_page_costs_the_same_for_five_figures_and_fifteen(job: Job) -> None:
    job.sent()
    job.sees(job.staff.district)
    with CaptureQueriesContext(connection) as few:
        job.sees(job.staff.district)
    for place in range(10):
        builders.count(f"them_{place}", f"Chỉ tiêu thêm {place}", 20 + place)
    from indicators.rollups import Catalogue as Known  # noqa: PLC0415

    Known.current()
    job.sees(job.staff.district)
    with CaptureQueriesContext(connection) as many:
        page = job.sees(job.staff.district)

    assert page.count('id="o-') > 10
    assert len(many) == len(few)


# -- talk --------------------


def test_comment_sends_nothing_back_and_the_unit_answers(job: Job) -> None:
    job.sent()
    job.decides(job.staff.district, "comment", indicator="poor", body="Có biên bản chưa?")
    assert job.report().state == "submitted"
    thread = "/duyet/90102/2024/trao-doi/poor/"
    assert "Có biên bản chưa?" in job.sees(job.staff.officer, thread)
    assert "Có biên bản chưa?" in job.sees(job.staff.officer, "/bao-cao/90102/2024/")

    assert job.client.post(thread, {"body": "Có, thôn Hai"}).status_code == 302

    said = list(Comment.objects.values_list("body", "post_label", "asks_for_change"))
    assert said == [
        ("Có biên bản chưa?", "Cán bộ duyệt, huyện Thử Nghiệm", False),
        ("Có, thôn Hai", "Cán bộ nhập số liệu, xã Một", False),
    ]
    assert "Có, thôn Hai" in job.sees(job.staff.province, f"{DESK}?o=poor")
    assert job.client.post(thread, {"body": " "}).status_code == 422


def test_unit_answers_on_the_page_of_its_sent_return_too(job: Job) -> None:
    """A comment is all it may send there."""
    job.sent()

    job.decides(job.staff.officer, "comment", indicator="poor", body="Đã đính kèm")

    assert Comment.objects.get().post_label == "Cán bộ nhập số liệu, xã Một"
    assert job.decides(job.staff.officer, "accept", indicator="poor").status_code == 403


def test_request_that_was_not_sent_is_in_no_thread(job: Job) -> None:
    job.sent()
    request_change(
        report=job.report(), indicator=job.catalogue.poor, body="Chưa gửi", by=job.staff.district
    )

    assert "Chưa gửi" not in job.sees(job.staff.officer, "/duyet/90102/2024/trao-doi/poor/")


def test_who_neither_enters_nor_reviews_only_reads(job: Job) -> None:
    report = job.sent()
    leader = official("lanh.dao", job.places.province, "leader")
    stranger = official("hang.xom", job.places.second)

    for person, refusal in ((leader, PermissionDenied), (stranger, Http404)):
        with pytest.raises(refusal):
            comment(report=report, indicator=job.catalogue.poor, body="Ý kiến", by=person)
    assert "Gửi ý kiến" not in job.sees(leader, "/duyet/90102/2024/trao-doi/poor/")


def test_nothing_is_said_of_a_return_that_was_never_sent(job: Job) -> None:
    entries = filled(job.unit, job.catalogue)
    save_draft(unit=job.unit, period=Y2024, entries=entries, by=job.staff.officer)

    with pytest.raises(DomainError, match="chưa nộp"):
        comment(
            report=job.report(), indicator=job.catalogue.poor, body="Sớm", by=job.staff.district
        )


# -- the same figure of several units --------------------


def three(job: Job) -> list[Report]:
    return [job.sent(), job.sent(job.places.second), job.sent(job.places.town)]


def tick(job: Job, *units: Unit, **told: object) -> HttpResponse:
    job.client.force_login(job.staff.district)
    seen = {
        f"v-{row.unit_id}": row.version
        for row in Report.objects.filter(unit__in=units, period="2024")
    }
    answer: HttpResponse = job.client.post(
        MANY, {"unit": [str(unit.pk) for unit in units], "reason": "Thiếu biểu", **seen, **told}
    )
    return answer


def test_figure_of_every_unit_on_the_desk_stands_side_by_side(job: Job) -> None:
    told(job.unit, {job.catalogue.relapsed: "6"}, period=Period(2023))
    three(job)
    job.sees(job.staff.district, MANY)

    page = job.sees(job.staff.district, MANY)

    assert "3 báo cáo chờ đồng chí" in page
    assert page.index("Thị trấn Trung Tâm") < page.index("Xã Một") < page.index("Xã Hai")
    assert "0 báo cáo chờ" in job.sees(job.staff.province, MANY)
    assert job.client.get("/duyet/901/2024/chi-tieu/rate/").status_code == 404


def test_one_fault_is_marked_in_several_returns_with_words_of_their_own(job: Job) -> None:
    three(job)
    own = {f"r-{job.places.second.pk}": "Riêng xã Hai"}

    assert tick(job, job.unit, job.places.second, step="mark", **own).status_code == 302

    assert dict(Comment.objects.values_list("report__unit__name", "body")) == {
        "Xã Một": "Thiếu biểu",
        "Xã Hai": "Riêng xã Hai",
    }
    assert {report.state for report in Report.objects.all()} == {"submitted"}


def test_several_returns_go_back_at_once_after_a_question(job: Job) -> None:
    three(job)

    asked = tick(job, job.unit, job.places.town, step="send")
    assert "Trả lại ngay báo cáo của 2 đơn vị?" in re.sub(r"\s+", " ", asked.content.decode())
    assert not Comment.objects.exists()

    tick(job, job.unit, job.places.town, step="send", confirmed="1")
    states = dict(Report.objects.values_list("unit__name", "state"))
    assert states == {
        "Xã Một": "returned",
        "Xã Hai": "submitted",
        "Thị trấn Trung Tâm": "returned",
    }


def test_all_go_back_or_none_and_it_is_said_which_could_not(job: Job) -> None:
    three(job)
    endorse(report=job.report(job.places.second), by=job.staff.district)

    answer = tick(job, job.unit, job.places.second, step="send", confirmed="1")

    assert answer.status_code == 422
    assert "Xã Hai: Báo cáo đang ở cấp tỉnh" in answer.content.decode()
    assert not Comment.objects.exists()
    assert job.report().state == "submitted"


def test_what_nobody_has_looked_at_is_not_sent_back(job: Job) -> None:
    """A request without the version that was shown, or with one that is none."""
    three(job)

    for seen in ("", "²", "9" * 5000):
        answer = tick(job, job.unit, step="mark", **{f"v-{job.unit.pk}": seen})
        assert answer.status_code == 422

    assert not Comment.objects.exists()


@pytest.mark.parametrize("unit", ["²", "9" * 30, "9" * 5000, "①", "-1", "\x00"])
def test_unit_that_is_no_number_is_left_out(job: Job, unit: str) -> None:
    three(job)
    job.client.force_login(job.staff.district)

    answer = job.client.post(MANY, {"unit": [unit], "reason": "Thiếu biểu", "step": "mark"})

    assert answer.status_code == 422
    assert not Comment.objects.exists()


def test_reason_is_asked_for_before_the_question(job: Job) -> None:
    three(job)

    answer = tick(job, job.unit, step="send", reason="")

    assert answer.status_code == 422
    assert "Ghi rõ chỉ tiêu này sai gì" in answer.content.decode()


def test_nothing_ticked_is_refused(job: Job) -> None:
    three(job)

    answer = tick(job, step="mark")

    assert answer.status_code == 422
    assert "Chưa chọn đơn vị nào." in answer.content.decode()


def test_side_by_side_costs_the_same_for_one_unit_and_eight(job: Job) -> None:
    job.sent()
    job.sees(job.staff.district, MANY)
    with CaptureQueriesContext(connection) as one:
        job.sees(job.staff.district, MANY)
    for place in range(7):
        job.sent(builders.unit(f"9015{place}", f"Xã Thêm {place}", "commune", job.places.district))
    drain()
    job.sees(job.staff.district, MANY)
    with CaptureQueriesContext(connection) as eight:
        assert "8 báo cáo" in job.sees(job.staff.district, MANY)

    assert len(eight) == len(one)
