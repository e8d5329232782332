"""Tables kept under a name: whose they are, who may open them, and keeping, renaming, removing.

A kept table is a question. Whoever opens it sees what is theirs to see, whoever kept it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _

from communes.access import current_posts
from communes.models import Official, Unit
from povertyplan.lib.errors import DomainError, Problem, VersionConflict
from reports.explore.question import Question, address, read
from reports.models import SavedView
from reports.models.explore import SavedViewQuerySet

MOST_VIEWS = 100
"""Tables one person keeps."""
NAME_LENGTH = 120
ADDRESS_LENGTH = 4000


@dataclass(frozen=True, slots=True)
class Shelf:
    """A reader's own tables, and those of others that are shared with them; both by name."""

    mine: list[SavedView]
    shared: list[SavedView]


def shelf(by: Official) -> Shelf:
    """Two queries, whatever is kept."""
    rows = list(_open_to(by).select_related("owner", "shared_with").order_by("name", "pk"))
    return Shelf(
        [row for row in rows if row.owner_id == by.pk],
        [row for row in rows if row.owner_id != by.pk],
    )


def find(pk: int, by: Official) -> SavedView | None:
    """A table that `by` kept or that is shared with them; None for any other."""
    return _open_to(by).select_related("owner", "shared_with").filter(pk=pk).first()


def _open_to(by: Official) -> SavedViewQuerySet:
    posts = [post.unit_id for post in current_posts(by)]
    shared = SavedView.objects.shared_at(posts)
    return SavedView.objects.filter(Q(owner=by) | Q(pk__in=shared.values("pk")))


def places_to_share(by: Official) -> list[Unit]:
    """The units in which `by` holds a post, once each: with these a table can be shared."""
    own = (post for post in current_posts(by) if post.delegated_by_id is None)
    return list({post.unit_id: post.unit for post in own}.values())


# -- writing ------------------------------------------------------------------------------------


def keep_view(*, name: str, query: str, shared_with: Unit | None, by: Official) -> SavedView:
    """Keep the question of an address under a name. Raises DomainError, and then keeps nothing."""
    problems = [*_name_problems(name), *_share_problems(shared_with, by)]
    kept = _canonical(query)
    if len(kept) > ADDRESS_LENGTH:
        problems.append(Problem(_("Câu hỏi quá dài để lưu; bớt chỉ tiêu."), key="query"))
    with transaction.atomic():
        # One person's tables are counted and named one after another.
        Official.objects.select_for_update().get(pk=by.pk)
        if by.saved_views.count() >= MOST_VIEWS:
            text = _("Đồng chí đã lưu {n} bảng, là mức nhiều nhất; xóa bớt rồi lưu.")
            problems.append(Problem(text.format(n=MOST_VIEWS)))
        if by.saved_views.filter(name=name.strip()).exists():
            problems.append(_taken())
        if problems:
            raise DomainError(problems)
        return SavedView.objects.create(
            owner=by, name=name.strip(), address=kept, shared_with=shared_with
        )


def change_view(
    *, view: SavedView, name: str, shared_with: Unit | None, by: Official, seen: int
) -> SavedView:
    """Rename a table of one's own, and say anew who may open it.

    Raises PermissionDenied for somebody else's, VersionConflict when it was changed since it was
    read (version `seen`), DomainError for a name or a unit that cannot be.
    """
    with transaction.atomic():
        found = _own(view, by, seen)
        problems = [*_name_problems(name), *_share_problems(shared_with, by)]
        if by.saved_views.filter(name=name.strip()).exclude(pk=found.pk).exists():
            problems.append(_taken())
        if problems:
            raise DomainError(problems)
        found.name, found.shared_with = name.strip(), shared_with
        found.updated_at, found.version = timezone.now(), found.version + 1
        try:
            found.save(update_fields=["name", "shared_with", "updated_at", "version"])
        except IntegrityError as error:
            raise DomainError(_taken()) from error
    return found


def remove_view(*, view: SavedView, by: Official, seen: int) -> None:
    """Remove a table of one's own. Raises as `change_view` does."""
    with transaction.atomic():
        _own(view, by, seen).delete()


def _own(view: SavedView, by: Official, seen: int) -> SavedView:
    """The table as it stands, held for this change."""
    if view.owner_id != by.pk:
        raise PermissionDenied("Chỉ người đã lưu bảng này được sửa hoặc xóa.")
    found = SavedView.objects.select_for_update().filter(pk=view.pk).first()
    if found is None or found.version != seen:
        raise VersionConflict(_("Bảng này vừa được sửa ở nơi khác; xem lại rồi làm tiếp."))
    return found


def question_of(query: str) -> tuple[Question, list[str]]:
    """What the query of an address asks, as the page reads it."""
    return read(QueryDict(query[: 4 * ADDRESS_LENGTH]))


def _canonical(query: str) -> str:
    """The question as the page writes it: nothing else of an address is kept."""
    return address(question_of(query)[0], page=1)


def _name_problems(name: str) -> Sequence[Problem]:
    said = name.strip()
    if not said:
        return [Problem(_("Ghi tên cho bảng."), key="name")]
    if len(said) > NAME_LENGTH:
        return [Problem(_("Tên dài quá {n} chữ.").format(n=NAME_LENGTH), key="name")]
    if not said.isprintable():
        return [Problem(_("Tên có ký tự không đọc được."), key="name")]
    return []


def _share_problems(shared_with: Unit | None, by: Official) -> Sequence[Problem]:
    mine = {unit.pk for unit in places_to_share(by)}
    if shared_with is None or shared_with.pk in mine:
        return []
    text = _("Chỉ chia sẻ được trong đơn vị mà đồng chí đang giữ chức trách.")
    return [Problem(text, key="shared_with")]


def _taken() -> Problem:
    return Problem(_("Đồng chí đã có bảng mang tên này; ghi tên khác."), key="name")
