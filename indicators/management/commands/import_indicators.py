from pathlib import Path
from typing import Any

from indicators.imports import import_indicators
from povertyplan.lib.commands import ImportCommand


class Command(ImportCommand):
    help = "Nhập danh mục chỉ số (lĩnh vực, chỉ số, tên khác…) từ tệp YAML như indicators.yaml."

    def load(self, path: Path, options: dict[str, Any]) -> str:
        done = import_indicators(path)
        if done.indicators.changed:
            self.tell("Định nghĩa chỉ số đã đổi; chạy recompute_rollups để tính lại số tổng hợp.")
        return str(done)
