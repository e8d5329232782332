"""The browser's arithmetic says what the server says: reading, writing, rules, ratios, plans."""

from __future__ import annotations

import json
import random
import subprocess
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from indicators.calc import ratio
from indicators.checks import check, rules_as_json
from indicators.models import Indicator
from povertyplan.lib.errors import DomainError
from povertyplan.lib.numbers import format_number, parse_number
from reports.entry.forms import worked_sum
from reports.entry.page import script_words
from reports.returns.comparison import better, compare, in_points

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = """
import { computeRatio } from './static/src/entry/computed.js';
import { comparison } from './static/src/entry/plan.js';
import { fromPlain, read, round, show } from './static/src/decimals.js';
import { check, prepare } from './static/src/rules.js';
import { readFileSync } from 'node:fs';

const given = JSON.parse(readFileSync(0, 'utf-8'));
const answers = {
  show: () => given.cases.map(([text, decimals]) => show(fromPlain(text), decimals)),
  read: () => given.cases.map(([text, decimals]) => {
    const { value, fault } = read(text, decimals);
    return fault ? null : show(value, 6);
  }),
  ratio: () => given.cases.map(([top, bottom]) => {
    const spec = { above: ['a'], below: ['b'], scale: '100' };
    const value = computeRatio(spec, (code) => fromPlain(code === 'a' ? top : bottom));
    return value === null ? null : show(value, 2);
  }),
  check: () => given.cases.map((values) => check(prepare(given.rules), (code, offset) => {
    const text = values[`${code}/${offset}`];
    return text === undefined ? null : fromPlain(text);
  }).map(({ message, cell, fill, sum }) =>
    [message, cell, fill === null ? null : show(fill, 2), sum])),
  compare: () => given.cases.map(([value, spec]) =>
    comparison(round(fromPlain(value), spec.decimals), spec, given.words)),
};
process.stdout.write(JSON.stringify(answers[given.question]()));
"""


def browser(question: str, cases: list[Any], **more: Any) -> list[Any]:
    """What the page's own modules answer, run in Node."""
    done = subprocess.run(
        [ROOT / ".venv/bin/node", "--no-warnings", "--input-type=module", "-e", SCRIPT],
        input=json.dumps({"question": question, "cases": cases, **more}),
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )
    assert done.returncode == 0, done.stderr
    answers: list[Any] = json.loads(done.stdout)
    assert len(answers) == len(cases)
    return answers


def amounts(count: int) -> list[str]:
    """Numbers of every size with up to six decimals, halves among them."""
    chance = random.Random(2024)
    made = [
        Decimal(chance.randrange(-(10**size), 10**size)).scaleb(-chance.randrange(7))
        for size in range(1, 16)
        for _ in range(count // 15)
    ]
    return [f"{value:f}" for value in [*made, Decimal("0.5"), Decimal("-2.5"), Decimal("-0.004")]]


def test_number_is_written_alike() -> None:
    cases = [(text, places) for text in amounts(300) for places in (0, 1, 2, 6)]
    assert browser("show", cases) == [
        format_number(Decimal(text), places) for text, places in cases
    ]


TYPED = [
    "1234", "1.234", "1.234,5", "1234,5", "33.4", "1.234.567", "1.23", "12.3456", "0", "007",
    " 1 234 ", "-5", "−5", "1,2,3", "1,5,", ",5", "5,", "1.2345,6", "12%", "mười", "1e3", "", "-",
    "1\u00a0234,50", "29,80", "29,800", "0,0001", "1234.567", "123.456", "1.000,00",
]  # fmt: skip


def server_reads(text: str, decimals: int) -> str | None:
    try:
        return format_number(parse_number(text, decimals), 6)
    except DomainError:
        return None


def test_typed_text_is_read_alike() -> None:
    cases = [(text, places) for text in TYPED for places in (0, 1, 2)]
    assert browser("read", cases) == [server_reads(text, places) for text, places in cases]


def test_rate_is_worked_out_alike() -> None:
    chance = random.Random(7)
    cases = [(str(chance.randrange(0, 999_999)), str(chance.randrange(0, 50))) for _ in range(300)]
    expected = [ratio(Decimal(top), Decimal(bottom), Decimal(100)) for top, bottom in cases]
    assert browser("ratio", cases) == [
        None if value is None else format_number(value, 2) for value in expected
    ]


class Terms(list[Any]):
    def all(self) -> Terms:
        return self


def rule(comparator: str, terms: list[tuple[str, str, int]], **values: Any) -> Any:
    """A rule that needs no database: what `check` and `rules_as_json` look at."""
    indicators = {
        code: SimpleNamespace(pk=place, code=code, decimals=place % 3)
        for place, (_coefficient, code, _offset) in enumerate(terms, start=1)
    }
    solved = values.pop("solve_for", None)
    names = ", ".join(f"{{{code}{'_prev' if offset else ''}}}" for _, code, offset in terms)
    return SimpleNamespace(
        code="r",
        name="Quy tắc",
        severity="error",
        message=f"{{left}} | {{right}} | {{gap}} | {{computed}} | {names}",
        comparator=comparator,
        constant=Decimal(values.get("constant", 0)),
        tolerance=Decimal(values.get("tolerance", 0)),
        solve_for=indicators[solved] if solved else None,
        solve_for_id=indicators[solved].pk if solved else None,
        terms=Terms(
            SimpleNamespace(
                coefficient=Decimal(coefficient),
                indicator=indicators[code],
                indicator_id=indicators[code].pk,
                offset=offset,
            )
            for coefficient, code, offset in terms
        ),
    )


RULES = [
    rule("=", [("1", "a", 0), ("-1", "b", 0), ("1", "c", 0), ("-1", "d", 0)], solve_for="d"),
    rule("=", [("1", "a", 0), ("-1", "b", -1)], solve_for="a", tolerance="0.5"),
    rule("<=", [("1", "a", 0), ("-10", "b", 0)]),
    rule(">=", [("0.5", "a", 0), ("1", "b", 0)], constant="1.5"),
    rule("<", [("3", "a", 0), ("-7", "b", 0)], solve_for="b", constant="3"),
    rule(">", [("1", "a", 0)], constant="3"),
]


@pytest.mark.parametrize("one", RULES, ids=lambda one: one.comparator)
def test_rule_finds_and_says_the_same(one: Any) -> None:
    chance = random.Random(11)
    keys = [(term.indicator.code, term.offset) for term in one.terms]
    cases = [
        {
            # small whole numbers often meet the bound exactly
            f"{code}/{offset}": chance.choice(
                [str(chance.randrange(4)), str(Decimal(chance.randrange(400)) / 10)]
            )
            for code, offset in keys
            if chance.random() > 0.05  # a missing term: not checked
        }
        for _ in range(200)
    ]
    expected = []
    for case in cases:
        values = {
            (key.split("/")[0], int(key.split("/")[1])): Decimal(text) for key, text in case.items()
        }
        expected.append([_told(found, values) for found in check([one], values)])
    assert any(expected)
    assert not all(expected)
    assert browser("check", cases, rules=rules_as_json([one])) == expected


def _told(found: Any, values: Any) -> list[Any]:
    last = found.indicators[-1]
    cell = found.rule.solve_for.code if found.rule.solve_for else last
    fill = None if found.fill is None else format_number(found.fill[1], 2)
    return [found.message, cell, fill, worked_sum(found, values)]


def test_plan_is_compared_alike() -> None:
    chance = random.Random(5)
    cases, expected = [], []
    for direction in ("higher_is_better", "lower_is_better", "none"):
        for unit, places in (("hộ", 0), ("%", 2), ("triệu đồng", 1)):
            indicator = Indicator(direction=direction, unit_of_measure=unit, decimals=places)
            for _ in range(40):
                value, plan = (Decimal(chance.randrange(0, 4000)).scaleb(-3) for _ in "12")
                found = compare(value, plan, indicator, "input")
                assert found is not None
                way = better(indicator, "input")
                spec = {"plan": str(plan), "decimals": places, "better": way}
                cases.append((str(value), spec | {"points": in_points(indicator)}))
                expected.append(_shown(found.verdict, found.text))
    assert browser("compare", cases, words=script_words()) == expected


def _shown(verdict: str, text: str) -> list[str]:
    if not verdict:
        return ["", text]
    word = {"met": "Đạt", "risk": "Nguy cơ", "late": "Chậm"}[verdict]
    return [verdict, f"{word} · {text}"]
