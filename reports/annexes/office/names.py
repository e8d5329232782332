"""What a template of an office may name, and what each name says of a finished table.

Names are Vietnamese without marks, as officials type them. Those of a row are the same for the
rows of units (dong), subtotals (nhom) and the total (tong): stt, ten and cot_ with the printed
number of the column.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import partial

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from communes.models import Official
from indicators.periods import Period
from povertyplan.lib.bookforms.fill import Line, Values
from povertyplan.lib.bookforms.marks import GROUP, NOTHING, TOTAL, UNIT, Names, Value
from reports.annexes.measures import measured
from reports.annexes.spec import AnnexSpec, Layout, Leaf, TextColumn
from reports.annexes.table import Row, RowKind, Table

PAGE_MARK = "dau_so_lieu"
NAMING = frozenset({"ten_bieu", "ten_don_vi"})
"""Either says which group a table is of; the rest speaks of the unit above it."""


@dataclass(frozen=True)
class Paper:
    """A table that is put into a template: of which period, taken by whom."""

    table: Table
    period: Period
    by: Official
    area_name: str
    stage: str


def _lines(words: tuple[str, ...]) -> str:
    return " ".join(words)


SINGLE: Mapping[str, tuple[str | Promise, Callable[[Paper], str]]] = {
    "co_quan": (gettext_lazy("cơ quan ban hành"), lambda p: p.table.issuer_lines[0]),
    "dia_ban": (gettext_lazy("địa bàn, chữ in"), lambda p: p.table.issuer_lines[1]),
    "ten_don_vi": (gettext_lazy("tên đơn vị hoặc nhóm"), lambda p: p.area_name),
    "ky": (gettext_lazy("kỳ báo cáo"), lambda p: p.period.label),
    "nam": (gettext_lazy("năm"), lambda p: str(p.period.year)),
    "so_bieu": (gettext_lazy("số của biểu"), lambda p: p.table.number),
    "ten_bieu": (gettext_lazy("tên biểu"), lambda p: p.table.title),
    "kem_theo": (gettext_lazy("văn bản mà biểu kèm theo"), lambda p: p.table.reference),
    "don_vi_tinh": (gettext_lazy("đơn vị tính"), lambda p: p.table.unit_of_measure),
    "loai_so": (gettext_lazy("loại số liệu"), lambda p: p.stage),
    PAGE_MARK: (
        gettext_lazy("chữ phải in trên mọi trang; không có chỗ này thì in ở đầu trang"),
        lambda p: " – ".join(p.table.marks),
    ),
    "ghi_chu": (gettext_lazy("ghi chú của biểu"), lambda p: _lines(p.table.notes)),
    "luu_y": (
        gettext_lazy("lưu ý về số liệu: đơn vị thiếu số, nghĩa của ký hiệu"),
        lambda p: _lines(p.table.remarks),
    ),
    "ban": (gettext_lazy("bản nào, lập lúc nào, bao nhiêu đơn vị"), lambda p: p.table.stamp),
    "ma_kiem_tra": (gettext_lazy("mã kiểm tra của biểu"), lambda p: p.table.check_code),
    "noi_ngay": (gettext_lazy("địa danh, ngày tháng năm"), lambda p: p.table.right.place_date),
    "ngay_lap": (
        gettext_lazy("ngày lập biểu"),
        lambda p: f"{timezone.localtime(p.table.made_at):%d/%m/%Y}",
    ),
    "nguoi_lap": (gettext_lazy("họ tên người tải biểu"), lambda p: str(p.by)),
}
"""Name → (what it says, how it is had)."""


def column_names(layout: Layout) -> dict[str, Leaf]:
    """stt, ten and cot_1, cot_2, cot_a… → the column of each."""
    found = {
        f"cot_{slugify(number).replace('-', '_')}": leaf
        for leaf, number in zip(layout.leaves, layout.numbers, strict=True)
    }
    for leaf in layout.leaves:
        if leaf.text is TextColumn.ROW_NUMBER:
            found.setdefault("stt", leaf)
        elif leaf.is_head:
            found.setdefault("ten", leaf)
    return found


def names_of(spec: AnnexSpec, layout: Layout) -> Names:
    """Of the rows of a table by items every one is `dong`, as the total stands among them."""
    columns = frozenset(column_names(layout))
    if spec.rows.items:
        return Names(frozenset(SINGLE), {UNIT: columns}, frozenset({UNIT}))
    repeated = {UNIT, GROUP, *([TOTAL] if spec.rows.lines else [])}
    return Names(
        frozenset(SINGLE), dict.fromkeys((UNIT, GROUP, TOTAL), columns), frozenset(repeated)
    )


def values_of(paper: Paper, spec: AnnexSpec, *, is_marked: bool) -> Values:
    """`is_marked`: the template itself says what every page must say."""
    table = paper.table
    columns = column_names(table.layout)
    places = {leaf.id: place for place, leaf in enumerate(table.layout.leaves)}
    at = {name: (places[leaf.id], leaf) for name, leaf in columns.items()}
    single = {name: Value(told(paper)) for name, (_words, told) in SINGLE.items()}
    if not spec.rows.items:
        total = next((row for row in table.rows if row.kind is RowKind.TOTAL), None)
        told = _told(total, at) if total else {}
        single |= {f"{TOTAL}.{name}": value for name, value in told.items()}
    # by their place, so that a row is looked at when its line is written
    kinds = [_kind(row, spec) for row in table.rows]
    lines = [Line(kind, partial(_told_at, table, place, at)) for place, kind in enumerate(kinds)]
    mark = "" if is_marked else single[PAGE_MARK].text
    return Values(single, lines, mark, measured(table).last_page)


def _kind(row: Row, spec: AnnexSpec) -> str:
    if spec.rows.items:
        return UNIT
    return {RowKind.TOTAL: TOTAL, RowKind.SUBTOTAL: GROUP}.get(row.kind, UNIT)


def _told_at(table: Table, place: int, at: Mapping[str, tuple[int, Leaf]]) -> dict[str, Value]:
    return _told(table.rows[place], at)


def _told(row: Row, at: Mapping[str, tuple[int, Leaf]]) -> dict[str, Value]:
    """What one row says; a name that stands over several lines is said on the first."""
    told = {}
    for name, (place, leaf) in at.items():
        cell = row.cells[place]
        words = cell.printed(leaf.decimals)
        if leaf.is_shared and not row.span:
            told[name] = NOTHING
        elif leaf.text is TextColumn.ROW_NUMBER and words.isdecimal():
            told[name] = Value(words, number=Decimal(words))
        else:
            told[name] = Value(words, cell.value)
    return told


@dataclass(frozen=True, slots=True)
class PlaceHolder:
    """One line of the page of place-holders."""

    name: str
    words: str
    example: str = ""


def place_holders(spec: AnnexSpec, layout: Layout) -> Iterator[PlaceHolder]:
    """Every name that a template of the layout may use, with what it says."""
    for name, (words, _told) in SINGLE.items():
        yield PlaceHolder(f"{{{{ {name} }}}}", str(words))
    names = names_of(spec, layout)
    kinds = {
        UNIT: _("dòng của các đơn vị, lặp mỗi đơn vị một dòng"),
        GROUP: _("dòng nhóm (huyện, khu vực), ngay trên dòng đơn vị; không có thì bỏ các dòng này"),
        TOTAL: _("dòng tổng"),
    }
    for kind in names.rows:
        said = _("dòng của biểu, lặp mỗi chỉ tiêu một dòng") if spec.rows.items else kinds[kind]
        yield PlaceHolder(f"{{{{ {kind}.… }}}}", said)
    for name, leaf in column_names(layout).items():
        yield PlaceHolder(f"{{{{ {UNIT}.{name} }}}}", leaf.heading, _heading_above(layout, leaf))


def _heading_above(layout: Layout, leaf: Leaf) -> str:
    """The group of columns that a column belongs to."""
    column = layout.leaves.index(leaf)
    above = [
        cell.text
        for cell in layout.header
        if cell.is_group and cell.column <= column < cell.column + cell.columns
    ]
    return " › ".join(above)
