"""Pages of returns, review, dashboards and annexes."""

from django.urls import include, path

urlpatterns = [
    path("", include("reports.dashboards.urls")),
    path("", include("reports.entry.urls")),
    path("", include("reports.sending.urls")),
    path("", include("reports.evidence.urls")),
    path("", include("reports.review.urls")),
    path("", include("reports.annexes.urls")),
    path("", include("reports.narrative.urls")),
    path("", include("reports.operations.urls")),
    path("", include("reports.workbook.urls")),
    path("", include("reports.calendar.urls")),
    path("", include("reports.registers.urls")),
    path("", include("reports.notices.urls")),
    path("", include("reports.snapshots.urls")),
    path("", include("reports.explore.urls")),
    path("", include("reports.pictures.urls")),
]
