"""The address to which somebody's letters go."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _


class AddressForm(forms.Form):
    """One's own address, with the password asked for anew. Empty: no letters."""

    email = forms.EmailField(
        label=_("Địa chỉ thư điện tử"),
        required=False,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
    password = forms.CharField(
        label=_("Mật khẩu đang dùng"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        help_text=_("Hỏi lại mật khẩu để không ai khác đổi được nơi nhận thư của đồng chí."),
    )
