"""The statements of one incremental drain with their plans, taken while it runs."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from django.db import connection

from bench import returns
from indicators.rollups import drain

LONGEST = 160
"""Characters of a line of a plan."""


class Explainer:
    """Runs EXPLAIN ANALYZE of each statement first, and takes back what that did."""

    def __init__(self) -> None:
        self.found: dict[str, list[str]] = {}
        self.counts: dict[str, int] = {}

    def __call__(
        self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any
    ) -> Any:
        words = " ".join(sql.split())
        if words.split(" ", 1)[0] in ("SELECT", "INSERT", "UPDATE", "DELETE"):
            self.counts[words] = self.counts.get(words, 0) + 1
            if words not in self.found:
                self.found[words] = self._explained(sql, params)
        return execute(sql, params, many, context)

    def _explained(self, sql: str, params: Any) -> list[str]:
        raw = connection.connection
        autocommit = raw.autocommit
        with raw.cursor() as cursor:
            cursor.execute("BEGIN" if autocommit else "SAVEPOINT bench_explain")
            cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS) {sql}", params)
            lines = [row[0] for row in cursor.fetchall()]
            cursor.execute("ROLLBACK" if autocommit else "ROLLBACK TO SAVEPOINT bench_explain")
        return lines


def explained() -> str:
    """Markdown: every statement of draining one commune, in order of appearance."""
    one = returns.communes(1)[0]
    drain()
    returns.update_and_mark(one)
    drain()
    returns.update_and_mark(one)
    explainer = Explainer()
    with connection.execute_wrapper(explainer):
        drain()
    parts = ["# The statements of one incremental drain, with their plans\n"]
    parts.append("One commune's figures have changed; four tiers are added up, up to the nation.\n")
    for words, lines in explainer.found.items():
        times = explainer.counts[words]
        plan = "\n".join(_short(line) for line in lines)
        parts.append(f"## {times} × `{_short(words)}`\n\n```\n{plan}\n```\n")
    return "\n".join(parts)


def _short(line: str) -> str:
    line = re.sub(r"'\\x[0-9a-f]{20,}'", "'…'", line)
    return line if len(line) <= LONGEST else f"{line[:LONGEST]}…"
