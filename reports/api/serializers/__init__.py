"""Shapes of the API: what comes in becomes typed arguments; what goes out causes no query."""
