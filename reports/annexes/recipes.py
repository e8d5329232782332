"""Which cells of a table are formulas, and which formulas.

A recipe is attached only where it works out to the very figure of the cell; elsewhere the cell
stays a plain number. So a workbook's formulas never contradict the figures they stand for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from indicators.enums import Aggregation
from indicators.periods import Period
from reports.annexes.expressions import (
    HUNDRED,
    Binary,
    Expression,
    Largest,
    Number,
    Ref,
    Total,
    added,
    evaluate,
    over_rows,
    parse_caption,
    references,
)
from reports.annexes.readings import Catalogue, Request
from reports.annexes.spec import Layout, Leaf, LeafKind, Measure, Strand
from reports.annexes.table import (
    NOT_APPLICABLE,
    Cell,
    Row,
    RowValues,
    columns_of,
    number_cell,
)

TOLERANCE = Decimal("1e-9")


@dataclass(frozen=True, slots=True)
class Recipes:
    """For each column: the formula within a row, and whether the column adds up over rows.

    `of_units`: are the rows below a summary single units, of which some may lack a figure?
    """

    layout: Layout
    own: Mapping[str, Expression]
    additive: frozenset[str]
    balances: frozenset[str] = field(default_factory=frozenset)
    of_units: bool = True

    def for_row(self, leaf: Leaf, row: Row) -> Sequence[Expression]:
        """The formulas to try in a cell, the most telling first."""
        own = [self.own[leaf.id]] if leaf.id in self.own else []
        if not row.is_summary:
            return own
        if leaf.id in self.additive:
            return [Total(leaf.id), *own]
        shared = self.over_units(leaf.id)
        if leaf.measure is Measure.RATE:
            return [*shared, *own]
        return [*own, *shared]

    def over_units(self, leaf_id: str) -> list[Expression]:
        """The column's formula on sums over the units that have every column it rests on."""
        rests_on = self.rests_on(leaf_id)
        if not rests_on or not self.of_units or not rests_on <= self.additive:
            return []
        return [over_rows(self._expanded(self.own[leaf_id]), rests_on)]

    def rests_on(self, leaf_id: str) -> frozenset[str]:
        """The columns that the column's formula comes down to; none where it has no formula."""
        return references(self._expanded(self.own[leaf_id])) if leaf_id in self.own else frozenset()

    def _expanded(self, expression: Expression) -> Expression:
        """The same formula with rates replaced by what they are made of."""
        match expression:
            case Ref(leaf) if leaf not in self.additive and leaf in self.own:
                return self._expanded(self.own[leaf])
            case Binary(sign, left, right):
                return Binary(sign, self._expanded(left), self._expanded(right))
            case Largest(items):
                return Largest(tuple(self._expanded(item) for item in items))
        return expression


RecipeBook = Mapping[Strand, Recipes]
"""The formulas of a table, for each of its strands."""


def recipes_for(
    layout: Layout, catalogue: Catalogue, request: Request, *, of_units: bool = True
) -> Recipes:
    """Work out the formulas of a layout from what its columns measure.

    Where rows are indicators and not units, a plan may add up from row to row as well.
    """
    finder = _Finder(layout, catalogue, request, with_plans=not of_units)
    own = {leaf.id: recipe for leaf in layout.leaves if (recipe := finder.own(leaf)) is not None}
    return Recipes(
        layout=layout,
        own=own,
        additive=frozenset(leaf.id for leaf in layout.leaves if finder.is_additive(leaf)),
        balances=frozenset(leaf.id for leaf in layout.leaves if _is_balance(leaf)),
        of_units=of_units,
    )


def _is_balance(leaf: Leaf) -> bool:
    """A result that also follows from other columns, as its caption says: =4-6+7+8+9."""
    is_result = leaf.kind in (LeafKind.INDICATOR, LeafKind.TERMS)
    return is_result and leaf.measure is Measure.RESULT and bool(leaf.caption)


class _Finder:
    """Finds, for a column, the other columns of the layout that it can be worked out from."""

    def __init__(
        self, layout: Layout, catalogue: Catalogue, request: Request, *, with_plans: bool
    ) -> None:
        self.layout = layout
        self.adding = {Measure.RESULT, Measure.CUMULATIVE} | (
            {Measure.PLAN} if with_plans else set()
        )
        self.catalogue = catalogue
        self.request = request
        self.columns = {
            (leaf.measure, leaf.indicator, request.moment(leaf)): leaf.id
            for leaf in layout.leaves
            if leaf.kind is LeafKind.INDICATOR and not leaf.plan_of
        }

    def is_additive(self, leaf: Leaf) -> bool:
        if leaf.measure not in self.adding or leaf.plan_of or not leaf.terms:
            return False
        return all(self.catalogue[code].aggregation == Aggregation.SUM for _, code in leaf.terms)

    def own(self, leaf: Leaf) -> Expression | None:
        if leaf.formula is not None:
            return leaf.formula
        match leaf.measure:
            case Measure.RATE:
                return self._rate(leaf)
            case Measure.CHANGE_POINTS:
                return self._change(leaf)
            case Measure.PCT_OF_PLAN:
                return self._pct_of_plan(leaf)
            case Measure.CUMULATIVE:
                return self._running_total(leaf)
        return parse_caption(leaf.caption, self._by_number()) if _is_balance(leaf) else None

    def _by_number(self) -> dict[str, str]:
        return {number: leaf for leaf, number in self.layout.number_of.items()}

    def _column(self, measure: Measure, code: str, moment: Period | None) -> Expression | None:
        found = self.columns.get((measure, code, moment))
        return Ref(found) if found else None

    def _sum_of(self, codes: Sequence[str], moment: Period | None) -> Expression | None:
        columns = [self._column(Measure.RESULT, code, moment) for code in codes]
        known = [column for column in columns if column is not None]
        return added(known) if known and len(known) == len(columns) else None

    def _rate(self, leaf: Leaf) -> Expression | None:
        moment = self.request.moment(leaf)
        above, below = (
            self._sum_of(codes, moment) for codes in self.catalogue.terms(leaf.indicator)
        )
        if above is None or below is None:
            return None
        scale = self.catalogue[leaf.indicator].scale.normalize()
        quotient = Binary("/", above, below)
        return quotient if scale == 1 else Binary("*", quotient, Number(scale))

    def _change(self, leaf: Leaf) -> Expression | None:
        moment = self.request.moment(leaf)
        opening = self.catalogue.opening(leaf.indicator, moment) if moment else None
        if opening is None:
            return None
        before = self._column(Measure.RATE, *opening)
        after = self._column(Measure.RATE, leaf.indicator, moment)
        return Binary("-", before, after) if before and after else None

    def _pct_of_plan(self, leaf: Leaf) -> Expression | None:
        moment = self.request.moment(leaf)
        done_by = Measure.RESULT if moment else Measure.CUMULATIVE
        done = self._column(done_by, leaf.indicator, moment)
        plan = self._column(Measure.PLAN, leaf.indicator, moment)
        if done is None or plan is None:
            return None
        return Binary("*", Binary("/", done, plan), Number(HUNDRED))

    def _running_total(self, leaf: Leaf) -> Expression | None:
        columns = [
            self._column(Measure.RESULT, leaf.indicator, year) for year in self.request.span(leaf)
        ]
        known = [column for column in columns if column is not None]
        return added(known) if known and len(known) == len(columns) else None


def fill_formulas(rows: Sequence[Row], book: RecipeBook) -> list[Row]:
    """Work out the columns that are formulas by definition, in the order of the columns.

    A summary row's is worked out over the units that have every column, where these add up and
    the units differ in what they told.
    """
    done = list(rows)
    layout = next(iter(book.values())).layout  # formulas are the same on every line
    columns = columns_of(layout)
    for column, leaf in enumerate(layout.leaves):
        if leaf.formula is None:
            continue
        for place, row in enumerate(done):
            recipe = _formula(done, row, book[row.strand], leaf) or leaf.formula
            value = evaluate(recipe, RowValues(done, columns, row))
            cell = _empty_like(leaf, row, columns) if value is None else number_cell(value)
            done[place] = row.with_cell(column, cell)
    return done


def _formula(rows: Sequence[Row], row: Row, recipes: Recipes, leaf: Leaf) -> Expression | None:
    """The formula on sums over units; None where the row's own figures will do.

    These may hold more than its units, e.g. one that went in the year. Only where all units have
    told every column it rests on, or none any, do they compare like with like.
    """
    shared = recipes.over_units(leaf.id) if row.is_summary else []
    if not shared:
        return None
    columns = columns_of(recipes.layout)
    used = [columns[name] for name in recipes.rests_on(leaf.id)]
    told = {rows[place].cells[column].is_number for place in row.units for column in used}
    return shared[0] if len(told) > 1 else None


def _empty_like(leaf: Leaf, row: Row, columns: Mapping[str, int]) -> Cell:
    """What stands where a formula has no value: as the first column that has none."""
    used = references(leaf.formula) if leaf.formula else ()
    cells = [row.cells[columns[name]] for name in sorted(used, key=columns.__getitem__)]
    return next((cell for cell in cells if not cell.is_number), NOT_APPLICABLE)


def attach(rows: Sequence[Row], book: RecipeBook) -> list[Row]:
    """Give every cell the first formula that works out to its figure."""
    columns = columns_of(next(iter(book.values())).layout)
    return [_attached(rows, row, book[row.strand], columns) for row in rows]


def _attached(rows: Sequence[Row], row: Row, recipes: Recipes, columns: Mapping[str, int]) -> Row:
    values = RowValues(rows, columns, row)
    cells = tuple(
        cell if recipe is None else replace(cell, recipe=recipe)
        for leaf, cell in zip(recipes.layout.leaves, row.cells, strict=True)
        for recipe in [_first_equal(recipes.for_row(leaf, row), values, cell.value)]
    )
    return replace(row, cells=cells)


def _first_equal(
    tried: Sequence[Expression], values: RowValues, figure: Decimal | None
) -> Expression | None:
    if figure is None:
        return None
    return next((recipe for recipe in tried if is_equal(evaluate(recipe, values), figure)), None)


def is_equal(value: Decimal | None, figure: Decimal) -> bool:
    return value is not None and abs(value - figure) <= TOLERANCE * max(abs(figure), Decimal(1))


def off_balance(rows: Sequence[Row], recipes: Recipes, leaf_id: str) -> list[Row]:
    """The units' rows of a strand whose figure is not what the caption of its column says."""
    columns = columns_of(recipes.layout)
    return [
        row
        for row in rows
        if not row.is_summary
        and (figure := row.cells[columns[leaf_id]].value) is not None
        and (value := evaluate(recipes.own[leaf_id], RowValues(rows, columns, row))) is not None
        and not is_equal(value, figure)
    ]
