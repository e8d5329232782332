"""The project: settings, addresses, Celery application, middleware, health."""

from povertyplan.celery import app as celery_app

__all__ = ["celery_app"]
