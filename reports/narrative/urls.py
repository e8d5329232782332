"""Pages of the report in words."""

from django.urls import path

from reports.narrative import views

app_name = "narrative"
urlpatterns = [
    path("bao-cao-ket-qua/<str:code>/<slug:period>/", views.home, name="home"),
    path("bao-cao-ket-qua/<str:code>/<slug:period>/bao-cao.docx", views.document, name="document"),
    path(
        "bao-cao-ket-qua/<str:code>/<slug:period>/mau/<slug:kind>/", views.template, name="template"
    ),
    path(
        "bao-cao-ket-qua/<str:code>/<slug:period>/mau/<slug:kind>.docx",
        views.template_file,
        name="template_file",
    ),
    path(
        "bao-cao-ket-qua/<str:code>/<slug:period>/mau/<slug:kind>/<int:number>.docx",
        views.version,
        name="version",
    ),
]
