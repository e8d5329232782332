"""Middleware: no page is opened without a declared access policy."""

from codecs import lookup
from collections.abc import Callable
from http import HTTPStatus

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import translation
from django.utils.cache import patch_cache_control
from django.utils.translation import gettext as _

from communes.access import Policy, declared_policy, is_administrator


class PolicyMiddleware:
    """Ask each view for its policy before it runs; the API signs people in by itself (tokens)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self,
        request: HttpRequest,
        view: Callable[..., HttpResponseBase],
        _args: tuple[object, ...],
        _kwargs: dict[str, object],
    ) -> HttpResponseBase | None:
        wanted = declared_policy(view)
        if wanted is None:
            raise PermissionDenied(_("Trang này chưa khai báo quyền truy cập."))
        if wanted is Policy.PUBLIC or _is_api(view):
            return None
        if not request.user.is_authenticated:
            if getattr(request, "htmx", None) or request.headers.get("HX-Request"):
                return HttpResponse(status=401)
            return redirect_to_login(request.get_full_path())
        if wanted is Policy.ADMINISTRATOR and not is_administrator(request.user):
            raise PermissionDenied(_("Chỉ quản trị viên mở được trang này."))
        return None


def _is_api(view: Callable[..., HttpResponseBase]) -> bool:
    """REST framework views check token or session themselves, after this middleware."""
    return hasattr(view, "cls") and hasattr(view.cls, "authentication_classes")


def utf8_only(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Pages are UTF-8, so no browser of theirs sends another encoding; reading one could fail."""

    def answer(request: HttpRequest) -> HttpResponse:
        if request.encoding is not None and lookup(request.encoding).name != "utf-8":
            return HttpResponse(
                _("Dữ liệu gửi lên phải ghi bằng UTF-8. Mở lại trang rồi gửi từ trang đó."),
                status=HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
                content_type="text/plain; charset=utf-8",
            )
        return get_response(request)

    return answer


def private_pages(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """What a signed-in person was shown stays out of every cache: office computers are shared."""

    def answer(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if request.user.is_authenticated and not response.has_header("Cache-Control"):
            patch_cache_control(response, private=True, no_store=True)
        return response

    return answer


API = "/api/"
"""Where addresses of the API begin."""


def chosen_language(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Vietnamese, unless the reader has chosen another language: a browser's own is not asked.

    Officials' computers are often set to English, and their work is not. What programs are told
    (the API) is Vietnamese for everybody.
    """
    known = dict(settings.LANGUAGES)

    def answer(request: HttpRequest) -> HttpResponse:
        asked = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
        is_for_people = not request.path_info.startswith(API)
        language = asked if is_for_people and asked in known else settings.LANGUAGE_CODE
        translation.activate(language)
        request.LANGUAGE_CODE = language
        response = get_response(request)
        response.headers.setdefault("Content-Language", language)
        return response

    return answer


def visitor_address(request: HttpRequest) -> str:
    """Who is asking, for the sign-in lock: behind a proxy, the last hop it has written itself."""
    hops: list[str] = request.headers.get("X-Forwarded-For", "").split(",")
    if settings.BEHIND_PROXY and hops[-1].strip():
        return hops[-1].strip()
    return str(request.META.get("REMOTE_ADDR", ""))
