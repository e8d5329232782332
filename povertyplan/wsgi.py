"""WSGI entry point of the web tier."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "povertyplan.settings")

application = get_wsgi_application()
