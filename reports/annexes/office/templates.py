"""The template that an office has put in use for a table, and its versions."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from io import BytesIO
from pathlib import Path

from django.core.files.base import ContentFile
from django.core.files.uploadedfile import UploadedFile
from django.db import models, transaction
from django.http import Http404
from django.utils.translation import gettext as _

from communes import access
from communes.models import Official, Unit
from indicators.enums import Stage
from indicators.periods import Period
from povertyplan.lib.bookforms.advice import advised
from povertyplan.lib.bookforms.check import Form, checked
from povertyplan.lib.bookforms.fill import fill
from povertyplan.lib.bookforms.parts import MOST_BYTES
from povertyplan.lib.errors import DomainError, Problem
from povertyplan.lib.filenames import harmless_name
from povertyplan.lib.parcels import BROKEN, MACRO, OTHER_KIND
from povertyplan.lib.speech import officially
from reports.annexes.build import build_table, find_annex
from reports.annexes.lines import Area, Place
from reports.annexes.office.names import NAMING, PAGE_MARK, Paper, names_of, values_of
from reports.annexes.readers import Reader, require_open
from reports.annexes.spec import AnnexSpec, Layout, read_spec
from reports.annexes.table import Table
from reports.models import Annex, AnnexTemplate

_OTHER_ENDINGS = {
    (".xlsm", ".xltm", ".xlam"): MACRO,
    (".xlsb", ".ods", ".numbers"): OTHER_KIND,
}


@dataclass(frozen=True)
class Asked:
    """One variant of a table of a unit or a group: what a template is put to use for.

    A group is printed on the templates of the nearest unit above all of its members.
    """

    area: Area
    period: Period
    annex: Annex
    variant: str

    @cached_property
    def place(self) -> Place:
        return Place(self.area, self.period)

    @property
    def unit(self) -> Unit:
        """Whose template it is."""
        return self.place.unit

    @property
    def address(self) -> str:
        """How an address of the period names the unit."""
        return Place(self.unit, self.period).address

    @property
    def spec(self) -> AnnexSpec:
        return read_spec(self.annex.definition)

    @property
    def layout(self) -> Layout:
        return self.spec.layout(self.variant)


def asked_for(area: Area, period: Period, code: str, variant: str) -> Asked:
    """Raises DomainError where the area has no such table, or it has no such variant."""
    annex = find_annex(code, area, period)
    return Asked(area, period, annex, read_spec(annex.definition).layout(variant).variant)


def own_template(asked: Asked) -> AnnexTemplate | None:
    """The template in use; None: the unit has none."""
    return versions_of(asked).filter(active=True).select_related("uploaded_by").first()


def versions_of(asked: Asked) -> models.QuerySet[AnnexTemplate]:
    rows = AnnexTemplate.objects.filter(unit=asked.unit, annex=asked.annex, variant=asked.variant)
    return rows.order_by("-version")


def in_use(units: Iterable[Unit]) -> set[tuple[int, int, str]]:
    """(unit, annex, variant) of every template in use, in one query."""
    rows = AnnexTemplate.objects.filter(unit__in=units, active=True)
    return set(rows.values_list("unit_id", "annex_id", "variant"))


def content_of(own: AnnexTemplate) -> bytes:
    """Raises Http404 where the file has been lost."""
    try:
        with own.file.open() as stored:
            content: bytes = stored.read()
    except FileNotFoundError as error:
        raise Http404(_("Tệp này không còn trên máy chủ.")) from error
    return content


def keep_template(
    *, asked: Asked, by: Official, upload: UploadedFile[bytes] | None
) -> tuple[AnnexTemplate, list[Problem]]:
    """Put a template in use in place of the one before, after trying it with the unit's table.

    With what it would better be without: cells that are not printed, formulas that may fail.

    Raises Http404/PermissionDenied for who may not, DomainError with everything wrong in the file.
    """
    access.require_keep_templates(by, asked.unit)
    if upload is None or not upload.size:
        raise DomainError(_("Chọn tệp mẫu .xlsx rồi gửi."))
    told = str(upload.name or "")
    for endings, words in _OTHER_ENDINGS.items():
        if told.lower().endswith(endings):
            raise DomainError(words)
    # One byte too many is enough to be told that it is too large.
    content = upload.read(MOST_BYTES + 1)
    form = _form(content, asked)
    advice = _tried(form, asked, by)
    made = AnnexTemplate(unit=asked.unit, annex=asked.annex, variant=asked.variant, uploaded_by=by)
    made.name = harmless_name(told, "xlsx", "mau-bieu")
    place = made.file.field.generate_filename(made, uuid.uuid4().hex)
    made.file = made.file.storage.save(place, ContentFile(content))
    try:
        with made.file.open() as stored:
            os.fsync(stored.fileno())
        return _record(made, asked), advice
    except BaseException:
        made.file.storage.delete(made.file.name)
        raise


def _record(made: AnnexTemplate, asked: Asked) -> AnnexTemplate:
    with transaction.atomic(durable=True):
        Unit.objects.select_for_update().get(pk=made.unit_id)
        last = versions_of(asked).values_list("version", flat=True).first()
        made.version = (last or 0) + 1
        versions_of(asked).filter(active=True).update(active=False)
        made.save()
    return made


def use_version(*, asked: Asked, by: Official, version: int | None) -> None:
    """Go back to an earlier version, or (None) to no template; all stay on record.

    Raises Http404 for a version that there is not.
    """
    access.require_keep_templates(by, asked.unit)
    with transaction.atomic():
        Unit.objects.select_for_update().get(pk=asked.unit.pk)
        versions_of(asked).filter(active=True).update(active=False)
        if version is not None and not versions_of(asked).filter(version=version).update(
            active=True
        ):
            raise Http404(_("Không có lần này của mẫu."))


def _tried(form: Form, asked: Asked, by: Official) -> list[Problem]:
    """What it would better be without. Raises DomainError where it cannot be filled in."""
    try:
        _filled(form, asked, Stage.PROVISIONAL, by)
        return advised(form)
    except (AttributeError, LookupError, ValueError) as error:  # over what others wrote badly
        raise DomainError(BROKEN) from error


def _form(content: bytes, asked: Asked) -> Form:
    spec = asked.spec
    return checked(content, names_of(spec, spec.layout(asked.variant)))


def table_of(asked: Asked, stage: str, by: Reader | None = None) -> Table:
    """What a template of it is filled in with.

    Raises DomainError when it cannot be had, PermissionDenied when it is not for `by`.
    """
    table = build_table(asked.annex, asked.area, asked.period, stage, asked.variant)
    return require_open(table, by)


@officially
def _filled(form: Form, asked: Asked, stage: str, by: Official) -> tuple[str, bytes]:
    if asked.place.group and not form.used & NAMING:
        words = _("Mẫu của {unit} không có chỗ điền {names} nên không ghi được tên nhóm.")
        names = " hoặc ".join(f"{{{{ {name} }}}}" for name in sorted(NAMING))
        raise DomainError(words.format(unit=asked.unit.name_in_sentence, names=names))
    table = table_of(asked, stage, by)
    paper = Paper(table, asked.period, by, asked.place.name, str(Stage(stage).label))
    out = BytesIO()
    fill(form, values_of(paper, asked.spec, is_marked=PAGE_MARK in form.used), out)
    return f"{Path(table.file_name).stem}-theo-mau.xlsx", out.getvalue()


def office_file(asked: Asked, stage: str, by: Official) -> tuple[str, bytes]:
    """(name, content) of the table in the unit's own template; of a group in that of the unit
    above it.

    Raises Http404 where it has none, DomainError where the template does not fit any more,
    PermissionDenied when the table is not for `by`.
    """
    own = own_template(asked)
    if own is None:
        raise Http404(_("Đơn vị chưa có mẫu riêng cho biểu này."))
    return _filled(_form(content_of(own), asked), asked, stage, by)
