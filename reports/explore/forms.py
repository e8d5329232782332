"""What is typed to keep a table. The rule says what is wrong; here it only becomes arguments."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from communes.models import Official
from povertyplan.lib.errors import Problem
from reports.explore.saved import NAME_LENGTH, places_to_share


class KeepForm(forms.Form):
    """`query`: the address of the table; `version`: of the kept one, when it is changed."""

    name = forms.CharField(
        label=gettext_lazy("Tên bảng"),
        required=False,
        widget=forms.TextInput(attrs={"maxlength": NAME_LENGTH, "autocomplete": "off"}),
    )
    query = forms.CharField(required=False, widget=forms.HiddenInput)
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, by: Official, **more: Any) -> None:
        super().__init__(*args, **more)
        self._units = {str(unit.pk): unit for unit in places_to_share(by)}
        choices = [("", _("Chỉ mình tôi"))]
        for pk, unit in self._units.items():
            text = _("Mọi người ở {unit} và các đơn vị dưới").format(unit=unit.name_in_sentence)
            choices.append((pk, text))
        self.fields["shared_with"] = forms.ChoiceField(
            label=_("Ai mở được"), choices=choices, required=False
        )

    @property
    def said(self) -> dict[str, Any]:
        """Name and unit as the rule takes them; of a valid form."""
        unit = self._units.get(self.cleaned_data["shared_with"])
        return {"name": self.cleaned_data["name"], "shared_with": unit}

    def take(self, problems: Iterable[Problem]) -> None:
        """Put each problem at its box; those that have none go above the form."""
        for problem in problems:
            is_shown = problem.key in self.fields and not self[problem.key].is_hidden
            self.add_error(problem.key if is_shown else None, problem.message)
