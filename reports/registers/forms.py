"""What is typed on the pages of a book. The rule says what is wrong; here is only what is shown."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from indicators.periods import Period
from plans.forms import DayField
from povertyplan.lib.errors import Problem
from reports.counting import Field
from reports.enums import FieldKind
from reports.fieldkinds import Places, shown
from reports.models import RegisterBook, RegisterEntry
from reports.registering import NOTE_LENGTH

STARTS = [
    ("", gettext_lazy("Đầu năm")),
    ("Q2", gettext_lazy("Quý II")),
    ("H2", gettext_lazy("6 tháng cuối năm")),
    ("Q4", gettext_lazy("Quý IV")),
]
"""Where in a year counting may begin, as the last letters of a period that starts there."""


class RegisterForm(forms.Form):
    """Takes the problems that the rule finds."""

    def take(self, problems: Iterable[Problem]) -> None:
        """Put each problem at its field; those that have none go above the form."""
        for problem in problems:
            known = problem.key in self.fields and not self[problem.key].is_hidden
            self.add_error(problem.key if known else None, problem.message)


class OpenForm(RegisterForm):
    """From which period on the figures are counted."""

    year = forms.IntegerField(
        label=gettext_lazy("Năm"),
        min_value=1990,
        max_value=2199,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "maxlength": 4}),
        error_messages={
            name: gettext_lazy("Ghi năm bốn chữ số, ví dụ 2025.")
            for name in ("required", "invalid", "min_value", "max_value")
        },
    )
    part = forms.ChoiceField(label=gettext_lazy("Bắt đầu từ"), choices=STARTS, required=False)

    @property
    def period(self) -> Period:
        """What was named; of a valid form."""
        return Period.parse(f"{self.cleaned_data['year']}{self.cleaned_data['part']}")


class EntryForm(RegisterForm):
    """An entry, a box a field of its register, as words. `key`: drawn for a new one."""

    def __init__(
        self,
        book: RegisterBook,
        places: Places,
        data: Mapping[str, str] | None = None,
        *,
        entry: RegisterEntry | None = None,
    ) -> None:
        initial: dict[str, Any] = words_of(entry, places) if entry else {"key": uuid.uuid4()}
        super().__init__(data, initial=initial)
        for column in book.register.columns:
            self.fields[column.key] = _box(column, places)
        if entry is None:
            self.fields["key"] = forms.UUIDField(widget=forms.HiddenInput, required=False)
        else:
            self.fields["version"] = forms.IntegerField(
                widget=forms.HiddenInput, initial=entry.version
            )

    @property
    def words(self) -> dict[str, str]:
        """What was typed, by field."""
        return {key: value for key, value in self.cleaned_data.items() if isinstance(value, str)}


def words_of(entry: RegisterEntry, places: Places) -> dict[str, str]:
    """An entry as it is typed: codes of choices and units, a day as 31/12/2024."""
    register = entry.book.register
    found = {}
    for column in register.columns:
        value = entry.value(column, register.dated_by)
        if value is None:
            found[column.key] = ""
        elif column.kind in (FieldKind.CHOICE, FieldKind.UNIT_BELOW):
            found[column.key] = value
        else:
            found[column.key] = shown(column, value, places, entry.happened_on)
    return found


def _box(column: Field, places: Places) -> forms.CharField:
    widget: forms.Widget
    if column.kind == FieldKind.DAY:
        widget = forms.TextInput(attrs={"inputmode": "numeric", "placeholder": "31/12/2024"})
    elif column.kind == FieldKind.WHOLE:
        widget = forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"})
    elif column.kind == FieldKind.TEXT:
        widget = forms.TextInput(attrs={"maxlength": column.max_length})
    else:
        widget = forms.Select(choices=[("", _("– chọn –")), *_choices(column, places)])
    label = column.label if column.is_required else _("{label} (nếu có)").format(label=column.label)
    return forms.CharField(
        label=label, help_text=column.help, required=False, widget=widget, max_length=600
    )


def _choices(column: Field, places: Places) -> Iterable[tuple[str, str]]:
    if column.kind == FieldKind.YES_NO:
        return [(_("có"), _("có")), (_("không"), _("không"))]
    if column.kind == FieldKind.CHOICE:
        return column.choices
    latest: dict[str, str] = {}
    for row in sorted(places.rows, key=lambda row: row.valid_to):
        latest[row.code] = row.name
    return sorted(latest.items(), key=lambda pair: pair[0])


class EndForm(RegisterForm):
    """From which day on an entry counts no longer, and why."""

    ended_on = DayField(label=gettext_lazy("Thôi tính từ ngày"))
    end_note = forms.CharField(
        label=gettext_lazy("Lý do, số văn bản"), max_length=NOTE_LENGTH, required=False
    )
    version = forms.IntegerField(widget=forms.HiddenInput)


class VersionForm(forms.Form):
    version = forms.IntegerField()


class BlockForm(forms.Form):
    """A block from Excel. `key`: drawn for it; `also_known`: also the lines the book has."""

    block = forms.CharField(
        label=gettext_lazy("Các dòng chép từ Excel"),
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 10, "spellcheck": "false", "wrap": "off"}),
    )
    key = forms.UUIDField(widget=forms.HiddenInput)
    also_known = forms.BooleanField(required=False)

    def __init__(self, data: Mapping[str, str] | None = None, **more: Any) -> None:
        """A NUL, which no text has and no database takes, is left out; the text is not lost."""
        kept = data and {name: value.replace("\x00", "") for name, value in data.items()}
        super().__init__(kept, **more)
