"""Reading for the pages of notices."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.core.paginator import Page, Paginator

from communes.models import Official
from reports.enums import MailRhythm, NoticeKind
from reports.models import Notice
from reports.noticing.choices import RULES, kinds_for, ways_of
from reports.noticing.inbox import inbox
from reports.noticing.letters import is_mail_on
from reports.noticing.words import LOOKS, said

ON_A_PAGE = 30


@dataclass(frozen=True, slots=True)
class Line:
    """One notice as it is shown. `path` is empty where nothing is left to open."""

    pk: int
    kind: str
    icon: str
    css: str
    text: str
    note: str
    path: str
    at: datetime
    is_unread: bool


@dataclass(frozen=True, slots=True)
class Inbox:
    """A page of somebody's notices, with how many of them are unread in all."""

    lines: tuple[Line, ...]
    page: Page[Notice]
    unread: int
    total: int
    only_unread: bool


@dataclass(frozen=True, slots=True)
class Choice:
    """One kind with how it reaches the reader; `is_kept`: the app shows it whatever is chosen."""

    kind: str
    label: str
    in_app: bool
    mail: str
    is_kept: bool


@dataclass(frozen=True, slots=True)
class Choices:
    rows: tuple[Choice, ...]
    rhythms: list[tuple[str, str]]
    address: str
    is_mail_on: bool


def inbox_page(official: Official, *, only_unread: bool, number: str) -> Inbox:
    """Four queries, whatever is shown. A page that is not there is the last."""
    found = inbox(official)
    unread = found.filter(read_at=None)
    shown = (unread if only_unread else found).select_related("unit")
    page = Paginator(shown, ON_A_PAGE).get_page(number)
    return Inbox(
        lines=tuple(_line(notice) for notice in page),
        page=page,
        unread=unread.count(),
        total=found.count(),
        only_unread=only_unread,
    )


def _line(notice: Notice) -> Line:
    words, (icon, css) = said(notice), LOOKS[notice.kind]
    return Line(
        pk=notice.pk,
        kind=str(NoticeKind(notice.kind).label),
        icon=icon,
        css=css,
        text=words.text,
        note=words.note,
        path=words.path,
        at=notice.at,
        is_unread=notice.read_at is None,
    )


def choices_page(official: Official) -> Choices:
    """Two queries."""
    kinds = kinds_for(official)
    ways = ways_of([official.pk], kinds)[official.pk]
    rows = (
        Choice(
            kind,
            str(NoticeKind(kind).label),
            ways[kind].in_app,
            ways[kind].mail,
            RULES[kind].is_kept,
        )
        for kind in kinds
    )
    rhythms = [(str(value), str(label)) for value, label in MailRhythm.choices]
    return Choices(tuple(rows), rhythms, official.email, is_mail_on())
