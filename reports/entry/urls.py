"""The pages of the officer who enters a unit's return."""

from django.urls import path

from reports.entry import views

app_name = "entry"
urlpatterns = [
    path("bao-cao/", views.owed, name="owed"),
    path("sw.js", views.service_worker, name="service_worker"),
    path("ngoai-mang/", views.offline, name="offline"),
    path("bao-cao/<str:code>/<str:period>/", views.report, name="report"),
    path(
        "bao-cao/<str:code>/<str:period>/dinh-nghia.<slug:digest>.js",
        views.definitions,
        name="definitions",
    ),
    path("bao-cao/<str:code>/<str:period>/o/", views.cells, name="cells"),
    path("bao-cao/<str:code>/<str:period>/lich-su/", views.history, name="history"),
]
