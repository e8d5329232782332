"""Opening a zip that somebody sent. Whatever is wrong with it is one error."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from zipfile import BadZipFile, ZipFile

MOST_DIRECTORY = 512 * 1024
"""Bytes of an archive's directory; of 3 000 parts with long names it has 450 000."""
DIRECTORY_END = b"PK\x05\x06"

# What zipfile raises of a damaged, locked or unknown archive, each for another defect.
_DEFECTS = (
    BadZipFile,
    EOFError,
    NotImplementedError,
    OSError,
    RuntimeError,
    ValueError,
    zlib.error,
)


class BrokenArchiveError(Exception):
    """No zip, a damaged one, or one packed in a way that is not known here."""


class HugeArchiveError(Exception):
    """Its directory alone would fill the memory, or it is of the kind beyond 4 GB."""


@contextmanager
def opened(content: bytes) -> Iterator[ZipFile]:
    """The archive, while it is read. Raises BrokenArchiveError, also of what is read inside."""
    _need_small_directory(content)
    try:
        with ZipFile(BytesIO(content)) as archive:
            yield archive
    except _DEFECTS as error:
        raise BrokenArchiveError from error


def _need_small_directory(content: bytes) -> None:
    """Before zipfile makes an object of each line: 10 MB would hold 200 000 of them.

    The records for archives beyond 4 GB, which would tell another size, have no business here.
    """
    record = content[content.rfind(DIRECTORY_END) :]
    is_larger = content[-len(record) - 20 : -len(record)].startswith(b"PK\x06\x07")
    if is_larger or int.from_bytes(record[12:16], "little") > MOST_DIRECTORY:
        raise HugeArchiveError
