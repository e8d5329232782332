"""Pages as PDF, by WeasyPrint. What is printed fetches nothing: no network, no file."""

from __future__ import annotations

from importlib import import_module
from threading import Lock
from typing import Any

from django.utils.translation import gettext as _

from povertyplan.lib.errors import DomainError

_ONE_AT_A_TIME = Lock()
"""Laying out takes a core and some memory, and Pango's font maps are not for several threads."""


def pdf_of(html: str, css: str, *, scale: float = 1) -> bytes:
    """A tagged PDF of a whole page with its styles; the same bytes for the same page.

    With a `scale` below 1 everything comes out smaller, the sheet of paper too: `css` asks for one
    larger by as much. Raises DomainError where the machine lacks Pango, which lays out the text.
    """
    weasyprint = _weasyprint()
    nothing = weasyprint.urls.URLFetcher(allowed_protocols=())
    with _ONE_AT_A_TIME:
        styles = weasyprint.CSS(string=css, url_fetcher=nothing)
        page = weasyprint.HTML(string=html, url_fetcher=nothing)
        content: bytes = page.write_pdf(stylesheets=[styles], zoom=scale, pdf_variant="pdf/ua-1")
    return content


def _weasyprint() -> Any:
    """Imported when first asked for: everything else runs on a machine without Pango."""
    try:
        return import_module("weasyprint")
    except OSError as error:
        raise DomainError(
            _(
                "Máy chủ chưa có thư viện Pango nên chưa tạo được PDF. Đồng chí in trang này "
                "từ trình duyệt (Ctrl+P), chọn “Lưu thành PDF”; báo quản trị cài thư viện."
            )
        ) from error
