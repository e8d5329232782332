from pathlib import Path
from typing import Any

from povertyplan.lib.commands import ImportCommand
from povertyplan.lib.errors import DomainError
from reports.annexes.spec import read_spec
from reports.enums import AnnexStatus
from reports.imports import import_annexes
from reports.models import Annex


class Command(ImportCommand):
    help = (
        "Nhập bố cục các biểu từ tệp YAML như annexes.yaml. Biểu nhập được mà chưa lập được thì "
        "nêu lý do, như ở danh mục biểu."
    )

    def load(self, path: Path, options: dict[str, Any]) -> str:
        done = import_annexes(path)
        for annex in Annex.objects.filter(status=AnnexStatus.USABLE):
            try:
                read_spec(annex.definition)
            except DomainError as error:
                self.stderr.write(f"Biểu {annex.code}: {error}")
        return f"{done} biểu"
