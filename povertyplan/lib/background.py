"""Long work beside the request that asks for it, where there is no worker."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from django.db import connections

logger = logging.getLogger(__name__)


def in_background(work: Callable[[], object]) -> None:
    """Run `work` in a thread of this process and return at once.

    The thread has database connections of its own and closes them at its end. It dies with the
    process: the work must be one that can be taken up anew.
    """

    def run() -> None:
        try:
            work()
        except Exception:
            logger.exception("work in the background failed")
        finally:
            connections.close_all()

    threading.Thread(target=run, daemon=True).start()
