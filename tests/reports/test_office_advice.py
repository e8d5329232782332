"""What an office is told of a template that is taken: cells not printed, formulas that may fail."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from povertyplan.lib.bookforms.advice import advised
from povertyplan.lib.bookforms.check import checked
from reports.models import Annex, AnnexTemplate
from tests.reports.office_forms import NAMES, SIMPLE, template
from tests.reports.test_office_templates import CELLS, PAGE, sent
from tests.reports.test_office_templates import form as form  # noqa: PLC0414  # a fixture
from tests.reports.test_office_templates import reviewer as reviewer  # noqa: PLC0414  # a fixture


def advice(cells: dict[str, str], area: str = "") -> list[str]:
    def more(_book: Any, sheet: Any) -> None:
        if area:
            sheet.print_area(area)

    return [str(one) for one in advised(checked(template(cells, more), NAMES))]


def test_cells_outside_of_the_print_area_are_told_by_their_addresses() -> None:
    cells = {**SIMPLE, "E4": "Tăng, giảm", "E5": "=SUM(C5:D5)", "F5": "{{ dong.cot_3 }}"}

    (told,) = advice(cells, "A1:D8")

    assert told.startswith("Trang “Biểu”, ô E4, E5, F5: Nằm ngoài vùng in A1:D8")
    assert "Page Layout > Print Area > Set Print Area" in told


@pytest.mark.parametrize("area", ["", "A1:F8", "A1:XFD8", "A1:F1048576"])
def test_nothing_is_told_where_all_is_printed(area: str) -> None:
    assert advice({**SIMPLE, "E4": "Tăng, giảm", "F5": "{{ dong.cot_3 }}"}, area) == []


def test_empty_cells_outside_of_the_print_area_are_no_matter() -> None:
    assert advice({**SIMPLE, "G9": " "}, "A1:D8") == []


@pytest.mark.parametrize(
    "formula",
    ["=D5-C5", "=C5*100", "=-C5", "=100/C5", "=SUM(1,C5+1)", "=IF(C5>0,C5-1,0)", "=Biểu!C5+1"],
)
def test_arithmetic_with_a_figure_that_may_be_missing_is_told_with_a_way_out(formula: str) -> None:
    (told,) = advice({**SIMPLE, "E5": formula})

    assert told.startswith("Trang “Biểu”, ô E5: Ô chưa có số ghi “…”")
    assert f'=IFERROR({formula[1:]},"…")' in told


@pytest.mark.parametrize(
    "formula",
    [
        '=IFERROR(D5-C5,"…")',
        "=N(D5)-N(C5)",
        '=IF(ISNUMBER(C5),C5-1,"")',
        "=SUM(C5:D5)",
        "=C5",
        '=C5&" hộ"',
        "=C5>10",
        "=E$1+1",
    ],
)
def test_formula_that_words_do_not_harm_is_not_told(formula: str) -> None:
    assert advice({**SIMPLE, "F5": formula}) == []


@pytest.mark.django_db(transaction=True)
def test_template_is_taken_and_its_sender_told(reviewer: Client, form: Annex) -> None:
    content = template({**CELLS, "F5": "=D5-C5"}, lambda _book, sheet: sheet.print_area("A1:D8"))

    assert sent(reviewer, content).status_code == 302

    shown = reviewer.get(PAGE).content.decode()
    assert AnnexTemplate.objects.filter(active=True).count() == 1
    assert "ô E5, F5: Nằm ngoài vùng in A1:D8" in shown
    assert "=IFERROR(D5-C5" in shown
    assert shown.index("Đã dùng mẫu") < shown.index("Nằm ngoài vùng in")
