"""Who holds the desk of a unit, in their own right or for somebody, and handing it on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from communes import access
from communes.enums import Role
from communes.models import Official, Post, Unit
from plans.forms import DayField
from reports.workflow import MOST_DAYS, delegations_of, possible_delegates


@dataclass(frozen=True, slots=True)
class Delegation:
    """One time the desk was handed on. `state`: running, ahead, over."""

    post: Post
    state: str
    icon: str
    css: str
    words: str
    may_end: bool


@dataclass(frozen=True, slots=True)
class DelegationsPage:
    unit: Unit
    holders: tuple[Post, ...]
    delegations: tuple[Delegation, ...]
    may_delegate: bool


class DelegationForm(forms.Form):
    """To whom, from when to when, by which document. The rule says what is wrong."""

    official = forms.ChoiceField(
        label=gettext_lazy("Người được ủy quyền"),
        error_messages={
            "required": gettext_lazy("Chọn người được ủy quyền."),
            "invalid_choice": gettext_lazy("Chọn một người trong danh sách."),
        },
    )
    valid_from = DayField(label=gettext_lazy("Từ ngày"))
    valid_to = DayField(label=gettext_lazy("Đến hết ngày"))
    basis = forms.CharField(
        label=gettext_lazy("Văn bản ủy quyền"),
        max_length=200,
        required=False,
        help_text=gettext_lazy("Số, ngày và cơ quan ban hành văn bản giao việc thay."),
    )

    def __init__(self, data: object = None, *, posts: Sequence[Post]) -> None:
        super().__init__(data, initial={"valid_from": f"{timezone.localdate():%d/%m/%Y}"})  # type: ignore[arg-type]
        choices = [("", _("Chọn người…")), *_choices(posts)]
        self.fields["official"].choices = choices  # type: ignore[attr-defined]
        self.fields["valid_to"].help_text = _("Không quá {most} ngày.").format(most=MOST_DAYS)

    def clean(self) -> dict[str, object]:
        told = super().clean() or {}
        for name in ("valid_from", "valid_to"):
            if name not in self.errors and told.get(name) is None:
                self.add_error(name, _("Ghi ngày, dạng 31/12/2024."))
        return told


def _choices(posts: Sequence[Post]) -> list[tuple[str, list[tuple[str, str]]]]:
    """[(unit, [(pk of the official, name and office)])]; everybody at their first post."""
    seen: set[int] = set()
    groups = []
    for unit, held in groupby(posts, key=lambda post: post.unit):
        names = []
        for post in held:
            if post.official_id not in seen:
                seen.add(post.official_id)
                office = post.title or post.get_role_display()
                names.append((str(post.official_id), f"{post.official} – {office}"))
        if names:
            groups.append((unit.name, names))
    return groups


def candidates(unit: Unit, official: Official) -> list[Post]:
    """To whom the reader may hand the desk on; nobody for who may not."""
    return possible_delegates(unit, official) if access.can_delegate(official, unit) else []


def delegations_page(unit: Unit, official: Official) -> DelegationsPage:
    """The number of queries does not grow with posts."""
    today = timezone.localdate()
    may = access.can_delegate(official, unit)
    holders = Post.objects.held_on(today).filter(unit=unit, role=Role.REVIEWER)
    held = list(holders.select_related("official", "delegated_by", "unit").order_by("pk"))
    running = {post.pk for post in held}
    return DelegationsPage(
        unit=unit,
        holders=tuple(sorted(held, key=lambda post: post.delegated_by_id is not None)),
        delegations=tuple(
            _delegation(post, today, may_end=may, is_held=post.pk in running)
            for post in delegations_of(unit)
        ),
        may_delegate=may,
    )


def _delegation(post: Post, today: date, *, may_end: bool, is_held: bool) -> Delegation:
    last, first = post.valid_to or today, post.valid_from or today
    if last < today:
        return Delegation(post, "over", "circle", "s-none", _("Đã hết"), may_end=False)
    if is_held:
        return Delegation(post, "running", "met", "s-met", _("Đang hiệu lực"), may_end)
    if first > today:
        return Delegation(post, "ahead", "clock", "s-info", _("Chưa tới ngày"), may_end)
    words = _("Không còn hiệu lực: người ủy quyền đã thôi chức trách")
    return Delegation(post, "over", "circle", "s-none", words, may_end=False)
