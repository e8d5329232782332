"""A sample of any size up to the whole country: made-up units, and figures that keep the rules."""

from reports.sample_country.generating import Asked, generate
from reports.sample_country.layout import PROVINCES

__all__ = ["PROVINCES", "Asked", "generate"]
