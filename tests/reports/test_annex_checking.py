"""The check code of a table: another figure gives another code, another hour the same."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from communes.models import GroupMember, UnitGroup
from indicators.enums import Stage
from indicators.periods import Period
from indicators.rollups import drain
from povertyplan.lib.errors import DomainError
from reports.annexes.build import build_table
from reports.annexes.checking import (
    ALPHABET,
    CheckCode,
    check_sign,
    digest_of,
    folded,
    read_code,
)
from reports.annexes.table import (
    MISSING,
    NOT_APPLICABLE,
    NOT_DUE,
    NOT_PLANNED,
    Table,
    number_cell,
)
from reports.enums import ReportState
from reports.models import Report
from tests.builders import Y2024, Places, told
from tests.reports import annex_forms

READ = CheckCode("01", "085", "", Y2024, Stage.PROVISIONAL, 1, "7K3M9QWE")


class Drawn:
    """A district of three communes and its table, drawn up anew each time."""

    def __init__(self, places: Places) -> None:
        self.places, self.measured = places, annex_forms.measured()
        self.form = annex_forms.annex(annex_forms.plan(places.district))
        self.tell()

    def tell(self, poor: str = "1200", **more: str) -> None:
        told(self.places.first, self.measured.values("1234", "5001", poor, **more))
        told(self.places.second, self.measured.values("95", "100", "90", escaped=None))
        drain()

    def table(self, stage: str = Stage.PROVISIONAL, variant: str = "year") -> Table:
        return build_table(self.form, self.places.district, Y2024, stage, variant)


@pytest.fixture
def drawn(places: Places) -> Drawn:
    return Drawn(places)


# -- what it is made of ---------------------------------------------------------------------------


def test_code_names_table_unit_period_stage_and_variant(drawn: Drawn) -> None:
    code = drawn.table().check_code

    start, _, digest = code.rpartition("/")
    assert start == "THU/901/2024/T1"
    assert drawn.table(variant="period").check_code.startswith("THU/901/2024/T2/")
    assert drawn.table(Stage.OFFICIAL).check_code.startswith("THU/901/2024/C1/")
    assert len(digest) == len("7K3M-9QWE-0")
    assert set(digest) <= {*ALPHABET, "-"}
    assert not set("ILOU") & set(ALPHABET)


def test_same_figures_give_the_same_code_at_any_hour(drawn: Drawn) -> None:
    first, again = drawn.table(), drawn.table()

    assert first.made_at != again.made_at
    assert first.check_code == again.check_code


def test_another_figure_gives_another_code(drawn: Drawn) -> None:
    before = digest_of(drawn.table())

    drawn.tell("1201")

    assert digest_of(drawn.table()) != before


def test_what_stands_without_a_number_has_a_code_of_its_own(drawn: Drawn) -> None:
    table = drawn.table()
    cells = (MISSING, NOT_APPLICABLE, NOT_PLANNED, NOT_DUE, number_cell(Decimal(0)))

    found = {digest_of(replace(table, rows=(table.rows[0].with_cell(3, cell),))) for cell in cells}

    assert len(found) == 5


def test_number_counts_as_it_is_printed(drawn: Drawn) -> None:
    table = drawn.table()

    def digest(value: str) -> str:
        row = table.rows[1].with_cell(4, number_cell(Decimal(value)))  # two decimals
        return digest_of(replace(table, rows=(row,)))

    assert digest("33.3333") == digest("33.33") == digest("33.330")
    assert digest("33.335") == digest("33.34") != digest("33.33")
    assert digest("0") == digest("-0.001") == digest("0E+3")


def test_name_heading_and_title_count(drawn: Drawn, places: Places) -> None:
    found = [digest_of(drawn.table())]

    places.first.name = "Xã Mới"
    places.first.save()
    found.append(digest_of(drawn.table()))
    drawn.form.definition["layouts"][0]["columns"][3]["heading_vi"] = "Thoát nghèo"
    found.append(digest_of(drawn.table()))
    drawn.form.definition["title_vi"] = "Hộ nghèo từng xã"
    found.append(digest_of(drawn.table()))

    assert len(set(found)) == 4


def test_mark_and_caption_count(drawn: Drawn) -> None:
    table = drawn.table()
    bare = replace(
        table.layout, leaves=tuple(replace(one, caption="") for one in table.layout.leaves)
    )

    found = {digest_of(table), digest_of(replace(table, marks=()))}
    found.add(digest_of(replace(table, layout=bare)))

    assert len(found) == 3


def test_step_of_a_return_without_another_figure_leaves_the_code(
    drawn: Drawn, places: Places
) -> None:
    before = drawn.table()

    Report.objects.create(unit=places.first, period="2024", state=ReportState.DRAFT)
    after = drawn.table()

    assert after.rows != before.rows  # the column of remarks says so
    assert after.check_code == before.check_code


def test_group_and_unit_of_the_same_communes_have_codes_of_their_own(
    drawn: Drawn, places: Places
) -> None:
    group = UnitGroup.objects.create(code="nhom_xa", name="Nhóm")
    for unit in places.communes:
        GroupMember.objects.create(group=group, unit=unit, source="sample")

    table = build_table(drawn.form, group, Y2024, Stage.PROVISIONAL)

    assert table.check_code.startswith("THU/NHOM.NHOM_XA/2024/T1/")
    read = read_code(table.check_code)
    assert (read.place, read.group) == ("", folded("nhom_xa"))


# -- as people type it ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "typed",
    [
        "01/085/2024/T1/7K3M-9QWE-0",
        "  o1 / o85 / 2o24 / t1 / 7k3m 9qwe o ",
        "01/085/2024/tl/7k3m9qwe0",
        "01 085 2024 T1 7K3M 9QWE 0",
        "01\\085\\2024\\T-1\\7K3M–9QWE–0",
        "Mã kiểm tra: 01/085/2024/T1/7K3M-9QWE-0",
        "０１/085/2024/T1/7K3M-9QWE-0",
        "/01/085/2024/T1/7K3M-9QWE-0/",
    ],
)
def test_code_is_read_as_people_type_it(typed: str) -> None:
    assert read_code(typed) == READ


def test_noughts_and_ones_of_the_digest_may_be_letters() -> None:
    assert read_code("01/085/2024Q3/C2/OIL0-9QWE-P").digest == "01109QWE"
    assert read_code("01/085@2024-12-31/2024Q3/C2/OIL0-9QWE-M").place == "085@2024-12-31"
    assert read_code("01/085/2024Q3/C2/OIL0-9QWE-P").period == Period(2024, "Q", 3)


@pytest.mark.parametrize(
    "code", ["01/085/2024/T1/7K3M-9QWE", "06-BHYT/NHOM.XA_20/2024Q3/C2/0000-0000"]
)
def test_slip_of_the_hand_is_told(code: str) -> None:
    """One wrong sign anywhere, or two neighbours in each other's place."""
    code = f"{code}-{check_sign(code)}"
    slips = {
        code[:place] + other + code[place + 1 :]
        for place, sign in enumerate(code)
        for other in ALPHABET
        if sign.isalnum()
    }
    slips |= {
        code[:place] + code[place + 1] + sign + code[place + 2 :]
        for place, sign in enumerate(code[:-1])
        if (sign + code[place + 1]).isalnum()
    }
    slips -= {one for one in slips if folded(one) == folded(code)}

    for slip in slips:
        with pytest.raises(DomainError):
            read_code(slip)
    one_wrong_unit = code.replace("/085/", "/086/").replace("XA_20", "XA_21")
    with pytest.raises(DomainError, match="Mã gõ chưa đúng, xem lại từng ký tự"):
        read_code(one_wrong_unit)


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("", "năm phần"),
        ("7K3M-9QWE-0", "đọc được 1 phần"),
        ("01/085/2024/7K3M-9QWE-0", "đọc được 4 phần"),
        ("01//2024/T1/7K3M-9QWE-0", "đọc được 4 phần"),
        ("01/085/2024/T1/7K3M/9QWE-0", "đọc được 6 phần"),
        ("01/085/24/T1/7K3M-9QWE-0", "kỳ không đúng"),
        ("01/085/2024/X1/7K3M-9QWE-0", "T .tạm tính. hoặc C"),
        ("01/085/2024/T/7K3M-9QWE-0", "T .tạm tính. hoặc C"),
        ("01/085/2024/T0/7K3M-9QWE-0", "T .tạm tính. hoặc C"),
        ("01/085/2024/T1/7K3M-9QWE", "9 ký tự, dạng 7K3M-9QWE-0; mã này có 8"),
        ("01/085/2024/T1/7K3M-9QWU-0", "không có ký tự “U”"),
        ("01/085/2024/T1/<b>;--", "không có ký tự"),
        ("1" * 201, "dài quá"),
        ("=cmd|' /C calc'!A0", "năm phần"),
    ],
)
def test_what_is_no_code_is_refused_in_words(typed: str, words: str) -> None:
    with pytest.raises(DomainError, match=words):
        read_code(typed)


def test_printed_code_is_read_back(drawn: Drawn) -> None:
    table = drawn.table(Stage.OFFICIAL, "period")

    read = read_code(table.check_code.lower().replace("-", ""))

    wanted = CheckCode(folded("thu"), "901", "", Y2024, Stage.OFFICIAL, 2, digest_of(table))
    assert read == wanted


# -- names meant to harm --------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["=cmd|' /C calc'!A0", "<b>Xã</b>", "Xã " + "dài " * 49])
def test_name_of_any_kind_has_a_code_of_its_own(drawn: Drawn, places: Places, name: str) -> None:
    before = digest_of(drawn.table())
    places.first.name = name[:120]
    places.first.save()

    assert digest_of(drawn.table()) not in ("", before)
