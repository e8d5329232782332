"""Units from a file, with the hierarchy laid flat beside them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Annotated

from django.db import transaction
from pydantic import Field

from communes.enums import TierCode
from communes.imports.register import validity
from communes.models import (
    OPEN_END,
    OPEN_START,
    Ancestry,
    Tier,
    Unit,
)
from communes.signals import places_changed
from povertyplan.lib.commands import Tell, silent
from povertyplan.lib.errors import Problem
from povertyplan.lib.reading import (
    Day,
    Record,
    Row,
    UnitCode,
    read_csv,
    refuse_if,
    repeated,
)
from povertyplan.lib.syncing import BATCH, Counts, assign, refresh_statistics


class UnitRow(Record):
    """`code,name,tier,parent_code,valid_from,valid_to`; an empty day is open."""

    code: UnitCode
    name: Annotated[str, Field(min_length=1, max_length=120)]
    tier: str
    parent_code: UnitCode | None = None
    valid_from: Day = OPEN_START
    valid_to: Day = OPEN_END


@dataclass(eq=False, slots=True)
class Span:
    """A unit from a day to a day, as the tree will be after the import."""

    unit: Unit
    rank: int
    parent: Span | None = None
    row: Row[UnitRow] | None = None
    is_new: bool = False
    has_moved: bool = False
    has_changed: bool = False

    def covers(self, other: Span) -> bool:
        return (
            self.unit.valid_from <= other.unit.valid_from
            and self.unit.valid_to >= other.unit.valid_to
        )

    @property
    def days(self) -> str:
        return validity(self.unit)

    def lineage(self) -> Iterator[Span]:
        """The unit itself, its parent, and so on up."""
        span: Span | None = self
        while span is not None:
            yield span
            span = span.parent


@dataclass
class UnitsImported:
    counts: Counts
    tree_changed: bool
    """True when an existing unit got other dates or another parent: rollups are to be redone."""


def import_units(given: Path | str, *, tell: Tell = silent) -> UnitsImported:
    """Add units, and change name, end and parent of units with the same code, tier and start.

    A parent is the unit of that code, of a higher tier, whose validity holds the child's.
    Units not in the file stay. Raises DomainError and writes nothing when any row is bad.
    """
    rows = read_csv(given, UnitRow)
    tell(f"Đã đọc {len(rows)} dòng, đang kiểm tra…")
    with transaction.atomic():
        tree = _Tree(rows)
        refuse_if(tree.problems())
        tell("Hợp lệ, đang ghi…")
        return tree.write()


class _Tree:
    """Every unit, stored or in the file, as it will be. Three queries."""

    def __init__(self, rows: list[Row[UnitRow]]) -> None:
        self.rows = rows
        self.tiers = {tier.code: tier for tier in Tier.objects.all()}
        self.spans = self._stored()
        self.in_file: list[Span] = []
        self.by_code: dict[str, list[Span]] = defaultdict(list)

    def _stored(self) -> dict[tuple[str, int, date], Span]:
        ranks = {tier.pk: tier.rank for tier in self.tiers.values()}
        by_pk = {unit.pk: Span(unit, ranks[unit.tier_id]) for unit in Unit.objects.all()}
        for span in by_pk.values():
            if span.unit.parent_id:
                span.parent = by_pk[span.unit.parent_id]
        return {
            (span.unit.code, span.unit.tier_id, span.unit.valid_from): span
            for span in by_pk.values()
        }

    # -- checks

    def problems(self) -> list[Problem]:
        own = [problem for row in self.rows for problem in self._alone(row)]
        own += repeated(self.rows, lambda row: (row.code, row.tier, row.valid_from), "code")
        if own:
            return own
        for row in self.rows:
            self._place(row)
        for span in self.spans.values():
            self.by_code[span.unit.code].append(span)
        found = [*self._overlaps(), *self._link()]
        return found or [*self._left_behind()]

    def _alone(self, row: Row[UnitRow]) -> Iterator[Problem]:
        """What a row shows without looking at any other."""
        if row.data.tier not in self.tiers:
            yield row.problem(
                f"không có cấp “{row.data.tier}”; cần một trong: {', '.join(self.tiers)}.", "tier"
            )
        if row.data.valid_from > row.data.valid_to:
            yield row.problem(
                f"ngày hết hiệu lực {row.data.valid_to:%d/%m/%Y} trước ngày bắt đầu "
                f"{row.data.valid_from:%d/%m/%Y}; sửa một trong hai.",
                "valid_to",
            )
        if row.data.parent_code == row.data.code:
            yield row.problem("đơn vị không thể là cấp trên của chính nó.", "parent_code")

    def _place(self, row: Row[UnitRow]) -> None:
        """Put a row into the tree: a new unit, or new attributes of a stored one."""
        data, tier = row.data, self.tiers[row.data.tier]
        key = (data.code, tier.pk, data.valid_from)
        span = self.spans.get(key)
        if span is None:
            unit = Unit(code=data.code, tier=tier, valid_from=data.valid_from)
            span = self.spans[key] = Span(unit, tier.rank, is_new=True)
        changed = assign(span.unit, {"name": data.name, "valid_to": data.valid_to})
        span.has_changed = bool(changed) and not span.is_new
        span.has_moved = "valid_to" in changed and not span.is_new
        span.row = row
        self.in_file.append(span)

    def _overlaps(self) -> Iterator[Problem]:
        """On any day a code names one unit, whatever the tier. Source: design, Contracts."""
        for code in {span.unit.code for span in self.in_file}:
            spans = sorted(self.by_code[code], key=lambda span: span.unit.valid_from)
            for before, after in pairwise(spans):
                row = after.row or before.row
                if row and before.unit.valid_to >= after.unit.valid_from:
                    other = before if row is after.row else after
                    yield row.problem(
                        f"mã {code} đã thuộc {other.unit.name} ({other.days}), trùng thời gian; "
                        "sửa ngày để hai đơn vị không chồng lên nhau.",
                        "valid_from",
                    )

    def _link(self) -> Iterator[Problem]:
        """Find the parent of every unit in the file."""
        top = min(span.rank for span in self.spans.values())
        may_stand_alone = max(top, self.tiers[TierCode.PROVINCE].rank)
        for span in self.in_file:
            row = span.row
            if row is None:
                continue
            if row.data.parent_code:
                parent = self._parent(span, row, row.data.parent_code)
                if isinstance(parent, Problem):
                    yield parent
                    continue
                self._attach(span, parent)
            elif span.rank > may_stand_alone:
                yield row.problem(
                    f"{span.unit.name} chưa có đơn vị cấp trên; ghi mã đơn vị cấp trên.",
                    "parent_code",
                )
            else:
                self._attach(span, None)

    def _attach(self, span: Span, parent: Span | None) -> None:
        if span.parent is not parent and not span.is_new:
            span.has_changed = span.has_moved = True
        span.parent = parent

    def _parent(self, span: Span, row: Row[UnitRow], code: str) -> Span | Problem:
        candidates = self.by_code.get(code, [])
        if not candidates:
            return row.problem(
                f"không có đơn vị mã “{code}” trong tệp hay trong hệ thống; "
                "thêm đơn vị cấp trên hoặc sửa mã.",
                "parent_code",
            )
        higher = [other for other in candidates if other.rank < span.rank]
        if not higher:
            return row.problem(
                f"{candidates[0].unit.name} (mã {code}) không thuộc cấp cao hơn "
                f"{span.unit.name}; cấp trên phải cao hơn.",
                "parent_code",
            )
        covering = next((other for other in higher if other.covers(span)), None)
        return covering or row.problem(
            f"đơn vị cấp trên mã {code} có hiệu lực {'; '.join(other.days for other in higher)}, "
            f"không trùm hết thời gian của {span.unit.name} ({span.days}); sửa ngày, hoặc tách "
            "đơn vị thành hai dòng theo ngày đổi cấp trên.",
            "parent_code",
        )

    def _left_behind(self) -> Iterator[Problem]:
        """Stored units, not in the file, that would outlive a parent which the file closes."""
        for span in self.spans.values():
            parent = span.parent
            if span.row is None and parent and parent.row and not parent.covers(span):
                yield parent.row.problem(
                    f"{parent.unit.name} {parent.days} nhưng đơn vị cấp dưới {span.unit.name} "
                    f"(mã {span.unit.code}) có hiệu lực {span.days}; đưa đơn vị cấp dưới vào tệp "
                    "với ngày phù hợp.",
                    "valid_to",
                )

    # -- writing

    def write(self) -> UnitsImported:
        moved = {span for span in self.in_file if span.has_moved}
        self._save_units()
        self._save_ancestry()
        new = sum(span.is_new for span in self.in_file)
        changed = sum(span.has_changed for span in self.in_file)
        if new or moved:
            refresh_statistics(Tier, Unit, Ancestry)
        if new or changed:
            places_changed.send(sender=Unit)
        counts = Counts(new, changed, len(self.in_file) - new - changed)
        return UnitsImported(counts, bool(moved))

    def _save_units(self) -> None:
        by_rank: dict[int, list[Span]] = defaultdict(list)
        for span in self.in_file:
            by_rank[span.rank].append(span)
        for rank in sorted(by_rank):  # a parent has its key before its children name it
            for span in by_rank[rank]:
                span.unit.parent = span.parent.unit if span.parent else None
            Unit.objects.bulk_create(
                [span.unit for span in by_rank[rank] if span.is_new], batch_size=BATCH
            )
        Unit.objects.bulk_update(
            [span.unit for span in self.in_file if span.has_changed],
            ["name", "valid_to", "parent"],
            batch_size=BATCH,
        )

    def _save_ancestry(self) -> None:
        """Write anew the ancestors of new units and of everything below a unit that moved."""
        affected = [
            span
            for span in self.spans.values()
            if any(above.is_new or above.has_moved for above in span.lineage())
        ]
        stored = [span.unit.pk for span in affected if not span.is_new]
        for start in range(0, len(stored), BATCH):
            Ancestry.objects.filter(descendant__in=stored[start : start + BATCH]).delete()
        Ancestry.objects.bulk_create(
            [
                Ancestry(ancestor=above.unit, descendant=span.unit, depth=depth)
                for span in affected
                for depth, above in enumerate(span.lineage())
            ],
            batch_size=5 * BATCH,
        )
