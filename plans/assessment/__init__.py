"""Every promise, judged: load the figures, let the evaluator of its kind judge, say why.

Source of the rules: design.md, Meaning (Target); docs/data.md.
"""

from plans.assessment.assessing import assess
from plans.assessment.results import Assessment
from plans.assessment.terms import amendment_in_force, base_year, terms_in_force

__all__ = [
    "Assessment",
    "amendment_in_force",
    "assess",
    "base_year",
    "terms_in_force",
]
