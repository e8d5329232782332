from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from communes.models import Unit
from indicators.periods import Period
from indicators.rollups import drain, recompute_all


class Command(BaseCommand):
    help = "Tính lại số tổng hợp từ kết quả đã ghi, cho mọi đơn vị và mọi kỳ hoặc một phần."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--unit",
            metavar="CODE",
            help="Chỉ đơn vị này và cấp dưới: mã vào ngày cuối kỳ (hôm nay), hay CODE@2024-12-31.",
        )
        parser.add_argument("--period", metavar="P", help="Chỉ kỳ này: 2024, 2024H1, 2024Q3.")
        parser.add_argument(
            "--waiting", action="store_true", help="Chỉ những gì đang chờ tính lại (sau nâng cấp)."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["waiting"]:
            self.stdout.write(f"Đã tính lại {drain()} lượt đơn vị và kỳ.")
            return
        period = self._period(options["period"])
        unit = self._unit(options["unit"], period)
        count = recompute_all(unit=unit, period=period)
        self.stdout.write(f"Đã tính lại {count} lượt đơn vị và kỳ.")

    def _period(self, code: str | None) -> Period | None:
        try:
            return Period.parse(code) if code else None
        except ValueError as error:
            raise CommandError(str(error)) from error

    def _unit(self, reference: str | None, period: Period | None) -> Unit | None:
        if not reference:
            return None
        unit = Unit.objects.named(reference, on=period.end if period else None)
        if unit is None and period is None:  # of every period, so an abolished unit has some too
            unit = Unit.objects.filter(code=reference).order_by("-valid_to").first()
        if unit is None:
            raise CommandError(
                f"Không có đơn vị “{reference}” vào ngày đó; kiểm tra mã hoặc ghi CODE@2024-12-31."
            )
        return unit
