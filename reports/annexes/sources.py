"""Where the figures of a table come from: the words of its sheet “Nguồn”.

A figure is found by two references: its column names the indicator and the years, its row the unit
and, for each year, the return. So the sheet grows with rows and columns, not with figures.
The sheet is part of the form and, like it, always in Vietnamese.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.db.models import Count, Max, Q
from django.utils import timezone

from communes.models import Official, Unit
from indicators.enums import Stage
from indicators.models import Result
from indicators.periods import Period
from povertyplan.lib.speech import officially
from reports.annexes import wording
from reports.annexes.readings import demands
from reports.annexes.spec import Leaf, LeafKind, Measure
from reports.annexes.table import CellKind, Row, Table
from reports.enums import ReportState, Step
from reports.models import Report

_MEASURES = {
    Measure.PLAN: "kế hoạch giao",
    Measure.CHANGE_POINTS: "giảm so với đầu kỳ, điểm %",
    Measure.CHANGE_PER_YEAR: "giảm bình quân năm, điểm %",
    Measure.CUMULATIVE: "cộng dồn",
    Measure.PCT_OF_PLAN: "% so với kế hoạch",
}
_STATES = {
    ReportState.DRAFT: "đang nhập",
    ReportState.SUBMITTED: "đã nộp, chờ duyệt",
    ReportState.RETURNED: "bị trả lại",
    ReportState.ENDORSED: "chờ cấp trên duyệt",
    ReportState.APPROVED: "đã duyệt",
    ReportState.REOPENED: "mở lại để sửa",
}
SHOWN = 5
_VARIANTS = {"year": "theo năm", "period": "cả giai đoạn"}


@dataclass(frozen=True, slots=True)
class ColumnSource:
    """What stands behind a column, or a row that is an indicator: its number, heading, basis."""

    number: str
    heading: str
    basis: str
    periods: str


@dataclass(frozen=True, slots=True)
class UnitSource:
    """What a unit has told: how many figures lack on the sheet, and its return in each period."""

    code: str
    name: str
    lacking: str
    returns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sources:
    """`facts`: (what, words), in printing order. `periods` go along the `returns` of each unit."""

    facts: tuple[tuple[str, str], ...]
    columns: tuple[ColumnSource, ...]
    periods: tuple[Period, ...]
    units: tuple[UnitSource, ...]


@officially
def read_sources(table: Table, by: Official | None = None) -> Sources:
    """Where the figures come from, and who had the table made. At most five queries."""
    wanted = sorted({period for _code, period in _demanded(table)})
    units = _units(table)
    lacking = _lacking(table)
    told = _Returns(table, units, wanted)
    return Sources(
        facts=tuple(_facts(table, lacking, by)),
        columns=tuple(_columns(table)),
        periods=tuple(wanted),
        units=tuple(
            UnitSource(
                unit.code,
                unit.name,
                lacking.get(unit, ""),
                tuple(told.words(unit, period) for period in wanted),
            )
            for unit in units
        ),
    )


@dataclass(frozen=True, slots=True)
class Change:
    """A unit whose figures were last entered then, for a period."""

    unit: Unit
    period: Period
    at: datetime


def latest_changes(table: Table) -> list[Change]:
    """The units of the table whose figures were entered last, the latest first."""
    units = _units(table)
    periods = sorted({period for _code, period in _demanded(table)})
    found = _entered(table, units, [period.code for period in periods])
    named = {unit.pk: unit for unit in units}
    changes = [
        Change(named[unit], Period.parse(period), at) for (unit, period), at in found.items()
    ]
    return sorted(changes, key=lambda one: (one.at, one.unit.code), reverse=True)[:SHOWN]


# -- of the whole table ---------------------------------------------------------------------------


def _facts(
    table: Table, lacking: dict[Unit, str], by: Official | None
) -> Iterator[tuple[str, str]]:
    origin = table.origin
    place, stage = origin.place, Stage(origin.request.stage)
    yield "Biểu", f"{table.label}: {table.title}"
    yield "Mẫu biểu", _layout_words(table)
    yield "Văn bản", _document(table)
    code = place.group.code if place.group else place.address
    yield "Địa bàn", f"{place.name} (mã {code})"
    yield "Kỳ số liệu", f"{origin.request.period.label}"
    yield "Loại số liệu", str(stage.label) + (" – có số liệu minh họa" if table.has_sample else "")
    yield "Lập lúc", _moment(table.made_at)
    if by is not None:
        yield "Người lập tệp", str(by)
    if table.coverage:
        reported, expected = table.coverage
        yield "Mức đầy đủ", f"{reported}/{expected} đơn vị có đủ số liệu"
    if names := [unit for unit, words in lacking.items() if words]:
        yield "Còn thiếu", wording.unit_names(names)
    yield "Mã kiểm tra", table.check_code
    yield "Cách kiểm tra", "Vào mục Biểu của hệ thống, chọn Kiểm tra biểu đã in, nhập mã trên."


def _layout_words(table: Table) -> str:
    """Which version of the layout: how many there were, and of which day this one is."""
    annex, variant = table.origin.annex, table.layout.variant
    kept = annex.history.aggregate(count=Count("pk"), latest=Max("history_date"))
    day = f", bản {kept['count']} ngày {_day(kept['latest'])}" if kept["count"] else ""
    return f"{annex.code}, dạng {_VARIANTS.get(variant, variant)}{day}"


def _document(table: Table) -> str:
    plan = table.origin.annex.plan
    if plan is None:
        return "Không gắn với kế hoạch nào"
    number = f" số {plan.number}" if plan.number else ""
    return f"{plan.kind}{number}, {plan.title}, {plan.issuer} (mã {plan.code})"


# -- of the columns -------------------------------------------------------------------------------


def _demanded(table: Table) -> Iterator[tuple[str, Period]]:
    origin = table.origin
    for view in origin.spec.views(table.layout).values():
        yield from demands(view, origin.catalogue, origin.request)


def _columns(table: Table) -> Iterator[ColumnSource]:
    """Columns that rest on indicators, one for each line they differ in, then rows that do."""
    spec, layout = table.origin.spec, table.layout
    for place, leaf in enumerate(layout.leaves):
        if leaf.text is not None:
            continue
        number, heading = layout.numbers[place], _heading(table, place)
        if leaf.of_row:
            yield ColumnSource(number, heading, "chỉ số của từng dòng", _periods(table, leaf))
            continue
        strands = spec.rows.strands if leaf.by_line else spec.rows.strands[:1]
        for strand in strands:
            own = leaf.of(strand)
            label = f"{heading} ({strand.label})" if leaf.by_line else heading
            yield ColumnSource(number, label, _basis(table, own), _periods(table, own))
    for item in spec.rows.items:
        basis = _named(table, item.indicator)
        yield ColumnSource(f"dòng {item.number}".strip(), item.label, basis, "")


def _heading(table: Table, place: int) -> str:
    """The headings over a column, from the top: Đầu kỳ – Hộ nghèo."""
    over = [
        cell for cell in table.layout.header if cell.column <= place < cell.column + cell.columns
    ]
    return " – ".join(cell.text for cell in sorted(over, key=lambda cell: cell.row))


def _basis(table: Table, leaf: Leaf) -> str:
    if leaf.kind is LeafKind.FORMULA:
        return f"tính từ các cột{f': {leaf.caption}' if leaf.caption else ''}"
    parts = [
        f"{_sign(place, coefficient < 0)}{_named(table, code)}"
        for place, (coefficient, code) in enumerate(leaf.terms)
    ]
    measure = _MEASURES.get(leaf.measure, "")
    return "".join(parts) + (f"; {measure}" if measure else "")


def _sign(place: int, is_taken_off: bool) -> str:
    if not place:
        return "trừ " if is_taken_off else ""
    return " trừ " if is_taken_off else " cộng "


def _named(table: Table, code: str) -> str:
    """Tỷ lệ hộ nghèo [poverty_rate = poor : total]."""
    catalogue = table.origin.catalogue
    above, below = catalogue.terms(code)
    terms = f" = {' + '.join(above)} : {' + '.join(below)}" if above and below else ""
    return f"{catalogue[code].name} [{code}{terms}]"


def _periods(table: Table, leaf: Leaf) -> str:
    origin = table.origin
    if leaf.measure is Measure.PLAN:
        moment = origin.request.moment(leaf)
        return moment.code if moment else "cả giai đoạn"
    alone = replace(table.layout, leaves=(leaf,))
    strands = origin.spec.rows.strands if leaf.of_row else origin.spec.rows.strands[:1]
    found = {
        period
        for strand in strands
        for _code, period in demands(alone.of(strand), origin.catalogue, origin.request)
    }
    return ", ".join(period.code for period in sorted(found))


# -- of the rows ----------------------------------------------------------------------------------


def _units(table: Table) -> list[Unit]:
    """Every single unit once, in the order of the rows, each after the ones it took over."""
    found: dict[Unit, None] = {}
    for unit in _row_units(table.rows):
        for before in sorted(table.origin.merged.get(unit.pk, ()), key=lambda one: one.code):
            found.setdefault(before)
        found.setdefault(unit)
    return list(found)


def _row_units(rows: Iterable[Row]) -> Iterator[Unit]:
    for row in rows:
        if row.unit is not None and (not row.is_summary or row.strand.indicator):
            yield row.unit


def _lacking(table: Table) -> dict[Unit, str]:
    """How much each unit has not told; empty words for one that has told all."""
    counts: dict[Unit, list[int]] = {}
    for row in table.rows:
        if row.unit is None or (row.is_summary and not row.strand.indicator):
            continue
        kinds = [cell.kind for cell in row.cells if cell.kind is not CellKind.TEXT]
        missing = kinds.count(CellKind.MISSING)
        count = counts.setdefault(row.unit, [0, 0])
        count[0], count[1] = count[0] + missing, count[1] + len(kinds)
    return {unit: _lacking_words(*count) for unit, count in counts.items()}


def _lacking_words(missing: int, cells: int) -> str:
    return f"thiếu {missing}/{cells} ô" if missing else ""


class _Returns:
    """The returns of some units and periods; figures without one came from files."""

    def __init__(self, table: Table, units: Sequence[Unit], periods: Sequence[Period]) -> None:
        codes = [period.code for period in periods]
        communes = {unit.pk for unit in table.origin.place.communes}
        self.below = {
            unit.pk for unit in units if unit.pk not in communes and unit.parent_id not in communes
        }
        approved = Max("events__at", filter=Q(events__step=Step.APPROVE))
        rows = Report.objects.filter(unit__in=units, period__in=codes)
        self.reports = {
            (row.unit_id, row.period): row for row in rows.annotate(approved_at=approved)
        }
        self.latest = _entered(table, units, codes)

    def words(self, unit: Unit, period: Period) -> str:
        """đã duyệt 14/12/2024, lần nộp 2, bản 7; số nhập đến 13/12/2024 14:05."""
        parts = [self._return(unit, period)]
        latest = self.latest.get((unit.pk, period.code))
        if latest is not None:
            parts.append(f"số nhập đến {_moment(latest)}")
        elif unit.pk in self.below:
            parts.append("cộng từ cấp dưới")
        return "; ".join(part for part in parts if part) or "chưa có"

    def _return(self, unit: Unit, period: Period) -> str:
        report = self.reports.get((unit.pk, period.code))
        if report is None:
            return "không qua báo cáo" if (unit.pk, period.code) in self.latest else ""
        day = getattr(report, "approved_at", None)
        state = _STATES[ReportState(report.state)]
        when = f" {_day(day)}" if day and report.state == ReportState.APPROVED else ""
        return f"{state}{when}, lần nộp {report.round}, bản {report.version}"


def _entered(
    table: Table, units: Sequence[Unit], periods: Sequence[str]
) -> dict[tuple[int, str], datetime]:
    """When each unit's figures were last entered, by pk and period, of the inputs of the table."""
    catalogue = table.origin.catalogue
    inputs = {code for code, _period in _demanded(table)}
    for code in list(inputs):
        for terms in catalogue.terms(code):
            inputs.update(terms)
    found = Result.objects.filter(unit__in=units, period__in=periods, indicator__code__in=inputs)
    rows = found.order_by().values_list("unit", "period").annotate(latest=Max("entered_at"))
    return {(unit, period): latest for unit, period, latest in rows}


def _moment(at: datetime) -> str:
    return f"{timezone.localtime(at):%d/%m/%Y %H:%M}"


def _day(at: datetime) -> str:
    return f"{timezone.localtime(at):%d/%m/%Y}"
