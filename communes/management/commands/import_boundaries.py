from argparse import ArgumentParser, ArgumentTypeError
from datetime import date
from pathlib import Path
from typing import Any

from communes.imports.boundaries import import_boundaries
from povertyplan.lib.commands import ImportCommand


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ArgumentTypeError(f"“{text}” không phải ngày dạng 2025-07-01") from error


class Command(ImportCommand):
    help = (
        "Nhập ranh giới đơn vị từ GeoJSON (WGS 84): mỗi đối tượng mang mã TCTK ở “code”; "
        "đơn vị được tìm theo mã và ngày. Đường được giản lược cho màn hình."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--date",
            type=_day,
            help="ranh giới của ngày nào; bỏ trống: lấy “valid_from”, “valid_to” trong tệp",
        )
        parser.add_argument("--source", default="", help="nguồn ranh giới, ghi dưới mỗi bản đồ")

    def load(self, path: Path, options: dict[str, Any]) -> str:
        done = import_boundaries(path, on=options["date"], source=options["source"])
        if not done.fits:
            self.tell(
                "Chú ý: ranh giới các đơn vị liền nhau hở hoặc chồng lên nhau; vẫn nhập, mỗi đơn "
                "vị vẽ riêng."
            )
        return f"{done.counts} ranh giới, {done.points} điểm"
