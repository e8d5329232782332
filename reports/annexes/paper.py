"""A finished table as PDF: the same table as its preview and its workbook, on the same paper."""

from __future__ import annotations

from pathlib import Path

from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from communes.models import Official
from indicators.periods import Period
from povertyplan.lib.errors import DomainError
from povertyplan.lib.pdf import pdf_of
from povertyplan.lib.speech import officially
from reports.annexes.build import build_table, find_annex
from reports.annexes.lines import Area
from reports.annexes.measures import HIGH_PAGE_MM, MARGIN_MM, WIDE_PAGE_MM, Measures, measured
from reports.annexes.readers import require_open
from reports.annexes.table import Table, printed_rows

_STYLES = Path(__file__).with_name("print.css")
MOST_ROWS = 400
"""About 15 pages, some seconds of laying out; a table of every commune of the country is for a
workbook."""


def annex_pdf(
    annex_code: str,
    area: Area,
    period: Period,
    stage: str,
    variant: str = "",
    by: Official | None = None,
) -> tuple[str, bytes]:
    """Return (file name, PDF) of a table.

    Raises DomainError when it cannot be had, PermissionDenied when it is not for `by`.
    """
    table = build_table(find_annex(annex_code, area, period), area, period, stage, variant)
    require_open(table, by)
    return f"{Path(table.file_name).stem}.pdf", print_table(table)


@officially
def print_table(table: Table) -> bytes:
    """Lay the table out on A4, one page wide. Raises DomainError for a table of too many rows."""
    if len(table.rows) > MOST_ROWS:
        raise DomainError(
            _(
                "Biểu có {rows} dòng, dài quá để tạo PDF (nhiều nhất {most}). Đồng chí tải Excel "
                "rồi in, hoặc lập biểu theo từng đơn vị."
            ).format(rows=len(table.rows), most=MOST_ROWS)
        )
    measures = measured(table)
    page = render_to_string("annexes/print.html", {"table": table, "rows": printed_rows(table)})
    css = f"{_STYLES.read_text(encoding='utf-8')}\n{_sheet(measures)}"
    return pdf_of(page, css, scale=measures.scale)


def _sheet(measures: Measures) -> str:
    """The paper as large as the form needs it before it is made smaller, and widths of columns."""
    scale = measures.scale
    margins = " ".join(
        f"{MARGIN_MM[side] / scale:.2f}mm" for side in ("top", "right", "bottom", "left")
    )
    columns = "\n".join(
        f".sheet col:nth-child({place}) {{ width: {width:.2f}mm; }}"
        for place, width in enumerate(measures.widths, start=1)
    )
    size = f"{WIDE_PAGE_MM / scale:.2f}mm {HIGH_PAGE_MM / scale:.2f}mm"
    return f"@page {{ size: {size}; margin: {margins}; }}\n{columns}"
