"""Groups of units and their members, from a file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated

from django.db import transaction
from pydantic import Field

from communes.enums import MemberSource
from communes.imports.register import UnitRegister
from communes.models import (
    OPEN_START,
    Unit,
    UnitGroup,
)
from communes.signals import places_changed
from povertyplan.lib.errors import Problem
from povertyplan.lib.reading import (
    Code,
    Day,
    Record,
    Row,
    UnitCode,
    Whole,
    read_yaml,
    refuse_if,
    repeated,
)
from povertyplan.lib.syncing import Counts, sync


class MemberRow(Record):
    code: UnitCode
    name_vi: str = ""
    source: MemberSource
    citation_vi: Annotated[str, Field(max_length=300)] = ""


class GroupRow(Record):
    code: Code
    name_vi: Annotated[str, Field(min_length=1, max_length=200)]
    source_vi: Annotated[str, Field(max_length=300)] = ""
    expected_size: Annotated[Whole, Field(ge=1, le=32767)] | None = None
    as_of: Day | None = None
    note_vi: str = ""
    members: list[MemberRow] = []


def import_groups(given: Path | str) -> Counts:
    """Bring groups and their members to what the file says.

    A file whose members are all samples only adds them to groups that exist, and a size to those
    that have none; any other file replaces the members that documents or the press name. Members
    decided by an administrator stay, and so does a size that the file leaves open. Counts groups
    and members. Raises DomainError and writes nothing when any row is bad.
    """
    file = read_yaml(given)
    file.allow_only("groups")
    rows = file.rows("groups", GroupRow)
    file.refuse_if_bad()
    with transaction.atomic():
        register = UnitRegister()
        refuse_if([*repeated(rows, lambda row: row.code, "code"), *_bad_members(rows, register)])
        members = [member for row in rows for member in row.data.members]
        is_sample = bool(members) and all(row.source == MemberSource.SAMPLE for row in members)
        done = _save_groups(rows, is_sample) + sum(
            (_save_members(row, register, is_sample) for row in rows), Counts()
        )
        if done.created or done.changed:
            places_changed.send(sender=UnitGroup)
        return done


def _member(register: UnitRegister, group: GroupRow, code: str) -> Unit | None:
    return register.on(code, group.as_of) if group.as_of else register.earliest(code)


def _bad_members(rows: Iterable[Row[GroupRow]], register: UnitRegister) -> Iterator[Problem]:
    for row in rows:
        listed: set[str] = set()
        for position, member in enumerate(row.data.members):
            if _member(register, row.data, member.code) is None:
                why = register.why_not(member.code, row.data.as_of or OPEN_START)
                yield row.problem(why, "members", position, "code")
            if member.code in listed:
                yield row.problem(
                    f"đơn vị {member.code} đã có trong nhóm; bỏ một trong hai.",
                    "members",
                    position,
                    "code",
                )
            listed.add(member.code)


def _save_groups(rows: list[Row[GroupRow]], is_sample: bool) -> Counts:
    stored = {group.code: group for group in UnitGroup.objects.all()}
    wanted: dict[str, dict[str, object]] = {}
    for row in rows:
        data, there = row.data, stored.get(row.data.code)
        if there and is_sample:
            # A size that no document gives may be given for the demonstration only.
            if there.expected_size is None and data.expected_size:
                wanted[data.code] = {"expected_size": data.expected_size}
            continue
        size = data.expected_size or (there.expected_size if there else None)
        wanted[data.code] = {
            "code": data.code,
            "name": data.name_vi,
            "source": data.source_vi,
            "expected_size": size,
            "note": data.note_vi,
        }
    return sync(UnitGroup.objects.all(), wanted, lambda group: group.code).counts()


def _save_members(row: Row[GroupRow], register: UnitRegister, is_sample: bool) -> Counts:
    group = UnitGroup.objects.get(code=row.data.code)
    stored = {member.unit_id: member for member in group.members.all()}
    replaced = {MemberSource.SAMPLE} if is_sample else set(MemberSource) - {MemberSource.DECIDED}
    wanted = {}
    for member in row.data.members:
        unit = _member(register, row.data, member.code)
        there = stored.get(unit.pk) if unit else None
        if unit is None or (there and there.source not in replaced):
            continue
        wanted[unit.pk] = {
            "group_id": group.pk,
            "unit_id": unit.pk,
            "source": member.source.value,
            "citation": member.citation_vi,
        }
    gone = 0
    if not is_sample:
        named = group.members.filter(source__in=[MemberSource.STATED, MemberSource.PRESS])
        gone, _ = named.exclude(unit__in=wanted).delete()
    done = sync(group.members.all(), wanted, lambda member: member.unit_id).counts()
    return done + Counts(changed=gone)
