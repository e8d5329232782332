"""Django's admin pages, opened to administrators only: the judge decides, not account flags."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib.admin import AdminSite
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from communes.access import Policy, is_administrator, policy


class AdministrationSite(AdminSite):
    site_title = site_header = _("Quản trị hệ thống")
    index_title = _("Danh mục, địa bàn, cán bộ")

    def has_permission(self, request: HttpRequest) -> bool:
        return is_administrator(request.user)

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        return policy(Policy.ADMINISTRATOR)(super().admin_view(view, cacheable))

    def get_urls(self) -> list[Any]:
        urls = super().get_urls()
        _declare(urls)
        return urls


def _declare(patterns: list[Any]) -> None:
    """Give every page below its policy: those of the models are wrapped where no policy sticks,
    and login, logout and the catch-all are plain methods."""
    for pattern in patterns:
        if hasattr(pattern, "url_patterns"):
            _declare(pattern.url_patterns)
        elif not hasattr(pattern.callback, "access_policy"):
            pattern.callback = policy(Policy.ADMINISTRATOR)(_detached(pattern.callback))


def _detached(view: Callable[..., Any]) -> Callable[..., Any]:
    """A function of its own: a bound method cannot carry a policy."""

    def call(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        return view(request, *args, **kwargs)

    return call
