"""The project's settings as mypy's Django plugin imports them: no variable needs to be set."""

import tooling.test_environment  # noqa: F401 - sets what the next line needs
from povertyplan.settings import *  # noqa: F403 - the same names, nothing of its own
