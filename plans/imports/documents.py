"""Plans, the documents they cite and who answers for what, from one file."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

from django.db import transaction
from django.utils import timezone
from pydantic import BeforeValidator, Field

from communes.imports import UnitRegister
from communes.models import UnitGroup
from plans.enums import ParentStatus, PlanStatus
from plans.models import LinkedDocument, Plan, Responsibility
from povertyplan.lib.errors import Problem
from povertyplan.lib.reading import (
    Code,
    Record,
    Row,
    UnitCode,
    Year,
    named_only,
    read_yaml,
    refuse_if,
    repeated,
)
from povertyplan.lib.syncing import Counts, Synced, assign, sync, sync_links, sync_parts


def _issued(value: Any) -> Any:
    """A day, or a month where the document leaves the day blank; kept as text."""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, str):
        try:
            date.fromisoformat(value if len(value) > 7 else f"{value}-01")
        except ValueError:
            raise ValueError(
                f"“{value}” không phải ngày ban hành; ghi 2021-02-08, hoặc 2021-02 khi chưa rõ."
            ) from None
    return value


def _years(value: Any) -> Any:
    is_span = isinstance(value, list) and len(value) == 2
    if is_span and all(isinstance(year, int) for year in value) and value[0] > value[1]:
        raise ValueError(f"năm đầu {value[0]} sau năm cuối {value[1]}; đổi lại thứ tự.")
    return value


Issued = Annotated[str, BeforeValidator(_issued)]
Years = Annotated[Annotated[list[Year], Field(min_length=2, max_length=2)], BeforeValidator(_years)]
"""First and last year."""


class DocumentRow(Record):
    id: Code
    kind: Annotated[str, Field(max_length=40)] | None = None
    number: Annotated[str, Field(max_length=60)] | None = None
    title_vi: Annotated[str, Field(max_length=400)] | None = None
    title_en: Annotated[str, Field(max_length=400)] = ""
    issuer: Annotated[str, Field(min_length=1, max_length=200)]
    issuer_vi: Annotated[str, Field(max_length=200)] | None = None
    level: Annotated[str, Field(min_length=1, max_length=40)]
    date: Issued | None = None
    period: Years | None = None
    parent: str | None = None
    parent_status: ParentStatus | None = None
    also_implements: list[str] = []
    unit_code: UnitCode | None = None
    scope: Annotated[str, Field(max_length=60)] | None = None
    scope_group: str | None = None
    status: PlanStatus
    annexes_cited: list[str] = []
    signature_block: Annotated[str, Field(max_length=300)] = ""
    signature_block_vi: Annotated[str, Field(max_length=300)] | None = None
    notes: str | None = None
    notes_vi: str | None = None
    # how the text was come by and who is named in it: for people, not stored
    seed_file: str | None = None
    known_members: list[str] = []
    named_by_press: list[str] = []


class LinkedRow(Record):
    number: Annotated[str, Field(min_length=1, max_length=60)]
    issuer: Annotated[str, Field(min_length=1, max_length=200)]
    date: Issued | None = None
    period: Years | None = None
    subject_vi: Annotated[str, Field(max_length=300)] | None = None
    subject_en: Annotated[str, Field(max_length=300)] = ""
    cited_by: list[str] = []


class ResponsibilityRow(Record):
    plan: str
    section: Annotated[str, Field(min_length=1, max_length=60)]
    agency: Annotated[str, Field(min_length=1, max_length=200)]
    code: Code
    role: Literal["lead", "support", "implement", "recipient"]
    themes: list[str] = []
    duty_vi: str | None = None
    duty_en: str = ""


@dataclass
class PlansImported:
    documents: Counts
    linked: Counts
    responsibilities: Counts

    def __str__(self) -> str:
        return (
            f"văn bản: {self.documents}; văn bản liên quan: {self.linked}; "
            f"kế hoạch có phân công: {self.responsibilities}"
        )


@dataclass
class _File:
    documents: list[Row[DocumentRow]]
    linked: list[Row[LinkedRow]]
    responsibilities: list[Row[ResponsibilityRow]]


def import_plans(given: Path | str) -> PlansImported:
    """Bring documents, cited documents and responsibilities to what the file says.

    A document whose unit the file leaves out keeps the stored one. The responsibilities of a
    plan in the file are replaced as a whole. Documents not in the file stay.
    Raises DomainError and writes nothing when any row is bad.
    """
    file = read_yaml(given)
    file.allow_only("documents", "linked_documents", "responsibilities")
    rows = _File(
        documents=file.rows("documents", DocumentRow),
        linked=file.rows("linked_documents", LinkedRow, required=False),
        responsibilities=file.rows("responsibilities", ResponsibilityRow, required=False),
    )
    file.refuse_if_bad()
    with transaction.atomic():
        register = UnitRegister()
        refuse_if(_problems(rows, register))
        documents = _save_documents(rows.documents, register)
        return PlansImported(documents, _save_linked(rows.linked), _save_responsibilities(rows))


# ------------------------------------------------------------------ checks across rows


def _problems(file: _File, register: UnitRegister) -> Iterator[Problem]:
    yield from repeated(file.documents, lambda row: row.id, "id")
    yield from repeated(file.linked, lambda row: (row.number, row.issuer), "number")
    plans = set(Plan.objects.values_list("code", flat=True))
    plans |= {row.data.id for row in file.documents}
    groups = set(UnitGroup.objects.values_list("code", flat=True))
    for document in file.documents:
        yield from _bad_document(document, plans, groups, register)
    yield from _circles(file.documents)
    for linked in file.linked:
        for position, code in enumerate(linked.data.cited_by):
            yield from named_only(linked, code, plans, "văn bản", "cited_by", position)
    for duty in file.responsibilities:
        yield from named_only(duty, duty.data.plan, plans, "văn bản", "plan")


def _bad_document(
    row: Row[DocumentRow], plans: set[str], groups: set[str], register: UnitRegister
) -> Iterator[Problem]:
    data = row.data
    if data.parent:
        yield from named_only(row, data.parent, plans, "văn bản", "parent")
        if data.parent_status is None:
            yield row.problem("có “parent” thì cần parent_status: stated hoặc inferred.", "parent")
    for position, code in enumerate(data.also_implements):
        yield from named_only(row, code, plans, "văn bản", "also_implements", position)
    if data.scope_group:
        yield from named_only(row, data.scope_group, groups, "nhóm đơn vị", "scope_group")
    if not (data.title_vi or data.title_en):
        yield row.problem("chưa có trích yếu; ghi title_vi.", "title_vi")
    if data.unit_code and register.on(data.unit_code, *_days(data)) is None:
        yield row.problem(register.why_not(data.unit_code, _days(data)[0]), "unit_code")


def _days(data: DocumentRow) -> list[date]:
    """Days on which the code of a document's unit is read: the ends of its first year."""
    if data.period:
        return [date(data.period[0], 1, 1), date(data.period[0], 12, 31)]
    if data.date:
        year, month = (int(part) for part in re.findall(r"\d+", data.date)[:2])
        return [date(year, month, 1), date(year, 12, 31)]
    return [timezone.localdate()]


def _circles(rows: list[Row[DocumentRow]]) -> Iterator[Problem]:
    """Documents that would implement themselves through their parents."""
    parents = {row.data.id: row.data.parent for row in rows}
    for row in rows:
        above, seen = row.data.parent, set()
        while above and above not in seen:
            seen.add(above)
            above = parents.get(above)
        if row.data.id in seen:
            yield row.problem(
                f"“{row.data.id}” là cấp trên của chính nó qua “parent”; sửa parent.", "parent"
            )


# ------------------------------------------------------------------ writing


def _save_documents(rows: list[Row[DocumentRow]], register: UnitRegister) -> Counts:
    groups = dict(UnitGroup.objects.values_list("code", "pk"))
    done = sync(
        Plan.objects.all(),
        {
            row.data.id: _attributes(order, row.data, groups, register)
            for order, row in enumerate(rows)
        },
        lambda plan: plan.code,
    )
    keys = dict(Plan.objects.values_list("code", "pk"))
    touched = _save_parents(rows, done, keys)
    touched |= sync_links(
        Plan.also_implements.through,
        "from_plan_id",
        "to_plan_id",
        {keys[row.data.id]: {keys[code] for code in row.data.also_implements} for row in rows},
    )
    return done.counts(touched)


def _attributes(
    order: int, data: DocumentRow, groups: dict[str, int], register: UnitRegister
) -> dict[str, Any]:
    group = data.scope_group or data.scope
    attributes = {
        "code": data.id,
        "order": order,
        "kind": data.kind or "",
        "number": data.number or "",
        "title": data.title_vi or data.title_en,
        "title_en": data.title_en,
        "issuer": data.issuer_vi or data.issuer,
        "level": data.level,
        "issued_on": data.date or "",
        "year_from": data.period[0] if data.period else None,
        "year_to": data.period[1] if data.period else None,
        "parent_status": data.parent_status.value if data.parent_status else "",
        "group_id": groups.get(group) if group else None,
        "scope": data.scope or "",
        "status": data.status.value,
        "annexes_cited": data.annexes_cited,
        "signature_block": data.signature_block_vi or data.signature_block,
        "note": data.notes_vi or data.notes or "",
        "note_en": data.notes or "",
    }
    if "unit_code" in data.model_fields_set:
        unit = register.on(data.unit_code, *_days(data)) if data.unit_code else None
        attributes["unit_id"] = unit.pk if unit else None
    return attributes


def _save_parents(
    rows: list[Row[DocumentRow]], done: Synced[str, Plan], keys: dict[str, int]
) -> set[int]:
    """A parent may stand below its child in the file, so parents come when all have keys."""
    touched = []
    for row in rows:
        plan = done.rows[row.data.id]
        if assign(plan, {"parent_id": keys[row.data.parent] if row.data.parent else None}):
            touched.append(plan)
    Plan.objects.bulk_update(touched, ["parent"])
    return {plan.pk for plan in touched}


def _save_linked(rows: list[Row[LinkedRow]]) -> Counts:
    done = sync(
        LinkedDocument.objects.all(),
        {
            (row.data.number, row.data.issuer): {
                "number": row.data.number,
                "issuer": row.data.issuer,
                "issued_on": row.data.date or "",
                "year_from": row.data.period[0] if row.data.period else None,
                "year_to": row.data.period[1] if row.data.period else None,
                "subject": row.data.subject_vi or row.data.subject_en,
            }
            for row in rows
        },
        lambda document: (document.number, document.issuer),
    )
    keys = dict(Plan.objects.values_list("code", "pk"))
    touched = sync_links(
        LinkedDocument.cited_by.through,
        "linkeddocument_id",
        "plan_id",
        {
            done.rows[row.data.number, row.data.issuer].pk: {
                keys[code] for code in row.data.cited_by
            }
            for row in rows
        },
    )
    return done.counts(touched)


def _save_responsibilities(file: _File) -> Counts:
    """Counts plans, whose lists are replaced as a whole."""
    if not file.responsibilities:
        return Counts()
    keys = dict(Plan.objects.values_list("code", "pk"))
    wanted: dict[int, list[dict[str, Any]]] = defaultdict(list)
    wanted |= {keys[row.data.id]: [] for row in file.documents}
    for order, row in enumerate(file.responsibilities):
        wanted[keys[row.data.plan]].append(
            {
                "section": row.data.section,
                "agency": row.data.agency,
                "agency_code": row.data.code,
                "role": row.data.role,
                "themes": row.data.themes,
                "duty": row.data.duty_vi or row.data.duty_en,
                "order": order,
            }
        )
    before = set(Responsibility.objects.values_list("plan", flat=True))
    touched = sync_parts(Responsibility, "plan_id", wanted, "order")
    with_duties = {pk for pk, parts in wanted.items() if parts}
    new = (touched & with_duties) - before
    return Counts(len(new), len(touched - new), len(with_duties - touched))
