from pathlib import Path
from typing import Any

from plans.imports import import_plans
from povertyplan.lib.commands import ImportCommand


class Command(ImportCommand):
    help = "Nhập văn bản, kế hoạch, văn bản liên quan và phân công từ tệp YAML như plans.yaml."

    def load(self, path: Path, options: dict[str, Any]) -> str:
        return str(import_plans(path))
