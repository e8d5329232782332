"""Asking the page of figures in tests, and reading its table back."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.http import QueryDict
from django.test import Client

from communes.models import Official, Unit
from indicators.enums import Stage
from indicators.models import Indicator
from indicators.periods import Period
from indicators.rollups import drain
from reports.explore.ground import ground, unit_of
from reports.explore.pages import ExplorePage, explore_page
from reports.explore.pivot import Pivot
from reports.explore.question import read
from reports.explore.reading import Figures
from tests import builders

HOME = "/tra-cuu/"


def told(
    unit: Unit,
    values: Mapping[Indicator, str | None],
    period: Period,
    stage: str = Stage.PROVISIONAL,
    **more: bool,
) -> None:
    """Let a unit have reported, and have it added up."""
    builders.told(unit, values, period, stage, **more)
    drain()


def asked(query: str, by: Official) -> ExplorePage:
    question, problems = read(QueryDict(query))
    return explore_page(question, problems, by)


def laid_out(query: str, by: Official) -> Pivot:
    """The pivot of a question, before it is written out."""
    question, _problems = read(QueryDict(query))
    found = ground(question, unit_of(question, by), by)
    return Pivot(found, Figures(found))


@dataclass(frozen=True)
class Shown:
    """The table as it is read on the screen: heads, and rows by their heading."""

    heads: list[str]
    rows: dict[str, list[str]]


def table(query: str, by: Official) -> Shown:
    page = asked(query, by)
    assert page.table is not None
    return Shown([row.name for row in page.table.heads], rows(page.table.rows))


def rows(written: Sequence[str]) -> dict[str, list[str]]:
    found = {}
    for row in written:
        heading, *cells = re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row)
        found[words(heading)] = [words(cell) for cell in cells]
    return found


def words(text: str) -> str:
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", text))).strip()


def opened(client: Client, query: str = "") -> str:
    answer = client.get(f"{HOME}?{query}" if query else HOME)
    assert answer.status_code == 200, answer.status_code
    return words(answer.content.decode())
