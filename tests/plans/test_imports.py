"""Documents and the figures they state come from files whole or not at all."""

from __future__ import annotations

from collections import Counter
from datetime import date
from decimal import Decimal
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command

from communes.imports import import_groups, import_units
from communes.models import Unit, UnitGroup
from indicators.imports import import_indicators
from indicators.models import IndicatorAlias
from plans.imports import import_plans, import_targets
from plans.models import LinkedDocument, Plan, Responsibility, Target
from tests import builders
from tests.importing import everything, fault_in, shipped, swap

pytestmark = pytest.mark.django_db

UNITS = """\
code,name,tier,parent_code,valid_from,valid_to
10,Tỉnh Lào Cai,province,,,2025-06-30
15,Tỉnh Lào Cai,province,,2025-07-01,
38,Tỉnh Thanh Hóa,province,,,
44,Tỉnh Quảng Bình,province,,,2025-06-30
44,Tỉnh Quảng Trị,province,,2025-07-01,
085,Huyện Bắc Hà,district,10,,2025-06-30
02863,Xã Hoàng Thu Phố,commune,085,,2025-06-30
380,Huyện Quảng Xương,district,38,,
19870,Xã Quảng Thái,commune,085,,2025-06-30
16558,Xã Quảng Thái,commune,380,,
"""
PLANS = """\
documents:
- id: bh-gn
  kind: Kế hoạch
  number: null
  title_en: Sustainable poverty reduction in Bắc Hà district
  issuer: UBND huyện Bắc Hà
  level: district
  date: 2021-02
  period: [2021, 2025]
  parent: lc-kh53
  parent_status: stated
  also_implements: [lc-da10]
  scope: the_10_communes
  annexes_cited: ['01', '7a']
  signature_block: TM. ỦY BAN NHÂN DÂN / full name
  status: seed
  seed_file: 001.txt
  notes: Number and day are blank.
- id: lc-kh53
  kind: Kế hoạch
  number: 53/KH-UBND
  title_vi: Thực hiện Đề án giảm nghèo
  title_en: Carrying out the scheme
  issuer: UBND tỉnh Lào Cai
  level: province
  unit_code: '10'
  date: 2021-02-08
  period: [2021, 2025]
  parent: null
  status: cited
- id: lc-da10
  kind: Đề án
  number: 10-ĐA/TU
  title_en: Scheme
  issuer: Tỉnh ủy Lào Cai
  level: province_party
  date: null
  period: null
  parent: null
  status: cited
linked_documents:
- {number: 01-ĐA/TU, issuer: Tỉnh ủy, date: 2020-12-11, period: [2020, 2025], subject_en: agriculture, forestry, resettlement, cited_by: [bh-gn]}
responsibilities:
- {plan: bh-gn, section: VI.1, agency: Các cơ quan, đơn vị liên quan, code: other_agencies, role: support, themes: [], duty_en: health goals, latrines, nutrition}
- {plan: bh-gn, section: VI.2, agency: Phòng Y tế, code: health_office, role: lead, themes: [health], duty_vi: Y tế}
"""  # noqa: E501 - the shape in which the source files write long rows
TARGETS = """\
documents:
  bh-gn: 001.txt
figures:
- id: bh-rate
  document: bh-gn
  section: II.2
  admin_unit: Huyện Bắc Hà (Lào Cai)
  scope: the_10_communes
  theme: poverty
  indicator: poverty_rate
  label_vi: Tỷ lệ hộ nghèo
  label_en: Poverty rate
  kind: level
  comparator: <=
  value: 10.77
  unit: '%'
  period_start: 2025
  period_end: 2025
  annex: ['01']
  direction: lower_is_better
  notes: By the end.
- id: bh-workers
  document: bh-gn
  section: III.1
  admin_unit: Xã Quảng Thái (Quảng Xương, Thanh Hóa)
  scope: each_commune
  theme: employment
  indicator: poor
  label_vi: Số người
  kind: result
  result_shape: level
  comparator: range
  value_min: 20
  value_max: 30
  unit: người
  period_start: 2021
  period_end: 2025
  annex: []
  direction: higher_is_better
  notes: ''
other_numbers:
- {document: bh-gn, section: II, figures: '12 + 7', meaning: classes}
"""
SCOPES = """\
scopes:
- {code: the_10_communes, label_vi: 10 xã, group: the_10_communes, each_unit: false}
- {code: each_commune, label_vi: Mỗi xã, group: null, each_unit: true, applies_to: communes}
"""


@pytest.fixture
def catalogue() -> builders.Catalogue:
    import_units(UNITS)
    UnitGroup.objects.create(code="the_10_communes", name="10 xã")
    made = builders.catalogue()
    IndicatorAlias.objects.create(alias="poverty_rate", indicator=made.rate)
    return made


@pytest.fixture
def plans(catalogue: builders.Catalogue) -> None:
    import_plans(PLANS)


def unit_of(target: str) -> tuple[str, str]:
    found = Target.objects.get(code=target).unit
    return found.code, found.name


# -- documents -------------------------------------------------------------------------------


def test_shipped_plans_and_figures_load_and_a_second_run_changes_nothing() -> None:
    import_units(shipped("communes/data/units.csv"))
    import_groups(shipped("communes/data/groups.yaml"))
    import_indicators(shipped("indicators/data/indicators.yaml"))
    import_plans(shipped("plans/data/plans.yaml"))
    assert import_targets(shipped("plans/data/targets.yaml")).created == 128
    assert Target.objects.promises().count() == 113
    assert Target.objects.stated_results().count() == 15
    assert (Plan.objects.count(), LinkedDocument.objects.count()) == (11, 12)
    assert Responsibility.objects.count() == 14
    places = Counter(Target.objects.values_list("unit__name", flat=True))
    assert places == {
        "Huyện Bắc Hà": 70,
        "Tỉnh Quảng Bình": 17,
        "Tỉnh Lào Cai": 13,
        "Xã Quảng Thái": 10,
        "Xã Hoàng Thu Phố": 9,
        "Xã Pa Cheo": 8,
        "Xã La Pan Tẩn": 1,
    }

    before = everything()
    import_plans(shipped("plans/data/plans.yaml"))
    import_targets(shipped("plans/data/targets.yaml"))
    assert everything() == before


def test_a_document_keeps_its_blanks_and_its_place_in_the_chain(plans: None) -> None:
    plan = Plan.objects.get(code="bh-gn")
    assert (plan.number, plan.issued_on, plan.unit, plan.order) == ("", "2021-02", None, 0)
    assert plan.parent == Plan.objects.get(code="lc-kh53")
    assert [row.code for row in plan.also_implements.all()] == ["lc-da10"]
    assert plan.title == plan.title_en == "Sustainable poverty reduction in Bắc Hà district"
    assert plan.group == UnitGroup.objects.get(code="the_10_communes")
    parent = Plan.objects.get(code="lc-kh53")
    assert (parent.title, parent.issued_on) == ("Thực hiện Đề án giảm nghèo", "2021-02-08")
    assert parent.unit == Unit.objects.named("10", on=date(2021, 12, 31))
    assert (parent.year_from, parent.year_to) == (2021, 2025)


def test_commas_in_unquoted_text_stay_text(plans: None) -> None:
    assert LinkedDocument.objects.get().subject == "agriculture, forestry, resettlement"
    first, second = Responsibility.objects.all()
    assert first.agency == "Các cơ quan, đơn vị liên quan"
    assert first.duty == "health goals, latrines, nutrition"
    assert second.duty == "Y tế"


def test_documents_change_in_place_and_keep_a_unit_the_file_leaves_out(plans: None) -> None:
    text = swap(PLANS, ("  unit_code: '10'\n", ""), ("53/KH-UBND", "54/KH-UBND"))
    done = import_plans(text)
    assert str(done.documents) == "thêm 0, sửa 1, giữ nguyên 2"
    plan = Plan.objects.get(code="lc-kh53")
    assert plan.number == "54/KH-UBND"
    assert plan.unit is not None


def test_responsibilities_of_a_plan_are_replaced_as_a_whole(plans: None) -> None:
    kept = [line for line in PLANS.splitlines(keepends=True) if "VI.2" not in line]
    done = import_plans("".join(kept))
    assert str(done.responsibilities) == "thêm 0, sửa 1, giữ nguyên 0"
    assert [row.section for row in Responsibility.objects.all()] == ["VI.1"]


@pytest.mark.parametrize(
    ("old", "new", "field", "start", "words"),
    [
        ("parent: lc-kh53", "parent: lc-kh54", "parent", "parent:", "có phải “lc-kh53”?"),
        ("parent: lc-kh53", "parent: bh-gn", "parent", "parent:", "cấp trên của chính nó"),
        ("  parent_status: stated\n", "", "parent", "parent:", "cần parent_status"),
        ("also_implements: [lc-da10]", "also_implements: [x]", "also_implements[1]", "x]", "“x”"),
        (
            "unit_code: '10'",
            "unit_code: '99'",
            "unit_code",
            "unit_code:",
            "không có đơn vị mã “99”",
        ),
        ("unit_code: '10'", "unit_code: '15'", "unit_code", "unit_code:", "ngày 01/01/2021"),
        ("date: 2021-02-08", "date: 8/2/2021", "date", "date:", "không phải ngày ban hành"),
        ("date: 2021-02\n", "date: 2021-13\n", "date", "date:", "không phải ngày ban hành"),
        ("period: [2021, 2025]", "period: [2025, 2021]", "period", "period:", "sau năm cuối"),
        ("period: [2021, 2025]", "period: [2021]", "period", "period:", "cần ít nhất 2"),
        ("status: seed", "status: known", "status", "status:", "cần một trong: seed, cited, found"),
        ("id: lc-da10", "id: lc-kh53", "id", "id:", "“lc-kh53” đã có ở văn bản, dòng 19"),
        ("cited_by: [bh-gn]", "cited_by: [bh]", "cited_by[1]", "bh]", "không có văn bản “bh”"),
        ("{plan: bh-gn, section: VI.2", "{plan: bh, section: VI.2", "plan", "plan: bh,", "“bh”"),
        ("role: lead", "role: leader", "role", "role:", "cần một trong: lead, support"),
        ("issuer: Tỉnh ủy Lào Cai", "issuer: ", "issuer", "issuer:", "giá trị trống"),
        ("title_en: Scheme", "title_en: ''", "title_vi", "id: lc-da10", "chưa có trích yếu"),
        ("level: district", "lavel: district", "lavel", "lavel:", "có phải “level”?"),
    ],
)
def test_a_bad_document_is_refused_at_its_field(
    catalogue: builders.Catalogue, old: str, new: str, field: str, start: str, words: str
) -> None:
    there, message = fault_in(import_plans, swap(PLANS, (old, new)), field)
    assert there.startswith(start)
    assert words in message


# -- figures ---------------------------------------------------------------------------------


def test_a_figure_keeps_what_the_document_says(plans: None, catalogue: builders.Catalogue) -> None:
    assert str(import_targets(TARGETS)) == "thêm 2, sửa 0, giữ nguyên 0"
    rate = Target.objects.get(code="bh-rate")
    assert rate.indicator == catalogue.rate
    assert (rate.value, rate.value_min, rate.comparator) == (Decimal("10.77"), None, "<=")
    assert (rate.year_from, rate.year_to, rate.annexes) == (2025, 2025, ["01"])
    assert (rate.note, rate.note_en, rate.order) == ("By the end.", "By the end.", 0)
    workers = Target.objects.get(code="bh-workers")
    assert (workers.value, workers.value_min, workers.value_max) == (None, 20, 30)
    assert (workers.kind, workers.result_shape) == ("result", "level")


def test_a_name_means_the_unit_below_the_places_in_parentheses(plans: None) -> None:
    import_targets(TARGETS)
    assert unit_of("bh-rate") == ("085", "Huyện Bắc Hà")
    assert unit_of("bh-workers") == ("16558", "Xã Quảng Thái")
    import_targets(swap(TARGETS, ("(Quảng Xương, Thanh Hóa)", "(Bắc Hà, Lào Cai)")))
    assert unit_of("bh-workers") == ("19870", "Xã Quảng Thái")


def test_a_code_means_the_unit_of_the_last_day_of_the_first_year(plans: None) -> None:
    district = "admin_unit: Huyện Bắc Hà (Lào Cai)"
    import_targets(swap(TARGETS, (district, "unit_code: '085'")))
    assert unit_of("bh-rate") == ("085", "Huyện Bắc Hà")  # closed in June, so the first day
    import_targets(swap(TARGETS, (district, "unit_code: '44'")))
    assert unit_of("bh-rate") == ("44", "Tỉnh Quảng Trị")


def test_scopes_are_put_in_words_and_tied_to_their_group(plans: None) -> None:
    import_targets(SCOPES + TARGETS)
    rate = Target.objects.get(code="bh-rate")
    assert (rate.scope, rate.scope_label, rate.each_unit) == ("the_10_communes", "10 xã", False)
    assert rate.group == UnitGroup.objects.get(code="the_10_communes")
    workers = Target.objects.get(code="bh-workers")
    assert (workers.scope_label, workers.group, workers.each_unit) == ("Mỗi xã", None, True)


def test_scopes_a_file_does_not_explain_keep_their_stored_words(plans: None) -> None:
    import_targets(TARGETS)
    assert Target.objects.get(code="bh-workers").scope_label == "each_commune"
    assert Target.objects.get(code="bh-rate").group is not None
    import_targets(SCOPES + TARGETS)
    before = everything()
    import_targets(TARGETS)
    assert everything() == before


def test_what_is_in_doubt_is_kept_beside_the_figure(plans: None) -> None:
    more = "assumed: true\n  caveat_vi: Cần xác nhận\n  blocker_vi: Thiếu danh sách\n  notes:"
    import_targets(swap(TARGETS, ("notes:", more)))
    rate = Target.objects.get(code="bh-rate")
    assert (rate.assumed, rate.caveat, rate.blocker) == (True, "Cần xác nhận", "Thiếu danh sách")


@pytest.mark.parametrize(
    ("old", "new", "field", "start", "words"),
    [
        ("document: bh-gn\n", "document: bh-g\n", "document", "document:", "có phải “bh-gn”?"),
        (
            "indicator: poverty_rate",
            "indicator: povery_rate",
            "indicator",
            "indicator:",
            "“poverty_rate”?",
        ),
        (
            "Huyện Bắc Hà (Lào Cai)",
            "Huyện Bắc Hà (Yên Bái)",
            "admin_unit",
            "admin_unit:",
            "không có đơn vị",
        ),
        (
            "Xã Quảng Thái (Quảng Xương, Thanh Hóa)",
            "Xã Quảng Thái",
            "admin_unit",
            "admin_unit:",
            "mã 16558, 19870",
        ),
        (
            "admin_unit: Huyện Bắc Hà (Lào Cai)",
            "unit_code: '99'",
            "unit_code",
            "unit_code:",
            "mã “99”",
        ),
        ("value: 10.77", "value: many", "value", "value:", "cần một số"),
        ("  value: 10.77\n", "", "value", "id: bh-rate", "cần “value”; bổ sung"),
        ("value_min: 20", "value_min: 40", "value_min", "value_min:", "lớn hơn value_max"),
        ("comparator: range", "comparator: =", "value_min", "value_min:", "không dùng “value_min”"),
        (
            "comparator: <=",
            "comparator: =<",
            "comparator",
            "comparator:",
            "cần một trong: >=, >, <=, <, =, ~, range",
        ),
        ("kind: level", "kind: levels", "kind", "kind:", "cần một trong: level"),
        ("  result_shape: level\n", "", "result_shape", "id: bh-workers", "đi cùng kind: result"),
        (
            "period_start: 2025",
            "period_start: 2026",
            "period_start",
            "period_start:",
            "sau period_end",
        ),
        (
            "period_start: 2025",
            "period_start: '2025'",
            "period_start",
            "period_start:",
            "cần số nguyên",
        ),
        ("id: bh-workers", "id: bh-rate", "id", "id:", "“bh-rate” đã có ở văn bản"),
        (
            "scope: each_commune",
            "scope: each_communes",
            "scope",
            "scope:",
            "có phải “each_commune”?",
        ),
        ("group: the_10_communes", "group: ten", "group", "group:", "không có nhóm đơn vị “ten”"),
        ("other_numbers:", "other_number:", "", "other_number:", "có phải “other_numbers”?"),
    ],
)
def test_a_bad_figure_is_refused_at_its_field(
    plans: None, old: str, new: str, field: str, start: str, words: str
) -> None:
    there, message = fault_in(import_targets, swap(SCOPES + TARGETS, (old, new)), field)
    assert there.startswith(start)
    assert words in message


# -- commands --------------------------------------------------------------------------------


def test_import_commands_say_what_they_did(catalogue: builders.Catalogue, tmp_path: Path) -> None:
    def said(command: str, text: str) -> str:
        out, path = StringIO(), tmp_path / f"{command}.yaml"
        path.write_text(text)
        call_command(command, path, stdout=out)
        return out.getvalue()

    assert said("import_plans", PLANS) == (
        "import_plans.yaml: văn bản: thêm 3, sửa 0, giữ nguyên 0; "
        "văn bản liên quan: thêm 1, sửa 0, giữ nguyên 0; "
        "kế hoạch có phân công: thêm 1, sửa 0, giữ nguyên 0\n"
    )
    assert said("import_targets", TARGETS) == (
        "import_targets.yaml: thêm 2, sửa 0, giữ nguyên 0 chỉ tiêu\n"
    )
