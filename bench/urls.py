"""The product's addresses and an empty view."""

from django.http import HttpRequest, HttpResponse
from django.urls import include, path

from communes.access import Policy, policy


@policy(Policy.PUBLIC)
def empty(_request: HttpRequest) -> HttpResponse:
    return HttpResponse("")


urlpatterns = [path("empty/", empty), path("", include("povertyplan.urls"))]
