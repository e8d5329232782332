"""The page that splits a figure over units. Source: design, Meaning (Cascade), Ideas 5, 9."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

import pytest
from django.db import connection
from django.http import HttpResponse
from django.template.loader import render_to_string
from django.test import Client
from django.test.utils import CaptureQueriesContext

from communes.enums import Role
from communes.models import Official, Unit
from indicators.enums import Stage
from indicators.periods import Period
from indicators.rollups import drain
from plans.cascade import cascade_of
from plans.enums import AllocationState, PlannedMeasure
from plans.milestones import planned_values
from plans.models import Allocation, Milestone, Plan, Target
from tests import builders
from tests.builders import Catalogue, Places, official, told

pytestmark = pytest.mark.django_db

D = Decimal
PAGE = "/ke-hoach/kh-huyen/phan-bo/poor/2025/"
RATES = "/ke-hoach/kh-huyen/phan-bo/rate/2025/"
Y2025 = Period(2025)


@dataclass
class Desk:
    """A district that is to have at most 30 poor households in 2025, and who works there."""

    places: Places
    catalogue: Catalogue
    plan: Plan
    reviewer: Official
    client: Client

    def sees(self, address: str = PAGE, by: Official | None = None) -> HttpResponse:
        self.client.force_login(by or self.reviewer)
        response: HttpResponse = self.client.get(address)
        return response

    def sends(
        self,
        step: str,
        shares: Mapping[Unit, str] | None = None,
        *,
        address: str = PAGE,
        by: Official | None = None,
        **more: str,
    ) -> HttpResponse:
        self.client.force_login(by or self.reviewer)
        boxes = {f"v-{unit.pk}": text for unit, text in (shares or {}).items()}
        data = {"step": step, "version": "0", "total": "30", "method": "hand", **boxes, **more}
        response: HttpResponse = self.client.post(address, data)
        return response

    @property
    def whole(self) -> dict[Unit, str]:
        return {self.places.town: "5", self.places.first: "15", self.places.second: "10"}

    @property
    def draft(self) -> Allocation:
        return Allocation.objects.get(state=AllocationState.DRAFT)

    def shares(self) -> dict[Unit, Decimal | None]:
        return {row.unit: row.value for row in self.draft.shares.select_related("unit")}


@pytest.fixture
def desk(places: Places, catalogue: Catalogue, client: Client) -> Desk:
    catalogue.poor.direction = "lower_is_better"
    catalogue.poor.save()
    for unit, households, poor in (
        (places.town, "100", "10"), (places.first, "100", "40"), (places.second, "300", "60"),
    ):  # fmt: skip
        told(unit, {catalogue.households: households, catalogue.poor: poor})
    drain()
    plan = Plan.objects.create(
        code="kh-huyen", kind="Kế hoạch", number="12/KH-UBND", title="…", issuer="UBND huyện",
        level="district", unit=places.district, year_from=2021, year_to=2025, status="seed",
    )  # fmt: skip
    Target.objects.create(
        code="ho-ngheo", plan=plan, section="II.2", unit=places.district, scope="all",
        theme="poverty", indicator=catalogue.poor, label="Hộ nghèo", kind="level", comparator="<",
        value=D(31), unit_of_measure="hộ", year_from=2021, year_to=2025,
        direction="lower_is_better",
    )  # fmt: skip
    reviewer = official("duyet.huyen", places.district, Role.REVIEWER)
    return Desk(places, catalogue, plan, reviewer, client)


def text(response: HttpResponse) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def box(response: HttpResponse, unit: Unit | str) -> str:
    """What stands in a unit's box, or in the one of the total."""
    name = unit if isinstance(unit, str) else f"v-{unit.pk}"
    found = re.search(rf'name="{name}"[^>]*?value="([^"]*)"', response.content.decode())
    assert found is not None
    return found[1]


def boxes(desk: Desk, response: HttpResponse) -> list[str]:
    """What stands in the boxes of the three communes, in official order."""
    places = desk.places
    return [box(response, unit) for unit in (places.town, places.first, places.second)]


# -- who may ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("role", "at", "status"),
    [
        (Role.REVIEWER, "district", 200),
        (Role.REVIEWER, "province", 200),
        (Role.LEADER, "district", 403),
        (Role.LEADER, "province", 403),
        (Role.OFFICER, "district", 403),
        (Role.ADMINISTRATOR, "province", 403),
        (Role.OFFICER, "first", 404),
        (Role.REVIEWER, "first", 404),
    ],
)
def test_only_the_office_above_the_units_splits_its_figure(
    desk: Desk, role: str, at: str, status: int
) -> None:
    """A stranger is not told that there is anything; a reader is refused."""
    person = official("nguoi", getattr(desk.places, at), role)

    assert desk.sees(by=person).status_code == status
    for step in ("equal", "save", "review", "issue"):
        response = desk.sends(step, desk.whole, by=person)
        assert response.status_code == (status if status != 200 else response.status_code)
    assert Allocation.objects.exists() is (status == 200)
    assert not Milestone.objects.exists()


@pytest.mark.parametrize(
    "address",
    [
        "/ke-hoach/khong-co/phan-bo/poor/2025/",
        "/ke-hoach/kh-huyen/phan-bo/khong-co/2025/",
        "/ke-hoach/kh-huyen/phan-bo/poor/2026/",  # after the plan
        "/ke-hoach/kh-huyen/phan-bo/poor/2025X/",
        PAGE + "?do=khac",
        PAGE + "?don-vi=90",  # the province is not under the district's plan
        PAGE + "?don-vi=99999",
    ],
)
def test_address_of_nothing_is_not_found(desk: Desk, address: str) -> None:
    desk.reviewer.posts.create(unit=desk.places.province, role=Role.REVIEWER)

    assert desk.sees(address).status_code == 404


def test_district_abolished_in_the_year_is_given_its_last_figures(desk: Desk) -> None:
    """On 1 July 2025 districts ended; the plan's figures for 2025 are split over its last units."""
    day = "2025-06-30"
    Unit.objects.filter(
        pk__in=[row.pk for row in [desk.places.district, *desk.places.communes]]
    ).update(valid_to=day)

    response = desk.sends("baseline", address=f"{PAGE}?don-vi=901@{day}", total="55")

    assert boxes(desk, response) == ["5", "20", "30"]


# -- filling ---------------------------------------------------------------------------------------


def test_page_begins_with_the_promise_and_last_years_figures(desk: Desk) -> None:
    """Fewer than 31 is at most 30."""
    response = desk.sees()

    assert box(response, "total") == "30"
    assert boxes(desk, response) == ["", "", ""]
    assert "Huyện Thử Nghiệm: &lt; 31 hộ" in text(response)
    assert "Còn 30 hộ chưa chia; 3 đơn vị chưa có mức" in text(response)


@pytest.mark.parametrize(
    ("method", "filled"), [("equal", ["10", "10", "10"]), ("baseline", ["3", "11", "16"])]
)
def test_method_fills_the_boxes_and_saves_nothing(
    desk: Desk, method: str, filled: list[str]
) -> None:
    """30 over 10, 40 and 60: quotas 2,73 · 10,91 · 16,36."""
    response = desk.sends(method)

    assert response.status_code == 200
    assert boxes(desk, response) == filled
    assert "Đã chia hết, không còn dư" in text(response)
    assert "Chưa lưu" in text(response)
    assert not Allocation.objects.exists()


def test_hand_keeps_what_is_in_the_boxes(desk: Desk) -> None:
    response = desk.sends("hand", {desk.places.first: "7", desk.places.second: "x"})

    assert boxes(desk, response) == ["", "7", "x"]


def test_method_without_a_total_says_so(desk: Desk) -> None:
    response = desk.sends("equal", {desk.places.first: "7"}, total="")

    assert "Ghi mức của cả địa bàn trước." in text(response)
    assert boxes(desk, response) == ["", "7", ""]


def test_rates_are_filled_by_households(desk: Desk) -> None:
    """22 % now; to 11 %: half of 10, of 40 and of 20 %."""
    response = desk.sends("baseline", address=RATES, total="11")

    assert boxes(desk, response) == ["5,00", "20,00", "10,00"]
    assert "Các đơn vị ghép lại 11,00%, đúng mức của cả địa bàn" in text(response)
    assert "Mẫu số 2024" in text(response)


# -- saving ----------------------------------------------------------------------------------------


def test_draft_is_kept_and_comes_back(desk: Desk) -> None:
    response = desk.sends("save", {**desk.whole, desk.places.town: ""}, method="baseline")

    assert response.status_code == 302
    assert desk.shares() == {
        desk.places.town: None, desk.places.first: D(15), desk.places.second: D(10),
    }  # fmt: skip
    again = desk.sees(response["Location"])
    assert boxes(desk, again) == ["", "15", "10"]
    assert box(again, "version") == "1"
    assert box(again, "method") == "baseline"
    assert "Còn 5 hộ chưa chia; 1 đơn vị chưa có mức" in text(again)
    assert not Milestone.objects.exists()


@pytest.mark.parametrize(
    ("typed", "words"),
    [("1x", "không phải là số"), ("1,5", "chữ số lẻ"), ("-1", "Phải từ 0 trở lên")],
)
def test_bad_number_comes_back_with_its_text_and_saves_nothing(
    desk: Desk, typed: str, words: str
) -> None:
    response = desk.sends("save", {**desk.whole, desk.places.first: typed})

    assert response.status_code == 422
    assert boxes(desk, response) == ["5", typed, "10"]
    page = response.content.decode()
    cell = page[page.index(f'id="v-{desk.places.first.pk}"') :].split("</td>", 1)[0]
    assert 'aria-invalid="true"' in cell
    assert words in cell
    assert not Allocation.objects.exists()


def test_total_that_is_no_number_is_said_at_its_box(desk: Desk) -> None:
    response = desk.sends("save", desk.whole, total="ba mươi")

    assert response.status_code == 422
    assert box(response, "total") == "ba mươi"
    assert 'id="e-total"' in response.content.decode()


def test_two_people_see_both_figures_and_the_next_save_decides(desk: Desk) -> None:
    desk.sends("save", desk.whole)
    other = official("tinh", desk.places.province, Role.REVIEWER)

    clash = desk.sends("save", {**desk.whole, desk.places.town: "6"}, by=other, total="31")

    assert clash.status_code == 422
    assert boxes(desk, clash) == ["6", "15", "10"]
    assert "duyet.huyen đã sửa bản dự thảo này" in text(clash)
    assert "Bản đang lưu: 5" in text(clash)
    assert desk.shares()[desk.places.town] == D(5)

    version = box(clash, "version")
    kept = desk.sends(
        "save", {**desk.whole, desk.places.town: "6"}, by=other, total="31", version=version
    )
    assert kept.status_code == 302
    assert desk.shares()[desk.places.town] == D(6)


# -- issuing ---------------------------------------------------------------------------------------


DECISION = {"decision_number": "12/QĐ-UBND", "decided_on": "20/12/2024"}


def test_way_from_boxes_to_what_communes_are_measured_by(desk: Desk) -> None:
    review = desk.sends("review", desk.whole)
    assert review.status_code == 302
    page = desk.sees(review["Location"])
    assert "Giao cho 3 đơn vị, mức của cả địa bàn 30 hộ" in text(page)

    done = desk.sends("issue", version="1", **DECISION)

    assert done.status_code == 302
    poor = desk.catalogue.poor
    assert planned_values(desk.places.communes, poor, Y2025, PlannedMeasure.VALUE) == {
        unit.pk: D(value) for unit, value in desk.whole.items()
    }
    after = text(desk.sees(done["Location"]))
    assert "Đã giao chỉ tiêu theo 12/QĐ-UBND cho 3 đơn vị." in after
    assert "12/QĐ-UBND ngày 20/12/2024 đang có hiệu lực" in after
    assert boxes(desk, desk.sees()) == ["5", "15", "10"]


def test_split_that_is_not_whole_cannot_be_issued(desk: Desk) -> None:
    review = desk.sends("review", {**desk.whole, desk.places.town: ""})
    page = desk.sees(review["Location"])

    assert "Thị trấn Trung Tâm: Chưa có mức giao." in text(page)
    assert 'value="issue"' not in page.content.decode()
    refused = desk.sends("issue", version="1", **DECISION)
    assert refused.status_code == 422
    assert not Milestone.objects.exists()
    assert desk.draft.version == 1


@pytest.mark.parametrize(
    ("told_so", "words"),
    [
        ({"decision_number": " "}, "Chưa ghi số quyết định giao"),
        ({"decided_on": ""}, "Chưa ghi ngày ký"),
        ({"decided_on": "31/02/2024"}, 'id="h-decided_on"'),
        ({"decided_on": "01/01/2999"}, "còn ở tương lai"),
        ({"version": "7"}, "đã sửa bản dự thảo này"),
    ],
)
def test_decision_that_will_not_do_is_refused_with_what_was_typed(
    desk: Desk, told_so: dict[str, str], words: str
) -> None:
    desk.sends("save", desk.whole)

    response = desk.sends("issue", **{"version": "1", **DECISION, **told_so})

    assert response.status_code == 422
    assert words in response.content.decode()
    for name, value in DECISION.items():
        assert box(response, name) == told_so.get(name, value)
    assert not Milestone.objects.exists()


def test_nothing_to_issue_leads_back_to_the_page(desk: Desk) -> None:
    response = desk.sends("issue", version="1", **DECISION)

    assert response.status_code == 302
    assert "Không còn bản dự thảo nào để giao" in text(desk.sees(response["Location"]))


def test_later_issue_stands_above_the_one_it_replaces(desk: Desk) -> None:
    for version, number in (("1", "12/QĐ-UBND"), ("1", "13/QĐ-UBND")):
        desk.sends("save", desk.whole)
        desk.sends("issue", version=version, **{**DECISION, "decision_number": number})

    page = text(desk.sees())

    assert page.index("13/QĐ-UBND") < page.index("12/QĐ-UBND ngày")
    assert page.count("đang có hiệu lực") == 1


# -- cost ------------------------------------------------------------------------------------------


def test_page_costs_the_same_for_three_units_and_nineteen(desk: Desk) -> None:
    desk.sends("save", desk.whole)
    desk.sends("issue", version="1", **DECISION)
    desk.sends("save", desk.whole)

    def queries() -> list[int]:
        counts = []
        for address in (PAGE, PAGE + "?xem=1", RATES):
            with CaptureQueriesContext(connection) as found:
                assert desk.sees(address).status_code == 200
            counts.append(len(found))
        return counts

    queries()  # definitions are read once
    few = queries()
    for number in range(16):
        unit = builders.unit(f"902{number:02}", f"Xã {number}", "commune", desk.places.district)
        told(unit, {desk.catalogue.households: "50", desk.catalogue.poor: "5"})
    drain()

    queries()
    assert queries() == few


# -- the cascade as part of a page -------------------------------------------------------------


def shown(desk: Desk, *, may_allocate: bool) -> str:
    found = cascade_of(
        plan=desk.plan, unit=desk.places.district, indicator=desk.catalogue.poor, period=Y2025,
        measure=PlannedMeasure.VALUE, stage=Stage.PROVISIONAL,
    )  # fmt: skip
    page = render_to_string(
        "plans/partials/_cascade.html", {"cascade": found, "may_allocate": may_allocate}
    )
    return re.sub(r"\s+", " ", page)


def test_cascade_names_what_fits_and_what_does_not(desk: Desk) -> None:
    desk.sends("save", {**desk.whole, desk.places.town: "6"}, total="31")
    desk.sends("issue", version="1", **DECISION)

    page = re.sub(r"<[^>]+>", " ", shown(desk, may_allocate=False))

    assert "Chưa khớp" in page
    assert "bằng đúng mức, chưa đạt &lt; 31 hộ" in page
    assert "QĐ 12/QĐ-UBND, 20/12/2024" in page


def test_way_to_the_allocation_is_shown_to_who_may_go_it(desk: Desk) -> None:
    assert f"{PAGE}?don-vi=901@2999-12-31&amp;do=value" in shown(desk, may_allocate=True)
    assert "phan-bo" not in shown(desk, may_allocate=False)
