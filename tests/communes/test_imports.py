"""Units, successions and groups come from files whole or not at all."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from rest_framework.authtoken.models import Token

from communes.imports import import_groups, import_successions, import_units
from communes.models import Ancestry, GroupMember, Succession, Unit, UnitGroup
from tests import builders
from tests.importing import assert_refused, everything, refusals, shipped, swap

pytestmark = pytest.mark.django_db

HEADER = "code,name,tier,parent_code,valid_from,valid_to\n"
TREE = (
    HEADER + "10,Tỉnh A,province,,,\n"
    "101,Huyện B,district,10,,2025-06-30\n"
    "1011,Xã C,commune,101,,2024-10-31\n"
    "1012,Thị trấn D,commune,101,,2025-06-30\n"
    "1012,Xã D mới,commune,10,2025-07-01,\n"
)


def unit(code: str, day: str = "2024-01-01") -> Unit:
    found = Unit.objects.named(code, on=date.fromisoformat(day))
    assert found is not None
    return found


def lineage(found: Unit) -> list[tuple[str, int]]:
    rows = Ancestry.objects.filter(descendant=found).order_by("depth")
    return [(row.ancestor.name, row.depth) for row in rows.select_related("ancestor")]


# -- units -----------------------------------------------------------------------------------


def test_shipped_units_load_with_their_successions_and_a_second_run_changes_nothing() -> None:
    done = import_units(shipped("communes/data/units.csv"))
    successions = import_successions(shipped("communes/data/successions.csv"))
    groups = import_groups(shipped("communes/data/groups.yaml"))
    assert (done.counts.created, done.tree_changed) == (271, False)
    assert successions.created == Succession.objects.count() == 158
    assert groups.created == UnitGroup.objects.count() + GroupMember.objects.count() == 9

    before = everything()
    assert str(import_units(shipped("communes/data/units.csv")).counts) == (
        "thêm 0, sửa 0, giữ nguyên 271"
    )
    import_successions(shipped("communes/data/successions.csv"))
    import_groups(shipped("communes/data/groups.yaml"))
    assert everything() == before


def test_units_below_a_district_on_a_day_are_one_query(django_assert_num_queries: Any) -> None:
    import_units(shipped("communes/data/units.csv"))
    district = unit("085", "2024-12-31")
    for day, count in ((date(2023, 12, 31), 19), (date(2024, 12, 31), 18)):
        with django_assert_num_queries(1):
            assert Unit.objects.below_on(district, day).count() == count


def test_a_code_names_another_unit_after_it_was_given_on() -> None:
    import_units(shipped("communes/data/units.csv"))
    assert unit("02842", "2024-12-31").name == "Xã Lùng Cải"
    assert unit("02842", "2025-07-01").name == "Xã Tả Củ Tỷ"
    assert unit("10", "2025-06-30").name == unit("15", "2025-07-01").name == "Tỉnh Lào Cai"


def test_units_of_any_order_get_parents_and_ancestors() -> None:
    header, *rows = TREE.splitlines(keepends=True)
    import_units(header + "".join(reversed(rows)))
    assert lineage(unit("1011")) == [("Xã C", 0), ("Huyện B", 1), ("Tỉnh A", 2)]
    assert lineage(unit("1012", "2025-07-01")) == [("Xã D mới", 0), ("Tỉnh A", 1)]


def test_a_unit_is_closed_by_importing_it_again_with_its_last_day() -> None:
    import_units(HEADER + "10,Tỉnh A,province,,,\n11,Tỉnh B,province,,,\n")
    done = import_units(HEADER + "10,Tỉnh A,province,,,2025-06-30\n11,Tỉnh B,province,,,\n")
    assert (str(done.counts), done.tree_changed) == ("thêm 0, sửa 1, giữ nguyên 1", True)
    assert unit("10").valid_to == date(2025, 6, 30)
    assert Unit.objects.count() == 2


def test_a_new_parent_moves_everything_below_it() -> None:
    import_units(TREE + "11,Tỉnh E,province,,,\n")
    done = import_units(HEADER + "101,Huyện B,district,11,,2025-06-30\n")
    assert (done.counts.changed, done.tree_changed) == (1, True)
    assert lineage(unit("1011")) == [("Xã C", 0), ("Huyện B", 1), ("Tỉnh E", 2)]
    assert lineage(unit("1012", "2025-07-01")) == [("Xã D mới", 0), ("Tỉnh A", 1)]


def test_a_new_name_is_a_change_that_leaves_the_tree_as_it_is() -> None:
    import_units(TREE)
    done = import_units(swap(TREE, ("Xã C", "Xã Cũ")))
    assert (str(done.counts), done.tree_changed) == ("thêm 0, sửa 1, giữ nguyên 4", False)


WHOLE = "1011,Xã C,commune,101,,2024-10-31"


@pytest.mark.parametrize(
    ("old", "new", "where", "words"),
    [
        (WHOLE, "1011,Xã C,town,101,,2024-10-31", "dòng 4, cột tier", "không có cấp “town”"),
        (WHOLE, "1011,,commune,101,,2024-10-31", "dòng 4, cột name", "để trống"),
        (WHOLE, "10-11,Xã C,commune,101,,", "dòng 4, cột code", "“10-11” không phải mã đơn vị"),
        (WHOLE, "1011,Xã C,commune,101,31/10/2024,", "dòng 4, cột valid_from", "không phải ngày"),
        (WHOLE, "1011,Xã C,commune,999,,2024-10-31", "dòng 4, cột parent_code", "mã “999”"),
        (
            WHOLE,
            "1011,Xã C,commune,,,2024-10-31",
            "dòng 4, cột parent_code",
            "chưa có đơn vị cấp trên",
        ),
        (WHOLE, "1011,Xã C,commune,1011,,2024-10-31", "dòng 4, cột parent_code", "của chính nó"),
        (
            WHOLE,
            "1011,Xã C,commune,1012,,2024-10-31",
            "dòng 4, cột parent_code",
            "không thuộc cấp cao hơn",
        ),
        (WHOLE, "1011,Xã C,commune,101,,", "dòng 4, cột parent_code", "không trùm hết thời gian"),
        (
            WHOLE,
            "1011,Xã C,commune,101,2024-11-01,2024-10-31",
            "dòng 4, cột valid_to",
            "trước ngày bắt đầu",
        ),
        (WHOLE, "1011,Xã C,commune,101", "dòng 4", "có 4 ô, cần 6 ô"),
        (WHOLE, "1012,Xã C,commune,101,,2024-10-31", "dòng 5, cột code", "đã có ở văn bản, dòng 4"),
        (
            "10,2025-07-01,",
            "10,2025-06-30,",
            "dòng 6, cột valid_from",
            "mã 1012 đã thuộc Thị trấn D",
        ),
        (
            WHOLE,
            "10,Xã C,commune,101,2024-01-01,2024-10-31",
            "dòng 4, cột valid_from",
            "mã 10 đã thuộc Tỉnh A",
        ),
    ],
)
def test_a_bad_unit_is_refused_at_its_line(old: str, new: str, where: str, words: str) -> None:
    assert_refused(import_units, swap(TREE, (old, new)), (f"văn bản, {where}", words))


def test_every_bad_unit_is_reported_together_in_the_order_of_the_file() -> None:
    text = HEADER + "1,A,province,9,,\n2,B,district,8,,\n3,C,commune,7,,\n"
    assert [where for where, _ in refusals(import_units, text)] == [
        f"văn bản, dòng {line}, cột parent_code" for line in (2, 3, 4)
    ]


def test_a_parent_is_not_closed_while_a_stored_unit_outlives_it() -> None:
    import_units(TREE)
    text = HEADER + "101,Huyện B,district,10,,2025-01-31\n"
    assert_refused(import_units, text, ("văn bản, dòng 2, cột valid_to", "Thị trấn D"))


def test_a_stored_unit_keeps_its_code_from_another_one() -> None:
    import_units(TREE)
    text = HEADER + "1011,Xã Khác,commune,101,2024-10-31,2025-06-30\n"
    assert_refused(import_units, text, ("văn bản, dòng 2, cột valid_from", "Xã C (đến 31/10/2024)"))


# -- successions -----------------------------------------------------------------------------

HANDOVER = "predecessor_code,successor_code,date,share\n1012,1012,2025-07-01,1\n"


def test_a_succession_goes_from_the_day_before_to_the_day() -> None:
    import_units(TREE)
    import_successions(HANDOVER)
    row = Succession.objects.get()
    assert (row.predecessor.name, row.successor.name) == ("Thị trấn D", "Xã D mới")
    assert (row.date, row.share) == (date(2025, 7, 1), Decimal(1))


def test_a_share_is_changed_in_place() -> None:
    import_units(TREE)
    import_successions(HANDOVER)
    assert import_successions(swap(HANDOVER, (",1\n", ",0.25\n"))).changed == 1
    assert Succession.objects.get().share == Decimal("0.25")


@pytest.mark.parametrize(
    ("new", "where", "words"),
    [
        ("1099,1012,2025-07-01,1", "dòng 2, cột predecessor_code", "không có đơn vị mã “1099”"),
        (
            "1011,1012,2025-07-01,1",
            "dòng 2, cột predecessor_code",
            "không có hiệu lực ngày 30/06/2025",
        ),
        (
            "1012,1011,2025-07-01,1",
            "dòng 2, cột successor_code",
            "không có hiệu lực ngày 01/07/2025",
        ),
        ("1012,1012,2025-01-01,1", "dòng 2, cột successor_code", "vẫn là một đơn vị"),
        ("1012,1012,2025-07-01,1.5", "dòng 2, cột share", "cần không quá 1"),
        ("1012,1012,2025-07-01,0", "dòng 2, cột share", "cần lớn hơn 0"),
        ("1012,1012,2025-07-01,", "dòng 2, cột share", "cần một số"),
        ("1012,1012,2025-07-01,0.123456", "dòng 2, cột share", "quá nhiều chữ số"),
        (
            "1012,1012,2025-07-01,0.6\n1012,10,2025-07-01,0.5",
            "dòng 3, cột share",
            "là 1.1, không được quá 1",
        ),
        ("1012,10,2025-07-01,0.1\n1012,10,2025-07-01,0.1", "dòng 3, cột successor_code", "lặp lại"),
    ],
)
def test_a_bad_succession_is_refused_at_its_line(new: str, where: str, words: str) -> None:
    import_units(TREE)
    text = swap(HANDOVER, ("1012,1012,2025-07-01,1", new))
    assert_refused(import_successions, text, (f"văn bản, {where}", words))


def test_a_stored_share_counts_towards_the_whole() -> None:
    import_units(TREE)
    import_successions(swap(HANDOVER, (",1\n", ",0.7\n")))
    text = swap(HANDOVER, ("1012,1012,2025-07-01,1", "1012,10,2025-07-01,0.4"))
    assert_refused(import_successions, text, ("văn bản, dòng 2, cột share", "là 1.1"))


# -- groups ----------------------------------------------------------------------------------

GROUPS = """\
groups:
- code: ten
  name_vi: Mười xã
  expected_size: 10
  as_of: 2024-01-01
  members:
  - {code: '1011', name_vi: Xã C, source: stated, citation_vi: 'Kế hoạch, mục 1'}
  - {code: '1012', source: press}
"""
SAMPLES = """\
groups:
- code: ten
  name_vi: Mười xã minh họa
  note_vi: Không phải danh sách thật
  members:
  - {code: '1011', source: sample}
  - {code: '101', source: sample}
"""


def members() -> dict[str, str]:
    return dict(GroupMember.objects.values_list("unit__name", "source"))


def test_members_are_the_units_valid_on_the_day_of_the_document() -> None:
    import_units(TREE)
    import_groups(swap(GROUPS, ("2024-01-01", "2025-07-01"), ("'1011'", "'10'")))
    assert members() == {"Tỉnh A": "stated", "Xã D mới": "press"}


def test_members_without_a_day_are_the_earliest_units_of_their_codes() -> None:
    import_units(TREE)
    import_groups(swap(GROUPS, ("  as_of: 2024-01-01\n", "")))
    assert members() == {"Xã C": "stated", "Thị trấn D": "press"}


def test_a_member_that_the_file_no_longer_names_leaves_the_group() -> None:
    import_units(TREE)
    import_groups(GROUPS)
    import_groups(swap(GROUPS, ("  - {code: '1012', source: press}\n", "")))
    assert members() == {"Xã C": "stated"}


def test_what_an_administrator_decided_outlives_an_import() -> None:
    import_units(TREE)
    import_groups(swap(GROUPS, ("expected_size: 10", "expected_size: null")))
    group = UnitGroup.objects.get()
    GroupMember.objects.create(group=group, unit=unit("101"), source="decided")
    GroupMember.objects.filter(unit=unit("1011")).update(source="decided")
    UnitGroup.objects.update(expected_size=3)
    import_groups(swap(GROUPS, ("expected_size: 10", "expected_size: null")))
    assert members() == {"Huyện B": "decided", "Xã C": "decided", "Thị trấn D": "press"}
    assert UnitGroup.objects.get().expected_size == 3


def test_samples_join_a_group_without_changing_what_is_known_of_it() -> None:
    import_units(TREE)
    import_groups(GROUPS)
    import_groups(SAMPLES)
    assert members() == {"Xã C": "stated", "Thị trấn D": "press", "Huyện B": "sample"}
    assert UnitGroup.objects.get().name == "Mười xã"
    before = everything()
    import_groups(GROUPS)
    import_groups(SAMPLES)
    assert everything() == before


@pytest.mark.parametrize(
    ("old", "new", "where", "words"),
    [
        ("'1012'", "'1099'", "dòng 8, cột 6, trường members[2].code", "không có đơn vị mã “1099”"),
        ("'1012'", "'1011'", "dòng 8, cột 6, trường members[2].code", "đã có trong nhóm"),
        (
            "press",
            "rumour",
            "dòng 8, cột 20, trường members[2].source",
            "có “rumour”, cần một trong: stated, press",
        ),
        (
            "as_of: 2024-01-01",
            "as_of: 2024-12-31",
            "dòng 7, cột 6, trường members[1].code",
            "ngày 31/12/2024",
        ),
        ("code: ten", "code: mười", "dòng 2, cột 3, trường code", "không phải mã"),
        (
            "expected_size: 10",
            "expected_size: 0",
            "dòng 4, cột 3, trường expected_size",
            "cần từ 1 trở lên",
        ),
        ("name_vi: Mười xã", "name: Mười xã", "dòng 2, cột 3, trường name_vi", "thiếu"),
        ("'1012'", "1012", "dòng 8, cột 6, trường members[2].code", "cần chữ"),
    ],
)
def test_a_bad_group_is_refused_at_its_line(old: str, new: str, where: str, words: str) -> None:
    import_units(TREE)
    first, message = refusals(import_groups, swap(GROUPS, (old, new)))[0]
    assert first == f"văn bản, {where}"
    assert words in message


# -- commands --------------------------------------------------------------------------------


def said(*command: Any) -> str:
    out = StringIO()
    call_command(*command, stdout=out)
    return out.getvalue()


def test_import_commands_say_what_they_did(tmp_path: Path) -> None:
    for name, text in (("u.csv", TREE), ("s.csv", HANDOVER), ("g.yaml", GROUPS)):
        (tmp_path / name).write_text(text)
    assert said("import_units", tmp_path / "u.csv").endswith(
        "u.csv: thêm 5, sửa 0, giữ nguyên 0 đơn vị\n"
    )
    assert said("import_successions", tmp_path / "s.csv") == (
        "s.csv: thêm 1, sửa 0, giữ nguyên 0 dòng sáp nhập, chia tách\n"
    )
    assert said("import_groups", tmp_path / "g.yaml") == (
        "g.yaml: thêm 3, sửa 0, giữ nguyên 0 nhóm và thành viên\n"
    )


def test_a_refused_import_ends_with_every_fault_and_writes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "units.csv"
    path.write_text(HEADER + "1,A,nowhere,,,\n2,,province,,,\n")
    with pytest.raises(CommandError) as refused:
        call_command("import_units", path, stdout=StringIO())
    assert str(refused.value).splitlines() == [
        "units.csv, dòng 3, cột name: để trống; ghi giá trị.",
        "Có 1 lỗi. Không ghi gì vào cơ sở dữ liệu.",
    ]
    assert not Unit.objects.exists()


def test_create_token_prints_the_token_alone_and_the_same_one_again() -> None:
    builders.official("can.bo")
    key = said("create_token", "can.bo")
    assert key == f"{Token.objects.get(user__username='can.bo').key}\n"
    assert said("create_token", "can.bo") == key


@pytest.mark.parametrize("username", ["khong.co", "da.khoa"])
def test_create_token_refuses_who_cannot_sign_in(username: str) -> None:
    locked = builders.official("da.khoa")
    locked.is_active = False
    locked.save()
    with pytest.raises(CommandError, match=username):
        call_command("create_token", username, stdout=StringIO())
    assert not Token.objects.exists()
