"""Pages of the catalogue."""

from django.urls import include, path

urlpatterns = [path("", include("indicators.rulebook.urls"))]
