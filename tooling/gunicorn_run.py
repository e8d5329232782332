"""Settings of the server that `make run` starts."""

import os
from typing import Any

accesslog = None
loglevel = "warning"


def post_worker_init(worker: Any) -> None:
    """Say the address once the application is loaded; a replaced worker says nothing."""
    if worker.age == 1:
        print(f"\nĐang chạy: http://127.0.0.1:{os.environ['PORT']}/   (dừng: Ctrl-C)\n", flush=True)
