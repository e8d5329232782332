"""What keeps a return from being sent."""

from __future__ import annotations

from django.utils.translation import gettext as _

from indicators.enums import ValueType
from indicators.models import Indicator
from povertyplan.lib.errors import Problem
from reports.returns.pieces import Return


def obstacles(current: Return) -> list[Problem]:
    """What keeps a return from being sent: what is wrong, what wants a reason, what is missing."""
    problems = [
        Problem(found.message, where=found.rule.name, code="rule", key=found.cell)
        for found in current.errors
    ]
    problems += [
        Problem(
            _("{message} Ghi lý do vào ô ghi chú của chỉ tiêu liên quan.").format(
                message=found.message
            ),
            where=found.rule.name,
            code="reason",
            key=found.cell,
        )
        for found in current.unexplained
    ]
    problems += [
        Problem(
            _("{label}. {detail} Số đúng thì ghi lý do vào ô ghi chú.").format(
                label=band.label, detail=band.detail
            ),
            where=f"{row.number} {row.indicator.name}",
            code="reason",
            key=row.indicator.code,
        )
        for row in current.inputs
        if row.needs_reason
        for band in row.asked
        if band.needs_reason
    ]
    problems += [
        Problem(
            _missing(row.indicator),
            where=f"{row.number} {row.indicator.name}",
            code="missing",
            key=row.indicator.code,
        )
        for row in current.to_answer
    ]
    return problems


def _missing(indicator: Indicator) -> str:
    if indicator.value_type == ValueType.YES_NO:
        return _("Chưa nhập. Chọn “Đạt” hoặc “Chưa đạt”, hoặc trả lời “không áp dụng”.")
    return _(
        "Chưa nhập. Ghi số (không có thì ghi 0), hoặc trả lời “không áp dụng”, “không có số liệu”."
    )
