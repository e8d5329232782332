"""Alarms by mail."""

import logging

from django.utils.log import AdminEmailHandler


class AlarmMail(AdminEmailHandler):
    """Mails an alarm to ADMINS as it reads, its first line being the subject.

    Django's own adds a report of the process, and puts every line into the subject. Sends
    nothing without ADMINS; a dead mail server is not the caller's failure.
    """

    def emit(self, record: logging.LogRecord) -> None:
        subject = record.getMessage().partition("\n")[0]
        self.send_mail(subject, self.format(record), fail_silently=True)
