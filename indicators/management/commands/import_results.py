from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from indicators.enums import Stage
from indicators.imports import import_results
from povertyplan.lib.commands import ImportCommand


class Command(ImportCommand):
    help = (
        "Nhập kết quả từ tệp CSV: unit_code,indicator_code,period,value (UTF-8, dấu chấm thập "
        "phân, na = không áp dụng). Mã đơn vị hiểu theo ngày cuối kỳ."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--stage",
            required=True,
            choices=Stage.values,
            help="provisional: số tạm tính; official: số chính thức (tính cả vào tạm tính).",
        )
        parser.add_argument(
            "--sample", action="store_true", help="Đánh dấu các số này là số liệu minh họa."
        )

    def load(self, path: Path, options: dict[str, Any]) -> str:
        done = import_results(
            path,
            stage=options["stage"],
            is_sample=True if options["sample"] else None,
            tell=self.tell,
        )
        return f"{done} số liệu"
