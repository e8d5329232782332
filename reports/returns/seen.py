"""What somebody had before their eyes, so that what is signed is what was seen."""

from __future__ import annotations

from zlib import crc32

from django.utils.translation import gettext as _

from povertyplan.lib.errors import Problem
from reports.returns.pieces import Return, Row, plain
from reports.returns.telling import answer_text, kept_text


def seen_in(current: Return) -> str:
    """The state of a return in one line: `3 code=100 code=na/5a1c09e2 code=`.

    The version of the report, then what each figure says, with the sum of its note's bytes.
    """
    words = [f"{row.code}={_said(row)}" for row in current.inputs]
    return " ".join([str(current.report.version), *words])


def changed_since(current: Return, seen: str) -> list[Problem]:
    """What differs from `seen`, a line of `seen_in`, figure by figure; nothing when all is as then.

    A line that cannot be read was no look at this return.
    """
    if seen == seen_in(current):
        return []
    version, _blank, rest = seen.partition(" ")
    then = dict(word.split("=", 1) for word in rest.split(" ") if "=" in word)
    problems = [
        Problem(
            _change(row, then.get(row.code)),
            where=f"{row.number} {row.indicator.name}",
            code="changed",
            key=row.code,
        )
        for row in current.inputs
        if then.get(row.code) != _said(row)
    ]
    if version != str(current.report.version) or not problems:
        sentence = _("Báo cáo đã được xử lý từ lúc đồng chí mở trang.")
        problems.insert(0, Problem(sentence, code="changed"))
    return problems


def _said(row: Row) -> str:
    kept = plain(row.answer, row.value)
    return f"{kept}/{crc32(row.note.encode()):08x}" if row.note else kept


def _change(row: Row, then: str | None) -> str:
    now = answer_text(row.indicator, row.answer, row.value)
    by = _(" Người nhập: {by}.").format(by=row.entered_by) if row.entered_by else ""
    if then is None:
        return _("Lúc đồng chí xem chưa có chỉ tiêu này; nay là {now}.").format(now=now) + by
    before = then.partition("/")[0]
    if before == plain(row.answer, row.value):
        return _("Số vẫn là {now}; ghi chú nay là “{note}”.").format(now=now, note=row.note) + by
    return (
        _("Lúc đồng chí xem là {then}, nay là {now}.").format(
            then=kept_text(row.indicator, before), now=now
        )
        + by
    )
