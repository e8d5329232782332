"""What an Office file says its parts are and lead to, whatever the parts are called.

Read as XML, so that neither quotes nor prefixes nor codes hide anything; no DTD is taken.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from xml.parsers import expat
from zipfile import ZipFile

from povertyplan.lib.archives import BrokenArchiveError

TYPES = "[Content_Types].xml"
MOST_CONTENTS = 1024 * 1024
"""Bytes of a table of contents, or of one part's relations."""
_ELSEWHERE = re.compile(r"\s*(?:[a-z][a-z0-9+.-]*:|//|\\)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Relation:
    """`source`: the .rels file; `kind`: the end of its type, in small letters."""

    source: str
    kind: str
    target: str
    is_outward: bool


def relations(archive: ZipFile) -> Iterator[Relation]:
    """Where the parts lead to. Raises BrokenArchiveError for what is no plain XML."""
    for name in archive.namelist():
        if name.lower().endswith(".rels"):
            for tag, told in _elements(_read(archive, name)):
                if tag == "Relationship":
                    yield _relation(name, told)


def outward(archive: ZipFile, allowed: Collection[str] = ()) -> bool:
    """Does anything lead out of the file, but by relations of the allowed kinds?"""
    return any(one.is_outward and one.kind not in allowed for one in relations(archive))


def content_types(archive: ZipFile) -> dict[str, str]:
    """By the part's name: what it is said to be, both in small letters. Raises as `relations`."""
    endings: dict[str, str] = {}
    parts: dict[str, str] = {}
    for tag, told in _elements(_read(archive, TYPES)):
        kind = told.get("ContentType", "").strip().lower()
        if tag == "Default":
            endings[told.get("Extension", "").strip().lower()] = kind
        elif tag == "Override":
            parts[told.get("PartName", "").strip().lower().lstrip("/")] = kind
    for name in archive.namelist():
        lower = name.lower()
        parts.setdefault(lower, endings.get(lower.rpartition(".")[2], ""))
    return parts


def element_names(content: bytes) -> set[str]:
    """Of all elements, without prefixes. Raises BrokenArchiveError for what is no plain XML."""
    found: set[str] = set()
    _parse(content, lambda name, _told: found.add(name.rpartition(":")[2]))
    return found


def is_plain_xml(content: bytes) -> bool:
    """Is it XML without a DTD?"""
    try:
        _parse(content, lambda _name, _told: None)
    except BrokenArchiveError:
        return False
    return True


def _relation(source: str, told: dict[str, str]) -> Relation:
    modes = [value for name, value in told.items() if name.lower() == "targetmode"]
    target = told.get("Target", "")
    return Relation(
        source,
        told.get("Type", "").strip().rpartition("/")[2].lower(),
        target,
        any(mode != "Internal" for mode in modes) or _ELSEWHERE.match(target) is not None,
    )


def _read(archive: ZipFile, name: str) -> bytes:
    with archive.open(name) as stream:
        content = stream.read(MOST_CONTENTS + 1)
    if len(content) > MOST_CONTENTS:
        raise BrokenArchiveError
    return content


def _elements(content: bytes) -> list[tuple[str, dict[str, str]]]:
    found: list[tuple[str, dict[str, str]]] = []
    _parse(content, lambda name, told: found.append((name.rpartition(":")[2], told)))
    return found


def _parse(content: bytes, start: Callable[[str, dict[str, str]], None]) -> None:
    parser = expat.ParserCreate()
    parser.StartElementHandler = start
    parser.StartDoctypeDeclHandler = _refuse
    try:
        parser.Parse(content, True)
    except (expat.ExpatError, ValueError, LookupError) as error:
        raise BrokenArchiveError from error


def _refuse(*_declared: object) -> None:
    raise BrokenArchiveError
