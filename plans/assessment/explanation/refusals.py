"""No verdict, because …; and a figure beside what a document states."""

from __future__ import annotations

from decimal import Decimal

from django.utils.translation import gettext as _

from indicators.periods import Period
from plans.assessment.explanation.words import Words
from plans.assessment.readings import Scope
from plans.evaluators import Case, Outcome, Reading, Reason
from plans.models import Target


def no_data(words: Words, outcome: Outcome) -> str:
    year = words.judged
    reading = words.case.reading(year)
    reason = outcome.reasons[0] if outcome.reasons else Reason.NOT_REPORTED
    if reason is Reason.NO_OPENING:
        return _(
            "Chưa kết luận: thiếu số đầu kỳ năm {year} theo cùng chuẩn nên không tính được mức "
            "thay đổi; nhập “{indicator}”."
        ).format(year=year, indicator=_opening_name(words.scope.target))
    if reason is Reason.NO_BASE:
        return _no_base(words, reading)
    unit = words.scope.unit
    if not unit.is_valid_on(Period(year).end):
        return _(
            "Chưa kết luận: {unit} kết thúc hoạt động sau ngày {last} nên không có số cuối năm "
            "{year}; muốn đánh giá, phải tổng hợp riêng số của địa bàn cũ."
        ).format(year=year, unit=unit.name_in_sentence, last=f"{unit.valid_to:%d/%m/%Y}")
    if not reading.expected:
        return _(
            "Chưa kết luận: năm {year} trong hệ thống không có đơn vị nào phải báo cáo "
            "“{indicator}”."
        ).format(year=year, indicator=words.scope.indicator.name)
    if reading.expected == 1:
        text = _("Chưa kết luận: {unit} chưa có số “{indicator}” năm {year}")
        if words.scope.is_official:
            text = _("Chưa kết luận: {unit} chưa có số chính thức “{indicator}” năm {year}")
    else:
        text = _("Chưa kết luận: trong {of} đơn vị chưa đơn vị nào có số “{indicator}” năm {year}")
        if words.scope.is_official:
            text = _(
                "Chưa kết luận: trong {of} đơn vị chưa đơn vị nào có số chính thức “{indicator}” "
                "năm {year}"
            )
    text = text.format(
        unit=words.scope.unit.name_in_sentence,
        of=reading.expected,
        indicator=words.scope.indicator.name,
        year=year,
    )
    if outcome.last_known is not None:
        known_year, value = outcome.last_known
        text += _("; số gần nhất là {amount} của năm {year}, không chuyển sang").format(
            amount=words.amount(value), year=known_year
        )
    return text + "."


def _no_base(words: Words, reading: Reading) -> str:
    who = _("{n}/{of} đơn vị").format(n=reading.reported, of=reading.expected)
    if reading.expected == 1:
        name = words.scope.unit.name_in_sentence
        who = name[:1].upper() + name[1:]
    return _(
        "{who} {told}, nhưng không tính được “{indicator}” năm {year} vì mẫu số bằng 0."
    ).format(who=who, told=words.told, indicator=words.scope.indicator.name, year=words.judged)


def _opening_name(target: Target) -> str:
    opening = target.indicator.opening_indicator
    return opening.name if opening is not None else target.indicator.name


def blocked(target: Target, reason: Reason, *, known: int = 0, size: int | None = None) -> str:
    """Why no verdict can be given, whatever is reported."""
    match reason:
        case Reason.GROUP_UNKNOWN:
            group = target.group.name if target.group else ""
            of = f"{known}/{size}" if size else str(known)
            text = _(
                "Chưa kết luận: mới biết {of} đơn vị của nhóm “{group}”, chưa đủ danh sách."
            ).format(of=of, group=group)
            return f"{text} {target.blocker}".rstrip()
        case Reason.OUTSIDE:
            return _("Đơn vị này không thuộc phạm vi của chỉ tiêu.")
    return _("Chưa kết luận. {why}").format(why=target.blocker)


def not_assigned(scope: Scope, case: Case, actual: Decimal | None) -> str:
    """The figure of a unit that has been given nothing to reach."""
    text = _("Chưa kết luận: mức của kế hoạch là của cả địa bàn, chưa giao riêng cho {unit}")
    text = text.format(unit=scope.unit.name_in_sentence)
    if actual is not None:
        words = Words(scope, case)
        text += _("; số của đơn vị là {amount}").format(amount=words.amount(actual))
    return text + "."


def statement(words: Words, actual: Decimal | None, *, does_agree: bool) -> str:
    """Does the figure a document states agree with what units reported?"""
    if actual is None:
        reading = words.case.reading(words.judged)
        return _(
            "Văn bản nêu {promise}; mới có số của {n}/{of} đơn vị, chưa đối chiếu được."
        ).format(promise=words.promise, n=reading.reported, of=reading.expected)
    text = (
        _("Khớp: văn bản nêu {promise}, số các đơn vị báo cáo là {amount}.")
        if does_agree
        else _("Lệch: văn bản nêu {promise}, số các đơn vị báo cáo là {amount}.")
    )
    return text.format(promise=words.promise, amount=words.amount(actual))
