"""The report in words: what it will say, the file, and the template it is filled in from."""

from __future__ import annotations

from http import HTTPStatus

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from communes import access
from communes.access import Action, Policy, policy
from communes.models import Official, Unit
from indicators.enums import Stage
from indicators.periods import Period
from povertyplan.lib.errors import DomainError, Problem
from povertyplan.lib.letters import DOCX, MOST_BYTES
from povertyplan.lib.numbers import whole_key
from povertyplan.lib.receiving import was_skipped
from reports.narrative import pages
from reports.narrative.asked import Asked, chosen, kind_of, plans_in_force
from reports.narrative.build import narrative_of
from reports.narrative.templates import (
    content_of,
    keep_template,
    template_of,
    use_version,
    versions_of,
)


class SignedInRequest(HttpRequest):
    """A request as the middleware hands it on."""

    user: Official


def _asked(request: SignedInRequest, code: str, period: str, kind: str = "") -> Asked:
    """Raises Http404 for a stranger, and for a period or kind of which there is no report."""
    try:
        span = Period.parse(period)
    except ValueError as error:
        raise Http404(str(error)) from error
    unit = access.require(request.user, Action.VIEW, Unit.objects.named(code, on=span.end))
    found = kind_of(span, kind or request.GET.get("loai", ""))
    if found is None or (kind and found != kind):
        raise Http404(_("Không có loại báo cáo này cho kỳ đó."))
    official = request.GET.get("stage") == Stage.OFFICIAL
    return Asked(
        unit=unit,
        period=span,
        kind=found,
        stage=Stage.OFFICIAL if official else Stage.PROVISIONAL,
        plans=chosen(plans_in_force(unit, span), request.GET.getlist("ke-hoach")),
        by=request.user,
    )


@policy(Policy.BY_UNIT)
@require_safe
def home(request: SignedInRequest, code: str, period: str) -> HttpResponse:
    page = pages.narrative_page(_asked(request, code, period))
    return render(request, "narrative/home.html", {"page": page})


@policy(Policy.BY_UNIT)
@require_safe
def document(request: SignedInRequest, code: str, period: str) -> HttpResponse:
    return _file(*pages.narrative_file(_asked(request, code, period)))


def _file(name: str, content: bytes) -> HttpResponse:
    response = HttpResponse(content, content_type=DOCX)
    response.headers["Content-Disposition"] = content_disposition_header(True, name) or ""
    response.headers["Content-Encoding"] = "identity"  # packed already
    return response


@policy(Policy.BY_UNIT)
@require_safe
def template_file(request: SignedInRequest, code: str, period: str, kind: str) -> HttpResponse:
    asked = _asked(request, code, period, kind)
    return _file(f"mau-bao-cao-{kind}.docx", template_of(asked.unit, asked.kind))


@policy(Policy.BY_UNIT)
@require_safe
def version(
    request: SignedInRequest, code: str, period: str, kind: str, number: int
) -> HttpResponse:
    """One version of the unit's own template as it was sent."""
    asked = _asked(request, code, period, kind)
    found = versions_of(asked.unit, asked.kind).filter(version=number).first()
    if found is None:
        raise Http404(_("Không có lần này của mẫu."))
    return _file(found.name, content_of(found))


@policy(Policy.BY_UNIT)
@require_http_methods(["GET", "HEAD", "POST"])
def template(request: SignedInRequest, code: str, period: str, kind: str) -> HttpResponse:
    """The template in use and every place-holder; POST puts another in use, or the standard one."""
    asked = _asked(request, code, period, kind)
    problems: list[Problem] = []
    if request.method == "POST":
        access.require_keep_templates(request.user, asked.unit)
        try:
            messages.success(request, _changed(request, asked))
        except DomainError as error:
            problems = error.problems
        else:
            return redirect(request.path)
    page = pages.template_page(asked.unit, asked.period, asked.kind, request.user)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if problems else HTTPStatus.OK
    context = {"page": page, "problems": problems}
    return render(request, "narrative/template.html", context, status=status)


def _changed(request: SignedInRequest, asked: Asked) -> str:
    """What was done."""
    step = request.POST.get("step", "")
    if step == "standard":
        use_version(unit=asked.unit, kind=asked.kind, by=request.user, version=None)
        return _("Đã dùng lại mẫu chuẩn. Mẫu của đơn vị vẫn lưu trong hồ sơ.")
    if step:
        number = whole_key(step)
        use_version(unit=asked.unit, kind=asked.kind, by=request.user, version=number or 0)
        return _("Đã dùng lại mẫu lần {version}.").format(version=number)
    if was_skipped(request):
        words = _("Mẫu lớn hơn {most} MB. Bỏ bớt ảnh rồi gửi lại.")
        raise DomainError(words.format(most=MOST_BYTES // 1024**2))
    made = keep_template(
        unit=asked.unit,
        kind=asked.kind,
        by=request.user,
        upload=request.FILES.get("file"),
        sample=narrative_of(asked),
    )
    return _("Đã dùng mẫu “{name}”, lần {version}.").format(name=made.name, version=made.version)
