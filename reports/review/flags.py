"""Marks that ask a reviewer to look twice. A flag is a question, never a refusal."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from indicators.bands import HUNDRED, Band, Question
from indicators.enums import Severity
from povertyplan.lib.numbers import format_number
from reports.returns import Row, figure_text


@dataclass(frozen=True, slots=True)
class Flag:
    """A short mark, and the sentence that gives the arithmetic."""

    label: str
    detail: str
    is_error: bool = False


def flags_of(row: Row) -> list[Flag]:
    """Every flag of one line: rules first, then what looks odd beside last year and the plan."""
    rules = [
        Flag(finding.rule.name, finding.message, finding.severity == Severity.ERROR)
        for finding in row.findings
    ]
    return rules + [Flag(band.label, _detail(row, band)) for band in row.asked]


def _detail(row: Row, band: Band) -> str:
    """The band's sentence; beside how others moved, how this unit did."""
    if band.question != Question.NEIGHBOURS or row.value is None or not row.previous:
        return band.detail
    share = (row.value - row.previous) * HUNDRED / row.previous
    own = _("Đơn vị này thay đổi {share}%, từ {before} đến {now}.").format(
        share=("+" if share > 0 else "") + format_number(share),
        before=figure_text(row.indicator, row.previous),
        now=figure_text(row.indicator, row.value),
    )
    return f"{band.detail} {own}"
