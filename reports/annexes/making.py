"""Writing every table of a place into one ZIP, table by table; safe to run twice.

A run claims the job by writing its own token; each step is written only while the token still
stands, so a run that was stopped, or thought dead and replaced, ends by itself.
"""

from __future__ import annotations

import logging
import uuid
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from celery.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.db.models import F, Q
from django.http import Http404
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _

from communes import access
from communes.access import Action
from communes.models import Official, Unit
from indicators.periods import Period
from povertyplan.lib.errors import DomainError
from povertyplan.lib.speech import officially
from reports.annexes.absent import why_not
from reports.annexes.build import Offer, offers
from reports.annexes.office.templates import asked_for, in_use, office_file
from reports.annexes.pages import VARIANT_LABELS
from reports.annexes.paper import annex_pdf
from reports.annexes.printed import version_of
from reports.annexes.readers import offers_for
from reports.annexes.workbook import annex_file
from reports.enums import BatchState, RowsBelow
from reports.models import Annex, AnnexBatch

logger = logging.getLogger(__name__)

STALE = timedelta(minutes=5)
"""A run not heard of for so long is dead; the slowest table takes under a minute."""
KEPT = timedelta(days=7)
MOST_ATTEMPTS = 3
MOST_BYTES = 500 * 1024**2
MAKERS = (annex_file, annex_pdf)
LIST_NAME = "Chưa lập được.txt"


class _StoppedError(Exception):
    """Somebody stopped the job, or another run has it."""


@dataclass(frozen=True, slots=True)
class _Step:
    """One table to be drawn up, or the reason why it cannot be; whether it is about others."""

    unit: Unit
    annex: Annex
    variant: str = ""
    reason: str = ""
    rows_below: RowsBelow = RowsBelow.NONE


def folder() -> Path:
    """Where the files are kept, outside what the web server serves."""
    return Path(settings.MEDIA_ROOT) / "annex-batches"


def is_dead(batch: AnnexBatch) -> bool:
    """Under way, and nobody has been at work on it for long."""
    if batch.state not in (BatchState.QUEUED, BatchState.RUNNING):
        return False
    return (batch.beat_at or batch.made_at) < timezone.now() - STALE


def may_have(official: Official, batch: AnnexBatch) -> bool:
    """May `official` have the file? Units below one by one only for who sees them so."""
    if not access.can(official, Action.VIEW, batch.unit):
        return False
    is_of_others = bool(batch.tier) or batch.rows_below == RowsBelow.HELD
    return not is_of_others or access.sees_below(official, batch.unit)


@officially
def make_batch(pk: int) -> bool:
    """Make the file of a job. Returns whether this call made it; False where another did."""
    batch = _claim(pk)
    if batch is None:
        return False
    try:
        return _made(batch)
    except _StoppedError:
        return False
    except DomainError as error:
        _failed(batch, str(error))
    except SoftTimeLimitExceeded:
        _failed(batch, _("Quá thời gian cho phép. Chọn ít biểu hơn rồi lập lại."))
    except Exception:
        logger.exception("annex batch %s failed", pk)
        _failed(batch, _("Lỗi của hệ thống khi ghi tệp."))
    finally:
        _part(batch).unlink(missing_ok=True)
    return False


def _claim(pk: int) -> AnnexBatch | None:
    """Take the job unless somebody alive has it: one UPDATE, so of two one gets it."""
    now, token = timezone.now(), uuid.uuid4().hex
    dead = Q(state=BatchState.RUNNING, beat_at__lt=now - STALE)
    free = AnnexBatch.objects.filter(Q(state=BatchState.QUEUED) | dead, pk=pk)
    free.filter(attempts__gte=MOST_ATTEMPTS).update(
        state=BatchState.FAILED,
        finished_at=now,
        problems=[{"where": "", "reason": _("Đã thử nhiều lần không xong.")}],
    )
    taken = free.update(
        state=BatchState.RUNNING,
        worker=token,
        done=0,
        started_at=now,
        beat_at=now,
        attempts=F("attempts") + 1,
    )
    if not taken:
        return None
    return AnnexBatch.objects.select_related("unit__tier", "by").get(pk=pk)


def _made(batch: AnnexBatch) -> bool:
    if not may_have(batch.by, batch):
        raise DomainError(_("Người yêu cầu không còn quyền xem đơn vị này."))
    version = version_of(batch.unit, batch.span, batch.stage)
    steps = list(steps_of(batch))
    total = sum(not step.reason for step in steps)
    _save(batch, total=total, version=version, rows_below=rows_below_of(steps))
    folder().mkdir(parents=True, exist_ok=True)
    problems = _write(batch, steps)
    if version_of(batch.unit, batch.span, batch.stage) != version:
        version = ""  # some tables are from before a change, some from after it
    name = f"{batch.pk}-{batch.worker}.zip"
    target = _part(batch).rename(folder() / name)
    try:
        _save(
            batch,
            state=BatchState.DONE,
            file=name,
            version=version,
            size=target.stat().st_size,
            problems=problems,
            finished_at=timezone.now(),
        )
    except BaseException:
        target.unlink(missing_ok=True)
        raise
    return True


def _part(batch: AnnexBatch) -> Path:
    return folder() / f"{batch.pk}-{batch.worker}.part"


def _save(batch: AnnexBatch, **values: object) -> None:
    """Write while the job is still this run's. Raises _StoppedError when it is not."""
    mine = AnnexBatch.objects.filter(pk=batch.pk, worker=batch.worker, state=BatchState.RUNNING)
    if not mine.update(beat_at=timezone.now(), **values):
        raise _StoppedError


def _failed(batch: AnnexBatch, reason: str) -> None:
    mine = AnnexBatch.objects.filter(pk=batch.pk, worker=batch.worker, state=BatchState.RUNNING)
    mine.update(
        state=BatchState.FAILED,
        finished_at=timezone.now(),
        problems=[{"where": "", "reason": reason}],
    )


def units_of(batch: AnnexBatch) -> list[Unit]:
    """The unit itself, or each unit of the tier below it on the period's last day, by code."""
    if not batch.tier:
        return [batch.unit]
    below = Unit.objects.below_on(batch.unit, batch.span.end).filter(tier__code=batch.tier)
    return list(below.select_related("tier", "parent__parent").order_by("code"))


def steps_of(batch: AnnexBatch) -> Iterator[_Step]:
    """Every table of every unit, in the order in which they lie in the ZIP."""
    for unit in units_of(batch):
        for offer in offers_for(offers(unit, batch.span), unit, batch.span, batch.by):
            if batch.plan_id and offer.annex.plan_id != batch.plan_id:
                continue
            rows_below = _rows_below(offer)
            if offer.reason:
                yield _Step(unit, offer.annex, reason=offer.reason, rows_below=rows_below)
            for variant in offer.variants:
                yield _Step(unit, offer.annex, variant, rows_below=rows_below)


def _rows_below(offer: Offer) -> RowsBelow:
    if not offer.is_of_others:
        return RowsBelow.NONE
    return RowsBelow.LEFT_OUT if offer.is_closed else RowsBelow.HELD


def rows_below_of(steps: Sequence[_Step]) -> RowsBelow:
    """Of all tables of a file: held where one is."""
    found = {step.rows_below for step in steps}
    order = (RowsBelow.HELD, RowsBelow.LEFT_OUT)
    return next((one for one in order if one in found), RowsBelow.NONE)


def _write(batch: AnnexBatch, steps: list[_Step]) -> list[dict[str, str]]:
    """Write the ZIP, one table in memory at a time; returns what could not be had."""
    problems: list[dict[str, str]] = []
    own = in_use({step.unit for step in steps})
    done = 0
    with zipfile.ZipFile(_part(batch), "w", zipfile.ZIP_STORED) as packed:
        for step in steps:
            if step.reason:
                reason = why_not(step.annex, step.reason)
                problems.append({"where": _where(step), "reason": reason})
                continue
            _save(batch, done=done)
            has_own = (step.unit.pk, step.annex.pk, step.variant) in own
            for make in (*MAKERS, _in_own_template) if has_own else MAKERS:
                _add(packed, batch, step, make, problems)
            done += 1
            _check_size(batch)
        if problems:
            lines = [f"{row['where']}: {row['reason']}" for row in problems]
            _put(packed, LIST_NAME, "\r\n".join(lines).encode("utf-8-sig"), batch)
    _save(batch, done=done)
    return problems


def _in_own_template(
    code: str, unit: Unit, period: Period, stage: str, variant: str, by: Official
) -> tuple[str, bytes]:
    """The same table in the template which the unit has put in use for it, beside the others."""
    try:
        return office_file(asked_for(unit, period, code, variant), stage, by)
    except (DomainError, Http404) as error:
        words = _("Xuất theo mẫu của đơn vị: {reason}")
        raise DomainError(words.format(reason=error)) from error


def _add(
    packed: zipfile.ZipFile,
    batch: AnnexBatch,
    step: _Step,
    make: Callable[..., tuple[str, bytes]],
    problems: list[dict[str, str]],
) -> None:
    """Draw one file up and put it in; one that fails is a line of the list."""
    try:
        name, content = make(
            step.annex.code, step.unit, batch.span, batch.stage, step.variant, batch.by
        )
    except SoftTimeLimitExceeded:
        raise
    except DomainError as error:
        problems.append({"where": _where(step), "reason": str(error)})
    except Exception:
        logger.exception("table %s of batch %s", step.annex.code, batch.pk)
        problems.append({"where": _where(step), "reason": _("Lỗi của hệ thống khi lập biểu.")})
    else:
        _put(packed, _inside(packed, batch, step, name), content, batch)


def _where(step: _Step) -> str:
    """Of two tables with one number, which is meant."""
    variant = f", {str(VARIANT_LABELS.get(step.variant, step.variant)).lower()}"
    said = f"{step.unit.name}, biểu {step.annex.number} “{step.annex.title}”"
    return f"{said}{variant if step.variant else ''}"


def _inside(packed: zipfile.ZipFile, batch: AnnexBatch, step: _Step, name: str) -> str:
    """The name in the ZIP: plain letters, no path but a folder a unit where there are several."""
    stem, extension = plain(Path(name).stem), Path(name).suffix
    start = f"{plain(f'{step.unit.code} {step.unit.short_name}')}/" if batch.tier else ""
    taken, count, found = set(packed.namelist()), 1, f"{start}{stem}{extension}"
    while found in taken:
        count += 1
        found = f"{start}{stem}-{count}{extension}"
    return found


def plain(text: str) -> str:
    """Small letters a–z, digits and hyphens, at most 80; never empty."""
    return slugify(text.replace("đ", "d").replace("Đ", "D"))[:80].strip("-_") or "bieu"


def _put(packed: zipfile.ZipFile, name: str, content: bytes, batch: AnnexBatch) -> None:
    moment = timezone.localtime(batch.made_at)
    info = zipfile.ZipInfo(name, moment.timetuple()[:6])
    info.external_attr = 0o644 << 16
    packed.writestr(info, content, zipfile.ZIP_STORED)


def _check_size(batch: AnnexBatch) -> None:
    if _part(batch).stat().st_size > MOST_BYTES:
        raise DomainError(
            _("Tệp lớn quá mức cho phép. Chọn một kế hoạch hoặc lập theo từng huyện.")
        )


def drop_old_batches() -> int:
    """Delete jobs that ended over a week ago, with their files. Returns how many."""
    old = AnnexBatch.objects.filter(finished_at__lt=timezone.now() - KEPT)
    gone = list(old)
    for batch in gone:
        batch.delete()
        if batch.file:
            (folder() / batch.file).unlink(missing_ok=True)
    _drop_leftovers()
    return len(gone)


def _drop_leftovers() -> None:
    """Parts of runs that were killed: no job under way is theirs, no task runs so long."""
    limit = timedelta(seconds=settings.TASK_SECONDS["annexes"] + settings.TASK_GRACE_SECONDS)
    before = (timezone.now() - limit).timestamp()
    old = [path for path in folder().glob("*.part") if _written(path) < before]
    if old:
        under_way = AnnexBatch.objects.filter(state=BatchState.RUNNING)
        owned = {_part(batch).name for batch in under_way if not is_dead(batch)}
        for path in old:
            if path.name not in owned:
                path.unlink(missing_ok=True)


def _written(path: Path) -> float:
    """When last; now for one that is gone meanwhile."""
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return timezone.now().timestamp()
