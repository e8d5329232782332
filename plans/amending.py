"""Amending a target: a later decision changes what is promised, and the document keeps its word.

Years before the decision was in force are judged by what was promised then. Source: design.md,
Meaning (Target).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from communes import access
from communes.models import Official
from plans.enums import TargetComparator, TargetKind
from plans.models import Amendment, Plan, Target
from povertyplan.lib.errors import DomainError, Problem

TOO_LARGE = Decimal(10) ** 15
"""What every database keeps exactly: SQLite holds a decimal as a double."""
FURTHEST_AHEAD = 20
"""Years past the plan's end that a moved deadline may still lie; later is a slip of the pen."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What a target promises: sign, value or range, and by the end of which year."""

    comparator: str
    value: Decimal | None
    value_min: Decimal | None
    value_max: Decimal | None
    year_to: int

    @property
    def is_range(self) -> bool:
        return self.comparator == TargetComparator.RANGE


def terms_before(target: Target, day: date) -> Terms:
    """What was promised until `day`: by the latest earlier decision, else by the document."""
    earlier = target.amendments.filter(in_force_from__lt=day).order_by("in_force_from").last()
    said = earlier or target
    return Terms(said.comparator, said.value, said.value_min, said.value_max, said.year_to)


@transaction.atomic
def amend_target(
    *,
    target: Target,
    in_force_from: date | None,
    decision_number: str,
    decided_on: date | None,
    reason: str,
    comparator: str,
    value: Decimal | None,
    value_min: Decimal | None,
    value_max: Decimal | None,
    year_to: int | None,
    by: Official,
) -> Amendment:
    """Record a decision that changed `target`; the document's own words stay as they are.

    Raises Http404/PermissionDenied for who may not assign in the plan's unit, DomainError with
    every problem, `key` naming the argument. A refusal writes nothing.
    """
    access.require_assign(by, target.plan.unit)
    # Two officials recording the same decision at once: the second sees the first's row.
    target = Target.objects.select_for_update(of=("self",)).select_related("plan").get(pk=target.pk)
    if target.kind == TargetKind.RESULT:
        raise DomainError(_("Đây là kết quả văn bản nêu, không phải chỉ tiêu để điều chỉnh."))
    terms = Terms(comparator, value, value_min, value_max, year_to or target.year_to)
    problems = [
        *_about_the_decision(decision_number, decided_on, reason),
        *_about_the_day(target, in_force_from, decided_on),
        *_about_the_value(terms),
        *_about_the_year(target, year_to, in_force_from),
    ]
    if not problems and in_force_from is not None:
        problems = list(_about_the_change(target, terms, in_force_from))
    if problems or in_force_from is None or decided_on is None:
        raise DomainError(problems)
    return Amendment.objects.create(
        target=target,
        in_force_from=in_force_from,
        decision_number=decision_number.strip(),
        decided_on=decided_on,
        reason=reason.strip(),
        comparator=comparator,
        value=None if terms.is_range else value,
        value_min=value_min if terms.is_range else None,
        value_max=value_max if terms.is_range else None,
        year_to=terms.year_to,
        is_sample=settings.DEMO_MODE,
        by=by,
    )


# -- what may be wrong ----------------------------------------------------------------------------


def _about_the_decision(number: str, decided_on: date | None, reason: str) -> Iterator[Problem]:
    if not number.strip():
        yield Problem(
            _("Chưa ghi số quyết định. Ghi như trên văn bản, ví dụ 1234/QĐ-UBND."),
            key="decision_number",
        )
    if decided_on is None:
        yield Problem(_("Chưa ghi ngày ký quyết định. Ghi dạng 31/12/2024."), key="decided_on")
    elif decided_on > timezone.localdate():
        yield Problem(
            _("Ngày ký {day} còn ở tương lai. Chỉ ghi quyết định đã ký.").format(
                day=_day(decided_on)
            ),
            key="decided_on",
        )
    if not reason.strip():
        yield Problem(_("Chưa ghi lý do điều chỉnh. Ghi như quyết định nêu."), key="reason")


def _about_the_day(
    target: Target, in_force_from: date | None, decided_on: date | None
) -> Iterator[Problem]:
    key = "in_force_from"
    if in_force_from is None:
        yield Problem(_("Chưa ghi ngày có hiệu lực. Ghi dạng 01/01/2024."), key=key)
        return
    first, last = _days_of(target)
    if in_force_from < first:
        yield Problem(
            _(
                "Ngày có hiệu lực {day} trước khi kế hoạch bắt đầu ({first}). Mức ban đầu đã do "
                "văn bản kế hoạch quy định; ghi ngày từ {first} trở đi."
            ).format(day=_day(in_force_from), first=_day(first)),
            key=key,
        )
    elif in_force_from > last:
        yield Problem(
            _(
                "Ngày có hiệu lực {day} sau khi kế hoạch kết thúc ({last}). Ghi ngày từ {first} "
                "đến {last}."
            ).format(day=_day(in_force_from), first=_day(first), last=_day(last)),
            key=key,
        )
    elif decided_on is not None:
        yield from _about_both_days(in_force_from, decided_on, first)
    same_day = target.amendments.filter(in_force_from=in_force_from).first()
    if same_day is not None:
        yield Problem(
            _(
                "Ngày {day} đã có điều chỉnh theo {number}. Mỗi ngày chỉ một quyết định có hiệu "
                "lực; kiểm tra lại ngày có hiệu lực."
            ).format(day=_day(in_force_from), number=same_day.decision_number),
            key=key,
        )


def _about_both_days(in_force_from: date, decided_on: date, first: date) -> Iterator[Problem]:
    """A decision may reach back to the start of its own year, not into a year that is over."""
    if decided_on < date(first.year - 1, 1, 1):
        yield Problem(
            _(
                "Ngày ký {day} quá sớm so với kế hoạch bắt đầu {first}. Kiểm tra năm trên "
                "quyết định."
            ).format(day=_day(decided_on), first=_day(first)),
            key="decided_on",
        )
    elif in_force_from.year < decided_on.year and decided_on <= timezone.localdate():
        yield Problem(
            _(
                "Ngày có hiệu lực {day} thuộc năm đã kết thúc khi ký quyết định ({decided}). Năm "
                "đã qua vẫn tính theo mức cũ; ghi ngày từ 01/01/{year} trở đi."
            ).format(day=_day(in_force_from), decided=_day(decided_on), year=decided_on.year),
            key="in_force_from",
        )


def _days_of(target: Target) -> tuple[date, date]:
    """First and last day of the plan; of the target itself where the document names no years."""
    plan: Plan = target.plan
    return (
        date(plan.year_from or target.year_from, 1, 1),
        date(max(plan.year_to or 0, target.year_to), 12, 31),
    )


def _about_the_value(terms: Terms) -> Iterator[Problem]:
    if terms.comparator not in TargetComparator.values:
        yield Problem(_("Chọn cách so sánh trong danh sách."), key="comparator")
        return
    for key in ("value", "value_min", "value_max"):
        if (getattr(terms, key) or Decimal(0)) >= TOO_LARGE:
            yield Problem(_("Số quá lớn so với một chỉ tiêu; kiểm tra lại."), key=key)
    if terms.is_range:
        yield from _about_the_range(terms)
        return
    if terms.value is None:
        yield Problem(_("Chưa ghi mức mới của chỉ tiêu."), key="value")
    elif terms.value < 0:
        yield Problem(_("Mức của chỉ tiêu không thể âm. Mức giảm cũng ghi số dương."), key="value")
    for key, extra in (("value_min", terms.value_min), ("value_max", terms.value_max)):
        if extra is not None:
            yield Problem(
                _("Ô này chỉ dùng khi so sánh “từ … đến”. Xóa số, hoặc đổi cách so sánh."), key=key
            )


def _about_the_range(terms: Terms) -> Iterator[Problem]:
    if terms.value is not None:
        yield Problem(
            _("So sánh “từ … đến” ghi ở hai ô “Từ” và “Đến”; xóa số ở ô này."), key="value"
        )
    for key, value in (("value_min", terms.value_min), ("value_max", terms.value_max)):
        if value is None:
            yield Problem(_("So sánh “từ … đến” cần cả hai số; bổ sung ô này."), key=key)
        elif value < 0:
            yield Problem(_("Mức của chỉ tiêu không thể âm."), key=key)
    low, high = terms.value_min, terms.value_max
    if low is not None and high is not None and low > high:
        yield Problem(_("Số “Từ” lớn hơn số “Đến”; đổi lại."), key="value_min")


def _about_the_year(
    target: Target, year_to: int | None, in_force_from: date | None
) -> Iterator[Problem]:
    ends = _days_of(target)[1]
    last = ends.year + FURTHEST_AHEAD
    if year_to is None:
        yield Problem(_("Chưa ghi năm phải đạt."), key="year_to")
    elif not target.year_from <= year_to <= last:
        yield Problem(
            _("Năm phải đạt từ {first} đến {last}; ở đây ghi {year}.").format(
                first=target.year_from, last=last, year=year_to
            ),
            key="year_to",
        )
    elif in_force_from is not None and in_force_from <= ends and year_to < in_force_from.year:
        yield Problem(
            _(
                "Năm phải đạt {year} đã qua khi điều chỉnh có hiệu lực ({day}). Năm đã qua vẫn "
                "tính theo mức cũ; kiểm tra lại năm hoặc ngày có hiệu lực."
            ).format(year=year_to, day=_day(in_force_from)),
            key="year_to",
        )


def _about_the_change(target: Target, terms: Terms, day: date) -> Iterator[Problem]:
    if terms == terms_before(target, day):
        yield Problem(
            _("Mức, cách so sánh và năm phải đạt đều như đang có hiệu lực; chưa có gì thay đổi."),
            key="value_min" if terms.is_range else "value",
        )


def _day(day: date) -> str:
    return f"{day:%d/%m/%Y}"
