"""Pages of an office's own templates, below the address of each table."""

from django.urls import path

from reports.annexes.office import views

_PLACE = "bieu/<str:code>/<slug:period>/<slug:annex>"

pages = [
    path(f"{_PLACE}/theo-mau.xlsx", views.document, name="office"),
    path(f"{_PLACE}/mau/", views.template, name="office_template"),
    path(f"{_PLACE}/mau/vi-du.xlsx", views.example, name="office_example"),
    path(f"{_PLACE}/mau/<int:number>.xlsx", views.version, name="office_version"),
]
