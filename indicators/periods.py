"""Reporting periods as values: `2024`, `2024H1`, `2024Q3`. Pure code, but for their names."""

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date
from functools import cached_property, total_ordering

from django.utils.translation import gettext as _

_FORM = re.compile(r"(?P<year>(?:19|20|21)[0-9]{2})(?:(?P<part>[HQ])(?P<number>[1-4]))?")
_MONTHS = {"": 12, "H": 6, "Q": 3}


@total_ordering
@dataclass(frozen=True)
class Period:
    """A span of the calendar with a start and an end day, named by its code.

    In order of the last day; of those that end together the longest is the latest.
    """

    year: int
    part: str = ""
    number: int = 1

    @classmethod
    def parse(cls, code: str) -> "Period":
        """Read a code. Raises ValueError with the expected forms."""
        match = _FORM.fullmatch(code)
        if match is None or (match["part"] == "H" and int(match["number"]) > 2):
            raise ValueError(
                _(
                    "“{code}” không phải kỳ báo cáo; ghi dạng 2024, 2024H1 (6 tháng) hoặc "
                    "2024Q3 (quý)."
                ).format(code=code)
            )
        return cls(int(match["year"]), match["part"] or "", int(match["number"] or 1))

    @property
    def code(self) -> str:
        return f"{self.year}{self.part}{self.number}" if self.part else str(self.year)

    @property
    def label(self) -> str:
        """The name in a sentence: năm 2024, 6 tháng đầu năm 2024, quý III năm 2024."""
        if self.part == "H":
            first, second = _("6 tháng đầu năm {year}"), _("6 tháng cuối năm {year}")
            return (first if self.number == 1 else second).format(year=self.year)
        if self.part == "Q":
            number = ("I", "II", "III", "IV")[self.number - 1]
            return _("quý {number} năm {year}").format(number=number, year=self.year)
        return _("năm {year}").format(year=self.year)

    @property
    def is_year(self) -> bool:
        return not self.part

    @cached_property
    def start(self) -> date:
        return date(self.year, (self.number - 1) * _MONTHS[self.part] + 1, 1)

    @cached_property
    def end(self) -> date:
        """The last day: a period belongs to the units valid on it."""
        month = self.number * _MONTHS[self.part]
        return date(self.year, month, monthrange(self.year, month)[1])

    def shifted(self, years: int) -> "Period":
        """The same span `years` later (negative: earlier)."""
        return Period(self.year + years, self.part, self.number)

    def __lt__(self, other: "Period") -> bool:
        return (self.end, -self.start.toordinal()) < (other.end, -other.start.toordinal())

    def __str__(self) -> str:
        return self.code
