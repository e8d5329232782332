"""What the pages of review take out of a request before anything is asked."""

from __future__ import annotations

from django.http import Http404, HttpRequest
from django_htmx.middleware import HtmxDetails

from communes.models import Official, Unit
from indicators.periods import Period


class PageRequest(HttpRequest):
    """A request as the middleware hands it on: signed in, and telling whether htmx sent it."""

    user: Official
    htmx: HtmxDetails


def place_of(code: str, period: str) -> tuple[Unit | None, Period]:
    """The unit an address names, of the period's last day, and the period. Raises Http404."""
    try:
        span = Period.parse(period)
    except ValueError as error:
        raise Http404(str(error)) from error
    return Unit.objects.named(code, on=span.end), span
