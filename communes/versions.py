"""The version of a page: an unchanged page is answered 304 instead of being made anew.

A version is worked out in one statement, besides those that find the page's subject, and is
another whenever anything on the page would be: what its facts name, the reader with their posts,
what the frame of every page tells, the day, the language, the release. It may be another without
need; never the same with a difference.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache, wraps
from hashlib import sha256
from http import HTTPStatus
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.messages import get_messages
from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Aggregate, CharField, F, Model, QuerySet, TextField, Value
from django.db.models.functions import MD5, Cast, JSONObject
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.cache import patch_cache_control, patch_vary_headers
from django.utils.crypto import salted_hmac
from django.utils.translation import get_language
from django.views.decorators.http import condition

from communes.access import current_posts
from communes.models import Official, Post

View = Callable[..., HttpResponse]
Facts = Iterable[object]
"""What a version is made of: parts (`digest`, `sums`), asked together, and plain values."""

_ROOT = Path(settings.BASE_DIR)
_CODE = ("communes", "indicators", "locale", "plans", "povertyplan", "reports", "templates")
_KINDS = {".py", ".html", ".mo", ".svg"}
_MADE_OF = (Path(settings.STATIC_ROOT) / "staticfiles.json", _ROOT / "requirements" / "run.lock")
_READ = ("GET", "HEAD")
_KEPT = (HTTPStatus.OK, HTTPStatus.NOT_MODIFIED)  # a redirect is not a page

_FRAME: list[Callable[[Official], Facts]] = []


def told_by_frame(facts: Callable[[Official], Facts]) -> Callable[[Official], Facts]:
    """Have `facts(reader)` in every version: what rooms above put into the frame of the pages."""
    _FRAME.append(facts)
    return facts


def versioned(facts: Callable[..., Facts | None]) -> Callable[[View], View]:
    """Answer 304 to who has the page already. `facts(request, **captured)`: what is on it.

    None from `facts`, a message that waits to be shown, or a browser without the token of its
    forms: the page is made, without a version. The page stays with the reader's own browser,
    which asks again before every use.
    """

    def decorate(view: View) -> View:
        def version(request: HttpRequest, **captured: Any) -> str | None:
            mine = _of_reader(request)
            found = facts(request, **captured) if mine is not None else None
            if mine is None or found is None:
                return None
            told = repr([request.get_full_path(), *values_of([*mine, *found]), _release()])
            return f'"{salted_hmac(__name__, told, algorithm="sha256").hexdigest()[:40]}"'

        conditional = condition(etag_func=version)(view)

        @wraps(view)
        def answer(request: HttpRequest, *args: Any, **captured: Any) -> HttpResponse:
            if request.method not in _READ:
                return view(request, *args, **captured)
            if request.headers.get("If-None-Match", "").strip() == "*":
                del request.META["HTTP_IF_NONE_MATCH"]  # would be answered before the judge
            response = conditional(request, *args, **captured)
            if response.has_header("ETag") and response.status_code not in _KEPT:
                del response.headers["ETag"]
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
    posts = current_posts(user)
    givers = [post.delegated_by_id for post in posts if post.delegated_by_id]
    return [
        (user.pk, str(user), user.is_superuser, request.session.session_key, token),
        [(_columns_of(post), _columns_of(post.unit)) for post in posts],
        [(str(post.unit.tier), str(post.unit.parent)) for post in posts],
        (
            get_language(),
            timezone.localdate(),
            settings.DEMO_MODE,
            request.headers.get("HX-Request"),
            request.headers.get("HX-Target"),
        ),
        *([names_of(givers)] if givers else []),
        *(fact for facts in _FRAME for fact in facts(user)),
    ]


def _columns_of(row: Model) -> list[object]:
    return [getattr(row, field.attname) for field in row._meta.concrete_fields]


@cache
def _release() -> str:
    """What the pages are made by: names, sizes and times of the code and the templates."""
    found = sha256()
    for folder in _CODE:
        for path in sorted((_ROOT / folder).rglob("*")):
            if path.suffix in _KINDS:
                known = path.stat()
                found.update(f"{path}{known.st_size}{known.st_mtime_ns}".encode())
    for path in _MADE_OF:  # the names of scripts and styles; the libraries
        found.update(path.read_bytes() if path.exists() else b"")
    return found.hexdigest()


# -- parts, all read by one statement ----------------------------------------------------------


class Part:
    """What some rows say, as one text that the database makes."""

    def __init__(self, sql: str, params: tuple[Any, ...]) -> None:
        self.sql, self.params = sql, params


class _Joined(Aggregate):
    """The texts of some rows as one. The same rows give the same text, however they are found."""

    function = "GROUP_CONCAT"
    output_field = TextField()

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        """Put in order: it reads rows as its plan of the moment finds them."""
        one, params = compiler.compile(self.get_source_expressions()[0])
        return f"STRING_AGG({one}, ',' ORDER BY {one})", [*params, *params]


def digest(rows: QuerySet[Any], *columns: str) -> Part:
    """Some rows, all columns of each or those named: an edit of any is seen."""
    row = JSONObject(**{name: F(name) for name in columns or _columns(rows.model)})
    return _part(rows, MD5(_Joined(MD5(Cast(row, TextField())))))


def sums(rows: QuerySet[Any], **found: Any) -> Part:
    """What many rows come to: an edit is seen as far as these aggregates show it."""
    return _part(rows, Cast(JSONObject(**found), TextField()))


@cache
def table(model: type[Model]) -> Part:
    """Every row of a small table; the statement is put together once."""
    return digest(model._default_manager.all())


def _columns(model: type[Model]) -> tuple[str, ...]:
    return tuple(field.attname for field in model._meta.concrete_fields)


def _part(rows: QuerySet[Any], words: Any) -> Part:
    """Grouped by nothing: one row, whatever there is."""
    empty = Value("", output_field=CharField())
    asked = rows.order_by().annotate(of_version=empty).values("of_version")
    try:
        query = asked.annotate(in_version=words).values_list("in_version").query
        return Part(*query.sql_with_params())
    except EmptyResultSet:
        return Part("SELECT NULL", ())


def values_of(facts: Facts) -> list[object]:
    """The facts with each part read; one statement for all."""
    found = list(facts)
    parts = [(place, row) for place, row in enumerate(found) if isinstance(row, Part)]
    if parts:
        # In no particular order on its own, so each says which it is.
        sql = " UNION ALL ".join(
            f"SELECT {number} AS place, (SELECT * FROM ({row.sql}) AS one) AS words"  # noqa: S608
            for number, row in parts
        )
        with connection.cursor() as cursor:
            cursor.execute(sql, [value for _place, row in parts for value in row.params])
            for place, words in cursor.fetchall():
                found[place] = words
    return found


# -- people ------------------------------------------------------------------------------------


def names_of(people: Any) -> Part:
    """What some officials (pks, or a query of them) are called, and whether they may sign in."""
    return digest(
        Official.objects.filter(pk__in=people), "pk", "username", "full_name", "is_active"
    )


def posts_in(units: Any) -> list[Part]:
    """Who holds what in some units (pks, or a query of them)."""
    posts = Post.objects.filter(unit__in=units)
    return [digest(posts), names_of(posts.values("official"))]
