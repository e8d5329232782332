"""A template of a letter costs what its length says, however its commands are nested."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO

import pytest
from docx import Document

from povertyplan.lib import letters
from povertyplan.lib.errors import DomainError
from reports.narrative.context import NAMES
from tests.reports.test_narrative import changed, letter, problems, values

DEEP = "lồng nhau quá 10 tầng"


def nested(command: str, times: int) -> str:
    end = command.split(maxsplit=1)[0]
    return f"{{% {command} %}}" * times + "x" + f"{{% end{end} %}}" * times


@pytest.mark.parametrize(
    "make",
    [
        lambda: nested("if true", 11),
        lambda: nested("if true", 150),
        lambda: nested("if true", 950),
        lambda: nested("for k in can_cu", 26),
        lambda: "{{ " + "(" * 140 + "ky" + ")" * 140 + " }}",
        lambda: "{% if " + "not " * 1500 + "ky %}{% endif %}",
        lambda: "{{ ky" + "|upper" * 1500 + " }}",
    ],
)
def test_deep_nesting_is_refused_in_words(make: Callable[[], str]) -> None:
    text = make()
    pieces = [text[n : n + 200] for n in range(0, len(text), 200)]

    assert DEEP in problems("".join(pieces)[:60_000])


def test_ten_commands_within_one_another_are_taken() -> None:
    letters.check_template(letter(nested("if true", 10), "{{ ky }}"), NAMES, values())


@pytest.mark.parametrize(
    "lists",
    [
        ("l in linh_vuc", "c in l.chi_tieu", "d in l.chi_tieu"),
        ("l in linh_vuc", "l in linh_vuc"),
    ],
)
def test_list_is_not_looped_over_within_itself(lists: tuple[str, ...]) -> None:
    text = "".join(f"{{% for {one} %}}" for one in lists) + "{% endfor %}" * len(lists)

    assert "không lặp bên trong" in problems(text)


def test_list_of_each_row_may_be_looped_over() -> None:
    line = "{% for l in linh_vuc %}{% for c in l.chi_tieu %}{{ c.ten }}{% endfor %}{% endfor %}"

    letters.check_template(letter(line), NAMES, values())


def test_letter_that_grows_without_end_stops(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(letters, "MOST_LETTERS", 100_000)
    template = letter("{% for k in can_cu %}" + "x" * 1_000 + "{% endfor %}")
    made = []

    def rows() -> object:
        for number in range(100_000):
            made.append(number)
            yield ""

    with pytest.raises(DomainError, match="quá dài"):
        letters.filled(template, {**values(), "can_cu": rows()})
    assert len(made) < 200


def repeated(tag: bytes, times: int) -> bytes:
    """A letter that repeats empty elements for each document it answers to."""
    template = letter("{%p for k in can_cu %}", "{{ ky }}", "{%p endfor %}")
    last = b"<w:p><w:r><w:t>{{ ky }}</w:t></w:r></w:p>"
    return changed(template, "word/document.xml", last, last + tag * times)


def rows(number: int) -> dict[str, object]:
    return {**values(), "can_cu": [{"van_ban": "x"}] * number}


@pytest.mark.parametrize("tag", [b"<w:p/>", b"<w:tbl/>"])
def test_template_of_many_empty_pieces_is_refused_before_it_is_read(
    monkeypatch: pytest.MonkeyPatch, tag: bytes
) -> None:
    """A megabyte of them packs into forty kilobytes and takes a thousand times that to read."""

    def read(_archive: object) -> None:
        raise AssertionError("it was read")

    monkeypatch.setattr(letters, "_unclosed", read)

    with pytest.raises(DomainError, match="quá nhiều đoạn"):
        letters.check_template(repeated(tag, 100_000), NAMES, rows(1))


@pytest.mark.parametrize("number", [1, 10])
def test_pieces_that_a_loop_repeats_are_counted_each_time(number: int) -> None:
    template = repeated(b"<w:p/>", 30_000)

    if number == 1:
        letters.check_template(template, NAMES, rows(number))
        return
    with pytest.raises(DomainError, match="quá dài"):
        letters.check_template(template, NAMES, rows(number))


def test_parts_of_a_letter_are_counted_together(monkeypatch: pytest.MonkeyPatch) -> None:
    made = Document()
    for place in (made, made.sections[0].header, made.sections[0].footer):
        place.add_paragraph("{% for k in can_cu %}{{ ky }}{% endfor %}")
    stream = BytesIO()
    made.save(stream)
    told = {**rows(100), "ky": "x" * 1_000}
    letters.filled(stream.getvalue(), told)

    monkeypatch.setattr(letters, "MOST_LETTERS", 250_000)

    with pytest.raises(DomainError, match="quá dài"):
        letters.filled(stream.getvalue(), told)
