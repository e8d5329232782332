"""The product's settings, and one address more: an empty page to hold the others against."""

from povertyplan.settings import *  # noqa: F403

ROOT_URLCONF = "bench.urls"
