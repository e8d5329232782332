"""Where the present course leads. Two methods, both said; a band only where it is honest."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from plans.evaluators.cases import Forecast

TREND = "trend"
PACE = "pace"
# Student's t, two-sided 80 %, by degrees of freedom; beyond the table the normal quantile.
_T80 = (3.078, 1.886, 1.638, 1.533, 1.476, 1.440, 1.415, 1.397, 1.383, 1.372)
_NORMAL = Decimal("1.282")


def _t(freedom: int) -> Decimal:
    return Decimal(str(_T80[freedom - 1])) if freedom <= len(_T80) else _NORMAL


def trend(
    known: Sequence[tuple[int, Decimal]],
    year: int,
    lowest: Decimal | None = None,
    highest: Decimal | None = None,
) -> Forecast | None:
    """A straight line through the yearly figures (least squares), read off at `year`.

    The band holds the figure with 80 %, by the scatter around the line; two figures have no
    scatter and give no band, one gives no forecast.
    """
    count = len(known)
    if count < 2:
        return None
    mean_x = sum((Decimal(x) for x, _ in known), Decimal(0)) / count
    mean_y = sum((y for _, y in known), Decimal(0)) / count
    apart = [(Decimal(x) - mean_x, y - mean_y) for x, y in known]
    spread = sum((x * x for x, _ in apart), Decimal(0))
    slope = sum((x * y for x, y in apart), Decimal(0)) / spread
    value = mean_y + slope * (year - mean_x)
    half = None
    if count > 2:
        off = sum(((y - slope * x) * (y - slope * x) for x, y in apart), Decimal(0))
        scatter = (off / (count - 2)).sqrt()
        reach = (1 + Decimal(1) / count + (year - mean_x) * (year - mean_x) / spread).sqrt()
        half = _t(count - 2) * scatter * reach
    return _forecast(year, value, half, TREND, count, lowest, highest)


def pace(
    steps: Sequence[Decimal],
    remaining: int,
    year: int,
    divisor: int = 1,
    lowest: Decimal | None = None,
) -> Forecast | None:
    """What has come together, plus the mean yearly step for every year that remains.

    The total is divided by `divisor` (the years, for an average). The band holds it with
    80 %, by how much the steps differ; from three steps on. One step is no pace.
    """
    count = len(steps)
    if count < 2:
        return None
    done = sum(steps, Decimal(0))
    mean = done / count
    value = done + mean * remaining
    half = None
    if count > 2:
        off = sum(((step - mean) * (step - mean) for step in steps), Decimal(0))
        scatter = (off / (count - 1)).sqrt()
        left = Decimal(remaining)
        half = _t(count - 1) * scatter * (left + left * left / count).sqrt() / divisor
    return _forecast(year, value / divisor, half, PACE, count, lowest, None)


def _forecast(
    year: int,
    value: Decimal,
    half: Decimal | None,
    method: str,
    count: int,
    lowest: Decimal | None,
    highest: Decimal | None,
) -> Forecast:
    def kept(figure: Decimal) -> Decimal:
        figure = figure if lowest is None else max(figure, lowest)
        return figure if highest is None else min(figure, highest)

    band = (None, None) if half is None else (kept(value - half), kept(value + half))
    return Forecast(year, kept(value), method, count, *band)
