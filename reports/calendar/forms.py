"""What is typed on the calendar page; refused here is only what cannot be read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from indicators.periods import Period
from plans.forms import DayField
from povertyplan.lib.errors import Problem
from reports.models import Deadline
from reports.scheduling import REASON_LENGTH

PARTS = [
    ("", gettext_lazy("Cả năm")),
    ("H1", gettext_lazy("6 tháng đầu năm")),
    ("H2", gettext_lazy("6 tháng cuối năm")),
    ("Q1", gettext_lazy("Quý I")),
    ("Q2", gettext_lazy("Quý II")),
    ("Q3", gettext_lazy("Quý III")),
    ("Q4", gettext_lazy("Quý IV")),
]
"""A period within its year, as the last letters of its code."""

Choices = list[tuple[str, list[tuple[str, str]]]]
"""(group, [(value, label)])"""


class CalendarForm(forms.Form):
    """Days, and the problems that the rule finds with them."""

    def take(self, problems: Iterable[Problem]) -> None:
        """Put each problem at its field; those that have none go above the form."""
        for problem in problems:
            known = problem.key in self.fields and not self[problem.key].is_hidden
            self.add_error(problem.key if known else None, problem.message)


class RoundForm(CalendarForm):
    """The days of a round. `period`: the round that is changed; without it a new one is named."""

    year = forms.IntegerField(
        label=gettext_lazy("Năm"),
        min_value=1900,
        max_value=2199,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "maxlength": 4}),
        error_messages={
            name: gettext_lazy("Ghi năm bốn chữ số, ví dụ 2025.")
            for name in ("required", "invalid", "min_value", "max_value")
        },
    )
    part = forms.ChoiceField(
        label=gettext_lazy("Kỳ"),
        choices=PARTS,
        required=False,
        error_messages={"invalid_choice": gettext_lazy("Chọn một kỳ trong danh sách.")},
    )
    opens_on = DayField(label=gettext_lazy("Mở nhập từ ngày"))
    due_on = DayField(label=gettext_lazy("Hạn nộp"))
    closes_on = DayField(
        label=gettext_lazy("Khóa kỳ sau ngày"),
        help_text=gettext_lazy(
            "Sau ngày này đơn vị chưa nộp không nhập được nữa. Để trống: không khóa."
        ),
    )
    sure = forms.BooleanField(
        label=gettext_lazy("Vẫn đặt lịch này"), required=False, widget=forms.HiddenInput
    )

    def __init__(
        self,
        data: Mapping[str, str] | None = None,
        *,
        changed: Deadline | None = None,
        year: int | None = None,
    ) -> None:
        super().__init__(data, initial=_said(changed) if changed else {"year": year})
        self.changed = changed
        if changed is not None:
            for name in ("year", "part"):
                self.fields[name].widget = forms.HiddenInput()

    def ask(self, question: str) -> None:
        """Show what would happen at once, with a box to say that it is meant."""
        self.fields["sure"].widget = forms.CheckboxInput()
        self.add_error("sure", question)

    @property
    def changed_label(self) -> str:
        return Period.parse(self.changed.period).label if self.changed else ""

    @property
    def period(self) -> Period:
        """What was named; of a valid form."""
        return Period.parse(f"{self.cleaned_data['year']}{self.cleaned_data['part']}")


def _said(row: Deadline) -> dict[str, Any]:
    return {
        "year": row.period[:4],
        "part": row.period[4:],
        **{name: _day(getattr(row, name)) for name in ("opens_on", "due_on", "closes_on")},
    }


def _day(day: Any) -> str:
    return f"{day:%d/%m/%Y}" if day else ""


class ExtensionForm(CalendarForm):
    """More time for one of the units that `choices` names, by code."""

    unit = forms.ChoiceField(
        label=gettext_lazy("Đơn vị"),
        error_messages={
            name: gettext_lazy("Chọn một đơn vị trong danh sách.")
            for name in ("required", "invalid_choice")
        },
    )
    due_on = DayField(label=gettext_lazy("Gia hạn đến hết ngày"))
    closes_on = DayField(
        label=gettext_lazy("Khóa kỳ sau ngày"),
        help_text=gettext_lazy("Để trống: không khóa với đơn vị này."),
    )
    reason = forms.CharField(
        label=gettext_lazy("Lý do gia hạn"),
        max_length=REASON_LENGTH,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={
            "max_length": gettext_lazy("Lý do tối đa %(limit_value)d ký tự. Viết gọn lại.")
        },
    )

    def __init__(
        self,
        data: Mapping[str, str] | None = None,
        *,
        choices: Choices,
        extended: Deadline | None = None,
    ) -> None:
        initial = (
            {
                "unit": extended.issuer.code,
                "due_on": _day(extended.due_on),
                "closes_on": _day(extended.closes_on),
                "reason": extended.reason,
            }
            if extended
            else None
        )
        super().__init__(data, initial=initial)
        offered = [("", gettext_lazy("– chọn đơn vị –")), *choices]
        self.fields["unit"].choices = offered  # type: ignore[attr-defined]
