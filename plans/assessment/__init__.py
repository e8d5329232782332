"""Every promise, judged: load the figures, let the evaluator of its kind judge, say why.

Source of the rules: design.md, Meaning (Target); docs/data.md.
"""

from plans.assessment.assessing import assess, assess_grid, assess_pairs, assess_units, is_shared
from plans.assessment.results import Assessment
from plans.assessment.terms import amendment_in_force, base_year, terms_in_force
from plans.assessment.visibility import visible_targets

__all__ = [
    "Assessment",
    "amendment_in_force",
    "assess",
    "assess_grid",
    "assess_pairs",
    "assess_units",
    "base_year",
    "is_shared",
    "terms_in_force",
    "visible_targets",
]
