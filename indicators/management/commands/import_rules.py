from pathlib import Path
from typing import Any

from indicators.imports import import_rules
from povertyplan.lib.commands import ImportCommand


class Command(ImportCommand):
    help = "Nhập quy tắc kiểm tra số liệu từ tệp YAML như rules.yaml."

    def load(self, path: Path, options: dict[str, Any]) -> str:
        return f"{import_rules(path)} quy tắc"
