"""What a reviewer sends from the desk, turned into typed arguments."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db import models
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _


class Decision(models.TextChoices):
    ACCEPT = "accept", _("Chấp nhận")
    UNACCEPT = "unaccept", _("Bỏ chấp nhận")
    ASK = "ask", _("Ghi lý do trả lại")
    REQUEST = "request", _("Trả lại ô này")
    DROP = "drop", _("Bỏ trả lại")
    COMMENT = "comment", _("Gửi ý kiến")
    RETURN = "return", _("Trả lại đơn vị")
    ENDORSE = "endorse", _("Duyệt")
    REOPEN = "reopen", _("Mở lại")


class DecisionForm(forms.Form):
    """One decision. `version` is the return's version the page was made from.

    `indicator` and `body` go with a figure, `note` with the return as a whole; `confirmed`: what
    the page had asked about was answered.
    """

    decision = forms.ChoiceField(choices=Decision.choices)
    version = forms.IntegerField(min_value=0)
    indicator = forms.SlugField(max_length=80, required=False)
    body = forms.CharField(max_length=2000, required=False, strip=True)
    note = forms.CharField(max_length=2000, required=False, strip=True)
    confirmed = forms.BooleanField(required=False)


def told_in(data: QueryDict) -> dict[str, Any]:
    """The fields as sent. A button of the table names its figure too: `accept:CODE`.

    A sentence that was only chosen stands for words of one's own.
    """
    told: dict[str, Any] = {key: data.get(key, "") for key in DecisionForm.base_fields}
    told["decision"], _colon, code = told["decision"].partition(":")
    told["indicator"] = code or told["indicator"]
    told["body"] = told["body"].strip() or data.get("sentence", "")
    return told
