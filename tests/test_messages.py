"""The pages are complete in English: no message without it, none that could not be told in it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Message
from django.test import Client
from django.utils import translation

from indicators.periods import Period
from tooling.messages import ROOMS, ROOT, collected, gaps, kept

PLACES = re.compile(r"\{[a-z_0-9]*\}|%\([a-z_0-9]+\)[sd]|%[sd]")
LETTERS = re.compile("[ăâđêôơưĂÂĐÊÔƠƯ\u1ea0-\u1ef9]")
"""Letters that no English word has."""
NAMES = ("Tiếng Việt", "QĐ-UBND", "KH-UBND", "Lào Cai", "Bắc Hà", "Quảng Thái", "Quảng Bình")


def forms(told: str | tuple[str, ...] | list[str]) -> list[str]:
    return [told] if isinstance(told, str) else list(told)


def english() -> list[Message]:
    return [row for row in kept() if row.id]


def test_every_message_has_its_english() -> None:
    """`python -m tooling.messages update` brings new ones into the catalogue, to be translated."""
    assert [row.id for row in gaps()] == []


def test_catalogue_holds_nothing_that_is_no_longer_said() -> None:
    said = {(row.context, forms(row.id)[0]) for row in collected() if row.id}

    assert {(row.context, forms(row.id)[0]) for row in english()} - said == set()


def test_every_place_for_a_value_is_kept() -> None:
    """A name that is missing would lose a figure, one too many would break the page."""
    torn = [
        row.id
        for row in english()
        if any(
            set(PLACES.findall(told)) - {"{}"} != set(PLACES.findall(source))
            for source, told in zip(forms(row.id), forms(row.string), strict=False)
            if told
        )
    ]

    assert torn == []


def test_english_is_english() -> None:
    left = [
        told
        for row in english()
        for told in forms(row.string)
        # what stands in “quotes” is the word of a form that is Vietnamese
        if LETTERS.search(re.sub("“[^”]*”|\\{[^}]*\\}", "", told))
        and not any(name in told for name in NAMES)
    ]

    assert left == []


def test_message_keeps_the_ends_it_is_put_together_by() -> None:
    torn = [
        row.id
        for row in english()
        for source, told in zip(forms(row.id), forms(row.string), strict=False)
        if (source[:1].isspace(), source[-1:].isspace())
        != (told[:1].isspace(), told[-1:].isspace())
    ]

    assert torn == []


# -- said when asked, not when loaded -------------------------------------------------------------


def calls_at_import(path: Path) -> Iterator[int]:
    """Lines on which a module asks for words while it is loaded, before anybody reads them."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    at_once = {
        name.asname or name.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "django.utils.translation"
        for name in node.names
        if name.name in {"gettext", "ngettext", "pgettext"}
    }
    waiting: list[ast.AST] = [tree]
    while waiting:
        for node in ast.iter_child_nodes(waiting.pop()):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
                continue
            if isinstance(node, ast.Call) and getattr(node.func, "id", None) in at_once:
                yield node.lineno
            waiting.append(node)


def test_words_of_a_module_wait_until_they_are_read() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{line}"
        for room in ROOMS
        for path in sorted((ROOT / room).rglob("*.py"))
        for line in calls_at_import(path)
    ]

    assert found == []


# -- the reader's choice --------------------------------------------------------------------------


@pytest.mark.django_db
def test_reader_chooses_and_keeps_a_language(client: Client) -> None:
    first = client.get("/dang-nhap/")
    assert first.headers["Content-Language"] == "vi"
    assert "Mật khẩu" in first.content.decode()

    chosen = client.post("/ngon-ngu/", {"language": "en", "next": "/dang-nhap/"})
    page = client.get("/dang-nhap/").content.decode()

    assert chosen.headers["Location"] == "/dang-nhap/"
    assert '<html lang="en">' in page
    assert "Password" in page
    assert "Mật khẩu" not in page
    client.post("/ngon-ngu/", {"language": "vi", "next": "/dang-nhap/"})
    assert "Mật khẩu" in client.get("/dang-nhap/").content.decode()


@pytest.mark.django_db
def test_browser_set_to_english_does_not_choose(client: Client) -> None:
    """Official's computers are often set up in English."""
    page = client.get("/dang-nhap/", headers={"Accept-Language": "en-US,en;q=0.9"})

    assert page.headers["Content-Language"] == "vi"


@pytest.mark.django_db
@pytest.mark.parametrize("cookie", ["fr", "xx'--", "", "vi-VN"])
def test_language_that_is_not_known_is_vietnamese(client: Client, cookie: str) -> None:
    client.cookies["django_language"] = cookie

    assert client.get("/dang-nhap/").headers["Content-Language"] == "vi"


@pytest.mark.django_db
def test_choosing_leads_to_no_other_site(client: Client) -> None:
    chosen = client.post("/ngon-ngu/", {"language": "en", "next": "https://khac.example/"})

    assert chosen.headers["Location"] == "/"
    assert client.get("/ngon-ngu/").status_code == 405


def test_numbers_and_days_are_written_alike_in_both_languages() -> None:
    from django.template import Context, Template  # noqa: PLC0415  # needs the settings

    page = Template("{{ n }} {{ n|number:1 }}")
    told = []
    for language in ("vi", "en"):
        with translation.override(language):
            told.append(page.render(Context({"n": 1234})))

    assert told == ["1234 1.234,0"] * 2


def test_period_is_named_in_the_reader_s_language() -> None:
    with translation.override("en"):
        names = [Period.parse(code).label for code in ("2024", "2024H1", "2024H2", "2024Q3")]
    with translation.override("vi"):
        vietnamese = Period.parse("2024H1").label

    assert vietnamese == "6 tháng đầu năm 2024"
    assert all("2024" in name and not LETTERS.search(name) for name in names)
    assert len(set(names)) == 4
