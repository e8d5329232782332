"""Looking figures up: the table, its files, and tables kept under a name."""

from django.urls import include, path

from reports.explore import views

_pages = [
    path("tra-cuu/", views.home, name="home"),
    path("tra-cuu/tai.xlsx", views.excel, name="excel"),
    path("tra-cuu/tai.csv", views.csv, name="csv"),
    path("tra-cuu/bang-da-luu/", views.kept, name="kept"),
    path("tra-cuu/bang-da-luu/<int:pk>/", views.opened, name="opened"),
]

urlpatterns = [path("", include((_pages, "explore")))]
