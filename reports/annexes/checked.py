"""Checking a printed sheet: its table is drawn up anew and the codes are compared."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib.auth.models import AnonymousUser
from django.http import Http404
from django.utils.translation import gettext as _

from communes.models import Official, Unit, UnitGroup
from indicators.freshness import Freshness
from povertyplan.lib.errors import DomainError
from reports.annexes.build import annexes_for, build_table
from reports.annexes.checking import CheckCode, digest_of, folded, read_code
from reports.annexes.lines import GROUP, Area, Place
from reports.annexes.pages import find_area, scope_of
from reports.annexes.paper import MOST_ROWS
from reports.annexes.readers import closed_words, is_open
from reports.annexes.sources import Change, latest_changes
from reports.annexes.spec import read_spec
from reports.annexes.table import PrintedRow, Table, printed_rows
from reports.models import Annex


@dataclass(frozen=True, slots=True)
class Checked:
    """What became of a code. `table` is that of today; `rows` only where it is short enough."""

    code: CheckCode
    annex: Annex
    place: Place
    table: Table
    is_same: bool
    fresh: Freshness
    changes: list[Change]
    rows: list[PrintedRow]

    @property
    def variant(self) -> str:
        return self.table.layout.variant


def check_sheet(text: str, *, by: Official | AnonymousUser) -> Checked:
    """Does a sheet with this code still say what the system does?

    Raises DomainError when the code cannot be read or there is no such table, and Http404, as any
    page of the unit, for who may not see it, or not this table of it.
    """
    code = read_code(text)
    area = _area(code, by)
    place = Place(area, code.period)
    annex = _annex(code, place)
    variant = _variant(code, annex)
    fresh = scope_of(area, (code.period,)).freshness()  # before the figures
    table = build_table(annex, area, code.period, code.stage, variant)
    if not is_open(table, by):
        raise Http404(closed_words(place))
    is_same = digest_of(table) == code.digest
    return Checked(
        code=code,
        annex=annex,
        place=place,
        table=table,
        is_same=is_same,
        fresh=fresh,
        changes=[] if is_same else latest_changes(table),
        rows=printed_rows(table) if len(table.rows) <= MOST_ROWS else [],
    )


def _area(code: CheckCode, by: Official | AnonymousUser) -> Area:
    if code.place:
        known = Unit.objects.named(code.place, on=code.period.end)
        return find_area(by, code.place if known else code.place.lower(), code.period)
    codes = UnitGroup.objects.values_list("code", flat=True)
    named = next((one for one in codes if folded(one) == code.group), "")
    return find_area(by, f"{GROUP}{named}", code.period)


def _annex(code: CheckCode, place: Place) -> Annex:
    for annex in annexes_for(place.area, code.period):
        if folded(annex.code) == code.annex:
            return annex
    words = _("Mã kiểm tra ghi một biểu không có trong danh mục của {unit}, {period}.")
    raise DomainError(words.format(unit=place.name_in_sentence, period=code.period.label))


def _variant(code: CheckCode, annex: Annex) -> str:
    layouts = read_spec(annex.definition).layouts
    if code.variant > len(layouts):
        raise DomainError(
            _("Biểu này có {n} dạng; mã kiểm tra ghi dạng {variant}.").format(
                n=len(layouts), variant=code.variant
            )
        )
    return layouts[code.variant - 1].variant
