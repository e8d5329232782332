"""The page of printed sheets: who may see a unit learns whether a sheet holds, nobody else."""

from __future__ import annotations

import subprocess
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from communes.enums import Role
from communes.models import GroupMember, Succession, UnitGroup
from indicators.enums import Stage
from indicators.rollups import drain
from plans.models import Plan
from povertyplan.lib.xlsx import read_sheets
from reports.annexes import checked
from reports.annexes.build import build_table
from reports.annexes.checking import check_sign, read_code
from reports.annexes.table import Table
from reports.enums import ReportState
from reports.models import Report
from tests import builders
from tests.builders import Y2024, Places, told
from tests.reports import annex_forms

ADDRESS = "/kiem-tra-bieu/"
SAME, OTHER = "Các số trong bảng còn đúng như hệ thống", "Đã khác"
NOT_COMPARED = "Không đối chiếu dòng văn bản kèm theo, cột ghi chú và các ghi chú dưới bảng"


class Office:
    """A district's reviewer with a table of three communes."""

    def __init__(self, places: Places) -> None:
        self.places, self.measured = places, annex_forms.measured()
        self.form = annex_forms.annex(annex_forms.plan(places.district))
        self.tell("1200")
        self.client = self.signed_in("duyet", Role.REVIEWER)

    def tell(self, poor: str) -> None:
        told(self.places.first, self.measured.values("1234", "5001", poor))
        drain()

    def signed_in(self, name: str, role: str, at: Any = None) -> Client:
        client = Client()
        client.force_login(builders.official(name, at or self.places.district, role))
        return client

    def printed(self, stage: str = Stage.PROVISIONAL, variant: str = "year") -> str:
        return self.table(stage, variant).check_code

    def table(self, stage: str = Stage.PROVISIONAL, variant: str = "year") -> Table:
        return build_table(self.form, self.places.district, Y2024, stage, variant)

    def answer(self, code: str, client: Client | None = None) -> str:
        response = (client or self.client).get(ADDRESS, {"ma": code})
        assert response.status_code == 200
        return response.content.decode()


def changed(code: str, before: str, after: str) -> str:
    """The code of another sheet: `before` replaced, and the check sign of what comes of it."""
    start = code.rpartition("-")[0].replace(before, after)
    return f"{start}-{check_sign(start)}"


def words_of(answer: Any, typed: str) -> str:
    """What a page says, without its frame, that holds its own address and a token, and the code."""
    return str(answer.content.decode().partition("<main")[2]).replace(typed, "")


@pytest.fixture
def office(places: Places) -> Office:
    return Office(places)


def test_sheet_holds_until_a_figure_changes(office: Office) -> None:
    code = office.printed()
    assert SAME in office.answer(code)

    office.tell("1201")

    page = office.answer(code)
    assert OTHER in page
    assert SAME not in page
    assert office.printed() in page  # today's code
    assert "Xã Một, năm 2024" in page  # where figures came in last

    office.tell("1200")
    assert SAME in office.answer(code)


def test_words_beside_the_figures_are_said_not_to_be_compared(office: Office) -> None:
    """The number of the plan, what is said of a merger, and where a return stands."""
    client = office.signed_in("khac", Role.REVIEWER)
    code, before = office.printed(), office.table()
    gone = builders.unit(
        "90109", "Xã Tan", "commune", office.places.district, valid_to=date(2023, 12, 31)
    )
    Succession.objects.create(
        predecessor=gone, successor=office.places.second, date=date(2024, 1, 1), share=1
    )
    Plan.objects.update(number="99/KH-UBND")
    Report.objects.create(unit=office.places.first, period=Y2024.code, state=ReportState.DRAFT)
    office.form.plan.refresh_from_db()
    drain()

    page, now = office.answer(code, client), office.table()

    assert (now.reference, now.remarks) != (before.reference, before.remarks)
    assert [row.cells[-1] for row in now.rows] != [row.cells[-1] for row in before.rows]
    assert SAME in page
    assert NOT_COMPARED in page


def test_answer_that_it_is_another_says_nothing_of_what_is_not_compared(office: Office) -> None:
    code = office.printed()
    office.tell("1201")

    assert NOT_COMPARED not in office.answer(code)


def test_code_is_that_of_its_stage_and_variant(office: Office) -> None:
    told(office.places.first, office.measured.values("9", "9", "9"), stage=Stage.OFFICIAL)
    drain()

    assert SAME in office.answer(office.printed(Stage.OFFICIAL))
    assert SAME in office.answer(office.printed(variant="period"))
    provisional = office.printed()
    assert OTHER in office.answer(changed(provisional, "/T1/", "/C1/"))
    assert OTHER in office.answer(changed(provisional, "/T1/", "/T2/"))


def test_page_says_what_was_checked_and_shows_it(office: Office) -> None:
    page = office.answer(office.printed().lower())

    assert "Biểu số 01: Hộ nghèo theo xã năm 2024, huyện Thử Nghiệm." in " ".join(page.split())
    assert "Số liệu tạm tính." in page
    assert "1.234" in page
    assert "/bieu/901/2024/thu.xlsx?stage=provisional&amp;variant=year" in page


def test_workbook_paper_and_preview_carry_the_very_code(office: Office, tmp_path: Path) -> None:
    code = office.printed()
    preview = office.client.get("/bieu/901/2024/?bieu=thu").content.decode()
    workbook = office.client.get("/bieu/901/2024/thu.xlsx?variant=year").content
    (tmp_path / "a.pdf").write_bytes(office.client.get("/bieu/901/2024/thu.pdf").content)

    assert f"Mã kiểm tra: {code}" in preview
    for sheet in read_sheets(workbook):
        assert any(code in str(cell.value) for cell in sheet.cells.values())
    asked = ["pdftotext", "-layout", tmp_path / "a.pdf", "-"]
    told_by = subprocess.run(asked, check=True, capture_output=True, text=True)
    assert f"Mã kiểm tra: {code}" in " ".join(told_by.stdout.split())


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("/T1/", "/X1/"), "Phần thứ tư của mã"),
        (("/T1/", "/T9/"), "Biểu này có 2 dạng"),
        (("THU/", "KHAC/"), "không có trong danh mục của huyện Thử Nghiệm, năm 2024"),
        (("/2024/", "/2024H1/"), "Biểu này lập theo năm"),
        (("/2024/", "/"), "có năm phần"),
    ],
)
def test_code_that_leads_nowhere_is_answered_in_words(
    office: Office, change: tuple[str, str], words: str
) -> None:
    page = office.answer(changed(office.printed(), *change))

    assert words in page
    assert SAME not in page
    assert OTHER not in page


def test_what_was_typed_is_shown_as_text(office: Office) -> None:
    page = office.answer('"><script>alert(1)</script>')

    assert "<script>alert" not in page
    assert "&lt;script&gt;" in page


def test_stranger_to_the_unit_is_answered_as_if_there_were_none(office: Office) -> None:
    code, places = office.printed(), office.places
    stranger = office.signed_in("hang.xom", Role.OFFICER, places.first)

    typed = [code, changed(code, "/901/", "/999/"), changed(code, "THU/", "KHAC/")]
    answers = [stranger.get(ADDRESS, {"ma": one}) for one in typed]

    assert {answer.status_code for answer in answers} == {404}
    (page,) = {words_of(*both) for both in zip(answers, typed, strict=True)}
    assert "Không có đơn vị hoặc nhóm ghi trong mã này trong phạm vi của đồng chí." in page
    assert 'id="ma-loi"' in page  # beside the field, with what was typed
    assert stranger.get(ADDRESS).status_code == 200  # the form itself tells nothing
    assert Client().get(ADDRESS, {"ma": code}).status_code == 302


def test_group_is_open_to_who_sees_all_its_members(office: Office) -> None:
    group = UnitGroup.objects.create(code="ba-xa", name="Ba xã")
    for unit in office.places.communes:
        GroupMember.objects.create(group=group, unit=unit, source="stated")
    code = build_table(office.form, group, Y2024, Stage.PROVISIONAL).check_code
    one_of_them = office.signed_in("xa", Role.OFFICER, office.places.first)

    assert SAME in office.answer(code.replace("NHOM.BA-XA", "nhom ba xa"))
    typed = [code, changed(code, "BA-XA", "KHAC"), changed(code, "/NHOM.BA-XA/", "/999/")]
    answers = [one_of_them.get(ADDRESS, {"ma": one}) for one in typed]
    assert {answer.status_code for answer in answers} == {404}
    assert len({words_of(*both) for both in zip(answers, typed, strict=True)}) == 1


def test_group_is_named_once(office: Office) -> None:
    group = UnitGroup.objects.create(code="ba-xa", name="Ba xã")
    for unit in office.places.communes:
        GroupMember.objects.create(group=group, unit=unit, source="stated")

    page = office.answer(build_table(office.form, group, Y2024, Stage.PROVISIONAL).check_code)

    result = page.partition('id="ket-qua"')[2].partition("</div>")[0]
    assert "Biểu số 01: Hộ nghèo theo xã năm 2024 – Ba xã." in " ".join(result.split())
    assert result.count("Ba xã") == 1


def test_slip_of_the_hand_is_not_taken_for_another_figure(office: Office) -> None:
    code = office.printed()
    place = code.rindex("/") + 1
    page = office.answer(code[:place] + ("7" if code[place] != "7" else "8") + code[place + 1 :])

    assert "Mã gõ chưa đúng, xem lại từng ký tự" in page
    assert OTHER not in page


def test_unit_that_has_ended_since_is_found_by_its_last_day(office: Office) -> None:
    district = office.places.district
    district.valid_to = Y2024.end
    district.save()
    code = office.printed()

    assert SAME in office.answer(code)
    assert read_code(code).place == "901"


def test_long_table_is_checked_without_being_shown(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checked, "MOST_ROWS", 2)

    page = office.answer(office.printed())

    assert SAME in page
    assert "Biểu dài quá để xem ở đây" in page
    assert "1.234" not in page


def test_queries_do_not_grow_with_units(office: Office) -> None:
    def queries(code: str) -> int:
        with CaptureQueriesContext(connection) as asked:
            office.answer(code)
        return len(asked)

    code = office.printed()
    queries(code)
    few = queries(code)
    for number in range(20):
        unit = builders.unit(
            f"91{number:03}", f"Xã Thứ {number}", "commune", office.places.district
        )
        told(unit, office.measured.values("3", "9", "2"))
    drain()

    assert few == 22
    assert queries(office.printed()) == few
    assert queries(code) == few + 1  # where figures came in last
