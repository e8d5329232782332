"""What was imported and still cannot be drawn up is told at once, not first when it is wanted."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command

from reports.models import Annex
from tests.importing import shipped

pytestmark = pytest.mark.django_db

FORMS = "reports/data/annexes.yaml"


def load(path: Path) -> list[str]:
    told = StringIO()
    call_command("import_annexes", str(path), stdout=StringIO(), stderr=told)
    return told.getvalue().splitlines()


@pytest.fixture
def catalogue(db: None) -> None:
    call_command("load_catalogue", stdout=StringIO())


def test_forms_that_ship_can_all_be_drawn_up(catalogue: None) -> None:
    assert load(shipped(FORMS)) == []


def test_form_that_cannot_be_drawn_up_is_named_with_its_reason(
    catalogue: None, tmp_path: Path
) -> None:
    text = shipped(FORMS).read_text(encoding="utf-8")
    column = "- {id: line, heading_vi: Phân tổ, text: line_label, width: "
    assert text.count(column) == 2
    before, _, rest = text.partition(column)
    spoiled = tmp_path / "annexes.yaml"
    spoiled.write_text(before + rest.partition("\n")[2].lstrip(" "), encoding="utf-8")

    (line,) = load(spoiled)

    (form,) = [row for row in Annex.objects.all() if row.code in line]
    assert form.number == "2"
    assert "cần một cột ghi tên dòng (line_label)" in line
