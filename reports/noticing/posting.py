"""Sending letters by SMTP: claimed first, tried again with growing pauses, given up at last."""

from __future__ import annotations

import logging
import smtplib
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from celery.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.db.models import F, Q
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from reports.models import Letter
from reports.noticing.letters import is_mail_on
from reports.noticing.words import Said, said

logger = logging.getLogger(__name__)

PAUSES = tuple(timedelta(minutes=n) for n in (2, 5, 15, 60, 240, 720, 1440))
"""Until the next try; a letter that failed after the last is given up."""
AT_ONCE = 200
"""Letters of one run; the next run takes the others."""
_ONE_LETTER_ONLY = (
    smtplib.SMTPRecipientsRefused,
    smtplib.SMTPDataError,
    smtplib.SMTPSenderRefused,
    ValueError,  # an address that cannot stand in a heading
)
"""The server works and does not want this letter; anything else and the others wait as well."""


def send_letters(moment: datetime | None = None) -> int:
    """Send what waits; returns how many letters left. Never raises for what a server does.

    A server that is away, or answers nothing within EMAIL_TIMEOUT, ends the run with one letter
    tried; the others stay as they are.
    """
    if not is_mail_on():
        return 0
    now = moment or timezone.now()
    waiting = _due(now)
    if not waiting:
        return 0
    connection = get_connection()
    sent = 0
    try:
        for letter in waiting:
            if _claim(letter, now):
                is_sent, may_go_on = _send(letter, connection)
                sent += is_sent
                if not may_go_on:
                    break
    finally:
        _close(connection)
    return sent


def _due(now: datetime) -> list[Letter]:
    rows = Letter.objects.filter(sent_at=None, given_up_at=None, next_try_at__lte=now)
    return list(rows.order_by("next_try_at", "pk").select_related("official")[:AT_ONCE])


def _claim(letter: Letter, now: datetime) -> bool:
    """Move the next try before this one: of two senders one succeeds, and a letter whose sender
    is killed is taken up again by then. No transaction stays open while the server answers."""
    tried = letter.attempts
    if tried >= len(PAUSES):
        _give_up(letter, now, letter.problem or _("Không rõ máy chủ thư đã nhận hay chưa."))
        return False
    claimed = Letter.objects.filter(
        pk=letter.pk, attempts=tried, sent_at=None, given_up_at=None
    ).update(attempts=F("attempts") + 1, next_try_at=now + PAUSES[tried])
    letter.attempts = tried + 1
    return bool(claimed)


def _send(letter: Letter, connection: Any) -> tuple[bool, bool]:
    """(was it sent, may the run go on)."""
    try:
        message_of(letter, connection).send()
    except _ONE_LETTER_ONLY as error:
        _failed(letter, error)
        return False, True
    except (OSError, smtplib.SMTPException, SoftTimeLimitExceeded) as error:
        _failed(letter, error)
        return False, False
    Letter.objects.filter(pk=letter.pk).update(sent_at=timezone.now(), problem="")
    return True, True


def _failed(letter: Letter, error: BaseException) -> None:
    told = f"{type(error).__name__}: {error}"[:300]
    logger.warning("letter %s was not sent (try %s): %s", letter.pk, letter.attempts, told)
    if letter.attempts >= len(PAUSES):
        _give_up(letter, timezone.now(), told)
    else:
        Letter.objects.filter(pk=letter.pk).update(problem=told)


def _give_up(letter: Letter, now: datetime, problem: str) -> None:
    rows = Letter.objects.filter(Q(pk=letter.pk, sent_at=None, given_up_at=None))
    rows.update(given_up_at=now, problem=problem[:300])


def _close(connection: Any) -> None:
    try:
        connection.close()
    except (OSError, smtplib.SMTPException):
        logger.debug("the mail server left first", exc_info=True)


# -- what a letter says ---------------------------------------------------------------------------


def message_of(letter: Letter, connection: Any = None) -> EmailMultiAlternatives:
    """The letter as it leaves: plain text with the same in HTML, in Vietnamese."""
    notices = list(letter.notices.select_related("unit").order_by("at", "pk"))
    with override(settings.LANGUAGE_CODE):
        told = [said(notice) for notice in notices]
        choices = settings.SITE_URL + reverse("notices:choices")
        context = {
            "official": letter.official,
            "told": told,
            "site": settings.SITE_URL,
            "choices": choices,
        }
        message = EmailMultiAlternatives(
            subject=_subject(told),
            body=render_to_string("notices/letter.txt", context),
            to=[letter.address],
            connection=connection,
            headers={
                "Message-ID": letter.message_id,
                "List-Unsubscribe": f"<{choices}>",
                "Auto-Submitted": "auto-generated",
            },
        )
        message.attach_alternative(render_to_string("notices/letter.html", context), "text/html")
    return message


def _subject(told: Sequence[Said]) -> str:
    if len(told) == 1:
        return " ".join(told[0].subject.split())[:120]
    return _("{n} tin mới về báo cáo giảm nghèo").format(n=len(told))


# -- what the operations page does ----------------------------------------------------------------


def send_again(letter: int) -> bool:
    """Let a letter that was given up be tried anew, from the start; False when it was not."""
    rows = Letter.objects.filter(pk=letter, sent_at=None, given_up_at__isnull=False)
    return bool(rows.update(given_up_at=None, attempts=0, next_try_at=timezone.now()))
