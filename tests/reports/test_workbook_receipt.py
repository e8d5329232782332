"""After a district's table is written: where the figures are, who may open them, what is next."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.conf import LazySettings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from communes.enums import Role
from communes.models import Post
from reports import workflow
from tests import builders
from tests.builders import Y2024, Places
from tests.reports.workbook_district import ONE, PAGE, District, made, typed
from tests.reports.workbook_forms import stored, upload

pytestmark = pytest.mark.django_db

NOBODY = "chưa có tài khoản người nhập số liệu:"


@pytest.fixture
def district(places: Places, settings: LazySettings, tmp_path: Path) -> District:
    settings.MEDIA_ROOT = tmp_path / "files"
    return made(places)


def handed_in(district: District) -> str:
    return upload(district.desk, district.typed(Một=dict(ONE), Hai={"poor": 5}), PAGE)


def shown(client: Client, address: str) -> str:
    return " ".join(client.get(address).content.decode().split())


def test_units_written_are_listed_with_their_figures_and_the_next_step(
    district: District,
) -> None:
    address = handed_in(district)

    assert district.desk.post(address).headers["Location"] == address
    page = shown(district.desk, address)

    assert "Đã ghi 7 số vào bản nháp của 2 đơn vị" in page
    assert "Xã Một · 6 số · Đang nhập" in page
    assert "Xã Hai · 1 số · Đang nhập" in page
    assert "Biểu chưa đổi: số vào bản nháp của từng đơn vị" in page
    assert "điền nốt rồi bấm nộp" in page
    assert 'href="/tien-do/901/2024/"' in page


def test_reader_is_sent_only_where_he_may_look(district: District) -> None:
    """A draft is its unit's own: a reviewer gets its page of review, an officer the draft."""
    reader = builders.official("hai.viec", district.places.district, Role.REVIEWER)
    Post.objects.create(official=reader, unit=district.places.first, role=Role.OFFICER, title="")
    district.desk.force_login(reader)
    address = handed_in(district)
    district.desk.post(address)

    page = shown(district.desk, address)

    for link in ("/bao-cao/90102/2024/", "/duyet/90103/2024/"):
        assert f'href="{link}"' in page
        assert district.desk.get(link).status_code == 200
    assert 'href="/duyet/90102/2024/"' not in page
    assert 'href="/bao-cao/90103/2024/"' not in page


def test_unit_in_which_nobody_enters_is_named_before_and_after(district: District) -> None:
    builders.official("xa", district.places.first)
    address = handed_in(district)

    before = shown(district.desk, address)
    assert f"1 đơn vị {NOBODY}</b> Hai." in before
    assert before.index(NOBODY) < before.index('class="wb-act"')
    district.desk.post(address)
    after = shown(district.desk, address)
    assert f"1 đơn vị {NOBODY}</b> Hai." in after


def test_nothing_is_said_of_accounts_where_every_unit_has_one(district: District) -> None:
    builders.official("xa", district.places.first)
    builders.official("xa.hai", district.places.second)
    address = handed_in(district)

    assert NOBODY not in shown(district.desk, address)
    district.desk.post(address)
    assert NOBODY not in shown(district.desk, address)


def test_receipt_tells_what_the_file_wrote_whatever_came_since(district: District) -> None:
    """The unit corrects a figure of the file and adds one that the file did not change."""
    first, second = district.places.first, district.places.second
    officer = builders.official("xa", first)
    builders.official("xa.hai", second)
    builders.told(second, {district.measured.poor: "5"})
    address = handed_in(district)
    district.desk.post(address)
    entries = builders.entries(first, {district.measured.poor: "11"})
    workflow.save_draft(unit=first, period=Y2024, entries=entries, by=officer)

    receipt = district.desk.get(address).context["receipt"]

    assert [(draft.unit, len(draft.lines)) for draft in receipt.drafts] == [(first, 6)]
    assert {line.row.code: line.new for line in receipt.drafts[0].lines}["poor"] == "13"


def test_openings_stored_along_with_a_draft_are_not_told_as_of_the_file(
    district: District,
) -> None:
    district.lock_opening(first="20")
    content = district.typed(Một={"opening": 19, "escaped": 8})
    address = upload(district.desk, content, PAGE)
    district.desk.post(address)

    receipt = district.desk.get(address).context["receipt"]

    assert stored(district.places.first) == {"opening": 20, "escaped": 8}
    assert [line.row.code for draft in receipt.drafts for line in draft.lines] == ["escaped"]


def test_queries_of_a_receipt_do_not_grow_with_communes(district: District) -> None:
    def asked(content: bytes) -> int:
        address = upload(district.desk, content, PAGE)
        district.desk.post(address)
        district.desk.get(address)
        with CaptureQueriesContext(connection) as queries:
            district.desk.get(address)
        return len(queries)

    few = asked(typed(district.printed(), {"Một": {"poor": 5}}))
    for number in range(5):
        builders.unit(f"9019{number}", f"Xã Thêm {number}", "commune", district.places.district)
    more = {f"Thêm {number}": dict(ONE) for number in range(5)}

    assert asked(typed(district.printed(), more)) == few
