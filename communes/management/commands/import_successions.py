from pathlib import Path
from typing import Any

from communes.imports import import_successions
from povertyplan.lib.commands import ImportCommand


class Command(ImportCommand):
    help = (
        "Nhập việc sáp nhập, chia tách đơn vị từ tệp CSV: "
        "predecessor_code,successor_code,date,share (share từ 0 đến 1)."
    )

    def load(self, path: Path, options: dict[str, Any]) -> str:
        return f"{import_successions(path)} dòng sáp nhập, chia tách"
