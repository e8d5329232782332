"""One Vietnamese sentence that says a verdict with its arithmetic, and the sums behind it."""

from plans.assessment.explanation.formulas import formula, statement_formula
from plans.assessment.explanation.refusals import blocked, not_assigned, statement
from plans.assessment.explanation.sentences import sentence
from plans.assessment.explanation.words import Words

__all__ = [
    "Words",
    "blocked",
    "formula",
    "not_assigned",
    "sentence",
    "statement",
    "statement_formula",
]
