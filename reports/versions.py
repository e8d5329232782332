"""The version of a page of figures: an unchanged page is answered 304 instead of being made anew.

A version is worked out in a fixed number of small queries and is another whenever anything on the
page would be: figures and what is being added up, drafts that are counted, steps of returns,
calendar, plans, definitions, the reader with their posts and unread notices, the day, the release.
It may be another without need; never the same with a difference.

Only the line “Tính đến …” stays as it was on the first answer: everything entered by then is in the
figures, and nothing has come since.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache, wraps
from hashlib import sha256
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.messages import get_messages
from django.db.models import Count, F, FloatField, Max, Min, Q, Sum
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.cache import patch_cache_control, patch_vary_headers
from django.utils.crypto import salted_hmac
from django.utils.translation import get_language
from django.views.decorators.http import condition

from communes.access import current_posts, is_administrator
from communes.models import Ancestry, GroupMember, Official, Succession, Tier, Unit
from indicators.models import Audit, Definitions, Recompute, Result, Rollup, SeriesBreak
from indicators.periods import Period
from plans.models import (
    Allocation,
    AllocationShare,
    Amendment,
    Milestone,
    Plan,
    Target,
    VerdictChange,
)
from reports.models import Comment, Deadline, Reminder, Report, ReportEvent
from reports.noticing.inbox import unread

View = Callable[..., HttpResponse]
Parts = Iterable[object]

_ROOT = Path(settings.BASE_DIR)
_CODE = ("communes", "indicators", "locale", "plans", "povertyplan", "reports", "templates")
_KINDS = {".py", ".html", ".mo", ".svg"}


def versioned(facts: Callable[..., Parts | None]) -> Callable[[View], View]:
    """Answer 304 to who has the page already. `facts(**captured)`: the data of its version.

    None from `facts`, a message that waits to be shown, or a browser without the token of its
    forms: the page is made, without a version. The page stays with the reader's own browser,
    which asks again before every use.
    """

    def decorate(view: View) -> View:
        def version(request: HttpRequest, **captured: Any) -> str | None:
            mine = _of_reader(request)
            found = facts(**captured) if mine is not None else None
            if mine is None or found is None:
                return None
            told = repr([request.get_full_path(), mine, list(found), _release()])
            return f'"{salted_hmac(__name__, told, algorithm="sha256").hexdigest()[:40]}"'

        conditional = condition(etag_func=version)(view)

        @wraps(view)
        def answer(request: HttpRequest, *args: Any, **captured: Any) -> HttpResponse:
            response = conditional(request, *args, **captured)
            if response.has_header("ETag"):
                patch_cache_control(response, private=True, no_cache=True)
                patch_vary_headers(response, ["Cookie"])
            return response

        return answer

    return decorate


def _of_reader(request: HttpRequest) -> list[object] | None:
    """Who reads, on which sign-in, and what the frame of every page tells them.

    Every sign-in has a session and a token of its own, so no page goes over to another person.
    """
    user, token = request.user, request.META.get("CSRF_COOKIE")
    if not isinstance(user, Official) or not token or len(get_messages(request)):
        return None
    posts = [
        (post.pk, post.role, post.title, post.unit_id, post.delegated_by_id)
        for post in current_posts(user)
    ]
    alert = is_administrator(user) and Audit.objects.filter(differing__gt=0, seen_by=None).exists()
    return [
        (user.pk, str(user), request.session.session_key, token),
        (posts, unread(user), alert),
        (
            get_language(),
            timezone.localdate(),
            settings.DEMO_MODE,
            request.headers.get("HX-Request"),
        ),
    ]


@cache
def _release() -> str:
    """What the pages are made by: names, sizes and times of the code and the templates."""
    found = sha256()
    for folder in _CODE:
        for path in sorted((_ROOT / folder).rglob("*")):
            if path.suffix in _KINDS:
                known = path.stat()
                found.update(f"{path}{known.st_size}{known.st_mtime_ns}".encode())
    return found.hexdigest()


# -- the data of a unit's pages --------------------------------------------------------------


def of_unit(code: str, period: str) -> list[object] | None:
    """Everything pages of a unit and a period rest on; None where there is no such page.

    The same number of queries for a commune and a province.
    """
    try:
        span = Period.parse(period)
    except ValueError:
        return None
    unit = Unit.objects.named(code, on=span.end)
    if unit is None:
        return None
    below = Ancestry.objects.filter(ancestor=unit).values("descendant")
    return [
        *_definitions(unit),
        *_figures(unit, below, span),
        *_returns(below, span),
        *_plans(unit, below),
    ]


def _rows(query: Any) -> list[tuple[object, ...]]:
    """Every column of a few rows: an edit of any is seen."""
    return list(query.order_by("pk").values_list())


def _definitions(unit: Unit) -> Parts:
    yield unit.pk
    yield Definitions.objects.values_list("stamp", flat=True).first()
    yield _rows(Tier.objects)
    yield _rows(SeriesBreak.objects)
    yield _rows(Succession.objects.filter(predecessor__upward__ancestor=unit))


def _figures(unit: Unit, below: Any, period: Period) -> Parts:
    """Sums of every year (promises look back), what waits, and what is typed in this period."""
    members = GroupMember.objects.filter(group__targets__unit=unit).values("unit")
    kept = Rollup.objects.filter(Q(unit__in=below) | Q(unit__in=members))
    yield kept.aggregate(Count("pk"), Max("computed_at"), Max("pk"))
    waiting = Recompute.objects.filter(Q(unit__in=below) | Q(unit__in=members) | Q(unit=None))
    yield waiting.aggregate(
        Count("pk"), Max("pk"), Min("marked_at"), failed=Count("pk", filter=~Q(problem=""))
    )
    typed = Result.objects.filter(unit__in=below, period=period.code)
    yield typed.aggregate(Count("pk"), Max("pk"), Max("entered_at"), Sum("version"))
    own = Result.history.filter(unit=unit, period=period.code, history_user__isnull=False)
    names = own.order_by().values_list("history_user__full_name", "history_user__username")
    yield sorted(names.distinct())


def _returns(below: Any, period: Period) -> Parts:
    reports = Report.objects.filter(unit__in=below, period=period.code)
    yield reports.aggregate(Count("pk"), Max("pk"), Sum("version"), Sum("round"))
    steps = ReportEvent.objects.filter(report__unit__in=below, report__period=period.code)
    yield steps.aggregate(Count("pk"), Max("pk"))
    asked = Comment.objects.filter(report__unit__in=below, report__period=period.code)
    yield asked.aggregate(
        Count("pk"), Max("pk"), Max("settled_at"), open=Count("pk", filter=Q(settled_at=None))
    )
    reminded = Reminder.objects.filter(unit__in=below, period=period.code)
    yield reminded.aggregate(Count("pk"), Max("pk"))
    yield Deadline.history.aggregate(Max("history_id"))
    yield _rows(Deadline.objects.filter(issuer__downward__descendant__in=below).distinct())


_SUMS = {"sum": Sum("value"), "placed": Sum(F("value") * F("pk"), output_field=FloatField())}
"""Two of one plan that change places have the same sum, but not each in its place."""


def _plans(unit: Unit, below: Any) -> Parts:
    """Documents, promises and decisions as they are; the many milestones by their sums."""
    yield _rows(Plan.objects)
    bound = Q(unit__in=below) | Q(unit__downward__descendant=unit)
    targets = Target.objects.filter(bound).distinct()
    yield _rows(targets)
    yield _rows(Amendment.objects.filter(target__in=targets.values("pk")))
    given = Milestone.objects.filter(unit__in=below)
    yield given.aggregate(Count("pk"), Max("pk"), Sum("allocation_id"), **_SUMS)
    decided = Allocation.objects.filter(
        unit__downward__descendant=unit
    ) | Allocation.objects.filter(unit__in=below)
    yield _rows(decided.distinct())
    shares = AllocationShare.objects.filter(unit__in=below)
    yield shares.aggregate(Count("pk"), Max("pk"), **_SUMS)
    turned = VerdictChange.objects.filter(target__in=targets.values("pk"))
    yield turned.aggregate(Count("pk"), Max("pk"))
