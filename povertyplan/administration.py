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
        for pattern in urls:
            # login, logout and the catch-all are plain methods that admin_view does not wrap
            callback = getattr(pattern, "callback", None)
            if callback is not None and not hasattr(callback, "access_policy"):
                pattern.callback = policy(Policy.ADMINISTRATOR)(_detached(callback))
        return urls


def _detached(view: Callable[..., Any]) -> Callable[..., Any]:
    """A function of its own: a bound method cannot carry a policy."""

    def call(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        return view(request, *args, **kwargs)

    return call
