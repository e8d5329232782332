"""Vietnamese where it must be, whatever language the reader's pages are in."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

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
