"""The arithmetic of a rolled-up figure, written out: 4.893 = 1.200 + 812 + 2.881."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _

from indicators.enums import Aggregation, Comparator, IndicatorKind
from indicators.figures import Figure
from indicators.models import Indicator
from povertyplan.lib.bilingual import unit_after
from povertyplan.lib.numbers import format_number
from reports.dashboards.cells import value_text

WRITTEN_OUT = 6
"""How many parts a sum names before the rest is put together."""
ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Term:
    """What one unit puts into a figure: a value, or a numerator and a denominator."""

    name: str
    value: Decimal | None
    numerator: Decimal | None
    denominator: Decimal | None


def exact(value: Decimal | None, at_least: int = 0) -> str:
    """A number with every digit it has, so that a sum written out can be checked by hand."""
    if value is None:
        return "–"
    exponent = value.normalize().as_tuple().exponent
    has = -exponent if isinstance(exponent, int) and exponent < 0 else 0
    return format_number(value, max(at_least, min(has, 6)))


def lines_of(
    indicator: Indicator, figure: Figure, terms: Sequence[Term], names: tuple[str, str]
) -> Iterable[str]:
    """The figure worked out, a line a step; nothing where there is nothing to work out."""
    if indicator.aggregation == Aggregation.NONE:
        if len(terms) > 1:
            yield _("Chỉ tiêu này không cộng lên cấp trên; dưới đây là số của từng đơn vị.")
        return
    if figure.numerator is None:
        if len(terms) > 1 and figure.value is not None:
            parts = [term.value for term in terms if term.value is not None]
            yield _sum(figure.value, parts, indicator.decimals)
        return
    sides = (figure.numerator, figure.denominator or ZERO)
    if len(terms) > 1:
        parts = [term.numerator or ZERO for term in terms]
        yield f"{names[0]}: {_sum(sides[0], parts)}"
        if _has_weights(indicator):
            yield f"{names[1]}: {_sum(sides[1], [term.denominator or ZERO for term in terms])}"
    if condition := _condition(indicator):
        yield condition
    yield _quotient(indicator, figure, sides)


def _has_weights(indicator: Indicator) -> bool:
    """Is the denominator a sum worth writing out, and not a count of units?"""
    return indicator.kind == IndicatorKind.RATIO or indicator.weight_id is not None


def _quotient(indicator: Indicator, figure: Figure, sides: tuple[Decimal, Decimal]) -> str:
    scale = "" if indicator.scale == 1 or indicator.is_input else f" × {exact(indicator.scale)}"
    words = f"{exact(sides[0])} / {exact(sides[1])}{scale}"
    if figure.value is None:
        return _("{words}: mẫu số bằng 0, không tính được").format(words=words)
    unit = indicator.unit_of_measure
    value = value_text(indicator, figure.value)
    return f"{words} = {value}{unit if unit == '%' else f' {unit_after(value, unit)}'}"


def _condition(indicator: Indicator) -> str:
    tested = indicator.condition_indicator
    if tested is None or indicator.condition_value is None:
        return ""
    return _("Điều kiện: {name} {sign} {value}").format(
        name=tested.name[:1].lower() + tested.name[1:],
        sign=Comparator(indicator.condition_comparator).label,
        value=value_text(tested, indicator.condition_value),
    )


def _sum(whole: Decimal, parts: Sequence[Decimal], at_least: int = 0) -> str:
    """The sum with its largest parts one by one, the rest together: it adds up as written."""
    if len(parts) <= WRITTEN_OUT + 1:
        words = [exact(part, at_least) for part in parts]
    else:
        ranked = sorted(parts, key=abs, reverse=True)
        named = [part for part in ranked[:WRITTEN_OUT] if part] or ranked[:1]
        rest = ranked[len(named) :]
        words = [exact(part, at_least) for part in named]
        words.append(
            _("{sum} ({n} phần còn lại)").format(sum=exact(sum(rest, ZERO), at_least), n=len(rest))
        )
    return f"{exact(whole, at_least)} = {' + '.join(words)}"


def share_of(indicator: Indicator, part: Figure, whole: Figure) -> str:
    """The part's share of the whole in per cent; "" where parts have no common whole."""
    if indicator.aggregation == Aggregation.NONE or not part.reported:
        return ""
    mine = part.value if part.numerator is None else part.numerator
    every = whole.value if whole.numerator is None else whole.numerator
    if mine is None or not every:
        return ""
    return f"{format_number(mine * 100 / every, 1)}%"
