"""Load the demo: accounts, calendar, sample figures."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from communes.models import Official
from povertyplan.lib.errors import DomainError
from reports.sample import load_demo


class Command(BaseCommand):
    help = "Nạp tài khoản và số liệu minh họa (chỉ khi DEMO_MODE=1). Chạy lại không đổi gì."

    def handle(self, **options: Any) -> None:
        self.stderr.write("Đang nạp số liệu minh họa, khoảng một phút…")
        try:
            loaded = load_demo()
        except DomainError as error:
            raise CommandError(str(error)) from error
        if loaded.facts:
            self.stderr.write(f"Đã nạp {loaded.facts} số liệu minh họa.")
        self.stdout.write(f"Tài khoản trình diễn (mật khẩu {settings.DEMO_PASSWORD}):")
        for official in Official.objects.filter(is_demo=True).order_by("pk"):
            self.stdout.write(f"  {official.username:<16} {official.full_name}")
