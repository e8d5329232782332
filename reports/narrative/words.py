"""The head of a report in words, and what it says of its figures. Source: Decree 30/2020."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils import timezone
from django.utils.translation import gettext as _

from communes.enums import TierCode
from communes.models import Unit
from indicators.enums import Stage
from indicators.figures import Figure
from plans.models import Plan
from reports.annexes.wording import BLANK, place_of, unit_names
from reports.enums import NarrativeKind, ReportState
from reports.narrative.asked import Asked
from reports.returns import Standing


def subject(asked: Asked) -> str:
    where = _("trên địa bàn {unit}").format(unit=asked.unit.name_in_sentence)
    if asked.kind != NarrativeKind.FINAL:
        words = _("Kết quả thực hiện kế hoạch giảm nghèo {period} {where}")
        return words.format(period=asked.period.label, where=where)
    first, last = span(asked)
    words = _("Tổng kết thực hiện kế hoạch giảm nghèo giai đoạn {first}-{last} {where}")
    told = words.format(first=first, last=last, where=where)
    if asked.period.year >= last:
        return told
    return _("{subject} (số liệu đến hết năm {year})").format(subject=told, year=asked.period.year)


def span(asked: Asked) -> tuple[int, int]:
    """The years that the documents run through."""
    first = min((plan.year_from or asked.period.year for plan in asked.plans), default=0)
    last = max((plan.year_to or asked.period.year for plan in asked.plans), default=0)
    return first or asked.period.year, last or asked.period.year


def place_and_date(unit: Unit) -> str:
    return _("{place}, ngày … tháng … năm …").format(place=place_of(unit))


def addressee(unit: Unit) -> str:
    """Who is reported to; "" above a province, where the author has to say."""
    above = unit.parent
    if above is None or above.tier.code == TierCode.NATION:
        return ""
    return _("Ủy ban nhân dân {unit}").format(unit=above.name_in_sentence)


def document(plan: Plan) -> str:
    """Kế hoạch số 53/KH-UBND ngày 08 tháng 02 năm 2021 của UBND tỉnh Lào Cai về …"""
    year, month, day = ([*plan.issued_on.split("-"), "", "", ""])[:3]
    words = _("{kind} số {number} ngày {day} tháng {month} năm {year} của {issuer} về: {title}")
    return words.format(
        kind=plan.kind,
        number=plan.number or BLANK,
        day=day or BLANK,
        month=month or BLANK,
        year=year or BLANK,
        issuer=plan.issuer,
        title=plan.title,
    )


def opening(asked: Asked) -> str:
    names = "; ".join(document(plan) for plan in asked.plans)
    words = _("Thực hiện {documents}; Ủy ban nhân dân {unit} báo cáo {subject} như sau:")
    told = subject(asked)
    return words.format(
        documents=names or _("[Nêu văn bản giao chỉ tiêu]"),
        unit=asked.unit.name_in_sentence,
        subject=told[:1].lower() + told[1:],
    )


def handed_in(rows: Sequence[Standing], asked: Asked) -> str:
    if not rows:
        return _("{period} không có báo cáo số liệu nào được giao cho các đơn vị.").format(
            period=asked.period.label[:1].upper() + asked.period.label[1:]
        )
    return _(
        "Có {sent}/{total} đơn vị đã nộp báo cáo {period}, trong đó {approved} đơn vị đã được "
        "duyệt chính thức."
    ).format(
        sent=sum(row.is_submitted for row in rows),
        total=len(rows),
        period=asked.period.label,
        approved=sum(row.state == ReportState.APPROVED for row in rows),
    )


def unreported(rows: Sequence[Standing], asked: Asked) -> str:
    """Who has not sent the return: by name where the reader may see the units one by one."""
    units = [row.unit for row in rows if not row.is_submitted]
    if not units:
        return ""
    if not asked.is_open and units != [asked.unit]:
        return _("Còn {n} đơn vị chưa nộp báo cáo.").format(n=len(units))
    in_province = asked.unit.tier.code == TierCode.PROVINCE
    names = unit_names(units, with_parent=in_province)
    return _("Chưa nộp báo cáo: {names}.").format(names=names)


def yearly_only(asked: Asked) -> str:
    return _(
        "Hộ nghèo, hộ cận nghèo được rà soát mỗi năm một lần; hệ thống không có số liệu {period}. "
        "Số liệu năm {year} ở bảng dưới đây chỉ để tham khảo."
    ).format(period=asked.period.label, year=asked.judged.year)


def stage_words(asked: Asked) -> str:
    return str(Stage(asked.stage).label)


def source(asked: Asked, figures: Sequence[Figure], *, pending: bool) -> str:
    """Where the figures come from, and of when; the same for the same figures."""
    parts = [_("Nguồn: số liệu {stage} trên hệ thống").format(stage=stage_words(asked))]
    moments = [row.computed_at for row in figures if row.computed_at is not None]
    if moments:
        local = timezone.localtime(max(moments))
        parts.append(_("tổng hợp lúc {moment}").format(moment=f"{local:%H:%M ngày %d/%m/%Y}"))
    if pending:
        parts.append(_("còn số liệu mới chưa được cộng vào"))
    return f"{', '.join(parts)}."
