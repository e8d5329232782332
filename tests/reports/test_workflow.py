"""The way of a return. Source: design, Meaning (Review; Result, Stages)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import pytest
import time_machine
from django.core.exceptions import PermissionDenied
from django.http import Http404

from communes.enums import Role
from communes.models import Official, Post, Unit
from indicators.enums import Answer, Stage
from indicators.figures import figures
from indicators.models import Indicator, Result
from indicators.periods import Period
from indicators.recording import Entry
from indicators.rollups import drain
from povertyplan.lib.errors import DomainError, VersionConflict
from reports.history import Change, answers_at, figure_history, sent_requests, steps_of
from reports.models import Comment, Report, ReportEvent
from reports.returns import return_of
from reports.workflow import (
    drop_request,
    endorse,
    may_review_now,
    reopen,
    request_change,
    return_report,
    save_draft,
    submit,
)
from tests import builders
from tests.builders import Y2024, Catalogue, Places, Staff, filled, official, told

pytestmark = pytest.mark.django_db

D = Decimal


@dataclass
class Desk:
    """A commune's return and everybody who works on it."""

    places: Places
    catalogue: Catalogue
    staff: Staff

    @property
    def unit(self) -> Unit:
        return self.places.first

    def report(self) -> Report:
        return Report.objects.get(unit=self.unit, period="2024")

    def save(self, **changed: str | None) -> list[Result]:
        entries = filled(self.unit, self.catalogue, **changed)
        return save_draft(unit=self.unit, period=Y2024, entries=entries, by=self.staff.officer)

    def type(self, indicator: Indicator, number: str, version: int | None = None) -> None:
        save_draft(
            unit=self.unit,
            period=Y2024,
            entries=[Entry(self.unit, indicator, Y2024, Answer.VALUE, D(number), None, version)],
            by=self.staff.officer,
        )

    def submit(self, note: str = "") -> Report:
        return submit(unit=self.unit, period=Y2024, by=self.staff.officer, note=note)

    def ask(self, by: Official, indicator: Indicator | None = None) -> Comment:
        return request_change(
            report=self.report(),
            indicator=indicator or self.catalogue.escaped,
            body="Xem lại số hộ thoát nghèo",
            by=by,
        )

    def total(self, indicator: Indicator, stage: str = Stage.PROVISIONAL) -> Decimal | None:
        """What the province comes to."""
        drain()
        found = figures([self.places.province], [indicator], [Y2024], stage)
        return found[self.places.province.pk, indicator.pk, "2024"].value

    def state(self) -> tuple[str, str | None, int]:
        report = self.report()
        return report.state, report.with_tier and report.with_tier.code, report.round

    def to_approved(self) -> None:
        self.save()
        self.submit()
        endorse(report=self.report(), by=self.staff.district)
        endorse(report=self.report(), by=self.staff.province)


@pytest.fixture
def desk(places: Places, catalogue: Catalogue) -> Desk:
    builders.balance(catalogue)
    return Desk(places, catalogue, builders.staff(places))


def refusal(desk: Desk, step: object) -> list[str]:
    """The messages with which `step` is refused, having checked that nothing changed."""

    def everything() -> list[object]:
        return [
            list(model._default_manager.order_by("pk").values())
            for model in (Report, ReportEvent, Comment, Result, Result.history.model)
        ]

    before = everything()
    with pytest.raises(DomainError) as caught:
        step()  # type: ignore[operator]
    assert everything() == before
    return [str(problem) for problem in caught.value.problems]


# -- the whole way --------------------------------------------------------------------------------


def test_return_goes_up_comes_back_for_one_figure_and_becomes_official(desk: Desk) -> None:
    poor, escaped = desk.catalogue.poor, desk.catalogue.escaped
    official_ = Stage.OFFICIAL

    desk.save()
    assert desk.state() == ("draft", None, 0)
    assert desk.total(poor) is None

    desk.submit(note="Đủ số")
    assert desk.state() == ("submitted", "district", 1)
    assert (desk.total(poor), desk.total(escaped), desk.total(poor, official_)) == (13, 8, None)

    comment = desk.ask(desk.staff.district, escaped)
    assert sent_requests([desk.report()]) == {}  # still the reviewer's own
    return_report(report=desk.report(), by=desk.staff.district, note="Một chỗ")
    assert desk.state() == ("returned", None, 1)
    assert sent_requests([desk.report()]) == {desk.report().pk: [comment]}
    assert (desk.total(escaped), desk.total(poor)) == (None, 13)  # that figure alone stops counting

    form = return_of(desk.unit, Y2024)
    (row,) = form.requests
    assert (row.indicator, row.request.value_then, row.is_changed_since_return) == (  # type: ignore[union-attr]
        escaped,
        "8",
        False,
    )
    desk.type(escaped, "9")
    desk.type(poor, "12")
    changed = return_of(desk.unit, Y2024).row("escaped")
    assert changed is not None
    assert changed.is_changed_since_return
    assert desk.total(escaped) is None  # a draft counts nowhere

    desk.submit()
    assert desk.state() == ("submitted", "district", 2)
    comment.refresh_from_db()
    assert comment.settled_at is not None
    assert return_of(desk.unit, Y2024).requests == []
    assert (desk.total(escaped), desk.total(poor)) == (9, 12)

    endorse(report=desk.report(), by=desk.staff.district)
    assert desk.state() == ("endorsed", "province", 2)
    assert desk.total(poor, official_) is None

    endorse(report=desk.report(), by=desk.staff.province)
    assert desk.state() == ("approved", None, 2)
    assert (desk.total(poor, official_), desk.total(escaped, official_)) == (12, 9)


def test_every_step_is_kept_with_who_in_which_post_and_what_it_covered(desk: Desk) -> None:
    post = desk.staff.district.posts.get()
    post.title = "Phòng LĐ-TB&XH"
    post.save()
    desk.save(relapsed=None, poor="12")
    desk.submit(note=" Đủ số ")
    desk.ask(desk.staff.district)
    return_report(report=desk.report(), by=desk.staff.district, note="Một chỗ")
    desk.save()
    desk.submit()
    endorse(report=desk.report(), by=desk.staff.district)
    endorse(report=desk.report(), by=desk.staff.province, note="Đồng ý")

    events = steps_of(desk.report())

    assert [
        (event.step, event.round, event.by, event.post_label, event.note) for event in events
    ] == [
        ("submit", 1, desk.staff.officer, "Cán bộ nhập số liệu, xã Một", "Đủ số"),
        ("return", 1, desk.staff.district, "Phòng LĐ-TB&XH, huyện Thử Nghiệm", "Một chỗ"),
        ("submit", 2, desk.staff.officer, "Cán bộ nhập số liệu, xã Một", ""),
        ("endorse", 2, desk.staff.district, "Phòng LĐ-TB&XH, huyện Thử Nghiệm", ""),
        ("approve", 2, desk.staff.province, "Cán bộ duyệt, tỉnh Thử Nghiệm", "Đồng ý"),
    ]
    assert events[0].covered == [
        ["households", "100"],
        ["opening", "20"],
        ["escaped", "8"],
        ["relapsed", "na"],
        ["poor", "12"],
    ]
    assert ["relapsed", "1"] in events[-1].covered


def test_history_of_a_figure_shows_old_new_who_and_why(desk: Desk) -> None:
    desk.save()
    desk.submit()
    desk.ask(desk.staff.district)
    return_report(report=desk.report(), by=desk.staff.district)
    desk.type(desk.catalogue.escaped, "9")
    desk.type(desk.catalogue.poor, "12")

    changes = figure_history(desk.unit, Y2024)

    def told(change: Change) -> tuple[object, ...]:
        return change.indicator.code, change.by, change.old, change.new, change.reason

    assert [told(change) for change in changes[:2]] == [
        ("poor", "can.bo", D(13), D(12), "Sửa sau khi bị trả lại lần 1"),
        ("escaped", "can.bo", D(8), D(9), "Sửa sau khi bị trả lại lần 1"),
    ]
    assert {told(change) for change in changes[2:]} == {
        (code, "can.bo", None, D(number), "Nhập nháp") for code, number in builders.FILLED.items()
    }
    assert changes[2].old_answer == ""


def test_figures_of_an_earlier_version_can_be_shown_again(desk: Desk) -> None:
    desk.save()
    desk.type(desk.catalogue.poor, "12")
    poor = desk.catalogue.poor.pk

    assert answers_at(desk.unit, Y2024, {poor: 1}) == {poor: ("value", D(13), "")}
    assert answers_at(desk.unit, Y2024, {poor: 2}) == {poor: ("value", D(12), "")}
    assert answers_at(desk.unit, Y2024, {poor: 9}) == {}
    assert answers_at(desk.unit, Y2024, {}) == {}


def test_province_may_return_what_the_district_endorsed(desk: Desk) -> None:
    desk.save()
    desk.submit()
    endorse(report=desk.report(), by=desk.staff.district)

    desk.ask(desk.staff.province)
    return_report(report=desk.report(), by=desk.staff.province)
    assert desk.state() == ("returned", None, 1)

    desk.save(escaped="9", poor="12")
    desk.submit()
    assert desk.state() == ("submitted", "district", 2)  # from the first tier again


def test_two_tier_province_has_one_reviewing_tier(catalogue: Catalogue) -> None:
    """After 1 July 2025 there is no district: the province's approval is the first and last."""
    province = builders.unit("91", "Tỉnh Hai Cấp", "province")
    commune = builders.unit("91001", "Xã Hai Cấp", "commune", province)
    officer = official("can.bo", commune)
    reviewer = official("duyet.tinh", province, Role.REVIEWER)
    save_draft(unit=commune, period=Y2024, entries=filled(commune, catalogue), by=officer)

    report = submit(unit=commune, period=Y2024, by=officer)
    assert (report.state, report.with_tier and report.with_tier.code) == ("submitted", "province")

    report = endorse(report=report, by=reviewer)
    assert (report.state, report.with_tier) == ("approved", None)
    assert Result.objects.get(indicator=catalogue.poor).approved_value == 13


def ended(desk: Desk, *, with_posts: bool) -> None:
    """The district ends with June 2025, and with it the posts in it, or not yet."""
    Unit.objects.filter(pk=desk.places.district.pk).update(valid_to=date(2025, 6, 30))
    if with_posts:
        desk.staff.district.posts.update(valid_to=date(2025, 6, 30))


def test_return_on_the_desk_of_a_district_that_ended_is_the_provinces(desk: Desk) -> None:
    """It does not wait where nobody is left: the next desk is the last."""
    desk.save()
    desk.submit()
    with time_machine.travel("2025-06-30T08:00:00+07:00", tick=False):
        ended(desk, with_posts=True)
        assert may_review_now(desk.report(), Official.objects.get(pk=desk.staff.district.pk))
        assert not may_review_now(desk.report(), Official.objects.get(pk=desk.staff.province.pk))
    with time_machine.travel("2025-07-01T08:00:00+07:00", tick=False):
        assert not may_review_now(desk.report(), Official.objects.get(pk=desk.staff.district.pk))
        endorse(report=desk.report(), by=Official.objects.get(pk=desk.staff.province.pk))

    assert desk.state() == ("approved", None, 1)


def test_return_of_the_old_units_sent_after_the_change_skips_the_empty_desk(desk: Desk) -> None:
    with time_machine.travel("2025-07-01T08:00:00+07:00", tick=False):
        ended(desk, with_posts=True)
        desk.save()
        desk.submit()

    assert desk.state() == ("submitted", "province", 1)


def test_district_that_ended_and_still_has_its_people_finishes_its_returns(desk: Desk) -> None:
    with time_machine.travel("2025-07-01T08:00:00+07:00", tick=False):
        ended(desk, with_posts=False)
        desk.save()
        desk.submit()
        assert desk.state() == ("submitted", "district", 1)
        endorse(report=desk.report(), by=Official.objects.get(pk=desk.staff.district.pk))

    assert desk.state() == ("endorsed", "province", 1)


def test_nation_above_the_province_does_not_review(desk: Desk) -> None:
    """The top reviewing tier is the province, whatever stands above it in the tree."""
    nation = builders.unit("0", "Cả nước", "nation")
    for below, depth in ((desk.places.province, 1), (desk.places.district, 2), (desk.unit, 3)):
        nation.downward.create(descendant=below, depth=depth)

    desk.to_approved()

    assert desk.state() == ("approved", None, 1)


# -- reopening ------------------------------------------------------------------------------------


def test_reopened_return_stays_official_until_it_is_approved_anew(desk: Desk) -> None:
    poor = desk.catalogue.poor
    desk.to_approved()

    reopen(report=desk.report(), by=desk.staff.province, reason=" Xã đếm sót ")
    assert desk.state() == ("reopened", None, 1)
    desk.save(escaped="7", poor="14")
    assert (desk.total(poor), desk.total(poor, Stage.OFFICIAL)) == (13, 13)

    desk.submit()
    assert (desk.total(poor), desk.total(poor, Stage.OFFICIAL)) == (14, 13)
    desk.ask(desk.staff.district, poor)
    return_report(report=desk.report(), by=desk.staff.district)
    assert (desk.total(poor), desk.total(poor, Stage.OFFICIAL)) == (None, 13)

    desk.submit()
    endorse(report=desk.report(), by=desk.staff.district)
    assert desk.total(poor, Stage.OFFICIAL) == 13
    endorse(report=desk.report(), by=desk.staff.province)
    assert (desk.total(poor), desk.total(poor, Stage.OFFICIAL)) == (14, 14)
    reopening = desk.report().events.get(step="reopen")
    assert (reopening.by, reopening.note) == (desk.staff.province, "Xã đếm sót")
    edit = figure_history(desk.unit, Y2024)[0]
    assert (edit.old, edit.new, edit.reason) == (D(13), D(14), "Sửa sau khi mở lại")


def test_reopening_by_the_district_is_refused(desk: Desk) -> None:
    desk.to_approved()

    (message,) = refusal(
        desk, lambda: reopen(report=desk.report(), by=desk.staff.district, reason="Sót")
    )

    assert message == "Báo cáo đã duyệt chính thức chỉ do cấp duyệt cuối cùng mở lại."


def test_reopening_without_a_reason_is_refused(desk: Desk) -> None:
    desk.to_approved()

    assert refusal(
        desk, lambda: reopen(report=desk.report(), by=desk.staff.province, reason=" ")
    ) == ["Ghi lý do mở lại báo cáo."]


def test_only_an_approved_return_is_reopened(desk: Desk) -> None:
    desk.save()
    desk.submit()

    assert refusal(
        desk, lambda: reopen(report=desk.report(), by=desk.staff.province, reason="Sót")
    ) == ["Chỉ mở lại được báo cáo đã duyệt chính thức."]


# -- what keeps a return from being sent ----------------------------------------------------------


def test_missing_cells_are_all_named_in_form_order(desk: Desk) -> None:
    desk.type(desk.catalogue.opening, "20")
    desk.type(desk.catalogue.poor, "13")

    messages = refusal(desk, desk.submit)

    assert messages == [
        f"{place}: Chưa nhập. Ghi số (không có thì ghi 0), "
        "hoặc trả lời “không áp dụng”, “không có số liệu”."
        for place in ("1.1 Tổng số hộ", "1.3 Hộ thoát nghèo", "1.4 Hộ tái nghèo")
    ]


def test_zero_and_not_applicable_are_answers(desk: Desk) -> None:
    desk.save(escaped="0", relapsed=None, opening="0", poor="0")

    assert desk.submit().state == "submitted"


def test_return_that_does_not_balance_is_not_sent(desk: Desk) -> None:
    desk.save(poor="15")

    assert refusal(desk, desk.submit) == [
        "can-doi: Cộng lại là 13 hộ, ô cuối kỳ ghi 15 hộ, lệch 2 hộ."
    ]
    desk.type(desk.catalogue.poor, "13")
    assert desk.submit().state == "submitted"


def test_warning_asks_for_a_reason_on_one_of_its_figures(desk: Desk) -> None:
    builders.rule(
        "giam-nhanh",
        [(2, desk.catalogue.escaped, 0), (-1, desk.catalogue.opening, 0)],
        "Quá nửa số hộ nghèo thoát nghèo.",
        comparator="<=",
        severity="warning",
    )
    desk.save(escaped="12", poor="9")
    asks = (
        "giam-nhanh: Quá nửa số hộ nghèo thoát nghèo. "
        "Ghi lý do vào ô ghi chú của chỉ tiêu liên quan."
    )

    assert refusal(desk, desk.submit) == [asks]

    def note(indicator: Indicator, number: str, text: str) -> None:
        entry = Entry(desk.unit, indicator, Y2024, Answer.VALUE, D(number), text)
        save_draft(unit=desk.unit, period=Y2024, entries=[entry], by=desk.staff.officer)

    note(desk.catalogue.households, "100", "Ghi chú ở chỉ tiêu khác")
    note(desk.catalogue.escaped, "12", "   ")
    assert refusal(desk, desk.submit) == [asks]
    note(desk.catalogue.escaped, "12", "Có nhà máy mới")
    assert desk.submit().state == "submitted"


def test_unit_without_a_tier_above_cannot_send(catalogue: Catalogue) -> None:
    alone = builders.unit("92001", "Xã Riêng", "commune")
    officer = official("can.bo", alone)
    save_draft(unit=alone, period=Y2024, entries=filled(alone, catalogue), by=officer)

    with pytest.raises(DomainError, match="không có cấp trên"):
        submit(unit=alone, period=Y2024, by=officer)


@pytest.mark.parametrize(
    ("state", "endorsements"), [("submitted", 0), ("endorsed", 1), ("approved", 2)]
)
def test_return_that_is_not_with_the_unit_cannot_be_changed_or_sent(
    desk: Desk, state: str, endorsements: int
) -> None:
    desk.save()
    desk.submit()
    for reviewer in (desk.staff.district, desk.staff.province)[:endorsements]:
        endorse(report=desk.report(), by=reviewer)
    assert desk.state()[0] == state

    for step in (desk.save, desk.submit):
        (message,) = refusal(desk, step)
        assert message.startswith("Báo cáo đang ở trạng thái “")
        assert "không sửa được" in message


def test_draft_with_one_bad_cell_keeps_nothing_of_it(desk: Desk) -> None:
    messages = refusal(desk, lambda: desk.save(poor="-1"))

    assert messages == ["Xã Một, Hộ nghèo cuối kỳ, năm 2024: Phải từ 0 trở lên."]
    assert not Report.objects.exists()


def test_draft_over_another_officers_edit_shows_both_values(desk: Desk) -> None:
    desk.save()
    colleague = official("dong.nghiep", desk.unit)
    entry = Entry(desk.unit, desk.catalogue.poor, Y2024, Answer.VALUE, D(14), version=1)
    save_draft(unit=desk.unit, period=Y2024, entries=[entry], by=colleague)

    with pytest.raises(VersionConflict, match="Số đang lưu: 14; số của đồng chí: 15"):
        desk.type(desk.catalogue.poor, "15", version=1)


# -- the locked opening ---------------------------------------------------------------------------


@pytest.fixture
def last_year(desk: Desk) -> None:
    """Last year closed with 20 poor households."""
    builders.lock_opening(desk.catalogue)
    builders.told(desk.unit, {desk.catalogue.poor: "20"}, Period(2023), Stage.OFFICIAL)


@pytest.mark.usefixtures("last_year")
def test_locked_opening_is_filled_in_by_itself(desk: Desk) -> None:
    entries = [
        entry
        for entry in filled(desk.unit, desk.catalogue)
        if entry.indicator != desk.catalogue.opening
    ]
    save_draft(unit=desk.unit, period=Y2024, entries=entries, by=desk.staff.officer)

    assert desk.submit().state == "submitted"
    fact = Result.objects.get(indicator=desk.catalogue.opening, period="2024")
    assert (fact.value, fact.submitted_value) == (20, 20)


@pytest.mark.usefixtures("last_year")
def test_locked_opening_cannot_be_changed(desk: Desk) -> None:
    messages = refusal(desk, lambda: desk.save(opening="21", poor="14"))
    assert messages == ["Hộ nghèo đầu kỳ: Ô này lấy từ số cuối kỳ năm trước, không sửa ở đây."]
    assert refusal(desk, lambda: desk.save(opening=None)) == messages

    desk.save(opening="20")  # the same figure is no change


@pytest.mark.usefixtures("last_year")
def test_opening_of_a_sent_return_stays_what_was_sent(desk: Desk) -> None:
    """Last year is corrected afterwards: the figure under review does not move by itself."""
    desk.save()
    desk.submit()
    builders.told(desk.unit, {desk.catalogue.poor: "22"}, Period(2023), Stage.OFFICIAL)

    row = return_of(desk.unit, Y2024).row("opening")

    assert row is not None
    assert (row.value, row.previous, row.is_locked) == (20, None, True)
    assert desk.total(desk.catalogue.opening) == 20
    desk.ask(desk.staff.district)
    return_report(report=desk.report(), by=desk.staff.district)
    desk.save(opening="22", poor="15")
    desk.submit()
    assert desk.total(desk.catalogue.opening) == 22


# -- the reviewer's side --------------------------------------------------------------------------


def test_return_without_a_request_is_refused(desk: Desk) -> None:
    desk.save()
    desk.submit()

    (message,) = refusal(desk, lambda: return_report(report=desk.report(), by=desk.staff.district))

    assert message.startswith("Chưa chọn chỉ tiêu nào để trả lại.")


def test_endorsing_with_a_request_pending_is_refused_until_it_is_dropped(desk: Desk) -> None:
    desk.save()
    desk.submit()
    desk.ask(desk.staff.district)

    (message,) = refusal(desk, lambda: endorse(report=desk.report(), by=desk.staff.district))
    assert message.startswith("Còn chỉ tiêu đánh dấu trả lại.")

    drop_request(report=desk.report(), indicator=desk.catalogue.escaped, by=desk.staff.district)
    assert endorse(report=desk.report(), by=desk.staff.district).state == "endorsed"


def test_request_needs_words_and_a_figure_of_the_form(desk: Desk) -> None:
    desk.save()
    desk.submit()
    elsewhere = builders.count("khac", "Chỉ tiêu khác", 9, entered_at=builders.tier("district"))

    def ask(indicator: Indicator, body: str) -> list[str]:
        return refusal(
            desk,
            lambda: request_change(
                report=desk.report(), indicator=indicator, body=body, by=desk.staff.district
            ),
        )

    assert ask(desk.catalogue.poor, "  ") == [
        "Hộ nghèo cuối kỳ: Ghi rõ chỉ tiêu này sai gì, đơn vị cần làm gì."
    ]
    assert ask(desk.catalogue.rate, "Sai") == [
        "Tỷ lệ hộ nghèo: Chỉ tiêu này không có trong báo cáo."
    ]
    assert ask(elsewhere, "Sai") == ["Chỉ tiêu khác: Chỉ tiêu này không có trong báo cáo."]


def test_second_request_on_a_figure_replaces_the_first(desk: Desk) -> None:
    desk.save()
    desk.submit()
    desk.ask(desk.staff.district)
    request_change(
        report=desk.report(),
        indicator=desk.catalogue.escaped,
        body=" Đếm lại ",
        by=desk.staff.district,
    )

    comment = Comment.objects.get()
    assert (comment.body, comment.value_then, comment.round) == ("Đếm lại", "8", 1)
    assert comment.post_label == "Cán bộ duyệt, huyện Thử Nghiệm"


@pytest.mark.parametrize("step", [endorse, return_report])
def test_tier_that_does_not_hold_the_return_is_refused(desk: Desk, step: object) -> None:
    desk.save()
    desk.submit()

    (message,) = refusal(
        desk,
        lambda: step(report=desk.report(), by=desk.staff.province),  # type: ignore[operator]
    )
    assert message == "Báo cáo đang ở cấp huyện; đồng chí chưa duyệt được bước này."
    assert refusal(desk, lambda: desk.ask(desk.staff.province)) == [message]

    endorse(report=desk.report(), by=desk.staff.district)
    (message,) = refusal(
        desk,
        lambda: step(report=desk.report(), by=desk.staff.district),  # type: ignore[operator]
    )
    assert message == "Báo cáo đang ở cấp tỉnh; đồng chí chưa duyệt được bước này."


@pytest.mark.parametrize("state", ["draft", "returned", "approved"])
def test_there_is_nothing_to_review_when_no_tier_holds_the_return(desk: Desk, state: str) -> None:
    desk.save()
    if state == "returned":
        desk.submit()
        desk.ask(desk.staff.district)
        return_report(report=desk.report(), by=desk.staff.district)
    elif state == "approved":
        desk.to_approved()

    for by in (desk.staff.district, desk.staff.province):
        (message,) = refusal(desk, lambda by=by: endorse(report=desk.report(), by=by))  # type: ignore[misc]
        assert "không có gì để duyệt" in message
        assert not may_review_now(desk.report(), by)


def test_nobody_reviews_what_they_entered_themselves(desk: Desk) -> None:
    """A person with both posts may do either, but not both on one return."""
    Post.objects.create(official=desk.staff.district, unit=desk.unit, role=Role.OFFICER)
    entries = filled(desk.unit, desk.catalogue)
    save_draft(unit=desk.unit, period=Y2024, entries=entries[:1], by=desk.staff.district)
    save_draft(unit=desk.unit, period=Y2024, entries=entries[1:], by=desk.staff.officer)
    desk.submit()

    for step in (
        lambda: endorse(report=desk.report(), by=desk.staff.district),
        lambda: desk.ask(desk.staff.district),
    ):
        assert refusal(desk, step) == ["Người nhập số không được duyệt báo cáo của chính mình."]


def test_may_review_now_follows_the_tier_that_holds_the_return(desk: Desk) -> None:
    def who() -> list[str]:
        people = (desk.staff.officer, desk.staff.district, desk.staff.province)
        return [person.username for person in people if may_review_now(desk.report(), person)]

    desk.save()
    assert who() == []
    desk.submit()
    assert who() == ["duyet.huyen"]
    endorse(report=desk.report(), by=desk.staff.district)
    assert who() == ["duyet.tinh"]
    endorse(report=desk.report(), by=desk.staff.province)
    assert who() == []


@pytest.mark.parametrize("name", ["request", "drop", "return", "endorse", "reopen"])
def test_nobody_decides_on_a_version_they_have_not_seen(desk: Desk, name: str) -> None:
    """The page was opened, the return moved on, the button was pressed."""
    desk.save()
    desk.submit()
    seen = desk.report().version
    desk.ask(desk.staff.district)
    return_report(report=desk.report(), by=desk.staff.district, seen=seen)
    desk.save(escaped="9", poor="12")
    desk.submit()
    by, report = desk.staff.district, desk.report()
    if name == "reopen":
        endorse(report=report, by=by)
        endorse(report=desk.report(), by=desk.staff.province, seen=desk.report().version)
    figure = desk.catalogue.poor
    steps = {
        "request": lambda: request_change(
            report=report, indicator=figure, body="Sai", by=by, seen=seen
        ),
        "drop": lambda: drop_request(report=report, indicator=figure, by=by, seen=seen),
        "return": lambda: return_report(report=report, by=by, seen=seen),
        "endorse": lambda: endorse(report=report, by=by, seen=seen),
        "reopen": lambda: reopen(report=report, by=desk.staff.province, reason="Sót", seen=seen),
    }

    (message,) = refusal(desk, steps[name])

    assert message.startswith("Báo cáo đã thay đổi từ lúc mở trang.")


def test_nobody_reviews_what_they_sent_themselves(desk: Desk) -> None:
    Post.objects.create(official=desk.staff.district, unit=desk.unit, role=Role.OFFICER)
    desk.save()
    submit(unit=desk.unit, period=Y2024, by=desk.staff.district)

    assert refusal(desk, lambda: endorse(report=desk.report(), by=desk.staff.district)) == [
        "Người nhập số không được duyệt báo cáo của chính mình."
    ]


# -- the calendar's days --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("today", "refused"),
    [
        (date(2024, 10, 31), "Kỳ báo cáo này mở nhập từ 01/11/2024."),
        (date(2024, 11, 1), None),
        (date(2024, 12, 31), None),
        (date(2025, 1, 1), "Kỳ báo cáo này đã khóa từ 31/12/2024."),
    ],
)
def test_return_is_entered_and_sent_on_the_days_of_the_calendar(
    desk: Desk, today: date, refused: str | None
) -> None:
    desk.save()
    calendar = builders.deadline(desk.places.province)
    calendar.closes_on = date(2024, 12, 31)
    calendar.save()

    with time_machine.travel(today, tick=False):
        for step in (desk.save, desk.submit):
            if refused is None:
                step()
            else:
                assert refusal(desk, step)[0].startswith(refused)


def test_return_sent_back_may_be_mended_after_the_calendar_has_closed(desk: Desk) -> None:
    desk.save()
    desk.submit()
    desk.ask(desk.staff.district)
    return_report(report=desk.report(), by=desk.staff.district)
    calendar = builders.deadline(desk.places.province)
    calendar.closes_on = date(2024, 12, 31)
    calendar.save()

    with time_machine.travel(date(2025, 2, 1), tick=False):
        desk.save(escaped="9", poor="12")
        assert desk.submit().state == "submitted"


# -- who may ask at all ---------------------------------------------------------------------------


def test_only_the_units_officer_enters_and_sends(desk: Desk) -> None:
    desk.save()
    people = {
        "stranger": official("nguoi.la", desk.places.second),
        "leader": official("lanh.dao", desk.places.province, Role.LEADER),
        "reviewer": desk.staff.district,
    }

    for name, person in people.items():
        wanted = Http404 if name == "stranger" else PermissionDenied
        with pytest.raises(wanted):
            save_draft(unit=desk.unit, period=Y2024, entries=[], by=person)
        with pytest.raises(wanted):
            submit(unit=desk.unit, period=Y2024, by=person)
    assert desk.state() == ("draft", None, 0)


def test_only_reviewers_above_the_unit_review(desk: Desk) -> None:
    desk.save()
    desk.submit()
    other_district = builders.unit("902", "Huyện Khác", "district", desk.places.province)
    people = {
        "officer": desk.staff.officer,
        "leader": official("lanh.dao", desk.places.district, Role.LEADER),
        "elsewhere": official("duyet.khac", other_district, Role.REVIEWER),
    }

    for name, person in people.items():
        wanted = Http404 if name == "elsewhere" else PermissionDenied
        report = desk.report()
        for step in (
            lambda report=report, person=person: endorse(report=report, by=person),
            lambda report=report, person=person: return_report(report=report, by=person),
            lambda report=report, person=person: reopen(report=report, by=person, reason="x"),
            lambda report=report, person=person: drop_request(
                report=report, indicator=desk.catalogue.poor, by=person
            ),
            lambda person=person: desk.ask(person),
        ):
            with pytest.raises(wanted):
                step()
    assert desk.state() == ("submitted", "district", 1)
    assert not Comment.objects.exists()


def test_opening_is_mended_in_last_years_return_and_is_not_sent_back(desk: Desk) -> None:
    """The unit could change nothing of it here. Source: indicators.yaml, prefill."""
    builders.lock_opening(desk.catalogue)
    told(desk.unit, {desk.catalogue.poor: "20"}, Period(2023))
    entries = filled(desk.unit, desk.catalogue)
    typed = [row for row in entries if row.indicator != desk.catalogue.opening]
    save_draft(unit=desk.unit, period=Y2024, entries=typed, by=desk.staff.officer)
    desk.submit()

    with pytest.raises(DomainError, match="mở lại báo cáo năm trước"):
        desk.ask(desk.staff.district, desk.catalogue.opening)
