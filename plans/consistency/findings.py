"""A thing that does not fit, and the words every check writes figures in."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

from django.utils.translation import gettext as _

from indicators.enums import Severity
from plans.consistency.intervals import Interval, decimals_of
from plans.consistency.stated import Measure, Stated
from plans.wording import promise_words, with_unit
from povertyplan.lib.numbers import format_number


class Kind(StrEnum):
    """What was compared."""

    PARTS = "parts"
    UNITS = "units"
    RATE_AND_COUNT = "rate_and_count"
    OPENING = "opening"
    STEPS = "steps"
    CHILDREN = "children"
    CONTRADICTION = "contradiction"


@dataclass(frozen=True, slots=True)
class Inconsistency:
    """Figures that cannot all hold. `targets`: their codes; `gap` in `unit_of_measure`.

    `plan` is the code of the document, `has_sample` says that sample figures stand behind it.
    `rests_on_reports`: it tells of what units reported or were given, which not everybody may see.
    """

    kind: Kind
    plan: str
    targets: tuple[str, ...]
    message: str
    gap: Decimal
    unit_of_measure: str
    severity: Severity = Severity.ERROR
    has_sample: bool = False
    rests_on_reports: bool = False

    @property
    def is_error(self) -> bool:
        return self.severity == Severity.ERROR


def plain(value: Decimal) -> str:
    """A figure with the decimals it has."""
    return format_number(value, decimals_of(value))


def amount(value: Decimal, unit: str) -> str:
    """A figure with its unit: 80%, 1.292 nhà."""
    return with_unit(plain(value), unit)


def apart(gap: Decimal, unit: str, *, is_exact: bool = True) -> str:
    """By how much: lệch 1 triệu đồng; at least, where a bound was compared; "" where ends touch."""
    if not gap:
        return ""
    words = amount(gap, unit)
    return (
        _("lệch {gap}").format(gap=words) if is_exact else _("lệch ít nhất {gap}").format(gap=words)
    )


def number_words(stated: Stated) -> str:
    """The figure as stated, without its unit: ≥ 7 · 20–30 · khoảng 500."""
    return promise_words(stated.comparator, stated.value, stated.value_min, stated.value_max)


def words(stated: Stated) -> str:
    """The figure as stated, with its unit."""
    return with_unit(number_words(stated), stated.unit_of_measure)


def range_words(interval: Interval, unit: str) -> str:
    """242.706–275.067 hộ; from … or up to …, where one end is open."""
    low, high = interval.low, interval.high
    if low is not None and high is not None:
        return f"{format_number(low)}–{format_number(high)} {unit}"
    if low is not None:
        return _("từ {number} {unit} trở lên").format(number=format_number(low), unit=unit)
    if high is not None:
        return _("đến {number} {unit}").format(number=format_number(high), unit=unit)
    return ""


def sentence(*clauses: str) -> str:
    """Clauses joined by a semicolon, closed with a full stop."""
    return "; ".join(clause for clause in clauses if clause) + "."


def codes(figures: Iterable[Stated]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(figure.code for figure in figures))


def rounded(value: Decimal, measure: Measure) -> Decimal:
    """A worked-out figure as it is shown: whole where units are counted, else two decimals."""
    step = Decimal(1) if measure.is_count else Decimal("0.01")
    return value.quantize(step, rounding=ROUND_HALF_UP)
