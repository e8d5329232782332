"""The template a report in words is filled in from: a unit's own, else the standard one."""

from __future__ import annotations

import os
import uuid
from pathlib import Path

from django.core.files.base import ContentFile
from django.core.files.uploadedfile import UploadedFile
from django.db import models, transaction
from django.http import Http404
from django.utils.translation import gettext as _

from communes import access
from communes.models import Official, Unit
from povertyplan.lib.errors import DomainError
from povertyplan.lib.filenames import harmless_name
from povertyplan.lib.letters import MOST_BYTES, check_template
from reports.models import NarrativeTemplate
from reports.narrative.context import NAMES, Narrative

STANDARD = Path(__file__).parent.parent / "data" / "bao-cao-giam-ngheo.docx"


def own_template(unit: Unit, kind: str) -> NarrativeTemplate | None:
    """The unit's own template in use; None: the standard one is."""
    rows = NarrativeTemplate.objects.filter(unit=unit, kind=kind, active=True)
    return rows.select_related("uploaded_by").first()


def template_of(unit: Unit, kind: str) -> bytes:
    """The file that a report is filled in from. Raises Http404 where it has been lost."""
    own = own_template(unit, kind)
    if own is None:
        return STANDARD.read_bytes()
    return content_of(own)


def content_of(own: NarrativeTemplate) -> bytes:
    """Raises Http404 where the file has been lost."""
    try:
        with own.file.open() as stored:
            content: bytes = stored.read()
    except FileNotFoundError as error:
        raise Http404(_("Tệp này không còn trên máy chủ.")) from error
    return content


def versions_of(unit: Unit, kind: str) -> models.QuerySet[NarrativeTemplate]:
    return NarrativeTemplate.objects.filter(unit=unit, kind=kind).order_by("-version")


def keep_template(
    *, unit: Unit, kind: str, by: Official, upload: UploadedFile[bytes] | None, sample: Narrative
) -> NarrativeTemplate:
    """Put a template in use in place of the one before. `sample`: a report to try it with.

    Raises Http404/PermissionDenied for who may not, DomainError with everything wrong in the file.
    """
    access.require_keep_templates(by, unit)
    if upload is None or not upload.size:
        raise DomainError(_("Chọn tệp mẫu .docx rồi gửi."))
    # One byte too many is enough to be told that it is too large.
    content = upload.read(MOST_BYTES + 1)
    # A mark has to go into it, whatever it says and whether this report has one.
    check_template(content, NAMES, sample.values(), mark=sample.marks or sample.unit)
    made = NarrativeTemplate(unit=unit, kind=kind, uploaded_by=by)
    made.name = harmless_name(upload.name or "", "docx", "mau-bao-cao")
    place = made.file.field.generate_filename(made, uuid.uuid4().hex)
    made.file = made.file.storage.save(place, ContentFile(content))
    try:
        with made.file.open() as stored:
            os.fsync(stored.fileno())
        return _record(made)
    except BaseException:
        made.file.storage.delete(made.file.name)
        raise


def _record(made: NarrativeTemplate) -> NarrativeTemplate:
    with transaction.atomic(durable=True):
        Unit.objects.select_for_update().get(pk=made.unit_id)
        kept = NarrativeTemplate.objects.filter(unit=made.unit_id, kind=made.kind)
        made.version = kept.count() + 1
        kept.filter(active=True).update(active=False)
        made.save()
    return made


def use_version(*, unit: Unit, kind: str, by: Official, version: int | None) -> None:
    """Go back to an earlier version, or (None) to the standard template; all stay on record.

    Raises Http404 for a version that there is not.
    """
    access.require_keep_templates(by, unit)
    with transaction.atomic():
        Unit.objects.select_for_update().get(pk=unit.pk)
        versions_of(unit, kind).filter(active=True).update(active=False)
        if version is not None and not versions_of(unit, kind).filter(version=version).update(
            active=True
        ):
            raise Http404(_("Không có lần này của mẫu."))
