"""Small named trees and returns for tests. Each builder does one thing and says what it made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from communes.enums import Role
from communes.models import Ancestry, Official, Post, Tier, Unit
from indicators.enums import Answer, Stage
from indicators.models import Indicator, IndicatorTerm, Theme
from indicators.periods import Period
from indicators.recording import Entry, import_results
from reports.models import Deadline

PASSWORD = "mot-mat-khau-dai-2024"
Y2024 = Period(2024)


def tier(code: str) -> Tier:
    """A tier of the contract; made anew where a test has emptied the tables."""
    ranks = {"nation": 0, "province": 1, "district": 2, "commune": 3, "village": 4}
    return Tier.objects.get_or_create(code=code, defaults={"name": code, "rank": ranks[code]})[0]


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


def official(username: str, at: Unit | None = None, role: str = Role.OFFICER) -> Official:
    """A person who can sign in with PASSWORD, holding one post."""
    made = Official.objects.create_user(username, PASSWORD, full_name=username)
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
