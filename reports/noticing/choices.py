"""What people want to hear of, and how. The defaults of each kind are the table below."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext as _

from communes.access import current_posts
from communes.enums import Role
from communes.models import Official
from povertyplan.lib.errors import DomainError, Problem
from reports.enums import MailRhythm, NoticeKind
from reports.models import NoticeChoice


@dataclass(frozen=True, slots=True)
class Way:
    """How one kind of notice reaches somebody."""

    in_app: bool
    mail: str


@dataclass(frozen=True, slots=True)
class Rule:
    """A kind's default, who can get it, and whether the app always shows it."""

    mail: str
    roles: frozenset[str]
    is_kept: bool = False

    @property
    def way(self) -> Way:
        return Way(in_app=True, mail=self.mail)


_OFFICERS = frozenset({Role.OFFICER})
_REVIEWERS = frozenset({Role.REVIEWER})
_BOTH = _OFFICERS | _REVIEWERS

RULES: Mapping[str, Rule] = {
    NoticeKind.OPENED: Rule(MailRhythm.DAILY, _OFFICERS),
    NoticeKind.DUE_SOON: Rule(MailRhythm.DAILY, _OFFICERS),
    NoticeKind.OVERDUE: Rule(MailRhythm.DAILY, _BOTH, is_kept=True),
    NoticeKind.REMINDED: Rule(MailRhythm.NOW, _OFFICERS, is_kept=True),
    NoticeKind.SUBMITTED: Rule(MailRhythm.DAILY, _REVIEWERS),
    NoticeKind.RETURNED: Rule(MailRhythm.NOW, _OFFICERS, is_kept=True),
    NoticeKind.ENDORSED: Rule(MailRhythm.NEVER, _OFFICERS),
    NoticeKind.APPROVED: Rule(MailRhythm.DAILY, _OFFICERS),
    NoticeKind.REOPENED: Rule(MailRhythm.NOW, _BOTH),
    NoticeKind.COMMENTED: Rule(MailRhythm.DAILY, _BOTH),
    NoticeKind.WORSENED: Rule(MailRhythm.WEEKLY, _REVIEWERS | {Role.LEADER}),
}
"""What nobody may miss (`is_kept`) is always shown in the app: it asks its reader to act."""


def kinds_for(official: Official) -> list[str]:
    """The kinds that the posts of today can bring, in the order of the table."""
    roles = {post.role for post in current_posts(official)}
    return [kind for kind, rule in RULES.items() if rule.roles & roles]


def ways_of(officials: Collection[int], kinds: Collection[str]) -> dict[int, dict[str, Way]]:
    """How each of `kinds` reaches each official (pk). One query."""
    found: dict[int, dict[str, Way]] = defaultdict(
        lambda: {kind: RULES[kind].way for kind in kinds}
    )
    for row in NoticeChoice.objects.filter(official__in=officials, kind__in=kinds):
        in_app = row.in_app or RULES[row.kind].is_kept
        found[row.official_id][row.kind] = Way(in_app=in_app, mail=row.mail)
    return {pk: found[pk] for pk in officials}


@transaction.atomic
def choose(*, ways: Mapping[str, Way], by: Official) -> None:
    """Keep how somebody wants to hear of each kind. What must be shown is shown all the same.

    Raises DomainError for a kind or a rhythm there is not; nothing is changed then.
    """
    wrong = [kind for kind, way in ways.items() if kind not in RULES or way.mail not in MailRhythm]
    if wrong:
        raise DomainError(
            [Problem(_("Lựa chọn không đọc được. Tải lại trang."), kind) for kind in wrong]
        )
    rows = [
        NoticeChoice(
            official=by,
            kind=kind,
            in_app=way.in_app or RULES[kind].is_kept,
            mail=way.mail,
        )
        for kind, way in ways.items()
    ]
    NoticeChoice.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["official", "kind"],
        update_fields=["in_app", "mail"],
    )


@transaction.atomic
def set_address(*, address: str, by: Official, is_proved: bool) -> None:
    """Change, or with nothing given take away, one's own address. Asks for the password anew:
    who finds a window open must not have somebody else's letters sent to themselves.

    `is_proved`: the password was right. Whoever asks counts the tries, as when signing in.
    """
    if not is_proved:
        raise DomainError(Problem(_("Mật khẩu không đúng; địa chỉ chưa đổi."), key="password"))
    by.email = address
    by.save(update_fields=["email"])
