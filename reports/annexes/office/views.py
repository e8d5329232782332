"""A table in the office's own workbook: the file, the template and its versions."""

from __future__ import annotations

from http import HTTPStatus
from typing import cast

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import content_disposition_header, urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from communes import access
from communes.access import Policy, policy
from communes.models import Official
from indicators.enums import Stage
from indicators.periods import Period
from povertyplan.lib.bookforms.parts import MOST_BYTES, XLSX
from povertyplan.lib.errors import DomainError, Problem
from povertyplan.lib.numbers import whole_key
from povertyplan.lib.receiving import was_skipped
from reports.annexes.lines import Area
from reports.annexes.office.example import example_template
from reports.annexes.office.pages import template_page
from reports.annexes.office.templates import (
    Asked,
    asked_for,
    content_of,
    keep_template,
    office_file,
    table_of,
    use_version,
    versions_of,
)
from reports.annexes.pages import find_area, find_unit

MOST_ADVICE = 10


def _asked(request: HttpRequest, code: str, period: str, annex: str) -> Asked:
    """Raises Http404 for a stranger, and for a table that the unit has not."""
    span = _period(period)
    return _asked_of(request, find_unit(request.user, code, span), span, annex)


def _period(code: str) -> Period:
    try:
        return Period.parse(code)
    except ValueError as error:
        raise Http404(str(error)) from error


def _asked_of(request: HttpRequest, area: Area, period: Period, annex: str) -> Asked:
    try:
        return asked_for(area, period, annex, request.GET.get("variant", ""))
    except DomainError as error:
        raise Http404(str(error)) from error


def _file(name: str, content: bytes) -> HttpResponse:
    response = HttpResponse(content, content_type=XLSX)
    response.headers["Content-Disposition"] = content_disposition_header(True, name) or ""
    response.headers["Content-Encoding"] = "identity"  # packed already
    return response


@policy(Policy.BY_UNIT)
@require_safe
def document(request: HttpRequest, code: str, period: str, annex: str) -> HttpResponse:
    """The table in the template in use; on a page of its own what keeps it from being filled in.

    A group has no such page.
    """
    span = _period(period)
    asked = _asked_of(request, find_area(request.user, code, span), span, annex)
    is_official = request.GET.get("stage") == Stage.OFFICIAL
    stage = Stage.OFFICIAL if is_official else Stage.PROVISIONAL
    try:
        return _file(*office_file(asked, stage, cast(Official, request.user)))
    except DomainError as error:
        if asked.place.group:
            raise Http404(str(error)) from error
        return _page(request, asked, error.problems)


@policy(Policy.BY_UNIT)
@require_safe
def example(request: HttpRequest, code: str, period: str, annex: str) -> HttpResponse:
    asked = _asked(request, code, period, annex)
    try:
        content = example_template(table_of(asked, Stage.PROVISIONAL, cast(Official, request.user)))
    except DomainError as error:
        return _page(request, asked, error.problems)
    return _file(f"mau-bieu-{asked.annex.code}.xlsx", content)


@policy(Policy.BY_UNIT)
@require_safe
def version(request: HttpRequest, code: str, period: str, annex: str, number: int) -> HttpResponse:
    """One version of the template as it was sent."""
    found = versions_of(_asked(request, code, period, annex)).filter(version=number).first()
    if found is None:
        raise Http404(_("Không có lần này của mẫu."))
    return _file(found.name, content_of(found))


@policy(Policy.BY_UNIT)
@require_http_methods(["GET", "HEAD", "POST"])
def template(request: HttpRequest, code: str, period: str, annex: str) -> HttpResponse:
    """The template in use and every place-holder; POST puts another in use, or none."""
    asked = _asked(request, code, period, annex)
    if request.method != "POST":
        return _page(request, asked, [])
    access.require_keep_templates(request.user, asked.unit)
    try:
        done, *advice = _changed(request, asked)
    except DomainError as error:
        return _page(request, asked, error.problems)
    messages.success(request, done)
    for words in advice[:MOST_ADVICE]:
        messages.warning(request, words)
    return redirect(f"{request.path}?{urlencode({'variant': asked.variant})}")


def _page(request: HttpRequest, asked: Asked, problems: list[Problem]) -> HttpResponse:
    status = HTTPStatus.UNPROCESSABLE_ENTITY if problems else HTTPStatus.OK
    context = {"page": template_page(asked, request.user), "problems": problems}
    return render(request, "annexes/office/template.html", context, status=status)


def _changed(request: HttpRequest, asked: Asked) -> list[str]:
    """What was done; after it what a template sent would better be without."""
    by = cast(Official, request.user)
    step = request.POST.get("step", "")
    if step == "none":
        use_version(asked=asked, by=by, version=None)
        return [_("Đã thôi dùng mẫu của đơn vị. Các lần gửi vẫn lưu trong hồ sơ.")]
    if step:
        number = whole_key(step)
        use_version(asked=asked, by=by, version=number if number is not None else 0)
        return [_("Đã dùng lại mẫu lần {version}.").format(version=step)]
    if was_skipped(request):
        words = _("Mẫu lớn hơn {most} MB. Bỏ bớt ảnh rồi gửi lại.")
        raise DomainError(words.format(most=MOST_BYTES // 1024**2))
    made, advice = keep_template(asked=asked, by=by, upload=request.FILES.get("file"))
    words = _("Đã dùng mẫu “{name}”, lần {version}.")
    return [words.format(name=made.name, version=made.version), *map(str, advice)]
