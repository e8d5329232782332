"""A template of a letter costs what its length says, however its commands are nested."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from povertyplan.lib import letters
from povertyplan.lib.errors import DomainError
from reports.narrative.context import NAMES
from tests.reports.test_narrative import letter, problems, values

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
