"""Which of a unit's tables may be handed in filled in, and why the others may not."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from communes.models import Unit
from indicators.periods import Period
from povertyplan.lib.errors import DomainError
from povertyplan.lib.speech import officially
from reports.annexes.build import annexes_for
from reports.annexes.spec import AnnexSpec, Layout, Leaf, LeafKind, Measure, Timing, read_spec
from reports.annexes.wording import title
from reports.models import Annex


@dataclass(frozen=True, slots=True)
class Offered:
    """A table that the unit can print; `why_not`: why it is not read back, empty where it is."""

    annex: Annex
    spec: AnnexSpec
    why_not: str

    def __str__(self) -> str:
        """Biểu số 09 “Nhu cầu và kết quả huy động vốn theo nguồn”."""
        return _("Biểu số {number} “{title}”").format(
            number=self.spec.number, title=self.spec.title
        )

    @officially
    def titles(self, period: Period) -> list[str]:
        """What stands above the table, in each of its layouts."""
        layouts = self.spec.layouts
        return [title(self.spec, one.variant, period, self.annex.plan) for one in layouts]


def is_plain(leaf: Leaf, period: Period) -> bool:
    """Does the column show what a unit itself reports of one indicator for the year?"""
    is_of_year = leaf.period in (Timing.YEAR, period.year)
    return leaf.kind is LeafKind.INDICATOR and leaf.measure is Measure.RESULT and is_of_year


def offered(unit: Unit, period: Period) -> list[Offered]:
    """The tables of the unit, in the order of the list. One query."""
    found = []
    for annex in annexes_for(unit, period):
        try:
            spec = read_spec(annex.definition)
        except DomainError:
            continue  # cannot be printed either
        if spec.layouts:
            found.append(Offered(annex, spec, _why_not(spec, spec.layouts, period)))
    return found


def _why_not(spec: AnnexSpec, layouts: Iterable[Layout], period: Period) -> str:
    if spec.rows.items:
        return _("mỗi dòng của biểu là một chỉ tiêu, không phải một đơn vị")
    if spec.rows.lines:
        return _("mỗi đơn vị trong biểu có nhiều dòng, không phải một dòng")
    if not any(is_plain(leaf, period) for layout in layouts for leaf in layout.leaves):
        return _("biểu không có cột nào là số nhập của năm")
    return ""


def refuse_unread(table: Offered, tables: Sequence[Offered]) -> None:
    """Raises DomainError: which table the file is, why it is not read, which ones are."""
    words = _(
        "Tệp là {table}. Biểu này không đọc lại được: {why}. Số của biểu lấy từ báo cáo, nhập ở "
        "trang Báo cáo của đơn vị. Biểu đọc lại được: {read}."
    )
    raise DomainError(
        words.format(table=table, why=table.why_not, read=numbers_of(tables) or _("không có"))
    )


def numbers_of(tables: Sequence[Offered]) -> str:
    """01, 02, 7a: the tables that are read back; two of one number with their titles."""
    read = [table for table in tables if not table.why_not]
    unread = {table.spec.number for table in tables if table.why_not}
    named = (str(table) if table.spec.number in unread else table.spec.number for table in read)
    return ", ".join(dict.fromkeys(named))
