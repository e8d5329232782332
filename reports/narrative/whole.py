"""A class of households over all the years of a plan: where it stood before, and stands now.

What two standards have counted is not subtracted: each stretch of years that one standard covers
is told by itself. Nor are figures of different numbers of units.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from indicators.figures import Figure
from indicators.periods import Period
from indicators.wording import closing_name
from reports.narrative.households import Followed, amount, change

if TYPE_CHECKING:
    from reports.narrative.subjects import Told


@dataclass(frozen=True, slots=True)
class Stand:
    """How many there are at one moment, and which share of all."""

    when: str
    count: Figure
    rate: Figure

    def fits(self, other: Stand) -> bool:
        """Do both come from as many units, or from all there were (some may have merged)?"""
        return _fit(self.count, other.count) and _fit(self.rate, other.rate)


@dataclass(frozen=True, slots=True)
class Stretch:
    """Years that one standard covers. `end`: the latest that is comparable with the start."""

    start: Stand
    end: Stand | None


def stretches(row: Followed, told: Told) -> list[Stretch]:
    return [_stretch(row, told, years) for years in _unbroken(row, told.years)]


def _unbroken(row: Followed, years: Sequence[Period]) -> list[list[Period]]:
    found: list[list[Period]] = []
    breaks = list(row.balance.closing.series_breaks.all())
    for year in years:
        if not found or any(one.breaks_at(year) for one in breaks):
            found.append([])
        found[-1].append(year)
    return found


def _stretch(row: Followed, told: Told, years: Sequence[Period]) -> Stretch:
    start = _start(row, told, years[0])
    ends = (_closing(row, told, year) for year in reversed(years))
    return Stretch(start, next((one for one in ends if one.fits(start)), None))


def _start(row: Followed, told: Told, year: Period) -> Stand:
    """What the year before closed with; by a new standard the opening of the year."""
    is_break = any(one.breaks_at(year) for one in row.balance.closing.series_breaks.all())
    before = _closing(row, told, Period(year.year - 1))
    if before.count.reported and not is_break:
        return before
    opening, _count, _rate, rate = told.ends(row, year)
    return Stand(_("đầu năm {year}").format(year=year.year), opening, rate)


def _closing(row: Followed, told: Told, year: Period) -> Stand:
    _opening, closing, rate, _before = told.ends(row, year)
    return Stand(_("cuối năm {year}").format(year=year.year), closing, rate)


def whole_sentence(row: Followed, told: Told, until: Period) -> str:
    """Hộ nghèo: cuối năm 2020 có …; cuối năm 2024 có …; giảm …

    until: the latest year that closed with a figure.
    """
    parts = stretches(row, told)
    first, latest = parts[0].start, _closing(row, told, until)
    said = _("{name}: {first}; {latest}").format(
        name=closing_name(row.balance.closing), first=_has(row, first), latest=_has(row, latest)
    )
    if len(parts) == 1:
        said = f"{said}; {_alone(row, parts[0], latest)}."
    else:
        words = _(
            "{said}. Cách tính đổi từ năm {years} nên không so hai số này với nhau; mức giảm tính "
            "theo từng thời kỳ: {parts}."
        )
        said = words.format(
            said=said,
            years=", ".join(str(years[0].year) for years in _unbroken(row, told.years)[1:]),
            parts="; ".join(_fallen(row, part) for part in parts),
        )
    if latest.count.reported != latest.count.expected:
        said = _("{said} Số {when} là của {n}/{total} đơn vị đã có số liệu.").format(
            said=said, when=latest.when, n=latest.count.reported, total=latest.count.expected
        )
    if until == told.years[-1]:
        return said
    words = _("{said} Chưa có số liệu {period}.")
    return words.format(said=said, period=told.years[-1].label)


def _has(row: Followed, stand: Stand) -> str:
    return _("{when} có {count}, tỷ lệ {rate}").format(
        when=stand.when,
        count=amount(row.balance.closing, stand.count),
        rate=amount(row.rate, stand.rate),
    )


def _alone(row: Followed, part: Stretch, latest: Stand) -> str:
    if part.end is None:
        return _("chưa đủ số liệu để tính mức giảm")
    if part.end == latest:
        return _by(row, part.start, part.end)
    return _("tính đến {when}, năm gần nhất đủ đơn vị để so, {change}").format(
        when=part.end.when, change=_by(row, part.start, part.end)
    )


def _fallen(row: Followed, part: Stretch) -> str:
    if part.end is None:
        return _("từ {start} chưa đủ số liệu").format(start=part.start.when)
    return _("từ {start} ({count}, {rate}) đến {end} {change}").format(
        start=part.start.when,
        count=amount(row.balance.closing, part.start.count),
        rate=amount(row.rate, part.start.rate),
        end=part.end.when,
        change=_by(row, part.start, part.end),
    )


def _by(row: Followed, start: Stand, end: Stand) -> str:
    return change(row, _less(start.count, end.count), _less(start.rate, end.rate))


def _fit(one: Figure, other: Figure) -> bool:
    if one.value is None or other.value is None:
        return False
    is_whole = one.reported == one.expected and other.reported == other.expected
    return is_whole or one.reported == other.reported


def _less(before: Figure, after: Figure) -> Decimal | None:
    return None if before.value is None or after.value is None else before.value - after.value
