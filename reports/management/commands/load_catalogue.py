"""Load all that ships with the system: units, groups, catalogue, plans, annexes, registers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import transaction

from communes.imports import import_groups, import_successions, import_units
from indicators.imports import import_indicators, import_rules
from plans.imports import import_plans, import_targets
from povertyplan.lib.commands import refusal
from povertyplan.lib.errors import DomainError
from reports.imports import import_annexes, import_registers

SHIPPED: list[tuple[str, Callable[[Path], object]]] = [
    ("communes/data/units.csv", lambda path: import_units(path).counts),
    ("communes/data/successions.csv", import_successions),
    ("communes/data/groups.yaml", import_groups),
    ("indicators/data/indicators.yaml", import_indicators),
    ("indicators/data/rules.yaml", import_rules),
    ("plans/data/plans.yaml", import_plans),
    ("plans/data/targets.yaml", import_targets),
    ("reports/data/annexes.yaml", import_annexes),
    ("reports/data/registers.yaml", import_registers),
]
"""Files in the order in which one names what another defines."""

SAMPLE_GROUPS = ("communes/data/demo_groups.yaml", import_groups)


class Command(BaseCommand):
    help = (
        "Nạp danh mục kèm theo hệ thống (đơn vị, nhóm, chỉ số, quy tắc, kế hoạch, biểu, sổ) trong "
        "một giao dịch; chạy lại không đổi gì. Nhóm minh họa chỉ nạp khi DEMO_MODE=1."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        files = [*SHIPPED, SAMPLE_GROUPS] if settings.DEMO_MODE else SHIPPED
        try:
            with transaction.atomic():
                for name, load in files:
                    done = load(settings.BASE_DIR / name)
                    self.stdout.write(f"{name}: {done}")
        except DomainError as error:
            raise refusal(error) from error
