"""Environment of the checks; loaded by pytest (`-p`) before Django reads its settings.

What is set outside wins, so that the same tests run on PostgreSQL when DATABASE_URL names one.
"""

import os
import shlex
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

DEFAULTS = {
    "SECRET_KEY": "only-for-tests-" + "0123456789" * 5,
    "PLAIN_STATIC": "1",
    "HTTPS": "0",
    "LOG_LEVEL": "WARNING",
    "VAR_DIR": str(ROOT / "build" / "test"),
    # Browser tests run Django beside an event loop.
    "DJANGO_ALLOW_ASYNC_UNSAFE": "true",
}

for name, value in DEFAULTS.items():
    os.environ.setdefault(name, value)
Path(os.environ["VAR_DIR"]).mkdir(parents=True, exist_ok=True)
# WhiteNoise warns where the collected files are missing, and a warning fails a test.
(ROOT / "build" / "static").mkdir(parents=True, exist_ok=True)

if __name__ == "__main__":  # for the shell to evaluate
    for name in DEFAULTS:
        print(f"export {name}={shlex.quote(os.environ[name])}")
