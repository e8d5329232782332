"""Files are read strictly, and each fault names its file, line and column or field."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from povertyplan.lib.errors import DomainError
from povertyplan.lib.reading import Day, Flag, Number, Record, Whole, read_csv, read_yaml


class Line(Record):
    code: str
    amount: Number
    since: Day = date(1900, 1, 1)


class Inner(Record):
    name: str


class Item(Record):
    code: str
    text: str = ""
    amount: Number | None = None
    year: Whole | None = None
    yes: Flag = False
    since: Day | None = None
    parts: list[Inner] = []
    terms: list[tuple[Number, str]] = []


def items(text: str | Path) -> list[Item]:
    file = read_yaml(text)
    file.allow_only("items")
    rows = file.rows("items", Item)
    file.refuse_if_bad()
    return [row.data for row in rows]


def problems(read: Any, *given: Any) -> list[tuple[str, str]]:
    with pytest.raises(DomainError) as refused:
        read(*given)
    return [(problem.where, problem.message) for problem in refused.value.problems]


def test_csv_gives_rows_in_order_whatever_the_order_of_columns() -> None:
    rows = read_csv("since,amount,code\n2024-01-02,1.5,a\n,2,b\n", Line)
    assert [row.data for row in rows] == [
        Line(code="a", amount=Decimal("1.5"), since=date(2024, 1, 2)),
        Line(code="b", amount=Decimal(2), since=date(1900, 1, 1)),
    ]


def test_csv_passes_over_blank_lines_and_a_byte_order_mark(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes("\ufeffcode,amount\r\n\r\n xã ,1\r\n,\r\n".encode())
    assert [row.data.code for row in read_csv(path, Line)] == ["xã"]


def test_csv_names_the_line_on_which_a_row_begins() -> None:
    text = 'code,amount\n"one\ntwo",1\nb,x\n'
    assert problems(read_csv, text, Line) == [
        (
            "văn bản, dòng 4, cột amount",
            "có “x”, cần một số; dùng dấu chấm thập phân, không dấu ngăn hàng nghìn, ví dụ 1234.5.",
        )
    ]


def test_csv_reports_every_bad_row_at_once() -> None:
    text = "code,amount,since\na,,2024-13-01\nb,1\nc,nan,\n"
    assert [where for where, _ in problems(read_csv, text, Line)] == [
        "văn bản, dòng 2, cột amount",
        "văn bản, dòng 2, cột since",
        "văn bản, dòng 3",
        "văn bản, dòng 4, cột amount",
    ]


@pytest.mark.parametrize(
    ("text", "where", "words"),
    [
        ("", "văn bản", "tệp rỗng"),
        ("code,amount\n", "văn bản", "chỉ có dòng tiêu đề"),
        ("code;amount\na;1\n", "văn bản, dòng 1", "cần dấu phẩy: code,amount,since"),
        ("code\na\n", "văn bản, dòng 1", "thiếu cột amount"),
        ("code,amount,sinse\n", "văn bản, dòng 1", "cột lạ “sinse”; có phải “since”?"),
        ("code,amount,code\n", "văn bản, dòng 1", "cột code lặp lại"),
        ('code,amount\na,"1\n', "văn bản, dòng 2", "kiểm tra dấu nháy kép"),
        ("code,amount\na,1,2\n", "văn bản, dòng 2", "có 3 ô, cần 2 ô"),
    ],
)
def test_csv_of_the_wrong_form_is_refused(text: str, where: str, words: str) -> None:
    [(found, message)] = problems(read_csv, text, Line)
    assert found == where
    assert words in message


def test_csv_in_another_encoding_is_refused_at_its_line(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes("code,amount\nXã,1\n".encode("utf-16-le"))
    path.write_bytes(b"code,amount\na,1\nX\xe3,1\n")
    [(where, message)] = problems(read_csv, path, Line)
    assert where == "a.csv, dòng 3"
    assert "UTF-8" in message


def test_a_file_that_is_not_there_is_refused_by_name(tmp_path: Path) -> None:
    [(where, message)] = problems(read_csv, tmp_path / "none.csv", Line)
    assert where == "none.csv"
    assert "kiểm tra đường dẫn" in message


def test_yaml_gives_exact_decimals_days_and_text_with_leading_zeros() -> None:
    [item] = items("items:\n- {code: 02842, amount: 0.1, since: 2024-02-29, yes: true, year: 5}\n")
    assert item == Item(
        code="02842", amount=Decimal("0.1"), since=date(2024, 2, 29), yes=True, year=5
    )


def test_yaml_takes_a_comma_in_unquoted_text_as_text() -> None:
    [item] = items(
        "items:\n- {code: a, text: nutrition, health\n    insurance and water, yes: true}\n"
    )
    assert item.text == "nutrition, health insurance and water"
    assert item.yes


@pytest.mark.parametrize(
    ("text", "where", "words"),
    [
        (
            "items:\n- {code: a, colour: b}\n",
            "văn bản, dòng 2, cột 13, trường colour",
            "trường lạ “colour”",
        ),
        ("items:\n- {code: a, txt: b}\n", "văn bản, dòng 2, cột 13, trường txt", "có phải “text”?"),
        ("items:\n- {text: b}\n", "văn bản, dòng 2, cột 3, trường code", "thiếu"),
        ("items:\n- {code: 12}\n", "văn bản, dòng 2, cột 4, trường code", "có “12”, cần chữ"),
        ("items:\n- {code: a, code: b}\n", "văn bản, dòng 2, cột 13", "“code” lặp lại"),
        (
            "items:\n- {code: a, text: b, yes}\n",
            "văn bản, dòng 2, cột 22",
            "“yes” không có giá trị",
        ),
        (
            "items:\n- code: a\n  amount: true\n",
            "văn bản, dòng 3, cột 3, trường amount",
            "cần một số",
        ),
        (
            "items:\n- code: a\n  year: 1.5\n",
            "văn bản, dòng 3, cột 3, trường year",
            "cần số nguyên",
        ),
        (
            "items:\n- code: a\n  yes: 1\n",
            "văn bản, dòng 3, cột 3, trường yes",
            "cần true hoặc false",
        ),
        (
            "items:\n- code: a\n  since: 2024-02-30\n",
            "văn bản, dòng 3, cột 3, trường since",
            "không phải ngày",
        ),
        (
            "items:\n- code: a\n  parts:\n  - {name: b}\n  - {nam: c}\n",
            "văn bản, dòng 5, cột 5, trường parts[2].name",
            "thiếu",
        ),
        (
            "items:\n- code: a\n  terms: [[1, b], [x, c]]\n",
            "văn bản, dòng 3, cột 20, trường terms[2][1]",
            "cần một số",
        ),
        ("items: 5\n", "văn bản, dòng 1, cột 8", "cần một danh sách"),
        ("items:\n- a\n", "văn bản, dòng 2, cột 3", "cần các cặp khóa"),
        ("other:\n- a\n", "văn bản", "thiếu phần “items:”"),
        ("items: []\nitemz: []\n", "văn bản, dòng 2, cột 1", "phần lạ “itemz”; có phải “items”?"),
        ("- a\n", "văn bản, dòng 1", "cần các phần có tên"),
        ("items: [\n", "văn bản, dòng 2, cột 1", "không đúng cú pháp YAML"),
        (
            "items:\n- {code: !!python/name:os.system x}\n",
            "văn bản, dòng 2, cột 10",
            "không được dùng",
        ),
        ("items: [&a {code: b}, *a]\n", "văn bản, dòng 1, cột 9", "không được phép"),
        ("items: " + "[" * 100_000, "văn bản, dòng 1", "lồng nhau quá"),
        ("", "văn bản", "tệp rỗng"),
    ],
)
def test_yaml_of_the_wrong_form_is_refused(text: str, where: str, words: str) -> None:
    first, message = problems(items, text)[0]
    assert first == where
    assert words in message


def test_yaml_that_is_too_large_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes(b"#" * 5_000_001)
    [(where, message)] = problems(items, path)
    assert where == "a.yaml"
    assert "tối đa 5 MB" in message


def test_yaml_reports_every_fault_in_the_order_of_the_file() -> None:
    text = "items:\n- {code: 1}\n- {code: a, yes: 2}\n- {code: c, code: d}\n"
    assert [where for where, _ in problems(items, text)] == [
        "văn bản, dòng 2, cột 4, trường code",
        "văn bản, dòng 3, cột 13, trường yes",
        "văn bản, dòng 4, cột 13",
    ]
