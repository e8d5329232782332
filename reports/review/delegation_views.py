"""Handing the desk of a unit on to somebody for a while, and taking it back."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from communes import access
from communes.access import Action, Policy, policy
from communes.models import Unit
from povertyplan.lib.errors import DomainError, Problem
from reports import workflow
from reports.review.delegations import DelegationForm, candidates, delegations_page
from reports.review.requests import PageRequest


@policy(Policy.BY_UNIT)
@require_http_methods(["GET", "HEAD", "POST"])
def delegations(request: PageRequest, code: str) -> HttpResponse:
    unit = access.require(request.user, Action.VIEW, Unit.objects.named_ever(code))
    if request.method == "POST":
        access.require_delegate(request.user, unit)
        if "end" in request.POST:
            return _end(request, unit)
        return _delegate(request, unit)
    return _show(request, unit, DelegationForm(posts=candidates(unit, request.user)))


def _delegate(request: PageRequest, unit: Unit) -> HttpResponse:
    posts = candidates(unit, request.user)
    form = DelegationForm(request.POST, posts=posts)
    if not form.is_valid():
        return _show(request, unit, form, status=422)
    told = form.cleaned_data
    to = next(post.official for post in posts if str(post.official_id) == told["official"])
    try:
        post = workflow.delegate(
            unit=unit,
            to=to,
            valid_from=told["valid_from"],
            valid_to=told["valid_to"],
            basis=told["basis"],
            by=request.user,
        )
    except DomainError as error:
        return _show(request, unit, form, error.problems, status=422)
    words = _("Đã ủy quyền cho {person} đến hết {day}.")
    messages.success(request, words.format(person=to, day=f"{post.valid_to:%d/%m/%Y}"))
    return redirect(request.path)


def _end(request: PageRequest, unit: Unit) -> HttpResponse:
    pk = request.POST["end"]
    found = [post for post in workflow.delegations_of(unit) if str(post.pk) == pk]
    if not found:
        raise Http404(_("Không có ủy quyền này."))
    try:
        workflow.end_delegation(post=found[0], by=request.user)
    except DomainError as error:
        form = DelegationForm(posts=candidates(unit, request.user))
        return _show(request, unit, form, error.problems, status=422)
    messages.success(
        request, _("Đã thu hồi ủy quyền của {person}.").format(person=found[0].official)
    )
    return redirect(request.path)


def _show(
    request: PageRequest,
    unit: Unit,
    form: DelegationForm,
    problems: list[Problem] | None = None,
    status: int = 200,
) -> HttpResponse:
    page = delegations_page(unit, request.user)
    context = {"page": page, "form": form, "problems": problems or []}
    return render(request, "review/delegations.html", context, status=status)
