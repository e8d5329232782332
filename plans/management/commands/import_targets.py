from pathlib import Path
from typing import Any

from plans.imports import import_targets
from povertyplan.lib.commands import ImportCommand


class Command(ImportCommand):
    help = "Nhập chỉ tiêu và kết quả mà các văn bản nêu từ tệp YAML như targets.yaml."

    def load(self, path: Path, options: dict[str, Any]) -> str:
        return f"{import_targets(path)} chỉ tiêu"
