"""Registers: books of things that units count one by one, and who writes in them.

Each function that writes is one transaction, keeps the history in it, and changes nothing when
it refuses (DomainError). An entry is changed only as it was last seen; what is taken out stays.
"""

from reports.registering.reading import Block, Line, Told, places_of, read_block, read_entry
from reports.registering.writing import (
    NOTE_LENGTH,
    add_block,
    add_entry,
    change_entry,
    end_entry,
    open_book,
    registers_for,
    remove_entry,
    restore_entry,
)

__all__ = [
    "NOTE_LENGTH",
    "Block",
    "Line",
    "Told",
    "add_block",
    "add_entry",
    "change_entry",
    "end_entry",
    "open_book",
    "places_of",
    "read_block",
    "read_entry",
    "registers_for",
    "remove_entry",
    "restore_entry",
]
