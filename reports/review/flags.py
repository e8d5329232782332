"""Marks that ask a reviewer to look twice. A flag is a question, never a refusal."""

from __future__ import annotations

from dataclasses import dataclass

from indicators.enums import Severity
from reports.returns import Row


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
    return rules + [Flag(band.label, band.detail) for band in row.asked]
