"""The rulebook's pages, for administrators of the whole system."""

from __future__ import annotations

from http import HTTPStatus

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from communes.access import Policy, policy
from communes.models import Official
from indicators.enums import Severity
from indicators.models import ValidationRule
from indicators.rulebook import pages
from indicators.rulebook.forms import RuleForm, TrialForm
from indicators.rulebook.pages import Filter
from indicators.rulemaking import Unconfirmed, change_rule
from indicators.trial import Trial, try_rule
from povertyplan.lib.errors import DomainError


class SignedInRequest(HttpRequest):
    """A request as the middleware hands it on."""

    user: Official


@policy(Policy.ADMINISTRATOR)
@require_safe
def rule_list(request: HttpRequest) -> HttpResponse:
    severity, active = request.GET.get("muc", ""), request.GET.get("dung", "")
    wanted = Filter(
        words=request.GET.get("q", "").strip()[:80],
        severity=severity if severity in Severity.values else "",
        active=active if active in ("on", "off") else "",
    )
    context = {"page": pages.rule_list(wanted), "severities": Severity.choices}
    return render(request, "rulebook/list.html", context)


@policy(Policy.ADMINISTRATOR)
@require_http_methods(["GET", "HEAD", "POST"])
def rule(request: SignedInRequest, code: str) -> HttpResponse:
    found = pages.find_rule(code)
    if found is None:
        raise Http404(_("Không có quy tắc này."))
    if request.method == "POST":
        return _change(request, found)
    asked = TrialForm(pages.tiers_of(found), request.GET if "thu" in request.GET else None)
    trial = None
    if asked.is_bound and asked.is_valid():
        trial = try_rule(found, asked.years, asked.cleaned_data["tiers"])
    return _show(request, found, RuleForm(found), asked, trial)


def _change(request: SignedInRequest, found: ValidationRule) -> HttpResponse:
    form = RuleForm(found, request.POST)
    trial = None
    if form.is_valid():
        try:
            is_changed = change_rule(
                rule=found,
                terms=form.terms,
                by=request.user,
                seen=form.cleaned_data["seen"],
                is_confirmed="confirm" in request.POST,
            )
            said = _("Đã lưu quy tắc.") if is_changed else _("Quy tắc vẫn như cũ.")
            messages.success(request, said)
            return redirect("rules:rule", found.code)
        except Unconfirmed as doubt:
            trial = doubt.trial
        except DomainError as error:
            form.take(error.problems)
    asked = TrialForm(pages.tiers_of(found))
    status = HTTPStatus.UNPROCESSABLE_ENTITY
    return _show(request, found, form, asked, trial, is_doubtful=trial is not None, status=status)


def _show(
    request: HttpRequest,
    found: ValidationRule,
    form: RuleForm,
    asked: TrialForm,
    trial: Trial | None,
    *,
    is_doubtful: bool = False,
    status: int = HTTPStatus.OK,
) -> HttpResponse:
    context = {
        "page": pages.rule_page(found),
        "form": form,
        "asked": asked,
        "trial": trial,
        "is_doubtful": is_doubtful,
    }
    return render(request, "rulebook/rule.html", context, status=status)
