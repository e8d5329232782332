from pathlib import Path
from typing import Any

from povertyplan.lib.commands import ImportCommand
from reports.imports import import_annexes


class Command(ImportCommand):
    help = "Nhập bố cục các biểu từ tệp YAML như annexes.yaml."

    def load(self, path: Path, options: dict[str, Any]) -> str:
        return f"{import_annexes(path)} biểu"
