"""What the form's script is told of a line leads it to the server's own questions."""

from __future__ import annotations

import json
import random
import subprocess
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

from indicators.bands import band_of_history, band_of_neighbours, bands_of, unmet
from indicators.models import Indicator
from povertyplan.lib.numbers import format_number
from reports.entry.page import script_words
from reports.entry.specs import own_of, spec_of
from reports.returns import Row

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = """
import { questions } from './static/src/entry/bands.js';
import { lineOf } from './static/src/entry/lines.js';
import { fromPlain } from './static/src/decimals.js';
import { readFileSync } from 'node:fs';

const { cases, words } = JSON.parse(readFileSync(0, 'utf-8'));
process.stdout.write(JSON.stringify(cases.map(({ spec, own, cells, values }) => {
  const row = {
    dataset: { own },
    cells: [{ textContent: '1.1\\tTên' }],
    querySelector: (name) => (name in cells ? { textContent: cells[name] } : null),
  };
  const line = lineOf(row, spec);
  return values.map((value) => questions(line, fromPlain(value), words)
    .map(({ label, detail, needsReason }) => [label, detail, needsReason]));
})));
"""


def asked_in_the_browser(cases: list[dict[str, Any]]) -> list[Any]:
    done = subprocess.run(
        [ROOT / ".venv/bin/node", "--no-warnings", "--input-type=module", "-e", SCRIPT],
        input=json.dumps({"cases": cases, "words": script_words()}),
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )
    assert done.returncode == 0, done.stderr
    answers: list[Any] = json.loads(done.stdout)
    return answers


def some_row(chance: random.Random) -> Row:
    """A line of any kind, with limits, a past, a plan and neighbours, or without."""
    decimals = chance.choice([0, 0, 1, 2])

    def amount(most: int = 3000, finer: int = 0) -> Decimal:
        return Decimal(chance.randrange(most)).scaleb(-decimals - finer)

    def maybe(value: Any) -> Any:
        return value if chance.random() < 0.7 else None

    limits = {
        "change_points": maybe(str(amount(500))),
        "change_pct": maybe(chance.choice([10, 33, 100])),
        "change_min_abs": maybe(5),
        "min": maybe(str(amount(200))),
        "max": maybe(str(amount(4000))),
    }
    indicator = Indicator(
        decimals=decimals,
        unit_of_measure=chance.choice(["hộ", "triệu đồng/người/năm", "%"]),
        soft_limits={key: value for key, value in limits.items() if value is not None},
    )
    row = Row(indicator, "1.1", "input", is_comparable=chance.random() < 0.8)
    row.previous = maybe(amount(finer=chance.choice([0, 0, 4])))  # an old import may be finer
    row.planned = maybe(amount(finer=chance.choice([0, 2])))
    previous = row.previous if row.is_comparable else None
    row.bands = bands_of(indicator, previous=previous, planned=row.planned)
    told = [amount(finer=chance.choice([0, 0, 3])) for _year in range(chance.randrange(6))]
    moves = [(amount(), amount()) for _unit in range(chance.randrange(12))]
    found = band_of_history(indicator, told), band_of_neighbours(indicator, previous, moves)
    row.bands += [band for band in found if band is not None]
    return row


def test_line_is_asked_about_the_same_by_the_browser() -> None:
    chance = random.Random(2024)
    cases, expected = [], []
    for _line in range(300):
        row = some_row(chance)
        step = Decimal(1).scaleb(-row.indicator.decimals)
        edges = [edge for band in row.bands for edge in (band.low, band.high) if edge is not None]
        near = [edge.quantize(step, ROUND_HALF_UP) for edge in edges]
        values = [Decimal(0), *(edge + side * step for edge in near for side in (-1, 0, 1))]
        shown = {
            name: format_number(value, row.indicator.decimals)
            for name, value in ((".pv", row.previous), (".pl", row.planned))
        }
        cases.append(
            {
                "spec": spec_of(row),
                "own": own_of(row),
                "cells": shown,
                "values": [f"{value:f}" for value in values],
            }
        )
        expected.append(
            [
                [[band.label, band.detail, band.needs_reason] for band in unmet(row.bands, value)]
                for value in values
            ]
        )
    answers = asked_in_the_browser(cases)
    for case, answer, wanted in zip(cases, answers, expected, strict=True):
        assert answer == wanted, case
    assert any(question for of in expected for question in of)


def test_figure_shown_with_fewer_digits_is_told_whole() -> None:
    indicator = Indicator(decimals=2, unit_of_measure="%")
    row = Row(indicator, "1.1", "ratio", previous=Decimal("39.3220338983"))
    assert own_of(row) == "p:39.322033"
    assert own_of(Row(indicator, "1.1", "ratio", previous=Decimal("39.32"))) == ""
