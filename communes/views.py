"""Signing in and out, the password, and the pages shown when something is refused."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.views import LoginView, LogoutView, PasswordChangeView
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template import Context, Engine
from django.urls import reverse_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from django.views.i18n import set_language

from communes.access import Policy, policy
from communes.models import Official


class SignIn(LoginView):
    template_name = "communes/sign_in.html"
    redirect_authenticated_user = True

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        if settings.DEMO_MODE:
            context["demo_password"] = settings.DEMO_PASSWORD
            context["demo_officials"] = Official.objects.filter(
                is_demo=True, is_active=True
            ).prefetch_related("posts__unit")
        return context


class ChangePassword(PasswordChangeView):
    template_name = "communes/change_password.html"
    success_url = reverse_lazy("home")

    def form_valid(self, form: Any) -> HttpResponse:
        messages.success(self.request, _("Đã đổi mật khẩu."))
        return super().form_valid(form)


class SignOut(LogoutView):
    """Office computers are shared: what the browser kept of this person's pages goes."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        answer = super().post(request, *args, **kwargs)
        answer["Clear-Site-Data"] = '"cache"'
        return answer


sign_in = policy(Policy.PUBLIC)(SignIn.as_view())
sign_out = policy(Policy.PUBLIC)(SignOut.as_view())
change_password = policy(Policy.SIGNED_IN)(ChangePassword.as_view())


def _refusal(
    request: HttpRequest, status: int, title: str, advice: str, exception: Exception | None
) -> HttpResponse:
    reason = str(exception) if exception and exception.args else ""
    if request.path.startswith("/api/"):
        return JsonResponse(
            {"errors": [{"where": "", "message": reason or title, "code": str(status)}]},
            status=status,
        )
    context = {"title": title, "reason": reason, "advice": advice}
    return render(request, "communes/refused.html", context, status=status)


@policy(Policy.PUBLIC)
@require_POST
def choose_language(request: HttpRequest) -> HttpResponse:
    """Keep the reader's language in a cookie, and go back to the page."""
    return set_language(request)


@policy(Policy.PUBLIC)
def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _refusal(
        request,
        400,
        _("Yêu cầu gửi lên không đọc được"),
        _("Có thể trang gửi quá nhiều ô hoặc quá lớn. Quay lại, tải lại trang rồi gửi lại."),
        None,
    )


@policy(Policy.PUBLIC)
def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _refusal(
        request,
        403,
        _("Đồng chí không có quyền làm việc này"),
        _("Nếu đây là việc của đồng chí, đề nghị quản trị viên kiểm tra chức trách được giao."),
        exception,
    )


@policy(Policy.PUBLIC)
def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    known = exception if exception and isinstance(exception.args[:1], tuple) else None
    text = known if known and known.args and isinstance(known.args[0], str) else None
    return _refusal(
        request,
        404,
        _("Không tìm thấy trang này"),
        _("Địa chỉ có thể đã đổi, hoặc đơn vị không thuộc phạm vi của đồng chí."),
        text,
    )


@policy(Policy.PUBLIC)
def server_error(request: HttpRequest) -> HttpResponse:
    """Shown when nothing can be relied on: no database, no context, no address is asked for."""
    title = _("Hệ thống gặp lỗi")
    advice = _("Số đã lưu vẫn còn. Tải lại trang sau ít phút; nếu vẫn lỗi, báo quản trị viên.")
    if request.path.startswith("/api/"):
        return JsonResponse(
            {"errors": [{"where": "", "message": title, "code": "500"}]}, status=500
        )
    page = Engine.get_default().get_template("communes/server_error.html")
    return HttpResponse(page.render(Context({"title": title, "advice": advice})), status=500)
