"""The head of a report in words, and what it says of its figures. Source: Decree 30/2020."""

from __future__ import annotations

import re
from collections.abc import Sequence

from django.utils import timezone
from django.utils.translation import gettext as _

from communes.enums import TierCode
from communes.models import Unit
from indicators.enums import Stage
from indicators.figures import Figure
from plans.models import Plan
from povertyplan.lib.letters import NO_BREAK
from reports.annexes.wording import BLANK, place_of, unit_names
from reports.enums import NarrativeKind, ReportState
from reports.narrative.asked import Asked
from reports.returns import Standing


def title(asked: Asked) -> str:
    """The subject as it heads the letter: the name of a place is never cut at the end of a line."""
    where = _where(asked)
    return subject(asked).replace(where, where.replace(" ", NO_BREAK))


def _where(asked: Asked) -> str:
    return _("trên địa bàn {unit}").format(unit=asked.unit.name_in_sentence)


def subject(asked: Asked) -> str:
    where = _where(asked)
    if asked.kind != NarrativeKind.FINAL:
        words = _("Kết quả thực hiện kế hoạch giảm nghèo {period} {where}")
        return words.format(period=asked.period.label, where=where)
    first, last = span(asked)
    words = _("Tổng kết thực hiện kế hoạch giảm nghèo {years} {where}")
    told = words.format(years=years_words(first, last), where=where)
    if asked.period.year >= last:
        return told
    return _("{subject} (số liệu đến hết năm {year})").format(subject=told, year=asked.period.year)


def years_words(first: int, last: int) -> str:
    """giai đoạn 2021-2025, năm 2024."""
    if first == last:
        return _("năm {year}").format(year=first)
    return _("giai đoạn {first}-{last}").format(first=first, last=last)


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


def where_in(section: str) -> str:
    """Where in a document, as read: mục II.2 gạch đầu dòng 1, but đoạn 27."""
    is_numbered = re.match(r"[IVXLC]+\b|[0-9A-Da-d]\b", section)
    return _("mục {section}").format(section=section) if is_numbered else section


def handed_in(rows: Sequence[Standing], asked: Asked) -> str:
    """How many returns there are: those of communes, then what districts have to tell themselves.

    Communes alone are counted together: it is they whose figures are added up.
    """
    period = asked.period.label
    if not rows:
        words = _("{period} không có báo cáo số liệu nào được giao cho các đơn vị.")
        return words.format(period=period[:1].upper() + period[1:])
    communes, others = _by_tier(rows)
    if [row.unit for row in rows] == [asked.unit]:
        return _own(rows[0], period)
    told = [_sent(communes, period)] if communes else []
    if others:
        words = _("Ở cấp huyện, {sent}/{total} đơn vị đã nộp báo cáo số liệu của cấp mình.")
        told.append(words.format(sent=_number_sent(others), total=len(others)))
    return " ".join(told)


def _own(row: Standing, period: str) -> str:
    name = row.unit.name
    if not row.is_submitted:
        return _("{name} chưa nộp báo cáo {period}.").format(name=name, period=period)
    if row.state == ReportState.APPROVED:
        words = _("{name} đã nộp báo cáo {period}; báo cáo đã được duyệt chính thức.")
    else:
        words = _("{name} đã nộp báo cáo {period}; báo cáo chưa được duyệt chính thức.")
    return words.format(name=name, period=period)


def _by_tier(rows: Sequence[Standing]) -> tuple[list[Standing], list[Standing]]:
    communes = [row for row in rows if row.unit.tier.code == TierCode.COMMUNE]
    return communes, [row for row in rows if row.unit.tier.code != TierCode.COMMUNE]


def _number_sent(rows: Sequence[Standing]) -> int:
    return sum(row.is_submitted for row in rows)


def _sent(rows: Sequence[Standing], period: str) -> str:
    if not _number_sent(rows):
        words = _("Chưa có đơn vị cấp xã nào trong {total} đơn vị nộp báo cáo {period}.")
        return words.format(total=len(rows), period=period)
    return _(
        "Có {sent}/{total} đơn vị cấp xã đã nộp báo cáo {period}, trong đó {approved} đơn vị đã "
        "được duyệt chính thức."
    ).format(
        sent=_number_sent(rows),
        total=len(rows),
        period=period,
        approved=sum(row.state == ReportState.APPROVED for row in rows),
    )


def unreported(rows: Sequence[Standing], asked: Asked) -> str:
    """Who has not sent the return: by name where the reader may see the units one by one.

    Where nobody has, `handed_in` says so.
    """
    communes, others = _by_tier(rows)
    missing = [row.unit for row in communes if not row.is_submitted]
    above = [row.unit for row in others if not row.is_submitted]
    if len(missing) == len(communes):
        missing = []
    if (not missing and not above) or asked.unit in above:
        return ""
    if not asked.is_open:
        return _("Còn {n} đơn vị chưa nộp báo cáo.").format(n=len(missing) + len(above))
    told = []
    if missing:
        in_province = asked.unit.tier.code == TierCode.PROVINCE
        names = unit_names(missing, with_parent=in_province)
        told.append(_("Chưa nộp báo cáo: {names}.").format(names=names))
    if above:
        told.append(_("Cấp huyện chưa nộp: {names}.").format(names=unit_names(above)))
    return " ".join(told)


def yearly_only(asked: Asked) -> str:
    return _(
        "Hộ nghèo, hộ cận nghèo được rà soát mỗi năm một lần; hệ thống không có số liệu {period}."
    ).format(period=asked.period.label)


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
