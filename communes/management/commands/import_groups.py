from pathlib import Path
from typing import Any

from communes.imports import import_groups
from povertyplan.lib.commands import ImportCommand


class Command(ImportCommand):
    help = "Nhập nhóm đơn vị và thành viên từ tệp YAML; thành viên do quản trị bổ sung được giữ."

    def load(self, path: Path, options: dict[str, Any]) -> str:
        return f"{import_groups(path)} nhóm và thành viên"
