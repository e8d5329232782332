"""The official tables as the API lists and sends them."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from django.http import Http404
from django.urls import reverse
from django.utils.translation import gettext as _

from communes.models import Official
from indicators.periods import Period
from povertyplan.lib.errors import DomainError
from reports.annexes.build import find_annex, offers
from reports.annexes.lines import Area, Place
from reports.annexes.readers import offers_for
from reports.annexes.spec import read_spec
from reports.annexes.views import XLSX
from reports.annexes.workbook import annex_file
from reports.models import Annex

__all__ = ["XLSX", "AnnexItem", "layouts", "offered", "workbook"]


@dataclass(frozen=True, slots=True)
class AnnexItem:
    """A table; `reason` says why it cannot be had. `workbook` is an address, if there is one."""

    code: str
    number: str
    subject: str
    title: str
    plan: str | None
    available: bool
    reason: str
    variants: tuple[str, ...]
    workbook: str | None


def layouts(plan: str) -> list[AnnexItem]:
    """Every table of the catalogue, or of one plan, whatever the unit."""
    rows = [row for row in Annex.objects.select_related("plan") if not plan or _is_of(row, plan)]
    return [_layout(row) for row in rows]


def _layout(annex: Annex) -> AnnexItem:
    try:
        spec = read_spec(annex.definition)
    except DomainError as error:
        return _item(annex, str(error))
    return _item(annex, "", tuple(layout.variant for layout in spec.layouts))


def offered(area: Area, period: Period, plan: str, by: Official) -> list[AnnexItem]:
    """The tables of an area and period, with the address of each that `by` can have."""
    return [
        _item(
            row.annex,
            row.reason,
            row.variants,
            "" if row.reason else _address(row.annex, area, period),
        )
        for row in offers_for(offers(area, period), area, period, by)
        if not plan or _is_of(row.annex, plan)
    ]


def workbook(
    code: str,
    area: Area,
    period: Period,
    plan: str,
    stage: str,
    variant: str,
    by: Official | None = None,
) -> tuple[str, bytes]:
    """File name and content of a table, made for `by`.

    Raises Http404 when the area (or plan) has none of it, DomainError, with the reason, when it
    cannot be drawn up, PermissionDenied when it is not for `by`.
    """
    try:
        annex = find_annex(code, area, period)
    except DomainError as error:
        raise Http404(str(error)) from error
    if plan and not _is_of(annex, plan):
        raise Http404(_("Kế hoạch này không có biểu “{code}”.").format(code=code))
    return annex_file(code, area, period, stage, variant, by)


def _is_of(annex: Annex, plan: str) -> bool:
    return annex.plan is not None and annex.plan.code == plan


def _item(
    annex: Annex, reason: str, variants: tuple[str, ...] = (), address: str = ""
) -> AnnexItem:
    return AnnexItem(
        code=annex.code,
        number=annex.number,
        subject=annex.subject,
        title=annex.title,
        plan=annex.plan.code if annex.plan else None,
        available=not reason,
        reason=reason,
        variants=variants,
        workbook=address or None,
    )


def _address(annex: Annex, area: Area, period: Period) -> str:
    query = {"unit": Place(area, period).address, "period": period.code}
    if annex.plan:
        query["plan"] = annex.plan.code
    return f"{reverse('api:annex-workbook', args=[annex.code])}?{urlencode(query)}"
