"""Endorsing together what has nothing to look at twice: from the tracker, each return as seen."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import pytest

from communes.models import Official, Unit
from povertyplan.lib.errors import DomainError
from reports.models import Report
from reports.returns import return_of, returns_of
from reports.review.clean import Outlook, clean_page, endorse_all, outlook
from reports.review.desk import desk
from reports.workflow import accept, request_change, return_report, save_draft, submit
from tests import builders
from tests.builders import Y2024, entries, filled, told
from tests.reports.noticed import Told, country
from tests.reports.test_tracker import TRACKER, send, signed_in, words

pytestmark = pytest.mark.django_db


@pytest.fixture
def job(db: None) -> Told:
    return country()


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


def sent_with_a_warning(job: Told) -> None:
    """The first commune's return breaks a rule that only warns, and says why."""
    rule = builders.balance(job.catalogue)
    rule.severity = "warning"
    rule.save()
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


def test_only_returns_without_anything_to_look_at_are_listed(job: Told) -> None:
    """A rule that does not hold (here a warning) keeps a return out, and is named."""
    sent_with_a_warning(job)
    ready(job, [job.places.second, job.places.town])

    page = clean_page(job.places.district, Y2024, job.staff.district)

    assert [row.unit.name for row in page.rows] == ["Thị trấn Trung Tâm", "Xã Hai"]
    assert [(row.unit.name, row.why) for row in page.flagged] == [("Xã Một", "1 chỉ tiêu có cờ")]


def enters(official: Official, unit: Unit) -> None:
    """What somebody has typed is not theirs to endorse, so the return has to be opened."""
    Report.objects.get(unit=unit).unit.results.update(entered_by=official)


def test_tracker_leads_to_endorsing_only_where_there_is_something_to_endorse(job: Told) -> None:
    """Else it says how many have to be opened, and leads to the reasons."""
    ready(job, [job.places.second, job.places.town])
    client = signed_in(job.staff.district)
    assert 'hx-get="/tien-do/901/2024/duyet/?nut"' in client.get(TRACKER).content.decode()

    def way() -> str:
        return client.get(TRACKER + "duyet/?nut").content.decode()

    assert "Duyệt các báo cáo không có cờ" in way()
    enters(job.staff.district, job.places.town)
    assert "Duyệt các báo cáo không có cờ" in way()
    enters(job.staff.district, job.places.second)
    assert "Duyệt các báo cáo không có cờ" not in way()
    assert "Cả 2 báo cáo phải mở ra xem, chưa duyệt gộp được:" in way()


def test_long_desk_is_not_read_to_its_end_for_the_button(
    job: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is promised of what was not looked at; the page of endorsing reads all."""
    ready(job, [job.places.second, job.places.town])
    enters(job.staff.district, job.places.town)  # the first of them
    asked = job.places.district, Y2024, job.staff.district
    assert outlook(*asked) == Outlook(2, has_clean=True)

    monkeypatch.setattr("reports.review.clean.LOOKED_AT", 1)
    assert outlook(*asked) == Outlook(2, has_clean=None)
    enters(job.staff.district, job.places.second)
    monkeypatch.setattr("reports.review.clean.LOOKED_AT", 2)
    assert outlook(*asked) == Outlook(2, has_clean=False)


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


def test_return_whose_flags_were_all_accepted_on_its_desk_is_clean(job: Told) -> None:
    """While the figures say the same, and for the tier that accepted them alone."""
    sent_with_a_warning(job)
    asked = job.places.district, Y2024, job.staff.district
    [flagged] = desk(job.places.first, Y2024, job.staff.district).unlooked
    assert [row.why for row in clean_page(*asked).flagged] == ["1 chỉ tiêu có cờ"]

    accept(report=job.report, indicator=flagged.indicator, by=job.staff.district)

    assert desk(job.places.first, Y2024, job.staff.district).unlooked == []
    page = clean_page(*asked)
    assert ([row.unit for row in page.rows], page.flagged) == ([job.places.first], ())
    assert outlook(*asked) == Outlook(1, has_clean=True)
    done = endorse_all(*asked[:2], keys(page), by=job.staff.district)
    assert done.endorsed == (job.places.first,)
    above = clean_page(job.places.province, Y2024, job.staff.province)
    assert [row.why for row in above.flagged] == ["1 chỉ tiêu có cờ"]


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


def test_who_reviews_nothing_learns_no_name_by_a_made_up_form(job: Told) -> None:
    job.send()
    clerk = builders.official("thong.ke", job.places.district)
    made_up = [f"{unit.pk}:1" for unit in job.places.communes]

    page = signed_in(clerk).post(TRACKER + "duyet/", {"one": made_up}).content.decode()

    assert not any(unit.name in page for unit in job.places.communes)


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


@pytest.mark.parametrize("one", ["²:1", "101:²", "①:1", f"{'9' * 23}:1", f"{'9' * 5000}:1", "\x00"])
def test_what_is_no_number_endorses_nothing(job: Told, one: str) -> None:
    job.send()
    client = signed_in(job.staff.district)

    answer = client.post(TRACKER + "duyet/", {"one": [one]})

    assert answer.status_code in (200, 422)
    assert Report.objects.get().state == "submitted"
