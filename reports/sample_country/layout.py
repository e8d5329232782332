"""The made-up places: as many as the country has, numbered and named as samples. Pure code.

Sizes: the country before 1 July 2025, 63 provinces, 705 districts, 10,600 communes (rounded).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from communes.enums import TierCode

PROVINCES, DISTRICTS, COMMUNES = 63, 705, 10_600

NATION_CODE = "M"
NATION_NAME = "Cả nước (mẫu)"


@dataclass(frozen=True)
class Place:
    """A unit to be made. GSO codes are digits only, so a code with the letter M is nobody's."""

    code: str
    name: str
    tier: str
    parent_code: str


def province_code(number: int) -> str:
    return f"{NATION_CODE}{number:02}"


def places_of(number: int) -> Iterator[Place]:
    """The province of that number (from 1), its districts and their communes, parents first.

    The same places whatever the number of provinces asked for.
    """
    province = province_code(number)
    yield Place(province, f"Tỉnh mẫu {number:02}", TierCode.PROVINCE, NATION_CODE)
    for place, district in enumerate(_share(number - 1, PROVINCES, DISTRICTS), start=1):
        code = f"{province}{place:02}"
        label = f"{number:02}-{place:02}"
        is_city = place == 1
        kind = "Thành phố" if is_city else "Huyện"
        yield Place(code, f"{kind} mẫu {label}", TierCode.DISTRICT, province)
        for below, _commune in enumerate(_share(district, DISTRICTS, COMMUNES), start=1):
            name = f"{_kind(below, is_city=is_city)} mẫu {label}-{below:02}"
            yield Place(f"{code}{below:02}", name, TierCode.COMMUNE, code)


def _share(place: int, places: int, total: int) -> range:
    """Which of `total` fall to the place-th of `places`, counted from 0 and spread evenly."""
    return range(place * total // places, (place + 1) * total // places)


def _kind(number: int, *, is_city: bool) -> str:
    """Wards make up most of a city; elsewhere one township is the seat."""
    if is_city:
        return "Phường" if number % 4 else "Xã"
    return "Thị trấn" if number == 1 else "Xã"
