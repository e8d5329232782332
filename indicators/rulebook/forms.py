"""What is typed on a rule's page, and what is asked of a trial."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal

from django import forms
from django.http import QueryDict
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy

from communes.models import Tier
from indicators.enums import Severity
from indicators.models import ValidationRule
from indicators.models.fields import DIGITS
from indicators.rulemaking import MESSAGE_LENGTH, NAME_LENGTH, Terms, past_years, version_of
from indicators.trial import MOST_YEARS
from indicators.wording import plain
from povertyplan.lib.errors import DomainError, Problem
from povertyplan.lib.numbers import parse_number

YEARS_BACK = 20


class ToleranceField(forms.CharField):
    """A number as officials write it; empty is 0."""

    def clean(self, value: str | None) -> Decimal:
        text = super().clean(value)
        try:
            return parse_number(text, DIGITS["decimal_places"]) if text else Decimal(0)
        except DomainError as error:
            raise forms.ValidationError(error.problems[0].message) from error


class RuleForm(forms.Form):
    """The terms of one rule. The rule that writes says what is wrong with them."""

    name = forms.CharField(label=gettext_lazy("Tên quy tắc"), max_length=NAME_LENGTH)
    severity = forms.ChoiceField(
        label=gettext_lazy("Mức"), choices=[(one, capfirst(one.label)) for one in Severity]
    )
    tolerance = ToleranceField(
        label=gettext_lazy("Sai số cho phép"),
        max_length=30,
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
    )
    message = forms.CharField(
        label=gettext_lazy("Câu báo"),
        max_length=MESSAGE_LENGTH,
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    is_active = forms.BooleanField(label=gettext_lazy("Đang dùng"), required=False)
    seen = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, rule: ValidationRule, data: Mapping[str, str] | None = None) -> None:
        initial = {
            **vars(Terms.of(rule)),
            "tolerance": plain(rule.tolerance),
            "seen": version_of(rule),
        }
        super().__init__(data, initial=initial)
        for field in self.fields.values():
            field.error_messages["required"] = gettext_lazy("Không được để trống.")
            field.error_messages["max_length"] = gettext_lazy(
                "Tối đa %(limit_value)d ký tự. Viết gọn lại."
            )

    @property
    def terms(self) -> Terms:
        """What was typed; of a valid form."""
        typed = self.cleaned_data
        return Terms(
            name=typed["name"],
            severity=typed["severity"],
            tolerance=typed["tolerance"],
            message=typed["message"].replace("\r\n", "\n"),
            is_active=typed["is_active"],
        )

    def take(self, problems: Iterable[Problem]) -> None:
        """Put each problem at its field; those that have none go above the form."""
        for problem in problems:
            self.add_error(problem.key if problem.key in self.fields else None, problem.message)


class TrialForm(forms.Form):
    """Over which years and at which tiers a rule is tried; without an answer, the usual."""

    since = forms.TypedChoiceField(label=gettext_lazy("Từ năm"), coerce=int)
    until = forms.TypedChoiceField(label=gettext_lazy("Đến năm"), coerce=int)
    tiers = forms.MultipleChoiceField(
        label=gettext_lazy("Cấp"), widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, tiers: Iterable[Tier], data: QueryDict | None = None) -> None:
        usual = past_years()
        initial = {
            "since": usual[0],
            "until": usual[-1],
            "tiers": [tier.code for tier in tiers],
        }
        super().__init__(data, initial=initial)
        this = timezone.localdate().year
        years = [(str(year), str(year)) for year in range(this, this - YEARS_BACK, -1)]
        for name, choices in (
            ("since", years),
            ("until", years),
            ("tiers", [(tier.code, tier.name) for tier in tiers]),
        ):
            field = self.fields[name]
            field.choices = choices  # type: ignore[attr-defined]
            field.error_messages |= {
                "required": gettext_lazy("Chọn ít nhất một."),
                "invalid_choice": gettext_lazy("Chọn trong danh sách."),
            }

    def clean(self) -> None:
        since, until = self.cleaned_data.get("since"), self.cleaned_data.get("until")
        if since is None or until is None:
            return
        if since > until:
            self.add_error("until", gettext_lazy("Không được trước “Từ năm”."))
        elif until - since >= MOST_YEARS:
            self.add_error("since", gettext_lazy("Mỗi lần thử tối đa 10 năm."))

    @property
    def years(self) -> range:
        return range(self.cleaned_data["since"], self.cleaned_data["until"] + 1)
