"""The entry form: what stands in each box, what was typed into it, what is to be recorded."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from django.utils.text import capfirst
from django.utils.translation import gettext as _

from communes.models import Official
from indicators.checks import Finding, Values
from indicators.enums import Answer, Severity, ValueType
from indicators.models import Indicator, Theme
from indicators.recording import Entry, value_problem
from povertyplan.lib.errors import DomainError, Problem
from povertyplan.lib.numbers import format_number, parse_number
from reports.entry.settling import settle
from reports.models import Comment
from reports.returns import Return, Row, checked_values
from reports.returns.comparison import Comparison, compare

_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")
"""What no keyboard types into a note, and PostgreSQL would not store (NUL)."""
NOTE_LENGTH = 500
EXCUSES = (Answer.NOT_APPLICABLE, Answer.NO_DATA)
Told = tuple[str, Decimal | None, str]
"""An answer, its value, its note."""


@dataclass
class Line:
    """One line of the form. `text`, `note` and `excuse` are what its controls show.

    After a refused save they are what the officer typed, not what is stored. `number`: its
    number on the form. `formula`: where a worked-out figure comes from. `found`: rules that do
    not hold, each with the sum that shows it. `own`: what the script is told of this line.
    """

    row: Row
    text: str
    note: str
    excuse: str
    formula: str = ""
    waits_for: str = ""
    comparison: Comparison | None = None
    found: list[tuple[Finding, str]] = field(default_factory=list)
    error: str = ""
    is_conflict: bool = False
    is_changed: bool = False
    told: Told | None = None
    own: str = ""

    @property
    def code(self) -> str:
        return self.row.code

    @property
    def is_typed(self) -> bool:
        return self.row.kind == "input" and not self.row.is_locked

    @property
    def is_choice(self) -> bool:
        """Answered with a word (met, not met), not with a number."""
        return self.row.indicator.value_type == ValueType.YES_NO

    @property
    def heading(self) -> str:
        """Number, a tab, and name, with what the forms put before it: 1.6⇥− Số hộ thoát nghèo."""
        name = self.row.indicator.name
        if self.row.kind == "change":
            name = _("Mức giảm {rate}").format(rate=name.lower())
        before = (of_which() if self.is_detail else "", self.sign)
        return f"{self.row.number}\t{' '.join(part for part in (*before, name) if part)}"

    @property
    def spoken(self) -> str:
        """The same on one line, as the name of its box: 1.6 − Số hộ thoát nghèo."""
        return self.heading.replace("\t", " ")

    @property
    def unit(self) -> str:
        if self.row.kind == "change":
            return _("điểm %")
        return self.row.indicator.unit_of_measure

    @property
    def sign(self) -> str:
        """The sign of a line of the movement form. Source: indicators.yaml, form_sign."""
        return self.row.indicator.form_sign.replace("-", "−") if self.row.kind == "input" else ""

    @property
    def is_detail(self) -> bool:
        return self.row.kind == "input" and self.row.indicator.of_which_id is not None

    @property
    def request(self) -> Comment | None:
        """The reviewer's objection, once it has been sent."""
        found = self.row.request
        return found if found is not None and found.event_id is not None else None

    @property
    def errors(self) -> int:
        """How many things are wrong on the line."""
        rules = sum(found.severity == Severity.ERROR for found in self.row.findings)
        return rules + bool(self.error)

    @property
    def is_missing(self) -> bool:
        return self.is_typed and not self.text and not self.excuse

    @property
    def is_done(self) -> bool:
        """A locked figure that its source has not yet told is missing too."""
        if self.row.kind != "input":
            return False
        return not self.is_missing if self.is_typed else self.row.is_answered

    @property
    def stored_text(self) -> str:
        return shown(self.row)

    def take_stored(self) -> None:
        """What was typed is given up for what stands in the return."""
        row = self.row
        self.text, self.note, self.excuse = shown(row), row.note, row.excuse
        self.told, self.is_changed = None, False

    @property
    def told_then(self) -> str:
        """The figure the reviewer objected to, in words."""
        return _told_then(self.request.value_then, self.row) if self.request else ""

    @property
    def changes(self) -> str:
        """What happened to a returned figure since: 0 → 5; empty while it is as it was."""
        if self.request is None or not self.row.is_changed_since_return:
            return ""
        return f"{self.told_then} → {_told_now(self.row)}"


def of_which() -> str:
    return _("Trong đó:")


def shown(row: Row) -> str:
    return shown_value(row.indicator, row.value)


def shown_value(indicator: Indicator, value: Decimal | None) -> str:
    """A stored figure as its box shows it; a choice shows 1 or 0."""
    if value is None:
        return ""
    if indicator.value_type == ValueType.YES_NO:
        return f"{value:.0f}"
    return format_number(value, indicator.decimals)


def _told_then(kept: str, row: Row) -> str:
    if kept in EXCUSES:
        return str(Answer(kept).label)
    return format_number(Decimal(kept) if kept else None, row.indicator.decimals)


def _told_now(row: Row) -> str:
    if row.excuse:
        return str(Answer(row.excuse).label)
    return format_number(row.value, row.indicator.decimals)


@dataclass
class Section:
    """The lines of one theme, with what is still to be done in it."""

    theme: Theme
    number: int
    lines: list[Line]

    @property
    def total(self) -> int:
        return sum(line.row.kind == "input" for line in self.lines)

    @property
    def done(self) -> int:
        return sum(line.is_done for line in self.lines)

    @property
    def errors(self) -> int:
        return sum(line.errors for line in self.lines)

    @property
    def requests(self) -> int:
        return sum(line.request is not None for line in self.lines)


@dataclass
class Sheet:
    """The whole form over one return."""

    current: Return
    lines: list[Line]
    problems: list[Problem] = field(default_factory=list)

    @property
    def sections(self) -> list[Section]:
        by_theme: dict[int, Section] = {}
        for line in self.lines:
            theme = line.row.indicator.theme
            section = by_theme.setdefault(theme.pk, Section(theme, len(by_theme) + 1, []))
            section.lines.append(line)
        return list(by_theme.values())

    @property
    def total(self) -> int:
        return self.current.total

    @property
    def done(self) -> int:
        return sum(section.done for section in self.sections)

    @property
    def missing(self) -> int:
        return self.total - self.done

    @property
    def errors(self) -> int:
        return sum(section.errors for section in self.sections)

    @property
    def requests(self) -> int:
        return sum(section.requests for section in self.sections)

    @property
    def saved_at(self) -> datetime | None:
        """When the latest of the typed figures was stored."""
        moments = [line.row.entered_at for line in self.lines if line.row.entered_at]
        return max(moments, default=None)

    @property
    def versions(self) -> str:
        """Which version of each stored figure the page shows: code:3 code:1."""
        stored = (line.row for line in self.lines if line.is_typed and line.row.version)
        return " ".join(f"{row.indicator.code}:{row.version}" for row in stored)

    @property
    def has_plan(self) -> bool:
        return any(line.row.planned is not None for line in self.lines)

    @property
    def is_refused(self) -> bool:
        """Nothing of what was typed may be recorded yet."""
        return any(line.error for line in self.lines)

    @property
    def entries(self) -> list[Entry]:
        """What the officer changed, guarded by the versions they saw."""
        return [
            Entry(
                self.current.unit,
                line.row.indicator,
                self.current.period,
                line.told[0],
                line.told[1],
                note=line.told[2],
                version=line.row.version,
            )
            for line in self.lines
            if line.is_changed and line.told is not None
        ]

    def refuse(self, problems: Iterable[Problem]) -> None:
        """Show each problem on its line, and those of no line above the form."""
        by_code = {line.code: line for line in self.lines}
        for problem in problems:
            if problem.key in by_code:
                by_code[problem.key].error = problem.message
            else:
                self.problems.append(problem)


def sheet_of(current: Return) -> Sheet:
    """The form as stored."""
    numbers = {row.code: row.number for row in current.rows}
    values = checked_values(current.rows)
    known = {row.code for row in current.rows if row.value is not None}
    lines = []
    for row in current.rows:
        line = Line(row, shown(row), row.note, row.excuse)
        line.comparison = compare(row.value, row.planned, row.indicator, row.kind)
        line.found = [(found, worked_sum(found, values)) for found in row.findings]
        if row.kind == "ratio":
            line.formula = _quotient(row, numbers)
            line.waits_for = _waits_for((*row.numerator, *row.denominator), numbers, known)
        elif row.kind == "change":
            line.formula = _difference(row, numbers)
            line.waits_for = _waits_for(_both_ends(row), numbers, known)
        lines.append(line)
    return Sheet(current, lines)


def _quotient(row: Row, numbers: Mapping[str, str]) -> str:
    """In words of the form: ô 1.7 ÷ ô 1.1."""
    return f"{_sum(row.numerator, numbers)} ÷ {_sum(row.denominator, numbers)}"


def _sum(codes: tuple[str, ...], numbers: Mapping[str, str]) -> str:
    parts = " + ".join(_("ô {number}").format(number=numbers[code]) for code in codes)
    return f"({parts})" if len(codes) > 1 else parts


def _waits_for(codes: Iterable[str], numbers: Mapping[str, str], known: set[str]) -> str:
    absent = [numbers[code] for code in codes if code not in known]
    return _("chờ ô {number}").format(number=absent[0]) if absent else ""


def _both_ends(row: Row) -> list[str]:
    """The opening and the closing rate of a change, those that stand on the form."""
    opening = row.indicator.opening_indicator
    return [*([opening.code] if opening else []), row.indicator.code]


def _difference(row: Row, numbers: Mapping[str, str]) -> str:
    """Of what the rates are, not of what is shown: the last digit may differ by one."""
    difference = " − ".join(
        _("ô {number}").format(number=numbers[code]) for code in _both_ends(row)
    )
    return _("{difference}, từ số chưa làm tròn").format(difference=difference)


def worked_sum(found: Finding, values: Values) -> str:
    """The sum behind a balance: 238 − 71 + 2 + 5 = 174; empty where the rule is no plain sum."""
    rule = found.rule
    terms = list(rule.terms.all())
    solved = [term for term in terms if term.indicator_id == rule.solve_for_id and not term.offset]
    if not solved or len(terms) < 4 or found.fill is None or rule.constant:
        return ""
    text = ""
    for term in terms:
        factor = -term.coefficient / solved[0].coefficient
        if term is solved[0]:
            continue
        if abs(factor) != 1:
            return ""
        sign = "−" if factor < 0 else "+" if text else ""
        value = values.get((term.indicator.code, term.offset))
        text += f" {sign} {format_number(value, term.indicator.decimals)}"
    text = " ".join(text.split())
    return f"{text} = {format_number(found.fill[1], solved[0].indicator.decimals)}"


# -- reading what was typed ------------------------------------------------------------------


def read(current: Return, data: Mapping[str, str], *, by: Official) -> Sheet:
    """Lay what `by` typed over the stored form. Lines that `data` does not name stay as stored.

    `data`: `v-<code>`, `na-<code>` (`na`, `none` or empty), `note-<code>`, `version-<code>` or all
    of them in `versions`; `fill` = `code:number` puts an offered number into its box;
    `choice-<code>` and `seen-<code>` settle a conflict.
    Bad cells carry their error; nothing is written here.
    """
    sheet = sheet_of(current)
    filled, _colon, number = data.get("fill", "").partition(":")
    sent = [line for line in sheet.lines if f"v-{line.code}" in data]
    typed = [line for line in sent if line.is_typed]
    for line in sent:
        if line.row.is_locked and data[f"v-{line.code}"].strip() not in ("", line.text):
            line.error = line.row.why_locked  # typed on a page of before: not taken, and told
    for line in typed:
        line.text = number if line.code == filled else data[f"v-{line.code}"].strip()
        line.note = _CONTROL.sub(" ", data.get(f"note-{line.code}", "")).strip()
        excuse = data.get(f"na-{line.code}", "")
        line.excuse = excuse if excuse in EXCUSES and line.code != filled else ""
        _understand(line)
    settle(current, typed, data, by)
    return sheet


def _understand(line: Line) -> None:
    """Turn the texts of a line into what it tells, or into an error."""
    row = line.row
    try:
        line.told = (*_answer(line), line.note)
    except DomainError as error:
        line.error = error.problems[0].message
        return
    if len(line.note) > NOTE_LENGTH:
        line.error = _("Ghi chú dài quá {limit} chữ.").format(limit=NOTE_LENGTH)
    line.is_changed = line.told != (row.answer, row.value, row.note)


def _answer(line: Line) -> tuple[str, Decimal | None]:
    if line.excuse and line.text:
        raise DomainError(
            _("Ô này vừa ghi số vừa chọn “{answer}”. Xóa số, hoặc bỏ chọn.").format(
                answer=capfirst(Answer(line.excuse).label)
            )
        )
    if line.excuse == Answer.NO_DATA and not line.note:
        raise DomainError(_("Ghi lý do không có số liệu vào ô ghi chú."))
    if line.excuse:
        return line.excuse, None
    if not line.text:
        return Answer.MISSING, None
    value = parse_number(line.text, line.row.indicator.decimals)
    problem = value_problem(line.row.indicator, value)
    if problem:
        raise DomainError(problem)
    return Answer.VALUE, value
