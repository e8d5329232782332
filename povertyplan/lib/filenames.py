"""Names of files that people send: still readable, and harmless wherever they are saved."""

from __future__ import annotations

import re
import unicodedata

MOST_CHARACTERS = 100
MOST_BYTES = 200
"""A file system takes 255; what a browser adds to a second copy needs some of them."""

_FORBIDDEN = re.compile(r'[<>:"|?*]')  # by Windows
_DEVICES = {
    "con",
    "prn",
    "aux",
    "nul",
    *(f"{port}{n}" for port in ("com", "lpt") for n in range(10)),
}
_OURS = re.compile(r"\.(?:pdf|jpe?g|jpe|jfif|png|webp|hei[cf]|xls[xm]?|doc[xm]?)$", re.IGNORECASE)


def harmless_name(told: str, extension: str, instead: str = "minh-chung") -> str:
    """The name under which a file is shown and sent: `told` without path, tricks and its ending.

    `extension` (pdf, jpg…) is what the bytes are; `instead` names a file that nothing is left of.
    """
    stem = readable(told)
    while _OURS.search(stem):
        stem = _OURS.sub("", stem).strip(" .")
    stem = _shortened(stem) or instead
    if stem.split(".")[0].strip().lower() in _DEVICES:
        stem = f"_{stem}"
    return f"{stem}.{extension}"


def readable(told: str) -> str:
    """A name as it may stand in a sentence: its last part, one line, no hidden marks; may be empty.

    Marks that turn the direction of writing would show a program as a document.
    """
    last = re.split(r"[/\\]", told)[-1]
    return _FORBIDDEN.sub("-", one_line(last)).strip(" .")


def one_line(told: str) -> str:
    """Text on one line, without control characters and hidden marks, letters in one form (NFC)."""
    text = unicodedata.normalize("NFC", told)
    return " ".join("".join(_kept(character) for character in text).split())


def _kept(character: str) -> str:
    kind = unicodedata.category(character)
    if kind == "Cc" and character.isspace():
        return " "
    if kind.startswith("C"):
        return ""
    return " " if kind.startswith("Z") else character


def _shortened(stem: str) -> str:
    stem = stem[:MOST_CHARACTERS]
    while len(stem.encode()) > MOST_BYTES:
        stem = stem[:-1]
    return stem.strip(" .")
