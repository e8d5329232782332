"""Makes the sample: a province a transaction, so that memory stays flat and a stop loses little.

Everything made is marked: the names of the units, and `is_sample` on every fact.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby

import numpy as np
from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from communes.enums import TierCode
from communes.models import OPEN_END, OPEN_START, Ancestry, Tier, Unit
from indicators.asking import Profile, asks, profiles_of
from indicators.definitions import renew_stamp
from indicators.enums import Stage
from indicators.models import Indicator, Result, ValidationRule
from indicators.periods import Period
from indicators.rollups import mark_periods
from povertyplan.lib.commands import Tell, silent
from povertyplan.lib.errors import DomainError
from povertyplan.lib.syncing import refresh_statistics
from reports.sample_country.figures import HOUSEHOLDS, Figures, Floats
from reports.sample_country.layout import NATION_CODE, NATION_NAME, Place, places_of
from reports.sample_country.loading import Fact, Loader

RURAL = Profile(TierCode.COMMUNE, is_urban=False, is_two_tier=False)
TYPING_TIERS = (TierCode.PROVINCE, TierCode.DISTRICT, TierCode.COMMUNE)
COMMUNES_BELOW = {TierCode.PROVINCE: 168.0, TierCode.DISTRICT: 15.0, TierCode.COMMUNE: 1.0}
SPREAD = 0.45
"""Of the sizes of units: most lie between half and double the middle."""


@dataclass(frozen=True)
class Asked:
    """What is to be made. `inputs`: only so many of the inputs asked of communes, in form order."""

    provinces: int
    years: Sequence[int]
    inputs: int | None = None
    stage: Stage = Stage.OFFICIAL
    missing: float = 3.0
    """Per cent of the figures left out, as officials leave some out."""
    seed: int = 1

    @property
    def periods(self) -> list[Period]:
        return [Period(year) for year in sorted(self.years)]


@dataclass(frozen=True)
class Made:
    units: int
    facts: int


def generate(asked: Asked, *, tell: Tell = silent) -> Made:
    """Make the sample; a province that is there already stays as it is.

    The last province's transaction asks for the recompute of every year. Raises DomainError
    outside demo mode, without a catalogue, beside reported figures, for years to come.
    """
    _refuse(asked)
    nation = _nation()
    models = {tier: _figures(tier, asked.inputs) for tier in TYPING_TIERS}
    made = []
    for number in range(1, asked.provinces + 1):
        with transaction.atomic():
            made.append(_Province(number, asked, models).make(nation))
            if number == asked.provinces:
                mark_periods(asked.periods)
        tell(
            _("Tỉnh mẫu {number}/{all}: {units} đơn vị, {facts} số liệu.").format(
                number=number, all=asked.provinces, units=made[-1].units, facts=made[-1].facts
            )
        )
    refresh_statistics(Unit, Ancestry, Result)
    return Made(sum(one.units for one in made), sum(one.facts for one in made))


def _refuse(asked: Asked) -> None:
    if not settings.DEMO_MODE:
        raise DomainError(_("Chỉ tạo số liệu mẫu khi DEMO_MODE=1, trên máy trình diễn."))
    for period in asked.periods:
        if period.start > timezone.localdate():
            raise DomainError(
                _("{period} chưa bắt đầu; chọn năm đã bắt đầu.").format(
                    period=period.label.capitalize()
                )
            )
    if not Indicator.objects.inputs().exists():
        raise DomainError(_("Chưa có danh mục chỉ số. Chạy load_catalogue trước."))
    if Result.objects.filter(is_sample=False).exists():
        raise DomainError(
            _(
                "Cơ sở dữ liệu này có số liệu báo cáo thật; số liệu mẫu không được để chung. "
                "Trỏ DATABASE_URL tới một cơ sở dữ liệu khác."
            )
        )


def _nation() -> Unit:
    """The root above the provinces: the nation that is there, or one made for the sample."""
    tier = Tier.objects.get(code=TierCode.NATION)
    found = Unit.objects.filter(tier=tier, valid_from=OPEN_START, valid_to=OPEN_END).first()
    if found is not None:
        return found
    nation = Unit(code=NATION_CODE, name=NATION_NAME, tier=tier)
    with transaction.atomic():
        Unit.objects.bulk_create([nation])  # past the signals, as the provinces are
        Ancestry.objects.create(ancestor=nation, descendant=nation, depth=0)
        renew_stamp()
    return nation


def _figures(tier: TierCode, count: int | None) -> Figures:
    """The figures that units of a tier are asked for; with `count`, only of communes."""
    rows = [
        row
        for row in Indicator.objects.inputs().in_form_order().select_related("entered_at")
        if row.entered_at and row.entered_at.code == tier
    ]
    if count is not None:
        rows = [row for row in rows if asks(row, RURAL)][:count]
    rules = (
        ValidationRule.objects.filter(is_active=True, tiers__code=tier)
        .prefetch_related("terms")
        .order_by("order")
    )
    on_results = [rule for rule in rules if "result" in rule.measures]
    return Figures(rows, on_results, has_people=tier == TierCode.COMMUNE)


class _Province:
    """One province to be made, with everything below it."""

    def __init__(self, number: int, asked: Asked, models: dict[TierCode, Figures]) -> None:
        self.number, self.asked, self.models = number, asked, models
        self.lots = np.random.default_rng([asked.seed, number])

    def make(self, nation: Unit) -> Made:
        places = list(places_of(self.number))
        if Unit.objects.filter(code=places[0].code, tier__code=places[0].tier).exists():
            return Made(0, 0)
        units = self._units(places, nation)
        renew_stamp()  # not `changed`: everything would be added up anew after every province
        loader = Loader(self.asked.stage, timezone.now())
        return Made(len(units), loader.write(self._facts(units)))

    # -- places

    def _units(self, places: Iterable[Place], nation: Unit) -> list[Unit]:
        """The units of the province with their ancestry, tier by tier from the top."""
        tiers = {tier.code: tier for tier in Tier.objects.all()}
        by_code = {NATION_CODE: nation}
        for tier, found in groupby(_by_tier(places), lambda place: place.tier):
            units = [
                Unit(
                    code=place.code,
                    name=place.name,
                    tier=tiers[tier],
                    parent=by_code[place.parent_code],
                )
                for place in found
            ]
            Unit.objects.bulk_create(units)
            by_code |= {unit.code: unit for unit in units}
        made = [unit for unit in by_code.values() if unit is not nation]
        Ancestry.objects.bulk_create(
            Ancestry(ancestor=above, descendant=unit, depth=depth)
            for unit in made
            for depth, above in enumerate(_lineage(unit))
        )
        return made

    # -- figures

    def _facts(self, units: list[Unit]) -> Iterator[Fact]:
        """By year, unit and indicator."""
        groups = [
            _Group(found, self.models[tier], self.asked.periods[-1].end, self.lots)
            for tier in TYPING_TIERS
            if (found := [unit for unit in units if unit.tier.code == tier])
        ]
        for period in self.asked.periods:
            for group in groups:
                yield from group.facts(period, self.asked.missing)


class _Group:
    """The units of one tier in one province, and what they said the year before."""

    def __init__(
        self, units: list[Unit], model: Figures, day: date, lots: np.random.Generator
    ) -> None:
        self.units, self.model, self.lots = units, model, lots
        middle = HOUSEHOLDS * COMMUNES_BELOW[TierCode(units[0].tier.code)]
        self.sizes: Floats = middle * lots.lognormal(0, SPREAD, len(units))
        self.previous: dict[int, Floats] = {}
        profiles = profiles_of([unit.pk for unit in units], day)
        self.asked = [[asks(row, profiles[unit.pk]) for row in self.columns] for unit in self.units]

    @property
    def columns(self) -> list[Indicator]:
        return self.model.by_pk

    def facts(self, period: Period, missing: float) -> Iterator[Fact]:
        """A year's figures by unit and indicator, `missing` per cent of them left out."""
        self.previous = self.model.year(self.previous, self.sizes, self.lots)
        told = self.lots.random((len(self.units), len(self.columns))) * 100 >= missing
        texts = [_texts(self.previous[row.pk], row.decimals) for row in self.columns]
        for place, unit in enumerate(self.units):
            for column, row in enumerate(self.columns):
                if told[place, column] and self.asked[place][column]:
                    yield Fact(unit.pk, row.pk, period.code, texts[column][place])


def _texts(values: Floats, decimals: int) -> list[str]:
    """As the database takes them; half a million a second."""
    if not decimals:
        return [str(number) for number in values.astype(np.int64).tolist()]
    return [f"{number:.{decimals}f}" for number in values.tolist()]


def _by_tier(places: Iterable[Place]) -> list[Place]:
    return sorted(places, key=lambda place: TYPING_TIERS.index(TierCode(place.tier)))


def _lineage(unit: Unit) -> Iterator[Unit]:
    above: Unit | None = unit
    while above is not None:
        yield above
        above = above.parent
