"""What the address of the page asks for, read strictly, and written back in one readable form.

Whatever is not understood is left out and said; nothing here looks at the database.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Protocol
from urllib.parse import urlencode

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from communes.enums import TierCode
from indicators.enums import Stage
from indicators.periods import Period
from povertyplan.lib.errors import DomainError
from povertyplan.lib.numbers import parse_number

MOST_INDICATORS = 80
MOST_THEMES = 20
MOST_PERIODS = 16

UNITS, INDICATORS, PERIODS = "don-vi", "chi-tieu", "ky"
DIMENSIONS = (UNITS, INDICATORS, PERIODS)
IN_COLUMNS, IN_ROWS, ONE = "cot", "hang", "chon"
PLACES = (IN_COLUMNS, IN_ROWS, ONE)
"""Where the third of the dimensions stands: nested in the columns, in the rows, or one by one."""

ITSELF, BELOW, GROUP = "chinh", "duoi", "nhom."
TIERS: Mapping[str, str] = {
    "tinh": TierCode.PROVINCE,
    "huyen": TierCode.DISTRICT,
    "xa": TierCode.COMMUNE,
    "thon": TierCode.VILLAGE,
}
STAGES: Mapping[str, str] = {"tam-tinh": Stage.PROVISIONAL, "chinh-thuc": Stage.OFFICIAL}
YES, LAST_YEAR = "co", "nam-truoc"

_NAME = re.compile(r"[0-9A-Za-z_.-]{1,120}")
_UNIT = re.compile(r"[0-9A-Za-z]{1,12}(?:@[0-9]{4}-[0-9]{2}-[0-9]{2})?")
_KEY = re.compile(r"[0-9A-Za-z_.@-]{1,400}")


class Query(Protocol):
    """The part of a QueryDict that is read."""

    def getlist(self, key: str) -> list[str]: ...


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked. Empty: to be chosen for the reader (`unit`, `scope`, figures, periods).

    `named`: the unit as somebody typed it, a name or a code, to be found before anything is asked.
    `scope`: the unit itself, those right below, all of one tier below, or of a group. `third`:
    where the dimension that is neither in rows nor in columns stands; `chosen`: which of it is
    shown when they come one by one. `tested`: the indicator that `above` and `below` look at.
    `sort`: key of a column, with “-” before it for the largest first.
    """

    unit: str = ""
    named: str = ""
    scope: str = ""
    indicators: tuple[str, ...] = ()
    themes: tuple[str, ...] = ()
    periods: tuple[Period, ...] = ()
    stage: str = Stage.PROVISIONAL
    with_change: bool = False
    with_plan: bool = False
    rows: str = UNITS
    columns: str = INDICATORS
    third: str = IN_COLUMNS
    chosen: str = ""
    reported_only: bool = False
    search: str = ""
    tested: str = ""
    above: Decimal | None = None
    below: Decimal | None = None
    sort: str = ""
    page: int = 1

    @property
    def left(self) -> str:
        """The dimension that stands neither in rows nor in columns."""
        return next(row for row in DIMENSIONS if row not in (self.rows, self.columns))

    @property
    def is_official(self) -> bool:
        return self.stage == Stage.OFFICIAL

    @property
    def group(self) -> str:
        return self.scope.removeprefix(GROUP) if self.scope.startswith(GROUP) else ""

    @property
    def is_filtered(self) -> bool:
        """Do filters leave units out?"""
        return bool(self.reported_only or self.search or self.has_limits)

    @property
    def has_limits(self) -> bool:
        return self.above is not None or self.below is not None


@dataclass
class _Reader:
    """Values of an address without what no text has; `problems` say what was not understood."""

    query: Query
    problems: list[str] = field(default_factory=list)

    def all(self, key: str) -> list[str]:
        """Every value, also those given together with commas between, once each."""
        parts = (part for value in self.query.getlist(key) for part in value.split(","))
        clean = (_clean(part) for part in parts)
        return list(dict.fromkeys(part for part in clean if part))

    def one(self, key: str) -> str:
        """The last value that says something."""
        said = [clean for value in self.query.getlist(key) if (clean := _clean(value))]
        return said[-1] if said else ""

    def choice(self, key: str, known: Iterable[str], otherwise: str) -> str:
        said = self.one(key)
        if not said or said in known:
            return said or otherwise
        self.fault(key, said)
        return otherwise

    def matching(self, key: str, form: re.Pattern[str]) -> str:
        said = self.one(key)
        if said and not form.fullmatch(said):
            self.fault(key, said)
            return ""
        return said

    def names(self, key: str, most: int, what: str) -> tuple[str, ...]:
        said = self.all(key)
        fitting = [name for name in said if _NAME.fullmatch(name)]
        for name in said:
            if not _NAME.fullmatch(name):
                self.fault(key, name)
        if len(fitting) > most:
            text = _("Chọn nhiều nhất {n} {things}; đang lấy {n} mục đầu.")
            self.problems.append(text.format(n=most, things=what))
        return tuple(fitting[:most])

    def number(self, key: str) -> Decimal | None:
        said = self.one(key)
        try:
            return parse_number(said, 6) if said else None
        except DomainError as error:
            self.problems.append(str(error))
            return None

    def fault(self, key: str, said: str) -> None:
        if len(self.problems) < MOST_PROBLEMS:
            text = _("Không hiểu “{value}” ở mục “{key}”, đã bỏ qua.")
            self.problems.append(text.format(value=said[:60], key=_LABELS.get(key, key)))


MOST_PROBLEMS = 8
_LABELS = {
    "ma": gettext_lazy("Mã đơn vị"),
    "don-vi": gettext_lazy("Thuộc"),
    "cap": gettext_lazy("Lấy"),
    "chi-tieu": gettext_lazy("Chỉ tiêu"),
    "linh-vuc": gettext_lazy("Lĩnh vực"),
    "ky": gettext_lazy("Kỳ"),
    "hang": gettext_lazy("Hàng"),
    "cot": gettext_lazy("Cột"),
    "ghep": gettext_lazy("Thứ còn lại"),
    "loc": gettext_lazy("Chỉ tiêu để lọc theo giá trị"),
}
"""What a part of the address is called on the page."""


def _clean(value: str) -> str:
    """Without control characters, which no database keeps; long text cut to what is ever read."""
    return "".join(letter for letter in value[:600] if letter.isprintable()).strip()


def read(query: Query) -> tuple[Question, list[str]]:
    """Return (question, what was not understood). Never raises, whatever the address says."""
    found = _Reader(query)
    rows, columns = _axes(found)
    named = found.one("ten")[:80]
    dated = named if "@" in named and _UNIT.fullmatch(named) else ""
    question = Question(
        unit=dated or found.matching("ma", _UNIT) or found.matching("don-vi", _UNIT),
        named="" if dated else named,
        scope=_scope(found),
        indicators=found.names("chi-tieu", MOST_INDICATORS, _("chỉ tiêu")),
        themes=found.names("linh-vuc", MOST_THEMES, _("lĩnh vực")),
        periods=_periods(found),
        stage=STAGES[found.choice("loai", STAGES, "tam-tinh")],
        with_change=found.choice("so-voi", [LAST_YEAR], "") == LAST_YEAR,
        with_plan=found.choice("ke-hoach", [YES], "") == YES,
        rows=rows,
        columns=columns,
        third=found.choice("ghep", PLACES, IN_COLUMNS),
        chosen=found.matching("chon", _KEY),
        reported_only=found.choice("co-so", [YES], "") == YES,
        search=found.one("tim")[:80],
        tested=found.matching("loc", _NAME),
        above=found.number("tren"),
        below=found.number("duoi"),
        sort=found.matching("xep", _KEY),
        page=_page(found.one("trang")),
    )
    return question, found.problems


def _axes(found: _Reader) -> tuple[str, str]:
    rows = found.choice("hang", DIMENSIONS, "")
    columns = found.choice("cot", DIMENSIONS, "")
    if rows and rows == columns:
        found.problems.append(_("Hàng và cột phải là hai thứ khác nhau; cột đã đổi lại."))
        columns = ""
    rows = rows or (UNITS if columns != UNITS else INDICATORS)
    others = [row for row in (INDICATORS, PERIODS, UNITS) if row != rows]
    return rows, columns or others[0]


def _scope(found: _Reader) -> str:
    said = found.one("cap")
    if said in ("", ITSELF, BELOW) or said in TIERS:
        return said
    if said.startswith(GROUP) and said != GROUP and _NAME.fullmatch(said):
        return said
    found.fault("cap", said)
    return ""


def _periods(found: _Reader) -> tuple[Period, ...]:
    periods = []
    for said in found.all("ky"):
        try:
            periods.append(Period.parse(said))
        except ValueError:
            found.fault("ky", said)
    if len(periods) > MOST_PERIODS:
        text = _("Chọn nhiều nhất {n} kỳ; đang lấy {n} kỳ mới nhất.")
        found.problems.append(text.format(n=MOST_PERIODS))
    return tuple(sorted(sorted(set(periods), reverse=True)[:MOST_PERIODS]))


def _page(said: str) -> int:
    return max(int(said), 1) if said.isascii() and said.isdigit() and len(said) < 7 else 1


# -- written back -------------------------------------------------------------------------------


_WRITTEN: Mapping[str, Callable[[Question], str]] = {
    "don-vi": lambda asked: asked.unit,
    "cap": lambda asked: asked.scope,
    "linh-vuc": lambda asked: ",".join(asked.themes),
    "chi-tieu": lambda asked: ",".join(asked.indicators),
    "ky": lambda asked: ",".join(period.code for period in asked.periods),
    "loai": lambda asked: "chinh-thuc" if asked.is_official else "",
    "so-voi": lambda asked: LAST_YEAR if asked.with_change else "",
    "ke-hoach": lambda asked: YES if asked.with_plan else "",
    "hang": lambda asked: asked.rows,
    "cot": lambda asked: asked.columns,
    "ghep": lambda asked: "" if asked.third == IN_COLUMNS else asked.third,
    "chon": lambda asked: asked.chosen if asked.third == ONE else "",
    "co-so": lambda asked: YES if asked.reported_only else "",
    "tim": lambda asked: asked.search,
    "loc": lambda asked: asked.tested if asked.has_limits else "",
    "tren": lambda asked: typed(asked.above),
    "duoi": lambda asked: typed(asked.below),
    "xep": lambda asked: asked.sort,
    "trang": lambda asked: str(asked.page) if asked.page > 1 else "",
}
"""The parameters in the order in which they are read aloud; what says nothing is left out."""


def pairs(asked: Question) -> list[tuple[str, str]]:
    """The parameters of the address, and nothing that goes without saying."""
    written = ((key, write(asked)) for key, write in _WRITTEN.items())
    return [(key, value) for key, value in written if value]


def address(asked: Question, **changed: object) -> str:
    """The query of the address of a question with some of it changed."""
    return urlencode(pairs(replace(asked, **changed)), safe="@,")  # type: ignore[arg-type]


def typed(value: Decimal | None) -> str:
    """12,5 as it would be typed."""
    return "" if value is None else f"{value.normalize():f}".replace(".", ",")
