"""Pages of closed periods."""

from django.urls import path

from reports.snapshots import views

app_name = "snapshots"
urlpatterns = [
    path("so-chot/<str:code>/", views.home, name="home"),
    path("so-chot/<str:code>/<slug:period>/<int:number>.xlsx", views.download, name="download"),
    path("so-chot/<str:code>/<slug:period>/<int:number>/", views.snapshot, name="snapshot"),
]
