"""Print what became of every promise, as a table or as CSV."""

from __future__ import annotations

import csv
from argparse import ArgumentParser
from collections import Counter
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from indicators.enums import Stage
from indicators.periods import Period
from plans.assessment import Assessment, assess
from plans.models import Plan, Target

COLUMNS = ("chỉ tiêu", "loại", "kết luận", "đơn vị có số", "giải thích")


class Command(BaseCommand):
    help = "In kết luận của từng chỉ tiêu và kết quả văn bản nêu, hoặc lý do chưa kết luận được."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--period", required=True, help="năm đánh giá, ví dụ 2024")
        parser.add_argument("--stage", choices=Stage.values, default=Stage.PROVISIONAL)
        parser.add_argument("--plan", default="", help="mã kế hoạch; bỏ trống: mọi kế hoạch")
        parser.add_argument("--csv", action="store_true", help="in dạng CSV")

    def handle(self, *args: Any, **options: Any) -> None:
        rows = assess(_targets(options["plan"]), _year(options["period"]), options["stage"])
        if options["csv"]:
            writer = csv.writer(self.stdout)
            writer.writerow(COLUMNS)
            writer.writerows(_cells(row) for row in rows)
            return
        self.stdout.write(f"| {' | '.join(COLUMNS)} |\n|{' --- |' * len(COLUMNS)}")
        for row in rows:
            self.stdout.write(f"| {' | '.join(_cells(row))} |")
        self.stdout.write("")
        self.stdout.write(_counts([row for row in rows if not row.is_statement], "Chỉ tiêu"))
        self.stdout.write(_counts([row for row in rows if row.is_statement], "Kết quả văn bản nêu"))


def _targets(plan: str) -> list[Target]:
    found = Target.objects.to_assess().order_by("plan__order", "order")
    if not plan:
        return list(found)
    if not Plan.objects.filter(code=plan).exists():
        known = ", ".join(Plan.objects.values_list("code", flat=True))
        raise CommandError(f"Không có kế hoạch “{plan}”; các mã: {known}.")
    return list(found.filter(plan__code=plan))


def _year(code: str) -> Period:
    try:
        period = Period.parse(code)
    except ValueError as error:
        raise CommandError(str(error)) from error
    if not period.is_year:
        raise CommandError("Chỉ tiêu được đánh giá theo năm; ghi dạng 2024.")
    return period


def _cells(row: Assessment) -> list[str]:
    sample = " (minh họa)" if row.has_sample else ""
    return [
        row.target.code,
        str(row.target.kind),
        row.verdict.value + sample,
        f"{row.reported}/{row.expected}",
        row.explanation,
    ]


def _counts(rows: list[Assessment], name: str) -> str:
    counts = Counter(row.verdict.value for row in rows)
    said = ", ".join(f"{verdict} {number}" for verdict, number in counts.most_common())
    return f"{name}: {len(rows)} ({said})"
