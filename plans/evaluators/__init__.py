"""One evaluator per target kind. Pure: readings in, an outcome out; no indicator is known here.

A state (level, share, count, per unit) is judged by where it stands; a sum (cumulative,
changes, per unit per year) by what has come together year by year. Source: design.md, Meaning.
"""

from plans.evaluators.cases import Case, Forecast, Outcome, Path, Point, Reading, Reason, Verdict
from plans.evaluators.kinds import EVALUATORS, evaluate
from plans.evaluators.statements import agrees
from plans.evaluators.terms import Better, Terms, shown

__all__ = [
    "EVALUATORS",
    "Better",
    "Case",
    "Forecast",
    "Outcome",
    "Path",
    "Point",
    "Reading",
    "Reason",
    "Terms",
    "Verdict",
    "agrees",
    "evaluate",
    "shown",
]
