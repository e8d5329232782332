"""Conclusions in words: what a rate has come to, and how it moved within the year."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _

from indicators import wording
from indicators.enums import Direction
from indicators.figures import Figure
from indicators.models import Indicator
from plans.evaluators import Verdict, shown
from plans.pages.verdicts import Judged
from plans.wording import with_unit
from povertyplan.lib.bilingual import in_words, unit_after
from povertyplan.lib.numbers import format_number
from reports.dashboards.columns import Headline

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Statement:
    """A conclusion, and the code of the indicator it speaks of."""

    text: str
    code: str


def conclusion(headline: Headline, closing: Figure, opening: Figure | None) -> str:
    """“Còn 2.827 hộ nghèo (21,40%), giảm 5,67 điểm % trong năm”; "" while nobody has reported.

    The move is the year's opening rate less its closing rate, each over its own households,
    and is left out unless the same number of units stands behind both.
    """
    if closing.value is None:
        return ""
    parts = [_level(headline, closing), _move(headline.rate, closing, opening)]
    return ", ".join(part for part in parts if part)


def _level(headline: Headline, closing: Figure) -> str:
    rate = headline.rate
    share = f"{format_number(closing.value, rate.decimals)}{_percent(rate)}"
    if headline.counted is None or closing.numerator is None:
        return f"{rate.name}: {share}"
    words = {"count": counted_words(headline.counted, closing.numerator), "share": share}
    if rate.direction == Direction.LOWER:
        return _("Còn {count} ({share})").format(**words)
    return _("Có {count} ({share})").format(**words)


def _percent(rate: Indicator) -> str:
    unit = rate.unit_of_measure
    return unit if unit == "%" else f" {unit}"


def counted_words(indicator: Indicator, value: Decimal) -> str:
    """2.827 hộ nghèo: the count with its name, the unit of measure said once."""
    return wording.counted_words(indicator, format_number(value, indicator.decimals))


def _move(rate: Indicator, closing: Figure, opening: Figure | None) -> str:
    if opening is None or opening.value is None or closing.value is None:
        return ""
    if opening.reported != closing.reported:
        return _("chưa so được với đầu năm")
    # Of the rates as they are shown, so that the reader who takes one from the other agrees.
    cut = shown(opening.value, rate.decimals) - shown(closing.value, rate.decimals)
    if cut == ZERO:
        return _("không đổi trong năm")
    points = format_number(abs(cut), rate.decimals)
    unit = in_words("điểm %") if rate.unit_of_measure == "%" else rate.unit_of_measure
    verb = _("giảm") if cut > ZERO else _("tăng")
    return _("{verb} {points} {unit} trong năm").format(
        verb=verb, points=points, unit=unit_after(points, unit)
    )


def finding(judged: Judged) -> str:
    """How far a promise is from what is due by now: “thấp hơn mốc 9,34 điểm %”; "" while unknown.

    Of the figures as they stand beside it, so that the row adds up to the eye.
    """
    actual, expected = judged.found.actual, judged.found.outcome.expected
    if actual is None or judged.found.verdict is Verdict.NO_DATA:
        return ""
    if expected is None:
        is_met = judged.found.verdict is Verdict.MET
        return _("đã đạt mức giao") if is_met else _("chưa có mốc để so")
    apart = shown(actual, judged.decimals) - shown(expected, judged.decimals)
    if not apart:
        return _("bằng mốc")
    unit = judged.unit_of_measure
    gap = with_unit(judged.number(abs(apart)), in_words("điểm %") if unit == "%" else unit)
    text = _("cao hơn mốc {gap}") if apart > 0 else _("thấp hơn mốc {gap}")
    return text.format(gap=gap)
