"""The words of pages and messages, and their English: collected, packed, looked through for gaps.

    python -m tooling.messages update    # after words have changed
    python -m tooling.messages pack      # done by set-up
    python -m tooling.messages gaps      # what has no translation yet

Vietnamese is the source language: a message is its own key. Babel reads the Python; Django turns
its templates into such. What the shipped data say and have no English column for (units of measure,
kinds of documents…) stands under a context of its own, `DATA` of `povertyplan.lib.bilingual`.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import yaml
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("povertyplan", "communes", "indicators", "plans", "reports")
LANGUAGE = "en"
FOLDER = ROOT / "locale" / LANGUAGE / "LC_MESSAGES"
CATALOGUE = FOLDER / "django.po"
PACKED = FOLDER / "django.mo"

KEYWORDS: dict[str, tuple[int | tuple[int, str], ...] | None] = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}

DATA = "data"
ALIKE = {"%", "ha", "km"}
"""Written alike in both languages."""
SHIPPED: dict[str, tuple[str, ...]] = {
    "communes/data/groups.yaml": ("groups.name_vi",),
    "indicators/data/indicators.yaml": (
        "unit_groups.name_vi",
        "series_breaks.note_vi",
        "indicators.unit",
        "indicators.count_unit",
    ),
    "indicators/data/rules.yaml": ("rules.name_vi", "rules.message_vi"),
    "plans/data/plans.yaml": (
        "documents.kind",
        "documents.issuer",
        "documents.issuer_vi",
        "responsibilities.agency",
    ),
    "plans/data/targets.yaml": (
        "scopes.label_vi",
        "figures.unit",
        "figures.caveat_vi",
        "figures.blocker_vi",
    ),
    "reports/data/annexes.yaml": (
        "annexes.title_vi",
        "annexes.confidence_vi",
        "annexes.other_reading_vi",
    ),
    "reports/data/registers.yaml": (
        "registers.name_vi",
        "registers.entry_vi",
        "registers.note_vi",
    ),
}
"""Texts of each data file that are shown and have no English beside them: list.key."""

ONE = "one"
MEASURES = {"indicators.unit", "indicators.count_unit", "figures.unit"}
"""Units of measure: said of exactly one too, in a context of their own (`ONE` of `bilingual`)."""

Found = tuple[str | tuple[str, ...], str | None, str]
"""(message or its forms, context, where: path without line, so that moving code changes nothing)"""


def collected() -> Catalog:
    """Every message of Python and templates, in the order of the files."""
    catalogue = Catalog(locale=LANGUAGE, domain="django", fuzzy=False)
    for message, context, where in _found():
        catalogue.add(message, locations=[(where, 0)], context=context)
    return catalogue


def _found() -> Iterator[Found]:
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*.py")):
            if "migrations" not in path.parts:
                yield from _in_source(path.read_bytes(), path)
    for path in sorted((ROOT / "templates").rglob("*.*")):
        if path.suffix in {".html", ".txt"}:
            source = templatize(path.read_text(encoding="utf-8"), origin=str(path))
            # Indented as the page was, which is no Python.
            level = "\n".join(line.strip() for line in source.splitlines())
            yield from _in_source(level.encode(), path)

    yield from _in_data()


def _in_data() -> Iterator[Found]:
    for name, keys in SHIPPED.items():
        told = yaml.safe_load((ROOT / name).read_text(encoding="utf-8"))
        for rows, key in (place.split(".") for place in keys):
            for row in told[rows]:
                if row.get(key) and row[key] not in ALIKE:
                    yield row[key], DATA, name
                    if f"{rows}.{key}" in MEASURES:
                        yield row[key], ONE, name


def _in_source(source: bytes, path: Path) -> Iterator[Found]:
    where = path.relative_to(ROOT).as_posix()
    for _line, message, _comments, context in extract(
        "python", BytesIO(source), keywords=KEYWORDS, options={"encoding": "utf-8"}
    ):
        yield message, context, where


def kept() -> Catalog:
    """What has been translated so far."""
    if not CATALOGUE.exists():
        return Catalog(locale=LANGUAGE, domain="django", fuzzy=False)
    with CATALOGUE.open("rb") as file:
        return read_po(file, locale=LANGUAGE, domain="django")


def update() -> None:
    """Bring the catalogue to the words of the code; a message that is gone goes with it."""
    catalogue = kept()
    catalogue.update(collected(), no_fuzzy_matching=True)
    write(catalogue)


def write(catalogue: Catalog) -> None:
    """Keep the catalogue: no day, no place and no leftover in it, so that it changes with words."""
    catalogue.obsolete.clear()
    catalogue.fuzzy = False
    catalogue.project, catalogue.version = "povertyplan", "1"
    catalogue.header_comment = "# English of the pages. Vietnamese is the source language."
    catalogue.msgid_bugs_address = catalogue.last_translator = ""
    catalogue.creation_date = catalogue.revision_date = datetime(2026, 1, 1, tzinfo=UTC)
    FOLDER.mkdir(parents=True, exist_ok=True)
    with CATALOGUE.open("wb") as file:
        write_po(file, catalogue, width=100, no_location=True)


def pack() -> None:
    """Write what Django reads."""
    with PACKED.open("wb") as file:
        write_mo(file, kept())


def gaps() -> list[Message]:
    """Messages of the code that have no English, or not in every form."""
    known = kept()
    return [row for row in collected() if row.id and not _is_whole(known.get(row.id, row.context))]


def _is_whole(message: Message | None) -> bool:
    if message is None or message.fuzzy:
        return False
    told = message.string if isinstance(message.string, tuple | list) else [message.string]
    return bool(told) and all(told)


def main(what: str) -> int:
    if what == "update":
        update()
    elif what == "pack":
        pack()
    missing = gaps() if what in {"update", "gaps"} else []
    for row in missing if what == "gaps" else []:
        sys.stdout.write(f"{row.id}\n")
    if missing:
        sys.stdout.write(f"{len(missing)} câu chưa có tiếng Anh.\n")
    return 1 if missing and what == "gaps" else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else ""))
