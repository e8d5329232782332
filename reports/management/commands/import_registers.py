from pathlib import Path
from typing import Any

from povertyplan.lib.commands import ImportCommand
from reports.imports import import_registers


class Command(ImportCommand):
    help = "Nhập các loại sổ theo dõi từ tệp YAML như registers.yaml."

    def load(self, path: Path, options: dict[str, Any]) -> str:
        return f"{import_registers(path)} loại sổ"
