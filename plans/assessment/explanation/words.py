"""Numbers and verbs of one promise."""

from __future__ import annotations

from decimal import Decimal

from django.utils.translation import gettext as _

from plans.assessment.readings import CHANGES, Scope
from plans.enums import TargetKind
from plans.evaluators import Case, Outcome
from plans.wording import points, promise_words, with_unit
from povertyplan.lib.numbers import format_number

SUMS = frozenset({*CHANGES, TargetKind.CUMULATIVE})
_OF_YEARS = SUMS | {TargetKind.PER_UNIT_PER_YEAR}


class Words:
    """Numbers of one promise as the page writes them."""

    def __init__(self, scope: Scope, case: Case) -> None:
        self.scope, self.case = scope, case
        self.terms = case.terms
        self.is_each = scope.terms.kind.startswith("per_unit") and (
            scope.terms.each_unit and not scope.terms.on_average
        )
        self.unit = scope.target.unit_of_measure

    @property
    def places(self) -> int:
        return 0 if self.is_each else self.terms.decimals

    def number(self, value: Decimal | None) -> str:
        return format_number(value, self.places)

    def amount(self, value: Decimal | None) -> str:
        return self.number(value) if self.is_each else with_unit(self.number(value), self.unit)

    def difference(self, value: Decimal | None) -> str:
        """Two percentages differ by points, never by per cent."""
        return with_unit(self.number(value), points()) if self.unit == "%" else self.amount(value)

    @property
    def promise(self) -> str:
        terms = self.scope.terms
        number = promise_words(terms.comparator, terms.value, terms.low, terms.high)
        return with_unit(number, self.unit)

    @property
    def judged(self) -> int:
        return self.case.judged

    @property
    def told(self) -> str:
        """What makes a unit's figures count."""
        return _("đã được duyệt") if self.scope.is_official else _("đã báo cáo")

    @property
    def untold(self) -> str:
        return _("chưa được duyệt") if self.scope.is_official else _("chưa báo cáo")

    def is_of_years(self, outcome: Outcome) -> bool:
        """Did several years, each with its own units, come together in the figure?"""
        is_sum = self.terms.kind in _OF_YEARS and not self.is_each and not self._is_running
        return is_sum and len(outcome.known_years) > 1

    @property
    def adds_up(self) -> bool:
        """Is what is expected of a year as much less as units are missing?"""
        return self.terms.kind in SUMS and self.scope.adds_up and not self._is_running

    @property
    def _is_running(self) -> bool:
        """A total that officers keep: the latest holds all years."""
        return self.terms.kind == TargetKind.CUMULATIVE and self.case.is_stock


def verb_of(words: Words, change: Decimal | None = None) -> str:
    """Fell or rose: the way the plan wants, or the other one for a change against it."""
    is_fall = words.terms.direction == "lower_is_better"
    if change is not None and change < 0:
        is_fall = not is_fall
    return _("giảm") if is_fall else _("tăng")
