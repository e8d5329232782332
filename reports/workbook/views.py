"""The pages of a return, or of a district's table, that comes as a workbook."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from communes import access
from communes.access import Action, Policy, policy
from communes.models import Official, Unit
from indicators.periods import Period
from povertyplan.lib.errors import DomainError, Problem
from povertyplan.lib.parcels import TOO_LARGE
from povertyplan.lib.receiving import was_skipped
from povertyplan.lib.xlsx import Sheet
from reports import workflow
from reports.models import Upload
from reports.returns import return_of
from reports.workbook import uploads
from reports.workbook.annex import communes_for, read_annex
from reports.workbook.pieces import Reading
from reports.workbook.preview import refuse_closed
from reports.workbook.readable import numbers_of, offered
from reports.workbook.reading import read_return
from reports.workbook.receipt import receipt_of, unheard_of
from reports.workbook.template import template_file
from reports.workbook.uploads import Write

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
FIELD = "workbook"


_OF_RETURN = {
    "upload": "workbook:upload",
    "preview": "workbook:preview",
    "marked": "workbook:marked",
    "back": "entry:report",
    "after": "entry:report",
}
_OF_ANNEX = {
    "upload": "workbook:annex",
    "preview": "workbook:annex_preview",
    "marked": "workbook:annex_marked",
    "back": "annexes:list",
    "after": "workbook:annex_preview",
}


class SignedInRequest(HttpRequest):
    """A request as the middleware hands it on."""

    user: Official


@dataclass(frozen=True, slots=True)
class Desk:
    """Where a workbook is handed in: whose figures it tells, how it is read and written."""

    unit: Unit
    period: Period
    official: Official
    is_annex: bool
    communes: tuple[Unit, ...] = ()

    def read(self, sheets: Sequence[Sheet]) -> Reading:
        if self.is_annex:
            return read_annex(sheets, self.unit, self.period, self.communes)
        return read_return(sheets, return_of(self.unit, self.period))

    @property
    def write(self) -> Write:
        return workflow.hand_in if self.is_annex else workflow.save_draft

    def refuse_closed(self) -> str:
        """Why nothing may be handed in at all; empty when it may."""
        return "" if self.is_annex else refuse_closed(return_of(self.unit, self.period))

    def address(self, name: str, *more: object) -> str:
        names = _OF_ANNEX if self.is_annex else _OF_RETURN
        return reverse(names[name], args=[self.unit.code, self.period.code, *more])

    def after(self, kept: Upload) -> str:
        """Where the figures are seen once they are written."""
        return self.address("after", *([kept.pk] if self.is_annex else []))

    @property
    def standard_forms(self) -> str:
        """Where the tables are downloaded as the system prints them; empty for a return."""
        return self.address("back") if self.is_annex else ""

    def find(self, reference: str) -> Upload:
        return uploads.find(reference, unit=self.unit, period=self.period, by=self.official)


def _place(code: str, period: str) -> tuple[Unit | None, Period]:
    try:
        span = Period.parse(period)
    except ValueError as error:
        raise Http404(str(error)) from error
    return Unit.objects.named(code, on=span.end), span


def _return_desk(request: SignedInRequest, code: str, period: str) -> Desk:
    found, span = _place(code, period)
    unit = access.require(request.user, Action.ENTER, found)
    return Desk(unit, span, request.user, is_annex=False)


def _annex_desk(request: SignedInRequest, code: str, period: str) -> Desk:
    found, span = _place(code, period)
    unit = access.require(request.user, Action.VIEW, found)
    communes = communes_for(request.user, unit, span)
    if not communes:
        raise PermissionDenied(_("Đồng chí không được nộp số cho các xã của đơn vị này."))
    return Desk(unit, span, request.user, is_annex=True, communes=tuple(communes))


# -- one return --------------------------------------------------------------------------------


@policy(Policy.BY_UNIT)
@require_safe
def template(request: SignedInRequest, code: str, period: str) -> HttpResponse:
    desk = _return_desk(request, code, period)
    name, content = template_file(return_of(desk.unit, desk.period))
    return _file(name, content)


@policy(Policy.BY_UNIT)
@require_http_methods(["GET", "HEAD", "POST"])
def upload(request: SignedInRequest, code: str, period: str) -> HttpResponse:
    return _upload(request, _return_desk(request, code, period))


@policy(Policy.BY_UNIT)
@require_http_methods(["GET", "HEAD", "POST"])
def preview(request: SignedInRequest, code: str, period: str, upload: str) -> HttpResponse:
    return _preview(request, _return_desk(request, code, period), upload)


@policy(Policy.BY_UNIT)
@require_safe
def marked(request: SignedInRequest, code: str, period: str, upload: str) -> HttpResponse:
    return _marked(_return_desk(request, code, period), upload)


# -- a district's table ------------------------------------------------------------------------


@policy(Policy.BY_UNIT)
@require_http_methods(["GET", "HEAD", "POST"])
def annex(request: SignedInRequest, code: str, period: str) -> HttpResponse:
    return _upload(request, _annex_desk(request, code, period))


@policy(Policy.BY_UNIT)
@require_http_methods(["GET", "HEAD", "POST"])
def annex_preview(request: SignedInRequest, code: str, period: str, upload: str) -> HttpResponse:
    return _preview(request, _annex_desk(request, code, period), upload)


@policy(Policy.BY_UNIT)
@require_safe
def annex_marked(request: SignedInRequest, code: str, period: str, upload: str) -> HttpResponse:
    return _marked(_annex_desk(request, code, period), upload)


# -- both --------------------------------------------------------------------------------------


def _upload(request: SignedInRequest, desk: Desk) -> HttpResponse:
    if request.method != "POST":
        return _upload_page(request, desk, [])
    try:
        kept = _receive(request, desk)
    except DomainError as error:
        return _upload_page(request, desk, error.problems)
    return redirect(desk.address("preview", kept.pk))


def _receive(request: SignedInRequest, desk: Desk) -> Upload:
    closed = desk.refuse_closed()
    file = request.FILES.get(FIELD)
    if closed or (file is None and was_skipped(request)):
        raise DomainError(closed or TOO_LARGE)
    return uploads.receive(
        unit=desk.unit, period=desk.period, file=file, by=request.user, read=desk.read
    )


def _upload_page(request: SignedInRequest, desk: Desk, problems: list[Problem]) -> HttpResponse:
    context: dict[str, Any] = {
        "desk": desk,
        "back": desk.address("back"),
        "closed": desk.refuse_closed(),
        "problems": problems,
        "standard": desk.standard_forms,
        "tables": offered(desk.unit, desk.period) if desk.is_annex else [],
    }
    context["readable"] = numbers_of(context["tables"])
    status = HTTPStatus.UNPROCESSABLE_ENTITY if problems else HTTPStatus.OK
    return render(request, "workbook/upload.html", context, status=status)


def _preview(request: SignedInRequest, desk: Desk, reference: str) -> HttpResponse:
    kept = desk.find(reference)
    if request.method != "POST":
        return _preview_page(request, desk, kept, [])
    try:
        count = uploads.apply(upload=kept, by=request.user, read=desk.read, write=desk.write)
    except DomainError as error:
        return _preview_page(request, desk, kept, error.problems)
    messages.success(request, _("Đã ghi {count} số từ tệp Excel.").format(count=count))
    return redirect(desk.after(kept))


def _preview_page(
    request: SignedInRequest, desk: Desk, kept: Upload, problems: list[Problem]
) -> HttpResponse:
    kept.refresh_from_db()
    try:
        page = uploads.preview(kept, desk.read)
    except DomainError as error:  # the form, or who may hand in for whom, is another by now
        return _upload_page(request, desk, error.problems)
    context: dict[str, Any] = {
        "desk": desk,
        "upload": kept,
        "page": page,
        "problems": problems,
        "applied": uploads.already_applied(kept) if kept.applied_at else "",
        "again": desk.address("upload"),
        "back": desk.address("back"),
        "standard": desk.standard_forms,
        "marked": desk.address("marked", kept.pk),
        "receipt": None,
        "unheard": [],
    }
    if desk.is_annex and kept.applied_at:
        context["receipt"] = receipt = receipt_of(kept, page, request.user)
        context["unheard"] = receipt.unheard
    elif desk.is_annex:
        context["unheard"] = unheard_of(line.unit for line in page.written)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if problems else HTTPStatus.OK
    return render(request, "workbook/preview.html", context, status=status)


def _marked(desk: Desk, reference: str) -> HttpResponse:
    kept = desk.find(reference)
    try:
        content = uploads.marked(kept, desk.read)
    except DomainError:
        return redirect(desk.address("preview", kept.pk))  # which says why
    stem = kept.name.rpartition(".")[0] or kept.name
    name = _("{stem} – đánh dấu.xlsx").format(stem=stem)
    return _file(name, content)


def _file(name: str, content: bytes) -> HttpResponse:
    response = HttpResponse(content, content_type=XLSX)
    response.headers["Content-Disposition"] = content_disposition_header(True, name) or ""
    return response
