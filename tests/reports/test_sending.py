"""What is signed is what was seen; a receipt tells what was sent, whatever came after."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.request import OpenerDirector

import pytest
import time_machine
from django.template.loader import render_to_string

from communes.enums import Role
from communes.models import Post
from indicators.enums import Answer
from indicators.models import Indicator, SeriesBreak, Theme
from indicators.periods import Period
from indicators.recording import Entry
from povertyplan.lib import pdf
from povertyplan.lib.errors import DomainError
from reports import workflow
from reports.models import Report, ReportEvent
from reports.returns import Row, changed_since, return_of, seen_in
from reports.returns.counted import Counted
from reports.sending.lines import compared_rows
from reports.sending.receipts import Figure, Receipt, Section, receipt_of
from reports.sending.summary import Summary, summary_of
from reports.sending.views import PRINT_STYLES
from tests import builders
from tests.builders import Y2024, Catalogue, Places, Staff, filled, told

pytestmark = pytest.mark.django_db


@dataclass
class Desk:
    places: Places
    catalogue: Catalogue
    staff: Staff

    def save(self, **changes: str | None) -> None:
        entries = filled(self.places.first, self.catalogue, **changes)
        self.keep(*entries)

    def keep(self, *entries: Entry) -> None:
        workflow.save_draft(
            unit=self.places.first, period=Y2024, entries=entries, by=self.staff.officer
        )

    def answer(self, indicator: Indicator, value: int | None, note: str, answer: str = "") -> None:
        figure = None if value is None else Decimal(value)
        kind = answer or Answer.VALUE
        self.keep(Entry(self.places.first, indicator, Y2024, kind, figure, note=note))

    def seen(self) -> str:
        return seen_in(return_of(self.places.first, Y2024))

    def submit(self, **more: Any) -> Report:
        return workflow.submit(unit=self.places.first, period=Y2024, by=self.staff.officer, **more)

    def send_back(self, report: Report, indicator: Indicator) -> None:
        workflow.request_change(
            report=report, indicator=indicator, body="Xem lại.", by=self.staff.district
        )
        workflow.return_report(report=report, by=self.staff.district)

    def summary(self) -> Summary:
        return summary_of(self.places.first, Y2024, self.staff.officer)

    def receipt(self, number: int = 1) -> Receipt:
        found = receipt_of(self.places.first, Y2024, number)
        assert found is not None
        return found


@pytest.fixture
def desk(places: Places, catalogue: Catalogue) -> Desk:
    return Desk(places, catalogue, builders.staff(places))


def refusal(desk: Desk, **more: Any) -> list[str]:
    with pytest.raises(DomainError) as caught:
        desk.submit(**more)
    return [str(problem) for problem in caught.value.problems]


# -- what is signed is what was seen --------------------------------------------------------------


def test_return_that_is_as_it_was_seen_is_sent(desk: Desk) -> None:
    desk.save()
    assert desk.submit(seen=desk.seen()).state == "submitted"


def test_figure_changed_since_it_was_seen_keeps_the_return_back_and_is_named(desk: Desk) -> None:
    desk.save()
    seen = desk.seen()
    desk.save(poor="14")
    assert refusal(desk, seen=seen) == [
        "1.5 Hộ nghèo cuối kỳ: Lúc đồng chí xem là 13, nay là 14. Người nhập: can.bo."
    ]
    assert Report.objects.get().state == "draft"
    assert not ReportEvent.objects.exists()


def test_note_changed_since_it_was_seen_keeps_the_return_back(desk: Desk) -> None:
    desk.save()
    seen = desk.seen()
    desk.answer(desk.catalogue.poor, 13, "theo thôn")
    assert refusal(desk, seen=seen) == [
        "1.5 Hộ nghèo cuối kỳ: Số vẫn là 13; ghi chú nay là “theo thôn”. Người nhập: can.bo."
    ]


def test_return_handled_since_it_was_seen_is_looked_at_again(desk: Desk) -> None:
    """Sent, sent back, and every figure as it was: still not what the page showed."""
    desk.save()
    seen = desk.seen()
    desk.send_back(desk.submit(), desk.catalogue.poor)
    assert refusal(desk, seen=seen) == ["Báo cáo đã được xử lý từ lúc đồng chí mở trang."]


@pytest.mark.parametrize("seen", ["", "1", "1 poor=13", "= = =", "\x00", "1 poor=abc escaped"])
def test_line_that_was_never_shown_is_no_look_at_the_return(desk: Desk, seen: str) -> None:
    desk.save()
    assert changed_since(return_of(desk.places.first, Y2024), seen) != []
    assert refusal(desk, seen=seen) != []


def test_opening_taken_over_from_last_year_is_no_change(desk: Desk) -> None:
    """It is written when the return is sent, with the very figure that was shown."""
    builders.lock_opening(desk.catalogue)
    told(desk.places.first, {desk.catalogue.poor: "20"}, Period(2023))
    numbers = filled(desk.places.first, desk.catalogue)
    workflow.save_draft(
        unit=desk.places.first,
        period=Y2024,
        entries=[row for row in numbers if row.indicator != desk.catalogue.opening],
        by=desk.staff.officer,
    )
    assert desk.submit(seen=desk.seen()).round == 1


def test_message_to_the_reviewer_has_a_limit(desk: Desk) -> None:
    desk.save()
    assert refusal(desk, note="x" * 1001) == [
        "Lời nhắn cho nơi nhận: Lời nhắn dài 1001 chữ, không được quá 1000. Rút gọn lại."
    ]
    assert desk.submit(note="x" * 1000).round == 1


# -- the summary ---------------------------------------------------------------------------------


def test_summary_tells_apart_what_is_wrong_what_wants_a_reason_and_what_is_missing(
    desk: Desk,
) -> None:
    builders.balance(desk.catalogue)
    desk.catalogue.households.soft_limits = {"max": 90}
    desk.catalogue.households.save()
    desk.save(poor="14")
    desk.answer(desk.catalogue.relapsed, 1, "")
    page = desk.summary()
    assert [problem.key for problem in page.wrong] == ["poor"]
    assert [problem.key for problem in page.unexplained] == ["households"]
    assert (page.missing, page.may_sign) == ([], False)
    assert page.to_do == "Chưa ký và nộp được. Trước hết sửa 1 chỗ sai, ghi lý do ở 1 chỗ."
    desk.answer(desk.catalogue.households, 100, "nhận thêm một thôn")
    page = desk.summary()
    assert page.unexplained == []
    assert [(line.code, line.said, line.reason) for line in page.explained] == [
        ("households", "Cao bất thường. Thường không quá 90.", "nhận thêm một thôn")
    ]


def test_rate_unlike_others_is_among_the_questions(desk: Desk) -> None:
    """Nobody types it, yet the reviewer sees its flag: who signs is told of it."""
    desk.catalogue.rate.soft_limits = {"max": 5}
    desk.catalogue.rate.save()
    desk.save()  # 13 of 100
    assert [(line.code, line.value, line.said) for line in desk.summary().explained] == [
        ("rate", "13,00", "Cao bất thường. Thường không quá 5,00.")
    ]
    assert desk.summary().may_sign


def test_summary_of_an_empty_return_lists_every_figure_by_theme(desk: Desk) -> None:
    page = desk.summary()
    assert [(group.number, [line.number for line in group.lines]) for group in page.missing] == [
        ("1", ["1.1", "1.2", "1.3", "1.4", "1.5"])
    ]
    assert page.to_do == "Chưa ký và nộp được. Trước hết trả lời 5 chỉ tiêu còn trống."


def test_largest_moves_come_first_and_nothing_is_divided_by_zero(desk: Desk) -> None:
    c = desk.catalogue
    before = {c.households: "80", c.opening: "20", c.escaped: "0", c.relapsed: "4", c.poor: "20"}
    told(desk.places.first, dict(before), Period(2023))
    desk.save()  # 100, 20, 8, 1, 13
    page = desk.summary()
    moves = [(m.line.code, m.line.value, m.previous, m.difference, m.share) for m in page.moves]
    assert moves == [
        ("relapsed", "1", "4", "−3", "−75,0%"),
        ("poor", "13", "20", "−7", "−35,0%"),
        ("households", "100", "80", "+20", "+25,0%"),
        ("escaped", "8", "0", "+8", ""),
    ]
    assert (page.moved, page.compared) == (4, 5)


def test_percentage_moves_in_points(desk: Desk) -> None:
    desk.catalogue.escaped.unit_of_measure = "%"
    desk.catalogue.escaped.save()
    told(desk.places.first, {desk.catalogue.escaped: "6"}, Period(2023))
    desk.save()
    [move] = desk.summary().moves
    assert (move.difference, move.share) == ("+2 điểm %", "")


def test_figure_whose_series_starts_anew_is_not_compared(desk: Desk) -> None:
    told(desk.places.first, {desk.catalogue.poor: "40"}, Period(2023))
    broken = SeriesBreak.objects.create(code="chuan-moi", first_periods=[2024])
    desk.catalogue.poor.series_breaks.set([broken])
    desk.save()
    assert (desk.summary().moves, desk.summary().compared) == ([], 0)


def test_count_of_a_book_is_compared_and_an_opening_taken_over_is_not(desk: Desk) -> None:
    one = Row(desk.catalogue.poor, "1.1", "input", value=Decimal(5), previous=Decimal(3))
    one.is_locked = True
    assert compared_rows([one]) == []
    one.counted = Counted("so", "Sổ", "90102", "2024", Decimal(5))
    assert compared_rows([one]) == [one]


def test_answers_without_a_number_are_shown_with_their_reason(desk: Desk) -> None:
    desk.save(escaped=None)
    desk.answer(desk.catalogue.relapsed, None, "chưa rà soát", Answer.NO_DATA)
    assert [(line.code, line.value, line.reason) for line in desk.summary().excused] == [
        ("escaped", "Không áp dụng", ""),
        ("relapsed", "Không có số liệu", "chưa rà soát"),
    ]


def test_returned_figures_show_what_became_of_them(desk: Desk) -> None:
    desk.save(relapsed="0", poor="12")
    report = desk.submit()
    for indicator in (desk.catalogue.relapsed, desk.catalogue.poor):
        workflow.request_change(
            report=report, indicator=indicator, body="Xem lại.", by=desk.staff.district
        )
    workflow.return_report(report=report, by=desk.staff.district)
    desk.save(relapsed="4", poor="12")
    assert [(line.code, line.said, line.reason) for line in desk.summary().returned] == [
        ("relapsed", "0 → 4", "Xem lại."),
        ("poor", "", "Xem lại."),
    ]


def test_signer_signs_in_the_officer_post_of_that_unit(desk: Desk) -> None:
    """Who also reviews elsewhere, or enters for another unit, signs as this unit's officer."""
    officer, places = desk.staff.officer, desk.places
    Post.objects.filter(official=officer).update(title="Công chức văn hóa")
    posts = (
        (places.first, Role.LEADER),
        (places.second, Role.OFFICER),
        (places.town, Role.REVIEWER),
    )
    for unit, role in posts:
        Post.objects.create(official=officer, unit=unit, role=role, title="việc khác")
    desk.save()
    assert desk.summary().signer_post == "Công chức văn hóa, xã Một"
    desk.submit()
    assert desk.receipt().event.post_label == "Công chức văn hóa, xã Một"


# -- the receipt --------------------------------------------------------------------------------


def figures_of(receipt: Receipt) -> dict[str, tuple[str, str]]:
    return {
        figure.name: (figure.value, figure.note)
        for section in receipt.sections
        for figure in section.figures
    }


def test_receipt_tells_what_was_sent_and_not_what_stands_now(desk: Desk) -> None:
    desk.save(escaped=None)
    desk.answer(desk.catalogue.poor, 13, "đối chiếu thôn")
    report = desk.submit(note="Đủ số")
    code = desk.receipt().code
    desk.send_back(report, desk.catalogue.poor)
    desk.save(escaped=None, poor="14")
    desk.answer(desk.catalogue.poor, 14, "sửa")
    desk.submit()
    first, second = desk.receipt(1), desk.receipt(2)
    assert figures_of(first) == {
        "Tổng số hộ": ("100", ""),
        "Hộ nghèo đầu kỳ": ("20", ""),
        "Hộ thoát nghèo": ("Không áp dụng", ""),
        "Hộ tái nghèo": ("1", ""),
        "Hộ nghèo cuối kỳ": ("13", "đối chiếu thôn"),
    }
    assert figures_of(second)["Hộ nghèo cuối kỳ"] == ("14", "sửa")
    assert (first.event.note, first.total, first.notes) == ("Đủ số", 5, 1)
    assert (first.is_replaced, second.is_replaced) == (True, False)
    assert first.code == code != second.code
    assert receipt_of(desk.places.first, Y2024, 3) is None


def test_receipt_covers_what_the_form_asks_and_nothing_that_came_another_way(desk: Desk) -> None:
    unasked = Theme.objects.create(code="khac", name="Việc khác")
    other = builders.count("unasked", "Việc không ai hỏi", 9, theme=unasked)
    told(desk.places.first, {other: "7"})
    desk.save()
    desk.submit()
    assert "Việc không ai hỏi" not in figures_of(desk.receipt())
    assert desk.receipt().total == 5


@pytest.mark.parametrize(
    "forged",
    [
        {"note": "khác"},
        {"post_label": "Chủ tịch"},
        {"covered": [["poor", "12"]]},
        {"round": 1, "at": None},
    ],
)
def test_check_code_changes_with_whatever_the_event_says(
    desk: Desk, forged: dict[str, Any]
) -> None:
    desk.save()
    desk.submit(note="Đủ số")
    before = desk.receipt().code
    assert desk.receipt().code == before
    assert len(before) == len("A1B2-C3D4-E5F6-0718")
    event = desk.receipt().event
    if "at" in forged:
        forged = {"at": event.at.replace(year=2020)}
    ReportEvent.objects.filter(pk=event.pk).update(**forged)
    assert desk.receipt().code != before


def test_lateness_is_judged_by_the_calendar_of_that_day(desk: Desk) -> None:
    """An extension given afterwards does not make a late return one that was in time."""
    with time_machine.travel("2024-11-20 08:00+07:00"):
        calendar = builders.deadline(desk.places.province)  # due on 15 December
    with time_machine.travel("2024-12-18 08:00+07:00"):
        desk.save()
        assert desk.summary().days_late == 3  # what the signer reads
        desk.submit()
    with time_machine.travel("2024-12-20 08:00+07:00"):
        calendar.due_on = date(2024, 12, 31)
        calendar.save()
    receipt = desk.receipt()
    assert receipt.due is not None
    assert (receipt.due.due_on, receipt.days_late) == (date(2024, 12, 15), 3)


def test_receipt_of_a_figure_that_left_the_catalogue_names_its_code(desk: Desk) -> None:
    desk.save()
    desk.submit()
    event = desk.receipt().event
    ReportEvent.objects.filter(pk=event.pk).update(
        covered=[["poor", "13"], ["gone", "4"], ["rate", "rác"]]
    )
    assert figures_of(desk.receipt()) == {
        "Hộ nghèo cuối kỳ": ("13", ""),
        "Tỷ lệ hộ nghèo": ("rác", ""),
        "gone": ("4", ""),
    }


# -- PDF -----------------------------------------------------------------------------------------


def test_pdf_fetches_nothing_whatever_the_page_asks_for(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Neither an address of the network nor a file of the server, in page or styles."""
    opened: list[object] = []
    monkeypatch.setattr(OpenerDirector, "open", lambda *args, **_kw: opened.append(args))
    secret = tmp_path / "secret.txt"
    secret.write_text("bí mật của máy chủ")
    page = f"""<html lang="vi"><head><title>x</title><link rel="stylesheet" href="file://{secret}">
      <link rel="attachment" href="file://{secret}"></head><body><p>Chữ</p>
      <img src="http://127.0.0.1:9/x.png" alt="x"><img src="file://{secret}" alt="y">
      <object data="file://{secret}"></object></body></html>"""
    content = pdf.pdf_of(page, f"@import url(file://{secret}); p {{ color: red }}")
    assert content.startswith(b"%PDF-")
    assert opened == []


def test_pdf_of_a_page_is_the_same_bytes_again() -> None:
    page = (
        "<html lang='vi'><head><title>Biên nhận</title></head><body><h1>Đủ chữ</h1></body></html>"
    )
    assert pdf.pdf_of(page, "h1 { color: black }") == pdf.pdf_of(page, "h1 { color: black }")


def test_long_notes_on_every_figure_cost_no_more_than_their_letters(desk: Desk) -> None:
    """Columns as wide as their text would cost minutes here, and the server with them."""
    desk.save()
    desk.submit()
    receipt = desk.receipt()

    def seconds(note: str) -> float:
        figures = [Figure(f"1.{place}", "Chỉ tiêu", "hộ", "1", note) for place in range(20)]
        page = render_to_string(
            "sending/receipt_print.html",
            {"receipt": replace(receipt, sections=[Section(1, "Mục", figures)])},
        )
        began = time.process_time()
        pdf.pdf_of(page, PRINT_STYLES.read_text())
        return time.process_time() - began

    seconds("")  # the first finds the fonts
    assert seconds("x" * 500) < 12 * seconds("ghi chú")


def test_machine_without_pango_is_told_so_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> Any:
        raise OSError(f"cannot load library for {name}")

    monkeypatch.setattr(pdf, "import_module", missing)
    with pytest.raises(DomainError, match="chưa có thư viện Pango"):
        pdf.pdf_of("<p>x</p>", "")
