"""Every address of the product. Each view declares its access policy; a test enumerates them."""

from django.contrib import admin
from django.urls import include, path

from povertyplan.health import health

urlpatterns = [
    path("health/", health, name="health"),
    path("", include("communes.urls")),
    path("", include("indicators.urls")),  # before the administration, whose last page takes all
    path("", include("plans.urls")),
    path("", include("reports.urls")),
    path("api/v1/", include("reports.api.urls")),
    path("quan-tri/", admin.site.urls),
]
handler400 = "communes.views.bad_request"
handler403 = "communes.views.forbidden"
handler404 = "communes.views.not_found"
handler500 = "communes.views.server_error"
