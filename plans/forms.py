"""What is typed on the allocation page, turned into figures; bad cells keep their text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django import forms
from django.db import models
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from plans.cascade import Balance, Standing, balance_of, limit_problems, propose
from plans.enums import AllocationMethod, TargetComparator
from plans.models import Amendment, Target
from plans.pages.allocation import AllocationPage
from povertyplan.lib.errors import DomainError, Problem
from povertyplan.lib.numbers import format_number, parse_number

DAYS = ["%d/%m/%Y", "%Y-%m-%d"]


class Step(models.TextChoices):
    """What the pressed button asks for; a method of splitting fills the boxes and saves nothing."""

    SAVE = "save", gettext_lazy("Lưu nháp")
    REVIEW = "review", gettext_lazy("Xem lại để giao")
    ISSUE = "issue", gettext_lazy("Giao chỉ tiêu")


class DecisionForm(forms.Form):
    """The decision by which a draft is issued. `version`: of the draft that was looked at.

    The rule says what is wrong; here only what cannot be read is refused.
    """

    decision_number = forms.CharField(max_length=200, required=False, strip=True)
    decided_on = forms.DateField(input_formats=DAYS, required=False)
    version = forms.IntegerField(min_value=0)

    def take(self, problems: Iterable[Problem]) -> list[Problem]:
        """Put each problem at its field; those that have none are returned."""
        rest = []
        for problem in problems:
            if problem.key in self.fields and problem.key != "version":
                self.add_error(problem.key, problem.message)
            else:
                rest.append(problem)
        return rest


@dataclass
class Line:
    """One unit's box. `text` is what it shows, `theirs` what the saved draft says after a clash."""

    standing: Standing
    text: str
    now: Decimal | None
    value: Decimal | None = None
    error: str = ""
    theirs: str = ""

    @property
    def pk(self) -> int:
        return self.standing.unit.pk


@dataclass
class Sheet:
    """The split as it stands on the page, typed or stored."""

    page: AllocationPage
    lines: list[Line]
    total_text: str
    method: str
    version: int
    total: Decimal | None = None
    total_error: str = ""
    problems: list[Problem] = field(default_factory=list)
    is_unsaved: bool = False
    is_clash: bool = False

    @property
    def shares(self) -> dict[int, Decimal | None]:
        return {line.pk: line.value for line in self.lines}

    @property
    def is_refused(self) -> bool:
        return bool(self.total_error or self.problems) or any(line.error for line in self.lines)

    @cached_property
    def balance(self) -> Balance:
        return balance_of(self.page.ground, self.total, self.shares)

    def need_total(self) -> Decimal:
        """The total; DomainError while there is none."""
        if self.total is None:
            raise DomainError(
                Problem(
                    self.total_error or _("Ghi mức của cả địa bàn trước."),
                    where=_("Mức của cả địa bàn"),
                    key="total",
                )
            )
        return self.total

    def fill(self, method: str) -> None:
        """Put what `method` proposes into the boxes; what is in the way goes to `problems`."""
        self.is_unsaved = True
        try:
            found = propose(method, self.page.ground, self.need_total(), self.shares)
        except DomainError as error:
            self.refuse(error.problems)
            return
        self.method = method
        for line in self.lines:
            line.value = found[line.pk]
            line.error = "" if line.value is not None else line.error
            line.text = (
                _text(line.value, self.page.decimals) if line.value is not None else line.text
            )
        self.refuse(limit_problems(self.page.ground, self.shares))

    def refuse(self, problems: Iterable[Problem]) -> None:
        """Put each problem at its box; those that have none are listed above the table."""
        at = {str(line.pk): line for line in self.lines}
        for problem in problems:
            if problem.key in at:
                at[problem.key].error = problem.message
            elif problem.key == "total" and problem.code != "balance":
                self.total_error = problem.message
            else:
                self.problems.append(problem)

    def clash(self, problems: Iterable[Problem]) -> None:
        """Somebody else saved meanwhile: both figures are shown, and the next save decides."""
        self.problems += problems
        self.is_clash = True
        self.version = self.page.draft.version if self.page.draft else 0
        theirs = self.page.draft_shares if self.page.draft else self.page.now
        for line in self.lines:
            other = theirs.get(line.pk)
            if other != line.value:
                line.theirs = _text(other, self.page.decimals) or "–"


def _text(value: Decimal | None, decimals: int) -> str:
    return "" if value is None else format_number(value, decimals)


def sheet_of(page: AllocationPage) -> Sheet:
    """The page as stored: the draft, else what was given last, else empty boxes."""
    draft = page.draft
    shares: Mapping[int, Decimal | None] = page.draft_shares if draft else page.now
    last = page.issued[0].total if page.issued else page.suggested
    total = draft.total if draft else last
    latest = draft or (page.issued[0] if page.issued else None)
    method = latest.method if latest else AllocationMethod.HAND
    return Sheet(
        page=page,
        lines=[
            Line(
                row,
                _text(shares.get(row.unit.pk), page.decimals),
                page.now.get(row.unit.pk),
                shares.get(row.unit.pk),
            )
            for row in page.ground.children
        ],
        total_text=_text(total, page.decimals),
        total=total,
        method=method,
        version=draft.version if draft else 0,
    )


def read(page: AllocationPage, data: Mapping[str, str]) -> Sheet:
    """Lay what was typed over the page: `total`, `v-<unit pk>`, `method`, `version`.

    An empty box is a unit without a figure; a bad one keeps its text and says what is wrong.
    """
    method = data.get("method", "")
    sheet = Sheet(
        page=page,
        lines=[
            Line(row, data.get(f"v-{row.unit.pk}", "").strip(), page.now.get(row.unit.pk))
            for row in page.ground.children
        ],
        total_text=data.get("total", "").strip(),
        method=method if method in AllocationMethod.values else AllocationMethod.HAND,
        version=_version(data.get("version", "")),
    )
    sheet.total, sheet.total_error = _number(sheet.total_text, page.decimals)
    for line in sheet.lines:
        line.value, line.error = _number(line.text, page.decimals)
    return sheet


def _number(text: str, decimals: int) -> tuple[Decimal | None, str]:
    if not text:
        return None, ""
    try:
        return parse_number(text, decimals), ""
    except DomainError as error:
        return None, error.problems[0].message


def _version(text: str) -> int:
    return int(text) if re.fullmatch(r"[0-9]{1,9}", text) else 0


# -- amendments -----------------------------------------------------------------------------------


class FigureField(forms.CharField):
    """A figure as officials write it: 1.500 or 10,77. Empty is None."""

    def __init__(self, *, label: Any, decimals: int = 0) -> None:
        super().__init__(label=label, max_length=40, required=False, strip=True)
        self.decimals = decimals
        self.widget.attrs |= {"inputmode": "decimal", "autocomplete": "off"}

    def clean(self, value: str | None) -> Decimal | None:
        text = super().clean(value)
        if not text:
            return None
        try:
            return parse_number(text, self.decimals)
        except DomainError as error:
            raise forms.ValidationError(error.problems[0].message) from error


class DayField(forms.DateField):
    """A day as dd/mm/yyyy; the browser's own form is read too. Empty is None: the rule asks."""

    def __init__(self, *, label: Any, help_text: Any = "") -> None:
        super().__init__(
            label=label,
            help_text=help_text,
            input_formats=DAYS,
            required=False,
            widget=forms.TextInput(attrs={"inputmode": "numeric", "placeholder": "31/12/2024"}),
            error_messages={
                "invalid": gettext_lazy("Không phải ngày có thật. Ghi dạng 31/12/2024.")
            },
        )


class AmendmentForm(forms.Form):
    """A decision that changes a target, starting from what the target says now.

    The rule says what is wrong; here only what cannot be read is refused.
    """

    decision_number = forms.CharField(
        label=gettext_lazy("Số quyết định"), max_length=60, required=False
    )
    decided_on = DayField(label=gettext_lazy("Ngày ký"))
    in_force_from = DayField(
        label=gettext_lazy("Có hiệu lực từ ngày"),
        help_text=gettext_lazy("Những năm kết thúc trước ngày này vẫn tính theo mức cũ."),
    )
    comparator = forms.ChoiceField(
        label=gettext_lazy("So sánh"), choices=TargetComparator.choices, required=False
    )
    value = FigureField(label=gettext_lazy("Mức mới"))
    value_min = FigureField(label=gettext_lazy("Từ"))
    value_max = FigureField(label=gettext_lazy("Đến"))
    year_to = forms.IntegerField(label=gettext_lazy("Phải đạt vào năm"), required=False)
    reason = forms.CharField(
        label=gettext_lazy("Lý do điều chỉnh"),
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(
        self, says: Target | Amendment, decimals: int, data: Mapping[str, str] | None = None
    ) -> None:
        initial = {"comparator": says.comparator, "year_to": says.year_to}
        super().__init__(data, initial=initial)
        for name in ("value", "value_min", "value_max"):
            field = self.fields[name]
            if isinstance(field, FigureField):
                field.decimals = decimals

    def take(self, problems: Iterable[Problem]) -> None:
        """Put each problem at its field; those that have none go above the form."""
        for problem in problems:
            self.add_error(problem.key if problem.key in self.fields else None, problem.message)
