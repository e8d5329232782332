"""What a reviewer sends from the desk, turned into typed arguments."""

from __future__ import annotations

from django import forms
from django.db import models
from django.utils.translation import gettext_lazy as _


class Decision(models.TextChoices):
    REQUEST = "request", _("Trả lại ô này")
    DROP = "drop", _("Bỏ trả lại")
    RETURN = "return", _("Trả lại xã")
    ENDORSE = "endorse", _("Duyệt")
    REOPEN = "reopen", _("Mở lại")


class DecisionForm(forms.Form):
    """One decision. `version` is the return's version the page was made from.

    `indicator` and `body` go with a figure, `note` with the return as a whole.
    """

    decision = forms.ChoiceField(choices=Decision.choices)
    version = forms.IntegerField(min_value=0)
    indicator = forms.SlugField(max_length=80, required=False)
    body = forms.CharField(max_length=2000, required=False, strip=True)
    note = forms.CharField(max_length=2000, required=False, strip=True)
