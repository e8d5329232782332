"""Close a period: what is official that day is kept under a number, whatever is corrected later.

Source: design, Meaning (Review); plan documents report the results of a closed year.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from communes import access
from communes.enums import TierCode
from communes.models import Official, Unit
from indicators import rollups
from indicators.enums import Stage
from indicators.freshness import Scope
from indicators.models import Indicator, Result
from indicators.periods import Period
from plans.assessment import assess
from plans.models import Target
from povertyplan.lib.errors import DomainError, Problem
from povertyplan.lib.speech import officially
from reports.enums import ReportState
from reports.frozen import Told, digest_of, official_now, pack
from reports.models import Snapshot, SnapshotUnit
from reports.returns import tracker

NOTE_LENGTH = 500


class UnapprovedError(DomainError):
    """Some returns are not approved; nothing is frozen without somebody saying that it is meant."""


def close_period(
    *, unit: Unit, period: Period, by: Official, note: str = "", sure: bool = False
) -> Snapshot:
    """Freeze what is official now of a province and all below it, under its next number.

    Raises Http404/PermissionDenied for who may not, DomainError for what is no province, a
    period that has not ended, figures still being added up or nothing changed since the last
    closing (a second press too), and UnapprovedError where not
    `sure` and returns of the period are not approved.
    """
    access.require_schedule(by, unit)
    _need_closable(unit, period, note)
    approved, reopened, expected = _counts(unit, period)
    if approved < expected and not sure:
        raise UnapprovedError(_unapproved(approved, reopened, expected))
    rollups.drain()
    return _freeze(unit, period, by, note.strip())


@transaction.atomic
def _freeze(unit: Unit, period: Period, by: Official, note: str) -> Snapshot:
    """Numbers are given one by one: who closes at the same time waits for the row."""
    Unit.objects.select_for_update(of=("self",)).get(pk=unit.pk)
    units = list(Unit.objects.below(unit, include_self=True).valid_on(period.end))
    packed = _packed(units, _figures(units, period, unit))
    promises = _promises(unit, period) if period.is_year else []
    approved, _reopened, expected = _counts(unit, period)
    digest = digest_of(((row.reference, figures) for row, figures in packed), promises)
    last = Snapshot.objects.filter(unit=unit, period=period.code).order_by("number").last()
    same = (digest, approved, expected)
    if last is not None and (last.digest, last.approved, last.expected) == same:
        raise DomainError(_unchanged(last))
    made = Snapshot.objects.create(
        unit=unit,
        period=period.code,
        number=last.number + 1 if last else 1,
        by=by,
        post_label=_post_label(by, unit),
        note=note,
        approved=approved,
        expected=expected,
        promises=promises,
        digest=digest,
        is_sample=_has_sample(units, period),
    )
    SnapshotUnit.objects.bulk_create(
        [SnapshotUnit(snapshot=made, unit=row, figures=figures) for row, figures in packed],
        batch_size=200,
    )
    return made


def _unchanged(last: Snapshot) -> str:
    return _(
        "{period} đã chốt lần {number} lúc {at}; từ đó số chính thức chưa đổi nên không chốt thêm."
    ).format(
        period=last.span.label.capitalize(),
        number=last.number,
        at=f"{timezone.localtime(last.at):%H:%M %d/%m/%Y}",
    )


def _need_closable(unit: Unit, period: Period, note: str) -> None:
    if unit.tier.code != TierCode.PROVINCE:
        raise DomainError(_("Kỳ báo cáo do tỉnh chốt; đây không phải cấp tỉnh."))
    if not unit.is_valid_on(period.end):
        raise DomainError(
            _("{unit} không có vào ngày {day}, ngày cuối của kỳ.").format(
                unit=unit.name, day=f"{period.end:%d/%m/%Y}"
            )
        )
    if period.end >= timezone.localdate():
        raise DomainError(
            _("{period} chưa kết thúc; chốt được từ ngày {day}.").format(
                period=period.label.capitalize(), day=f"{period.end + timedelta(days=1):%d/%m/%Y}"
            )
        )
    if len(note) > NOTE_LENGTH:
        raise DomainError(
            Problem(
                _("Ghi chú dài {length} chữ, không được quá {limit}. Rút gọn lại.").format(
                    length=len(note), limit=NOTE_LENGTH
                ),
                where=_("Ghi chú"),
            )
        )


def _counts(unit: Unit, period: Period) -> tuple[int, int, int]:
    """(returns approved, reopened and not approved anew, that there must be) of the unit and all
    below it."""
    found = tracker(unit, period)
    reopened = sum(row.is_reopened for row in found.rows)
    return found.count(ReportState.APPROVED), reopened, len(found.rows)


def _unapproved(approved: int, reopened: int, expected: int) -> str:
    """What a closing would not hold, and what it would hold as it was approved before."""
    said = [
        _("Mới {approved} trong {expected} báo cáo của kỳ được duyệt chính thức.").format(
            approved=approved, expected=expected
        )
    ]
    if rest := expected - approved - reopened:
        text = _(
            "Chốt lúc này thì {rest} báo cáo chưa duyệt lần nào không có trong số liệu chốt; "
            "duyệt sau sẽ được ghi riêng."
        )
        said.append(text.format(rest=rest))
    if reopened:
        text = _("{n} báo cáo đang mở lại để sửa: số liệu chốt lấy số đã duyệt lần trước.")
        said.append(text.format(n=reopened))
    return " ".join(said)


def _figures(units: list[Unit], period: Period, whole: Unit) -> Told:
    """Everything official. Refused while a sum is being put together, before or meanwhile."""
    scope = Scope((whole,), (period,))
    before = scope.freshness()
    found = official_now(units, list(Indicator.objects.in_form_order()), period)
    if before.problem or scope.freshness().problem:
        raise DomainError(_("Có số chưa cộng được. Báo quản trị xem trang Vận hành rồi chốt lại."))
    if before.is_pending or scope.freshness().is_pending:
        raise DomainError(_("Số liệu đang được cộng lại. Chờ ít phút rồi chốt lại."))
    return found


def _packed(units: list[Unit], told: Told) -> list[tuple[Unit, dict[str, Any]]]:
    by_unit: dict[int, dict[str, Any]] = {row.pk: {} for row in units}
    for (pk, code), figure in told.items():
        by_unit[pk][code] = pack(figure)
    return [(row, by_unit[row.pk]) for row in units]


@officially
def _promises(unit: Unit, period: Period) -> list[dict[str, Any]]:
    """Every promise on the unit and on those below, judged on official figures."""
    promised = Target.objects.promises().filter(unit__upward__ancestor=unit)
    targets = list(promised.to_assess().order_by("plan__order", "order"))
    return [
        {
            "plan": row.target.plan.code,
            "code": row.target.code,
            "label": row.target.label,
            "unit": row.target.unit_id,
            "verdict": row.verdict.value,
            "actual": None if row.actual is None else f"{row.actual.normalize():f}",
            "reported": row.reported,
            "expected": row.expected,
            "explanation": row.explanation,
        }
        for row in (assess(targets, period, Stage.OFFICIAL) if targets else [])
    ]


def _has_sample(units: list[Unit], period: Period) -> bool:
    return Result.objects.filter(unit__in=units, period=period.code, is_sample=True).exists()


@officially
def _post_label(by: Official, unit: Unit) -> str:
    above = set(Unit.objects.above(unit, include_self=True).values_list("pk", flat=True))
    post = next((row for row in access.own_reviewing_posts(by) if row.unit_id in above), None)
    if post is None:
        return ""
    return f"{post.title or post.get_role_display()}, {post.unit.name_in_sentence}"
