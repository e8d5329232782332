"""Django's admin pages, opened by an administrator: each list and form works on real rows."""

from __future__ import annotations

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse

from communes.enums import Role
from communes.models import Succession, UnitGroup
from tests import builders
from tests.builders import Y2024, Catalogue, Places, official, told

pytestmark = pytest.mark.django_db


@pytest.fixture
def administrator(client: Client, places: Places, catalogue: Catalogue) -> Client:
    """Signed in, over a database with something in most tables."""
    builders.balance(catalogue)
    builders.deadline(places.province)
    told(places.first, {catalogue.poor: "5"})
    group = UnitGroup.objects.create(code="nhom", name="Nhóm")
    group.members.create(unit=places.first, source="stated")
    Succession.objects.create(predecessor=places.first, successor=places.second, date=Y2024.end)
    client.force_login(official("quan.tri", places.province, Role.ADMINISTRATOR))
    return client


def test_every_list_and_every_form_opens(administrator: Client) -> None:
    opened, wrong = 0, []
    for model in admin.site._registry:
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        addresses = [reverse(f"{name}_changelist")]
        row = model._default_manager.first()
        if row is not None:
            addresses.append(reverse(f"{name}_change", args=[row.pk]))
            opened += 1
        for address in addresses:
            answer = administrator.get(address)
            if answer.status_code != 200:
                wrong.append((address, answer.status_code))

    assert wrong == []
    assert opened >= 8


def test_lists_can_be_searched(administrator: Client) -> None:
    wrong = []
    for model, page in admin.site._registry.items():
        if page.search_fields:
            name = f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist"
            answer = administrator.get(reverse(name), {"q": "nghèo"})
            if answer.status_code != 200:
                wrong.append((name, answer.status_code))

    assert wrong == []


def test_facts_and_sums_are_not_edited_behind_the_rules(administrator: Client) -> None:
    """`recording` is the one way in for a fact, `rollups` for a sum, `workflow` for a return."""
    written = {"Result", "Rollup", "Recompute", "Report", "ReportEvent", "Comment", "Ancestry"}

    editable = [
        model.__name__
        for model, page in admin.site._registry.items()
        if model.__name__ in written
        and (answer := administrator.get("/quan-tri/"))
        and (
            page.has_add_permission(answer.wsgi_request)
            or page.has_change_permission(answer.wsgi_request)
        )
    ]

    assert editable == []
