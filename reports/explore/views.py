"""Looking figures up: everything asked for stands in the address, so that it can be sent on."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any, TypeVar

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from communes.access import Policy, current_posts, policy
from communes.models import Official
from povertyplan.lib.errors import DomainError, VersionConflict
from povertyplan.lib.numbers import whole_key
from reports.explore import download, naming, pages, saved
from reports.explore.forms import KeepForm
from reports.explore.question import Question, address, read
from reports.explore.version import of_question
from reports.models import SavedView
from reports.versions import versioned

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
ResponseT = TypeVar("ResponseT", bound=HttpResponseBase)
CATALOGUE, CATALOGUE_ALONE = "danh-muc", "rieng-danh-muc"
"""In an address: with every indicator to choose from, on the page or as a part to put into it."""
REFUSED = HTTPStatus.UNPROCESSABLE_ENTITY


class SignedInRequest(HttpRequest):
    """A request as the middleware hands it on."""

    user: Official


def _require_post(request: SignedInRequest) -> None:
    """Who holds no post looks nothing up."""
    if not current_posts(request.user):
        raise Http404(_("Đồng chí chưa được giao chức trách ở đơn vị nào."))


@policy(Policy.BY_UNIT)
@require_safe
@versioned(of_question)
def home(request: SignedInRequest) -> HttpResponse:
    """The table that the address asks for; a form's address is first put in its short form.

    A unit that was typed is looked for: one leads to its table, of several the page asks which.
    """
    _require_post(request)
    asked, problems = read(request.GET)
    if asked.named:
        meant = naming.called(asked, request.user)
        if len(meant) == 1:
            return redirect(f"{reverse('explore:home')}?{meant[0].query}")
        return _page(request, asked, problems, meant=meant)
    if not problems and _is_from_form(request):
        return redirect(f"{reverse('explore:home')}?{address(asked)}")
    return _page(request, asked, problems)


def _is_from_form(request: SignedInRequest) -> bool:
    """Does the address hold empty boxes, or a name several times, as browsers send forms?"""
    return any(len(values) > 1 or values == [""] for _key, values in request.GET.lists())


def _page(
    request: SignedInRequest,
    asked: Question,
    problems: list[str],
    form: KeepForm | None = None,
    status: int = HTTPStatus.OK,
    meant: Sequence[naming.Called] = (),
) -> HttpResponse:
    more = request.GET.get("mo", "")
    is_whole = more in (CATALOGUE, CATALOGUE_ALONE)
    page = pages.explore_page(asked, problems, request.user, with_catalogue=is_whole)
    kept = request.GET.get("bang", "")
    context: dict[str, Any] = {
        "page": page,
        "named": asked.named,
        "meant": meant,
        "form": form or KeepForm(by=request.user, initial={"query": page.address}),
        "view": saved.find(int(kept), request.user) if _is_number(kept) else None,
        "link": _link(request, page.address),
    }
    is_part = more == CATALOGUE_ALONE
    template = "explore/partials/_figures.html" if is_part else "explore/home.html"
    return render(request, template, context, status=status)


def _is_number(text: str) -> bool:
    return whole_key(text) is not None


def _link(request: HttpRequest, query: str) -> str:
    return request.build_absolute_uri(f"{reverse('explore:home')}?{query}")


# -- files --------------------------------------------------------------------------------------


@policy(Policy.BY_UNIT)
@require_safe
def excel(request: SignedInRequest) -> HttpResponse:
    ready = _filed(request)
    if ready.problem:
        return _refused(request, ready)
    response = HttpResponse(download.workbook(ready), content_type=XLSX)
    return _named(response, f"{ready.name}.xlsx")


@policy(Policy.BY_UNIT)
@require_safe
def csv(request: SignedInRequest) -> HttpResponseBase:
    ready = _filed(request)
    if ready.problem:
        return _refused(request, ready)
    lines = download.csv_lines(ready)
    return _named(
        StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8"), f"{ready.name}.csv"
    )


def _filed(request: SignedInRequest) -> download.Filed:
    _require_post(request)
    asked, _problems = read(request.GET)
    return download.filed(asked, request.user, _link(request, address(asked, page=1)))


def _refused(request: SignedInRequest, ready: download.Filed) -> HttpResponse:
    """Back to the page, which shows how to ask for less."""
    messages.error(request, ready.problem)
    return redirect(f"{reverse('explore:home')}?{request.GET.urlencode()}")


def _named(response: ResponseT, name: str) -> ResponseT:
    response.headers["Content-Disposition"] = content_disposition_header(True, name) or ""
    return response


# -- kept tables --------------------------------------------------------------------------------


@policy(Policy.BY_UNIT)
@require_http_methods(["GET", "HEAD", "POST"])
def kept(request: SignedInRequest) -> HttpResponse:
    """One's own tables and those shared; POST keeps the one that the page shows."""
    _require_post(request)
    if request.method == "POST":
        return _keep(request)
    return _shelf(request)


def _shelf(
    request: SignedInRequest,
    wrong: KeepForm | None = None,
    of: int = 0,
    status: int = HTTPStatus.OK,
) -> HttpResponse:
    found = saved.shelf(request.user)
    rows = [
        (row, wrong if wrong and row.pk == of else _form_of(row, request.user))
        for row in found.mine
    ]
    context = {"rows": rows, "shared": found.shared, "most": saved.MOST_VIEWS}
    return render(request, "explore/kept.html", context, status=status)


def _form_of(view: SavedView, by: Official) -> KeepForm:
    initial = {
        "name": view.name,
        "shared_with": str(view.shared_with_id or ""),
        "version": view.version,
    }
    return KeepForm(by=by, initial=initial, auto_id=f"id_{view.pk}_%s")


def _keep(request: SignedInRequest) -> HttpResponse:
    form = KeepForm(request.POST, by=request.user)
    if form.is_valid():
        try:
            view = saved.keep_view(by=request.user, query=form.cleaned_data["query"], **form.said)
        except DomainError as error:
            form.take(error.problems)
        else:
            messages.success(request, _("Đã lưu bảng “{name}”.").format(name=view.name))
            return _open(view)
    asked, problems = saved.question_of(request.POST.get("query", ""))
    return _page(request, asked, problems, form, REFUSED)


def _open(view: SavedView) -> HttpResponse:
    return redirect(f"{reverse('explore:home')}?{view.address}&bang={view.pk}")


def _view(request: SignedInRequest, pk: int) -> SavedView:
    found = saved.find(pk, request.user)
    if found is None:
        raise Http404(_("Không có bảng này trong phạm vi của đồng chí."))
    return found


@policy(Policy.BY_UNIT)
@require_http_methods(["GET", "HEAD", "POST"])
def opened(request: SignedInRequest, pk: int) -> HttpResponse:
    """Lead to the table, of which the page decides anew what its reader sees; POST changes it."""
    _require_post(request)
    view = _view(request, pk)
    return _change(request, view) if request.method == "POST" else _open(view)


def _change(request: SignedInRequest, view: SavedView) -> HttpResponse:
    """Rename one's own table, say who may open it, or remove it."""
    form = KeepForm(request.POST, by=request.user, auto_id=f"id_{view.pk}_%s")
    if form.is_valid():
        try:
            said = _changed(request, view, form)
        except VersionConflict as error:
            messages.error(request, str(error))
            return redirect("explore:kept")
        except DomainError as error:
            form.take(error.problems)
        else:
            messages.success(request, said)
            return redirect("explore:kept")
    return _shelf(request, form, view.pk, REFUSED)


def _changed(request: SignedInRequest, view: SavedView, form: KeepForm) -> str:
    """What was done."""
    seen = form.cleaned_data["version"] or 0
    if request.POST.get("step") == "remove":
        saved.remove_view(view=view, by=request.user, seen=seen)
        return _("Đã xóa bảng “{name}”.").format(name=view.name)
    found = saved.change_view(view=view, by=request.user, seen=seen, **form.said)
    return _("Đã sửa bảng “{name}”.").format(name=found.name)
