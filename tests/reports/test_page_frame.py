"""What every page stands in: the menu by role, signing in, refusals, and no script in the page."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from communes.enums import Role
from communes.models import Official, Unit
from tests import builders
from tests.builders import PASSWORD, Catalogue, Places

pytestmark = pytest.mark.django_db


def page(official: Official | None, address: str, status: int = 200) -> str:
    client = Client()
    if official is not None:
        client.force_login(official)
    response = client.get(address, follow=True)
    assert response.status_code == status
    return response.content.decode()


def menu(text: str) -> dict[str, str]:
    """Labels of the bar with where they lead."""
    bar = re.search(r'<nav aria-label="Chức năng">(.*?)</nav>', text, re.DOTALL)
    assert bar is not None
    links = re.findall(r'<a href="([^"]+)"[^>]*>\s*([^<]+?)\s*</a>', bar[1])
    return {label: address for address, label in links}


@pytest.mark.parametrize(
    ("role", "at", "expected"),
    [
        (
            Role.OFFICER,
            "first",
            {
                "Báo cáo của đơn vị": "/bao-cao/",
                "Sổ theo dõi": "/so-theo-doi/",
                "Số liệu": "/so-lieu/90102/2024/",
                "Tra cứu": "/tra-cuu/",
                "Kế hoạch": "/ke-hoach/",
                "Biểu": "/bieu/90102/2024/",
            },
        ),
        (
            Role.REVIEWER,
            "district",
            {
                "Tổng quan": "/tong-quan/901/2024/",
                "Tiến độ nộp": "/tien-do/901/2024/",
                "Số liệu": "/so-lieu/901/2024/",
                "Tra cứu": "/tra-cuu/",
                "Kế hoạch": "/ke-hoach/",
                "Biểu": "/bieu/901/2024/",
            },
        ),
        (
            Role.ADMINISTRATOR,
            "province",
            {
                "Tổng quan": "/tong-quan/90/2024/",
                "Tiến độ nộp": "/tien-do/90/2024/",
                "Số liệu": "/so-lieu/90/2024/",
                "Tra cứu": "/tra-cuu/",
                "Kế hoạch": "/ke-hoach/",
                "Biểu": "/bieu/90/2024/",
                "Quy tắc": "/quan-tri/quy-tac/",
                "Vận hành": "/van-hanh/",
                "Quản trị": "/quan-tri/",
            },
        ),
    ],
)
def test_menu_shows_each_role_its_pages_for_the_latest_period(
    places: Places, catalogue: Catalogue, role: Role, at: str, expected: dict[str, str]
) -> None:
    builders.deadline(places.province)
    unit: Unit = getattr(places, at)
    person = builders.official("ai-do", unit, role)
    assert menu(page(person, "/ke-hoach/")) == expected
    for address in expected.values():
        page(person, address)


def test_menu_marks_the_page_it_is_on(places: Places) -> None:
    person = builders.official("xa", places.first)
    assert re.search(r'href="/ke-hoach/"\s+aria-current="page"', page(person, "/ke-hoach/"))
    assert not re.search(r'href="/bao-cao/"\s+aria-current', page(person, "/ke-hoach/"))


def test_person_without_a_post_has_a_page_but_no_figures(db: None) -> None:
    person = builders.official("moi-den")
    assert menu(page(person, "/bao-cao/")) == {}
    assert "không giữ việc nhập báo cáo" in page(person, "/bao-cao/")


def test_demo_accounts_and_password_are_shown_in_demo_mode_only(
    places: Places, settings: Any
) -> None:
    person = builders.official("xa.mot", places.first)
    person.is_demo = True
    person.save()
    settings.DEMO_PASSWORD = "mat-khau-trinh-dien"
    assert "mat-khau-trinh-dien" not in page(None, "/dang-nhap/")
    assert "xa.mot" not in page(None, "/dang-nhap/")
    settings.DEMO_MODE = True
    shown = page(None, "/dang-nhap/")
    assert "mat-khau-trinh-dien" in shown
    assert 'data-demo-account="xa.mot"' in shown
    assert "Số liệu minh họa" in shown


def test_five_wrong_passwords_lock_the_account_at_this_machine_for_a_quarter_of_an_hour(
    places: Places,
) -> None:
    builders.official("xa.mot", places.first)
    client = Client()

    def try_password(password: str) -> Any:
        return client.post("/dang-nhap/", {"username": "xa.mot", "password": password})

    for _ in range(4):
        assert try_password("sai-mat-khau").status_code == 200
    locked = try_password("sai-mat-khau")
    assert locked.status_code == 429
    assert "Tạm khóa đăng nhập" in locked.content.decode()
    assert try_password(PASSWORD).status_code == 429
    with time_machine.travel(timezone.now() + timedelta(minutes=16)):
        assert try_password(PASSWORD).status_code == 302


def test_sign_in_leads_back_to_the_page_that_was_asked_for(places: Places) -> None:
    builders.official("xa.mot", places.first)
    client = Client()
    asked = client.get("/ke-hoach/")
    assert asked.headers["Location"] == "/dang-nhap/?next=/ke-hoach/"
    shown = client.get(asked.headers["Location"]).content.decode()
    assert 'name="next" value="/ke-hoach/"' in " ".join(shown.split())
    answer = client.post(
        "/dang-nhap/", {"username": "xa.mot", "password": PASSWORD, "next": "/ke-hoach/"}
    )
    assert answer.headers["Location"] == "/ke-hoach/"


def test_password_is_changed_only_with_the_old_one(places: Places) -> None:
    person = builders.official("xa.mot", places.first)
    client = Client()
    client.force_login(person)
    new = {"new_password1": "ruong-bac-thang-9", "new_password2": "ruong-bac-thang-9"}
    wrong = client.post("/mat-khau/", {"old_password": "khong-phai", **new})
    assert "Chưa đổi được mật khẩu" in wrong.content.decode()
    assert client.post("/mat-khau/", {"old_password": PASSWORD, **new}).status_code == 302
    person.refresh_from_db()
    assert person.check_password("ruong-bac-thang-9")


def test_unknown_address_says_so_to_a_person_and_to_a_stranger(places: Places) -> None:
    person = builders.official("xa.mot", places.first)
    assert "Không tìm thấy trang này" in page(person, "/khong-co/", status=404)
    assert "Không tìm thấy trang này" in page(None, "/khong-co/", status=404)


def test_pages_carry_no_script_or_style_of_their_own(places: Places, catalogue: Catalogue) -> None:
    """The content policy lets none run; data for the script is not a script."""
    builders.deadline(places.province)
    person = builders.official("xa.mot", places.first)
    for address in ("/bao-cao/", "/bao-cao/90102/2024/", "/mat-khau/"):
        shown = page(person, address)
        scripts = re.findall(r"<script([^>]*)>", shown)
        assert all("src=" in kind or "application/json" in kind for kind in scripts)
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=", shown)
