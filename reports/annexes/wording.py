"""The words of a form: issuing body, reference line, notes, stamp, file name.

A form is a document in Vietnamese whatever the language of the screen, so nothing here is
translated. Source: Decree 30/2020 for its frame; annexes.yaml for reference_line_vi and symbols.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from django.utils import timezone
from django.utils.text import slugify

from communes.enums import MemberSource
from communes.models import Unit
from indicators.enums import Stage
from indicators.periods import Period
from plans.models import Plan
from reports.annexes.lines import Place
from reports.annexes.spec import AnnexSpec, Layout, Measure, SignatureBlock
from reports.annexes.table import PROVISIONAL_MARK, SAMPLE_MARK, SYMBOLS, Cell, CellKind
from reports.enums import ReportState

BLANK = "…"
_KINDS = ("Tỉnh", "Thành phố", "Huyện", "Quận", "Thị xã", "Thị trấn", "Phường", "Xã")
_SYMBOL_MEANING = {
    CellKind.MISSING: "chưa có số liệu",
    CellKind.NOT_APPLICABLE: "không áp dụng",
    CellKind.NOT_PLANNED: "chưa giao kế hoạch",
}
_OFFICIAL_MEANING = {CellKind.MISSING: "chưa có số liệu được duyệt"}
_DASHES = {CellKind.NOT_APPLICABLE, CellKind.NOT_PLANNED}
_STATE_NOTES = {
    ReportState.DRAFT: "Đang nhập",
    ReportState.SUBMITTED: "Chờ duyệt",
    ReportState.RETURNED: "Đang sửa",
    ReportState.ENDORSED: "Chờ cấp trên duyệt",
    ReportState.REOPENED: "Đang sửa",
}
NOT_APPROVED = "Chưa duyệt"
_LISTED = 20
"""Names in a note before the rest is counted."""


def group_notes(place: Place) -> list[str]:
    """Which units of a group the table speaks of: those known, and still there that year."""
    group = place.group
    if group is None:
        return []
    known, wanted = len(place.units), group.expected_size
    there = set(place.communes)
    gone = [unit for unit in place.units if unit not in there]
    sample = [row.unit for row in group.member_rows if row.source == MemberSource.SAMPLE]
    notes = []
    if wanted is None:
        notes.append(f"Văn bản không nêu nhóm có mấy đơn vị; biểu gồm {known} đơn vị đã biết.")
    elif known != wanted:
        notes.append(f"Mới biết {known}/{wanted} đơn vị của nhóm; biểu chỉ gồm các đơn vị đã biết.")
    if gone:
        notes.append(f"Không còn vào ngày cuối kỳ: {unit_names(gone)}.")
    if sample:
        notes.append(f"Đơn vị minh họa trong nhóm: {unit_names(sample)}.")
    return notes


def title_of_place(title: str, place: Place) -> str:
    """A group is named in the title; a unit stands at the head of the form."""
    return f"{title} – {place.group.name}" if place.group else title


def issuer_lines(unit: Unit) -> tuple[str, str]:
    return "ỦY BAN NHÂN DÂN", unit.name.upper()


def place_of(unit: Unit) -> str:
    """The name without its kind, as a place stands before a date: Bắc Hà, ngày …"""
    for kind in _KINDS:
        if unit.name.startswith(f"{kind} "):
            return unit.name.removeprefix(f"{kind} ")
    return unit.name


def reference_line(plan: Plan | None, unit: Unit, period: Period, layout: Layout) -> str:
    """The document the table goes with; numbers and dates not known stay blank.

    The plan itself, where `unit` is the one whose plan it is and the plan can state the figures;
    else the report of `unit`, on its own plan where it has one.
    """
    report = f"Báo cáo số {BLANK}/BC-UBND {_date_words('')} của UBND {unit.name_in_sentence}"
    if plan is None or plan.unit_id != unit.pk:
        return f"(Kèm theo {report})"
    named = f"{plan.kind} số {plan.number or f'{BLANK}/{_symbol(plan)}'}"
    if _is_stated_by(plan, period, layout):
        return f"(Kèm theo {named} {_date_words(plan.issued_on)} của {plan.issuer})"
    return f"(Kèm theo {report} về kết quả thực hiện {named}{_short_date(plan)})"


def _is_stated_by(plan: Plan, period: Period, layout: Layout) -> bool:
    """Are the figures planned ones alone, or of a period that was over when the plan was issued?

    Of a day known in part, or only as the first year planned for, the earliest is taken: so no
    plan is said to state what its writers may not have known.
    """
    figures = [leaf for leaf in layout.leaves if leaf.text is None]
    if all(leaf.measure is Measure.PLAN for leaf in figures):
        return True
    issued_on = plan.issued_on or str(plan.year_from or "")
    return period.end.isoformat() <= issued_on  # 2024-12-31 is before 2025, and after 2024-12


def _symbol(plan: Plan) -> str:
    """KH-UBND: the initials of the kind of document, and of the body that issues it."""
    initials = "".join(word[0] for word in plan.kind.split()).upper()
    return f"{initials}-UBND" if plan.issuer.startswith("UBND ") else initials


def _date_words(issued_on: str) -> str:
    year, month, day = ([*issued_on.split("-"), "", "", ""])[:3]
    return f"ngày {day or BLANK} tháng {month or BLANK} năm {year or BLANK}"


def _short_date(plan: Plan) -> str:
    """ngày 25/11/2021, tháng 11/2021, năm 2021; of a plan without a date the years it is for."""
    if not plan.issued_on:
        return f" giai đoạn {plan.year_from}-{plan.year_to}" if plan.year_from else ""
    parts = plan.issued_on.split("-", 2)
    return f" {('năm', 'tháng', 'ngày')[len(parts) - 1]} {'/'.join(reversed(parts))}"


def title(spec: AnnexSpec, variant: str, period: Period, plan: Plan | None) -> str:
    if variant == "period" and plan is not None and plan.year_from:
        return f"{spec.title} giai đoạn {plan.year_from}-{plan.year_to}"
    # "… trong năm" already says what the figure after it is
    when = str(period.year) if period.is_year and spec.title.endswith(" năm") else period.label
    return f"{spec.title} {when}"


def signed_at(block: SignatureBlock, unit: Unit) -> SignatureBlock:
    """The block with the place of `unit`: a layout names the place it was drawn up for."""
    _, comma, rest = block.place_date.partition(",")
    return replace(block, place_date=f"{place_of(unit)}{comma}{rest}") if comma else block


def marks(*, has_sample: bool, stage: str) -> tuple[str, ...]:
    """What every page must say of its figures."""
    return (
        *((SAMPLE_MARK,) if has_sample else ()),
        *((PROVISIONAL_MARK,) if stage == Stage.PROVISIONAL else ()),
    )


def stamp(
    stage: str, made_at: datetime, coverage: tuple[int, int] | None, *, has_sample: bool
) -> str:
    """Bản tạm tính · lập 13/12/2024 14:05 · 17/18 đơn vị có đủ số liệu."""
    parts = [f"Bản {Stage(stage).label}", f"lập {timezone.localtime(made_at):%d/%m/%Y %H:%M}"]
    if coverage:
        parts.append(f"{coverage[0]}/{coverage[1]} đơn vị có đủ số liệu")
    if has_sample:
        parts.append("số liệu minh họa, chưa có giá trị báo cáo")
    return " · ".join(parts)


def file_name(spec: AnnexSpec, variant: str, place: Place, stage: str) -> str:
    """bieu-01-bac-ha-2024-tam-tinh.xlsx: letters every mail system passes on."""
    span = "" if variant == "year" else "giai-doan-"
    where = place.group.name if place.group else place.unit.short_name
    name = f"bieu {spec.code} {where} {span}{place.period.code} {Stage(stage).label}"
    return f"{_ascii_slug(name)}.xlsx"


def _ascii_slug(text: str) -> str:
    plain = unicodedata.normalize("NFD", text.replace("đ", "d").replace("Đ", "D"))
    return slugify(plain.encode("ascii", "ignore").decode())


def state_note(state: str | None, stage: str, *, is_empty: bool) -> str:
    """The remark on a unit's row: where its return stands, as long as it matters.

    A unit without a return but with figures (taken over from files) has no remark.
    """
    if stage == Stage.OFFICIAL:
        return NOT_APPROVED if is_empty and state != ReportState.APPROVED else ""
    if state is None:
        return "Chưa nộp" if is_empty else ""
    return _STATE_NOTES.get(ReportState(state), "")


def symbol_note(cells: Iterable[Cell], stage: str, *, has_not_due: bool) -> list[str]:
    """What the symbols in the table mean, those that occur."""
    kinds = {cell.kind for cell in cells}
    meaning = _SYMBOL_MEANING | _OFFICIAL_MEANING if stage == Stage.OFFICIAL else _SYMBOL_MEANING
    told = [f"“{symbol}” {meaning[kind]}" for kind, symbol in SYMBOLS.items() if kind in kinds]
    if kinds >= _DASHES:
        told[-2:] = [f"{told[-2]}, ở cột kế hoạch và so với kế hoạch là chưa giao kế hoạch"]
    if has_not_due:
        told.append("ô trống là chưa đến kỳ")
    return [f"Ký hiệu: {'; '.join(told)}."] if told else []


def missing_note(words: str, line: str, names: str) -> str:
    """Chưa có số liệu: xã A. Of one line of each unit: Chưa có số liệu (dòng Hộ): xã A."""
    return f"{words} (dòng {line}): {names}." if line else f"{words}: {names}."


def all_rows(count: int, *, of_units: bool) -> str:
    return f"cả {count} đơn vị" if of_units else f"cả {count} dòng"


def unit_names(units: Sequence[Unit], *, with_parent: bool = False) -> str:
    """xã A, thị trấn B; in a province each with its district; a long list ends in a count."""
    names = [
        f"{unit.name_in_sentence} ({place_of(unit.parent)})"
        if with_parent and unit.parent
        else unit.name_in_sentence
        for unit in units[:_LISTED]
    ]
    rest = len(units) - _LISTED
    return ", ".join(names) + (f" và {rest} đơn vị khác" if rest > 0 else "")


def lacking_years(gaps: Mapping[tuple[Period, ...], str]) -> str:
    """năm 2022 ở xã A; năm 2022, 2023 ở xã B; no names: in all of them."""
    return "; ".join(
        f"năm {', '.join(str(year) for year in years)}{f' ở {names}' if names else ''}"
        for years, names in gaps.items()
    )


def years_note(numbers: Sequence[str], lacking: str) -> str:
    """Which years means or running totals lack, and in which units."""
    return f"Cột {_columns(numbers)} chưa gồm {lacking}."


def merger_note(unit: Unit, before: Sequence[Unit]) -> str:
    return (
        f"Số liệu của {unit.name_in_sentence} trước khi sáp nhập gồm cả {unit_names(before)} "
        "để so sánh được giữa các năm."
    )


def balance_note(number: str, line: str, names: str) -> str:
    where = f", dòng {line}," if line else ""
    return f"Cột ({number}){where} khác kết quả tính theo các cột ở {names}."


def total_note(numbers: Sequence[str], *, of_units: bool) -> str:
    columns = _columns(numbers)
    if not of_units:
        return f"Cột {columns}: dòng tổng khác tổng các dòng cộng vào nó."
    return f"Cột {columns}: dòng tổng là số tổng hợp của cả địa bàn, khác tổng các dòng."


def _columns(numbers: Sequence[str]) -> str:
    return ", ".join(f"({number})" for number in numbers)


PENDING_NOTE = "Có số liệu mới chưa được cộng vào biểu; lập lại biểu sau ít phút."
SAMPLE_GROUP_NOTE = "Danh sách xã trong biểu có xã minh họa, không theo văn bản nào."
