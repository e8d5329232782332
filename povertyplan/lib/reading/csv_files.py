"""CSV files: a header that names columns, then one row a line."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from povertyplan.lib.errors import Problem
from povertyplan.lib.reading.faults import checked
from povertyplan.lib.reading.rows import M, Path_, Record, Row, Source, refuse_if, spot, suggestion

MAX_CSV_BYTES = 300_000_000


def read_csv(given: Path | str, model: type[M]) -> list[Row[M]]:
    """Return the rows below the header, in file order; blank lines are passed over.

    Columns may stand in any order. An empty cell of a column with a default takes the default.
    Raises DomainError with every fault of every row.
    """
    source = Source.of(given, MAX_CSV_BYTES)
    text = source.text()
    rows: list[Row[M]] = []
    problems: list[Problem] = []
    header: list[str] = []
    for line, cells in _lines(source, text):
        if not header:
            header = [cell.strip() for cell in cells]
            _check_header(source, line, header, model)
            continue
        place = partial(_place_in_csv, source.name, line)
        if len(cells) != len(header):
            problems.append(
                Problem(
                    f"có {len(cells)} ô, cần {len(header)} ô như dòng tiêu đề; "
                    "ô có dấu phẩy phải đặt trong dấu nháy kép.",
                    place(()),
                )
            )
            continue
        row, faults = checked(model, _cells(model, header, cells), place)
        problems += faults
        if row:
            rows.append(row)
    refuse_if(problems)
    if not rows:
        raise source.refusal("chỉ có dòng tiêu đề; cần ít nhất một dòng dữ liệu.")
    return rows


def _lines(source: Source, text: str) -> Iterator[tuple[int, list[str]]]:
    """Rows with the number of the line they begin on, blank lines left out."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    start = 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield start, cells
            start = reader.line_num + 1
    except csv.Error as error:
        raise source.refusal(
            f"không đọc được dòng này ({error}); kiểm tra dấu nháy kép.", start
        ) from error


def _check_header(source: Source, line: int, header: list[str], model: type[Record]) -> None:
    wanted = ",".join(model.model_fields)
    required = [name for name, info in model.model_fields.items() if info.is_required()]
    missing = [name for name in required if name not in header]
    extra = [name for name in header if name not in model.model_fields]
    if missing and len(header) == 1 and re.search(r"[;\t]", header[0]):
        raise source.refusal(
            f"các cột ngăn cách bằng “;” hoặc tab; cần dấu phẩy: {wanted}. "
            "Lưu lại tệp dạng CSV (dấu phẩy).",
            line,
        )
    faults = [f"thiếu cột {name}" for name in missing]
    faults += [f"cột lạ “{name}”{suggestion(name, model.model_fields)}" for name in extra]
    faults += [f"cột {name} lặp lại" for name in dict.fromkeys(header) if header.count(name) > 1]
    if faults:
        raise source.refusal(f"dòng tiêu đề {'; '.join(faults)}. Cần các cột: {wanted}.", line)


def _cells(model: type[Record], header: list[str], cells: list[str]) -> dict[str, str]:
    pairs = zip(header, (cell.strip() for cell in cells), strict=True)
    return {name: cell for name, cell in pairs if cell or model.model_fields[name].is_required()}


def _place_in_csv(name: str, line: int, path: Path_) -> str:
    return spot(name, line, inside=f"cột {path[0]}" if path else "")
