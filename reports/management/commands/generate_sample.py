"""Make sample data of any size up to the whole country."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Callable
from typing import Any

from django.core.management.base import BaseCommand

from indicators.enums import Stage
from indicators.periods import Period
from indicators.rollups import drain
from povertyplan.lib.commands import refusal
from povertyplan.lib.errors import DomainError
from reports.sample_country import PROVINCES, Asked, generate


class Command(BaseCommand):
    help = (
        "Tạo đơn vị mẫu và số liệu mẫu, từ một tỉnh đến cả nước (63 tỉnh, 705 huyện, 10.600 xã); "
        "mọi tên đơn vị có chữ “mẫu”, mọi số liệu được đánh dấu là minh họa, không ghi lịch sử. "
        "Chỉ chạy khi DEMO_MODE=1. Tỉnh mẫu đã có được giữ nguyên, nên có thể chạy tiếp một lần "
        "tạo bị dừng, hoặc thêm tỉnh bằng --provinces lớn hơn (cùng --years)."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        add = parser.add_argument
        add(
            "--provinces",
            type=whole(1, PROVINCES),
            required=True,
            metavar="N",
            help=f"Số tỉnh, từ 1 đến {PROVINCES} (cả nước).",
        )
        add(
            "--years",
            type=years,
            required=True,
            metavar="A-B",
            help="Các năm, ví dụ 2020-2024, hoặc một năm: 2024.",
        )
        add(
            "--inputs",
            type=whole(1),
            metavar="K",
            help="Chỉ K chỉ số đầu tiên trên biểu trong số giao cho xã; mặc định mọi chỉ số.",
        )
        add(
            "--stage",
            choices=Stage.values,
            default=Stage.OFFICIAL,
            help="Giai đoạn của số liệu: tạm tính hoặc chính thức (mặc định).",
        )
        add(
            "--missing",
            type=percent,
            default=3.0,
            metavar="PERCENT",
            help="Phần trăm ô bỏ trống, mặc định 3.",
        )
        add("--seed", type=whole(0), default=1, metavar="S", help="Cùng số này thì cùng số liệu.")
        add(
            "--no-rollups",
            action="store_true",
            help="Không tính số tổng hợp ngay; hàng đợi giữ việc đó lại.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        names = ("provinces", "years", "inputs", "missing", "seed")
        asked = Asked(**{name: options[name] for name in names}, stage=Stage(options["stage"]))
        try:
            made = generate(asked, tell=self.tell)
        except DomainError as error:
            raise refusal(error) from error
        self.tell(f"Đã tạo {made.units} đơn vị mẫu, {made.facts} số liệu mẫu.")
        if options["no_rollups"]:
            self.tell("Số tổng hợp chưa tính; chạy recompute_rollups hoặc để hàng đợi tính.")
            return
        self.tell("Đang tính số tổng hợp…")
        self.tell(f"Đã tính lại {drain()} đơn vị.")

    def tell(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()


def whole(low: int, high: int | None = None) -> Callable[[str], int]:
    """A parser of whole numbers between two limits."""

    def parse(text: str) -> int:
        limits = f"từ {low} đến {high}" if high else f"từ {low} trở lên"
        if not text.isascii() or not text.isdigit() or not low <= int(text) <= (high or int(text)):
            raise ArgumentTypeError(f"“{text}” không hợp lệ; cần số nguyên {limits}.")
        return int(text)

    return parse


def percent(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not 0 <= number < 100:
        raise ArgumentTypeError(f"“{text}” không hợp lệ; cần số từ 0 đến dưới 100.")
    return number


def years(text: str) -> range:
    """2020-2024 or 2024."""
    first, _dash, last = text.partition("-")
    try:
        begins, ends = (Period.parse(part) for part in (first, last or first))
    except ValueError as error:
        raise ArgumentTypeError(str(error)) from error
    if not (begins.is_year and ends.is_year) or begins > ends:
        raise ArgumentTypeError(
            f"“{text}” không phải các năm; ghi năm đầu-năm cuối, ví dụ 2020-2024, hoặc một năm."
        )
    return range(begins.year, ends.year + 1)
