"""The order of the table of units, and who is which of those that have reported."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from reports.dashboards.heat import BY_LATE, BY_RETURN, Heat, HeatColumn, HeatRow


def sorted_heat(heat: Heat, asked: str) -> Heat:
    """Return the table in the order `asked` for; an unknown order is that of the units.

    A column's key sorts it upwards, with a minus before it downwards; units without a figure
    stand last either way. Only by a column that has a good end are units ranked.
    """
    down, key = asked.startswith("-"), asked.removeprefix("-")
    place = next((n for n, column in enumerate(heat.columns) if column.key == key), None)
    if place is not None:
        rows = _by_column(heat.rows, place, down=down)
        rows = _ranked(rows, heat.columns[place], place)
        return _with_links(replace(heat, rows=tuple(rows), sort=asked))
    if asked == BY_LATE and heat.is_judged:
        return _with_links(replace(heat, rows=tuple(_by_late(heat.rows)), sort=asked))
    if asked == BY_RETURN and heat.has_returns:
        return _with_links(replace(heat, rows=tuple(_by_return(heat.rows)), sort=asked))
    return _with_links(heat)


def _by_column(rows: Sequence[HeatRow], place: int, *, down: bool) -> list[HeatRow]:
    told = [row for row in rows if row.cells[place].value is not None]
    silent = [row for row in rows if row.cells[place].value is None]
    told.sort(key=lambda row: row.cells[place].value or Decimal(0), reverse=down)
    return [*told, *silent]


def _ranked(rows: Sequence[HeatRow], column: HeatColumn, place: int) -> list[HeatRow]:
    """With 3/17: the third best of the 17 that have the figure; equals share a rank."""
    if column.lower_first is None:
        return list(rows)
    values = [row.cells[place].value for row in rows]
    known = sorted((value for value in values if value is not None), reverse=not column.lower_first)
    return [
        row if value is None else replace(row, rank=f"{known.index(value) + 1}/{len(known)}")
        for row, value in zip(rows, values, strict=True)
    ]


def _by_late(rows: Sequence[HeatRow]) -> list[HeatRow]:
    """Most promises behind first, then most at risk; who has no verdict at all last."""
    return sorted(rows, key=lambda row: (not row.is_judged, -row.late[0], -row.late[1]))


def _by_return(rows: Sequence[HeatRow]) -> list[HeatRow]:
    """Whose return is furthest from done first; who owes none last."""
    return sorted(rows, key=lambda row: (row.sent is None, row.sent.place if row.sent else 0))


def _with_links(heat: Heat) -> Heat:
    """Each heading leads to its other direction: first to the good end where there is one."""
    columns = tuple(_with_link(column, heat.sort) for column in heat.columns)
    return replace(heat, columns=columns)


def _with_link(column: HeatColumn, shown: str) -> HeatColumn:
    up, down = column.key, f"-{column.key}"
    if shown == up:
        return replace(column, sort=down, sorted_by="ascending")
    if shown == down:
        return replace(column, sort=up, sorted_by="descending")
    return replace(column, sort=up if column.lower_first else down)
