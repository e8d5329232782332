"""What every picture has: a conclusion, the drawing, and the table of the same numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from communes.models import Unit
from indicators.enums import Stage
from indicators.figures import Figure
from indicators.models import Indicator
from indicators.periods import Period
from plans.evaluators import shown
from povertyplan.lib.bilingual import in_words, unit_after
from povertyplan.lib.drawing import FAINT, RISK, Drawing
from povertyplan.lib.numbers import format_number
from reports.returns import figure_text

WIDTH = 360
"""Of a picture, in the units of its text: as wide as the phone it must be read on."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a page of pictures is about. `indicator`: the one drawn."""

    unit: Unit
    period: Period
    stage: str
    indicator: Indicator

    @property
    def is_official(self) -> bool:
        return self.stage == Stage.OFFICIAL

    @property
    def standing(self) -> str:
        """Under every picture: where it is, and whether the figures are official."""
        words = (
            _("{unit}, số liệu chính thức") if self.is_official else _("{unit}, số liệu tạm tính")
        )
        return words.format(unit=self.unit.name)


@dataclass(frozen=True, slots=True)
class Line:
    """One row of a picture's table. `address` of the unit it is about, "" for none."""

    name: str
    cells: tuple[str, ...]
    address: str = ""


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture. `kind` is its name in addresses; `conclusion` says what it shows.

    `lines` are those of the table, `shown` the ones on the page; `values` their numbers in full,
    row by row, for a file; "" where there is none.
    """

    kind: str
    heading: str
    conclusion: str
    drawing: Drawing
    headings: tuple[str, ...]
    lines: tuple[Line, ...]
    values: tuple[tuple[str, ...], ...]
    has_sample: bool = False
    note: str = ""
    shown: tuple[Line, ...] = ()

    @property
    def svg(self) -> SafeString:
        """For a page: every text in it was escaped when it was drawn."""
        return mark_safe(self.drawing.render())  # noqa: S308

    @property
    def file(self) -> str:
        return self.drawing.render(is_file=True)


def words(indicator: Indicator, figure: Figure) -> str:
    """A figure in words: not applicable and missing are two things, and neither is 0."""
    if figure.not_applicable:
        return _("Không áp dụng")
    return figure_text(indicator, figure.value)


def with_measure(indicator: Indicator, value: Decimal) -> str:
    """20,38%; 2.827 hộ."""
    number = format_number(value, indicator.decimals)
    unit = indicator.unit_of_measure
    return f"{number}%" if unit == "%" else f"{number} {unit_after(number, unit)}"


def difference_words(indicator: Indicator, now: Decimal, before: Decimal) -> str:
    """“tăng 1,20 điểm %”, “giảm 40 hộ”, “không đổi”: of the two figures as they are shown."""
    apart = shown(now, indicator.decimals) - shown(before, indicator.decimals)
    number = format_number(abs(apart), indicator.decimals)
    measure = indicator.unit_of_measure
    unit = unit_after(number, in_words("điểm %") if measure == "%" else measure)
    if apart == 0:
        return _("không đổi")
    if apart > 0:
        return _("tăng {number} {unit}").format(number=number, unit=unit)
    return _("giảm {number} {unit}").format(number=number, unit=unit)


def full(value: Decimal | None) -> str:
    """A number for a file, to six decimals, with a comma; "" for none."""
    return "" if value is None else f"{round(value, 6).normalize():f}".replace(".", ",")


def sign(drawing: Drawing, lines: Sequence[str], *, has_sample: bool) -> None:
    """Where the numbers are from, at the foot; and that they are sample, which no export loses."""
    foot = drawing.height - 6 - 11 * (len(lines) - 1)
    for place, told in enumerate(lines):
        drawing.text((4, foot + 11 * place), told, size=9, fill=FAINT)
    if has_sample:
        told = _("Số liệu minh họa")
        drawing.text(
            (drawing.width - 4, drawing.height - 6),
            told,
            size=9,
            fill=RISK,
            text_anchor="end",
            font_weight="600",
        )
