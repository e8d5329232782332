"""The check code of a table: what a printed sheet says of the figures on it.

01/085/2024/T1/7K3M-9QWE-0: table, unit, period, stage with the place of the variant, digest, and a
check sign over all of it, which tells a slip of the hand from figures that changed. Nothing is
kept of a sheet: to check a code its table is drawn up again and the digests are compared.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from hashlib import sha256

from django.utils.translation import gettext as _

from indicators.enums import Stage
from indicators.periods import Period
from povertyplan.lib.errors import DomainError
from reports.annexes.lines import GROUP
from reports.annexes.spec import Leaf, TextColumn
from reports.annexes.table import Cell, Row, Table

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Digits and letters that nobody takes for another: no I, L, O, U."""
LENGTH = 8
"""Five bits each: two different tables share a digest once in 10^12."""
EXAMPLE = "01/085/2024/T1/7K3M-9QWE-0"
LONGEST = 200
_FORM = "1"
"""Of the canonical form; another whenever the same table would give another digest."""
_STAGES = {"T": Stage.PROVISIONAL, "C": Stage.OFFICIAL}
_LETTERS: dict[str, str] = {stage: letter for letter, stage in _STAGES.items()}
_NAMED_GROUP = "NHOM."
"""How a group stands in a code; read with or without the dot."""
_ALIKE = str.maketrans("OIL", "011")
_DASHES = re.compile(r"[-‐‑‒–—−_.]")
_UNIT = re.compile(r"[0-9OIL]+(@[0-9OIL-]+)?")
_PREFIX = re.compile(r"^[^/]*:\s*(?=[^/\s]+\s*[/\s])")


@dataclass(frozen=True, slots=True)
class CheckCode:
    """A code as it was read. `annex` and `group` are folded: compare what `folded` makes.

    `place` names the unit as addresses do (`CODE`, `CODE@2024-12-31`), empty for a group.
    `variant`: the place of the layout among those of the table, from 1.
    """

    annex: str
    place: str
    group: str
    period: Period
    stage: str
    variant: int
    digest: str


def code_of(table: Table) -> str:
    """The code to print on a table."""
    origin = table.origin
    where = origin.place.address.replace(GROUP, _NAMED_GROUP)
    kind = f"{_LETTERS[origin.request.stage]}{origin.variant_number(table.layout.variant)}"
    digest = digest_of(table)
    shown = f"{digest[:4]}-{digest[4:]}"
    code = f"{origin.annex.code}/{where}/{origin.request.period.code}/{kind}/{shown}".upper()
    return f"{code}-{check_sign(code)}"


def check_sign(code: str) -> str:
    """The sign of ALPHABET that ends a code, from all before it, read as `folded` reads it.

    A polynomial over GF(32), x^5 + x^2 + 1: one wrong sign, or two neighbours in each other's
    place, always give another; a sign too many or too few in 31 cases of 32. It starts from 1, so
    that a nought in front counts. U, which the alphabet has not, counts as two.
    """
    rest = 1
    for sign in folded(code).replace("U", "VV"):
        rest <<= 1
        rest = (rest ^ 0b100101 if rest & 32 else rest) ^ ALPHABET.index(sign)
    return ALPHABET[rest]


def digest_of(table: Table) -> str:
    """What the figures of a table come to: another when any of them, or a heading, is.

    Numbers count as they are printed. Left out: when and for whom the table was made, the line of
    the document it belongs to, the notes under it, and the column of remarks, which says where
    returns stand.
    """
    found = sha256()
    for part in _canonical(table):
        found.update(json.dumps(part, ensure_ascii=False).encode())
        found.update(b"\n")
    number = int.from_bytes(found.digest()[: LENGTH * 5 // 8])
    return "".join(ALPHABET[number >> 5 * place & 31] for place in reversed(range(LENGTH)))


def _canonical(table: Table) -> Iterator[list[object]]:
    layout = table.layout
    yield [_FORM, table.number, table.title, *table.issuer_lines, table.unit_of_measure]
    yield [*table.marks, *layout.captions]
    for cell in layout.header:
        yield [cell.row, cell.column, cell.rows, cell.columns, cell.text]
    told = [place for place, leaf in enumerate(layout.leaves) if leaf.text is not TextColumn.NOTE]
    for row in table.rows:
        yield [row.kind.value, *_told(row, layout.leaves, told)]


def _told(row: Row, leaves: tuple[Leaf, ...], places: Iterable[int]) -> Iterator[str]:
    for place in places:
        yield _plain(row.cells[place], leaves[place].decimals)


def _plain(cell: Cell, decimals: int) -> str:
    """=12.5, or the kind of a cell without a number, with its words."""
    if cell.value is None:
        return f"{cell.kind.value}:{cell.text}"
    shown = cell.value.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)
    return f"={shown.normalize() + 0:f}"


def read_code(text: str) -> CheckCode:
    """Read a code as people type it: small letters, spaces, no dashes, O for 0, I for 1.

    Raises DomainError with what is wrong and how a code looks, a slip of the hand included.
    """
    if len(text) > LONGEST:
        raise DomainError(_("Mã kiểm tra dài quá. Ghi như ở chân biểu, ví dụ %s.") % EXAMPLE)
    parts = _parts(unicodedata.normalize("NFKC", text).strip())
    if len(parts) != 5 or not all(parts):
        words = _(
            "Mã kiểm tra có năm phần cách nhau bằng dấu /, ví dụ {example}; đọc được {n} phần."
        )
        raise DomainError(words.format(example=EXAMPLE, n=sum(map(bool, parts))))
    annex, where, period, kind, tail = parts
    stage, variant = _kind(kind)
    span = _period(period)
    tail = _tail(tail)
    digest = tail[:LENGTH]
    if check_sign(f"{annex}/{where}/{period}/{kind}/{digest}") != tail[LENGTH:]:
        raise DomainError(_("Mã gõ chưa đúng, xem lại từng ký tự với mã ở chân biểu."))
    sign = _NAMED_GROUP.rstrip(".")
    is_group = where.replace("0", "O").startswith(sign)
    return CheckCode(
        annex=folded(annex),
        place="" if is_group else _unit(where),
        group=folded(where[len(sign) :]) if is_group else "",
        period=span,
        stage=stage,
        variant=variant,
        digest=digest,
    )


def folded(text: str) -> str:
    """The same for codes that are read the same: 06-BHYT and o6 bhyt."""
    return re.sub(r"[^0-9A-Z]", "", text.upper()).translate(_ALIKE)


def _parts(text: str) -> list[str]:
    """The parts in capitals; spaces part them where there are no slashes."""
    text = _PREFIX.sub("", text).upper().replace("\\", "/").strip("/")
    if "/" in text:
        return ["".join(part.split()) for part in text.split("/")]
    words = text.split()
    return [*words[:4], "".join(words[4:])] if len(words) > 4 else words


def _unit(text: str) -> str:
    return text.translate(_ALIKE) if _UNIT.fullmatch(text) else text


def _period(text: str) -> Period:
    try:
        return Period.parse(text.translate(_ALIKE))
    except ValueError as error:
        raise DomainError(_("Mã kiểm tra ghi kỳ không đúng: %s") % error) from error


def _kind(text: str) -> tuple[str, int]:
    """Stage and variant of T1."""
    text = _DASHES.sub("", text)
    letter, number = text[:1], text[1:].translate(_ALIKE)
    if letter not in _STAGES or not re.fullmatch("[1-9]", number):
        words = _(
            "Phần thứ tư của mã là T (tạm tính) hoặc C (chính thức) kèm một chữ số, ví dụ T1; "
            "mã này ghi “{text}”."
        )
        raise DomainError(words.format(text=text[:20]))
    return str(_STAGES[letter]), int(number)


def _tail(text: str) -> str:
    """Digest and check sign."""
    text = _DASHES.sub("", text).translate(_ALIKE)
    if wrong := sorted(set(text) - set(ALPHABET)):
        words = _("Phần cuối của mã không có ký tự {signs}. Xem lại ở chân biểu.")
        raise DomainError(words.format(signs=", ".join(f"“{sign}”" for sign in wrong[:5])))
    if len(text) != LENGTH + 1:
        words = _("Phần cuối của mã có {length} ký tự, dạng {example}; mã này có {n}.")
        shown = EXAMPLE.rpartition("/")[2]
        raise DomainError(words.format(length=LENGTH + 1, example=shown, n=len(text)))
    return text
