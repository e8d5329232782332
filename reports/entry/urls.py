"""The pages of the officer who enters a unit's return."""

from django.urls import path

from reports.entry import views

app_name = "entry"
urlpatterns = [
    path("bao-cao/", views.owed, name="owed"),
    path("bao-cao/<str:code>/<str:period>/", views.report, name="report"),
    path("bao-cao/<str:code>/<str:period>/lich-su/", views.history, name="history"),
]
