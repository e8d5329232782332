"""Every number of every official table is what the API answers; every formula works out to it.

Source: the contract: totals are the rollups. Commune, district, province and a group of
communes, each variant of each table that ships, downloaded and read back.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from io import BytesIO
from itertools import groupby
from pathlib import Path

import pytest
from django.db import transaction
from django.test import Client, override_settings
from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet
from pytest_django import DjangoDbBlocker

from indicators.enums import Stage
from povertyplan.lib.xlsx import read_sheet
from tests.reports import annex_country
from tests.reports.annex_answers import (
    KINDS,
    URBAN,
    Answers,
    Cells,
    Expected,
    Node,
    Row,
    annexes,
    columns_of,
    members,
)
from tests.reports.annex_country import DISTRICT, LAST, MERGED, PROVINCE, TAKEN_OVER
from tests.reports.test_annex_workbook import differences, recalculated

pytestmark = pytest.mark.django_db
TEN = "the_10_communes"
GROUP = f"group:{TEN}"
AREAS = ("02866", MERGED, DISTRICT, PROVINCE, GROUP)
"""A commune; a township that took another over; what lies above them; a group."""


@dataclass
class Country:
    client: Client
    assigned: annex_country.Milestones

    def answers(self, stage: str, top: str = PROVINCE) -> Answers:
        """All figures of `top`, what is below it, and the groups."""
        made = Answers(self.client, stage, self.assigned)
        inside = [code for code in made.units if _is_below(made, code, top)]
        groups = [GROUP, f"group:{_listed_group()}"]
        made.ask([*inside, f"{TAKEN_OVER}@2023-12-31", *groups], _asked(made))
        return made

    def download(self, area: str, stage: str) -> dict[tuple[str, str], bytes]:
        """{(table, variant): content} of all that can be had, as the API offers and sends it."""
        query = {"unit": area, "period": LAST.code}
        found = {}
        for offer in self.client.get("/api/v1/annexes/", query).json()["results"]:
            for variant in offer["variants"] if offer["available"] else []:
                more = {**query, "variant": variant, "stage": stage}
                answer = self.client.get(offer["workbook"], more)
                assert answer.status_code == 200, answer.content
                found[offer["code"], variant] = answer.content
        return found

    @cached_property
    def files(self) -> dict[str, dict[tuple[str, str], bytes]]:
        """By area."""
        return {area: self.download(area, Stage.PROVISIONAL) for area in AREAS}


def _is_below(answers: Answers, code: str, top: str) -> bool:
    while code and code != top:
        code = answers.units[code]["parent"]
    return code == top


def _listed_group() -> str:
    return next(
        row["rows"]["group"] for row in annexes().values() if "group" in row.get("rows", {})
    )


def _asked(answers: Answers) -> set[str]:
    """The indicators of all columns, and what the year's changes start from."""
    codes: set[str] = set()
    for annex in annexes().values():
        codes |= {item["indicator"] for item in annex.get("rows", {}).get("items", ())}
        for layout in annex.get("layouts", ()):
            for leaf in columns_of(layout):
                content = leaf.get("terms") or leaf.get("indicator") or []
                for one in content.values() if isinstance(content, dict) else [content]:
                    codes |= {one} if isinstance(one, str) else {code for _, code in one}
    known = {code: answers.indicators[code] for code in codes if code in answers.indicators}
    return set(known) | {row["opening_indicator"] for row in known.values()} - {None}


@pytest.fixture(scope="module")
def country(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Country]:
    """Loaded once for all tests here, which only read."""
    with django_db_blocker.unblock(), transaction.atomic():
        with override_settings(DEMO_MODE=True):
            leader, assigned = annex_country.load()
        client = Client()
        client.force_login(leader)
        yield Country(client, assigned)
        transaction.set_rollback(True)


# -- which rows -----------------------------------------------------------------------------------


@dataclass
class Rows:
    """The rows that a table should have for an area, in order, and what each adds up."""

    answers: Answers
    area: str

    @property
    def communes(self) -> list[str]:
        if self.area == GROUP:
            return members(TEN)
        found = [code for code, row in self.answers.units.items() if row["tier"] == "commune"]
        return sorted(code for code in found if _is_below(self.answers, code, self.area))

    def short(self, code: str) -> str:
        name: str = self.answers.units[code]["name"]
        kind = next(kind for kind in KINDS if name.startswith(kind))
        return KINDS[kind] + name.removeprefix(kind)

    def of(self, annex: Node) -> list[tuple[Row, list[Row]]]:
        rows = annex["rows"]
        if rows["scope"] == "indicators":
            return [(row, []) for row in self._items(rows)]
        body = list(self._body(rows))
        single = [row for row in body if not row.is_summary]
        own, group = self._own(rows), self._group(rows, _all(single))
        total = Row(rows["total_label_vi"], _all(single), own, is_summary=True, group=group)
        ordered = [total, *body] if rows["total"] == "top" else [*body, total]
        if not rows.get("lines"):
            return [(row, self._below(row, single)) for row in ordered]
        return [
            (replace(row, line=line["suffix"]), self._below(row, single, line["suffix"]))
            for row in ordered
            for line in rows["lines"]
        ]

    def _below(self, row: Row, single: Sequence[Row], line: str = "") -> list[Row]:
        if not row.is_summary:
            return []
        inside = [one for one in single if set(one.communes) <= set(row.communes)]
        return [replace(one, line=line) for one in inside]

    def _own(self, rows: Node) -> str:
        """Whose own rollup stands in the total."""
        if rows["scope"] == "group":
            return ""
        return "" if self.area == GROUP else self.area

    def _group(self, rows: Node, listed: Sequence[str]) -> str:
        """The group whose members the total speaks for, all of them."""
        if rows["scope"] == "group":
            code = rows["group"]
        elif self.area == GROUP:
            code = TEN
        else:
            return ""
        return f"group:{code}" if set(members(code)) == set(listed) else ""

    def _items(self, rows: Node) -> Iterator[Row]:
        for item in rows["items"]:
            number = str(item.get("number", ""))
            yield Row(item["label_vi"], (), self.area, number, item=item["indicator"])

    def _body(self, rows: Node) -> Iterator[Row]:
        if rows["scope"] == "group":
            listed = set(members(rows["group"]))
            yield from self._numbered([code for code in self.communes if code in listed])
        elif rows["scope"] == "units_below":
            for zone in rows["groups"]:
                yield from self._zone(zone)
        elif self.area == PROVINCE:
            parent = lambda code: self.answers.units[code]["parent"]  # noqa: E731
            ordered = sorted(self.communes, key=lambda code: (parent(code), code))
            for place, (district, found) in enumerate(groupby(ordered, parent)):
                inside = tuple(found)
                name = self.answers.units[district]["name"]
                roman = ("I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X")[place]
                yield Row(name, inside, district, roman, is_summary=True)
                yield from self._numbered(inside)
        else:
            yield from self._numbered(self.communes, with_district=self.area == GROUP)

    def _numbered(self, codes: Sequence[str], *, with_district: bool = False) -> Iterator[Row]:
        for number, code in enumerate(codes, start=1):
            label = self.short(code)
            if with_district:
                label += f" ({self.short(self.answers.units[code]['parent'])})"
            yield Row(label, (code,), code, str(number))

    def _zone(self, zone: Node) -> Iterator[Row]:
        wants_urban = zone["members"] == "townships_and_wards"
        units = self.answers.units
        inside = [
            code for code in self.communes if units[code]["name"].startswith(URBAN) == wants_urban
        ]
        if not inside:
            return
        yield Row(zone["label_vi"], tuple(inside), is_summary=True)
        if self.area != PROVINCE:
            yield from self._numbered(inside)
            return
        parent = lambda code: units[code]["parent"]  # noqa: E731
        parts = groupby(sorted(inside, key=lambda code: (parent(code), code)), parent)
        for number, (district, found) in enumerate(parts, start=1):
            yield Row(self.short(district), tuple(found), "", str(number))


def _all(rows: Sequence[Row]) -> tuple[str, ...]:
    return tuple(code for row in rows for code in row.communes)


# -- what stands there ----------------------------------------------------------------------------


def body(sheet: Worksheet) -> Iterator[list[object]]:
    """The cells of each row under the numbers of the columns, to the empty row after them."""
    heads = (row[0].row for row in sheet.iter_rows() if re.match(r"\((1|A)\)", str(row[0].value)))
    first = next(heads)
    for row in sheet.iter_rows(min_row=first + 1):
        cells = [cell.value for cell in row]
        if not any(cell is not None for cell in cells):
            return
        yield cells


def is_same(seen: object, expected: Expected) -> bool:
    if isinstance(expected, str):
        return (seen or "") == expected
    if not isinstance(seen, int | float):
        return False
    return math.isclose(seen, float(expected), rel_tol=1e-9, abs_tol=1e-9)


def wrong(sheet: Worksheet, annex: Node, layout: Node, rows: Rows) -> Iterator[str]:
    """Every cell that does not say what the API answers."""
    cells, seen = Cells(rows.answers, layout), list(body(sheet))
    expected = rows.of(annex)
    if len(seen) != len(expected):
        yield f"{len(seen)} rows instead of {len(expected)}"
        return
    for place, (row, below) in enumerate(expected):
        is_first = not row.line or place % 2 == 0
        wanted = iter(cells.of(row, below))
        for leaf, found in zip(cells.columns, seen[place], strict=False):
            if leaf.get("text") == "note":  # words on the return, not a figure
                continue
            if "text" in leaf:
                words = (
                    _words(leaf["text"], row, below, cells, annex)
                    if is_first or (leaf["text"] == "line_label")
                    else ""
                )
                if str(found or "") != words:
                    yield f"{row.label}: {found!r} instead of {words!r}"
                continue
            value = next(wanted)
            if not is_same(found, value):
                yield f"{row.label} {row.line}{row.item}, {leaf['id']}: {found!r}, API: {value}"


def _words(kind: str, row: Row, below: Sequence[Row], cells: Cells, annex: Node) -> str:
    lines = {line["suffix"]: line["label_vi"] for line in annex["rows"].get("lines", ())}
    if kind == "row_number":
        return row.number
    if kind == "line_label":
        return lines[row.line] + _covered(row, below, cells)
    return row.label if lines else row.label + _covered(row, below, cells)


def _covered(row: Row, below: Sequence[Row], cells: Cells) -> str:
    """(17/18) in a summary, while not all have told all."""
    if row.item:
        figure = cells.answers.figure(row.owner, row.item, LAST.year)
        told, asked = figure.reported, figure.expected if figure.expected > 1 else 0
    elif row.is_summary:
        ones = [
            replace(one, communes=(code,), owner=code) for one in below for code in one.communes
        ]
        told, asked = cells.coverage(ones)
    else:
        return ""
    return f" ({told}/{asked})" if told < asked else ""


def faults(answers: Answers, area: str, files: Mapping[tuple[str, str], bytes]) -> Iterator[str]:
    for (code, variant), content in files.items():
        annex = annexes()[code]
        layout = next(one for one in annex["layouts"] if one["variant"] == variant)
        sheet = load_workbook(BytesIO(content), data_only=True).worksheets[0]
        for fault in wrong(sheet, annex, layout, Rows(answers, area)):
            yield f"{area} {code} {variant}: {fault}"


def test_every_table_that_ships_is_there_to_be_compared(country: Country) -> None:
    drawn = {key for files in country.files.values() for key in files}

    assert drawn == {
        (code, layout["variant"])
        for code, annex in annexes().items()
        for layout in annex.get("layouts", ())
    }


def test_every_number_of_every_table_is_what_the_api_answers(country: Country) -> None:
    answers = country.answers(Stage.PROVISIONAL)

    found = [
        fault for area, files in country.files.items() for fault in faults(answers, area, files)
    ]

    assert found == []


def test_official_numbers_are_the_official_answers(country: Country) -> None:
    answers = country.answers(Stage.OFFICIAL, DISTRICT)

    assert list(faults(answers, DISTRICT, country.download(DISTRICT, Stage.OFFICIAL))) == []


@pytest.mark.office
def test_every_formula_works_out_to_its_stored_value(country: Country, tmp_path: Path) -> None:
    files = {
        f"{place}-{code}-{variant}.xlsx": content
        for place, found in enumerate(country.files.values())
        for (code, variant), content in found.items()
    }

    for name, again in recalculated(tmp_path, files).items():
        written = read_sheet(files[name])
        assert written.formulas, name
        assert list(differences(written, again)) == [], name
