"""A person's own notices: the list, opening one, what they want to be told and how."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth import authenticate
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from communes.access import Policy, policy
from communes.models import Official
from povertyplan.lib.errors import DomainError
from reports.notices import pages
from reports.notices.forms import AddressForm
from reports.noticing import choices as chosen
from reports.noticing import inbox
from reports.noticing.choices import Way, kinds_for
from reports.noticing.words import said


class SignedInRequest(HttpRequest):
    user: Official


@policy(Policy.SIGNED_IN)
@require_safe
def home(request: SignedInRequest) -> HttpResponse:
    page = pages.inbox_page(
        request.user,
        only_unread=request.GET.get("loc") == "chua-doc",
        number=request.GET.get("trang", "1"),
    )
    return render(request, "notices/home.html", {"page": page})


@policy(Policy.SIGNED_IN)
@require_http_methods(["GET", "HEAD", "POST"])
def open_notice(request: SignedInRequest, notice: int) -> HttpResponse:
    """Lead to what the notice is about; pressing its button marks it as read, a link does not."""
    if request.method == "POST":
        found = inbox.read(notice=notice, by=request.user)
    else:
        found = inbox.inbox(request.user).select_related("unit").filter(pk=notice).first()
    if found is None:
        raise Http404(_("Không có tin báo này."))
    return redirect(said(found).path or "notices:home")


@policy(Policy.SIGNED_IN)
@require_POST
def read_all(request: SignedInRequest) -> HttpResponse:
    n = inbox.read_all(by=request.user)
    messages.success(request, _("Đã đánh dấu đã đọc {n} tin.").format(n=n))
    return redirect("notices:home")


@policy(Policy.SIGNED_IN)
@require_http_methods(["GET", "HEAD", "POST"])
def choices(request: SignedInRequest) -> HttpResponse:
    if request.method != "POST":
        return _show_choices(request, AddressForm(initial={"email": request.user.email}))
    ways = {
        kind: Way(f"app-{kind}" in request.POST, request.POST.get(f"mail-{kind}", ""))
        for kind in kinds_for(request.user)
    }
    try:
        chosen.choose(ways=ways, by=request.user)
    except DomainError as error:
        messages.error(request, str(error.problems[0]))
    else:
        messages.success(request, _("Đã lưu lựa chọn nhận tin."))
    return redirect("notices:choices")


@policy(Policy.SIGNED_IN)
@require_POST
def address(request: SignedInRequest) -> HttpResponse:
    form = AddressForm(request.POST)
    if form.is_valid():
        told = form.cleaned_data
        try:
            # Through the sign-in, which locks after too many wrong passwords.
            proved = authenticate(
                request, username=request.user.username, password=told["password"]
            )
            chosen.set_address(
                address=told["email"], by=request.user, is_proved=proved == request.user
            )
        except DomainError as error:
            form.add_error("password", str(error.problems[0].message))
        else:
            messages.success(request, _("Đã lưu địa chỉ thư."))
            return redirect("notices:choices")
    return _show_choices(request, form, status=422)


def _show_choices(request: SignedInRequest, form: AddressForm, status: int = 200) -> HttpResponse:
    context = {"page": pages.choices_page(request.user), "form": form}
    return render(request, "notices/choices.html", context, status=status)
