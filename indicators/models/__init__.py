"""The catalogue of indicators and rules, the facts with their history, and the rollups."""

from indicators.models.catalogue import (
    Indicator,
    IndicatorAlias,
    IndicatorTerm,
    RuleTerm,
    SeriesBreak,
    Theme,
    ValidationRule,
)
from indicators.models.facts import Result
from indicators.models.fields import DIGITS, PeriodField, validate_period
from indicators.models.rollups import Audit, Definitions, Recompute, Rollup

__all__ = [
    "DIGITS",
    "Audit",
    "Definitions",
    "Indicator",
    "IndicatorAlias",
    "IndicatorTerm",
    "PeriodField",
    "Recompute",
    "Result",
    "Rollup",
    "RuleTerm",
    "SeriesBreak",
    "Theme",
    "ValidationRule",
    "validate_period",
]
