"""Time and memory of a table as a workbook with 106, 1,060 and 10,600 rows.

python -m bench.annex_size [FILE]: every figure is that of a fresh process, the writers in turns.
Rows are made while they are written, so that only the writer's own memory shows. `straight`: the
same cells and formats handed to the library by a plain loop, rows in order; `office`: the table put
into a template. Writes its tables into FILE (docs/annex-size.md) between its marks. Ends with 1
when the product takes more than 1.3 times the time of the plain loop, or its memory grows.
"""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from statistics import median
from types import SimpleNamespace
from typing import Any, cast

import django
from django.conf import settings

if not settings.configured:  # run by itself, not by a test
    _FILES = tempfile.TemporaryDirectory()
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "povertyplan.settings",
        "SECRET_KEY": secrets.token_urlsafe(50),
        "VAR_DIR": _FILES.name,
        "LOG_LEVEL": "ERROR",
    }
    django.setup()

import yaml
from django.utils import timezone
from xlsxwriter import Workbook

from bench.timing import memory
from indicators.periods import Period
from povertyplan.lib.bookforms.check import checked
from povertyplan.lib.bookforms.fill import fill
from reports.annexes.expressions import Binary, Number, Ref, to_formula
from reports.annexes.office.example import example_template
from reports.annexes.office.names import Paper, names_of, values_of
from reports.annexes.origin import Origin
from reports.annexes.spec import AnnexSpec, Layout, Leaf, SignatureBlock, TextColumn, read_spec
from reports.annexes.table import (
    MISSING,
    PROVISIONAL_MARK,
    Cell,
    Row,
    RowKind,
    Table,
    number_cell,
    text_cell,
)
from reports.annexes.workbook import write_workbook
from reports.imports.annexes import SHARED

ROOT = Path(__file__).resolve().parent.parent
SIZES = (106, 1_060, 10_600)
TIMES = 3
MOST_TIME, MOST_GROWTH_MB = 1.3, 8.0
BEGIN, END = "<!-- bench.annex_size -->", "<!-- /bench.annex_size -->"


def widest() -> tuple[AnnexSpec, Layout]:
    """The layout with the most columns among those that ship."""
    path = ROOT / "reports" / "data" / "annexes.yaml"
    told = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    shared = {key: told[key] for key in SHARED if key in told}
    specs = [read_spec({**shared, **row}) for row in told["annexes"] if row["status"] == "usable"]
    pairs = [(spec, layout) for spec in specs if not spec.rows.lines for layout in spec.layouts]
    return max(pairs, key=lambda pair: len(pair[1].leaves))


class MadeRows(Sequence[Row]):
    """A total over `count` units; each row is made anew whenever it is asked for."""

    def __init__(self, layout: Layout, count: int) -> None:
        self.leaves = layout.leaves
        self.count = count
        self.units = tuple(range(1, count + 1))
        first, second, *_rest = (Ref(leaf.id) for leaf in layout.leaves if leaf.text is None)
        share = Binary("*", Binary("/", first, second), Number(Decimal(100)))
        self.recipes = {leaf.id: replace(share) for leaf in layout.leaves}

    def __len__(self) -> int:
        return self.count + 1

    def __getitem__(self, place: Any) -> Any:
        if place > self.count:
            raise IndexError
        if place:
            return Row(RowKind.UNIT, self._cells(place))
        return Row(RowKind.TOTAL, self._cells(0), units=self.units)

    def _cells(self, place: int) -> tuple[Cell, ...]:
        return tuple(self._cell(leaf, column, place) for column, leaf in enumerate(self.leaves))

    def _cell(self, leaf: Leaf, column: int, place: int) -> Cell:
        if leaf.text is TextColumn.ROW_NUMBER:
            return text_cell(str(place) if place else "")
        if leaf.text is not None:
            return text_cell(f"Xã Hoàng Thu Phố {place}" if leaf.is_head else "")
        if (place + column) % 33 == 0:
            return MISSING
        value = Decimal(place * 37 + column)
        if column % 3 or not place:
            return number_cell(value)
        return Cell(number_cell(value).kind, value, recipe=self.recipes[leaf.id])


def table_of(count: int, *, is_made: bool) -> Table:
    """A table of `count` units; `is_made`: all its rows are there before it is written."""
    spec, layout = widest()
    rows: Any = MadeRows(layout, count)
    return Table(
        number=spec.number,
        title=spec.title,
        issuer_lines=("ỦY BAN NHÂN DÂN", "TỈNH THỬ NGHIỆM"),
        reference="(Kèm theo Báo cáo)",
        unit_of_measure=spec.unit_of_measure,
        layout=layout,
        rows=tuple(rows) if is_made else rows,
        notes=spec.notes,
        remarks=(),
        left=spec.left,
        right=SignatureBlock(("CHỦ TỊCH",)),
        marks=(PROVISIONAL_MARK,),
        stamp="Bản tạm tính",
        file_name="bieu.xlsx",
        made_at=timezone.now(),
        origin=cast(Origin, SimpleNamespace(spec=spec)),  # all that the writers read of it
    )


# -- the writers -----------------------------------------------------------------------------------


class _Letters:
    """Addresses in the row that is being written."""

    def __init__(self, layout: Layout) -> None:
        self.columns = {leaf.id: chr(ord("A") + n) for n, leaf in enumerate(layout.leaves)}

    def ref(self, leaf: str) -> str:
        return f"{self.columns[leaf]}{{row}}"

    def total(self, leaf: str, where: frozenset[str]) -> str:
        raise TypeError("Only rows of units are written here.")


Plain = tuple[Any, str]
"""(number or text, formula with {row} or nothing)."""


def plain_rows(table: Table) -> list[list[Plain]]:
    """What the plain loop writes: no objects of ours left."""
    letters = _Letters(table.layout)

    def plain(cell: Cell, leaf: Leaf) -> Plain:
        formula = f"={to_formula(cell.recipe, letters)}" if cell.recipe else ""
        words = cell.printed(leaf.decimals)
        return (words if cell.value is None else float(cell.value)), formula

    return [
        [plain(cell, leaf) for cell, leaf in zip(row.cells, table.layout.leaves, strict=True)]
        for row in table.rows
    ]


def straight(rows: list[list[Plain]], layout: Layout) -> bytes:
    """The library's quickest way that keeps to rows, with one format a column."""
    stream = BytesIO()
    with Workbook(stream, {"constant_memory": True}) as book:
        sheet = book.add_worksheet()
        font = {"font_name": "Times New Roman", "font_size": 10, "border": 1}
        numbers = [
            book.add_format({**font, "num_format": one.number_format}) for one in layout.leaves
        ]
        words = [book.add_format({**font, "text_wrap": True}) for _leaf in layout.leaves]
        for line, row in enumerate(rows):
            sheet.set_row(line, 13.5)
            for column, (value, formula) in enumerate(row):
                if formula:
                    told = formula.replace("{row}", str(line + 1))
                    sheet.write_formula(line, column, told, numbers[column], value)
                elif isinstance(value, float):
                    sheet.write_number(line, column, value, numbers[column])
                elif value:
                    sheet.write_string(line, column, value, words[column])
                else:
                    sheet.write_blank(line, column, None, words[column])
    return stream.getvalue()


class _Somebody:
    def __str__(self) -> str:
        return "Nguyễn Văn A"


def in_template(table: Table) -> bytes:
    """The table in the example template of an office."""
    spec, layout = widest()
    form = checked(example_template(table_of(1, is_made=False)), names_of(spec, layout))
    by: Any = _Somebody()
    paper = Paper(table, Period(2024), by, "Tỉnh Thử Nghiệm", "tạm tính")
    out = BytesIO()
    fill(form, values_of(paper, spec, is_marked=True), out)
    return out.getvalue()


def prepared(writer: str, count: int, *, is_made: bool) -> Callable[[], bytes]:
    if writer == "straight":
        table = table_of(count, is_made=False)
        rows = plain_rows(table)
        return lambda: straight(rows, table.layout)
    table = table_of(count, is_made=is_made)
    write = {"annex": write_workbook, "office": in_template}[writer]
    return lambda: write(table)


# -- measuring -------------------------------------------------------------------------------------

WRITERS = ("straight", "annex", "office")


def child(writer: str, count: int, what: str) -> None:
    """One figure in this process: seconds with all rows there, or MB with rows made on the way."""
    prepared(writer, 3, is_made=True)()  # what is read and made ready once
    write = prepared(writer, count, is_made=what == "time")
    before, began = memory("VmHWM"), time.process_time()
    size = len(write())
    taken = time.process_time() - began  # of the processor: others may be at work beside it
    print(json.dumps([taken if what == "time" else memory("VmHWM") - before, size]))


def measured(writer: str, count: int, what: str) -> tuple[float, int]:
    command = [sys.executable, "-m", "bench.annex_size", "--child", writer, str(count), what]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    figure, size = json.loads(done.stdout.splitlines()[-1])
    return figure, size


def figures(sizes: Sequence[int] = SIZES, times: int = TIMES) -> dict[tuple[str, int], Any]:
    """{(writer, rows): (seconds, MB, bytes)}, the writers in turns."""
    seconds: dict[tuple[str, int], list[float]] = {}
    found: dict[tuple[str, int], Any] = {}
    for count in sizes:
        for _time in range(times):
            for writer in WRITERS:
                seconds.setdefault((writer, count), []).append(measured(writer, count, "time")[0])
        for writer in WRITERS:
            grown, size = measured(writer, count, "memory")
            found[writer, count] = (median(seconds[writer, count]), grown, size)
    return found


def told(found: dict[tuple[str, int], Any]) -> str:
    columns = len(widest()[1].leaves)
    lines = [
        f"{columns} columns, median of {TIMES} fresh processes; MB above what was there before.",
        "",
        "| rows | plain s | annex s | ratio | office s | ratio | annex MB | office MB | file kB |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for count in sorted({count for _writer, count in found}):
        (base, *_rest), annex, office = (found[writer, count] for writer in WRITERS)
        cells = [f"{count:,}", f"{base:.3f}", f"{annex[0]:.3f}", f"{annex[0] / base:.2f}"]
        cells += [f"{office[0]:.3f}", f"{office[0] / base:.2f}"]
        cells += [f"{annex[1]:.1f}", f"{office[1]:.1f}", f"{annex[2] / 1000:,.0f}"]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> None:
    found = figures()
    text = told(found)
    print(text)
    for name in sys.argv[1:]:
        path = Path(name)
        page = path.read_text(encoding="utf-8")
        before, after = page.partition(BEGIN)[0], page.partition(END)[2]
        path.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}", encoding="utf-8")
    first, last = SIZES[0], SIZES[-1]
    ratio = found["annex", last][0] / found["straight", last][0]
    # the file itself is handed on in one piece, so its own size is no growth
    grown = found["annex", last][1] - found["annex", first][1] - found["annex", last][2] / 1e6
    print(f"ratio {ratio:.2f} (≤ {MOST_TIME}), growth {grown:.1f} MB (≤ {MOST_GROWTH_MB})")
    sys.exit(int(ratio > MOST_TIME or grown > MOST_GROWTH_MB))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        child(sys.argv[2], int(sys.argv[3]), sys.argv[4])
    else:
        main()
