"""Words that come with the data, shown in the reader's language and kept in Vietnamese.

A column declared `Words` or `LongWords` reads in English, for who reads in English, as its
sibling `<column>_en` where the row has one, else as the catalogue of messages has it (context
`DATA`, else none), else as it is. Whatever was read is written back, compared in a query and kept
in a history as the Vietnamese it stands for, so an English page can save a row without turning its
names into English.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models.query_utils import DeferredAttribute
from django.utils.translation import get_language, gettext, pgettext

DATA = "data"
"""Context of messages that stand in data files. `tooling.messages` collects them from there."""

ONE = "one"
"""Context of units of measure as said of exactly one: room, where the data word is rooms."""

_IS_ONE = re.compile(r"(?:^|[\s+−/-])1\Z")
"""How a number ends that is exactly one: 1, ≥ 1, −1, 0/1; not 21, 0–1 or 1.0."""


class Shown(str):
    """The English of a text kept in Vietnamese (`kept`)."""

    kept: str

    def __new__(cls, english: str, kept: str) -> Shown:
        shown = super().__new__(cls, english)
        shown.kept = kept
        return shown

    def __getnewargs__(self) -> tuple[str, str]:  # type: ignore[override]  # a copy keeps both
        return str(self), self.kept


def as_kept(value: Any) -> Any:
    """What is stored for a value read from a row: the Vietnamese; anything else as it is."""
    return value.kept if isinstance(value, Shown) else value


def is_read_in_english() -> bool:
    return (get_language() or "").startswith("en")


def in_words(kept: str, english: str = "") -> str:
    """A text of the data as the reader reads it. `english`: the row's own, "" where it has none."""
    if not kept or not is_read_in_english():
        return kept
    found = english or pgettext(DATA, kept)
    if found == kept:
        found = gettext(kept)
    return kept if found == kept else Shown(found, kept)


def unit_after(number: str, unit: str) -> str:
    """The unit of measure as it stands behind a number in figures: 1 room, 2 rooms."""
    if not isinstance(unit, Shown) or not _IS_ONE.search(number):
        return unit
    one = pgettext(ONE, unit.kept)
    return unit if one == unit.kept else Shown(one, unit.kept)


class _InReadersLanguage(DeferredAttribute):
    def __get__(self, row: Any, cls: Any = None) -> Any:
        kept = super().__get__(row, cls)
        if row is None or not isinstance(kept, str):
            return kept
        # From what is loaded already: a sibling left out of the query is not asked for.
        return in_words(kept, row.__dict__.get(f"{self.field.attname}_en") or "")

    def __set__(self, row: Any, value: Any) -> None:
        row.__dict__[self.field.attname] = as_kept(value)


if TYPE_CHECKING:
    Column = models.Field[str, str]
    Line = models.CharField[str, str]
    Paragraph = models.TextField[str, str]
else:
    Column, Line, Paragraph = models.Field, models.CharField, models.TextField


class _Bilingual(Column):
    """To the database, its migrations and histories a plain column of Vietnamese text."""

    descriptor_class = _InReadersLanguage

    def deconstruct(self) -> Any:
        name, _path, args, kwargs = super().deconstruct()
        return name, f"django.db.models.{self.get_internal_type()}", args, kwargs

    def to_python(self, value: Any) -> Any:
        return super().to_python(as_kept(value))

    def get_prep_value(self, value: Any) -> Any:
        return super().get_prep_value(as_kept(value))

    def value_from_object(self, obj: models.Model) -> Any:
        """For forms and for what is written to a file: as it is stored."""
        return as_kept(super().value_from_object(obj))


class Words(_Bilingual, Line):
    """A name or label."""


class LongWords(_Bilingual, Paragraph):
    """A sentence or more."""
