"""The officer's pages: what is owed, typing, checking, saving, conflicts, sending."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from communes.enums import Role
from communes.models import Official, Unit
from indicators.enums import Answer, Stage
from indicators.models import Indicator, Result
from indicators.periods import Period
from reports import workflow
from reports.models import Report
from tests import builders
from tests.builders import Catalogue, Places, told

pytestmark = pytest.mark.django_db

Y2023, Y2024 = Period(2023), Period(2024)


@dataclass
class Desk:
    """One official at the pages of one return."""

    official: Official
    address: str = "/bao-cao/90102/2024/"

    def __post_init__(self) -> None:
        self.client = Client()
        self.client.force_login(self.official)

    def open(self, address: str = "") -> str:
        response = self.client.get(address or self.address)
        assert response.status_code == 200
        return response.content.decode()

    def post(self, data: dict[str, str], **headers: str) -> Any:
        return self.client.post(self.address, data, headers=headers)

    def send(self, data: dict[str, str]) -> tuple[int, Any]:
        """As the page's script sends: part of the form, answered with data."""
        response = self.post(data, Accept="application/json")
        return response.status_code, response.json()


@pytest.fixture
def officer(places: Places, catalogue: Catalogue) -> Desk:
    return Desk(builders.official("xa.mot", places.first))


@pytest.fixture
def colleague(officer: Desk, places: Places) -> Desk:
    """A second officer of the same commune."""
    return Desk(builders.official("xa.mot.hai", places.first))


@pytest.fixture
def district(places: Places) -> Official:
    return builders.official("huyen", places.district, Role.REVIEWER)


def typed(**values: str) -> dict[str, str]:
    """The form of a page on which nothing had been stored: `poor="12"` types 12."""
    data = {"action": "save"}
    for code, text in values.items():
        data |= {f"v-{code}": text, f"note-{code}": "", f"version-{code}": "0"}
    return data


WHOLE = {"households": "590", "opening": "20", "escaped": "5", "relapsed": "1", "poor": "16"}


def stored(unit: Unit, period: Period = Y2024) -> dict[str, tuple[str, Decimal | None]]:
    rows = Result.objects.filter(unit=unit, period=period.code).select_related("indicator")
    return {row.indicator.code: (row.answer, row.value) for row in rows}


def box(page: str, code: str) -> str:
    """The control of a figure as the page holds it."""
    found = re.search(rf'<(?:input|select)[^>]*name="v-{code}"[^>]*>', page)
    assert found is not None, code
    return found[0]


def words(page: str) -> str:
    """The page's text, tags taken out and blanks made single."""
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


# -- what is owed -------------------------------------------------------------------------------


def test_owed_shows_each_period_with_its_day_progress_and_what_came_back(
    officer: Desk, district: Official, places: Places, catalogue: Catalogue
) -> None:
    builders.deadline(places.province)
    officer.post(typed(**WHOLE))
    report = workflow.submit(unit=places.first, period=Y2024, by=officer.official)
    workflow.request_change(
        report=report, indicator=catalogue.poor, body="Đối chiếu danh sách thôn.", by=district
    )
    assert "Đối chiếu danh sách thôn." not in officer.open("/bao-cao/")  # not sent yet
    workflow.return_report(report=report, by=district)
    text = words(officer.open("/bao-cao/"))
    assert "Năm 2024" in text
    assert "15/12/2024" in text
    assert "5/5" in text
    assert f"Bị trả lại ngày {timezone.localdate():%d/%m/%Y}" in text
    assert "Hộ nghèo cuối kỳ: Đối chiếu danh sách thôn." in text


def test_owed_is_late_after_its_day_until_it_is_sent(officer: Desk, places: Places) -> None:
    builders.deadline(places.province)
    with time_machine.travel("2024-12-16 08:00+07:00"):
        assert "Quá hạn, chưa nhập" in words(Desk(officer.official).open("/bao-cao/"))
    with time_machine.travel("2024-12-15 08:00+07:00"):
        assert "Quá hạn" not in Desk(officer.official).open("/bao-cao/")


# -- the form -----------------------------------------------------------------------------------


def test_form_shows_last_year_and_locks_what_is_not_typed(
    officer: Desk, places: Places, catalogue: Catalogue
) -> None:
    opening = catalogue.opening
    opening.prefill_offset, opening.prefill_locked = -1, True
    opening.save()
    opening.terms.create(role="prefill", input=catalogue.poor)
    told(places.first, {catalogue.poor: "1234", catalogue.households: "5000"}, Y2023)
    page = officer.open()
    assert 'name="v-opening"' not in page
    assert "Lấy từ số cuối kỳ năm 2023" in page
    assert re.search(r'<td class="n pv">5.000<', page)
    assert "1.234 – Lấy từ số cuối kỳ năm 2023 (khóa)" in words(page)


def test_form_says_what_a_rate_waits_for_and_what_it_is(officer: Desk) -> None:
    assert "chờ ô 1.5" in officer.open()
    officer.post(typed(**WHOLE))
    page = words(officer.open())
    assert "2,71" in page  # 16 of 590
    assert "Tự tính: ô 1.5 ÷ ô 1.1" in page


def test_form_gives_the_browser_the_rules_the_server_runs(
    officer: Desk, catalogue: Catalogue
) -> None:
    builders.balance(catalogue)
    page = officer.open()
    found = re.search(r'src="(/bao-cao/90102/2024/dinh-nghia.\w+.js)"', page)
    assert found is not None
    script = officer.open(found[1])
    [rule] = json.loads(script.removeprefix("window.definitions="))["rules"]
    assert rule["terms"] == [
        ["1", "opening", 0],
        ["-1", "escaped", 0],
        ["1", "relapsed", 0],
        ["-1", "poor", 0],
    ]
    assert rule["solve_for"] == "poor"


def test_form_makes_the_same_queries_whatever_its_length(
    officer: Desk, catalogue: Catalogue
) -> None:
    officer.post(typed(**WHOLE))

    def queries() -> int:
        with CaptureQueriesContext(connection) as seen:
            officer.open()
        return len(seen)

    few = queries()
    for number in range(10):
        builders.count(f"more-{number}", f"Chỉ tiêu {number}", 20 + number)
    officer.post(typed(**{f"more-{number}": "3" for number in range(10)}))
    assert queries() == few


# -- saving -------------------------------------------------------------------------------------


def test_save_reads_numbers_as_officials_write_them(officer: Desk, places: Places) -> None:
    response = officer.post(typed(households="1.590", poor="16"))
    assert response.status_code == 302
    assert stored(places.first) == {
        "households": (Answer.VALUE, Decimal(1590)),
        "poor": (Answer.VALUE, Decimal(16)),
    }
    page = officer.open()
    assert 'value="1.590"' in box(page, "households")
    assert "2/5" in words(page)


def answer_of(page: str, code: str) -> str:
    """What the line's choice of answer stands at."""
    choice = re.search(rf'<select name="na-{code}".*?</select>', page, re.DOTALL)
    assert choice
    found = re.search(r'value="(\w*)"[^>]*selected', choice[0])
    return found[1] if found else ""


def test_zero_not_applicable_no_data_and_nothing_stay_four_answers(
    officer: Desk, places: Places
) -> None:
    data = typed(households="0", poor="", escaped="", relapsed="")
    data |= {"na-escaped": "na", "na-relapsed": "none", "note-relapsed": "Trưởng thôn chưa gửi"}
    officer.post(data)
    assert stored(places.first) == {
        "households": (Answer.VALUE, Decimal(0)),
        "escaped": (Answer.NOT_APPLICABLE, None),
        "relapsed": (Answer.NO_DATA, None),
    }
    page = officer.open()
    assert 'value="0"' in box(page, "households")
    assert "value=" not in box(page, "poor")
    assert [answer_of(page, code) for code in ("escaped", "relapsed", "poor")] == ["na", "none", ""]


def test_no_data_is_an_answer_only_with_its_reason(officer: Desk, places: Places) -> None:
    response = officer.post(typed(poor="") | {"na-poor": "none"})

    assert response.status_code == 422
    assert "Ghi lý do không có số liệu vào ô ghi chú." in words(response.content.decode())
    assert stored(places.first) == {}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("mười sáu", "“mười sáu” không phải là số. Ghi dạng 1.234, không kèm đơn vị."),
        ("16,5", "“16,5” có quá nhiều chữ số lẻ; chỉ tiêu này ghi số nguyên."),
        ("-3", "Phải từ 0 trở lên."),
    ],
)
def test_one_bad_cell_writes_nothing_and_keeps_all_that_was_typed(
    officer: Desk, places: Places, text: str, said: str
) -> None:
    response = officer.post(typed(households="590", poor=text))
    page = response.content.decode()
    assert response.status_code == 422
    assert stored(places.first) == {}
    assert "Chưa lưu gì cả" in page
    assert said in page
    assert 'value="590"' in box(page, "households")
    assert f'value="{text}"' in box(page, "poor")
    assert 'aria-invalid="true"' in box(page, "poor")
    assert 'aria-invalid="true"' not in box(page, "households")


def test_number_beside_not_applicable_is_asked_about(officer: Desk, places: Places) -> None:
    response = officer.post(typed(poor="3") | {"na-poor": "na"})
    assert response.status_code == 422
    assert "vừa ghi số vừa chọn" in response.content.decode()
    assert stored(places.first) == {}


def test_offered_number_goes_into_its_cell_without_a_script(
    officer: Desk, places: Places, catalogue: Catalogue
) -> None:
    builders.balance(catalogue)
    officer.post(typed(**{**WHOLE, "poor": "9"}))
    page = officer.open()
    offer = re.search(r'name="fill"\s+value="([^"]+)"', page)
    assert offer is not None
    assert "20 − 5 + 1 = 16." in page
    officer.post(typed(poor="9") | {"version-poor": "1", "fill": offer[1]})
    assert stored(places.first)["poor"] == (Answer.VALUE, Decimal(16))
    assert "20 − 5 + 1" not in officer.open()


@pytest.mark.parametrize("since", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59-14:00", "x", ""])
def test_odd_moment_asks_for_every_cell(officer: Desk, since: str) -> None:
    officer.post(typed(households="590"))

    told = json.loads(officer.open(f"/bao-cao/90102/2024/o/?tu={since.replace('+', '%2B')}"))

    assert told["cells"]["households"]["text"] == "590"


# -- two people in one form ---------------------------------------------------------------------


def test_untouched_cell_of_an_old_page_does_not_undo_a_colleagues_edit(
    officer: Desk, colleague: Desk, places: Places
) -> None:
    officer.post(typed(households="590", poor="16"))
    colleague.post({"v-poor": "17", "version-poor": "1"})
    response = officer.post(
        {"v-households": "600", "version-households": "1", "v-poor": "16", "version-poor": "1"}
    )
    assert response.status_code == 302
    assert stored(places.first) == {
        "households": (Answer.VALUE, Decimal(600)),
        "poor": (Answer.VALUE, Decimal(17)),
    }


@pytest.mark.parametrize(("choice", "kept"), [("mine", "18"), ("theirs", "17")])
def test_two_edits_of_one_cell_are_both_shown_and_a_person_decides(
    officer: Desk, colleague: Desk, places: Places, choice: str, kept: str
) -> None:
    officer.post(typed(poor="16"))
    colleague.post({"v-poor": "17", "version-poor": "1"})
    mine = {"v-poor": "18", "version-poor": "1"}
    response = officer.post(mine)
    page = words(response.content.decode())
    assert response.status_code == 422
    assert "xa.mot.hai đã sửa ô này" in page
    assert "số đang lưu: 17" in page
    assert "số tôi vừa gõ: 18" in page
    assert stored(places.first)["poor"] == (Answer.VALUE, Decimal(17))
    officer.post(mine | {"choice-poor": choice, "seen-poor": "2"})
    assert stored(places.first)["poor"] == (Answer.VALUE, Decimal(kept))


def test_choice_made_over_a_third_edit_is_asked_again(
    officer: Desk, colleague: Desk, places: Places
) -> None:
    officer.post(typed(poor="16"))
    colleague.post({"v-poor": "17", "version-poor": "1"})
    colleague.post({"v-poor": "19", "version-poor": "2"})
    mine = {"v-poor": "18", "version-poor": "1", "choice-poor": "mine", "seen-poor": "2"}
    assert officer.post(mine).status_code == 422
    assert stored(places.first)["poor"] == (Answer.VALUE, Decimal(19))


# -- the script's way in ------------------------------------------------------------------------


def test_script_sends_part_of_the_form_and_learns_the_new_versions(
    officer: Desk, places: Places
) -> None:
    status, answer = officer.send(typed(poor="16"))
    assert (status, answer["versions"]) == (200, {"poor": 1})
    status, answer = officer.send({"v-poor": "17", "version-poor": "1"})
    assert (status, answer["versions"]) == (200, {"poor": 2})


def test_script_is_told_which_cell_was_refused_and_what_stands_there(
    officer: Desk, colleague: Desk
) -> None:
    officer.send(typed(poor="16"))
    colleague.send({"v-poor": "17", "version-poor": "1"})
    status, answer = officer.send({"v-poor": "18", "version-poor": "1"} | typed(households="x"))
    assert status == 422
    assert answer["cells"]["households"].keys() == {"message"}
    assert answer["cells"]["poor"] == {
        "message": "Người khác vừa sửa ô này. Chọn số cần giữ.",
        "theirs": "17",
        "theirs_na": "",
        "theirs_note": "",
        "by": "xa.mot.hai",
        "version": 2,
    }


def test_two_windows_of_one_person_are_not_told_as_two_people(officer: Desk) -> None:
    officer.send(typed(poor="16"))
    officer.send({"v-poor": "17", "version-poor": "1"})
    _status, answer = officer.send({"v-poor": "18", "version-poor": "1"})
    told = answer["cells"]["poor"]["message"]
    assert told == "Đồng chí đã sửa ô này ở cửa sổ khác. Chọn số cần giữ."


def test_script_without_a_session_is_told_so(places: Places, catalogue: Catalogue) -> None:
    response = Client().post(
        "/bao-cao/90102/2024/", typed(poor="16"), headers={"HX-Request": "true"}
    )
    assert response.status_code == 401


# -- sending up ---------------------------------------------------------------------------------


def test_send_keeps_the_draft_and_leads_on_to_what_stands_in_the_way(
    officer: Desk, places: Places, catalogue: Catalogue
) -> None:
    builders.balance(catalogue)
    response = officer.post(typed(**{**WHOLE, "poor": "9"}) | {"action": "submit"})
    assert (response.status_code, response["Location"]) == (302, f"{officer.address}nop/#noidung")
    assert 'href="/bao-cao/90102/2024/#c-poor"' in officer.open(response["Location"])
    assert stored(places.first)["poor"] == (Answer.VALUE, Decimal(9))
    assert Report.objects.get().state == "draft"


def test_summary_names_each_empty_cell(officer: Desk) -> None:
    officer.post(typed(households="590") | {"action": "submit"})
    page = officer.open(f"{officer.address}nop/")
    found = [code for code in WHOLE if f'href="{officer.address}#c-{code}"' in page]
    assert found == list(WHOLE)[1:]


def test_day_of_what_came_back_is_the_day_it_was_here(
    officer: Desk, district: Official, places: Places, catalogue: Catalogue
) -> None:
    """Six in the evening by the clock of the world is already tomorrow."""
    officer.post(typed(**WHOLE))
    report = workflow.submit(unit=places.first, period=Y2024, by=officer.official)
    workflow.request_change(report=report, indicator=catalogue.poor, body="Xem lại.", by=district)
    with time_machine.travel(datetime(2024, 12, 19, 18, 0, tzinfo=UTC), tick=False):
        workflow.return_report(report=report, by=district)

    assert "Bị trả lại ngày 20/12/2024" in words(officer.open())


def test_submitted_return_is_read_only_until_it_comes_back(
    officer: Desk, district: Official, places: Places, catalogue: Catalogue
) -> None:
    officer.post(typed(**WHOLE))
    workflow.submit(unit=places.first, period=Y2024, by=officer.official)
    page = officer.open()
    assert "Chờ duyệt" in page
    assert "<form id=" not in page
    assert officer.post(typed(poor="1")).status_code == 422
    assert stored(places.first)["poor"] == (Answer.VALUE, Decimal(16))
    report = Report.objects.get()
    workflow.request_change(
        report=report, indicator=catalogue.poor, body="Xem lại thôn Bản Pấy.", by=district
    )
    page = officer.open()
    assert "Bản Pấy" not in page  # the reviewer has not sent it yet
    assert "trả lại" not in words(page).partition("Lịch sử")[0].partition("Chỉ tiêu")[2]
    workflow.return_report(report=report, by=district, note="Sửa một chỉ tiêu")
    page = words(officer.open())
    assert f"Bị trả lại ngày {timezone.localdate():%d/%m/%Y}" in page
    assert "Xem lại thôn Bản Pấy." in page
    assert "Chưa sửa từ khi bị trả lại" in page
    assert "Nộp lại" in page
    officer.post({"v-poor": "15", "note-poor": "đã đối chiếu", "version-poor": _version("poor")})
    assert "Đã sửa 16 → 15, chờ nộp lại" in words(officer.open())


def _version(code: str) -> str:
    return str(Result.objects.get(indicator__code=code).version)


def test_history_tells_who_changed_what_from_what_to_what(officer: Desk, colleague: Desk) -> None:
    officer.post(typed(poor="16"))
    colleague.post({"v-poor": "1700", "version-poor": "1"})
    page = words(officer.open("/bao-cao/90102/2024/lich-su/"))
    assert "xa.mot.hai Hộ nghèo cuối kỳ 16 1.700 Nhập nháp" in page
    fragment = officer.client.get(
        "/bao-cao/90102/2024/lich-su/", headers={"HX-Request": "true"}
    ).content.decode()
    assert fragment.lstrip().startswith('<div id="figure-history">')


# -- who may ------------------------------------------------------------------------------------


def test_pages_are_closed_to_the_commune_next_door(officer: Desk, places: Places) -> None:
    neighbour = Desk(builders.official("xa.hai", places.second))
    assert neighbour.client.get(neighbour.address).status_code == 404
    assert neighbour.post(typed(poor="1")).status_code == 404
    assert neighbour.client.get(f"{neighbour.address}lich-su/").status_code == 404
    assert stored(places.first) == {}


def test_reviewer_and_leader_read_but_do_not_type(
    officer: Desk, places: Places, district: Official
) -> None:
    for person in (district, builders.official("lanhdao", places.province, Role.LEADER)):
        desk = Desk(person)
        answer = desk.client.get(desk.address)
        assert (answer.status_code, answer["Location"]) == (302, "/duyet/90102/2024/")
        assert desk.post(typed(poor="1")).status_code == 403
        assert desk.post(typed(poor="không phải số")).status_code == 403
    assert stored(places.first) == {}


@pytest.mark.parametrize("period", ["2024Q9", "hai-nghin", "2024H3"])
def test_address_with_no_such_period_is_not_found(officer: Desk, period: str) -> None:
    assert officer.client.get(f"/bao-cao/90102/{period}/").status_code == 404


def test_code_means_the_unit_of_the_periods_last_day(officer: Desk, places: Places) -> None:
    """A code may be given to another unit later. Source: design, Ideas 8."""
    ended = builders.unit(
        "90109", "Xã Đã Nhập", "commune", places.district, valid_to=date(2023, 6, 30)
    )
    desk = Desk(builders.official("xa.cu", ended), "/bao-cao/90109/2022/")
    assert "xã Đã Nhập" in desk.open()
    assert desk.client.get("/bao-cao/90109/2023/").status_code == 404


def test_figures_of_sample_data_carry_the_mark(
    officer: Desk, places: Places, catalogue: Catalogue
) -> None:
    assert "Số liệu minh họa" not in officer.open()
    told(places.first, {catalogue.poor: "16"}, stage=Stage.PROVISIONAL, is_sample=True)
    assert '<span class="mh">Số liệu minh họa</span>' in officer.open()


def test_yes_no_figure_is_answered_with_a_word(officer: Desk, places: Places) -> None:
    Indicator.objects.filter(code="relapsed").update(value_type="yes_no")
    assert box(officer.open(), "relapsed").startswith("<select")
    officer.post(typed(relapsed="0"))
    assert stored(places.first) == {"relapsed": (Answer.VALUE, Decimal(0))}
    assert re.search(r'<option value="0" selected', officer.open())
