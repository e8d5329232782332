"""Returns by workbook: the form to take away, and the way back in."""

from django.urls import path

from reports.workbook import views

app_name = "workbook"
_RETURN, _FILE = "bao-cao/<str:code>/<str:period>/", "tep-excel/<slug:upload>/"
_ANNEX = "bieu/<str:code>/<slug:period>/doc-lai/"
urlpatterns = [
    path(f"{_RETURN}mau.xlsx", views.template, name="template"),
    path(f"{_RETURN}tep-excel/", views.upload, name="upload"),
    path(f"{_RETURN}{_FILE}", views.preview, name="preview"),
    path(f"{_RETURN}{_FILE}danh-dau.xlsx", views.marked, name="marked"),
    path(_ANNEX, views.annex, name="annex"),
    path(f"{_ANNEX}<slug:upload>/", views.annex_preview, name="annex_preview"),
    path(f"{_ANNEX}<slug:upload>/danh-dau.xlsx", views.annex_marked, name="annex_marked"),
]
