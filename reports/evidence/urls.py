"""What a figure rests on: the page of one figure, and its files."""

from django.urls import path

from reports.evidence import views

app_name = "evidence"
urlpatterns = [
    path(
        "bao-cao/<str:code>/<str:period>/minh-chung/<str:indicator>/",
        views.of_figure,
        name="list",
    ),
    path("minh-chung/<int:pk>/<str:name>", views.file, name="file"),
]
