"""What a production start refuses: demo accounts and sample figures in the database."""

from collections.abc import Iterator

from django.apps import apps
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from django.db.models import Model

MARKS = {"is_demo", "is_sample"}
"""Fields that mark what demo mode has made."""


def refuse_demo_leftovers() -> None:
    """Raise ImproperlyConfigured when a real installation holds what demo mode has left.

    Their password is public, and sample figures must never meet reported ones. A database
    without tables yet is left alone.
    """
    if settings.DEMO_MODE:
        return
    tables = set(connection.introspection.table_names())
    for model, mark in _marked():
        if model._meta.db_table not in tables:
            continue
        if not model._default_manager.filter(**{mark: True}).exists():
            continue
        raise ImproperlyConfigured(
            "Cơ sở dữ liệu này còn tài khoản trình diễn hoặc số liệu minh họa, nên hệ thống không "
            "khởi động ở chế độ thật. Trỏ DATABASE_URL tới một cơ sở dữ liệu mới, trống."
        )


def _marked() -> Iterator[tuple[type[Model], str]]:
    """Every model with such a mark; what their histories hold, they hold or held themselves."""
    for model in apps.get_models():
        if not hasattr(model, "history_object"):
            yield from ((model, f.name) for f in model._meta.concrete_fields if f.name in MARKS)
