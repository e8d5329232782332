"""Every address declares who may open it, and it holds. Source: design, Ideas 9."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import get_resolver, path
from django.urls.resolvers import RegexPattern, URLPattern, URLResolver

from communes.access import Policy, declared_policy, policy
from communes.enums import Role
from communes.models import Official, Post
from tests.builders import Places, official

PUBLIC = {"health", "login", "logout", "entry:offline", "entry:service_worker", "set_language"}
"""All that a visitor may open without signing in. A new name here is a decision."""


@dataclass(frozen=True)
class Page:
    name: str
    address: str
    """With a value in each place: unit 90102, period 2024, else something that does not exist."""
    view: Any

    @property
    def policy(self) -> Policy | None:
        return declared_policy(self.view)

    @property
    def is_api(self) -> bool:
        return hasattr(self.view, "cls")


def pages() -> list[Page]:
    return list(walk(get_resolver(), "", ""))


def walk(resolver: URLResolver, start: str, names: str) -> Iterator[Page]:
    for pattern in resolver.url_patterns:
        address = start + filled_in(pattern)
        if isinstance(pattern, URLResolver):
            inner = f"{names}{pattern.namespace}:" if pattern.namespace else names
            yield from walk(pattern, address, inner)
        else:
            yield Page(names + (pattern.name or ""), "/" + address, pattern.callback)


def filled_in(pattern: URLPattern | URLResolver) -> str:
    text = str(pattern.pattern)
    if isinstance(pattern.pattern, RegexPattern):
        text = re.sub(r"\(\?P<\w+>([^)|]*)[^)]*\)", r"\1", text).strip("^$")
        return text.replace(".*", "khong-co").replace("([^/]+)", "1").replace("\\", "")
    values = {"code": "90102", "period": "2024"}
    return re.sub(
        r"<(?:(\w+):)?(\w+)>",
        lambda found: values.get(found[2], "1" if found[1] == "int" else "khong-co"),
        text,
    )


def test_every_address_declares_a_policy() -> None:
    found = pages()

    assert [page.address for page in found if page.policy is None] == []
    assert len(found) > 25
    assert any(page.name.startswith("admin:communes_") for page in found)


def test_addresses_are_enumerated_as_they_open() -> None:
    """Else the tests below would look at pages that do not exist."""
    unknown = [
        page.address for page in pages() if get_resolver().resolve(page.address).func != page.view
    ]

    assert unknown == []


def test_only_what_a_visitor_needs_is_public() -> None:
    assert {page.name for page in pages() if page.policy is Policy.PUBLIC} == PUBLIC


def test_administration_is_for_administrators() -> None:
    inside = [page for page in pages() if page.address.startswith("/quan-tri/")]

    assert {page.policy for page in inside} == {Policy.ADMINISTRATOR}


@pytest.mark.django_db
@pytest.mark.parametrize("method", ["get", "post"])
def test_visitor_is_sent_to_sign_in_from_every_page(client: Client, method: str) -> None:
    """A page redirects and says where to return to, a fragment and the API answer 401."""
    wrong = []
    for page in pages():
        if page.policy is Policy.PUBLIC:
            continue
        send = getattr(client, method)
        plain, fragment = send(page.address), send(page.address, headers={"HX-Request": "true"})
        if page.is_api:
            expected = (401, 401)
        else:
            expected = (302, 401)
            if plain.headers.get("Location") != f"/dang-nhap/?next={page.address}":
                wrong.append((page.address, plain.headers.get("Location")))
        if (plain.status_code, fragment.status_code) != expected:
            wrong.append((page.address, (plain.status_code, fragment.status_code)))

    assert wrong == []


@pytest.mark.django_db
def test_administration_refuses_every_other_role(client: Client, places: Places) -> None:
    person = official("nguoi", places.province, Role.OFFICER)
    for role in (Role.REVIEWER, Role.LEADER):
        Post.objects.create(official=person, unit=places.province, role=role)
    client.force_login(person)

    opened = [
        (page.address, answer.status_code)
        for page in pages()
        if page.policy is Policy.ADMINISTRATOR
        and (answer := client.get(page.address)).status_code != 403
    ]

    assert opened == []


@pytest.mark.django_db
def test_stranger_to_a_unit_finds_none_of_its_pages(client: Client, places: Places) -> None:
    """Every page that names a unit, asked by an officer of the commune next to it: 404."""
    client.force_login(official("hang.xom", places.second))

    named = [page for page in pages() if page.policy is Policy.BY_UNIT and "90102" in page.address]
    shown = [
        (page.address, answer.status_code)
        for page in named
        if not page.is_api and (answer := client.get(page.address)).status_code != 404
    ]

    assert len(named) >= 7
    assert shown == []


@pytest.mark.django_db
def test_official_without_a_post_finds_no_unit(client: Client, places: Places) -> None:
    client.force_login(official("moi.den"))

    shown = [
        (page.address, answer.status_code)
        for page in pages()
        if page.policy is Policy.BY_UNIT
        and not page.is_api
        and (answer := client.get(page.address)).status_code != 404
    ]

    assert shown == []


# -- the middleware -------------------------------------------------------------------------------


def undeclared(_request: HttpRequest) -> HttpResponse:
    return HttpResponse("secret")


@policy(Policy.PUBLIC)
def public(_request: HttpRequest) -> HttpResponse:
    return HttpResponse("open")


@policy(Policy.SIGNED_IN)
def signed_in(_request: HttpRequest) -> HttpResponse:
    return HttpResponse("for officials")


@policy(Policy.ADMINISTRATOR)
def administrator(_request: HttpRequest) -> HttpResponse:
    return HttpResponse("for administrators")


urlpatterns = [
    *get_resolver("povertyplan.urls").url_patterns,
    path("thu/undeclared/", undeclared),
    path("thu/public/", public),
    path("thu/signed-in/", signed_in),
    path("thu/administrator/", administrator),
]
handler403 = "communes.views.forbidden"


@pytest.mark.django_db
@pytest.mark.urls(__name__)
def test_view_without_a_policy_is_refused_to_everybody(client: Client, places: Places) -> None:
    assert client.get("/thu/undeclared/").status_code == 403
    client.force_login(official("quan.tri", places.province, Role.ADMINISTRATOR))
    answer = client.get("/thu/undeclared/")

    assert answer.status_code == 403
    assert "chưa khai báo quyền truy cập" in answer.content.decode()


@pytest.mark.django_db
@pytest.mark.urls(__name__)
def test_policy_is_kept_for_everybody(client: Client, places: Places) -> None:
    people: dict[str, Official | None] = {
        "visitor": None,
        "newcomer": official("moi.den"),
        "leader": official("lanh.dao", places.province, Role.LEADER),
        "administrator": official("quan.tri", places.province, Role.ADMINISTRATOR),
    }
    answers = {}
    for name, person in people.items():
        client.logout()
        if person is not None:
            client.force_login(person)
        answers[name] = [
            client.get(f"/thu/{page}/").status_code
            for page in ("public", "signed-in", "administrator")
        ]

    assert answers == {
        "visitor": [200, 302, 302],
        "newcomer": [200, 200, 403],
        "leader": [200, 200, 403],
        "administrator": [200, 200, 200],
    }


@pytest.mark.django_db
@pytest.mark.urls(__name__)
def test_account_switched_off_is_signed_out_at_once(client: Client, places: Places) -> None:
    person = official("quan.tri", places.province, Role.ADMINISTRATOR)
    client.force_login(person)
    assert client.get("/thu/administrator/").status_code == 200

    person.is_active = False
    person.save()

    assert client.get("/thu/administrator/").status_code == 302
