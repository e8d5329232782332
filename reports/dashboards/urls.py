"""Pages of figures. `home` stands outside the namespace: it is where everyone arrives."""

from django.urls import include, path

from reports.dashboards import views

_pages = [
    path("so-lieu/tinh-trang/", views.freshness, name="freshness"),
    path("so-lieu/nhom/<slug:slug>/<slug:period>/", views.group, name="group"),
    path("so-lieu/<str:code>/<slug:period>/", views.unit, name="unit"),
    path("so-lieu/<str:code>/<slug:period>/nguon/<slug:indicator>/", views.source, name="source"),
]

_overview = [path("tong-quan/<str:code>/<slug:period>/", views.overview, name="unit")]

urlpatterns = [
    path("", views.home, name="home"),
    path("", include((_overview, "overview"))),
    path("", include((_pages, "dashboards"))),
]
