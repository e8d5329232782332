"""Small named trees and returns for tests. Each builder does one thing and says what it made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache

from django.contrib.auth.hashers import make_password

from communes.enums import Role, TierCode
from communes.models import Ancestry, Official, Post, Tier, Unit
from indicators.enums import Answer, Stage
from indicators.models import Indicator, IndicatorTerm, SeriesBreak, Theme, ValidationRule
from indicators.periods import Period
from indicators.recording import Entry, import_results
from reports.models import Deadline

PASSWORD = "mot-mat-khau-dai-2024"
Y2024 = Period(2024)


def tier(code: str) -> Tier:
    """A tier of the contract; made anew where a test has emptied the tables."""
    rank = TierCode.values.index(code)
    label = str(TierCode(code).label)
    return Tier.objects.get_or_create(code=code, defaults={"name": label, "rank": rank})[0]


def unit(
    code: str,
    name: str,
    tier_code: str,
    parent: Unit | None = None,
    **dates: date,
) -> Unit:
    """A unit with its ancestry."""
    made = Unit.objects.create(code=code, name=name, tier=tier(tier_code), parent=parent, **dates)
    above = [made] if parent is None else [made, *Unit.objects.above(parent, include_self=True)]
    Ancestry.objects.bulk_create(
        Ancestry(ancestor=ancestor, descendant=made, depth=depth)
        for depth, ancestor in enumerate(above)
    )
    return made


@dataclass
class Places:
    """A province with one district, two communes and a township."""

    province: Unit
    district: Unit
    first: Unit
    second: Unit
    town: Unit

    @property
    def communes(self) -> list[Unit]:
        return [self.first, self.second, self.town]


def places() -> Places:
    province = unit("90", "Tỉnh Thử Nghiệm", "province")
    district = unit("901", "Huyện Thử Nghiệm", "district", province)
    return Places(
        province=province,
        district=district,
        town=unit("90101", "Thị trấn Trung Tâm", "commune", district),
        first=unit("90102", "Xã Một", "commune", district),
        second=unit("90103", "Xã Hai", "commune", district),
    )


@cache
def _hashed() -> str:
    """Hashing is slow on purpose; once a run is enough."""
    return make_password(PASSWORD)


def official(username: str, at: Unit | None = None, role: str = Role.OFFICER) -> Official:
    """A person who can sign in with PASSWORD, holding one post."""
    made = Official.objects.create(username=username, password=_hashed(), full_name=username)
    if at is not None:
        Post.objects.create(official=made, unit=at, role=role, title="")
    return made


@dataclass
class Catalogue:
    """A review in miniature: households, poor households with their movement, one rate."""

    households: Indicator
    opening: Indicator
    escaped: Indicator
    relapsed: Indicator
    poor: Indicator
    rate: Indicator

    @property
    def inputs(self) -> list[Indicator]:
        return [self.households, self.opening, self.escaped, self.relapsed, self.poor]


def theme() -> Theme:
    return Theme.objects.get_or_create(
        code="ra-soat", defaults={"name": "Rà soát hộ", "household_review": True}
    )[0]


def count(code: str, name: str, order: int, **values: object) -> Indicator:
    """An input that communes type and that adds up."""
    return Indicator.objects.create(
        **{
            "code": code,
            "name": name,
            "order": order,
            "theme": theme(),
            "kind": "input",
            "value_type": "count",
            "unit_of_measure": "hộ",
            "direction": "none",
            "measurement": "stock",
            "cadence": "year",
            "applies_to": "communes_and_townships",
            "aggregation": "sum",
            "entered_at": tier("commune"),
            "hard_min": Decimal(0),
            **values,
        }
    )


def ratio(
    code: str, name: str, order: int, above: list[Indicator], below: list[Indicator]
) -> Indicator:
    """A rate in per cent: the sum of `above` over the sum of `below`."""
    made = Indicator.objects.create(
        code=code,
        name=name,
        order=order,
        theme=theme(),
        kind="ratio",
        value_type="decimal",
        unit_of_measure="%",
        decimals=2,
        direction="lower_is_better",
        measurement="stock",
        cadence="year",
        applies_to="communes_and_townships",
        scale=Decimal(100),
    )
    for role, side in (("numerator", above), ("denominator", below)):
        for place, term in enumerate(side):
            IndicatorTerm.objects.create(indicator=made, role=role, input=term, order=place)
    return made


def catalogue() -> Catalogue:
    households = count("households", "Tổng số hộ", 1)
    opening = count("opening", "Hộ nghèo đầu kỳ", 2)
    escaped = count("escaped", "Hộ thoát nghèo", 3, form_sign="-")
    relapsed = count("relapsed", "Hộ tái nghèo", 4, form_sign="+")
    poor = count("poor", "Hộ nghèo cuối kỳ", 5, form_sign="=")
    return Catalogue(
        households,
        opening,
        escaped,
        relapsed,
        poor,
        rate=ratio("rate", "Tỷ lệ hộ nghèo", 6, [poor], [households]),
    )


def entries(
    at: Unit, values: Mapping[Indicator, str | None], period: Period = Y2024
) -> list[Entry]:
    """Entries from plain numbers; None stands for not applicable."""
    return [
        Entry(at, indicator, period, Answer.NOT_APPLICABLE)
        if value is None
        else Entry(at, indicator, period, Answer.VALUE, Decimal(value))
        for indicator, value in values.items()
    ]


def told(
    at: Unit,
    values: Mapping[Indicator, str | None],
    period: Period = Y2024,
    stage: str = Stage.PROVISIONAL,
    **more: bool,
) -> None:
    """Let a unit have reported figures at a stage."""
    import_results(entries(at, values, period), stage=stage, **more)


def deadline(issuer: Unit, period: Period = Y2024) -> Deadline:
    return Deadline.objects.create(
        issuer=issuer,
        period=period.code,
        opens_on=date(period.year, 11, 1),
        due_on=date(period.year, 12, 15),
    )


def rule(
    code: str,
    terms: Sequence[tuple[int | str, Indicator, int]],
    message: str = "",
    *,
    tiers: Sequence[str] = ("commune",),
    breaks: Sequence[SeriesBreak] = (),
    **values: object,
) -> ValidationRule:
    """A rule over (coefficient, indicator, offset in years); an error on results by default."""
    made = ValidationRule.objects.create(
        **{
            "code": code,
            "name": code,
            "severity": "error",
            "message": message,
            "comparator": "=",
            "measures": ["result"],
            **values,
        }
    )
    made.tiers.set(tier(name) for name in tiers)
    made.skip_at_breaks.set(breaks)
    for place, (coefficient, indicator, offset) in enumerate(terms):
        made.terms.create(
            indicator=indicator, coefficient=Decimal(coefficient), offset=offset, order=place
        )
    return made


def balance(catalogue: Catalogue) -> ValidationRule:
    """Opening less escaped plus relapsed is closing."""
    return rule(
        "can-doi",
        [
            (1, catalogue.opening, 0),
            (-1, catalogue.escaped, 0),
            (1, catalogue.relapsed, 0),
            (-1, catalogue.poor, 0),
        ],
        "Cộng lại là {computed} hộ, ô cuối kỳ ghi {poor} hộ, lệch {gap} hộ.",
        solve_for=catalogue.poor,
    )


def lock_opening(catalogue: Catalogue, *breaks: SeriesBreak) -> None:
    """Let the opening figure be last year's closing, but for the first year after a break."""
    catalogue.opening.prefill_offset = -1
    catalogue.opening.prefill_locked = True
    catalogue.opening.save()
    catalogue.opening.series_breaks.set(breaks)
    IndicatorTerm.objects.create(
        indicator=catalogue.opening, role="prefill", input=catalogue.poor, order=0
    )


@dataclass
class Staff:
    """Who works on the return of a commune: an officer, and a reviewer in each tier above."""

    officer: Official
    district: Official
    province: Official


def staff(places: Places) -> Staff:
    return Staff(
        officer=official("can.bo", places.first),
        district=official("duyet.huyen", places.district, Role.REVIEWER),
        province=official("duyet.tinh", places.province, Role.REVIEWER),
    )


FILLED = {"households": "100", "opening": "20", "escaped": "8", "relapsed": "1", "poor": "13"}
"""A whole return of the small catalogue, in balance: 20 - 8 + 1 = 13, a rate of 13 %."""


def filled(at: Unit, catalogue: Catalogue, **changed: str | None) -> list[Entry]:
    """Entries for every input; `changed` replaces numbers by code, None = not applicable."""
    numbers: dict[str, str | None] = {**FILLED, **changed}
    return entries(at, {row: numbers[row.code] for row in catalogue.inputs})
