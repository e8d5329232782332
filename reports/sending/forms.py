"""What is signed when a return is sent."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from reports.workflow import NOTE_LENGTH


class SigningForm(forms.Form):
    """`seen` is the state of the return that the page showed, see `returns.seen_in`."""

    seen = forms.CharField(
        widget=forms.HiddenInput,
        strip=False,
        error_messages={"required": _("Trang gửi thiếu thông tin. Tải lại trang rồi ký.")},
    )
    note = forms.CharField(
        label=_("Lời nhắn cho nơi nhận (không bắt buộc)"),
        required=False,
        max_length=NOTE_LENGTH,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={
            "max_length": _(
                "Lời nhắn dài %(show_value)d chữ, không được quá %(limit_value)d. Rút gọn lại."
            )
        },
    )
    confirmed = forms.BooleanField(
        error_messages={
            "required": _("Đánh dấu vào ô xác nhận đã kiểm tra số liệu, rồi bấm ký và nộp.")
        },
    )

    @property
    def faults(self) -> list[tuple[str, str]]:
        """(id of the control, what is wrong with it); the control is empty for what is hidden."""
        return [
            ("" if self[name].is_hidden else self[name].id_for_label, str(message))
            for name, messages in self.errors.items()
            for message in messages
        ]
