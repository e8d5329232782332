"""What the schema of Office finds wrong with a file: Microsoft's Open XML SDK, run by Node.

The SDK knows the schema of ECMA-376 (transitional) as each Office reads it, and what the schema
cannot say: references, limits, values that only one may have. Its package,
@ooxml-tools/validate, comes with `tooling/assets.sh` where the tools of tests are.
"""

from __future__ import annotations

import atexit
import json
import re
import sys
import zipfile
from base64 import b64encode
from functools import cache
from io import BytesIO
from itertools import groupby
from pathlib import Path
from subprocess import PIPE, Popen
from xml.etree import ElementTree as ET

OLDEST, NEWEST = "Office2007", "Microsoft365"
"""The first edition takes nothing that came later, the last knows every extension."""


def schema_faults(content: bytes, kind: str = "xlsx", office: str = OLDEST) -> list[str]:
    """Every fault of a workbook (xlsx) or letter (docx), with its part and place."""
    validator = _validator()
    assert validator.stdin is not None
    assert validator.stdout is not None
    asked = {"kind": kind, "office": office, "content": b64encode(content).decode()}
    validator.stdin.write(f"{json.dumps(asked)}\n")
    validator.stdin.flush()
    answer = validator.stdout.readline()
    assert answer, "the validator ended: has tooling/assets.sh installed @ooxml-tools/validate?"
    found: list[str] = json.loads(answer)
    return found


@cache
def _validator() -> Popen[str]:
    """One for the whole run: the SDK takes two seconds to start, a quarter of one for a file."""
    node = Path(sys.executable).with_name("node")
    started = Popen(
        [node, Path(__file__).with_suffix(".mjs")], stdin=PIPE, stdout=PIPE, encoding="utf-8"
    )
    assert started.stdin is not None
    atexit.register(started.stdin.close)  # which ends it
    return started


Shape = tuple[object, ...]


def shapes(content: bytes) -> set[Shape]:
    """Each kind of element in a file: where, its attributes but for numbers and cells, and the
    order of what is in it. Of two files with the same shapes the schema says the same."""
    found: set[Shape] = set()
    with zipfile.ZipFile(BytesIO(content)) as packed:
        for name in packed.namelist():
            for element in ET.fromstring(packed.read(name)).iter():  # noqa: S314 our own
                told = tuple((key, _form(key, text)) for key, text in element.items())
                inner = tuple(tag for tag, _same in groupby(one.tag for one in element))
                found.add((re.sub(r"\d+", "", name), element.tag, told, inner))
    return found


def _form(key: str, text: str) -> str:
    form = re.sub(r"\d+(\.\d+)?", "9", text)
    return re.sub(r"[A-Z]*9", "A9", form) if key in _PLACES else form


_PLACES = ("r", "ref", "sqref", "activeCell", "topLeftCell")
