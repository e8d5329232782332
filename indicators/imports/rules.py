"""Validation rules from a file: linear relations between indicators of one unit."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal

from django.db import transaction
from pydantic import Field

from communes.models import Tier
from indicators.enums import AppliesTo, Comparator, Severity
from indicators.models import Indicator, RuleTerm, SeriesBreak, ValidationRule
from indicators.rulemaking import CHANGED
from indicators.wording import has_stray_brace, known_names, named_in
from povertyplan.lib.errors import Problem
from povertyplan.lib.reading import (
    Flag,
    LongCode,
    Number,
    Record,
    Row,
    Whole,
    named_only,
    read_yaml,
    refuse_if,
    repeated,
)
from povertyplan.lib.syncing import Counts, record_history, sync, sync_links, sync_parts


class RuleRow(Record):
    id: LongCode
    name_vi: Annotated[str, Field(min_length=1, max_length=200)]
    severity: Severity
    message_vi: Annotated[str, Field(min_length=1)]
    terms: Annotated[
        list[tuple[Number, LongCode, Annotated[Whole, Field(ge=-10, le=0)]]],
        Field(min_length=1),
    ]
    comparator: Comparator
    constant: Number = Decimal(0)
    tolerance: Annotated[Number, Field(ge=0)] = Decimal(0)
    tiers: Annotated[list[str], Field(min_length=1)]
    measures: Annotated[list[Literal["result", "plan"]], Field(min_length=1)]
    solve_for: LongCode | None = None
    skip_at_breaks: list[str] = []
    applies_to: AppliesTo = AppliesTo.ALL
    source: Annotated[str, Field(max_length=300)] = ""
    note: str = ""
    note_vi: str = ""
    assumed: Flag = False


def import_rules(given: Path | str) -> Counts:
    """Bring the rules to what the file says, matched by id; order in the file is their order.

    Whether a rule is switched on is an administrator's choice and stays; so do the words, the
    severity and the tolerance of a rule that an administrator has edited: an upgrade must not
    undo that. Rules not in the file stay. Raises DomainError and writes nothing when any row is
    bad.
    """
    file = read_yaml(given)
    file.allow_only("rules")
    rows = file.rows("rules", RuleRow)
    file.refuse_if_bad()
    with transaction.atomic():
        refuse_if(_problems(rows))
        return _write(rows, f"Nhập từ {file.source.name}"[:100])


def _problems(rows: list[Row[RuleRow]]) -> Iterator[Problem]:
    yield from repeated(rows, lambda row: row.id, "id")
    indicators = set(Indicator.objects.values_list("code", flat=True))
    tiers = set(Tier.objects.values_list("code", flat=True))
    breaks = set(SeriesBreak.objects.values_list("code", flat=True))
    for row in rows:
        for position, tier in enumerate(row.data.tiers):
            yield from named_only(row, tier, tiers, "cấp", "tiers", position)
        for position, code in enumerate(row.data.skip_at_breaks):
            yield from named_only(row, code, breaks, "mốc đứt chuỗi", "skip_at_breaks", position)
        yield from _bad_terms(row, indicators)
        yield from _bad_message(row)


def _bad_terms(row: Row[RuleRow], indicators: set[str]) -> Iterator[Problem]:
    seen: set[tuple[str, int]] = set()
    for position, (coefficient, code, offset) in enumerate(row.data.terms):
        yield from named_only(row, code, indicators, "chỉ số", "terms", position, 1)
        if not coefficient:
            yield row.problem("hệ số 0 làm số hạng vô nghĩa; sửa hoặc bỏ.", "terms", position, 0)
        if (code, offset) in seen:
            yield row.problem(
                f"“{code}” lặp lại trong cùng kỳ; gộp hai số hạng.", "terms", position, 1
            )
        seen.add((code, offset))
    if row.data.solve_for and (row.data.solve_for, 0) not in seen:
        yield row.problem(
            f"“{row.data.solve_for}” không phải số hạng trong kỳ (lệch 0) của quy tắc; "
            "chọn một số hạng.",
            "solve_for",
        )


def _bad_message(row: Row[RuleRow]) -> Iterator[Problem]:
    """Placeholders are names in braces; any other brace would show on the screen."""
    known = known_names((code, offset) for _, code, offset in row.data.terms)
    message = row.data.message_vi
    for name in named_in(message):
        yield from named_only(row, name, known, "chỗ điền", "message_vi")
    if has_stray_brace(message):
        yield row.problem("có dấu ngoặc nhọn lẻ; mỗi chỗ điền ghi {tên}.", "message_vi")


def _write(rows: list[Row[RuleRow]], reason: str) -> Counts:
    keys = dict(Indicator.objects.values_list("code", "pk"))
    tiers = dict(Tier.objects.values_list("code", "pk"))
    breaks = dict(SeriesBreak.objects.values_list("code", "pk"))
    edited = _edited()
    done = sync(
        ValidationRule.objects.all(),
        {
            row.data.id: _attributes(order, row.data, keys) | edited.get(row.data.id, {})
            for order, row in enumerate(rows)
        },
        lambda rule: rule.code,
    )
    by_pk = {done.rows[row.data.id].pk: row.data for row in rows}
    touched = sync_parts(
        RuleTerm, "rule_id", {pk: _terms(data, keys) for pk, data in by_pk.items()}, "order"
    )
    touched |= sync_links(
        ValidationRule.tiers.through,
        "validationrule_id",
        "tier_id",
        {pk: {tiers[code] for code in data.tiers} for pk, data in by_pk.items()},
    )
    touched |= sync_links(
        ValidationRule.skip_at_breaks.through,
        "validationrule_id",
        "seriesbreak_id",
        {pk: {breaks[code] for code in data.skip_at_breaks} for pk, data in by_pk.items()},
    )
    record_history(done.created, created=True, reason=reason)
    record_history(done.touched(touched), created=False, reason=reason)
    return done.counts(touched)


def _edited() -> dict[str, dict[str, Any]]:
    """What an administrator may change of a rule, of those that one has changed, by code."""
    touched = ValidationRule.history.filter(history_user__isnull=False).values("id")
    rows = ValidationRule.objects.filter(pk__in=touched).values("code", *CHANGED)
    return {row.pop("code"): row for row in rows}


def _attributes(order: int, data: RuleRow, keys: dict[str, int]) -> dict[str, Any]:
    return {
        "code": data.id,
        "name": data.name_vi,
        "order": order,
        "severity": data.severity.value,
        "message": data.message_vi,
        "comparator": data.comparator.value,
        "constant": data.constant,
        "tolerance": data.tolerance,
        "measures": list(data.measures),
        "applies_to": data.applies_to.value,
        "solve_for_id": keys[data.solve_for] if data.solve_for else None,
        "source": data.source,
        "note": data.note_vi or data.note,
        "assumed": data.assumed,
    }


def _terms(data: RuleRow, keys: dict[str, int]) -> list[dict[str, Any]]:
    return [
        {"indicator_id": keys[code], "coefficient": coefficient, "offset": offset, "order": order}
        for order, (coefficient, code, offset) in enumerate(data.terms)
    ]
