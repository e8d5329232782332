"""A class of households over all the years of a plan: where it stood before, and stands now.

What two standards have counted is not subtracted: each stretch of years that one standard covers
is told by itself. Nor are figures of different units.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from indicators.figures import Figure
from indicators.periods import Period
from indicators.wording import closing_name
from reports.narrative.households import Followed, amount, change, coverage, share
from reports.narrative.pairs import Compared, End

if TYPE_CHECKING:
    from reports.narrative.subjects import Told


@dataclass(frozen=True, slots=True)
class Stand:
    """How many there are at one moment, and which share of all. `end`: None without a rate."""

    when: str
    count: Figure
    rate: Figure
    end: End | None


@dataclass(frozen=True, slots=True)
class Stretch:
    """Years that one standard covers. `end`: the latest that is comparable with the start."""

    start: Stand
    end: Stand | None
    found: Compared | None


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
    """To the latest year of the same units; else to the latest that some have told both ends of."""
    start = _start(row, told, years[0])
    part = Stretch(start, None, None)
    for year in reversed(years):
        end = _closing(row, told, year)
        found = told.book.compared(start.end, end.end) if start.end and end.end else None
        if found and (found.is_all or part.found is None):
            part = Stretch(start, end, found)
        if found and found.is_all:
            break
    return part


def _start(row: Followed, told: Told, year: Period) -> Stand:
    """What the year before closed with; by a new standard the opening of the year."""
    is_break = any(one.breaks_at(year) for one in row.balance.closing.series_breaks.all())
    before = _closing(row, told, Period(year.year - 1))
    if before.count.reported and not is_break:
        return before
    opening, _count, _rate, rate = told.ends(row, year)
    of = row.rate.opening_indicator
    end = End(row.balance.opening, of, year) if of else None
    return Stand(_("đầu năm {year}").format(year=year.year), opening, rate, end)


def _closing(row: Followed, told: Told, year: Period) -> Stand:
    _opening, closing, rate, _before = told.ends(row, year)
    when = _("cuối năm {year}").format(year=year.year)
    return Stand(when, closing, rate, End(row.balance.closing, row.rate, year))


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
    for stand in (latest, first):
        if stand.count.reported and not stand.count.is_complete:
            said = _("{said} Số {when} là của {coverage} đơn vị đã có số liệu.").format(
                said=said, when=stand.when, coverage=coverage(stand.count)
            )
    if until == told.years[-1]:
        return said
    words = _("{said} Chưa có số liệu {period}.")
    return words.format(said=said, period=told.years[-1].label)


def _has(row: Followed, stand: Stand) -> str:
    return _("{when} có {count}, tỷ lệ {rate}").format(
        when=stand.when,
        count=amount(row.balance.closing, stand.count),
        rate=share(row, stand.rate, stand.count),
    )


def _alone(row: Followed, part: Stretch, latest: Stand) -> str:
    if part.end is None:
        return _("chưa đủ số liệu để tính mức giảm")
    if part.end == latest:
        return change(row, part.found)
    words = _("tính đến {when}, năm gần nhất đủ đơn vị để so, {change}")
    if part.found is None or not part.found.is_all:
        words = _("tính đến {when}, {change}")
    return words.format(when=part.end.when, change=change(row, part.found))


def _fallen(row: Followed, part: Stretch) -> str:
    if part.end is None:
        return _("từ {start} chưa đủ số liệu").format(start=part.start.when)
    return _("từ {start} ({count}, {rate}) đến {end} {change}").format(
        start=part.start.when,
        count=amount(row.balance.closing, part.start.count),
        rate=share(row, part.start.rate, part.start.count),
        end=part.end.when,
        change=change(row, part.found),
    )
