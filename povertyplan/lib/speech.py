"""Vietnamese where it must be, whatever language the reader's pages are in."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from povertyplan.lib.bilingual import is_read_in_english
from povertyplan.lib.errors import DomainError, Problem

P = ParamSpec("P")
R = TypeVar("R")


def officially(function: Callable[P, R]) -> Callable[P, R]:
    """Run a function with Vietnamese words: what is signed, handed on or kept on record.

    Forms, receipts and the history of a figure are papers of the state, and are the same for
    everybody. (Django's own decorator shares one state among threads.)
    """

    @wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        with translation.override(settings.LANGUAGE_CODE):
            return function(*args, **kwargs)

    return run


MOST_WORDS = 2000
"""Letters in what somebody writes about a figure or a return."""


def said(text: str, where: str, most: int = MOST_WORDS) -> str:
    """What somebody wrote: without control characters but ends of lines, which no database keeps.

    Raises DomainError when it is longer than `most` letters; `where` names the box.
    """
    clean = "".join(letter for letter in text if letter.isprintable() or letter in "\n\t").strip()
    if len(clean) > most:
        words = _("Dài {length} chữ, không được quá {most}. Rút gọn lại.")
        raise DomainError(Problem(words.format(length=len(clean), most=most), where=where))
    return clean


def recorded(words: str, **values: object) -> str:
    """Why something was done, as its history keeps it: in Vietnamese, whoever does it."""
    return words.format(**values)


def retold(kept: str) -> str:
    """A reason kept in a history as the reader reads it: the system's own translated.

    What somebody typed, and what the system does not say any more, stays as it is.
    """
    if not is_read_in_english():
        return kept
    found = _WITH_NUMBER.fullmatch(kept)
    if found is None:
        return _(kept) if kept in OWN_REASONS else kept
    words = f"{found['words']}{{round}}"
    return _(words).format(round=found["round"]) if words in OWN_REASONS else kept


_WITH_NUMBER = re.compile(r"(?P<words>.*\D)(?P<round>\d+)", re.ASCII)

OWN_REASONS = frozenset(
    {
        gettext_noop("Bỏ khỏi sổ"),
        gettext_noop("Dán từ Excel"),
        gettext_noop("Duyệt chính thức"),
        gettext_noop("Đưa lại vào sổ"),
        gettext_noop("Nạp số liệu minh họa"),
        gettext_noop("Nhập nháp"),
        gettext_noop("Nhập từ tệp kết quả"),
        gettext_noop("Nộp lần {round}"),
        gettext_noop("Sửa"),
        gettext_noop("Sửa sau khi bị trả lại lần {round}"),
        gettext_noop("Sửa sau khi mở lại"),
        gettext_noop("Thôi tính"),
        gettext_noop("Tính lại"),
        gettext_noop("Trả lại lần {round}"),
    }
)
"""What `recorded` is told all over the system."""
