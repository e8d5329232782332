"""The reporting calendar: the rounds of a province, and extensions for single units.

A round is a `Deadline` whose issuer is a province; one of a unit below it is that unit's
extension, for itself and everything below it. The nearest issuer counts. Each function is one
transaction and records who changed what; a refusal (DomainError) changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from communes import access
from communes.enums import TierCode
from communes.models import Official, Unit
from indicators.models import Result
from indicators.periods import Period
from povertyplan.lib.errors import DomainError, Problem
from reports.models import Deadline, Evidence, Report

MOST_YEARS = 10
"""Years past its period that a day of the calendar may lie; later is a slip of the pen."""
REASON_LENGTH = 300
NAMED_AT_MOST = 5
"""Units that a refusal names before it counts the others."""


class NeedsAssentError(DomainError):
    """The change takes effect at once on units that have not sent; nothing is written without
    somebody saying that it is meant."""


# -- rounds ---------------------------------------------------------------------------------------


@transaction.atomic
def set_round(
    *,
    issuer: Unit,
    period: Period,
    opens_on: date | None,
    due_on: date | None,
    closes_on: date | None = None,
    by: Official,
    sure: bool = True,
) -> Deadline:
    """Set the days of a province's round, anew or in place of those it had.

    closes_on None: entry is never closed. Extensions of the round open with it.
    Raises Http404/PermissionDenied for who may not, DomainError with every bad day,
    NeedsAssentError where not `sure` and units would be late, or locked, from today on.
    """
    access.require_schedule(by, issuer)
    _need_province(issuer)
    _need_valid(issuer, period)
    _lock(issuer)
    opens_on, due_on = _need_days(period, opens_on, due_on, closes_on)
    extensions = list(_below(issuer, period))
    _refuse(_overtaken(extensions, due_on, closes_on))
    found = Deadline.objects.filter(issuer=issuer, period=period.code).first()
    row = found or Deadline(issuer=issuer, period=period.code)
    question = "" if sure else _at_once(found, due_on, closes_on)
    if question:
        raise NeedsAssentError(question)
    row.opens_on, row.due_on, row.closes_on = opens_on, due_on, closes_on
    _save(row, by)
    for extension in extensions:
        if extension.opens_on != opens_on:
            extension.opens_on = opens_on
            _save(extension, by)
    return row


def _at_once(row: Deadline | None, due_on: date, closes_on: date | None) -> str:
    """What new days of a round would do today that its old ones have not done; empty if nothing."""
    today = timezone.localdate()
    was_closed = row is not None and row.closes_on is not None and row.closes_on < today
    if closes_on is not None and closes_on < today and not was_closed:
        return _(
            "Ngày khóa {day} đã qua: mọi đơn vị chưa nộp sẽ không nhập được nữa ngay từ bây giờ. "
            "Đúng ý thì đánh dấu ô này rồi lưu lại."
        ).format(day=_day(closes_on))
    was_due = row is not None and row.due_on < today
    if due_on < today and not was_due:
        return _(
            "Hạn nộp {day} đã qua: mọi đơn vị chưa nộp sẽ bị ghi “quá hạn” ngay từ bây giờ. "
            "Đúng ý thì đánh dấu ô này rồi lưu lại."
        ).format(day=_day(due_on))
    return ""


def begun_below(issuer: Unit) -> QuerySet[Report]:
    """Returns of the unit and below in which something was entered, attached or sent."""
    told = Result.objects.filter(unit=OuterRef("unit"), period=OuterRef("period"))
    return Report.objects.filter(
        Exists(told) | Exists(Evidence.objects.filter(report=OuterRef("pk"))) | Q(round__gt=0),
        unit__upward__ancestor=issuer,
    )


@transaction.atomic
def drop_round(*, issuer: Unit, period: Period, by: Official) -> int:
    """Take a round off the calendar with its extensions; returns how many those were.

    Refused once a unit has begun its return: what was entered would belong to no round.
    """
    access.require_schedule(by, issuer)
    _need_province(issuer)
    _lock(issuer)
    row = _round_of(issuer, period)
    begun = begun_below(issuer).filter(period=period.code).count()
    if begun:
        raise DomainError(
            _(
                "Đã có {n} đơn vị lập báo cáo {period}, nên không bỏ kỳ này được. "
                "Có thể đổi ngày của kỳ."
            ).format(n=begun, period=period.label)
        )
    extensions = list(_below(issuer, period))
    for gone in (*extensions, row):
        _delete(gone, by)
    return len(extensions)


# -- extensions -----------------------------------------------------------------------------------


@transaction.atomic
def extend(
    *,
    unit: Unit,
    period: Period,
    due_on: date | None,
    closes_on: date | None = None,
    reason: str,
    by: Official,
) -> Deadline:
    """Give one unit, with everything below it, more time than the round above it gives.

    closes_on None: entry stays open to it. The opening day is the round's. Extending anew
    replaces the extension there was.
    """
    access.require_schedule(by, unit)
    _lock(_province_of(unit))
    _need_valid(unit, period)
    above = _applies_above(unit, period)
    problems = list(_bad_extension(unit, period, above, due_on, closes_on, reason.strip()))
    if problems or due_on is None:
        raise DomainError(problems)
    _refuse(_overtaken(list(_below(unit, period)), due_on, closes_on))
    found = Deadline.objects.filter(issuer=unit, period=period.code).first()
    row = found or Deadline(issuer=unit, period=period.code)
    row.opens_on, row.due_on, row.closes_on = above.opens_on, due_on, closes_on
    row.reason = reason.strip()
    _save(row, by)
    return row


@transaction.atomic
def end_extension(*, unit: Unit, period: Period, by: Official) -> None:
    """Let the round's days hold for the unit again."""
    access.require_schedule(by, unit)
    if unit.tier.code == TierCode.PROVINCE:
        raise DomainError(_("{unit} đặt lịch chung, không có gia hạn riêng.").format(unit=unit))
    _lock(_province_of(unit))
    row = Deadline.objects.filter(issuer=unit, period=period.code).first()
    if row is None:
        raise DomainError(
            _("{unit} không còn gia hạn {period}. Tải lại trang để xem lịch hiện nay.").format(
                unit=unit.name, period=period.label
            )
        )
    _delete(row, by)


def _bad_extension(
    unit: Unit,
    period: Period,
    above: Deadline,
    due_on: date | None,
    closes_on: date | None,
    reason: str,
) -> Iterator[Problem]:
    if due_on is None:
        yield Problem(_("Ghi ngày gia hạn đến."), key="due_on")
    elif due_on <= above.due_on:
        yield Problem(
            _("Phải sau hạn {day} mà {issuer} đã đặt.").format(
                day=_day(above.due_on), issuer=above.issuer.name_in_sentence
            ),
            key="due_on",
        )
    else:
        yield from _bad_order(period, above.opens_on, due_on, closes_on)
    if closes_on is not None and (above.closes_on is None or closes_on < above.closes_on):
        yield _locks_earlier(above)
    if not reason:
        yield Problem(
            _("Ghi lý do gia hạn, ví dụ: mưa lũ, thay cán bộ, sự cố đường truyền."), key="reason"
        )
    elif len(reason) > REASON_LENGTH:
        yield Problem(
            _("Lý do dài {n} ký tự, tối đa {most}. Viết gọn lại.").format(
                n=len(reason), most=REASON_LENGTH
            ),
            key="reason",
        )


def _locks_earlier(above: Deadline) -> Problem:
    if above.closes_on is None:
        return Problem(
            _("Lịch chung không khóa kỳ, nên đơn vị được gia hạn cũng không khóa; để trống ô này."),
            key="closes_on",
        )
    return Problem(
        _("Không được sớm hơn ngày khóa chung {day}.").format(day=_day(above.closes_on)),
        key="closes_on",
    )


# -- what both rest on ----------------------------------------------------------------------------


def _need_province(issuer: Unit) -> None:
    if issuer.tier.code != TierCode.PROVINCE:
        raise DomainError(
            _("Lịch chung do tỉnh đặt. Với {unit}, dùng gia hạn.").format(
                unit=issuer.name_in_sentence
            )
        )


def _need_valid(unit: Unit, period: Period) -> None:
    """A period belongs to the units valid on its last day."""
    if not unit.is_valid_on(period.end):
        raise DomainError(
            Problem(
                _(
                    "{unit} không báo cáo {period}: ngày {day} đơn vị chưa lập hoặc đã sáp nhập."
                ).format(unit=unit.name, period=period.label, day=_day(period.end)),
                key="period",
            )
        )


def _province_of(unit: Unit) -> Unit:
    found = Unit.objects.above(unit, include_self=True).of_tier(TierCode.PROVINCE).first()
    if found is None:
        raise DomainError(_("{unit} không thuộc tỉnh nào.").format(unit=unit.name))
    return found


def _lock(province: Unit) -> None:
    """One writer of a province's calendar at a time, so that no rule is passed by two at once.

    Without the key: new facts and posts of the province need not wait.
    """
    Unit.objects.select_for_update(no_key=True).filter(pk=province.pk).first()


def _round_of(issuer: Unit, period: Period) -> Deadline:
    row = Deadline.objects.filter(issuer=issuer, period=period.code).first()
    if row is None:
        raise DomainError(
            _("{unit} không có kỳ báo cáo {period}. Tải lại trang để xem lịch hiện nay.").format(
                unit=issuer.name, period=period.label
            )
        )
    return row


def _applies_above(unit: Unit, period: Period) -> Deadline:
    """What holds for the unit without an extension of its own: the nearest calendar above it."""
    row = (
        Deadline.objects.filter(issuer__downward__descendant=unit, period=period.code)
        .exclude(issuer=unit)
        .select_related("issuer")
        .order_by("issuer__downward__depth")
        .first()
    )
    if row is None:
        raise DomainError(
            Problem(
                _("Tỉnh chưa mở kỳ báo cáo {period}; đặt lịch chung trước rồi gia hạn.").format(
                    period=period.label
                ),
                key="period",
            )
        )
    return row


def _below(unit: Unit, period: Period) -> QuerySet[Deadline]:
    """The extensions of units below, which would hold against a calendar of `unit`."""
    return (
        Deadline.objects.filter(issuer__upward__ancestor=unit, period=period.code)
        .exclude(issuer=unit)
        .select_related("issuer")
        .order_by("issuer__code")
    )


def _need_days(
    period: Period, opens_on: date | None, due_on: date | None, closes_on: date | None
) -> tuple[date, date]:
    problems = []
    if opens_on is None:
        problems.append(Problem(_("Ghi ngày mở nhập."), key="opens_on"))
    if due_on is None:
        problems.append(Problem(_("Ghi hạn nộp."), key="due_on"))
    if opens_on is not None and due_on is not None:
        problems += _bad_order(period, opens_on, due_on, closes_on)
    if problems or opens_on is None or due_on is None:
        raise DomainError(problems)
    return opens_on, due_on


def _bad_order(
    period: Period, opens_on: date, due_on: date, closes_on: date | None
) -> Iterator[Problem]:
    if opens_on < period.start:
        yield Problem(
            _("{period} bắt đầu ngày {day}; không mở nhập trước ngày đó.").format(
                period=period.label[:1].upper() + period.label[1:], day=_day(period.start)
            ),
            key="opens_on",
        )
    if due_on < opens_on:
        yield Problem(
            _("Không được trước ngày mở nhập {day}.").format(day=_day(opens_on)), key="due_on"
        )
    if closes_on is not None and closes_on < due_on:
        yield Problem(
            _("Không được trước hạn nộp {day}.").format(day=_day(due_on)), key="closes_on"
        )
    for key, day in (("opens_on", opens_on), ("due_on", due_on), ("closes_on", closes_on)):
        if day is not None and day.year > period.year + MOST_YEARS:
            yield Problem(
                _("Ngày {day} quá xa {period}; kiểm tra lại năm.").format(
                    day=_day(day), period=period.label
                ),
                key=key,
            )


def _overtaken(
    extensions: list[Deadline], due_on: date, closes_on: date | None
) -> Iterator[Problem]:
    """Extensions that would leave their unit less time than everybody else has."""
    shorter = [row for row in extensions if row.due_on <= due_on]
    if shorter:
        yield Problem(
            _(
                "{units} đang được gia hạn nhưng không quá hạn mới {day}; "
                "kết thúc các gia hạn đó trước."
            ).format(units=_named(shorter), day=_day(due_on)),
            key="due_on",
        )
    locked = [row for row in extensions if _closes_before(row, closes_on)]
    if locked:
        yield Problem(
            _(
                "{units} đang được gia hạn nhưng sẽ khóa sớm hơn lịch chung; "
                "kết thúc hoặc sửa các gia hạn đó trước."
            ).format(units=_named(locked)),
            key="closes_on",
        )


def _closes_before(row: Deadline, closes_on: date | None) -> bool:
    return row.closes_on is not None and (closes_on is None or row.closes_on < closes_on)


def _named(rows: list[Deadline]) -> str:
    names = [row.issuer.name for row in rows[:NAMED_AT_MOST]]
    if len(rows) > NAMED_AT_MOST:
        names.append(_("và {n} đơn vị khác").format(n=len(rows) - NAMED_AT_MOST))
    return ", ".join(names)


def _refuse(problems: Iterator[Problem]) -> None:
    found = list(problems)
    if found:
        raise DomainError(found)


def _save(row: Deadline, by: Official) -> None:
    row._history_user = by  # type: ignore[attr-defined]
    row.save()


def _delete(row: Deadline, by: Official) -> None:
    row._history_user = by  # type: ignore[attr-defined]
    row.delete()


def _day(day: date) -> str:
    return f"{day:%d/%m/%Y}"
