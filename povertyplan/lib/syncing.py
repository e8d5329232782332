"""Bring rows of a table to what a file says, by their natural key, touching only what differs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from django.db import connection, models

BATCH = 500

T = TypeVar("T", bound=models.Model)
K = TypeVar("K", bound=Hashable)


@dataclass
class Counts:
    """How many rows an import added, changed and found as they were."""

    created: int = 0
    changed: int = 0
    unchanged: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(
            self.created + other.created,
            self.changed + other.changed,
            self.unchanged + other.unchanged,
        )

    def __str__(self) -> str:
        return f"thêm {self.created}, sửa {self.changed}, giữ nguyên {self.unchanged}"


@dataclass
class Synced(Generic[K, T]):
    """The wanted rows by key, and which of them are new or were changed."""

    rows: dict[K, T]
    created: list[T] = field(default_factory=list)
    changed: list[T] = field(default_factory=list)

    def counts(self, also_touched: Iterable[int] = ()) -> Counts:
        """Count; rows whose primary key is in `also_touched` changed through their parts."""
        new = {row.pk for row in self.created}
        changed = ({row.pk for row in self.changed} | set(also_touched)) - new
        return Counts(len(new), len(changed), len(self.rows) - len(new) - len(changed))

    def touched(self, also: Iterable[int] = ()) -> list[T]:
        """Existing rows that changed, themselves or (`also`) through their parts."""
        keys = ({row.pk for row in self.changed} | set(also)) - {row.pk for row in self.created}
        return [row for row in self.rows.values() if row.pk in keys]


def sync(
    existing: models.QuerySet[T],
    wanted: Mapping[K, Mapping[str, Any]],
    key: Callable[[T], K],
) -> Synced[K, T]:
    """Add and change rows of `existing` so that each key has its wanted attributes.

    Foreign keys are given by their column name (`theme_id`). Rows that the file does not name
    stay as they are. Runs no signals; one query for what is there, one each for new and changed.
    """
    there = {key(row): row for row in existing}
    done: Synced[K, T] = Synced({})
    fields: set[str] = set()
    for name, attributes in wanted.items():
        row = there.get(name)
        if row is None:
            row = existing.model(**attributes)
            done.created.append(row)
        else:
            differing = assign(row, attributes)
            fields |= differing
            if differing:
                done.changed.append(row)
        done.rows[name] = row
    manager = existing.model._default_manager
    manager.bulk_create(done.created, batch_size=BATCH)
    if done.changed:
        manager.bulk_update(done.changed, sorted(fields), batch_size=BATCH)
    return done


def assign(row: models.Model, attributes: Mapping[str, Any]) -> set[str]:
    """Set what differs and return its names."""
    differing = {name for name, value in attributes.items() if getattr(row, name) != value}
    for name in differing:
        setattr(row, name, attributes[name])
    return differing


def sync_parts(
    model: type[models.Model],
    owner: str,
    wanted: Mapping[int, list[dict[str, Any]]],
    *order: str,
) -> set[int]:
    """Replace the parts of each owner whose list differs; return the owners touched.

    `owner` is the column of the owner (`rule_id`), `order` the order in which stored parts
    compare with the wanted lists. A part's attributes name columns.
    """
    there: dict[int, list[models.Model]] = defaultdict(list)
    for part in model._default_manager.filter(**{f"{owner}__in": wanted}).order_by(*order):
        there[getattr(part, owner)].append(part)
    touched = {
        pk
        for pk, parts in wanted.items()
        if len(parts) != len(there[pk])
        or any(
            getattr(old, name) != value
            for old, new in zip(there[pk], parts, strict=True)
            for name, value in new.items()
        )
    }
    model._default_manager.filter(**{f"{owner}__in": touched}).delete()
    model._default_manager.bulk_create(
        [
            model(**{owner: pk}, **part)
            for pk, parts in wanted.items()
            if pk in touched
            for part in parts
        ],
        batch_size=BATCH,
    )
    return touched


def sync_links(
    through: type[models.Model], left: str, right: str, wanted: Mapping[int, set[int]]
) -> set[int]:
    """Bring a many-to-many table to `wanted` {left pk: right pks}; return the lefts touched."""
    there: dict[int, set[int]] = defaultdict(set)
    found = through._default_manager.filter(**{f"{left}__in": wanted})
    for left_pk, right_pk in found.values_list(left, right):
        there[left_pk].add(right_pk)
    touched = {pk for pk, rights in wanted.items() if rights != there[pk]}
    through._default_manager.filter(**{f"{left}__in": touched}).delete()
    through._default_manager.bulk_create(
        [through(**{left: pk, right: other}) for pk in touched for other in sorted(wanted[pk])],
        batch_size=BATCH,
    )
    return touched


def record_history(rows: list[T], *, created: bool, reason: str) -> None:
    """Write one history row per object, with its many-to-many links, after a bulk write."""
    if not rows:
        return
    manager = type(rows[0]).history  # type: ignore[attr-defined]
    histories = manager.bulk_history_create(
        rows, update=not created, default_change_reason=reason, batch_size=BATCH
    )
    by_pk = dict(zip((row.pk for row in rows), histories, strict=True))
    for link in manager.model._history_m2m_fields:
        _record_links(manager.model, link, by_pk)


def _record_links(history_model: Any, link: Any, by_pk: Mapping[int, Any]) -> None:
    through = link.remote_field.through
    names = [column.attname for column in through._meta.fields]
    owner = through._meta.get_field(link.m2m_field_name()).attname
    model = getattr(history_model, link.name).model
    model._default_manager.bulk_create(
        [
            model(history=by_pk[values[owner]], **values)
            for values in through._default_manager.filter(**{f"{owner}__in": by_pk}).values(*names)
        ],
        batch_size=BATCH,
    )


def refresh_statistics(*tables: type[models.Model]) -> None:
    """Have queries planned by the true size of tables that were written in bulk.

    SQLite never counts rows by itself, and guesses that walking every district is cheap: asking
    900 communes of a whole country for their district took 4.7 s, and 0.2 s after this.
    """
    with connection.cursor() as cursor:
        for model in tables:
            cursor.execute(f"ANALYZE {connection.ops.quote_name(model._meta.db_table)}")
