"""Pages of the official tables."""

from django.urls import include, path

from reports.annexes import views

_pages = [
    path("bieu/<str:code>/<slug:period>/", views.annexes, name="list"),
    path("bieu/<str:code>/<slug:period>/<slug:annex>.xlsx", views.workbook, name="workbook"),
]

urlpatterns = [path("", include((_pages, "annexes")))]
