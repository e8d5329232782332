"""The pages of registers: shown to who may view the unit, written by who enters for it."""

from __future__ import annotations

import uuid
from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from communes import access
from communes.access import Action, Policy, current_posts, policy
from communes.enums import Role
from communes.models import Official, Unit
from indicators.periods import Period
from povertyplan.lib.errors import DomainError, VersionConflict
from reports import registering
from reports.models import RegisterBook, RegisterEntry
from reports.registering import places_of, read_block
from reports.registers import pages
from reports.registers.download import book_file
from reports.registers.forms import BlockForm, EndForm, EntryForm, OpenForm, VersionForm

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
REFUSED = HTTPStatus.UNPROCESSABLE_ENTITY


class SignedInRequest(HttpRequest):
    """A request as the middleware hands it on."""

    user: Official


def _unit(request: SignedInRequest, code: str, action: Action = Action.VIEW) -> Unit:
    return access.require(request.user, action, pages.unit_named(code))


def _book(
    request: SignedInRequest, code: str, register: str, action: Action = Action.VIEW
) -> RegisterBook:
    found = pages.book_of(_unit(request, code, action), register)
    if found is None:
        raise Http404(_("Đơn vị chưa mở sổ này."))
    return found


@policy(Policy.SIGNED_IN)
@require_safe
def mine(request: SignedInRequest) -> HttpResponse:
    """The books of the unit that the official enters for."""
    for post in current_posts(request.user):
        if post.role == Role.OFFICER:
            return redirect("registers:books", post.unit.address)
    raise Http404(_("Đồng chí không giữ việc nhập báo cáo của đơn vị nào."))


@policy(Policy.BY_UNIT)
@require_http_methods(["GET", "HEAD", "POST"])
def books(request: SignedInRequest, code: str) -> HttpResponse:
    """What a unit counts from books; POST opens one, or changes from when on it counts."""
    posted = request.method == "POST"
    page = pages.books_page(
        _unit(request, code, Action.ENTER if posted else Action.VIEW), request.user
    )
    if not posted:
        form = OpenForm(initial={"year": page.year})
        return render(request, "registers/books.html", {"page": page, "form": form})
    wanted = request.POST.get("register", "")
    shelf = next((row for row in page.shelves if row.register.code == wanted), None)
    if shelf is None:
        raise Http404(_("Không có sổ này."))
    return _open(request, page, shelf)


def _open(request: SignedInRequest, page: pages.BooksPage, shelf: pages.Shelf) -> HttpResponse:
    form = OpenForm(request.POST)
    if form.is_valid():
        try:
            registering.open_book(
                register=shelf.register, unit=page.unit, counts_from=form.period, by=request.user
            )
        except DomainError as error:
            form.take(error.problems)
        else:
            said = _("Sổ “{book}” đếm từ {day}.").format(
                book=shelf.register.name, day=f"{form.period.start:%d/%m/%Y}"
            )
            messages.success(request, said)
            return redirect("registers:book", page.address, shelf.register.code)
    context = {"page": page, "form": form, "wanted": shelf.register.code}
    return render(request, "registers/books.html", context, status=REFUSED)


@policy(Policy.BY_UNIT)
@require_safe
def book(request: SignedInRequest, code: str, register: str) -> HttpResponse:
    """One book: what it counts, its entries, by period and by how they stand."""
    found = _book(request, code, register)
    page = pages.book_page(
        found,
        request.user,
        period=_period(request.GET.get("ky", "")),
        showing=pages.SHOW.get(request.GET.get("xem", ""), "all"),
        is_open=not {"ky", "xem"} & set(request.GET),
        page=request.GET.get("trang", ""),
    )
    return render(request, "registers/book.html", {"page": page})


def _period(code: str) -> Period | None:
    try:
        return Period.parse(code) if code else None
    except ValueError as error:
        raise Http404(str(error)) from error


@policy(Policy.BY_UNIT)
@require_http_methods(["GET", "HEAD", "POST"])
def add(request: SignedInRequest, code: str, register: str) -> HttpResponse:
    """A new entry. “Lưu và ghi tiếp” comes back for the next one."""
    found = _book(request, code, register, Action.ENTER)
    form = EntryForm(found, places_of(found), request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        key = form.cleaned_data.get("key") or uuid.uuid4()
        try:
            registering.add_entry(book=found, words=form.words, by=request.user, key=key)
        except DomainError as error:
            form.take(error.problems)
        else:
            said = _("Đã ghi {thing} vào sổ.").format(thing=found.register.entry_name)
            messages.success(request, said)
            goes_on = request.POST.get("step") == "more"
            return _to("registers:add" if goes_on else "registers:book", found)
    status = REFUSED if form.errors else HTTPStatus.OK
    context = {"book": found, "address": found.unit.address, "form": form}
    return render(request, "registers/add.html", context, status=status)


def _to(name: str, found: RegisterBook, *more: object) -> HttpResponse:
    return redirect(name, found.unit.address, found.register.code, *more)


@policy(Policy.BY_UNIT)
@require_http_methods(["GET", "HEAD", "POST"])
def entry(request: SignedInRequest, code: str, register: str, pk: int) -> HttpResponse:
    """One entry with its history; POST changes it, ends it, takes it out or puts it back."""
    posted = request.method == "POST"
    found = _book(request, code, register, Action.ENTER if posted else Action.VIEW)
    row = pages.entry_of(found, pk)
    if row is None:
        raise Http404(_("Sổ không có dòng này."))
    if posted:
        return _change(request, found, row)
    return _entry_page(request, found, row)


def _entry_page(
    request: SignedInRequest,
    found: RegisterBook,
    row: RegisterEntry,
    form: EntryForm | None = None,
    ending: EndForm | None = None,
    status: int = HTTPStatus.OK,
) -> HttpResponse:
    places = places_of(found)
    initial = {
        "version": row.version,
        "ended_on": f"{row.ended_on:%d/%m/%Y}" if row.ended_on else "",
        "end_note": row.end_note,
    }
    context: dict[str, Any] = {
        "book": found,
        "address": found.unit.address,
        "entry": row,
        "line": pages.line_of(row, places),
        "may_enter": access.can(request.user, Action.ENTER, found.unit),
        "form": form or EntryForm(found, places, entry=row),
        "ending": ending or EndForm(initial=initial),
        "changes": pages.changes_of(row, places),
    }
    return render(request, "registers/entry.html", context, status=status)


def _change(request: SignedInRequest, found: RegisterBook, row: RegisterEntry) -> HttpResponse:
    match request.POST.get("step"):
        case "change":
            return _rewrite(request, found, row)
        case "end" | "go-on" as step:
            return _end(request, found, row, is_taken_back=step == "go-on")
        case "remove" | "restore" as step:
            return _move(request, found, row, step)
    raise Http404(_("Không có việc này."))


def _rewrite(request: SignedInRequest, found: RegisterBook, row: RegisterEntry) -> HttpResponse:
    form = EntryForm(found, places_of(found), request.POST, entry=row)
    if form.is_valid():
        try:
            registering.change_entry(
                entry=row, words=form.words, by=request.user, seen=form.cleaned_data["version"]
            )
        except VersionConflict as error:
            return _clash(request, found, row, error)
        except DomainError as error:
            form.take(error.problems)
        else:
            messages.success(request, _("Đã lưu."))
            return _to("registers:entry", found, row.pk)
    return _entry_page(request, found, row, form, status=REFUSED)


def _clash(
    request: SignedInRequest, found: RegisterBook, row: RegisterEntry, error: DomainError
) -> HttpResponse:
    """What was typed stays in the boxes, over the version that the answer shows."""
    now = pages.entry_of(found, row.pk) or row
    typed = request.POST.copy()
    typed["version"] = str(now.version)
    form = EntryForm(found, places_of(found), typed, entry=now)
    form.is_valid()
    form.take(error.problems)
    return _entry_page(request, found, now, form, status=HTTPStatus.CONFLICT)


def _end(
    request: SignedInRequest, found: RegisterBook, row: RegisterEntry, *, is_taken_back: bool
) -> HttpResponse:
    form = EndForm(request.POST)
    if form.is_valid() and not is_taken_back and form.cleaned_data["ended_on"] is None:
        form.add_error("ended_on", _("Ghi ngày thôi tính."))
    if form.is_valid():
        said = form.cleaned_data
        try:
            registering.end_entry(
                entry=row,
                ended_on=None if is_taken_back else said["ended_on"],
                note=said["end_note"],
                by=request.user,
                seen=said["version"],
            )
        except DomainError as error:
            form.take(error.problems)
        else:
            messages.success(request, _("Đã lưu."))
            return _to("registers:entry", found, row.pk)
    return _entry_page(request, found, row, ending=form, status=REFUSED)


def _move(
    request: SignedInRequest, found: RegisterBook, row: RegisterEntry, step: str
) -> HttpResponse:
    form = VersionForm(request.POST)
    if not form.is_valid():
        raise Http404(_("Không có việc này."))
    write = registering.remove_entry if step == "remove" else registering.restore_entry
    try:
        write(entry=row, by=request.user, seen=form.cleaned_data["version"])
    except DomainError as error:
        messages.error(request, str(error))
        return _to("registers:entry", found, row.pk)
    said = _("Đã bỏ khỏi sổ.") if step == "remove" else _("Đã đưa lại vào sổ.")
    messages.success(request, said)
    return _to("registers:book", found)


@policy(Policy.BY_UNIT)
@require_http_methods(["GET", "HEAD", "POST"])
def paste(request: SignedInRequest, code: str, register: str) -> HttpResponse:
    """A block from Excel: first shown with what is wrong, then written whole."""
    found = _book(request, code, register, Action.ENTER)
    context: dict[str, Any] = {"book": found, "address": found.unit.address}
    if request.method != "POST":
        context["form"] = BlockForm(initial={"key": uuid.uuid4()})
        return render(request, "registers/paste.html", context)
    form = BlockForm(request.POST)
    if not form.is_valid():
        raise Http404(_("Không có việc này."))
    said = form.cleaned_data
    if request.POST.get("step") == "write":
        try:
            written = registering.add_block(
                book=found,
                text=said["block"],
                by=request.user,
                key=said["key"],
                also_known=said["also_known"],
            )
        except DomainError:
            pass  # shown below with each cell
        else:
            messages.success(request, _("Đã ghi {n} dòng vào sổ.").format(n=written))
            return _to("registers:book", found)
    block = read_block(found, said["block"])
    context |= {"form": form, "pasted": block}
    is_bad = bool(block.problems or block.wrong)
    return render(
        request, "registers/paste.html", context, status=REFUSED if is_bad else HTTPStatus.OK
    )


@policy(Policy.BY_UNIT)
@require_safe
def download(request: SignedInRequest, code: str, register: str) -> HttpResponse:
    name, content = book_file(_book(request, code, register))
    response = HttpResponse(content, content_type=XLSX)
    response.headers["Content-Disposition"] = content_disposition_header(True, name) or ""
    return response
