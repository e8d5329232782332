"""What every cell of an official table should hold, from the answers of the REST API alone.

A client of the API: it reads layouts from the shipped YAML and figures over HTTP, and adds up by
the rules that the header of annexes.yaml states. Nothing of `reports.annexes` is used here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache, cached_property
from typing import Any

import yaml
from django.conf import settings
from django.test import Client

from tests.reports.annex_country import LAST, MERGED, TAKEN_OVER, YEARS, Milestones

MISSING, NOT_APPLICABLE, NOT_PLANNED, NOT_DUE = "…", "–", "–", ""
Expected = Decimal | str
HUNDRED = Decimal(100)
PLAN_YEARS = range(2021, 2026)
KINDS = {
    "Thị trấn ": "TT ",
    "Thành phố ": "TP ",
    "Thị xã ": "TX ",
    "Phường ": "P. ",
    "Xã ": "",
    "Huyện ": "",
}
URBAN = ("Thị trấn ", "Phường ")
Node = Mapping[str, Any]


@cache
def shipped(path: str) -> Any:
    return yaml.safe_load((settings.BASE_DIR / path).read_text(encoding="utf-8"))


def annexes() -> dict[str, Node]:
    return {row["code"]: row for row in shipped("reports/data/annexes.yaml")["annexes"]}


@cache
def members(group: str) -> list[str]:
    """Codes of a group's members, those for show too; the API does not tell them."""
    return sorted(
        member["code"]
        for name in ("groups", "demo_groups")
        for row in shipped(f"communes/data/{name}.yaml")["groups"]
        if row["code"] == group
        for member in row["members"]
    )


def columns_of(layout: Node) -> list[Node]:
    """The columns that hold cells, those repeated over years once a year."""
    return [leaf for node in layout["columns"] for leaf in _leaves(node)]


def _leaves(node: Node, year: int | None = None) -> Iterable[Node]:
    for when in node.get("for_each_year", [year]):
        if "columns" in node:
            for below in node["columns"]:
                yield from _leaves(below, when)
        else:
            period = when if node.get("period") == "each_year" else node.get("period")
            yield {**node, "id": node["id"].replace("{year}", str(when)), "period": period}


@dataclass(frozen=True)
class Figure:
    """An answer of /rollups/, or several of them added up."""

    value: Decimal | None = None
    above: Decimal | None = None
    below: Decimal | None = None
    reported: int = 0
    expected: int = 1

    @property
    def cell(self) -> Expected:
        if self.value is not None:
            return self.value
        return NOT_APPLICABLE if self.reported or not self.expected else MISSING


@dataclass(frozen=True)
class Row:
    """A row to be: the communes it speaks for, the one whose own rollup it is, if any.

    `owner`: what `figure` and plans are asked of; `line`: households or persons; `group`: what
    plans are asked of where the row speaks for all members of a group.
    """

    label: str
    communes: tuple[str, ...]
    owner: str = ""
    number: str = ""
    line: str = ""
    item: str = ""
    is_summary: bool = False
    group: str = ""


@dataclass
class Answers:
    """The API, asked once for all that is needed."""

    client: Client
    stage: str
    assigned: Milestones
    found: dict[tuple[str, str, int], Figure] = field(default_factory=dict)

    def every(self, address: str, **query: object) -> list[dict[str, Any]]:
        """All pages of a list."""
        rows: list[dict[str, Any]] = []
        while address:
            answer = self.client.get(address, {**query, "limit": 5000} if query else None)
            assert answer.status_code == 200, answer.content
            rows += answer.json()["results"]
            address, query = answer.json()["next"] or "", {}
        return rows

    @cached_property
    def indicators(self) -> dict[str, dict[str, Any]]:
        return {row["code"]: row for row in self.every("/api/v1/indicators/", limit=5000)}

    @cached_property
    def units(self) -> dict[str, dict[str, Any]]:
        rows = self.every("/api/v1/units/", as_of=str(LAST.end))
        return {row["code"]: row for row in rows}

    @cached_property
    def targets(self) -> list[dict[str, Any]]:
        """Every promise of every plan on a unit or a group as a whole, the later plan last."""
        plans = self.every("/api/v1/plans/", year=LAST.year)
        rows = [t for p in plans for t in self.every(f"/api/v1/plans/{p['id']}/targets/", limit=1)]
        owner = lambda row: f"group:{row['group']}" if row["group"] else row["unit"]  # noqa: E731
        whole = [row for row in rows if not row["each_unit"]]
        return [{**row, "unit": owner(row).partition("@")[0]} for row in whole]

    def ask(self, references: Sequence[str], indicators: Iterable[str]) -> None:
        """Read the figures of all years; `CODE` is the unit of each year's last day."""
        years = ",".join(map(str, YEARS))
        asked = {"indicator": ",".join(sorted(indicators)), "period": years, "stage": self.stage}
        for start in range(0, len(references), 150):
            names = ",".join(references[start : start + 150])
            for row in self.every("/api/v1/rollups/", unit=names, **asked):
                key = row["unit"], row["indicator"], int(row["period"])
                self.found[key] = self._figure(row)

    def _figure(self, row: Mapping[str, Any]) -> Figure:
        """The value as answered, and unrounded where it is a quotient."""
        value, above, below = (
            None if row[name] is None else Decimal(row[name])
            for name in ("value", "numerator", "denominator")
        )
        if above is not None and below:
            exact = above / below * Decimal(self.indicators[row["indicator"]]["scale"])
            assert value is not None
            assert abs(exact - value) <= Decimal("5e-7")
            value = exact
        return Figure(value, above, below, row["reported"], row["expected"])

    # -- figures ---------------------------------------------------------------------------------

    def figure(self, owner: str, indicator: str, year: int) -> Figure:
        """A unit's figure; for the years before it took another over with that one's."""
        own = self.found.get((owner, indicator, year), Figure())
        taken = (TAKEN_OVER, indicator, year)
        if owner != MERGED or taken not in self.found:
            return own
        both = [own, self.found[taken]]
        if any(one.value is None and one.expected for one in both):
            expected = sum(one.expected for one in both)
            return Figure(expected=expected)
        return self.together(both, indicator)

    def together(self, parts: Sequence[Figure], indicator: str) -> Figure:
        """Added up over those with a value: a rate from both its terms, never as a mean."""
        if len(parts) == 1:
            return parts[0]
        known = [part for part in parts if part.value is not None]
        reported = sum(part.reported for part in parts)
        expected = sum(part.expected for part in parts)
        if not known:
            return Figure(reported=reported, expected=expected)
        if known[0].below is None:
            value = sum((part.value for part in known if part.value is not None), Decimal(0))
            return Figure(value, None, None, reported, expected)
        above = sum((part.above or Decimal(0) for part in known), Decimal(0))
        below = sum((part.below or Decimal(0) for part in known), Decimal(0))
        scale = Decimal(self.indicators[indicator]["scale"])
        return Figure(above / below * scale, above, below, reported, expected)

    def of_row(self, row: Row, indicator: str, year: int) -> Figure:
        if row.owner:
            return self.figure(row.owner, indicator, year)
        parts = [self.figure(code, indicator, year) for code in row.communes]
        return self.together(parts, indicator)

    def change(self, row: Row, indicator: str, year: int) -> Decimal | None:
        """Opening less closing, over the communes that have both."""
        opening = self.indicators[indicator]["opening_indicator"]
        pairs = [
            (before, after)
            for code in row.communes
            if (before := self.figure(code, opening, year)).value is not None
            and (after := self.figure(code, indicator, year)).value is not None
        ]
        if not pairs:
            return None
        first = self.together([before for before, _ in pairs], opening).value
        last = self.together([after for _, after in pairs], indicator).value
        return None if first is None or last is None else first - last

    # -- plans -----------------------------------------------------------------------------------

    def planned(self, owner: str, indicator: str, year: int, measure: str) -> Decimal | None:
        """What was assigned, else what a plan says of the unit in that very year."""
        if (owner, indicator, year, measure) in self.assigned:
            return self.assigned[owner, indicator, year, measure]
        kind = "change_per_year" if measure == "change_points" else "level"
        found = None
        for row in self.targets:
            if (row["unit"], row["indicator"], row["kind"]) != (owner, indicator, kind):
                continue
            first, last = row["year_from"], row["year_to"]
            if row["value"] and (
                first <= year <= last if measure == "change_points" else last == year
            ):
                found = Decimal(row["value"])
        return found

    def planned_in_all(self, owner: str, indicator: str) -> Decimal | None:
        years = (PLAN_YEARS[0], PLAN_YEARS[-1])
        for row in reversed(self.targets):
            is_it = (row["unit"], row["indicator"], row["kind"]) == (owner, indicator, "cumulative")
            if is_it and row["value"] and (row["year_from"], row["year_to"]) == years:
                return Decimal(row["value"])
        return None


class Cells:
    """What the columns of one layout should hold in a row. Source: annexes.yaml, header."""

    def __init__(self, answers: Answers, layout: Node) -> None:
        self.answers = answers
        self.columns = columns_of(layout)

    def of(self, row: Row, units: Sequence[Row]) -> list[Expected]:
        """The cells of the columns of figures; `units` are the rows that a summary adds up."""
        cells = {leaf["id"]: self._cell(row, leaf) for leaf in self.columns if "text" not in leaf}
        below = [
            {leaf["id"]: self._cell(unit, leaf) for leaf in self.columns if "text" not in leaf}
            for unit in units
        ]
        for leaf in self.columns:
            if "formula" in leaf:
                cells[leaf["id"]] = _worked_out(leaf["formula"], cells, below, self._plans())
        return list(cells.values())

    def _plans(self) -> set[str]:
        """Columns that do not add up from row to row."""
        return {leaf["id"] for leaf in self.columns if leaf.get("measure") in ("plan", "rate")}

    def _cell(self, row: Row, leaf: Node) -> Expected:
        if "formula" in leaf:
            return MISSING
        return {
            "plan": self._plan_cell,
            "change_points": self._change_cell,
            "change_per_year": self._yearly_cell,
            "cumulative": self._yearly_cell,
            "pct_of_plan": self._share_cell,
        }.get(leaf["measure"], self._result_cell)(row, leaf)

    def _terms(self, row: Row, leaf: Node) -> list[tuple[Decimal, str]]:
        content = leaf.get("terms") or leaf["indicator"]
        if isinstance(content, Mapping):
            content = content[row.line]
        if content == "$row":
            content = row.item
        if isinstance(content, str):
            return [(Decimal(1), content)]
        return [(Decimal(coefficient), code) for coefficient, code in content]

    def year(self, leaf: Node) -> int | None:
        """The year of a column; None for the whole plan."""
        special: dict[object, int | None] = {
            "year": LAST.year,
            "opening": LAST.year - 1,
            "plan_period": None,
        }
        return special[leaf["period"]] if leaf["period"] in special else int(leaf["period"])

    def _result_cell(self, row: Row, leaf: Node) -> Expected:
        year = self.year(leaf)
        assert year is not None
        if year > LAST.year:
            return NOT_DUE
        terms = self._terms(row, leaf)
        if "terms" not in leaf:
            return self.answers.of_row(row, terms[0][1], year).cell
        told = {
            self.answers.figure(code, term, year).cell != MISSING
            for code in row.communes
            for _, term in terms
        }
        if row.owner and len(told) == 1:
            return self._sum(row.owner, terms, year)
        cells = [self._sum(code, terms, year) for code in row.communes]
        values = [cell for cell in cells if isinstance(cell, Decimal)]
        if values:
            return sum(values, Decimal(0))
        return MISSING if MISSING in cells else NOT_APPLICABLE

    def _sum(self, owner: str, terms: Sequence[tuple[Decimal, str]], year: int) -> Expected:
        """Of one unit: only where none of the terms is missing."""
        parts = [(times, self.answers.figure(owner, code, year).cell) for times, code in terms]
        if any(cell == MISSING for _, cell in parts):
            return MISSING
        values = [times * cell for times, cell in parts if isinstance(cell, Decimal)]
        return sum(values, Decimal(0)) if values else NOT_APPLICABLE

    def _change_cell(self, row: Row, leaf: Node) -> Expected:
        year, (_, code) = self.year(leaf), self._terms(row, leaf)[0]
        assert year is not None
        value = self.answers.change(row, code, year)
        if value is not None:
            return value
        closing = self.answers.of_row(row, code, year).cell
        return NOT_APPLICABLE if closing == NOT_APPLICABLE else MISSING

    def _yearly_cell(self, row: Row, leaf: Node) -> Expected:
        """A running total, or the mean of the yearly cuts, of the plan's years so far."""
        code, is_mean = self._terms(row, leaf)[0][1], leaf["measure"] == "change_per_year"
        years = [year for year in PLAN_YEARS if year <= (self.year(leaf) or LAST.year)]
        values = [
            value
            for year in years
            if year <= LAST.year
            and (
                value := self.answers.change(row, code, year)
                if is_mean
                else self.answers.of_row(row, code, year).value
            )
            is not None
        ]
        if not values:
            return MISSING
        return sum(values, Decimal(0)) / (len(values) if is_mean else 1)

    def _planned(self, row: Row, leaf: Node) -> Decimal | None:
        code, year = self._terms(row, leaf)[0][1], self.year(leaf)
        owner = row.owner or row.group
        if not owner:
            return None
        is_cut = "plan_of" in leaf
        whole = self.answers.planned_in_all(row.owner, code)
        if year is None and not is_cut and whole is not None:
            return whole
        years = [year] if year else list(PLAN_YEARS)
        measure = "change_points" if is_cut else "value"
        found = [self.answers.planned(owner, code, one, measure) for one in years]
        values = [value for value in found if value is not None]
        if not values or (not is_cut and len(values) < len(years)):
            return None
        return sum(values, Decimal(0)) / (len(values) if is_cut else 1)

    def _plan_cell(self, row: Row, leaf: Node) -> Expected:
        value = self._planned(row, leaf)
        return NOT_PLANNED if value is None else value

    def _share_cell(self, row: Row, leaf: Node) -> Expected:
        plan = self._planned(row, leaf)
        if plan is None:
            return NOT_PLANNED
        done = (self._yearly_cell if self.year(leaf) is None else self._result_cell)(row, leaf)
        return done / plan * HUNDRED if isinstance(done, Decimal) else done

    def coverage(self, rows: Sequence[Row]) -> tuple[int, int]:
        """How many communes' rows have told all figures of the year, of those asked for any."""
        leaves = [
            leaf
            for leaf in self.columns
            if leaf.get("measure") in ("result", "rate")
            and "formula" not in leaf
            and self.year(leaf) == LAST.year
        ]
        cells = [[self._result_cell(row, leaf) for leaf in leaves] for row in rows]
        asked = [row for row in cells if any(cell != NOT_APPLICABLE for cell in row)]
        return sum(MISSING not in row for row in asked), len(asked)


def _worked_out(
    formula: str,
    cells: Mapping[str, Expected],
    below: Sequence[Mapping[str, Expected]],
    not_adding: set[str],
) -> Expected:
    """A formula on the row's figures; in a summary whose rows differ in what they have, on sums
    over the rows that have them all."""
    names = [name for name in cells if name in re.findall(r"[a-z]\w*", formula)]
    told: dict[str, Expected] = {name: cells[name] for name in names}
    differ = len({isinstance(row[name], Decimal) for row in below for name in names}) > 1
    if differ and not set(names) & not_adding:
        whole = [row for row in below if all(isinstance(row[name], Decimal) for name in names)]
        empty = NOT_APPLICABLE if not whole else Decimal(0)
        for name in names:
            values = [value for row in whole if isinstance(value := row[name], Decimal)]
            is_number = isinstance(told[name], Decimal)
            told[name] = sum(values, Decimal(0)) if whole else empty if is_number else told[name]
    for name in names:
        if not isinstance(told[name], Decimal):
            return told[name]
    try:
        value = eval(formula, {"__builtins__": {}, "max": max}, dict(told))  # noqa: S307
    except ArithmeticError:
        return NOT_APPLICABLE
    return Decimal(value)
