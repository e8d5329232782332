"""Pages of review."""

from django.urls import path

from reports.review import views

app_name = "review"
urlpatterns = [
    path("tien-do/<str:code>/<slug:period>/", views.tracker, name="tracker"),
    path("duyet/<str:code>/<slug:period>/", views.report, name="report"),
]
