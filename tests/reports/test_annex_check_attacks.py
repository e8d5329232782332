"""The page of printed sheets, asked by somebody who means harm: words, never more than his."""

from __future__ import annotations

import random
from contextlib import suppress

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from communes.enums import Role
from povertyplan.lib.errors import DomainError
from reports.annexes.checking import check_sign, read_code
from tests import builders
from tests.builders import Places
from tests.reports.test_annex_checked import ADDRESS, OTHER, SAME, Office, words_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def office(places: Places) -> Office:
    return Office(places)


def signed(start: str) -> str:
    """A code that looks right whatever it says."""
    return f"{start}-{check_sign(start)}"


@pytest.mark.parametrize(
    "start",
    [
        *(f"thu/901/{year}/T1/00000000" for year in ("0000", "0001", "9999", "1000", "2024H1")),
        *(f"thu/{place}/2024/T1/00000000" for place in ("901@9999-12-31", "901@0001-01-01", "9")),
        *(f"thu/{place}/2024/T1/00000000" for place in ("901@2024-02-30", "901\x00", "NHOM.")),
        *(f"thu/{place}/2024/T1/00000000" for place in ("%", "901' OR 1=1 --", "../901", "NHOMX")),
        *(f"{annex}/901/2024/T1/00000000" for annex in ("\x00", "thu\u0430", "%", "<b>", "🏔")),
        "thu/901/2024/T9/00000000",
        "thu/901/٢٠٢٤/T1/00000000",
        "ﷺ" * 11 + "/901/2024/T1/00000000",
    ],
)
def test_forged_code_is_answered_in_words(office: Office, start: str) -> None:
    response = office.client.get(ADDRESS, {"ma": signed(start)})

    assert response.status_code in (200, 404)
    assert SAME not in response.content.decode()
    assert "<b>/901" not in response.content.decode()


def test_any_text_is_a_code_or_refused(office: Office) -> None:
    """Half a good code, half signs of everywhere."""
    chance, code = random.Random(7), office.printed()
    for _turn in range(3000):
        signs = list(code)
        for _hit in range(chance.randrange(1, 5)):
            sign = chr(chance.choice((chance.randrange(0xD800), chance.randrange(128))))
            signs[chance.randrange(len(signs))] = sign
        with suppress(DomainError):
            read = read_code("".join(signs))
            assert len(read.digest) == 8


def test_letters_of_another_script_make_no_other_code(office: Office) -> None:
    """А, С, Т, О of Cyrillic look as they should: refused, never taken for the sheet's."""
    code = office.printed()
    for latin, look_alike in zip("TCAHEKMPX", "ТСАНЕКМРХ", strict=True):
        if latin in code:
            assert SAME not in office.answer(code.replace(latin, look_alike))


def test_reader_of_another_unit_pays_no_table_and_is_told_the_same(office: Office) -> None:
    """Whether a unit out of sight has tables shows neither in words nor in work."""
    elsewhere = builders.unit("902", "Huyện Khác", "district", office.places.province)
    stranger = office.signed_in("la", Role.REVIEWER, elsewhere)
    told = []
    for start in (
        "thu/901/2024/T1/00000000",
        "khac/901/2024/T1/00000000",
        "thu/999/2024/T1/00000000",
    ):
        code = signed(start)
        with CaptureQueriesContext(connection) as queries:
            answer = stranger.get(ADDRESS, {"ma": code})
        told.append((answer.status_code, words_of(answer, code), len(queries)))

    assert told[0] == told[1]
    assert {row[:2] for row in told} == {told[0][:2]}
    assert told[0][2] < 12


def test_code_proves_the_system_never_the_paper(office: Office) -> None:
    """Figures changed by hand under a true code: the page shows the true ones beside its answer."""
    page = office.answer(office.printed())

    assert "Nếu nghi tờ giấy bị sửa, so từng số với biểu dưới đây" in page
    assert "1.200" in page
    assert OTHER not in page
