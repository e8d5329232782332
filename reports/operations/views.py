"""The operations page, and what its buttons ask for. For administrators of the whole system."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from communes.access import Policy, policy
from plans.views.asking import SignedInRequest
from povertyplan.lib.errors import DomainError
from reports.operations import decisions, pages


@policy(Policy.ADMINISTRATOR)
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    return render(request, "operations/home.html", {"page": pages.home()})


@policy(Policy.ADMINISTRATOR)
@require_POST
def retry_mark(request: SignedInRequest, mark: int) -> HttpResponse:
    return _done(request, lambda: decisions.retry_mark(mark, by=request.user))


@policy(Policy.ADMINISTRATOR)
@require_POST
def audit(request: SignedInRequest) -> HttpResponse:
    return _done(request, lambda: decisions.ask_for_audit(by=request.user))


@policy(Policy.ADMINISTRATOR)
@require_POST
def see_audit(request: SignedInRequest, audit: int) -> HttpResponse:
    return _done(request, lambda: decisions.see_audit(audit, by=request.user))


@policy(Policy.ADMINISTRATOR)
@require_POST
def retry_task(request: SignedInRequest, failure: int) -> HttpResponse:
    return _done(request, lambda: decisions.retry_task(failure, by=request.user))


@policy(Policy.ADMINISTRATOR)
@require_POST
def dismiss_task(request: SignedInRequest, failure: int) -> HttpResponse:
    return _done(request, lambda: decisions.dismiss_task(failure, by=request.user))


@policy(Policy.ADMINISTRATOR)
@require_POST
def retry_letter(request: SignedInRequest, letter: int) -> HttpResponse:
    return _done(request, lambda: decisions.retry_letter(letter, by=request.user))


def _done(request: HttpRequest, decide: Callable[[], str]) -> HttpResponse:
    """Carry out one decision, say what came of it, and show the page again."""
    try:
        messages.success(request, decide())
    except DomainError as error:
        messages.error(request, str(error))
    return redirect("operations:home")
