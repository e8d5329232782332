"""Annex layouts come from a file whole or not at all; the whole catalogue loads in one go."""

from __future__ import annotations

from collections import Counter
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from communes.models import GroupMember, UnitGroup
from plans.models import Plan
from reports.imports import formula_names, import_annexes
from reports.management.commands import load_catalogue
from reports.models import Annex
from tests import builders
from tests.importing import everything, fault_in, shipped, swap

pytestmark = pytest.mark.django_db

ANNEXES = """\
reference_line_vi: (Kèm theo {kind} số {number})
symbols: {not_reported: '…', zero: '0'}
paper: {size: A4, usable_width_mm: 257, size_pt: 10.5}
annexes:
- code: '01'
  number: '01'
  subject: poor_households
  title_vi: Hộ nghèo theo xã
  plan: bh-gn
  sections: [II.2]
  status: usable
  confidence: {subject: cited together with 02 and 03, number: assumed}
  unit_of_measure: 'ĐVT: hộ, %'
  orientation: landscape
  rows: {scope: communes_of_district, order: official, groups: [], total: top, total_label_vi: Tổng cộng}
  layouts:
  - variant: year
    columns:
    - {id: stt, heading_vi: STT, text: row_number, width: 8}
    - heading_vi: Đầu kỳ
      columns:
      - {id: total, heading_vi: Số hộ, indicator: households, measure: result, period: year, width: 20}
      - {id: open, heading_vi: Nghèo, terms: [[1, opening], [-1, escaped]], measure: result, period: year, width: 20}
    - {id: in, heading_vi: Nghèo, indicator: poor, measure: result, period: year, width: 20, caption: '=3'}
    - {id: share, heading_vi: '%', formula: 'max(in - open, 0) / total * 100', number_format: '0.00', width: 12.5}
  - variant: period
    columns:
    - {id: unit, heading_vi: Xã, text: unit_name, width: 30}
    - heading_vi: 'Năm {year}'
      for_each_year: [2021, 2022, 2023]
      columns:
      - {id: 'p_{year}', heading_vi: Nghèo, indicator: poor, measure: result, period: each_year, width: 20}
      - {id: 'd_{year}', heading_vi: Thêm, formula: 'p_{year} - p_2021', width: 20}
  notes_vi: [Ghi chú]
  signature: {left: {title_vi: LẬP BIỂU}, right: {place_date_vi: 'Bắc Hà, ngày …', lines_vi: [CHỦ TỊCH]}}
- code: bien-dong
  number: '2'
  title_vi: Diễn biến
  plan: null
  status: usable
  rows: {scope: units_below, lines: [{label_vi: Hộ, suffix: households}, {label_vi: Khẩu, suffix: persons}]}
  layouts:
  - variant: year
    numbering: letters_for_text
    columns:
    - {id: close, heading_vi: Nghèo, indicator: {households: poor, persons: relapsed}, measure: result, period: year, width: 20}
- code: '09'
  number: '09'
  title_vi: Kinh phí
  status: usable
  rows: {scope: indicators, unit: district, items: [{label_vi: Tổng, indicator: poor, style: total}]}
  layouts:
  - variant: period
    columns:
    - {id: need, heading_vi: Nhu cầu, indicator: $row, measure: plan, period: plan_period, width: 20}
- {code: '04', number: '04', title_vi: Chưa xác định, status: undefined}
"""  # noqa: E501 - the shape in which the source files write long rows


@pytest.fixture
def known(db: None) -> None:
    builders.catalogue()
    Plan.objects.create(
        code="bh-gn", kind="Kế hoạch", title="Giảm nghèo", issuer="UBND", level="district"
    )
    UnitGroup.objects.create(code="ten", name="Mười xã")


def test_an_annex_keeps_its_entry_with_what_all_annexes_share(known: None) -> None:
    assert str(import_annexes(ANNEXES)) == "thêm 4, sửa 0, giữ nguyên 0"
    annex = Annex.objects.get(code="01")
    assert (annex.number, annex.subject, annex.title) == (
        "01",
        "poor_households",
        "Hộ nghèo theo xã",
    )
    assert (annex.plan, annex.status, annex.order) == (Plan.objects.get(), "usable", 0)
    assert annex.definition["paper"] == {"size": "A4", "usable_width_mm": 257, "size_pt": 10.5}
    assert annex.definition["confidence"]["subject"] == "cited together with 02 and 03"
    first, *_, share = annex.definition["layouts"][0]["columns"]
    assert first == {"id": "stt", "heading_vi": "STT", "text": "row_number", "width": 8}
    assert share["width"] == 12.5
    assert [row.code for row in Annex.objects.all()] == ["01", "bien-dong", "09", "04"]
    assert Annex.objects.get(code="04").plan is None


def test_annexes_change_in_place_and_a_second_run_changes_nothing(known: None) -> None:
    import_annexes(ANNEXES)
    before = everything()
    assert str(import_annexes(ANNEXES)) == "thêm 0, sửa 0, giữ nguyên 4"
    assert everything() == before
    assert str(import_annexes(swap(ANNEXES, ("width: 12.5", "width: 13")))) == (
        "thêm 0, sửa 1, giữ nguyên 3"
    )


TOTAL = "indicator: households, measure: result, period: year, width: 20"


@pytest.mark.parametrize(
    ("old", "new", "field", "start", "words"),
    [
        ("plan: bh-gn", "plan: bh-g", "plan", "plan:", "có phải “bh-gn”?"),
        (
            TOTAL,
            TOTAL.replace("households", "household"),
            "layouts[1].columns[2].columns[1].indicator",
            "indicator:",
            "có phải “households”?",
        ),
        (
            TOTAL,
            "text: note, " + TOTAL,
            "layouts[1].columns[2].columns[1]",
            "{id: total",
            "có 2 nguồn số liệu",
        ),
        (
            TOTAL,
            "width: 20",
            "layouts[1].columns[2].columns[1]",
            "{id: total",
            "có 0 nguồn số liệu",
        ),
        (
            TOTAL,
            TOTAL.replace("measure: result, ", ""),
            "layouts[1].columns[2].columns[1]",
            "{id: total",
            "cần “measure”",
        ),
        (
            TOTAL,
            TOTAL.replace("measure: result", "measure: sum"),
            "layouts[1].columns[2].columns[1].measure",
            "measure:",
            "cần một trong: result, plan",
        ),
        (
            TOTAL,
            TOTAL.replace("period: year", "period: month"),
            "layouts[1].columns[2].columns[1].period",
            "period:",
            "cần một trong: year, opening",
        ),
        (
            TOTAL,
            TOTAL.replace("period: year", "period: each_year"),
            "layouts[1].columns[2].columns[1].period",
            "period:",
            "for_each_year",
        ),
        (
            TOTAL,
            TOTAL.replace(", width: 20", ""),
            "layouts[1].columns[2].columns[1]",
            "{id: total",
            "chưa có bề rộng",
        ),
        (
            TOTAL,
            TOTAL.replace("households", "$row"),
            "layouts[1].columns[2].columns[1].indicator",
            "indicator:",
            "$row chỉ dùng",
        ),
        (
            "[-1, escaped]",
            "[-1, escape]",
            "layouts[1].columns[2].columns[2].terms[2][2]",
            "escape]",
            "có phải “escaped”?",
        ),
        (
            "id: open,",
            "id: total,",
            "layouts[1].columns[2].columns[2].id",
            "id: total",
            "“total” lặp lại",
        ),
        (
            "id: open,",
            "id: mở đầu,",
            "layouts[1].columns[2].columns[2].id",
            "id: mở đầu",
            "không hợp lệ",
        ),
        (
            "in - open",
            "in - opened",
            "layouts[1].columns[4].formula",
            "formula:",
            "có phải “open”?",
        ),
        (
            "in - open",
            "share - open",
            "layouts[1].columns[4].formula",
            "formula:",
            "không có cột “share”",
        ),
        ("in - open", "in -", "layouts[1].columns[4].formula", "formula:", "không đúng"),
        ("in - open", "in ** open", "layouts[1].columns[4].formula", "formula:", "không được phép"),
        (
            "p_{year} - p_2021",
            "p_{year} - p_2024",
            "layouts[2].columns[2].columns[2].formula",
            "formula:",
            "“p_2024”",
        ),
        ("id: 'p_{year}'", "id: p", "layouts[2].columns[2].columns[1].id", "id: p", "“p” lặp lại"),
        ("width: 30", "width: 140", "layouts[2].columns", "columns:", "260 mm, tối đa 257 mm"),
        (
            "variant: period",
            "variant: year",
            "layouts[2].variant",
            "variant: year",
            "“year” lặp lại",
        ),
        (
            "persons: relapsed",
            "people: relapsed",
            "layouts[1].columns[1].indicator",
            "indicator:",
            "cần đúng các dòng của rows.lines: households, persons",
        ),
        ("scope: communes_of_district", "scope: group", "rows.group", "rows:", "đi cùng “group”"),
        (
            "rows: {scope: communes_of_district",
            "rows: {scope: group, group: eleven",
            "rows.group",
            "group: eleven",
            "“eleven”",
        ),
        (
            "indicator: poor, style",
            "indicator: poo, style",
            "rows.items[1].indicator",
            "indicator: poo,",
            "có phải “poor”?",
        ),
        ("unit: district", "unit: county", "rows.unit", "unit: county", "không có cấp “county”"),
        ("status: undefined", "status: usable", "status", "status:", "cần “rows” và “layouts”"),
        (
            "    - heading_vi: Đầu kỳ",
            "    - id: start\n      heading_vi: Đầu kỳ",
            "layouts[1].columns[2].id",
            "id: start",
            "nhóm cột không có “id”",
        ),
        (
            "  status: usable\n  confidence",
            "  requires_group: elven\n  status: usable\n  confidence",
            "requires_group",
            "requires_group:",
            "“elven”",
        ),
        ("code: bien-dong", "code: '01'", "code", "code: '01'", "“01” đã có ở văn bản, dòng 5"),
        ("paper:", "papper:", "", "papper:", "có phải “paper”?"),
    ],
)
def test_a_bad_annex_is_refused_at_its_field(
    known: None, old: str, new: str, field: str, start: str, words: str
) -> None:
    there, message = fault_in(import_annexes, swap(ANNEXES, (old, new)), field)
    assert there.startswith(start)
    assert words in message


@pytest.mark.parametrize(
    ("formula", "names"),
    [
        ("(bal - open) / open * 100", {"bal", "open"}),
        ("max(plan - rate, 0)", {"plan", "rate"}),
        ("in + 1.5e3 - -out", {"in", "out"}),
    ],
)
def test_a_formula_reads_the_columns_it_names(formula: str, names: set[str]) -> None:
    assert formula_names(formula) == names


@pytest.mark.parametrize(
    "formula",
    ["", "a.b", "min(a, b)", "max(a, key=b)", "a if b else c", "'a'", "a[0]", "1j", "a b"],
)
def test_a_formula_is_only_arithmetic(formula: str) -> None:
    with pytest.raises(ValueError, match="công thức"):
        formula_names(formula)


# -- everything at once ----------------------------------------------------------------------


def load(settings: Any, *, demo: bool) -> list[str]:
    settings.DEMO_MODE = demo
    out = StringIO()
    call_command("load_catalogue", stdout=out)
    return out.getvalue().splitlines()


def test_the_catalogue_loads_and_a_second_run_changes_nothing(settings: Any) -> None:
    lines = load(settings, demo=False)
    assert [line.split(":")[0] for line in lines] == [name for name, _ in load_catalogue.SHIPPED]
    assert lines[0] == "communes/data/units.csv: thêm 271, sửa 0, giữ nguyên 0"
    assert lines[-2:] == [
        "reports/data/annexes.yaml: thêm 14, sửa 0, giữ nguyên 0",
        "reports/data/registers.yaml: thêm 2, sửa 0, giữ nguyên 0",
    ]
    assert Counter(Annex.objects.values_list("status", flat=True)) == {"usable": 13, "undefined": 1}
    assert not GroupMember.objects.filter(source="sample").exists()

    before = everything()
    load(settings, demo=False)
    assert everything() == before


def test_sample_members_are_loaded_for_a_demonstration_only(settings: Any) -> None:
    lines = load(settings, demo=True)
    assert lines[-1] == "communes/data/demo_groups.yaml: thêm 14, sửa 1, giữ nguyên 0"
    for code in ("the_10_communes", "communes_ge_40pct"):
        group = UnitGroup.objects.get(code=code)
        assert (group.is_complete, group.has_sample_members) == (True, True)
    before = everything()
    load(settings, demo=True)
    assert everything() == before


def test_a_bad_file_leaves_the_whole_catalogue_unloaded(
    settings: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    bad = tmp_path / "rules.yaml"
    bad.write_text(
        swap(shipped("indicators/data/rules.yaml").read_text(), ("   terms: [[", "   term: [["))
    )
    files = [
        (str(bad) if name.endswith("rules.yaml") else name, read)
        for name, read in load_catalogue.SHIPPED
    ]
    monkeypatch.setattr(load_catalogue, "SHIPPED", files)
    before = everything()
    with pytest.raises(CommandError, match=r"rules\.yaml, dòng \d+, cột \d+, trường term"):
        load(settings, demo=False)
    assert everything() == before


def test_a_changed_layout_keeps_its_earlier_version(known: None) -> None:
    import_annexes(ANNEXES)
    import_annexes(ANNEXES)
    import_annexes(swap(ANNEXES, ("width: 12.5", "width: 13")))

    versions = Annex.objects.get(code="01").history.order_by("history_id")
    widths = [row.definition["layouts"][0]["columns"][-1]["width"] for row in versions]
    assert widths == [12.5, 13]
    assert Annex.objects.get(code="04").history.count() == 1
