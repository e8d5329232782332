"""Reading for the plan pages, as frozen dataclasses in words."""
