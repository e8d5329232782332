"""How the commands of a template are written, said in an official's words with their place.

Jinja itself stops at the first mistake, in English, and names no paragraph.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from django.utils.translation import gettext as _
from jinja2 import TemplateSyntaxError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from povertyplan.lib.errors import Problem
from povertyplan.lib.placeholders import is_shallow

_COMMANDS = re.compile(r"\{\{[^{}]*\}\}|\{%[^{}]*%\}")
_WORD = re.compile(r"\{%(?:p|tr|tc|r)?(?![^\W_])[-+]?\s*([^\W\d]*)\s*(.*?)\s*[-+]?%\}", re.DOTALL)
_QUOTES = str.maketrans("“”‘’", "\"\"''")
_OPENED_BY = {"endif": "if", "endfor": "for"}
_WHOLE = {
    "if": "{{% if {rest} %}}{{% endif %}}",
    "elif": "{{% if true %}}{{% elif {rest} %}}{{% endif %}}",
    "for": "{{% for {rest} %}}{{% endfor %}}",
}
_LOOKS = {
    "if": "{% if la_nam %}",
    "elif": "{% elif la_nam %}",
    "for": "{% for k in can_cu %}",
}
_SHOWN = 40


def spelling_problems(
    paragraphs: Iterable[str], env: ImmutableSandboxedEnvironment
) -> list[Problem]:
    """Every command of one part that cannot be read, or that others do not fit, in their order.

    paragraphs: their texts, in each of which every command is closed.
    """
    reader = _Reader(env)
    found = [row for text in paragraphs for row in reader.paragraph(text)]
    return list(dict.fromkeys([*found, *reader.left_open()]))


class _Reader:
    """Follows which commands are open."""

    def __init__(self, env: ImmutableSandboxedEnvironment) -> None:
        self.env = env
        self.open: list[tuple[str, str]] = []
        """Word and place of each."""

    def paragraph(self, text: str) -> Iterator[Problem]:
        for command in _COMMANDS.findall(text):
            place = _place(command, text)
            if command.startswith("{{"):
                if not self._is_read(command):
                    yield Problem(_misspelt_name(), where=place)
                continue
            told = _WORD.fullmatch(command)
            yield from self._command(told[1] if told else "", told[2] if told else "", place)

    def _command(self, word: str, rest: str, place: str) -> Iterator[Problem]:
        if word in _WHOLE and not self._is_read(_WHOLE[word].format(rest=rest)):
            yield Problem(
                _("Lệnh {word} viết sai. Viết như: {example}").format(
                    word=word, example=_LOOKS[word]
                ),
                where=place,
            )
        if word in ("if", "for"):
            self.open.append((word, place))
        elif word in ("else", "elif"):
            if not self.open or (word == "elif" and self.open[-1][0] != "if"):
                yield Problem(
                    _("Lệnh {word} không nằm trong lệnh if nào.").format(word=word), place
                )
        elif word in _OPENED_BY:
            yield from self._closed(word, place)
        else:
            words = _("Không có lệnh “{word}”. Mẫu chỉ dùng if, elif, else, endif, for, endfor.")
            yield Problem(words.format(word=word or rest), where=place)

    def _closed(self, word: str, place: str) -> Iterator[Problem]:
        if not self.open:
            words = _("Lệnh {word} thừa: trước đó không có lệnh {opening} nào đang mở.")
            yield Problem(words.format(word=word, opening=_OPENED_BY[word]), where=place)
        elif self.open[-1][0] == _OPENED_BY[word]:
            self.open.pop()
        else:
            opening, where = self.open.pop()
            words = _("Lệnh {word} đặt lệch: lệnh đang mở là {opening} ({where}).")
            yield Problem(words.format(word=word, opening=opening, where=where), where=place)

    def left_open(self) -> Iterator[Problem]:
        for word, place in self.open:
            words = _("Lệnh {word} mở mà không có lệnh end{word} đóng lại ở sau.")
            yield Problem(words.format(word=word), where=place)

    def _is_read(self, source: str) -> bool:
        source = source.translate(_QUOTES)
        try:
            if is_shallow(source, self.env):  # else it is told as too long
                self.env.parse(source)
        except TemplateSyntaxError:
            return False
        return True


def _place(command: str, text: str) -> str:
    around = text.strip()
    if around == command:
        return command
    return _("{command} ở đoạn “{text}”").format(command=command, text=around[:_SHOWN])


def _misspelt_name() -> str:
    return _(
        "Chỗ điền viết sai. Trong hai dấu ngoặc nhọn chỉ ghi một tên có trong bảng các chỗ điền, "
        "không dấu, không dấu cách ở giữa, ví dụ {example}."
    ).format(example="{{ don_vi }}")
