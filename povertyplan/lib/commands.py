"""What the import commands share: one file in, counts or every fault out."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from povertyplan.lib.errors import DomainError

SHOWN = 50
"""Faults printed; a file with more is wrong in one way many times over."""

Tell = Callable[[str], None]
"""Takes a line about the progress of a long import."""


def silent(_line: str) -> None:
    """Tell nobody."""


def refusal(
    error: DomainError, wrote_nothing: str = "Không ghi gì vào cơ sở dữ liệu."
) -> CommandError:
    """The faults, one a line, as the error that ends a command with a code other than 0."""
    lines = [str(problem) for problem in error.problems[:SHOWN]]
    hidden = len(error.problems) - len(lines)
    if hidden:
        lines.append(f"… và {hidden} lỗi nữa.")
    lines.append(f"Có {len(error.problems)} lỗi. {wrote_nothing}")
    return CommandError("\n".join(lines))


class ImportCommand(BaseCommand):
    """`manage.py import_… FILE`: reads and checks everything, then writes all or nothing."""

    file_help = "Đường dẫn tới tệp."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", metavar="FILE", type=Path, help=self.file_help)

    def load(self, path: Path, options: dict[str, Any]) -> str:
        """Import the file and return the counts in words. Raises DomainError."""
        raise NotImplementedError

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            summary = self.load(options["file"], options)
        except DomainError as error:
            raise refusal(error) from error
        self.stdout.write(f"{options['file'].name}: {summary}")

    def tell(self, line: str) -> None:
        """Show progress of a long import."""
        self.stdout.write(line)
        self.stdout.flush()
