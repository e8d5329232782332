"""What is refused before it is opened: quickly, in one sentence, and in little memory.

The figures of docs/workbook.md come from here: `MEASURED=file pytest …` writes them as a table.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from povertyplan.lib.errors import DomainError
from povertyplan.lib.parcels import TOO_LARGE
from povertyplan.lib.xlsx import read_sheet, read_sheets
from tests.reports.bad_workbooks import BAD, at_the_limits, cells, plain, sheet_of
from tests.reports.workbook_forms import with_part

ROOT = Path(__file__).resolve().parents[2]
MEGABYTES, SECONDS = 40, 2.0
"""What a refusal may take beyond what the program and the file take anyway."""

MEASURE = """
import django, json, sys, time
django.setup()
from povertyplan.lib.errors import DomainError
from povertyplan.lib.xlsx import read_sheets
def peak():
    # of this program alone; getrusage would count what the one that started it had
    status = open("/proc/self/status").read()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024
content = open(sys.argv[1], "rb").read()
before, start = peak(), time.perf_counter()
try:
    read_sheets(content)
    words = "read"
except DomainError as error:
    words = str(error)
print(json.dumps([words, before, peak(), time.perf_counter() - start]))
"""

RECEIVE = """
import json, os, time
os.environ["DJANGO_SETTINGS_MODULE"] = "povertyplan.settings"
import django
django.setup()
from django.test import RequestFactory
from povertyplan.lib.receiving import was_skipped
def peak():
    # of this program alone; getrusage would count what the one that started it had
    status = open("/proc/self/status").read()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024
class Body:
    head = b"--x\\r\\nContent-Disposition: form-data; name=f; filename=a.xlsx\\r\\n\\r\\nPK"
    left = 200_000_000
    def read(self, size=65536):
        if self.head:
            head, self.head = self.head, b""
            return head
        size = min(size, self.left)
        self.left -= size
        return b"0" * size
    readline = read
request = RequestFactory().generic(
    "POST", "/", b"x", content_type="multipart/form-data; boundary=x", CONTENT_LENGTH="200000000"
)
request._stream = Body()
before, start = peak(), time.perf_counter()
skipped = was_skipped(request)
print(json.dumps([str(skipped), before, peak(), time.perf_counter() - start]))
"""


class Taken(NamedTuple):
    """`words`: the answer. `before`, `peak`: of the process's memory in MB, file and all."""

    words: str
    before: float
    peak: float
    seconds: float

    @property
    def megabytes(self) -> float:
        return self.peak - self.before


def measured(program: str, *arguments: object) -> Taken:
    """Run apart: what was said, and what it took."""
    done = subprocess.run(
        [sys.executable, "-c", program, *map(str, arguments)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=True,
        capture_output=True,
        text=True,
        timeout=120,
    )
    return Taken(*json.loads(done.stdout.splitlines()[-1]))


def noted(name: str, size: int, taken: Taken) -> None:
    """A row of the table in docs/workbook.md, where MEASURED names a file."""
    if "MEASURED" in os.environ:
        cells = [name, f"{size / 1000:,.0f}", taken.words]
        cells += [f"{taken.before:.0f} → {taken.peak:.0f}", f"{taken.seconds:.2f}"]
        with Path(os.environ["MEASURED"]).open("a") as file:
            file.write(f"| {' | '.join(cells)} |\n")


@pytest.mark.parametrize("name", BAD)
def test_bad_workbook_is_refused_quickly_in_words_and_little_memory(
    name: str, tmp_path: Path
) -> None:
    make, words = BAD[name]
    content = make()
    (tmp_path / "file.xlsx").write_bytes(content)

    result = measured(MEASURE, tmp_path / "file.xlsx")

    noted(name, len(content), result)
    assert words in result.words
    assert result.megabytes < MEGABYTES
    assert result.seconds < SECONDS


def test_as_much_as_is_let_through_stays_within_bounds(tmp_path: Path) -> None:
    content = at_the_limits()
    (tmp_path / "file.xlsx").write_bytes(content)

    result = measured(MEASURE, tmp_path / "file.xlsx")

    noted("19 900 formulas and 4 500 rules (let through)", len(content), result)
    assert result.words == "read"
    assert result.megabytes < 200
    assert result.seconds < 20


def test_body_of_200_megabytes_is_let_go_as_it_arrives() -> None:
    result = measured(RECEIVE)

    noted("200 MB sent", 200_000_000, result._replace(words=TOO_LARGE))
    assert result.words == "True"
    assert result.megabytes < 20
    assert result.seconds < 20


def test_good_workbook_is_read_in_little_memory(tmp_path: Path) -> None:
    (tmp_path / "file.xlsx").write_bytes(sheet_of(cells(2_000)))

    result = measured(MEASURE, tmp_path / "file.xlsx")

    noted("2 000 cells (read)", (tmp_path / "file.xlsx").stat().st_size, result)
    assert result.words == "read"
    assert result.megabytes < MEGABYTES


def test_far_cells_are_not_filled_in_between() -> None:
    data = '<row r="5000"><c r="SF5000"><v>7</v></c></row>'

    assert read_sheet(sheet_of(data)).cells["SF5000"].value == 7


def test_links_to_other_workbooks_are_not_followed() -> None:
    formula = "<f>'[1]Sheet1'!A1</f>"
    content = sheet_of(f'<row r="1"><c r="A1">{formula}<v>5</v></c></row>')
    content = with_part(content, "xl/externalLinks/externalLink1.xml", lambda _old: b"<broken")

    assert read_sheet(content).value("A1") == 5


@pytest.mark.parametrize("name", ["[Content_Types].xml", "xl/workbook.xml", "xl/styles.xml"])
def test_workbook_with_a_broken_part_is_refused_in_words(name: str) -> None:
    content = with_part(plain(), name, lambda old: old[: len(old) // 2])

    with pytest.raises(DomainError, match="bị hỏng"):
        read_sheets(content)
