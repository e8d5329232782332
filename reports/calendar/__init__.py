"""The reporting calendar of a province: rounds, and extensions for single units."""
