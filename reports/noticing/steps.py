"""What happened to a return, and what was said of it: who is to hear."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from django.utils import timezone

from communes.access import Action, can, holders
from communes.enums import Role, TierCode
from communes.models import Official, Unit
from povertyplan.lib.speech import officially
from reports.enums import NoticeKind, Step
from reports.models import Comment, Report, ReportEvent
from reports.noticing.telling import Telling, tell
from reports.returns import reviewers_of

NAMED = 4
"""Figures of a return that a notice names before it counts the rest."""
REASON = 160
"""Letters of the reason for each."""

_TO_OFFICERS: dict[str, str] = {
    Step.RETURN: NoticeKind.RETURNED,
    Step.ENDORSE: NoticeKind.ENDORSED,
    Step.APPROVE: NoticeKind.APPROVED,
    Step.REOPEN: NoticeKind.REOPENED,
}
_TO_REVIEWERS = (Step.SUBMIT, Step.ENDORSE)
"""Steps that lay the return on the desk of the tier that has it then."""


def of_step(event: ReportEvent) -> int:
    """Tell the unit's officers, and the tier that has the return now. Returns how many are told.

    Called in the transaction of the step, before requests are tied to their event.
    """
    return tell([*_officers(event), *_reviewers(event), *_lower_desks(event)])


@officially
def of_comment(comment: Comment) -> int:
    """Tell the other side of what was said of a figure: the unit of its reviewer's words, the
    tier that has the return of the unit's. A request not sent yet is told to nobody.
    """
    if comment.asks_for_change:
        return 0
    report = comment.report
    officers = _people(report.unit_id, Role.OFFICER)
    is_of_unit = any(one.pk == comment.by_id for one in officers)
    people = _desk(report) if is_of_unit else officers
    told = {
        "figure": comment.indicator.name,
        "figure_en": comment.indicator.name_en,
        "body": comment.body[:200],
        "post": comment.post_label,
    }
    return tell(
        [
            Telling(
                one,
                NoticeKind.COMMENTED,
                f"commented:{comment.pk}",
                unit=report.unit,
                period=report.span,
                told={**told, "code": comment.indicator.code, "to_unit": not is_of_unit},
            )
            for one in _others(people, comment.by_id, report.unit)
        ]
    )


def _officers(event: ReportEvent) -> Iterator[Telling]:
    kind = _TO_OFFICERS.get(event.step)
    if kind is None:
        return
    report, told = event.report, _told(event)
    people = _people(report.unit_id, Role.OFFICER)
    for one in _others(people, event.by_id, report.unit):
        yield _telling(event, one, kind, told)


def _reviewers(event: ReportEvent) -> Iterator[Telling]:
    if event.step not in _TO_REVIEWERS:
        return
    report = event.report
    told = {"round": event.round, "step": event.step, "note": event.note[:200]}
    for one in _others(_desk(report), event.by_id, report.unit):
        yield _telling(event, one, NoticeKind.SUBMITTED, told)


def _lower_desks(event: ReportEvent) -> Iterator[Telling]:
    """What a lower tier has endorsed is opened again above it: it will come over its desk anew."""
    if event.step != Step.REOPEN:
        return
    report = event.report
    people = holders([unit.pk for unit in reviewers_of(report.unit)[:-1]], [Role.REVIEWER])
    told = {**_told(event), "desk": True}
    for found in people.values():
        for one in _others(found, event.by_id, report.unit):
            yield _telling(event, one, NoticeKind.REOPENED, told)


def _telling(event: ReportEvent, official: Official, kind: str, told: dict[str, Any]) -> Telling:
    report = event.report
    key = f"{kind}:{event.pk}"
    return Telling(official, kind, key, report.unit, report.span, event, told)


def _told(event: ReportEvent) -> dict[str, Any]:
    told: dict[str, Any] = {
        "round": event.round,
        "note": event.note[:300],
        "post": event.post_label,
        "tier": str(event.report.with_tier or ""),
    }
    if event.step == Step.RETURN:
        told |= _sent_back(event.report)
    return told


def _sent_back(report: Report) -> dict[str, Any]:
    """The figures that are being sent back, in form order, and why."""
    asked = list(
        Comment.objects.filter(report=report, asks_for_change=True, settled_at=None)
        .order_by("indicator__theme__order", "indicator__order")
        .values_list("indicator__name", "indicator__name_en", "body")
    )
    named = asked[:NAMED]
    return {
        "count": len(asked),
        "figures": [name for name, _english, _body in named],
        "figures_en": [english for _name, english, _body in named],
        "reasons": [body[:REASON] for _name, _english, body in named],
    }


def _desk(report: Report) -> list[Official]:
    """The reviewers of the unit that has the return before it.

    A unit that has ended and where nobody reviews any more is passed over.
    """
    if report.with_tier is None:
        return []
    above = [
        unit
        for unit in Unit.objects.above(report.unit).select_related("tier")
        if unit.tier.rank <= report.with_tier.rank and unit.tier.code != TierCode.NATION
    ]
    people = holders([unit.pk for unit in above], [Role.REVIEWER])
    today = timezone.localdate()
    for unit in above:
        if unit.pk in people or unit.is_valid_on(today):
            return people.get(unit.pk, [])
    return []


def _people(unit: int, role: str) -> list[Official]:
    return holders([unit], [role]).get(unit, [])


def _others(people: Collection[Official], by: int, unit: Unit) -> list[Official]:
    """Without who did it, and without who may not see the unit."""
    return [one for one in people if one.pk != by and can(one, Action.VIEW, unit)]
