"""The one way in for a fact: page, API, import and command all write through here.

Each function is one transaction, keeps the history in it, and asks for the recompute in
it. A refusal changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from copy import copy
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeVar

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from simple_history.utils import bulk_create_with_history

from communes.models import Official, Unit
from indicators.asking import Profile, asks, is_asked_in, profiles_of
from indicators.enums import Answer, Cadence, Stage, ValueType
from indicators.models import Indicator, Recompute, Result
from indicators.periods import Period
from indicators.tasks import soon
from povertyplan.lib.errors import DomainError, Problem, VersionConflict
from povertyplan.lib.numbers import format_number

T = TypeVar("T")

LAYERS = [
    "answer",
    "value",
    "note",
    "submitted_answer",
    "submitted_value",
    "approved_answer",
    "approved_value",
    "is_sample",
    "version",
    "entered_by",
    "entered_at",
]


MOST_DIGITS = 12
"""Digits before the comma that a figure may have: a thousand times the country's product in
triệu đồng. What a country of such figures adds up to still fits a rollup."""
EXACT_DIGITS = 15
"""What every database keeps exactly: SQLite holds a decimal as a double."""


@dataclass(frozen=True)
class Entry:
    """One answer to be recorded. `version` guards against overwriting another's edit unseen.

    version None: not checked; 0: nothing must be there yet; n: the fact must still be at n.
    note None: the note stays as it is.
    """

    unit: Unit
    indicator: Indicator
    period: Period
    answer: str
    value: Decimal | None = None
    note: str | None = None
    version: int | None = None

    @property
    def cell(self) -> tuple[int, int, str]:
        return self.unit.pk, self.indicator.pk, self.period.code


def record_results(
    entries: Sequence[Entry],
    *,
    by: Official | None,
    reason: str = "",
    is_sample: bool | None = None,
) -> list[Result]:
    """Write drafts, all or nothing; returns the facts in the order of `entries`.

    Drafts count nowhere until submitted. An entry equal to what is stored changes nothing.
    Raises DomainError naming each bad cell, VersionConflict when another edit came between.
    """
    _refuse(_problems(entries))
    sample = settings.DEMO_MODE if is_sample is None else is_sample
    return _all_or_nothing(lambda: _write(entries, by=by, reason=reason, sample=sample, stage=None))


def _all_or_nothing(write: Callable[[], T]) -> T:
    """Write in a transaction; once more where a rival has just made the same cell.

    Nothing can be locked while a cell is not there. The second time it is, to be compared with.
    """
    try:
        with transaction.atomic():
            return write()
    except IntegrityError:
        pass
    try:
        with transaction.atomic():
            return write()
    except IntegrityError as error:
        raise VersionConflict(
            _("Người khác vừa nhập cùng ô này. Tải lại trang để xem số của họ rồi chọn.")
        ) from error


def _write(
    entries: Sequence[Entry],
    *,
    by: Official | None,
    reason: str,
    sample: bool,
    stage: str | None,
) -> list[Result]:
    kept = {
        (row.unit_id, row.indicator_id, row.period): row
        for row in Result.objects.select_for_update()
        .filter(
            unit__in={entry.unit.pk for entry in entries},
            indicator__in={entry.indicator.pk for entry in entries},
            period__in={entry.period.code for entry in entries},
        )
        .order_by("pk")
    }
    conflicts = [
        problem for entry in entries if (problem := _conflict(entry, kept.get(entry.cell)))
    ]
    if conflicts:
        raise VersionConflict(conflicts)
    new: list[Result] = []
    changed: list[Result] = []
    # One order for everybody, here and above: else two writers wait for each other for ever.
    for entry in sorted(entries, key=lambda entry: entry.cell):
        row = kept.get(entry.cell)
        if row is None:
            row = kept[entry.cell] = Result(
                unit=entry.unit, indicator=entry.indicator, period=entry.period.code
            )
            new.append(row)
        elif _is_same(entry, row) and _stands_at(row, stage):
            continue
        else:
            row.version += 1
            changed.append(row)
        row.note = _note(entry, row)
        row.answer, row.value = entry.answer, entry.value
        row.is_sample, row.entered_by, row.entered_at = sample, by, timezone.now()
        _lift(row, stage)
    _save(new, changed, by=by, reason=reason)
    return [kept[entry.cell] for entry in entries]


def _note(entry: Entry, row: Result) -> str:
    """A note that said why there is no number goes with that answer, unless it is said again."""
    if entry.note is not None:
        return entry.note
    was_reason = row.answer == Answer.NO_DATA and entry.answer != Answer.NO_DATA
    return "" if was_reason else row.note


def _save(new: list[Result], changed: list[Result], *, by: Official | None, reason: str) -> None:
    if new:
        bulk_create_with_history(
            new, Result, default_user=by, default_change_reason=reason, batch_size=1000
        )
    _update(changed, by=by, reason=reason)


def _update(changed: list[Result], *, by: Official | None, reason: str) -> None:
    """Write rows that are there already, with their history.

    As an upsert by the cell: many times quicker than an UPDATE with a CASE a row and column.
    """
    if not changed:
        return
    copies = [copy(row) for row in changed]
    for row in copies:
        row.pk = None
    Result.objects.bulk_create(
        copies,
        update_conflicts=True,
        unique_fields=["unit", "period", "indicator"],
        update_fields=LAYERS,
        batch_size=1000,
    )
    Result.history.bulk_history_create(
        changed, update=True, default_user=by, default_change_reason=reason, batch_size=1000
    )


def _is_same(entry: Entry, row: Result) -> bool:
    same_note = entry.note is None or entry.note == row.note
    return row.answer == entry.answer and row.value == entry.value and same_note


def _conflict(entry: Entry, row: Result | None) -> Problem | None:
    if entry.version is None or entry.version == (row.version if row else 0):
        return None
    if row is not None and _is_same(entry, row):
        return None  # both typed the same
    theirs = _shown(entry.indicator, row.answer, row.value) if row else _("chưa có số liệu")
    mine = _shown(entry.indicator, entry.answer, entry.value)
    return Problem(
        _(
            "Người khác vừa sửa ô này. Số đang lưu: {theirs}; số của đồng chí: {mine}. "
            "Chọn một số rồi lưu lại."
        ).format(theirs=theirs, mine=mine),
        where=entry.indicator.name,
        code="conflict",
        key=entry.indicator.code,
    )


def _shown(indicator: Indicator, answer: str, value: Decimal | None) -> str:
    if answer == Answer.VALUE:
        return format_number(value, indicator.decimals)
    return str(Answer(answer).label)


# -- what may be recorded --------------------------------------------------------------------


def _refuse(problems: list[Problem]) -> None:
    if problems:
        raise DomainError(problems)


def _problems(entries: Sequence[Entry]) -> list[Problem]:
    profiles = {
        (pk, day): profile
        for day in {entry.period.end for entry in entries}
        for pk, profile in profiles_of({entry.unit.pk for entry in entries}, day).items()
    }
    problems = [
        Problem(message, where=_where(entry), key=entry.indicator.code)
        for entry in entries
        if (message := _problem(entry, profiles[entry.unit.pk, entry.period.end]))
    ]
    cells = [entry.cell for entry in entries]
    if len(set(cells)) < len(cells):
        problems.append(Problem(_("Một ô được ghi hai lần trong cùng lần gửi; chỉ để lại một.")))
    return problems


def _where(entry: Entry) -> str:
    return f"{entry.unit.name}, {entry.indicator.name}, {entry.period.label}"


def _problem(entry: Entry, profile: Profile) -> str:
    if not entry.indicator.is_input:
        return _("Chỉ tiêu này do hệ thống tính, không nhập trực tiếp.")
    if not entry.unit.is_valid_on(entry.period.end):
        return _("Đơn vị không còn (hoặc chưa có) vào ngày cuối kỳ {day}.").format(
            day=f"{entry.period.end:%d/%m/%Y}"
        )
    if not asks(entry.indicator, profile):
        return _("Chỉ tiêu này không giao cho đơn vị này nhập.")
    if not is_asked_in(entry.indicator, entry.period):
        return _("Chỉ tiêu này báo cáo theo {cadence}, không theo kỳ ngắn hơn.").format(
            cadence=Cadence(entry.indicator.cadence).label
        )
    if entry.period.start > timezone.localdate():
        return _("Kỳ báo cáo này chưa bắt đầu.")
    if entry.answer == Answer.VALUE:
        return value_problem(entry.indicator, entry.value)
    if entry.value is not None:
        return _("Ô không có số thì không được kèm giá trị.")
    if entry.answer == Answer.NO_DATA and not (entry.note or "").strip():
        return _("Ghi lý do không có số liệu vào ô ghi chú.")
    return ""


def value_problem(indicator: Indicator, value: Decimal | None) -> str:
    """Why the indicator does not admit the value, in the officials' words; empty when it does."""
    if value is None:
        return _("Chưa có giá trị.")
    if not value.is_finite() or value.adjusted() >= MOST_DIGITS:
        return _("Số quá lớn.")
    if len(value.normalize().as_tuple().digits) > EXACT_DIGITS:
        return _("Số quá dài: không quá {count} chữ số.").format(count=EXACT_DIGITS)
    if value != value.quantize(Decimal(1).scaleb(-indicator.decimals)):
        return _("Chỉ nhận tối đa {count} chữ số thập phân.").format(count=indicator.decimals)
    if indicator.value_type == ValueType.YES_NO and value not in (0, 1):
        return _("Chỉ nhận Đạt (1) hoặc Chưa đạt (0).")
    low, high = indicator.hard_min, indicator.hard_max
    if low is not None and value < low:
        return _("Phải từ {limit} trở lên.").format(limit=format_number(low, indicator.decimals))
    if high is not None and value > high:
        return _("Không được quá {limit}.").format(limit=format_number(high, indicator.decimals))
    return ""


def mark(unit: Unit, period: Period) -> None:
    """Ask for a recompute, in the caller's transaction, and have it made soon after commit."""
    Recompute.objects.create(unit=unit, period=period.code)
    transaction.on_commit(soon)


# -- moving figures through the stages ---------------------------------------------------------


def submit_results(
    *, unit: Unit, period: Period, indicators: Iterable[Indicator], by: Official, reason: str
) -> None:
    """Let the latest entries count as provisional."""

    def submit(row: Result) -> None:
        row.submitted_answer, row.submitted_value = row.answer, row.value

    _move(unit, period, indicators, submit, by=by, reason=reason)


def withdraw_results(
    *, unit: Unit, period: Period, indicators: Iterable[Indicator], by: Official, reason: str
) -> None:
    """Take returned figures out of the provisional sums: they were found wrong."""

    def withdraw(row: Result) -> None:
        row.submitted_answer, row.submitted_value = Answer.MISSING, None

    _move(unit, period, indicators, withdraw, by=by, reason=reason)


def approve_results(
    *, unit: Unit, period: Period, indicators: Iterable[Indicator], by: Official, reason: str
) -> None:
    """Make what was submitted official: the top reviewing tier has approved it."""

    def approve(row: Result) -> None:
        row.approved_answer, row.approved_value = row.submitted_answer, row.submitted_value

    _move(unit, period, indicators, approve, by=by, reason=reason)


def _move(
    unit: Unit,
    period: Period,
    indicators: Iterable[Indicator],
    change: Callable[[Result], None],
    *,
    by: Official | None,
    reason: str,
) -> None:
    with transaction.atomic():
        rows = list(
            Result.objects.select_for_update()
            .filter(unit=unit, period=period.code, indicator__in=list(indicators))
            .order_by("pk")
        )
        changed = [row for row in rows if _changes(row, change)]
        _update(changed, by=by, reason=reason)
        mark(unit, period)


def _changes(row: Result, change: Callable[[Result], None]) -> bool:
    before = (row.submitted_answer, row.submitted_value, row.approved_answer, row.approved_value)
    change(row)
    after = (row.submitted_answer, row.submitted_value, row.approved_answer, row.approved_value)
    return before != after


def import_results(
    entries: Sequence[Entry],
    *,
    stage: str | None,
    by: Official | None = None,
    is_sample: bool | None = None,
    reason: str = "",
) -> int:
    """Write figures that were collected elsewhere, at once at a stage (None: as drafts).

    All or nothing. Returns the number of facts. Official figures count as provisional too.
    """
    _refuse(_problems(entries))
    sample = settings.DEMO_MODE if is_sample is None else is_sample

    def write() -> int:
        facts = _write(entries, by=by, reason=reason, sample=sample, stage=stage)
        cells = {(entry.unit.pk, entry.period.code) for entry in entries}
        Recompute.objects.bulk_create(
            [Recompute(unit_id=unit_id, period=code) for unit_id, code in sorted(cells)]
        )
        transaction.on_commit(soon)
        return len(facts)

    return _all_or_nothing(write)


def _stands_at(row: Result, stage: str | None) -> bool:
    """Is the latest entry already what counts at this stage?"""
    told = (row.answer, row.value)
    submitted = stage is None or told == (row.submitted_answer, row.submitted_value)
    approved = stage != Stage.OFFICIAL or told == (row.approved_answer, row.approved_value)
    return submitted and approved


def _lift(row: Result, stage: str | None) -> None:
    if stage is not None:
        row.submitted_answer, row.submitted_value = row.answer, row.value
    if stage == Stage.OFFICIAL:
        row.approved_answer, row.approved_value = row.answer, row.value
