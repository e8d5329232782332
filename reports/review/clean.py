"""The returns on somebody's desk in which there is nothing to look at twice, endorsed together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.utils.translation import gettext as _

from communes.access import Action, units_for
from communes.models import Official, Unit
from indicators.models import Result
from indicators.periods import Period
from povertyplan.lib.errors import DomainError
from povertyplan.lib.numbers import format_number, whole_key
from reports import workflow
from reports.enums import UNDER_REVIEW, Step
from reports.models import Report, ReportEvent
from reports.returns import Return, Row, plain, returns_of
from reports.returns.previous import opening_sources
from reports.review.desks import on_desk_of
from reports.review.flags import flags_of
from reports.review.rows import is_accepted

AT_ONCE = 40
"""Returns of one list: each is a step of its own, and the answer waits for all."""

LOOKED_AT = 12
"""Returns that are read to know whether there is any to endorse at once."""


@dataclass(frozen=True, slots=True)
class Headline:
    """What a return says first: poor households at both ends of the year, and their rate."""

    opening: str
    closing: str
    change: str
    rate: str
    cut: str


@dataclass(frozen=True, slots=True)
class CleanRow:
    """One return without anything to look at twice. `version`: what endorsing it refers to."""

    unit: Unit
    version: int
    headline: Headline
    has_sample: bool

    @property
    def key(self) -> str:
        return f"{self.unit.pk}:{self.version}"


@dataclass(frozen=True, slots=True)
class FlaggedRow:
    """One that has to be opened, and why."""

    unit: Unit
    why: str


@dataclass(frozen=True, slots=True)
class CleanPage:
    """Both kinds on the reader's desk. `labels`: what the columns of the headline are of."""

    unit: Unit
    period: Period
    rows: tuple[CleanRow, ...]
    more: int
    flagged: tuple[FlaggedRow, ...]
    labels: Mapping[str, str]

    @property
    def clean(self) -> int:
        return len(self.rows) + self.more

    @property
    def total(self) -> int:
        return self.clean + len(self.flagged)


@dataclass(frozen=True, slots=True)
class Done:
    """What came of endorsing several: which were, and which were not, each with the reason."""

    endorsed: tuple[Unit, ...]
    left: tuple[tuple[Unit, str], ...]


def clean_page(unit: Unit, period: Period, official: Official) -> CleanPage:
    """The returns below `unit` that wait for `official`. The number of queries does not grow with
    them."""
    rows, flagged, found = _sorted_out(unit, period, official)
    sources = opening_sources([row.indicator for one in found for row in one.inputs], period)
    headlines = {one.unit.pk: headline_of(one, sources) for one in found}
    clean = tuple(
        CleanRow(one.unit, one.report.version, headlines[one.unit.pk], one.has_sample)
        for one in rows
    )
    return CleanPage(
        unit=unit,
        period=period,
        rows=clean[:AT_ONCE],
        more=len(clean[AT_ONCE:]),
        flagged=tuple(flagged),
        labels=_labels(found, sources),
    )


def _sorted_out(
    unit: Unit, period: Period, official: Official
) -> tuple[list[Return], list[FlaggedRow], list[Return]]:
    """(without flags, with their reasons, all), in official order."""
    return _sorted(_waiting(unit, period, official), period, official)


@dataclass(frozen=True, slots=True)
class Outlook:
    """How many returns wait, and whether one of them is without anything to look at twice.

    `has_clean` None: not among those that were read, and there are more.
    """

    waiting: int
    has_clean: bool | None


def outlook(unit: Unit, period: Period, official: Official) -> Outlook:
    """Is there anything to endorse together? Reads a few returns, not all."""
    reports = _waiting(unit, period, official)
    clean, _flagged, _all = _sorted(reports[:LOOKED_AT], period, official)
    is_known = bool(clean) or len(reports) <= LOOKED_AT
    return Outlook(len(reports), bool(clean) if is_known else None)


def _sorted(
    reports: Sequence[Report], period: Period, official: Official
) -> tuple[list[Return], list[FlaggedRow], list[Return]]:
    returns = returns_of([row.unit for row in reports], period)
    own = _entered_by(official, reports)
    accepted = workflow.accepted_in_each(reports)
    found = [returns[row.unit_id] for row in reports]
    reasons = {one.unit.pk: _why_not(one, own, accepted[one.report.pk]) for one in found}
    clean = [one for one in found if not reasons[one.unit.pk]]
    flagged = [FlaggedRow(one.unit, why) for one in found if (why := reasons[one.unit.pk])]
    return clean, flagged, found


def _waiting(unit: Unit, period: Period, official: Official) -> list[Report]:
    rows = list(
        Report.objects.filter(
            unit__upward__ancestor=unit, period=period.code, state__in=UNDER_REVIEW
        )
        .exclude(unit=unit)
        .select_related("unit__tier", "unit__parent", "with_tier")
        .order_by("unit__parent__code", "unit__code")
    )
    mine = on_desk_of(official, rows)
    return [row for row in rows if row.pk in mine]


def _entered_by(official: Official, reports: Sequence[Report]) -> set[int]:
    """Units (pks) in whose returns this person typed, or which they sent: not theirs to endorse."""
    if not reports:
        return set()
    units = [row.unit_id for row in reports]
    rounds = {row.pk: row.round for row in reports}
    typed = Result.objects.filter(
        unit__in=units, period=reports[0].period, entered_by=official
    ).values_list("unit", flat=True)
    sent = ReportEvent.objects.filter(report__in=rounds, step=Step.SUBMIT, by=official)
    counted = workflow.counted_by(official, units, reports[0].span)
    return (
        set(typed)
        | counted
        | {
            unit
            for unit, report, number in sent.values_list("report__unit", "report", "round")
            if rounds[report] == number
        }
    )


def _why_not(found: Return, own: set[int], accepted: Mapping[int, str]) -> str:
    """Why a return has to be opened before it is endorsed; "" when it need not be.

    What was accepted on this desk (`accepted`) asks for no second look, as on the desk itself.
    """
    if found.unit.pk in own:
        return _("đồng chí đã nhập số của báo cáo này")
    unseen = [row for row in found.rows if not is_accepted(row, accepted)]
    flags = sum(bool(flags_of(row)) for row in unseen)
    if flags:
        return _("{n} chỉ tiêu có cờ").format(n=flags)
    if found.missing:
        return _("{n} ô chưa có số").format(n=len(found.missing))
    if any(row.request for row in found.inputs):
        return _("có ô đánh dấu trả lại chưa gửi")
    unmet = sum(_is_unmet(row, found.report) for row in unseen)
    if unmet:
        return _("{n} ô đã trả lại nhưng chưa sửa").format(n=unmet)
    if any(row.recount for row in unseen):
        return _("sổ theo dõi đã đổi số sau khi nộp")
    return ""


def _is_unmet(row: Row, report: Report) -> bool:
    """Was the figure sent back the last time, and came back as it was?"""
    now = plain(row.answer, row.value)
    return any(
        one.asks_for_change
        and one.settled_at is not None
        and one.round == report.round - 1
        and one.value_then == now
        for one in row.comments
    )


# -- headline -------------------------------------------------------------------------------------


def headline_of(found: Return, sources: Mapping[int, int]) -> Headline:
    """`sources`: opening → closing (pks), as `opening_sources` gives them. The first pair of the
    form counts, and the first rate that the closing is part of."""
    opening, closing, rate = _lines(found, sources)
    cut = next(
        (row for row in found.rows if rate and row.kind == "change" and _same(row, rate)), None
    )
    return Headline(
        opening=_text(opening),
        closing=_text(closing),
        change=_difference(opening, closing),
        rate=_text(rate),
        cut=_text(cut),
    )


def _lines(found: Return, sources: Mapping[int, int]) -> tuple[Row | None, Row | None, Row | None]:
    by_pk = {row.indicator.pk: row for row in found.inputs}
    pairs = [
        (row, by_pk[sources[row.indicator.pk]])
        for row in found.inputs
        if sources.get(row.indicator.pk) in by_pk
    ]
    if not pairs:
        return None, None, None
    opening, closing = pairs[0]
    rates = (row for row in found.rows if row.kind == "ratio")
    code = closing.indicator.code
    return opening, closing, next((row for row in rates if row.numerator == (code,)), None)


def _same(row: Row, other: Row) -> bool:
    return row.indicator.pk == other.indicator.pk


def _text(row: Row | None) -> str:
    return format_number(row.value, row.indicator.decimals) if row is not None else "–"


def _difference(opening: Row | None, closing: Row | None) -> str:
    if opening is None or closing is None or opening.value is None or closing.value is None:
        return "–"
    change: Decimal = closing.value - opening.value
    return ("+" if change > 0 else "") + format_number(change, closing.indicator.decimals)


def _labels(found: Sequence[Return], sources: Mapping[int, int]) -> dict[str, str]:
    for one in found:
        opening, closing, rate = _lines(one, sources)
        if opening and closing:
            return {
                "opening": opening.indicator.name,
                "closing": closing.indicator.name,
                "rate": rate.indicator.name if rate else "",
            }
    return {}


# -- the deed -------------------------------------------------------------------------------------


def endorse_all(unit: Unit, period: Period, keys: Sequence[str], *, by: Official) -> Done:
    """Endorse the returns that were ticked, each as it was seen and in its own transaction.

    `keys`: `CleanRow.key` of each. What has changed since, or has a flag by now, is left and
    named. Raises DomainError when nothing was ticked.
    """
    seen = _seen(keys)
    if not seen:
        raise DomainError(_("Chưa chọn báo cáo nào để duyệt."))
    clean, flagged, _all = _sorted_out(unit, period, by)
    reports = {one.unit.pk: one.report for one in clean}
    why = {one.unit.pk: one.why for one in flagged}
    mine = units_for(by, Action.REVIEW).values("pk")
    asked = Unit.objects.below(unit).filter(pk__in=seen).filter(pk__in=mine)
    asked = asked.order_by("parent__code", "code")
    endorsed, left = [], []
    for one in asked[:AT_ONCE]:
        report = reports.get(one.pk)
        refusal = (
            why.get(one.pk) or _("không còn chờ đồng chí duyệt")
            if report is None
            else _endorse(report, seen[one.pk], by)
        )
        if refusal:
            left.append((one, refusal))
        else:
            endorsed.append(one)
    return Done(tuple(endorsed), tuple(left))


def _seen(keys: Sequence[str]) -> dict[int, int]:
    """Unit pk → the version that was seen; what cannot be read is left out."""
    pairs = (key.partition(":") for key in keys)
    read = ((whole_key(unit), whole_key(version)) for unit, _, version in pairs)
    return {unit: version for unit, version in read if unit is not None and version is not None}


def _endorse(report: Report, seen: int, by: Official) -> str:
    """Why it was not endorsed; "" when it was."""
    try:
        workflow.endorse(report=report, by=by, seen=seen)
    except DomainError as error:
        return str(error.problems[0].message)
    except (Http404, PermissionDenied) as error:
        return str(error)
    return ""
