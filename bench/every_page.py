"""What every page that is read costs with 1, 19 and 150 communes: queries, bytes, elements.

python -m bench.every_page [FILE]: makes a database of its own beside the one that DATABASE_URL
names (in memory on SQLite), writes the tables into FILE (docs/review.md) between its marks. Ends
with 1 when a page costs more queries with 150 communes than with 19. Each page is asked for twice,
the second time counts: the first after a unit is new reads the definitions anew.
"""

from __future__ import annotations

import gzip
import os
import secrets
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import django
from django.conf import settings

if not settings.configured:  # run by itself, not by a test
    _FILES = tempfile.TemporaryDirectory()
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "povertyplan.settings",
        "SECRET_KEY": secrets.token_urlsafe(50),
        "VAR_DIR": _FILES.name,
        "DEMO_MODE": "1",
        "HTTPS": "0",
        "PLAIN_STATIC": "1",
        "LOG_LEVEL": "ERROR",
    }
    django.setup()

from django.db import connection, reset_queries
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext

import indicators.recording
from bench.district import CLOSED, PERIOD, District, a_target, district
from communes.models import Official

SIZES = (1, 19, 150)
BEGIN, END = "<!-- bench.every_page -->", "<!-- /bench.every_page -->"
PACKED = 6
"""The level of compression of Django's middleware."""


@dataclass(frozen=True)
class Page:
    """`path` of a district that has grown; `reader`: who of its people looks."""

    name: str
    reader: str
    path: Callable[[District], str]
    htmx: bool = False


@dataclass(frozen=True)
class Cost:
    """`again`: queries and bytes of the answer to who has the page already; None: no version."""

    queries: int
    size: int
    packed: int
    elements: int
    again: tuple[int, int] | None


Costs = dict[str, dict[int, Cost]]
"""{page: {communes: what it costs}}"""


class _Elements(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.count = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.count += 1


def pages() -> list[Page]:
    """Every page of issue 6 that is read, each by the person whose work it is."""
    r, above, leader = "district", "province", "leader"

    def at(pattern: str) -> Callable[[District], str]:
        return lambda one: pattern.format(
            d=one.unit.code,
            p=one.province.code,
            c=one.first.code,
            y=PERIOD.code,
            closed=CLOSED.code,
            i=one.form[0].code,
            plan=_plan(one),
        )

    return [
        Page("overview of the province", leader, at("/tong-quan/{p}/{y}/")),
        Page("overview of the district", leader, at("/tong-quan/{d}/{y}/")),
        Page("dashboard", r, at("/so-lieu/{d}/{y}/")),
        Page("dashboard, every unit", r, at("/so-lieu/{d}/{y}/?du=1")),
        Page("dashboard, a promise's table", r, at("/so-lieu/{d}/{y}/?bang=kh-{plan}")),
        Page("dashboard, all figures", r, at("/so-lieu/{d}/{y}/?bang=so-lieu&sap-xep=cham")),
        Page("sources of a figure", r, at("/so-lieu/{d}/{y}/nguon/{i}/")),
        Page("tracker", r, at("/tien-do/{d}/{y}/")),
        Page("returns without flags", r, at("/tien-do/{d}/{y}/duyet/")),
        Page("sent again, the changes", r, at("/tien-do/{d}/{y}/da-sua/")),
        Page("desk of one return", r, at("/duyet/{c}/{y}/")),
        Page("desk, every figure", r, at("/duyet/{c}/{y}/?loc=all")),
        Page("its panel alone", r, at("/duyet/{c}/{y}/?o={i}"), htmx=True),
        Page("one figure of all communes", r, at("/duyet/{d}/{y}/chi-tieu/{i}/")),
        Page("what was said of a figure", r, at("/duyet/{c}/{y}/trao-doi/{i}/")),
        Page("history of a return", r, at("/bao-cao/{c}/{y}/lich-su/")),
        Page("versions of a return", r, at("/duyet/{c}/{y}/phien-ban/?so=n1&voi=n2")),
        Page("delegation", r, at("/uy-quyen/{d}/")),
        Page("pictures", r, at("/hinh/{d}/{y}/")),
        Page("explore", r, at("/tra-cuu/?don-vi={d}")),
        Page("kept tables", r, at("/tra-cuu/bang-da-luu/")),
        Page("snapshots", above, at("/so-chot/{p}/")),
        Page("a snapshot", above, at("/so-chot/{p}/{closed}/1/")),
        Page("plans", leader, at("/ke-hoach/")),
        Page("a plan", leader, at("/ke-hoach/{plan}/")),
        Page("a target", leader, _target),
        Page("notices", r, at("/tin-bao/")),
        Page("choices of notices", r, at("/tin-bao/lua-chon/")),
    ]


def _plan(one: District) -> str:
    return a_target(one.unit).plan.code


def _target(one: District) -> str:
    target = a_target(one.unit)
    return f"/ke-hoach/{target.plan.code}/chi-tieu/{target.code}/"


# -- measuring -----------------------------------------------------------------------------------


def measure(one: District, sizes: Iterable[int], wanted: Iterable[Page]) -> Costs:
    """Let the district grow from size to size and look at every page. Needs a database to spoil."""
    wanted = list(wanted)
    found: Costs = {page.name: {} for page in wanted}
    for size in sizes:
        one.grow(size)
        readers = {role: _signed_in(person) for role, person in one.people.items()}
        for page in wanted:
            found[page.name][size] = _cost(readers[page.reader], page, page.path(one))
    return found


def _signed_in(official: Official) -> Client:
    client = Client(HTTP_HOST="127.0.0.1")
    client.force_login(official, "django.contrib.auth.backends.ModelBackend")
    return client


def _cost(client: Client, page: Page, path: str) -> Cost:
    more = {"HX-Request": "true"} if page.htmx else {}
    for _turn in range(2):  # the first answer has a version only for who comes again
        _asked(client, path, more, 200)
    queries, answer = _asked(client, path, more, 200)
    html = answer.content
    reader = _Elements()
    reader.feed(html.decode())
    packed = len(gzip.compress(html, PACKED))
    return Cost(queries, len(html), packed, reader.count, _again(client, path, answer, more))


def _again(
    client: Client, path: str, answer: HttpResponse, more: dict[str, str]
) -> tuple[int, int] | None:
    tag = answer.headers.get("ETag")
    if tag is None:
        return None
    queries, unchanged = _asked(client, path, {**more, "If-None-Match": tag}, 304)
    head = sum(len(f"{name}: {value}\r\n") for name, value in unchanged.items())
    return queries, head + len(unchanged.content)


def _asked(
    client: Client, path: str, more: dict[str, str], wanted: int
) -> tuple[int, HttpResponse]:
    reset_queries()  # the log has an end, after which nothing would be counted
    with CaptureQueriesContext(connection) as queries:
        answer: Any = client.get(path, headers=more)
    if answer.status_code != wanted:
        raise RuntimeError(f"{path} answered {answer.status_code}, not {wanted}")
    return len(queries), answer


def growing(found: Costs) -> list[str]:
    """The pages whose queries, or those of their 304, rise with the communes.

    A single commune may cost less: what puts units beside each other is left out then.
    """
    return [name for name, costs in found.items() if _is_growing(costs)]


def _is_growing(costs: dict[int, Cost]) -> bool:
    several = {(row.queries, row.again and row.again[0]) for size, row in costs.items() if size > 1}
    return len(several) > 1 or any(
        row.queries > max(queries for queries, _again in several) for row in costs.values()
    )


# -- tables --------------------------------------------------------------------------------------


def tables(found: Costs) -> str:
    """Markdown: what each page costs, and what it costs who has it already."""
    sizes = list(next(iter(found.values())))
    heads = " / ".join(str(size) for size in sizes)
    lines = [
        f"With {heads} communes, each with the full form; kB of 1,000 bytes, packed as sent.",
        "",
        "| page | queries | kB | kB packed | elements |",
        "| --- | --- | --- | --- | --- |",
        *(_line(name, list(costs.values())) for name, costs in found.items()),
        "",
        "Answered 304 when nothing has changed:",
        "",
        f"| page | queries at {heads} | bytes, head and all |",
        "| --- | --- | --- |",
        *_again_lines(found),
    ]
    return "\n".join(lines)


def _line(name: str, costs: list[Cost]) -> str:
    counts = sorted({cost.queries for cost in costs})
    queries = str(counts[0]) if len(counts) == 1 else " / ".join(str(row.queries) for row in costs)
    cells = (
        " / ".join(f"{row.size / 1000:.0f}" for row in costs),
        " / ".join(f"{row.packed / 1000:.1f}" for row in costs),
        " / ".join(str(row.elements) for row in costs),
    )
    return f"| {name} | {queries} | {' | '.join(cells)} |"


def _again_lines(found: Costs) -> Iterator[str]:
    for name, costs in found.items():
        again = [cost.again for cost in costs.values() if cost.again is not None]
        if again:
            counts = " / ".join(str(row[0]) for row in again)
            yield f"| {name} | {counts} | {max(row[1] for row in again)} |"


def written(text: str, table: str) -> str:
    """The document with the tables between its marks; at its end where it has none."""
    block = f"{BEGIN}\n\n{table}\n\n{END}"
    if BEGIN not in text:
        return f"{text.rstrip()}\n\n{block}\n"
    head, _mark, rest = text.partition(BEGIN)
    return head + block + rest.partition(END)[2]


# -- running -------------------------------------------------------------------------------------


@contextmanager
def scratch() -> Iterator[None]:
    """On a new database, gone afterwards."""
    indicators.recording.soon = lambda: None  # added up when the district has grown
    name = connection.settings_dict["NAME"]
    connection.creation.create_test_db(verbosity=0, autoclobber=True)
    try:
        yield
    finally:
        connection.creation.destroy_test_db(name, verbosity=0)


def main() -> int:
    file = Path(sys.argv[1] if len(sys.argv) > 1 else "docs/review.md")
    with scratch():
        found = measure(district(), SIZES, pages())
    text = file.read_text(encoding="utf-8") if file.exists() else ""
    file.write_text(written(text, tables(found)), encoding="utf-8")
    print(tables(found))
    for name in growing(found):
        print(f"MORE QUERIES WITH MORE COMMUNES: {name}", file=sys.stderr)
    return 1 if growing(found) else 0


if __name__ == "__main__":
    sys.exit(main())
