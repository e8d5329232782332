"""What the province sends to close a period."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from indicators.periods import Period
from reports.freezing import NOTE_LENGTH


class CloseForm(forms.Form):
    """`sure`: returns that are not approved yet are left out on purpose."""

    note = forms.CharField(
        label=_("Ghi chú"),
        max_length=NOTE_LENGTH,
        required=False,
        help_text=_("Ví dụ: số gửi Bộ ngày 20/01/2025."),
    )
    sure = forms.BooleanField(required=False)

    def __init__(self, *args: object, periods: list[Period], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        choices = [(row.code, row.label) for row in periods]
        self.fields["period"] = forms.ChoiceField(label=_("Kỳ"), choices=choices)
        self.order_fields(["period", "note", "sure"])

    @property
    def span(self) -> Period:
        return Period.parse(self.cleaned_data["period"])
