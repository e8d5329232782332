"""Registers come from a file whole or not at all, and never take the meaning from entries."""

from __future__ import annotations

from datetime import date

import pytest
from django.core.management import call_command

from communes.enums import TierCode
from indicators.models import Indicator
from povertyplan.lib.errors import DomainError
from reports.counting import Field
from reports.imports import import_registers
from reports.models import Register, RegisterBook, RegisterCount, RegisterEntry
from tests import builders
from tests.builders import Places
from tests.importing import refusals, shipped, swap

pytestmark = pytest.mark.django_db

FILE = """\
registers:
- code: san-pham
  name_vi: Sản phẩm
  entry_vi: sản phẩm
  dated_by: decided_on
  valid_months: 36
  identity: [name]
  fields:
  - {key: name, label_vi: Tên, kind: text, max_length: 20}
  - {key: stars, label_vi: Hạng, kind: whole, min: 1, max: 5}
  - {key: decided_on, label_vi: Ngày, kind: day}
  - {key: result, label_vi: Kết quả, kind: choice, choices: [{code: new, label_vi: Mới}, {code: old, label_vi: Cũ}]}
  - {key: sold, label_vi: Đã bán, kind: yes_no, required: false}
  counts:
  - {indicator: products, where: {stars: {min: 3}, result: [new], sold: true}}
  - {indicator: others}
"""  # noqa: E501 - as the source files are written


@pytest.fixture(autouse=True)
def known(db: None) -> None:
    for place, code in enumerate(("products", "others", "third")):
        builders.count(code, code, place)
    builders.count("share", "share", 9, value_type="decimal")
    builders.count("opening", "opening", 10, prefill_locked=True)


def test_register_is_kept_as_the_file_has_it() -> None:
    counts = import_registers(FILE)

    register = Register.objects.get()
    assert (counts.created, register.valid_months, register.identity) == (1, 36, ["name"])
    assert register.columns[1] == Field("stars", "Hạng", "whole", least=1, most=5)  # type: ignore[arg-type]
    assert register.columns[3].choices == (("new", "Mới"), ("old", "Cũ"))
    assert [row.where for row in register.counts.all()] == [
        {"stars": {"min": 3}, "result": ["new"], "sold": True},
        {},
    ]


def test_second_import_changes_nothing_and_a_changed_count_is_a_change() -> None:
    import_registers(FILE)
    again = import_registers(FILE)
    changed = import_registers(swap(FILE, ("stars: {min: 3}", "stars: {min: 4}")))

    assert (again.created, again.changed, again.unchanged) == (0, 0, 1)
    assert (changed.changed, changed.unchanged) == (1, 0)
    assert RegisterCount.objects.get(indicator__code="products").where["stars"] == {"min": 4}


def test_indicator_may_move_to_another_register_of_the_file() -> None:
    import_registers(FILE)
    moved = swap(FILE, ("  - {indicator: others}\n", "")).replace("san-pham", "moi") + swap(
        FILE.partition("registers:\n")[2], ("products, where", "third, where")
    )

    import_registers("registers:\n" + moved.partition("registers:\n")[2])

    assert {row.indicator.code: row.register.code for row in RegisterCount.objects.all()} == {
        "products": "moi",
        "others": "san-pham",
        "third": "san-pham",
    }


@pytest.mark.parametrize(
    ("old", "new", "where", "said"),
    [
        ("dated_by: decided_on", "dated_by: decided", "dòng 5, cột 3", "có phải “decided_on”?"),
        ("dated_by: decided_on", "dated_by: name", "dòng 5, cột 3", "kind: day"),
        ("valid_months: 36", "valid_months: 0", "dòng 6, cột 3", "lớn hơn 0"),
        ("identity: [name]", "identity: [stars]", "dòng 7, cột 14", "không nhận biết được"),
        ("kind: day}", "kind: days}", "dòng 11", "cần một trong"),
        ("{key: stars", "{key: name", "dòng 10, cột 6", "lặp lại"),
        (", kind: yes_no", ", kind: yes_no, min: 1", "dòng 13", "min, max chỉ dùng"),
        (", kind: yes_no", ", kind: choice", "dòng 13", "đi cùng “choices”"),
        ("{code: old", "{code: new", "dòng 12", "cùng mã"),
        ("indicator: products", "indicator: product", "dòng 15", "có phải “products”?"),
        ("indicator: products", "indicator: share", "dòng 15", "không phải số đếm"),
        ("indicator: products", "indicator: opening", "dòng 15", "số cuối kỳ năm trước"),
        ("indicator: others", "indicator: products", "dòng 16", "mỗi số một nguồn"),
        ("result: [new]", "result: [nw]", "dòng 15", "có phải “new”?"),
        ("result: [new]", "result: true", "dòng 15", "điều kiện không hợp"),
        ("stars: {min: 3}", "stars: [new]", "dòng 15", "điều kiện không hợp"),
        ("stars: {min: 3}", "star: {min: 3}", "dòng 15", "có phải “stars”?"),
        ("stars: {min: 3}", "name: [new]", "dòng 15", "chỉ đếm theo cột"),
        ("min: 1, max: 5", "min: 5, max: 1", "dòng 10", "min lớn hơn max"),
        ("stars: {min: 3}", "stars: {min: 3, max: 2}", "dòng 15", "min lớn hơn max"),
        ("result: [new]", "result: []", "dòng 15", "danh sách trống"),
        ("label_vi: Hạng", "label_vi: TÊN", "dòng 10", "tên cột “TÊN” trùng"),
        ("label_vi: Hạng", "label_vi: sold", "dòng 13", "tên cột “Đã bán” trùng"),
        ("label_vi: Cũ", "label_vi: mới", "dòng 12", "lựa chọn “mới” trùng"),
        ("key: sold", "key: key", "dòng 13", "đã dùng cho biểu nhập"),
        ("key: sold", "key: version", "dòng 13", "đã dùng cho biểu nhập"),
        ("key: sold", "key: step", "dòng 13", "đã dùng cho biểu nhập"),
        ("entry_vi", "entry", "dòng 4", "trường lạ “entry”"),
    ],
)
def test_fault_is_named_at_its_place_and_nothing_is_written(
    old: str, new: str, where: str, said: str
) -> None:
    found = refusals(import_registers, swap(FILE, (old, new)))

    assert any(where in place and said in message for place, message in found), found


def test_indicator_of_a_register_outside_the_file_is_not_taken() -> None:
    import_registers(FILE)

    with pytest.raises(DomainError, match="đã đếm từ sổ “san-pham”"):
        import_registers(swap(FILE, ("code: san-pham", "code: khac")))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("key: sold", "key: gone", "không bỏ được cột “sold”"),
        (", {code: old, label_vi: Cũ}", "", "không bỏ được lựa chọn"),
        ("identity: [name]", "identity: [result]", "không đổi được các cột nhận biết"),
        (
            "{code: new, label_vi: Mới}, {code: old, label_vi: Cũ}",
            "{code: new, label_vi: Cũ}, {code: old, label_vi: Mới}",
            "không chuyển được tên lựa chọn",
        ),
        ("kind: text, max_length: 20", "kind: yes_no", "không đổi được kiểu"),
    ],
)
def test_entries_go_on_meaning_the_same(places: Places, old: str, new: str, said: str) -> None:
    import_registers(FILE)
    changed = swap(FILE, (old, new))
    for name in ("identity: [name]", "sold: true"):
        changed = changed.replace(name, name.replace("[name]", "[]").replace("sold: true", ""))
    changed = changed.replace(", }", "}")
    book = RegisterBook.objects.create(
        register=Register.objects.get(), unit=places.first, counts_from=date(2024, 1, 1)
    )
    import_registers(FILE)  # a book without entries binds nobody
    RegisterEntry.objects.create(book=book, happened_on=date(2024, 1, 1), values={"name": "Chè"})

    with pytest.raises(DomainError, match=said):
        import_registers(changed)
    import_registers(swap(FILE, ("label_vi: Tên", "label_vi: Tên sản phẩm")))


def test_shipped_registers_count_what_the_catalogue_has(
    capsys: pytest.CaptureFixture[str],
) -> None:
    Indicator.objects.all().delete()
    for code in TierCode.values:
        builders.tier(code)
    for command, file in (
        ("import_units", "communes/data/units.csv"),
        ("import_groups", "communes/data/groups.yaml"),
        ("import_indicators", "indicators/data/indicators.yaml"),
        ("import_registers", "reports/data/registers.yaml"),
    ):
        call_command(command, str(shipped(file)))

    counted = {row.indicator.code: row for row in RegisterCount.objects.select_related("indicator")}

    assert "registers.yaml: thêm 2" in capsys.readouterr().out
    assert counted["ocop_products_ge_3_star"].rule.is_flow
    assert not counted["ocop_products_valid_ge_3_star"].rule.is_flow
    assert counted["ocop_products_valid_ge_3_star"].indicator.optional
    assert counted["temporary_houses_removed"].where == {"was_temporary": True}
    assert len(counted) == 9
