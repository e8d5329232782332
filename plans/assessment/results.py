"""What an assessment says, ready for a page, the API or a table."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from communes.models import Unit
from indicators.periods import Period
from plans.enums import TargetKind
from plans.evaluators import Outcome, Reason, Terms, Verdict
from plans.models import Amendment, Target


@dataclass(frozen=True, slots=True)
class Assessment:
    """One target in one year, on the figures of `unit` (or of the target's group).

    Figures are unrounded, in the target's unit of measure. `reported` of `expected` units stand
    behind the year judged; `absent` are the others, where single units were looked at.
    `members`: the known members of a group, one by one. A stated result (`is_statement`)
    agrees with the system's figure or not; it is no promise.
    """

    target: Target
    unit: Unit
    period: Period
    stage: str
    terms: Terms
    outcome: Outcome
    explanation: str
    formula: tuple[str, ...] = ()
    amendment: Amendment | None = None
    reported: int = 0
    expected: int = 0
    has_sample: bool = False
    pending: bool = False
    absent: tuple[Unit, ...] = ()
    members: tuple[Assessment, ...] = ()

    @property
    def verdict(self) -> Verdict:
        return self.outcome.verdict

    @property
    def reasons(self) -> tuple[Reason, ...]:
        return self.outcome.reasons

    @property
    def actual(self) -> Decimal | None:
        return self.outcome.actual

    @property
    def is_statement(self) -> bool:
        return self.target.kind == TargetKind.RESULT

    @property
    def is_outside(self) -> bool:
        """The promise does not speak of the unit asked for: nothing to show there."""
        return Reason.OUTSIDE in self.reasons

    @property
    def is_complete(self) -> bool:
        return self.reported >= self.expected

    @property
    def judged_year(self) -> int:
        """The year whose figures decide."""
        return min(self.period.year, self.terms.year_to)
