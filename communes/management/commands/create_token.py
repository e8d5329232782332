from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from rest_framework.authtoken.models import Token

from communes.models import Official


class Command(BaseCommand):
    help = "In mã truy cập API (token) của một cán bộ; tạo mã nếu chưa có."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username", metavar="USERNAME", help="Tên đăng nhập của cán bộ.")

    def handle(self, *args: Any, **options: Any) -> None:
        username = options["username"]
        official = Official.objects.filter(username=username).first()
        if official is None:
            raise CommandError(f"Không có cán bộ “{username}”; kiểm tra tên đăng nhập.")
        if not official.is_active:
            raise CommandError(
                f"Tài khoản “{username}” không được đăng nhập; mở lại tài khoản trước khi cấp mã."
            )
        token, _created = Token.objects.get_or_create(user=official)
        self.stdout.write(token.key)
