"""Pages of the official tables."""

from django.urls import include, path

from reports.annexes import batch_views, check_views, views
from reports.annexes.office import urls as office

_pages = [
    path("kiem-tra-bieu/", check_views.check, name="check"),
    path("bieu/<str:code>/<slug:period>/", views.annexes, name="list"),
    path("bieu/<str:code>/<slug:period>/<slug:annex>.xlsx", views.workbook, name="workbook"),
    path("bieu/<str:code>/<slug:period>/<slug:annex>.pdf", views.pdf, name="pdf"),
    path("bieu/<str:code>/<slug:period>/tat-ca/", batch_views.batch, name="batch"),
    path("tat-ca-bieu/<int:pk>/dung/", batch_views.cancel, name="batch_cancel"),
    path("tat-ca-bieu/<int:pk>/tep.zip", batch_views.download, name="batch_file"),
    *office.pages,
]

urlpatterns = [path("", include((_pages, "annexes")))]
