"""How a number moved within the year: a bridge from opening to closing, by a balance rule.

A balance rule says opening − out + in = closing. Source: rules.yaml, rules that solve for the
closing figure; indicators.yaml, prefill (what opens a year).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _

from indicators.enums import Comparator, Direction, TermRole
from indicators.figures import Figure, figures
from indicators.models import Indicator, IndicatorTerm, ValidationRule
from indicators.wording import closing_name
from povertyplan.lib.drawing import CHAM, FAINT, LATE, LINE, MET, Drawing, scale_of
from povertyplan.lib.numbers import format_number
from reports.pictures.frame import (
    WIDTH,
    Asked,
    Line,
    Picture,
    difference_words,
    full,
    sign,
    with_measure,
    words,
)

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Balance:
    """The parts of a movement: each with its sign towards the closing figure."""

    opening: Indicator
    parts: tuple[tuple[Indicator, int], ...]
    closing: Indicator

    @property
    def all(self) -> list[Indicator]:
        return [self.opening, *(row for row, _sign in self.parts), self.closing]


def balances() -> list[Balance]:
    """Every balance that a rule states, in the rules' order. Two queries."""
    rules = (
        ValidationRule.objects.filter(
            comparator=Comparator.EQUAL, constant=0, is_active=True, solve_for__isnull=False
        )
        .prefetch_related("terms__indicator__theme")
        .order_by("order")
    )
    return [found for rule in rules if (found := _balance(rule)) is not None]


def _balance(rule: ValidationRule) -> Balance | None:
    terms = list(rule.terms.all())
    closing = next((row for row in terms if row.indicator_id == rule.solve_for_id), None)
    opens = [row for row in terms if row.indicator.prefill_offset == -1]
    if (
        closing is None
        or len(opens) != 1
        or any(row.offset or abs(row.coefficient) != 1 for row in terms)
    ):
        return None
    side = -closing.coefficient
    parts = tuple(
        (row.indicator, int(row.coefficient / side))
        for row in terms
        if row not in (closing, opens[0])
    )
    is_opening_added = opens[0].coefficient / side == 1
    return Balance(opens[0].indicator, parts, closing.indicator) if is_opening_added else None


def balance_for(indicator: Indicator, among: Sequence[Balance]) -> Balance | None:
    """The balance that an indicator belongs to, itself or by what it is worked out from."""
    inputs = IndicatorTerm.objects.filter(indicator=indicator, role=TermRole.NUMERATOR)
    near = {indicator.pk, *inputs.values_list("input", flat=True)}
    return next((row for row in among if near & {part.pk for part in row.all}), None)


def movement(asked: Asked, balance: Balance) -> Picture:
    """The bridge of one year."""
    found = {
        pk: figure
        for (_unit, pk, _period), figure in figures(
            [asked.unit], balance.all, [asked.period], asked.stage
        ).items()
    }
    heading = _("{name}: biến động trong {period}").format(
        name=_plain(balance.closing), period=asked.period.label
    )
    has_sample = any(row.has_sample for row in found.values())
    signs = {balance.opening.pk: "", balance.closing.pk: "="} | {
        row.pk: "+" if to > 0 else "−" for row, to in balance.parts
    }
    return Picture(
        kind="bien-dong",
        heading=heading,
        conclusion=_conclusion(balance, found),
        drawing=_drawing(asked, balance, found, heading, has_sample=has_sample),
        headings=(_("Chỉ tiêu"), _("Dấu"), balance.closing.unit_of_measure, _("Đơn vị có số")),
        lines=tuple(
            Line(
                row.name,
                (signs[row.pk], words(row, found[row.pk]), _coverage(found[row.pk])),
            )
            for row in balance.all
        ),
        values=tuple(
            (row.name, signs[row.pk], full(found[row.pk].value), _coverage(found[row.pk]))
            for row in balance.all
        ),
        has_sample=has_sample,
        note=_mismatch(balance, found),
    )


def _plain(indicator: Indicator) -> str:
    return closing_name(indicator)


def _coverage(figure: Figure) -> str:
    return f"{figure.reported}/{figure.expected}" if figure.expected else ""


def _conclusion(balance: Balance, found: dict[int, Figure]) -> str:
    opening, closing = found[balance.opening.pk].value, found[balance.closing.pk].value
    if opening is None or closing is None:
        return _("Chưa đủ số đầu kỳ và cuối kỳ để vẽ biến động")
    whole = found[balance.closing.pk]
    if not whole.is_complete:
        return _("{n}/{total} đơn vị có số: đầu kỳ {opening}, cuối kỳ {closing}, {move}").format(
            n=whole.reported,
            total=whole.expected,
            opening=with_measure(balance.opening, opening),
            closing=with_measure(balance.closing, closing),
            move=difference_words(balance.closing, closing, opening),
        )
    return _("Đầu kỳ {opening}, cuối kỳ {closing}: {move}").format(
        opening=with_measure(balance.opening, opening),
        closing=with_measure(balance.closing, closing),
        move=difference_words(balance.closing, closing, opening),
    )


def _mismatch(balance: Balance, found: dict[int, Figure]) -> str:
    """Said where the parts do not come to the closing figure: units have told different parts."""
    opening, closing = found[balance.opening.pk].value, found[balance.closing.pk].value
    if opening is None or closing is None:
        return ""
    reached = opening + sum((to * (found[row.pk].value or ZERO) for row, to in balance.parts), ZERO)
    if reached == closing:
        return ""
    return _(
        "Cộng các phần được {reached}, cuối kỳ ghi {closing}: có đơn vị chưa báo đủ các phần."
    ).format(
        reached=with_measure(balance.closing, reached),
        closing=with_measure(balance.closing, closing),
    )


def _drawing(
    asked: Asked, balance: Balance, found: dict[int, Figure], heading: str, *, has_sample: bool
) -> Drawing:
    """Bars lie, so that the long names of the parts can be read."""
    rows = balance.all
    deep, left, right, top = 24, 164, 44, 24
    drawing = Drawing(WIDTH, top + deep * len(rows) + 24, heading, _conclusion(balance, found))
    drawing.text((4, 12), heading, size=11, font_weight="600")
    bars = _bars(balance, found)
    edges = [edge for bar in bars if bar for edge in bar]
    scale = scale_of([*edges, ZERO])
    width = WIDTH - left - right
    end: float | None = None
    for place, (row, bar) in enumerate(zip(rows, bars, strict=True)):
        y = top + deep * place
        drawing.text((left - 6, y + 15), _short(_plain(row)), size=9.5, text_anchor="end")
        if bar is None:
            drawing.text((left + 4, y + 15), "–", size=10, fill=FAINT)
            continue
        start, stop = (left + scale.place(edge, width) for edge in bar)
        if end is not None:
            drawing.line((end, y - 6), (end, y + 4), stroke=FAINT, stroke_dasharray="2 2")
        low, high = min(start, stop), max(start, stop)
        drawing.rect(low, y + 4, max(high - low, 1), deep - 10, fill=_colour(balance, row, bar))
        drawing.text(
            (high + 4, y + 15), _said(balance, row, found[row.pk]), size=10, font_weight="600"
        )
        end = stop
    drawing.line((left, top), (left, top + deep * len(rows)), stroke=LINE)
    sign(drawing, [asked.standing], has_sample=has_sample)
    return drawing


def _bars(balance: Balance, found: dict[int, Figure]) -> list[tuple[Decimal, Decimal] | None]:
    """From where to where each bar goes; None where there is no figure."""
    opening = found[balance.opening.pk].value
    closing = found[balance.closing.pk].value
    bars: list[tuple[Decimal, Decimal] | None] = [None if opening is None else (ZERO, opening)]
    reached = opening or ZERO
    for row, to in balance.parts:
        value = found[row.pk].value
        bars.append(None if value is None else (reached, reached + to * value))
        reached += to * (value or ZERO)
    return [*bars, None if closing is None else (ZERO, closing)]


def _colour(balance: Balance, row: Indicator, bar: tuple[Decimal, Decimal]) -> str:
    """Ends in indigo; what makes the number better green, what makes it worse red."""
    if row in (balance.opening, balance.closing) or bar[0] == bar[1]:
        return CHAM
    rises = bar[1] > bar[0]
    if balance.closing.direction == Direction.NONE:
        return FAINT
    is_better = rises == (balance.closing.direction == Direction.HIGHER)
    return MET if is_better else LATE


def _said(balance: Balance, row: Indicator, figure: Figure) -> str:
    value = figure.value or ZERO
    number = format_number(value, row.decimals)
    to = dict(balance.parts).get(row)
    if to is None or value == ZERO:
        return number
    return f"+{number}" if to > 0 else f"−{number}"


def _short(name: str) -> str:
    return name if len(name) <= 34 else f"{name[:33]}…"
