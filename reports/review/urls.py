"""Pages of review."""

from django.urls import path

from reports.review import delegation_views, figure_views, tracker_views, version_views, views

app_name = "review"
urlpatterns = [
    path("tien-do/<str:code>/<slug:period>/", tracker_views.tracker, name="tracker"),
    path("tien-do/<str:code>/<slug:period>/nhac/", tracker_views.remind, name="remind"),
    path("tien-do/<str:code>/<slug:period>/duyet/", tracker_views.endorse, name="endorse"),
    path("tien-do/<str:code>/<slug:period>/da-sua/", tracker_views.changed, name="changed"),
    path("tien-do/<str:code>/<slug:period>/tai-ve.xlsx", tracker_views.download, name="download"),
    path("duyet/<str:code>/<slug:period>/", views.report, name="report"),
    path("duyet/<str:code>/<slug:period>/phien-ban/", version_views.versions, name="versions"),
    path(
        "duyet/<str:code>/<slug:period>/phien-ban/<slug:key>.csv",
        version_views.version_file,
        name="version_file",
    ),
    path(
        "duyet/<str:code>/<slug:period>/chi-tieu/<slug:indicator>/",
        figure_views.figure,
        name="figure",
    ),
    path(
        "duyet/<str:code>/<slug:period>/trao-doi/<slug:indicator>/",
        figure_views.thread,
        name="thread",
    ),
    path("uy-quyen/<str:code>/", delegation_views.delegations, name="delegations"),
]
