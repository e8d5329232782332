"""What the address of a plan page asks for: figures wanted, year, stage, unit, order."""

from __future__ import annotations

from django.http import Http404, HttpRequest
from django.utils.translation import gettext as _

from communes.models import Official, Unit
from indicators.enums import Stage
from indicators.periods import Period
from plans.pages.figures import Filter, Sorting
from plans.pages.sight import Reader

BY_SECTION = "muc"


class SignedInRequest(HttpRequest):
    """A request as the middleware hands it on."""

    user: Official


def filter_of(request: HttpRequest) -> Filter:
    """Long words are cut, so that a search stays cheap."""

    def asked(name: str, most: int) -> str:
        # No database keeps a NUL, and PostgreSQL refuses to be asked about one.
        return request.GET.get(name, "").replace("\x00", "").strip()[:most]

    return Filter(
        words=asked("q", 80),
        theme=asked("linh-vuc", 40),
        agency=asked("co-quan", 60),
        annex=asked("bieu", 10),
        verdict=asked("ket-luan", 20),
    )


def sorting_of(request: HttpRequest) -> Sorting:
    return Sorting.GAP if request.GET.get("sap-xep") == Sorting.GAP else Sorting.DOCUMENT


def reader_of(request: SignedInRequest) -> Reader:
    """Who asks for which year, stage and unit. Anything but “official” is provisional."""
    year = _year(request.GET.get("nam", ""))
    is_official = request.GET.get("stage") == Stage.OFFICIAL
    return Reader(
        official=request.user,
        year=year,
        stage=Stage.OFFICIAL if is_official else Stage.PROVISIONAL,
        unit=_unit(request.GET.get("don-vi", ""), year),
    )


def _year(text: str) -> int | None:
    if not text:
        return None
    try:
        period = Period.parse(text)
    except ValueError as error:
        raise Http404(str(error)) from error
    if not period.is_year:
        raise Http404(_("Chỉ tiêu được đánh giá theo năm; ghi dạng 2024."))
    return period.year


def _unit(reference: str, year: int | None) -> Unit | None:
    if not reference:
        return None
    day = Period(year).end if year else None
    found = Unit.objects.select_related("tier", "parent").named(reference, on=day)
    if found is None:
        raise Http404(_("Không có đơn vị này."))
    return found
