"""Tables kept under a name: whose they are, who opens them, what is then seen. Source: issue 6."""

from __future__ import annotations

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from communes.enums import Role
from communes.models import Official, Unit
from indicators.periods import Period
from povertyplan.lib.errors import DomainError, VersionConflict
from reports.explore import saved
from reports.explore.saved import change_view, find, keep_view, remove_view, shelf
from reports.models import SavedView
from tests import builders
from tests.builders import Catalogue, Places, official
from tests.reports.explored import HOME, told, words

pytestmark = pytest.mark.django_db

KEPT = f"{HOME}bang-da-luu/"
QUERY = "don-vi=901&cap=duoi&chi-tieu=rate&ky=2024"


@pytest.fixture
def owner(places: Places) -> Official:
    return official("huyen", places.district, Role.REVIEWER)


def kept(by: Official, name: str = "Nghèo 2024", at: Unit | None = None) -> SavedView:
    return keep_view(name=name, query=QUERY, shared_with=at, by=by)


# -- keeping ------------------------------------------------------------------------------------


def test_question_is_kept_and_nothing_else_of_an_address(owner: Official) -> None:
    view = keep_view(
        name="  Nghèo 2024 ", query=f"{QUERY}&trang=7&bang=3&la=gi", shared_with=None, by=owner
    )

    assert view.name == "Nghèo 2024"
    assert view.address == f"{QUERY}&hang=don-vi&cot=chi-tieu"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("   ", "Ghi tên cho bảng."),
        ("a" * 121, "Tên dài quá 120 chữ."),
        ("a\u0007b", "Tên có ký tự không đọc được."),
        ("Nghèo 2024", "Đồng chí đã có bảng mang tên này; ghi tên khác."),
    ],
)
def test_table_needs_a_name_of_its_own(owner: Official, name: str, said: str) -> None:
    kept(owner)

    with pytest.raises(DomainError, match=said):
        kept(owner, name)
    assert owner.saved_views.count() == 1


def test_two_people_may_use_one_name(owner: Official, places: Places) -> None:
    kept(owner)
    kept(official("tinh", places.province, Role.REVIEWER))

    assert SavedView.objects.filter(name="Nghèo 2024").count() == 2


def test_a_person_keeps_no_more_than_the_most(
    owner: Official, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(saved, "MOST_VIEWS", 1)
    kept(owner)

    with pytest.raises(DomainError, match="Đồng chí đã lưu 1 bảng"):
        kept(owner, "Khác")


def test_table_is_shared_only_where_its_owner_holds_a_post(owner: Official, places: Places) -> None:
    with pytest.raises(DomainError, match="Chỉ chia sẻ được trong đơn vị"):
        kept(owner, at=places.province)


# -- changing and removing ----------------------------------------------------------------------


def test_owner_renames_shares_and_removes(owner: Official, places: Places) -> None:
    view = kept(owner)

    changed = change_view(view=view, name="Mới", shared_with=places.district, by=owner, seen=1)
    assert (changed.name, changed.shared_with, changed.version) == ("Mới", places.district, 2)

    remove_view(view=changed, by=owner, seen=2)
    assert not SavedView.objects.exists()


def test_change_over_a_newer_one_is_refused(owner: Official) -> None:
    view = kept(owner)
    change_view(view=view, name="Mới", shared_with=None, by=owner, seen=1)

    with pytest.raises(VersionConflict):
        change_view(view=view, name="Khác", shared_with=None, by=owner, seen=1)
    with pytest.raises(VersionConflict):
        remove_view(view=view, by=owner, seen=1)
    assert SavedView.objects.get().name == "Mới"


def test_nobody_changes_what_another_keeps(owner: Official, places: Places, client: Client) -> None:
    view = kept(owner, at=places.district)
    reader = official("xa.mot", places.first)

    with pytest.raises(PermissionDenied):
        change_view(view=view, name="Mới", shared_with=None, by=reader, seen=1)
    client.force_login(reader)
    answer = client.post(f"{KEPT}{view.pk}/", {"step": "remove", "version": 1})
    assert answer.status_code == 403
    assert SavedView.objects.get().name == "Nghèo 2024"


# -- who opens it -------------------------------------------------------------------------------


def test_shared_table_is_open_at_the_unit_and_below_and_nowhere_else(
    owner: Official, places: Places
) -> None:
    other = builders.unit("902", "Huyện Bên", "district", places.province)
    view = kept(owner, at=places.district)
    open_to = {
        person.username: find(view.pk, person) is not None
        for person in (
            owner,
            official("cung.huyen", places.district, Role.LEADER),
            official("xa.mot", places.first),
            official("tinh", places.province, Role.REVIEWER),
            official("huyen.ben", other, Role.REVIEWER),
            official("moi.den"),
        )
    }

    assert open_to == {
        "huyen": True,
        "cung.huyen": True,
        "xa.mot": True,
        "tinh": False,
        "huyen.ben": False,
        "moi.den": False,
    }


def test_private_table_is_its_owners_alone(owner: Official, places: Places, client: Client) -> None:
    view = kept(owner)
    client.force_login(official("cung.huyen", places.district, Role.LEADER))

    assert client.get(f"{KEPT}{view.pk}/").status_code == 404
    assert view.name not in words(client.get(KEPT).content.decode())


def test_opening_a_shared_table_gives_no_right_to_its_figures(
    owner: Official, places: Places, catalogue: Catalogue, client: Client
) -> None:
    """The commune's officer may open the table; of its district they see nothing."""
    told(places.second, {catalogue.households: "900", catalogue.poor: "45"}, Period(2024))
    view = kept(owner, at=places.district)
    client.force_login(official("xa.mot", places.first))

    answer = client.get(f"{KEPT}{view.pk}/", follow=True)

    assert answer.redirect_chain[0][0] == f"{HOME}?{view.address}&bang={view.pk}"
    assert answer.status_code == 404
    assert "Xã Hai" not in answer.content.decode()


def test_opened_table_says_its_name(
    owner: Official, places: Places, catalogue: Catalogue, client: Client
) -> None:
    told(places.first, {catalogue.households: "100", catalogue.poor: "10"}, Period(2024))
    view = kept(owner)
    client.force_login(owner)

    page = words(client.get(f"{KEPT}{view.pk}/", follow=True).content.decode())

    assert "Nghèo 2024 – Huyện Thử Nghiệm, năm 2024" in page


# -- pages --------------------------------------------------------------------------------------


def test_table_is_kept_renamed_and_removed_on_the_pages(
    owner: Official, places: Places, catalogue: Catalogue, client: Client
) -> None:
    client.force_login(owner)
    told(places.first, {catalogue.households: "100", catalogue.poor: "10"}, Period(2024))

    answer = client.post(KEPT, {"name": "Nghèo", "query": QUERY, "shared_with": ""})
    view = SavedView.objects.get()
    assert answer.headers["Location"] == f"{HOME}?{view.address}&bang={view.pk}"

    again = client.post(KEPT, {"name": "Nghèo", "query": QUERY, "shared_with": ""})
    assert again.status_code == 422
    assert "Đồng chí đã có bảng mang tên này" in again.content.decode()

    form = {"name": "Khác", "version": 1, "shared_with": places.district.pk}
    assert client.post(f"{KEPT}{view.pk}/", form).status_code == 302
    listed = words(client.get(KEPT).content.decode())
    assert "Khác Chia sẻ trong huyện Thử Nghiệm và các đơn vị dưới" in listed

    assert client.post(f"{KEPT}{view.pk}/", form).status_code == 302  # read before the change
    assert SavedView.objects.get().version == 2
    client.post(f"{KEPT}{view.pk}/", {"step": "remove", "version": 2})
    assert not SavedView.objects.exists()


@pytest.mark.parametrize(
    "form",
    [
        {"name": "a\x00b", "query": QUERY},
        {"name": "", "query": QUERY},
        {"name": "Tên", "query": QUERY, "shared_with": "999999"},
        {"name": "Tên", "query": "chi-tieu=" + ",".join(f"x{n:0100}" for n in range(79))},
    ],
)
def test_what_cannot_be_kept_is_refused_with_the_page(
    owner: Official, client: Client, form: dict[str, str]
) -> None:
    client.force_login(owner)

    assert client.post(KEPT, form).status_code == 422
    assert not SavedView.objects.exists()


def test_list_costs_the_same_however_much_is_kept(
    owner: Official, places: Places, client: Client
) -> None:
    client.force_login(owner)
    kept(owner)

    def counted() -> int:
        with CaptureQueriesContext(connection) as queries:
            client.get(KEPT)
        return len(queries)

    counted()
    few = counted()
    for number in range(20):
        kept(owner, f"Bảng {number}", places.district)

    assert counted() == few
    assert len(shelf(owner).mine) == 21
