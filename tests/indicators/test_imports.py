"""The catalogue, the rules and results come from files whole or not at all."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from communes.models import UnitGroup
from indicators.imports import import_indicators, import_results, import_rules
from indicators.models import (
    Indicator,
    IndicatorAlias,
    Result,
    Rollup,
    SeriesBreak,
    Theme,
    ValidationRule,
)
from tests import builders
from tests.importing import assert_refused, everything, fault_in, shipped, swap
from tests.rolled import part_of

pytestmark = pytest.mark.django_db

INPUT = (
    "theme: review, kind: input, value_type: count, unit: hộ, decimals: 0, aggregation: sum,\n"
    "   direction: none, stock_or_flow: stock, cadence: year, entered_at: commune,\n"
    "   applies_to: communes_and_townships, hard_min: 0"
)
RATE = (
    "theme: review, value_type: decimal, unit: '%', decimals: 2, direction: lower_is_better,\n"
    "   stock_or_flow: stock, cadence: year, applies_to: communes_and_townships, scale: 100"
)
CATALOGUE = f"""\
themes:
- {{code: review, name_vi: Rà soát, covers: [poverty]}}
series_breaks:
- {{code: standard, first_periods: [2022, 2027], note_vi: Chuẩn mới}}
unit_groups:
- {{code: ten, name_vi: Mười xã, members: incomplete, note: as far as known}}
indicators:
- {{code: households, name_vi: Tổng số hộ,
   {INPUT}, opening_indicator: opening}}
- {{code: opening, name_vi: Tổng số hộ đầu kỳ,
   {INPUT}, prefill: {{indicator: households, period_offset: -1, locked: true}}}}
- {{code: poor, name_vi: Hộ nghèo, of_which: households, series_breaks: [standard],
   {INPUT}, soft: {{change_pct: 10.5, max: 50}}, note: Poor households, note_vi: Hộ nghèo cuối kỳ}}
- {{code: near, name_vi: Hộ cận nghèo, group: ten, optional: true,
   {INPUT}}}
- {{code: both, name_vi: Hộ nghèo và cận nghèo,
   {INPUT}, prefill: {{sum_of: [poor, near], locked: false}}}}
- {{code: income, name_vi: Thu nhập, weight: households,
   {INPUT.replace("aggregation: sum", "aggregation: weighted_mean")}}}
- {{code: rate, name_vi: Tỷ lệ nghèo đa chiều, kind: ratio,
   numerator: [poor, near], denominator: households,
   {RATE}}}
- {{code: low, name_vi: Tỷ lệ xã dưới 5%, kind: share_of_units, counted: commune, count_unit: xã,
   condition: {{indicator: rate, comparator: <, value: 5}},
   {RATE}}}
aliases:
- {{alias: multidimensional, use: rate, reason: older name}}
splits:
- {{figure: x, note: for people}}
"""


def terms(code: str) -> list[tuple[str, str]]:
    rows = Indicator.objects.get(code=code).terms.order_by("role", "order")
    return [(row.role, row.input.code) for row in rows]


# -- catalogue -------------------------------------------------------------------------------


def test_shipped_catalogue_has_its_kinds_and_a_second_run_changes_nothing() -> None:
    import_indicators(shipped("indicators/data/indicators.yaml"))
    assert import_rules(shipped("indicators/data/rules.yaml")).created == 189
    kinds = Counter(Indicator.objects.values_list("kind", flat=True))
    assert kinds == {"input": 194, "ratio": 50, "share_of_units": 14}
    assert (Theme.objects.count(), SeriesBreak.objects.count()) == (15, 2)
    assert (UnitGroup.objects.count(), IndicatorAlias.objects.count()) == (4, 12)
    assert Indicator.history.count() == 258
    assert Theme.objects.filter(household_review=True).count() == 1

    before = everything()
    done = import_indicators(shipped("indicators/data/indicators.yaml"))
    assert str(done.indicators) == "thêm 0, sửa 0, giữ nguyên 258"
    import_rules(shipped("indicators/data/rules.yaml"))
    assert everything() == before


def test_an_input_keeps_everything_its_row_says() -> None:
    import_indicators(CATALOGUE)
    poor = Indicator.objects.get(code="poor")
    assert poor.soft_limits == {"change_pct": 10.5, "max": 50}
    assert (poor.note, poor.note_en) == ("Hộ nghèo cuối kỳ", "Poor households")
    assert (poor.hard_min, poor.hard_max, poor.order) == (Decimal(0), None, 2)
    assert poor.of_which == Indicator.objects.get(code="households")
    assert [row.code for row in poor.series_breaks.all()] == ["standard"]
    assert poor.entered_at is not None
    assert poor.entered_at.code == "commune"


def test_terms_are_kept_by_what_they_are_for() -> None:
    import_indicators(CATALOGUE)
    assert terms("rate") == [
        ("denominator", "households"),
        ("numerator", "poor"),
        ("numerator", "near"),
    ]
    assert terms("both") == [("prefill", "poor"), ("prefill", "near")]
    opening = Indicator.objects.get(code="opening")
    assert terms("opening") == [("prefill", "households")]
    assert (opening.prefill_offset, opening.prefill_locked) == (-1, True)
    low = Indicator.objects.get(code="low")
    assert low.condition_indicator == Indicator.objects.get(code="rate")
    assert (low.condition_comparator, low.condition_value) == ("<", Decimal(5))


def test_a_note_in_vietnamese_is_not_needed() -> None:
    import_indicators(swap(CATALOGUE, (", note_vi: Hộ nghèo cuối kỳ", "")))
    assert Indicator.objects.get(code="poor").note == "Poor households"


def test_a_theme_that_says_nothing_of_the_review_keeps_what_is_stored() -> None:
    import_indicators(swap(CATALOGUE, ("covers: [poverty]", "household_review: true")))
    import_indicators(CATALOGUE)
    assert Theme.objects.get().household_review


def test_a_group_that_exists_is_left_as_it_is() -> None:
    UnitGroup.objects.create(code="ten", name="Mười xã theo KH 239", expected_size=10)
    done = import_indicators(CATALOGUE)
    assert (done.groups.created, done.groups.unchanged) == (0, 1)
    assert UnitGroup.objects.get().name == "Mười xã theo KH 239"


def test_history_has_one_row_for_what_changed_and_none_for_what_did_not() -> None:
    import_indicators(CATALOGUE)
    done = import_indicators(
        swap(
            CATALOGUE,
            ("series_breaks: [standard]", "series_breaks: []"),
            ("numerator: [poor, near]", "numerator: poor"),
            ("name_vi: Thu nhập", "name_vi: Thu nhập bình quân"),
        )
    )
    assert str(done.indicators) == "thêm 0, sửa 3, giữ nguyên 5"
    kinds = dict.fromkeys(Indicator.objects.values_list("code", flat=True), "")
    for row in Indicator.history.order_by("history_id"):
        kinds[row.code] += row.history_type
    assert kinds == {
        "households": "+", "opening": "+", "near": "+", "both": "+", "low": "+",
        "poor": "+~", "rate": "+~", "income": "+~",
    }  # fmt: skip
    first, last = Indicator.history.filter(code="poor").order_by("history_id")
    assert (first.series_breaks.count(), last.series_breaks.count()) == (1, 0)
    assert last.history_change_reason == "Nhập từ văn bản"


POOR = "of_which: households, series_breaks: [standard]"


@pytest.mark.parametrize(
    ("old", "new", "field", "start", "words"),
    [
        (
            "theme: review, kind: input",
            "theme: reviev, kind: input",
            "theme",
            "theme:",
            "không có lĩnh vực “reviev”; có phải “review”?",
        ),
        (
            POOR,
            "of_which: house, series_breaks: [standard]",
            "of_which",
            "of_which:",
            "không có chỉ số “house”",
        ),
        (POOR, "of_which: rate", "of_which", "of_which:", "không phải chỉ số nhập trực tiếp"),
        (POOR, "of_which: poor", "of_which", "of_which:", "đi vòng về chính nó"),
        (
            POOR,
            "series_breaks: [norm]",
            "series_breaks[1]",
            "norm",
            "không có mốc đứt chuỗi “norm”",
        ),
        ("group: ten", "group: eleven", "group", "group:", "không có nhóm đơn vị “eleven”"),
        ("weight: households,", "", "weight", "{code: income", "cần “weight”"),
        (
            "opening_indicator: opening",
            "opening_indicator: openning",
            "opening_indicator",
            "opening_indicator:",
            "có phải “opening”?",
        ),
        (
            "numerator: [poor, near]",
            "numerator: [poor, rate]",
            "numerator[2]",
            "rate",
            "không phải chỉ số nhập trực tiếp",
        ),
        ("numerator: [poor, near]", "numerator: []", "numerator", "numerator:", "cần ít nhất 1"),
        (
            "numerator: [poor, near], ",
            "",
            "numerator",
            "{code: rate",
            "chỉ số loại ratio cần “numerator”",
        ),
        (
            "kind: ratio,",
            "kind: ratio, aggregation: sum,",
            "aggregation",
            "aggregation:",
            "chỉ số loại ratio không có “aggregation”",
        ),
        (
            "{indicator: rate, comp",
            "{indicator: low, comp",
            "condition.indicator",
            "indicator:",
            "không dựa trên tỷ lệ đơn vị",
        ),
        (
            "comparator: <",
            "comparator: <>",
            "condition.comparator",
            "comparator:",
            "cần một trong: >=, >, <=, <, =",
        ),
        (
            "sum_of: [poor, near]",
            "sum_of: [poor, both]",
            "prefill",
            "prefill:",
            "đi vòng về chính nó",
        ),
        (
            "sum_of: [poor, near]",
            "indicator: poor, sum_of: [near]",
            "prefill",
            "prefill:",
            "đúng một trong hai",
        ),
        ("change_pct: 10.5", "change: 10.5", "soft.change", "change:", "trường lạ “change”"),
        ("decimals: 2", "decimals: 7", "decimals", "decimals:", "cần không quá 6"),
        ("code: near,", "code: poor,", "code", "code:", "“poor” đã có ở văn bản, dòng 16"),
        ("alias: multidimensional", "alias: poor", "alias", "alias:", "trùng mã một chỉ số"),
        ("use: rate", "use: rates", "use", "use:", "có phải “rate”?"),
        (
            "first_periods: [2022, 2027]",
            "first_periods: [2022H1]",
            "first_periods[1]",
            "2022H1",
            "cần số nguyên",
        ),
        ("splits:", "split:", "", "split:", "phần lạ “split”; có phải “splits”?"),
        ("hard_min: 0", "hard_min: 5, hard_max: 4", "hard_min", "hard_min:", "lớn hơn hard_max"),
    ],
)
def test_a_bad_indicator_is_refused_at_its_field(
    old: str, new: str, field: str, start: str, words: str
) -> None:
    there, message = fault_in(import_indicators, swap(CATALOGUE, (old, new)), field)
    assert there.startswith(start)
    assert words in message


def test_an_input_that_a_stored_ratio_uses_stays_an_input() -> None:
    import_indicators(CATALOGUE)
    text = swap(
        CATALOGUE[: CATALOGUE.index("- {code: opening")],
        (INPUT + ", opening_indicator: opening", RATE),
        ("name_vi: Tổng số hộ,", "name_vi: Tổng, kind: ratio, numerator: poor, denominator: near,"),
    )
    there, message = fault_in(import_indicators, text, "kind")
    assert there.startswith("kind: ratio")
    assert "phải giữ loại input" in message


# -- rules -----------------------------------------------------------------------------------

RULES = """\
rules:
- {id: within, name_vi: Hộ nghèo không vượt tổng số hộ, severity: error,
   message_vi: 'Có {poor} hộ nghèo trên {households} hộ, hơn {gap}.',
   terms: [[1, poor, 0], [-1, households, 0]], comparator: <=, constant: 0, tolerance: 0.5,
   tiers: [commune, district], measures: [plan, result], solve_for: poor}
- {id: joins, name_vi: Đầu kỳ bằng cuối kỳ trước, severity: warning,
   message_vi: 'Đầu kỳ {opening}, năm trước {households_prev}.',
   terms: [[1, opening, 0], [-1, households, -1]], comparator: '=',
   tiers: [commune], measures: [result], skip_at_breaks: [standard], applies_to: communes}
"""


def test_a_rule_keeps_its_terms_and_where_it_runs() -> None:
    import_indicators(CATALOGUE)
    assert str(import_rules(RULES)) == "thêm 2, sửa 0, giữ nguyên 0"
    rule = ValidationRule.objects.get(code="within")
    assert [(row.coefficient, row.indicator.code, row.offset) for row in rule.terms.all()] == [
        (Decimal(1), "poor", 0),
        (Decimal(-1), "households", 0),
    ]
    assert (rule.tolerance, rule.measures) == (Decimal("0.5"), ["plan", "result"])
    assert sorted(tier.code for tier in rule.tiers.all()) == ["commune", "district"]
    assert rule.solve_for == Indicator.objects.get(code="poor")
    joins = ValidationRule.objects.get(code="joins")
    assert [row.code for row in joins.skip_at_breaks.all()] == ["standard"]


def test_a_rule_is_changed_in_place_and_stays_switched_off() -> None:
    import_indicators(CATALOGUE)
    import_rules(RULES)
    ValidationRule.objects.filter(code="within").update(is_active=False)
    done = import_rules(swap(RULES, ("[1, poor, 0]", "[2, poor, 0]")))
    rule = ValidationRule.objects.get(code="within")
    assert str(done) == "thêm 0, sửa 1, giữ nguyên 1"
    assert [row.coefficient for row in rule.terms.all()] == [Decimal(2), Decimal(-1)]
    assert not rule.is_active
    assert [row.history_type for row in rule.history.order_by("history_id")] == ["+", "~"]


@pytest.mark.parametrize(
    ("old", "new", "field", "start", "words"),
    [
        ("[1, poor, 0]", "[1, poors, 0]", "terms[1][2]", "poors", "có phải “poor”?"),
        ("[1, poor, 0]", "[0, poor, 0]", "terms[1][1]", "0", "hệ số 0"),
        ("[1, poor, 0]", "[1, poor]", "terms[1]", "[1, poor]", "thiếu"),
        ("[1, poor, 0]", "[1, poor, 1]", "terms[1][3]", "1", "cần không quá 0"),
        ("[-1, households, 0]", "[-1, poor, 0]", "terms[2][2]", "poor", "lặp lại trong cùng kỳ"),
        ("{gap}", "{gab}", "message_vi", "message_vi:", "không có chỗ điền “gab”; có phải “gap”?"),
        (
            "{households_prev}",
            "{opening_prev}",
            "message_vi",
            "message_vi:",
            "không có chỗ điền “opening_prev”",
        ),
        ("{gap}", "{gap", "message_vi", "message_vi:", "dấu ngoặc nhọn lẻ"),
        ("solve_for: poor", "solve_for: near", "solve_for", "solve_for:", "không phải số hạng"),
        ("tiers: [commune]", "tiers: [xa]", "tiers[1]", "xa", "không có cấp “xa”"),
        ("tiers: [commune]", "tiers: []", "tiers", "tiers:", "cần ít nhất 1"),
        ("[standard]", "[norm]", "skip_at_breaks[1]", "norm", "không có mốc đứt chuỗi"),
        (
            "severity: error",
            "severity: fatal",
            "severity",
            "severity:",
            "cần một trong: error, warning",
        ),
        (
            "measures: [result]",
            "measures: [results]",
            "measures[1]",
            "results",
            "cần một trong: result, plan",
        ),
        ("id: joins", "id: within", "id", "id:", "“within” đã có ở văn bản, dòng 2"),
        ("tolerance: 0.5", "tolerance: -1", "tolerance", "tolerance:", "cần từ 0 trở lên"),
    ],
)
def test_a_bad_rule_is_refused_at_its_field(
    old: str, new: str, field: str, start: str, words: str
) -> None:
    import_indicators(CATALOGUE)
    there, message = fault_in(import_rules, swap(RULES, (old, new)), field)
    assert there.startswith(start)
    assert words in message


# -- results ---------------------------------------------------------------------------------

RESULTS = """\
unit_code,indicator_code,period,value
90102,households,2024,100
90102,poor,2024,10
90103,households,2024,50
90103,poor,2024,na
"""


@pytest.fixture
def loaded(places: builders.Places) -> builders.Places:
    import_indicators(
        swap(CATALOGUE, ("applies_to: communes_and_townships", "applies_to: communes"))
    )
    return places


def official(**stage: Any) -> Any:
    return lambda given: import_results(given, stage="official", **stage)


def test_official_results_count_at_both_stages(loaded: builders.Places) -> None:
    assert str(official()(RESULTS)) == "thêm 4, sửa 0, giữ nguyên 0"
    fact = Result.objects.get(unit=loaded.first, indicator__code="poor")
    assert (fact.value, fact.submitted_value, fact.approved_value) == (Decimal(10),) * 3
    blank = Result.objects.get(unit=loaded.second, indicator__code="poor")
    assert (blank.answer, blank.value, blank.approved_answer) == ("na", None, "na")


def test_provisional_results_are_not_official(loaded: builders.Places) -> None:
    import_results(RESULTS, stage="provisional", is_sample=True)
    fact = Result.objects.get(unit=loaded.first, indicator__code="poor")
    assert (fact.submitted_value, fact.approved_value) == (Decimal(10), None)
    assert fact.is_sample


def test_results_imported_again_change_only_what_differs(loaded: builders.Places) -> None:
    official()(RESULTS)
    before = Result.history.count()
    assert str(official()(swap(RESULTS, ("poor,2024,10", "poor,2024,12")))) == (
        "thêm 0, sửa 1, giữ nguyên 3"
    )
    assert Result.history.count() == before + 1


@pytest.mark.parametrize(
    ("new", "where", "words"),
    [
        ("90109,poor,2024,10", "unit_code", "không có đơn vị mã “90109”"),
        ("90102,pour,2024,10", "indicator_code", "không có chỉ số “pour”; có phải “poor”?"),
        ("90102,rate,2024,10", "indicator_code", "do hệ thống tính"),
        ("90102,near,2024,10", "indicator_code", "không giao cho Xã Một nhập"),
        ("901,poor,2024,10", "indicator_code", "không giao cho Huyện Thử Nghiệm nhập"),
        ("90101,households,2024,10", "indicator_code", "không giao cho Thị trấn Trung Tâm nhập"),
        ("90102,poor,2024Q5,10", "period", "không phải kỳ báo cáo"),
        ("90102,poor,2024,-1", "value", "Phải từ 0 trở lên"),
        ("90102,poor,2024,1.5", "value", "chữ số thập phân"),
        ('90102,poor,2024,"1,5"', "value", "không phải là số"),
        ("90102,poor,2024,", "value", "để trống"),
        ("90102,poor,2024,nan", "value", "quá lớn"),
        ("90102,households,2024,5", "value", "đã có ở văn bản, dòng 2"),
    ],
)
def test_a_bad_result_is_refused_at_its_cell(
    loaded: builders.Places, new: str, where: str, words: str
) -> None:
    text = swap(RESULTS, ("90102,poor,2024,10", new))
    assert_refused(official(), text, (f"văn bản, dòng 3, cột {where}", words))


def test_a_code_in_results_means_the_unit_of_the_last_day(loaded: builders.Places) -> None:
    loaded.first.valid_to = builders.date(2024, 10, 31)
    loaded.first.save()
    text = "unit_code,indicator_code,period,value\n90102,poor,2023,7\n90102,poor,2024,8\n"
    assert_refused(
        official(), text, ("văn bản, dòng 3, cột unit_code", "không có hiệu lực ngày 31/12/2024")
    )


# -- commands --------------------------------------------------------------------------------


def said(*command: Any, **options: Any) -> str:
    out = StringIO()
    call_command(*command, stdout=out, **options)
    return out.getvalue()


def test_results_command_needs_a_stage_and_says_what_it_did(
    loaded: builders.Places, tmp_path: Path
) -> None:
    path = tmp_path / "r.csv"
    path.write_text(RESULTS)
    with pytest.raises(CommandError, match="--stage"):
        call_command("import_results", path)
    assert said("import_results", path, stage="official").splitlines() == [
        "Đã đọc 4 dòng, đang kiểm tra…",
        "Đã ghi 4/4 số liệu…",
        "r.csv: thêm 4, sửa 0, giữ nguyên 0 số liệu",
    ]


def test_rollups_are_rebuilt_from_the_facts(loaded: builders.Places) -> None:
    official()(RESULTS)
    Rollup.objects.all().delete()
    said("recompute_rollups", unit="90102", period="2024")
    total = part_of(loaded.province, Indicator.objects.get(code="poor"), "official")
    assert total is not None
    assert (total.total, total.reported) == (Decimal(10), 1)
    said("recompute_rollups")
    total = part_of(loaded.province, Indicator.objects.get(code="households"), "official")
    assert total is not None
    assert (total.total, total.reported) == (Decimal(150), 2)


@pytest.mark.parametrize("options", [{"unit": "999"}, {"period": "2024X"}])
def test_recompute_refuses_what_it_does_not_know(
    loaded: builders.Places, options: dict[str, str]
) -> None:
    with pytest.raises(CommandError, match=next(iter(options.values()))):
        said("recompute_rollups", **options)
