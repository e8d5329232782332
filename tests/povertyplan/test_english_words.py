"""English of what is put together or kept in Vietnamese: numbers with units, reasons, places."""

from __future__ import annotations

import pytest
from django.utils import translation

from plans.wording import of_units, points, section_words, with_unit
from povertyplan.lib.bilingual import in_words
from povertyplan.lib.speech import recorded, retold


@pytest.mark.parametrize(
    ("number", "unit", "told"),
    [
        ("1", "phòng", "1 room"),
        ("≥ 1", "tiêu chí/xã", "≥ 1 criterion/commune"),
        ("-1", "hộ", "-1 household"),
        ("0", "phòng", "0 rooms"),
        ("21", "phòng", "21 rooms"),
        ("0–1", "phòng", "0–1 rooms"),
        ("0.1", "phòng", "0.1 rooms"),
        ("1.0", "phòng", "1.0 rooms"),
        ("2,001", "phòng", "2,001 rooms"),
        ("1", "ha", "1 ha"),
        ("1", "%", "1%"),
    ],
)
def test_exactly_one_is_said_in_the_singular(number: str, unit: str, told: str) -> None:
    with translation.override("en"):
        assert with_unit(number, in_words(unit)) == told
    space = "" if unit == "%" else " "
    assert with_unit(number, in_words(unit)) == f"{number}{space}{unit}"


def test_units_and_points_are_counted_as_other_things_are() -> None:
    with translation.override("en"):
        told = [with_unit(number, of_units()) for number in ("8/10", "1/1", "2", "1")]
        assert told == ["8/10 units", "1/1 unit", "2 units", "1 unit"]
        assert with_unit("1", points()) == "1 percentage point"
    assert with_unit("1", of_units()) == "1 đơn vị"


def test_reason_the_system_kept_is_read_in_the_language_of_the_reader() -> None:
    kept = recorded("Sửa sau khi bị trả lại lần {round}", round=12)

    with translation.override("en"):
        assert retold(kept) == "Corrected after being sent back (submission 12)"
        assert retold("Nhập nháp") == "Draft entry"
    assert retold(kept) == kept == "Sửa sau khi bị trả lại lần 12"


@pytest.mark.parametrize(
    "typed", ["", "Đếm lại", "Nhập nháp.", "Hộ nghèo", "Nộp lần 2 {round}", "7"]
)
def test_reason_somebody_typed_stays_as_typed(typed: str) -> None:
    with translation.override("en"):
        assert retold(typed) == typed


def test_place_in_a_document_keeps_its_number_and_names() -> None:
    with translation.override("en"):
        assert section_words("III.2.1 gạch đầu dòng 3") == "III.2.1 dash 3"
        assert section_words("ý kiến xã Pa Cheo, đoạn 2") == (
            "opinion of Pa Cheo commune, paragraph 2"
        )
        assert section_words("chỉ tiêu gạch đầu dòng 1") == "targets dash 1"
        assert section_words("VI.3") == "VI.3"
    assert section_words("đoạn 3") == "đoạn 3"
