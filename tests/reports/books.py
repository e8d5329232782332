"""Small registers for tests: products at a district, houses at a commune."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from communes.enums import Role
from communes.models import Official, Unit
from indicators.models import Indicator
from indicators.periods import Period
from reports.models import Register, RegisterBook, RegisterCount, RegisterEntry
from reports.registering import add_entry, open_book
from tests import builders
from tests.builders import Y2024, Places

NOW = "2024-12-10T03:00:00Z"


def field(key: str, label: str, kind: str, **more: object) -> dict[str, object]:
    return {
        "key": key,
        "label": label,
        "kind": kind,
        "required": True,
        "choices": [],
        "min": None,
        "max": None,
        "max_length": 200,
        "help": "",
        **more,
    }


RESULTS = [["new", "Công nhận mới"], ["upgraded", "Nâng hạng"], ["renewed", "Công nhận lại"]]


@dataclass
class Products:
    """Products of a district: three stars or more, new or upgraded (flow), and valid (stock)."""

    register: Register
    new: Indicator
    valid: Indicator
    officer: Official


def products(places: Places) -> Products:
    district = builders.tier("district")
    new = builders.count(
        "products_new", "Sản phẩm mới", 20, measurement="flow", cadence="half", entered_at=district
    )
    valid = builders.count(
        "products_valid", "Sản phẩm còn hiệu lực", 21, entered_at=district, optional=True
    )
    register = Register.objects.create(
        code="san-pham",
        name="Sản phẩm OCOP",
        entry_name="sản phẩm",
        dated_by="decided_on",
        valid_months=36,
        identity=["name", "maker"],
        fields=[
            field("name", "Tên sản phẩm", "text", max_length=30),
            field("maker", "Chủ thể", "text"),
            field("commune", "Xã", "unit_below"),
            field("stars", "Hạng sao", "whole", min=1, max=5),
            field("decided_on", "Ngày quyết định", "day"),
            field("result", "Kết quả", "choice", choices=RESULTS),
        ],
    )
    stars = {"stars": {"min": 3}}
    RegisterCount.objects.create(
        register=register, indicator=new, where={**stars, "result": ["new", "upgraded"]}
    )
    RegisterCount.objects.create(register=register, indicator=valid, where=stars, order=1)
    return Products(
        register, new, valid, builders.official("can.bo.huyen", places.district, Role.OFFICER)
    )


def houses() -> tuple[Register, Indicator]:
    """Houses of a commune: those built for poor households. A house is not identified."""
    built = builders.count("houses", "Nhà làm mới", 30, measurement="flow", cadence="half")
    register = Register.objects.create(
        code="nha-o",
        name="Nhà ở",
        entry_name="nhà",
        dated_by="accepted_on",
        order=1,
        fields=[
            field("accepted_on", "Ngày nghiệm thu", "day"),
            field("village", "Thôn", "text"),
            field("poor", "Hộ nghèo", "yes_no"),
            field("note", "Ghi chú", "text", required=False),
        ],
    )
    RegisterCount.objects.create(register=register, indicator=built, where={"poor": True})
    return register, built


TEA = {
    "name": "Chè Shan",
    "maker": "HTX mẫu số 1",
    "commune": "Xã Một",
    "stars": "3",
    "decided_on": "05/02/2024",
    "result": "Công nhận mới",
}


def opened(
    register: Register, unit: Unit, by: Official, counts_from: Period = Y2024
) -> RegisterBook:
    return open_book(register=register, unit=unit, counts_from=counts_from, by=by)


def tea(book: RegisterBook, by: Official, **changed: str) -> RegisterEntry:
    return add_entry(book=book, words={**TEA, **changed}, by=by)


def house(book: RegisterBook, by: Official, day: str = "10/05/2024", **changed: str) -> None:
    words = {"accepted_on": day, "village": "Thôn 1", "poor": "có", **changed}
    add_entry(book=book, words=words, by=by)


def stored(book: RegisterBook, day: date, **values: object) -> RegisterEntry:
    """An entry as it is kept, without asking anybody."""
    said = {"name": "Chè", "maker": "HTX", "stars": 3, "result": "new", **values}
    return RegisterEntry.objects.create(book=book, happened_on=day, values=said)
