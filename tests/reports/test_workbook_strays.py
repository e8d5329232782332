"""What a district's table would silently lose: figures where nothing is read, missing columns."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.test import Client
from openpyxl.worksheet.worksheet import Worksheet

from communes.enums import Role
from indicators.enums import Stage
from indicators.periods import Period
from indicators.rollups import drain
from reports.annexes.build import build_table
from reports.annexes.workbook import write_workbook
from reports.models import Annex
from tests import builders
from tests.builders import Y2024, Places, told
from tests.reports import annex_forms
from tests.reports.annex_forms import Measured
from tests.reports.workbook_forms import edited, line_of, sent, stored, upload

pytestmark = pytest.mark.django_db

PAGE = "/bieu/901/2024/doc-lai/"
NET = "G"
"""The column of the form that adds two indicators up, and so cannot be stored."""
UNCHANGED = "Tệp không có số nào khác số đang lưu"


@pytest.fixture(autouse=True)
def files(settings: LazySettings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "files"


@pytest.fixture
def measured(places: Places) -> Measured:
    return annex_forms.measured()


@pytest.fixture
def form(places: Places, measured: Measured) -> Annex:
    return annex_forms.annex(annex_forms.plan(places.district))


@pytest.fixture
def desk(form: Annex, places: Places) -> Client:
    client = Client()
    client.force_login(builders.official("huyen", places.district, Role.REVIEWER))
    return client


def untouched(form: Annex, places: Places) -> bytes:
    drain()
    return write_workbook(build_table(form, places.district, Y2024, Stage.PROVISIONAL, "year"))


def printed(form: Annex, places: Places, change: Callable[[Worksheet], None]) -> bytes:
    return edited(untouched(form, places), change)


def typed(form: Annex, places: Places, name: str, figures: dict[str, int | str]) -> bytes:
    """The table with figures typed into a row: {letter of the column: figure}."""

    def change(sheet: Worksheet) -> None:
        for letter, value in figures.items():
            sheet[f"{letter}{line_of(sheet, name)}"] = value

    return printed(form, places, change)


def test_figure_typed_into_a_column_of_sums_is_named_at_the_top(
    desk: Client, form: Annex, places: Places
) -> None:
    content = typed(form, places, "Một", {NET: 7, "F": 8})

    address = upload(desk, content, PAGE)
    answer = desk.get(address)

    (stray,) = answer.context["page"].strays
    assert (stray.address[0], stray.row, stray.text) == (NET, "Một", "7")
    assert stray.column == "cột (7) “net”"
    shown = answer.content.decode()
    assert shown.index("1 ô đồng chí đã ghi sẽ không được lưu") < shown.index('class="wb-act"')
    desk.post(address)
    assert stored(places.first) == {"escaped": 8}


def test_file_of_nothing_but_lost_figures_is_not_called_unchanged(
    desk: Client, form: Annex, places: Places
) -> None:
    address = upload(desk, typed(form, places, "Hai", {NET: "1.234"}), PAGE)

    answer = desk.get(address)

    assert UNCHANGED not in answer.content.decode()
    assert [stray.text for stray in answer.context["page"].strays] == ["“1.234”"]


def test_only_figures_other_than_the_printed_ones_are_named(
    desk: Client, form: Annex, places: Places, measured: Measured
) -> None:
    """Sums, rates and formulas as they were printed are no loss; one typed over is."""
    told(places.first, measured.values("20", "98", "13", "8", relapsed="1", households="100"))
    same = upload(desk, untouched(form, places), PAGE)
    other = upload(desk, typed(form, places, "Một", {NET: -6, "K": 99}), PAGE)

    assert desk.get(same).context["page"].strays == []
    assert UNCHANGED in desk.get(same).content.decode()
    found = desk.get(other).context["page"].strays
    assert [(stray.address[0], stray.text) for stray in found] == [(NET, "−6"), ("K", "99")]


def test_deleted_column_is_named_as_missing(desk: Client, form: Annex, places: Places) -> None:
    content = printed(form, places, lambda sheet: sheet.delete_cols(6))

    answer = desk.get(upload(desk, content, PAGE))

    assert answer.context["page"].missing == ["(6) “escaped”"]
    assert UNCHANGED not in answer.content.decode()
    assert "Thiếu cột, hoặc tiêu đề cột không khớp" in answer.content.decode()


def test_columns_pushed_from_under_their_headings_are_named_as_missing(
    desk: Client, form: Annex, places: Places
) -> None:
    """The heading over several columns goes with the first, its merged cell stays behind."""
    content = printed(form, places, lambda sheet: sheet.delete_cols(3))

    missing = desk.get(upload(desk, content, PAGE)).context["page"].missing

    assert {"“open_households”", "“opening”"} <= {words.split(" ")[1] for words in missing}


def test_column_under_a_number_that_is_not_its_own_is_refused(
    desk: Client, form: Annex, places: Places
) -> None:
    """Else the figures of one column would be stored as another's."""

    def swap(sheet: Worksheet) -> None:
        line = line_of(sheet, "escaped")
        sheet[f"F{line}"], sheet[f"H{line}"] = "households", "escaped"

    answer = desk.post(PAGE, sent(printed(form, places, swap)))

    assert answer.status_code == 422
    assert "Tiêu đề cột không khớp: “households” là cột" in answer.content.decode()


def test_number_that_belongs_to_an_opening_is_told(
    desk: Client, form: Annex, places: Places, measured: Measured
) -> None:
    """The table printed “…” for a commune that has told nothing: it never showed the number."""
    measured.opening.prefill_offset, measured.opening.prefill_locked = -1, True
    measured.opening.save()
    measured.opening.terms.create(role="prefill", input=measured.poor, order=0)
    told(places.first, {measured.poor: "21"}, Period(2023))

    refused = desk.get(upload(desk, typed(form, places, "Một", {"D": 20}), PAGE))
    left = desk.get(upload(desk, typed(form, places, "Một", {"D": "…", "F": 8}), PAGE))

    (wrong,) = refused.context["page"].wrong
    assert wrong.fault is not None
    assert "Số đúng là 21: ghi 21, hoặc để ô trống" in wrong.fault.remedy
    assert left.context["page"].may_apply
