"""Tell what the calendar and the verdicts bring, and send the letters, without a worker."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from plans.watching import watch, watched_years
from reports import noticing
from reports.noticing.letters import is_mail_on, make_letters
from reports.noticing.posting import send_letters


class Command(BaseCommand):
    help = (
        "Báo mở kỳ, sắp đến hạn, quá hạn, kết luận xấu đi, rồi gửi thư đang chờ. Dùng khi chạy "
        "không có Celery: đặt lịch chạy vài phút một lần. Chạy lại không báo hai lần."
    )

    def handle(self, **options: Any) -> None:
        told = noticing.of_calendar(timezone.localdate())
        told += sum(noticing.of_verdicts(watch(year)) for year in watched_years())
        made = make_letters()
        sent = send_letters()
        self.stdout.write(f"{told} tin mới, {made} thư mới, {sent} thư đã gửi.")
        if not is_mail_on():
            self.stdout.write("Không gửi thư: chưa đặt EMAIL_URL, hoặc đang trình diễn.")
