"""Workbooks that were handed in: kept for a day, shown, applied once, by who handed them in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from django.core.files.base import ContentFile
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _

from communes.models import Official, Unit
from indicators.models import Result
from indicators.periods import Period
from indicators.recording import Entry
from povertyplan.lib.errors import DomainError
from povertyplan.lib.parcels import MACRO, MAX_BYTES, OTHER_KIND, TOO_LARGE
from povertyplan.lib.xlsx import Sheet, read_sheets, with_remarks
from reports.models import Upload
from reports.workbook.pieces import Reading
from reports.workbook.preview import Preview, preview_of, versions_of

KEPT_FOR = timedelta(days=1)
_FORGOTTEN_AT_ONCE = 50
_NAME_LENGTH = 150
_OTHER_ENDINGS = {
    (".xlsm", ".xltm", ".xlam"): MACRO,
    (".xlsb", ".ods", ".numbers"): OTHER_KIND,
}

Reader = Callable[[Sequence[Sheet]], Reading]
"""How the sheets of a file are understood: as a return, or as an annex."""
Write = Callable[..., list[Result]]
"""`workflow.save_draft` or `workflow.hand_in`."""


def receive(
    *, unit: Unit, period: Period, file: UploadedFile[bytes] | None, by: Official, read: Reader
) -> Upload:
    """Keep a workbook, if it can be read at all. Raises DomainError with why not; keeps nothing."""
    if file is None:
        raise DomainError(_("Chưa chọn tệp. Bấm “Chọn tệp”, lấy tệp Excel (.xlsx) đã điền."))
    name = str(file.name or "")
    for endings, words in _OTHER_ENDINGS.items():
        if name.lower().endswith(endings):
            raise DomainError(words)
    if (file.size or 0) > MAX_BYTES:
        raise DomainError(TOO_LARGE)
    content = file.read()
    reading = read(read_sheets(content))
    if not reading.claims:
        raise DomainError(_("Trong tệp không có chỉ tiêu nào của báo cáo này."))
    forget_old()
    upload = Upload(
        unit=unit,
        period=period.code,
        name=name[-_NAME_LENGTH:],
        versions=versions_of(reading),
        by=by,
    )
    upload.file.save(f"{upload.pk}.xlsx", ContentFile(content), save=False)
    upload.save()
    return upload


def forget_old() -> None:
    """Delete what was handed in more than a day ago, with its file."""
    old = Upload.objects.filter(at__lt=timezone.now() - KEPT_FOR).order_by("at")
    for upload in old[:_FORGOTTEN_AT_ONCE]:
        upload.file.delete(save=False)
        upload.delete()


def find(reference: str, *, unit: Unit, period: Period, by: Official) -> Upload:
    """The upload that `by` made for this unit and period. Raises Http404 for everybody else."""
    try:
        wanted = UUID(reference)
    except ValueError as error:
        raise Http404(reference) from error
    found = Upload.objects.filter(pk=wanted, unit=unit, period=period.code, by=by).first()
    if found is None:
        raise Http404(_("Không có tệp này; tệp nộp vào chỉ giữ một ngày."))
    return found


def content_of(upload: Upload) -> bytes:
    """The workbook as it came. Raises Http404 when its day is over."""
    try:
        with upload.file.open("rb") as file:
            return bytes(file.read())
    except FileNotFoundError as error:
        raise Http404(upload.name) from error


def preview(upload: Upload, read: Reader) -> Preview:
    return preview_of(read(read_sheets(content_of(upload))), upload.versions)


def marked(upload: Upload, read: Reader) -> bytes:
    """The workbook as it was handed in, its wrong cells coloured and explained."""
    found = preview(upload, read)
    author = _("Hệ thống theo dõi giảm nghèo")
    return with_remarks(content_of(upload), found.remarks_by_cell, author)


@transaction.atomic
def apply(*, upload: Upload, by: Official, read: Reader, write: Write) -> int:
    """Write everything the workbook changes, once, or nothing; returns how many figures.

    Raises DomainError when a cell is wrong, a figure has changed since, or it was applied before.
    """
    upload = Upload.objects.select_for_update().get(pk=upload.pk)
    if upload.applied_at is not None:
        raise DomainError(already_applied(upload))
    found = preview(upload, read)
    if found.wrong:
        raise DomainError(_("Còn {count} ô sai nên chưa ghi gì.").format(count=len(found.wrong)))
    if found.conflicts:
        raise DomainError(changed_since())
    if not found.written:
        raise DomainError(_("Tệp không có số nào khác số đang lưu; không có gì để ghi."))
    for unit, entries in found.entries().items():
        _write(unit, Period.parse(upload.period), entries, by, write)
    upload.applied_at = timezone.now()
    upload.save(update_fields=["applied_at"])
    return len(found.written)


def _write(unit: Unit, period: Period, entries: list[Entry], by: Official, write: Write) -> None:
    """Write one return's figures; a refusal names the unit."""
    try:
        write(unit=unit, period=period, entries=entries, by=by)
    except DomainError as error:
        error.problems = [
            replace(problem, where=", ".join(filter(None, [unit.name, problem.where])))
            for problem in error.problems
        ]
        raise


def already_applied(upload: Upload) -> str:
    moment = timezone.localtime(upload.applied_at)
    return _("Số trong tệp này đã ghi lúc {moment}; không ghi lần nữa.").format(
        moment=f"{moment:%H:%M %d/%m/%Y}"
    )


def changed_since() -> str:
    return _(
        "Có người vừa sửa số sau khi tệp này được nộp, nên chưa ghi gì. "
        "Xem các ô “Người khác vừa sửa”, rồi nộp lại tệp để so với số mới."
    )
