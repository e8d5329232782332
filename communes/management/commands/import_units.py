from pathlib import Path
from typing import Any

from communes.imports import import_units
from povertyplan.lib.commands import ImportCommand


class Command(ImportCommand):
    help = (
        "Nhập đơn vị hành chính từ tệp CSV: code,name,tier,parent_code,valid_from,valid_to "
        "(ngày dạng 2025-06-30, để trống là không giới hạn)."
    )

    def load(self, path: Path, options: dict[str, Any]) -> str:
        done = import_units(path, tell=self.tell)
        if done.tree_changed:
            self.tell("Cây đơn vị đã đổi; số tổng hợp được tính lại.")
        return f"{done.counts} đơn vị"
