"""One figure of every return on a desk, side by side, so that the same fault is named once."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass

from django.http import Http404
from django.utils.translation import gettext as _

from communes.access import holders
from communes.enums import Role
from communes.models import Official, Unit
from indicators.models import Indicator
from indicators.periods import Period
from povertyplan.lib.numbers import whole_key
from reports import workflow
from reports.enums import UNDER_REVIEW
from reports.models import Report
from reports.returns import Return, Row, returns_of
from reports.review.desks import on_desk_of
from reports.review.rows import DeskRow, Looks, desk_rows
from reports.workflow import Objection


@dataclass(frozen=True, slots=True)
class UnitLine:
    """The figure of one unit. `others`: marked figures beside this one, sent back together.

    `why_not`: why it cannot be sent back here; empty where it can. `is_unheard`: nobody in the
    unit could correct it.
    """

    unit: Unit
    row: DeskRow
    version: int
    others: int
    why_not: str
    is_unheard: bool

    @property
    def key(self) -> str:
        return str(self.unit.pk)


@dataclass(frozen=True, slots=True)
class FigurePage:
    """The figure in every return on the reader's desk, in official order."""

    unit: Unit
    period: Period
    indicator: Indicator
    lines: tuple[UnitLine, ...]
    previous_label: str

    def unheard(self, asked: Sequence[Objection]) -> list[Unit]:
        """Those of the units asked to correct theirs where nobody could."""
        units = {line.unit.pk for line in self.lines if line.is_unheard}
        return [one.report.unit for one in asked if one.report.unit_id in units]


def figure_page(unit: Unit, period: Period, code: str, official: Official) -> FigurePage:
    """Return the returns below `unit` that wait for `official`, by one figure.

    Raises Http404 for a figure that is not typed. The number of queries does not grow with units.
    """
    indicator = Indicator.objects.filter(code=code).select_related("theme").first()
    if indicator is None or not indicator.is_input:
        raise Http404(_("Không có chỉ tiêu này."))
    reports = _waiting(unit, period, official)
    returns = returns_of([report.unit for report in reports], period)
    heard = holders([report.unit_id for report in reports], [Role.OFFICER])
    lines = [
        _line(returns[report.unit_id], report, indicator, official, heard) for report in reports
    ]
    return FigurePage(
        unit=unit,
        period=period,
        indicator=indicator,
        lines=tuple(line for line in lines if line is not None),
        previous_label=str(period.year - 1),
    )


def _waiting(unit: Unit, period: Period, official: Official) -> list[Report]:
    rows = list(
        Report.objects.filter(
            unit__upward__ancestor=unit, period=period.code, state__in=UNDER_REVIEW
        )
        .exclude(unit=unit)
        .select_related("unit__tier", "unit__parent", "with_tier")
        .order_by("unit__parent__code", "unit__code")
    )
    mine = on_desk_of(official, rows)
    return [row for row in rows if row.pk in mine]


def _line(
    found: Return,
    report: Report,
    indicator: Indicator,
    official: Official,
    heard: Container[int],
) -> UnitLine | None:
    row = found.row(indicator.code)
    if row is None:
        return None
    marked = [one for one in found.requests if one is not row]
    return UnitLine(
        unit=report.unit,
        row=_shown(found, row),
        version=report.version,
        others=len(marked),
        why_not=_why_not(row, report, official),
        is_unheard=report.unit_id not in heard,
    )


def _shown(found: Return, row: Row) -> DeskRow:
    alone = Return(
        unit=found.unit,
        period=found.period,
        report=found.report,
        deadline=found.deadline,
        reviewers=found.reviewers,
        rows=[row],
        findings=[],
    )
    return desk_rows(alone, Looks({}, None, {}))[0]


def _why_not(row: Row, report: Report, official: Official) -> str:
    if row.is_opening:
        return _("lấy từ số cuối kỳ năm trước")
    if workflow.enters_for(report, official):
        return _("đồng chí nhập số liệu của đơn vị này")
    return ""


def objections(
    page: FigurePage, told: Mapping[str, str], ticked: list[str], reason: str
) -> list[Objection]:
    """What was ticked, each with its own words or those for all, and the version looked at.

    A unit that is no longer on the desk is asked for too: the rule says why it cannot be.
    """
    chosen = Report.objects.filter(
        unit__in=[key for key in ticked if whole_key(key) is not None], period=page.period.code
    ).select_related("unit__tier", "with_tier")
    found = []
    for report in chosen.filter(unit__upward__ancestor=page.unit).order_by("unit__code"):
        key = str(report.unit_id)
        seen = told.get(f"v-{key}", "")
        found.append(
            Objection(
                report=report,
                body=told.get(f"r-{key}", "").strip() or reason.strip(),
                seen=whole_key(seen) or 0,  # nobody sends back what they have not seen
            )
        )
    return found
