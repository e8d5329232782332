"""What a production start refuses: demo accounts and sample figures in the database."""

from django.apps import apps
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import connection


def refuse_demo_leftovers() -> None:
    """Raise ImproperlyConfigured when a real installation holds what demo mode has left.

    Their password is public, and sample figures must never meet reported ones. A database
    without tables yet is left alone.
    """
    if settings.DEMO_MODE:
        return
    official = apps.get_model("communes", "Official")
    result = apps.get_model("indicators", "Result")
    tables = set(connection.introspection.table_names())
    if not {official._meta.db_table, result._meta.db_table} <= tables:
        return
    if (
        official.objects.filter(is_demo=True).exists()
        or result.objects.filter(is_sample=True).exists()
    ):
        raise ImproperlyConfigured(
            "Cơ sở dữ liệu này còn tài khoản trình diễn hoặc số liệu minh họa, nên hệ thống không "
            "khởi động ở chế độ thật. Trỏ DATABASE_URL tới một cơ sở dữ liệu mới, trống."
        )
