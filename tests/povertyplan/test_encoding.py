"""What is sent in an encoding that no page of ours uses."""

from __future__ import annotations

import pytest
from django.test import Client

BODY = b'--x\r\nContent-Disposition: form-data; name="username"\r\n\r\nzz\r\n--x--\r\n'

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("charset", "status"),
    [("hex", 415), ("utf-16", 415), ("utf-8", 200), ("UTF8", 200), ("nonsense", 200)],
)
def test_form_is_read_in_utf8_alone(client: Client, charset: str, status: int) -> None:
    """`hex` names no text; it used to end in a stack trace."""
    kind = f"multipart/form-data; boundary=x; charset={charset}"

    answer = client.generic("POST", "/dang-nhap/", BODY, content_type=kind)

    assert answer.status_code == status
    if status == 415:
        assert "UTF-8" in answer.content.decode()
