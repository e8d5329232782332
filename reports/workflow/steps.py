"""What every step of a return rests on: its locked row, the post it is done in, its event."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from communes import access
from communes.models import Official, Post, Unit
from indicators.enums import Answer
from indicators.models import Indicator, Result
from indicators.periods import Period
from povertyplan.lib.speech import officially
from reports.models import Comment, Report, ReportEvent
from reports.noticing import of_step
from reports.returns import plain

LABEL_LENGTH = 200
"""Of a post's words in an event or a comment."""


def locked_report(unit: Unit, period: Period) -> Report:
    """The report, locked until the end of the transaction; a first draft is created.

    Created by an insert that ignores a rival's, so that two officers opening the first draft
    at once get the same row.
    """
    Report.objects.bulk_create([Report(unit=unit, period=period.code)], ignore_conflicts=True)
    return (
        Report.objects.select_for_update(of=("self",))
        .select_related("unit__tier", "with_tier")
        .get(unit=unit, period=period.code)
    )


def post_of(official: Official, role: str, unit: Unit) -> Post | None:
    """The post in which an official acts; one of their own before one handed on to them."""
    posts = [
        post
        for post in access.current_posts(official)
        if post.role == role and post.unit_id == unit.pk
    ]
    return min(posts, key=lambda post: post.delegated_by_id is not None, default=None)


@officially
def label_of(post: Post | None) -> str:
    """The post in words, as events and comments keep it."""
    if post is None:
        return ""
    if post.delegated_by is None:
        return f"{post.title or post.get_role_display()}, {post.unit.name_in_sentence}"
    words = _("Thừa ủy quyền của {giver}, {unit}")
    return words.format(giver=post.delegated_by, unit=post.unit.name_in_sentence)[:LABEL_LENGTH]


def pending_of(report: Report) -> QuerySet[Comment]:
    """What a reviewer has marked and not sent yet."""
    return Comment.objects.filter(
        report=report, asks_for_change=True, settled_at__isnull=True, event__isnull=True
    )


def save_step(report: Report) -> None:
    report.version += 1
    report.save(update_fields=["state", "with_tier", "round", "submitted_at", "version"])


def record(
    report: Report,
    step: str,
    *,
    by: Official,
    post: Post | None,
    note: str,
    asked: Sequence[Indicator] | None = None,
) -> ReportEvent:
    """Keep the step with the figures it covers, those `asked` for or all: [code, figure, note]."""
    facts = Result.objects.filter(unit=report.unit, period=report.period).exclude(
        answer=Answer.MISSING
    )
    if asked is not None:
        facts = facts.filter(indicator__in=asked)
    covered = [
        [code, plain(answer, value), *([told] if told else [])]
        for code, answer, value, told in facts.order_by("indicator__order").values_list(
            "indicator__code", "answer", "value", "note"
        )
    ]
    event = ReportEvent.objects.create(
        report=report,
        step=step,
        round=report.round,
        by=by,
        post=post,
        post_label=label_of(post),
        note=note.strip(),
        covered=covered,
    )
    of_step(event)
    return event
