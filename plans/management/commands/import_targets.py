from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from plans.consistency import Inconsistency, inconsistencies_in
from plans.imports import import_targets
from plans.imports.targets import FigureRow
from plans.models import Plan
from povertyplan.lib.commands import ImportCommand
from povertyplan.lib.errors import DomainError, Problem
from povertyplan.lib.reading import read_yaml


class Command(ImportCommand):
    help = (
        "Nhập chỉ tiêu và kết quả mà các văn bản nêu từ tệp YAML như targets.yaml. Chỗ nào trong "
        "văn bản không khớp thì báo sau khi nhập; văn bản giữ nguyên như đã ký."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--strict",
            action="store_true",
            help="Không nhập gì nếu có chỗ không khớp.",
        )

    def load(self, path: Path, options: dict[str, Any]) -> str:
        with transaction.atomic():
            summary = f"{import_targets(path)} chỉ tiêu"
            found = _concerning(path)
            if found and options["strict"]:
                raise DomainError(_problem(row) for row in found)
        return "\n".join([summary, *_notices(found)])


def _concerning(path: Path) -> list[Inconsistency]:
    """What does not fit, of the figures in the file: they may clash with figures already there."""
    rows = [row.data for row in read_yaml(path).rows("figures", FigureRow)]
    codes = {row.id for row in rows}
    plans = Plan.objects.filter(code__in={row.document for row in rows}).order_by("order")
    return [found for found in inconsistencies_in(plans) if codes & set(found.targets)]


def _problem(found: Inconsistency) -> Problem:
    return Problem(found.message, where=", ".join(found.targets), code="inconsistent")


def _notices(found: list[Inconsistency]) -> list[str]:
    if not found:
        return []
    heading = _("Có {count} chỗ không khớp; vẫn nhập như văn bản ghi:").format(count=len(found))
    return [heading, *(f"- {_problem(row)}" for row in found)]
