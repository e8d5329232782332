"""The registers from a file: what one entry says, and which indicators are counted from them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

from django.db import transaction
from pydantic import Field

from indicators.enums import ValueType
from indicators.models import Indicator
from povertyplan.lib.errors import Problem
from povertyplan.lib.reading import (
    Code,
    Flag,
    Key,
    LongCode,
    Record,
    Row,
    Whole,
    named_only,
    read_yaml,
    refuse_if,
    repeated,
)
from povertyplan.lib.syncing import Counts, sync, sync_parts
from reports.counting import plainly
from reports.enums import FieldKind
from reports.models import Register, RegisterCount, RegisterEntry

COUNTABLE = (FieldKind.CHOICE, FieldKind.WHOLE, FieldKind.YES_NO)
"""Fields that a count may look at."""
IDENTIFYING = (FieldKind.TEXT, FieldKind.CHOICE, FieldKind.UNIT_BELOW)
TAKEN = frozenset({"key", "version", "step", "csrfmiddlewaretoken"})
"""What the form of an entry sends besides its fields."""


class ChoicePart(Record):
    code: Annotated[Code, Field(max_length=40)]
    label_vi: Annotated[str, Field(min_length=1, max_length=120)]


class FieldPart(Record):
    key: Annotated[Code, Field(max_length=40)]
    label_vi: Annotated[str, Field(min_length=1, max_length=80)]
    kind: FieldKind
    required: Flag = True
    choices: list[ChoicePart] = []
    min: Whole | None = None
    max: Whole | None = None
    max_length: Annotated[Whole, Field(gt=0, le=500)] = 200
    help_vi: Annotated[str, Field(max_length=400)] = ""

    def kept(self) -> dict[str, Any]:
        return {
            "key": self.key,
            "label": self.label_vi,
            "kind": self.kind.value,
            "required": self.required,
            "choices": [[row.code, row.label_vi] for row in self.choices],
            "min": self.min,
            "max": self.max,
            "max_length": self.max_length,
            "help": self.help_vi,
        }


class RangePart(Record):
    min: Whole | None = None
    max: Whole | None = None


Where = list[Code] | RangePart | Flag


class CountPart(Record):
    indicator: LongCode
    where: dict[str, Where] = {}
    source: str = ""

    def kept(self) -> dict[str, Any]:
        return {
            key: wanted.model_dump(exclude_none=True) if isinstance(wanted, RangePart) else wanted
            for key, wanted in self.where.items()
        }


class RegisterRow(Record):
    code: Code
    name_vi: Annotated[str, Field(min_length=1, max_length=200)]
    entry_vi: Annotated[str, Field(min_length=1, max_length=60)]
    note_vi: str = ""
    dated_by: Annotated[Code, Field(max_length=40)]
    valid_months: Annotated[Whole, Field(gt=0, le=600)] | None = None
    identity: list[Code] = []
    fields: Annotated[list[FieldPart], Field(min_length=1)]
    counts: Annotated[list[CountPart], Field(min_length=1)]
    source: Annotated[str, Field(max_length=400)] = ""


def import_registers(given: Path | str) -> Counts:
    """Bring the registers to what the file says; order in the file is their order.

    Registers not in the file stay. Raises DomainError and writes nothing when any row is bad, or
    would take the meaning from entries that are already in a book.
    """
    file = read_yaml(given)
    file.allow_only("registers")
    rows = file.rows("registers", RegisterRow)
    file.refuse_if_bad()
    with transaction.atomic():
        indicators = {row.code: row for row in Indicator.objects.all()}
        refuse_if(_problems(rows, indicators))
        return _write(rows, indicators)


def _write(rows: list[Row[RegisterRow]], indicators: Mapping[str, Indicator]) -> Counts:
    wanted = {
        row.data.code: {
            "code": row.data.code,
            "order": order,
            "name": row.data.name_vi,
            "entry_name": row.data.entry_vi,
            "note": row.data.note_vi,
            "fields": [part.kept() for part in row.data.fields],
            "dated_by": row.data.dated_by,
            "valid_months": row.data.valid_months,
            "identity": row.data.identity,
            "source": row.data.source,
        }
        for order, row in enumerate(rows)
    }
    done = sync(Register.objects.all(), wanted, lambda register: register.code)
    counts = {
        done.rows[row.data.code].pk: [
            {"indicator_id": indicators[part.indicator].pk, "where": part.kept(), "order": order}
            for order, part in enumerate(row.data.counts)
        ]
        for row in rows
    }
    return done.counts(sync_parts(RegisterCount, "register_id", counts, "order"))


# ------------------------------------------------------------------ checks


def _problems(
    rows: list[Row[RegisterRow]], indicators: Mapping[str, Indicator]
) -> Iterator[Problem]:
    yield from repeated(rows, lambda row: row.code, "code")
    stored = {row.code: row for row in Register.objects.all()}
    in_use = set(RegisterEntry.objects.values_list("book__register__code", flat=True).distinct())
    counted = {
        row.indicator.code: row.register.code
        for row in RegisterCount.objects.select_related("indicator", "register")
        if row.register.code not in {row.data.code for row in rows}
    }
    for row in rows:
        yield from _bad_fields(row)
        yield from _bad_names(row)
        for position, part in enumerate(row.data.counts):
            at: tuple[Key, ...] = ("counts", position)
            yield from _bad_indicator(row, part, indicators, counted, at)
            for key, wanted in part.where.items():
                yield from _bad_where(row, key, wanted, (*at, "where", key))
        if row.data.code in in_use:
            yield from _breaks_entries(row, stored[row.data.code])


def _bad_fields(row: Row[RegisterRow]) -> Iterator[Problem]:
    seen: set[str] = set()
    for position, part in enumerate(row.data.fields):
        at: tuple[Key, ...] = ("fields", position)
        if part.key in seen:
            yield row.problem(f"cột “{part.key}” lặp lại; bỏ một trong hai.", *at, "key")
        seen.add(part.key)
        if part.key in TAKEN:
            yield row.problem(f"mã cột “{part.key}” đã dùng cho biểu nhập; đổi mã.", *at, "key")
        if (part.kind == FieldKind.CHOICE) != bool(part.choices):
            yield row.problem("kind: choice đi cùng “choices”, và chỉ khi đó.", *at, "kind")
        codes = [choice.code for choice in part.choices]
        if len(set(codes)) < len(codes):
            yield row.problem("có hai lựa chọn cùng mã; bỏ một.", *at, "choices")
        if (
            again := _said_twice((choice.code, choice.label_vi) for choice in part.choices)
        ) is not None:
            yield row.problem(
                f"lựa chọn “{part.choices[again].label_vi}” trùng tên hoặc mã với lựa chọn trước; "
                "đổi tên.",
                *at,
                "choices",
                again,
                "label_vi",
            )
        limits = [name for name in ("min", "max") if getattr(part, name) is not None]
        if limits and part.kind != FieldKind.WHOLE:
            yield row.problem("min, max chỉ dùng cho kind: whole.", *at, limits[0])
        if _is_upside_down(part):
            yield row.problem(UPSIDE_DOWN, *at, "min")
    again = _said_twice((part.key, part.label_vi) for part in row.data.fields)
    if again is not None:
        yield row.problem(
            f"tên cột “{row.data.fields[again].label_vi}” trùng tên hoặc mã cột trước; đổi tên.",
            "fields",
            again,
            "label_vi",
        )


UPSIDE_DOWN = "min lớn hơn max, không số nào hợp; sửa một trong hai."


def _is_upside_down(part: FieldPart | RangePart) -> bool:
    return part.min is not None and part.max is not None and part.min > part.max


def _said_twice(named: Iterable[tuple[str, str]]) -> int | None:
    """The first (code, label) whose words may also mean one before it."""
    seen: set[str] = set()
    for position, (code, label) in enumerate(named):
        words = {plainly(code), plainly(label)}
        if words & seen:
            return position
        seen |= words
    return None


def _bad_names(row: Row[RegisterRow]) -> Iterator[Problem]:
    fields = {part.key: part for part in row.data.fields}
    yield from named_only(row, row.data.dated_by, fields, "cột", "dated_by")
    dated = fields.get(row.data.dated_by)
    if dated and (dated.kind != FieldKind.DAY or not dated.required):
        yield row.problem("cột ngày được tính cần kind: day, required: true.", "dated_by")
    for position, key in enumerate(row.data.identity):
        yield from named_only(row, key, fields, "cột", "identity", position)
        if key in fields and (fields[key].kind not in IDENTIFYING or not fields[key].required):
            yield row.problem(
                f"cột “{key}” không nhận biết được; cần chữ, danh sách hoặc xã, và bắt buộc ghi.",
                "identity",
                position,
            )


def _bad_indicator(
    row: Row[RegisterRow],
    part: CountPart,
    indicators: Mapping[str, Indicator],
    counted: dict[str, str],
    at: tuple[Key, ...],
) -> Iterator[Problem]:
    yield from named_only(row, part.indicator, indicators, "chỉ số", *at, "indicator")
    found = indicators.get(part.indicator)
    if found and not (found.is_input and found.value_type == ValueType.COUNT):
        yield row.problem(
            f"“{part.indicator}” không phải số đếm được nhập; chỉ đếm được chỉ số kind: input, "
            "value_type: count.",
            *at,
            "indicator",
        )
    if found and found.prefill_locked:
        yield row.problem(
            f"“{part.indicator}” đã lấy từ số cuối kỳ năm trước, không đếm từ sổ.", *at, "indicator"
        )
    if part.indicator in counted:
        yield row.problem(
            f"“{part.indicator}” đã đếm từ sổ “{counted[part.indicator]}”; mỗi số một nguồn.",
            *at,
            "indicator",
        )
    counted[part.indicator] = row.data.code


WANTED: dict[FieldKind, type] = {
    FieldKind.CHOICE: list,
    FieldKind.WHOLE: RangePart,
    FieldKind.YES_NO: bool,
}


def _bad_where(
    row: Row[RegisterRow], key: str, wanted: Where, at: tuple[Key, ...]
) -> Iterator[Problem]:
    fields = {part.key: part for part in row.data.fields}
    yield from named_only(row, key, fields, "cột", *at)
    if key not in fields:
        return
    field = fields[key]
    if field.kind not in COUNTABLE:
        yield row.problem("chỉ đếm theo cột kind: choice, whole hoặc yes_no.", *at)
    elif not isinstance(wanted, WANTED[field.kind]):
        yield row.problem(f"cột “{key}” là {field.kind.value}, điều kiện không hợp.", *at)
    elif isinstance(wanted, RangePart) and _is_upside_down(wanted):
        yield row.problem(UPSIDE_DOWN, *at)
    elif isinstance(wanted, list):
        if not wanted:
            yield row.problem("danh sách trống, không dòng nào được đếm; ghi lựa chọn.", *at)
        known = {choice.code for choice in field.choices}
        for position, code in enumerate(wanted):
            yield from named_only(row, code, known, "lựa chọn", *at, position)


def _breaks_entries(row: Row[RegisterRow], stored: Register) -> Iterator[Problem]:
    """What entries already say must go on meaning the same."""
    wanted = {part.key: part for part in row.data.fields}
    if row.data.dated_by != stored.dated_by:
        yield row.problem("sổ đã có dòng, không đổi được cột ngày được tính.", "dated_by")
    if set(row.data.identity) != set(stored.identity):
        yield row.problem("sổ đã có dòng, không đổi được các cột nhận biết.", "identity")
    for old in stored.columns:
        new = wanted.get(old.key)
        if new is None:
            yield row.problem(f"sổ đã có dòng, không bỏ được cột “{old.key}”.", "fields")
        elif new.kind != old.kind:
            yield row.problem(f"sổ đã có dòng, không đổi được kiểu của cột “{old.key}”.", "fields")
        elif {code for code, _label in old.choices} - {choice.code for choice in new.choices}:
            yield row.problem(
                f"sổ đã có dòng, không bỏ được lựa chọn của cột “{old.key}”.", "fields"
            )
        elif _means_another(old.choices, new.choices):
            yield row.problem(
                f"sổ đã có dòng, không chuyển được tên lựa chọn của cột “{old.key}” sang mã khác.",
                "fields",
            )


def _means_another(old: Iterable[tuple[str, str]], new: Iterable[ChoicePart]) -> bool:
    """Does a label that entries were written under stand for another code by now?"""
    codes = {plainly(label): code for code, label in old}
    return any(codes.get(plainly(choice.label_vi), choice.code) != choice.code for choice in new)
