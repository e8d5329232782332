"""Handing the reviewing of a unit on to somebody for a while: a post of its own, with an end.

A post, so that `communes.access` goes on deciding from posts alone.
"""

from __future__ import annotations

from datetime import date, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from communes import access
from communes.enums import Role
from communes.models import Official, Post, Unit
from povertyplan.lib.errors import DomainError, Problem
from povertyplan.lib.speech import recorded

MOST_DAYS = 366
"""The longest time a desk is handed on for, first and last day included."""


def possible_delegates(unit: Unit, giver: Official) -> list[Post]:
    """The posts of those to whom `giver` may hand on the desk of `unit`, highest tier first.

    Who holds a post on the unit, or reviews directly above it or anywhere below it, and does not
    review it already. Two queries.
    """
    today = timezone.localdate()
    beside = Q(unit=unit.parent_id) | Q(unit__upward__ancestor=unit)
    reach = Q(unit=unit) | Q(beside, role=Role.REVIEWER)
    reviewing = Post.objects.held_on(today).filter(unit=unit, role=Role.REVIEWER, delegated_by=None)
    return list(
        Post.objects.held_on(today)
        .filter(reach, official__is_active=True, delegated_by=None)
        .exclude(official=giver)
        .exclude(official__in=reviewing.values("official"))
        .select_related("official", "unit__tier")
        .order_by("unit__tier__rank", "unit__code", "official__full_name", "pk")
    )


def delegations_of(unit: Unit) -> list[Post]:
    """Every time the desk of `unit` was handed on, latest first."""
    rows = Post.objects.filter(unit=unit, delegated_by__isnull=False)
    return list(
        rows.select_related("official", "delegated_by", "unit").order_by("-valid_to", "-pk")
    )


@transaction.atomic
def delegate(
    *,
    unit: Unit,
    to: Official,
    valid_from: date,
    valid_to: date,
    basis: str,
    by: Official,
) -> Post:
    """Let `to` review on the desk of `unit` from a day to a day; the giver keeps their own post.

    Raises Http404/PermissionDenied for who holds no such desk in their own right, DomainError
    with everything that is wrong.
    """
    access.require_delegate(by, unit)
    Unit.objects.select_for_update(of=("self",)).get(pk=unit.pk)  # one delegation at a time
    own = _own_post(unit, by)
    problems = [
        *_faults_of_days(own, valid_from, valid_to),
        *_faults_of_person(unit, to, by),
        *_faults_of_overlap(unit, to, valid_from, valid_to),
    ]
    if not basis.strip():
        problems.append(Problem(_("Ghi số, ngày của văn bản ủy quyền."), _("Văn bản")))
    if problems:
        raise DomainError(problems)
    return Post.objects.create(
        official=to,
        unit=unit,
        role=Role.REVIEWER,
        title=recorded("Thừa ủy quyền"),
        valid_from=valid_from,
        valid_to=valid_to,
        delegated_by=by,
        basis=basis.strip(),
    )


def _own_post(unit: Unit, by: Official) -> Post:
    return next(post for post in access.own_reviewing_posts(by) if post.unit_id == unit.pk)


def _faults_of_days(own: Post, first: date, last: date) -> list[Problem]:
    where = _("Thời gian")
    if last < first:
        return [Problem(_("Ngày kết thúc trước ngày bắt đầu."), where)]
    problems = []
    if first < timezone.localdate():
        problems.append(Problem(_("Không ủy quyền cho những ngày đã qua."), where))
    if (last - first).days >= MOST_DAYS:
        words = _("Ủy quyền không quá {most} ngày; hết hạn thì ủy quyền lại.")
        problems.append(Problem(words.format(most=MOST_DAYS), where))
    if own.valid_to is not None and last > own.valid_to:
        words = _("Chức trách của đồng chí chỉ đến hết {day}; không ủy quyền quá ngày đó.")
        problems.append(Problem(words.format(day=f"{own.valid_to:%d/%m/%Y}"), where))
    return problems


def _faults_of_person(unit: Unit, to: Official, by: Official) -> list[Problem]:
    where = _("Người được ủy quyền")
    if to == by:
        return [Problem(_("Không tự ủy quyền cho mình."), where)]
    if to.pk not in {post.official_id for post in possible_delegates(unit, by)}:
        return [
            Problem(
                _(
                    "Chỉ ủy quyền cho người đang giữ chức trách ở đơn vị này, hoặc đang duyệt ở "
                    "đơn vị cấp dưới hay cấp trên trực tiếp, và chưa duyệt ở đây."
                ),
                where,
            )
        ]
    return []


def _faults_of_overlap(unit: Unit, to: Official, first: date, last: date) -> list[Problem]:
    rows = Post.objects.select_for_update().filter(
        unit=unit, official=to, delegated_by__isnull=False
    )
    found = rows.filter(valid_from__lte=last, valid_to__gte=first).first()
    if found is None:
        return []
    words = _("{person} đã được ủy quyền từ {first} đến {last}. Thu hồi trước khi ủy quyền lại.")
    text = words.format(
        person=to, first=f"{found.valid_from:%d/%m/%Y}", last=f"{found.valid_to:%d/%m/%Y}"
    )
    return [Problem(text, _("Thời gian"))]


@transaction.atomic
def end_delegation(*, post: Post, by: Official) -> None:
    """Take a delegation back: from this moment it counts no more.

    What was done in it stays as it was done, and so does the post. One that has not begun leaves
    no trace.
    """
    access.require_delegate(by, post.unit)
    post = Post.objects.select_for_update().get(pk=post.pk, delegated_by__isnull=False)
    today = timezone.localdate()
    if post.valid_to is None or post.valid_to < today:
        raise DomainError(_("Ủy quyền này đã hết hiệu lực."))
    yesterday = today - timedelta(days=1)
    if post.valid_from is not None and post.valid_from > today:
        post.delete()
        return
    if post.valid_from is not None and post.valid_from > yesterday:
        post.valid_from = yesterday
    post.valid_to = yesterday
    post.title = recorded("Thừa ủy quyền, thu hồi {day}", day=f"{today:%d/%m/%Y}")
    post.save(update_fields=["valid_from", "valid_to", "title"])
