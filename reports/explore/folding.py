"""Words without accents and case, for looking names up as they are typed in a hurry."""

from __future__ import annotations

import unicodedata
from functools import lru_cache


@lru_cache(maxsize=20_000)
def folded(text: str) -> str:
    """“Hộ thoát nghèo” → “ho thoat ngheo”; đ is d."""
    parts = unicodedata.normalize("NFD", text.lower().replace("đ", "d"))
    return " ".join("".join(part for part in parts if not unicodedata.combining(part)).split())
