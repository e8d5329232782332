"""What the figures of a return rest on, for who may see it: files, and decisions by name.

What an officer attaches belongs to the draft: tiers above see what the return held when it
last left its unit, as they do with figures.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Q, QuerySet
from django.http import Http404

from communes import access
from communes.access import Action
from communes.models import Official
from indicators.enums import Answer
from indicators.models import Indicator, Result
from reports.history import figure_history
from reports.models import Evidence, Report
from reports.returns.counted import counted_figures
from reports.returns.previous import locked_values, previous_values


@dataclass(frozen=True)
class Figure:
    """What a return says of one indicator; the value in its unit of measure."""

    answer: str = Answer.MISSING
    value: Decimal | None = None
    is_sample: bool = False


def evidence_of(report: Report, *, as_sent: bool = False) -> dict[int, list[Evidence]]:
    """Indicator pk → what is attached, oldest first. One query; none where nothing can be.

    as_sent: what may be shown to who does not enter the unit's figures.
    """
    found: dict[int, list[Evidence]] = {}
    for row in _rows(report, as_sent=as_sent).select_related("by"):
        found.setdefault(row.indicator_id, []).append(row)
    return found


def file_for(official: Official, pk: int, name: str) -> Evidence:
    """A file that `official` may open. Raises Http404: whether it exists is not told a stranger."""
    found = Evidence.objects.select_related("report__unit").filter(pk=pk).first()
    unit = access.require(official, Action.VIEW, found.report.unit if found else None)
    if found is None or not found.file or found.name != name:
        raise Http404
    as_sent = not access.can(official, Action.ENTER, unit)
    if not _rows(found.report, as_sent=as_sent).filter(pk=pk).exists():
        raise Http404
    return found


def figure_of(report: Report, indicator: Indicator, *, as_sent: bool = False) -> Figure:
    """One figure as `returns` shows it, without putting the whole return together.

    as_sent: as above; what is typed since the return was sent is the unit's own.
    """
    if as_sent and report.submitted_at is None:
        return Figure()
    if as_sent and report.is_editable:
        return _last_sent(report, indicator)
    fact = Result.objects.filter(
        unit=report.unit_id, period=report.period, indicator=indicator
    ).first()
    if fact is None or report.is_editable:
        locked = _locked(report, indicator)
        if locked is not None:
            return Figure(Answer.VALUE, locked, fact is not None and fact.is_sample)
    return Figure(fact.answer, fact.value, fact.is_sample) if fact else Figure()


def _locked(report: Report, indicator: Indicator) -> Decimal | None:
    """What a book counts, or last year's closing that is this year's opening, where it is."""
    if report.is_editable:
        counts = counted_figures([report.unit], report.span).get(report.unit.pk, {})
        if indicator.pk in counts:
            return counts[indicator.pk].value
    if not indicator.prefill_locked:
        return None
    sources = Indicator.objects.filter(used_in__indicator=indicator)
    previous = previous_values(report.unit, report.span, sources)
    return locked_values([indicator], report.span, previous).get(indicator.pk)


def _last_sent(report: Report, indicator: Indicator) -> Figure:
    for change in figure_history(report.unit, report.span):
        is_sent = report.submitted_at is not None and change.at <= report.submitted_at
        if is_sent and change.indicator.pk == indicator.pk:
            return Figure(change.new_answer, change.new)
    return Figure()


def _rows(report: Report, *, as_sent: bool) -> QuerySet[Evidence]:
    if report.pk is None:
        return Evidence.objects.none()
    rows = Evidence.objects.filter(report=report)
    if not as_sent:
        return rows.filter(removed_at=None)
    sent = report.submitted_at
    if sent is None:
        return rows.none()
    if not report.is_editable:
        return rows.filter(removed_at=None)
    return rows.filter(Q(removed_at=None) | Q(removed_at__gt=sent), at__lte=sent)
