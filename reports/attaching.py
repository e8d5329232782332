"""Attaching files and decisions to the figures of a return, and taking them back.

A row is never without its file, nor a file kept whose row was not written. What is taken back
stays on record, and so does its file.
"""

from __future__ import annotations

import hashlib
import os
import uuid

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import UploadedFile
from django.db import Error as DatabaseProblem
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from communes import access
from communes.access import Action
from communes.models import Official, Unit
from indicators.models import Indicator
from indicators.periods import Period
from povertyplan.lib.errors import DomainError, Problem
from povertyplan.lib.filekinds import kind_of
from povertyplan.lib.filenames import harmless_name, one_line, readable
from reports.attached import evidence_of, file_for
from reports.models import Evidence, Report
from reports.returns import form_of
from reports.workflow import report_to_enter

__all__ = ["attach", "evidence_of", "file_for", "megabytes", "take_back", "too_large"]

DECISION_LENGTH = 200


def attach(
    *,
    unit: Unit,
    period: Period,
    indicator: Indicator,
    by: Official,
    upload: UploadedFile[bytes] | None = None,
    decision: str = "",
) -> Evidence:
    """Attach a file, the name of a decision, or a file out of a decision, to a figure.

    The same thing sent again gives the row that is there: a retried request writes once. Commits
    by itself, so that a file is never kept for a row that was not.
    Raises Http404/PermissionDenied for who may not enter here, DomainError with what is wrong.
    """
    access.require(by, Action.ENTER, unit)
    made = Evidence(indicator=indicator, by=by, decision=_decision(decision))
    content = b"" if upload is None else _content(upload)
    if upload is not None:
        _describe(made, upload, content)
    elif not made.decision:
        raise DomainError(_("Chọn tệp, hoặc ghi số, ngày của văn bản có số liệu này."))
    place = made.file.field.generate_filename(made, uuid.uuid4().hex)
    try:
        with transaction.atomic(durable=True):
            return _record(made, content, place, report_to_enter(unit, period))
    except BaseException:
        _drop(made, place)
        raise


def take_back(*, evidence: Evidence, by: Official) -> None:
    """Take what was attached off its figure; done already, nothing happens.

    Raises as `attach` does.
    """
    report = evidence.report
    access.require(by, Action.ENTER, report.unit)
    with transaction.atomic():
        report_to_enter(report.unit, report.span)
        evidence.refresh_from_db()
        if evidence.removed_at is None:
            evidence.removed_at, evidence.removed_by = timezone.now(), by
            evidence.save(update_fields=["removed_at", "removed_by"])


# -- what was sent ---------------------------------------------------------------------------------


def _decision(told: str) -> str:
    decision = one_line(told)
    if len(decision) > DECISION_LENGTH:
        raise DomainError(
            _("Số, ngày văn bản dài {length} ký tự, tối đa {most}. Rút gọn rồi gửi lại.").format(
                length=len(decision), most=DECISION_LENGTH
            )
        )
    return decision


def _content(upload: UploadedFile[bytes]) -> bytes:
    name = readable(upload.name or "")
    if not upload.size:
        raise DomainError(
            Problem(_("Tệp rỗng (0 byte). Kiểm tra lại tệp trên máy rồi gửi lại."), where=name)
        )
    if upload.size > settings.UPLOAD_MAX_BYTES:
        raise DomainError(too_large(name))
    return b"".join(upload.chunks())


def too_large(name: str = "") -> Problem:
    """Without a name: of a file that was let go while it arrived."""
    return Problem(
        _(
            "Tệp lớn hơn {most}, mức nhận tối đa của một tệp. "
            "Quét lại ở độ phân giải thấp hơn hoặc tách thành nhiều tệp, gửi từng tệp."
        ).format(most=megabytes(settings.UPLOAD_MAX_BYTES)),
        where=readable(name),
        code="size",
    )


def megabytes(size: int) -> str:
    return f"{-(-size // 1024**2)} MB"


def _describe(made: Evidence, upload: UploadedFile[bytes], content: bytes) -> None:
    try:
        kind = kind_of(content)
    except DomainError as error:
        name = readable(upload.name or "")
        raise DomainError(Problem(told.message, where=name) for told in error.problems) from error
    made.name = harmless_name(upload.name or "", kind.extension)
    made.content_type = kind.content_type
    made.size = len(content)
    made.digest = hashlib.sha256(content).hexdigest()


# -- what is written -------------------------------------------------------------------------------


def _record(made: Evidence, content: bytes, place: str, report: Report) -> Evidence:
    """With the return locked, so that two at once cannot pass a limit together."""
    if made.indicator not in form_of(report.unit, report.span):
        raise DomainError(Problem(_("Chỉ tiêu này không có trong báo cáo."), made.indicator.name))
    kept = list(Evidence.objects.filter(report=report).select_related("by"))
    here = [row for row in kept if row.indicator_id == made.indicator_id and row.removed_at is None]
    for row in here:
        if (row.digest, row.decision) == (made.digest, made.decision):
            return row
    _need_room(made, here, sum(row.size for row in kept))
    made.report = report
    if content:
        _store(made, content, place)
    made.at = timezone.now()  # after the lock: whatever was sent before is older
    made.save()
    return made


def _store(made: Evidence, content: bytes, place: str) -> None:
    """On the disk itself before the row is: a power cut must not leave a row without its file."""
    made.file = made.file.storage.save(place, ContentFile(content))
    with made.file.open() as stored:
        os.fsync(stored.fileno())


def _drop(made: Evidence, place: str) -> None:
    """The file of a row that was not written, also half of one that a full disk has cut off.

    A line that breaks during the commit leaves open how it ended: then the file stays.
    """
    try:
        may_be_written = Evidence.objects.filter(file=place).exists()
    except DatabaseProblem:
        return
    if not may_be_written:
        made.file.storage.delete(place)


def _need_room(made: Evidence, here: list[Evidence], used: int) -> None:
    most = settings.EVIDENCE_PER_FIGURE
    if len(here) >= most:
        raise DomainError(
            Problem(
                _(
                    "Chỉ tiêu này đã có {most} minh chứng, mức tối đa. "
                    "Gỡ bớt tệp không cần, hoặc gộp các ảnh thành một tệp PDF."
                ).format(most=most),
                where=made.name,
                code="count",
            )
        )
    if made.size and used + made.size > settings.EVIDENCE_BYTES_PER_RETURN:
        raise DomainError(
            Problem(
                _(
                    "Tệp của cả báo cáo (kể cả tệp đã gỡ, vẫn lưu hồ sơ) đã chiếm {used} "
                    "trên {most}. Gửi tệp nhỏ hơn, hoặc chỉ ghi số, ngày văn bản."
                ).format(used=megabytes(used), most=megabytes(settings.EVIDENCE_BYTES_PER_RETURN)),
                where=made.name,
                code="total",
            )
        )
