"""Figures collected elsewhere, from a CSV file, into the facts through `recording`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path

from django.db import transaction

from communes.imports import UnitRegister
from communes.models import Unit
from indicators import recording
from indicators.asking import Profile, asks, profiles_of
from indicators.enums import Answer
from indicators.models import Indicator, Result
from indicators.periods import Period
from indicators.recording import Entry, value_problem
from povertyplan.lib.commands import Tell, silent
from povertyplan.lib.errors import Problem
from povertyplan.lib.reading import Record, Row, UnitCode, named_only, read_csv, refuse_if
from povertyplan.lib.syncing import Counts

UNITS_AT_ONCE = 300
"""Units looked up together: bounds the parameters of a query."""
CELLS_AT_ONCE = 20_000
"""Figures written together: bounds memory and gives progress to tell."""

NOT_APPLICABLE = "na"


class ResultRow(Record):
    """`unit_code,indicator_code,period,value`; `na` = not applicable."""

    unit_code: UnitCode
    indicator_code: str
    period: str
    value: str


@dataclass(frozen=True, slots=True)
class _Cell:
    """A row with everything it names found."""

    row: Row[ResultRow]
    unit: Unit
    indicator: Indicator
    period: Period
    answer: str
    value: Decimal | None

    @property
    def entry(self) -> Entry:
        return Entry(self.unit, self.indicator, self.period, self.answer, self.value)


def import_results(
    given: Path | str, *, stage: str, is_sample: bool | None = None, tell: Tell = silent
) -> Counts:
    """Write the figures of a file at a stage; a code means the unit on the period's last day.

    Official figures count as provisional too. A figure that is already there as given changes
    nothing. Raises DomainError and writes nothing when any row is bad.
    """
    rows = read_csv(given, ResultRow)
    tell(f"Đã đọc {len(rows)} dòng, đang kiểm tra…")
    with transaction.atomic():
        cells = _checked(rows)
        counts = Counts()
        for done, batch in _batches(cells):
            counts += _write(batch, stage, is_sample)
            tell(f"Đã ghi {done}/{len(cells)} số liệu…")
    return counts


def _checked(rows: list[Row[ResultRow]]) -> list[_Cell]:
    """Every row as a cell. Raises DomainError with every fault of every row."""
    reader = _Reader()
    problems: list[Problem] = []
    cells: list[_Cell] = []
    for row in rows:
        found = reader.cell(row)
        if isinstance(found, _Cell):
            cells.append(found)
        else:
            problems += found
    problems += _repeated(cells)
    problems += _refused_values(cells)
    refuse_if(problems)
    return cells


class _Reader:
    """Finds what rows name, each code and period once."""

    def __init__(self) -> None:
        self.register = UnitRegister()
        self.indicators = {
            indicator.code: indicator
            for indicator in Indicator.objects.select_related("entered_at", "entered_at_two_tier")
        }
        self.periods: dict[str, Period] = {}

    def cell(self, row: Row[ResultRow]) -> _Cell | list[Problem]:
        problems = list(self._unknown(row))
        if problems:
            return problems
        period = self.periods[row.data.period]
        unit = self.register.on(row.data.unit_code, period.end)
        if unit is None:
            why = self.register.why_not(row.data.unit_code, period.end)
            return [row.problem(why, "unit_code")]
        try:
            answer, value = _answer(row.data.value)
        except ValueError as error:
            return [row.problem(str(error), "value")]
        indicator = self.indicators[row.data.indicator_code]
        return _Cell(row, unit, indicator, period, answer, value)

    def _unknown(self, row: Row[ResultRow]) -> Iterator[Problem]:
        code = row.data.indicator_code
        if code not in self.indicators:
            yield from named_only(row, code, self.indicators, "chỉ số", "indicator_code")
        elif not self.indicators[code].is_input:
            yield row.problem(
                f"“{code}” do hệ thống tính, không nhập; nhập các số làm nên nó.", "indicator_code"
            )
        if row.data.period not in self.periods:
            try:
                self.periods[row.data.period] = Period.parse(row.data.period)
            except ValueError as error:
                yield row.problem(str(error), "period")


def _answer(text: str) -> tuple[str, Decimal | None]:
    """(answer, value) of a cell. Raises ValueError with the expected form."""
    if not text:
        raise ValueError(
            f"để trống; ghi số, ghi {NOT_APPLICABLE} nếu không áp dụng, hoặc bỏ dòng nếu chưa có "
            "số liệu."
        )
    if text.lower() == NOT_APPLICABLE:
        return Answer.NOT_APPLICABLE, None
    try:
        value = Decimal(text)
    except InvalidOperation:
        raise ValueError(
            f"“{text}” không phải là số; dùng dấu chấm thập phân, không dấu ngăn hàng nghìn, "
            f"ví dụ 1234.5, hoặc {NOT_APPLICABLE}."
        ) from None
    return Answer.VALUE, value


def _repeated(cells: list[_Cell]) -> Iterator[Problem]:
    seen: dict[tuple[int, int, str], _Cell] = {}
    for cell in cells:
        first = seen.setdefault((cell.unit.pk, cell.indicator.pk, cell.period.code), cell)
        if first is not cell:
            yield cell.row.problem(f"ô này đã có ở {first.row.place(())}; chỉ để lại một.", "value")


def _refused_values(cells: list[_Cell]) -> Iterator[Problem]:
    """What the indicator or the unit does not admit."""
    profiles = _profiles(cells)
    for cell in cells:
        if not asks(cell.indicator, profiles[cell.unit.pk, cell.period.end]):
            yield cell.row.problem(
                f"“{cell.indicator.code}” không giao cho {cell.unit.name} nhập; kiểm tra cấp nhập, "
                "loại đơn vị và nhóm của chỉ số.",
                "indicator_code",
            )
        if cell.answer == Answer.VALUE:
            message = value_problem(cell.indicator, cell.value)
            if message:
                yield cell.row.problem(f"có “{cell.row.data.value}”. {message}", "value")


def _profiles(cells: list[_Cell]) -> dict[tuple[int, date], Profile]:
    """What decides which figures each unit is asked for: {(unit pk, last day): profile}."""
    units: dict[date, set[int]] = defaultdict(set)
    for cell in cells:
        units[cell.period.end].add(cell.unit.pk)
    found: dict[tuple[int, date], Profile] = {}
    for day, pks in units.items():
        every = sorted(pks)
        for start in range(0, len(every), UNITS_AT_ONCE):
            profiles = profiles_of(every[start : start + UNITS_AT_ONCE], day)
            found |= {(pk, day): profile for pk, profile in profiles.items()}
    return found


def _batches(cells: list[_Cell]) -> Iterator[tuple[int, list[_Cell]]]:
    """Cells of some units at a time, with how many cells are done after each batch."""
    ordered = sorted(cells, key=lambda cell: (cell.unit.pk, cell.period))
    for start in range(0, len(ordered), CELLS_AT_ONCE):
        batch = ordered[start : start + CELLS_AT_ONCE]
        yield start + len(batch), batch


def _write(cells: list[_Cell], stage: str, is_sample: bool | None) -> Counts:
    entries = [cell.entry for cell in cells]
    before = _versions(entries)
    recording.import_results(
        entries, stage=stage, is_sample=is_sample, reason="Nhập từ tệp kết quả"
    )
    after = _versions(entries)
    keys = [entry.cell for entry in entries]
    created = sum(key not in before for key in keys)
    changed = sum(key in before and before[key] != after[key] for key in keys)
    return Counts(created, changed, len(keys) - created - changed)


def _versions(entries: Iterable[Entry]) -> dict[tuple[int, int, str], int]:
    entries = list(entries)
    found = Result.objects.filter(
        unit__in={entry.unit.pk for entry in entries},
        period__in={entry.period.code for entry in entries},
    ).values_list("unit", "indicator", "period", "version")
    return {(unit, indicator, period): version for unit, indicator, period, version in found}
