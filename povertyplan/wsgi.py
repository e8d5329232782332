"""WSGI entry point of the web tier."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "povertyplan.settings")

application = get_wsgi_application()

from povertyplan.guard import refuse_demo_leftovers  # noqa: E402  # needs the apps loaded

refuse_demo_leftovers()
