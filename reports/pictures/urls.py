"""Pictures."""

from django.urls import path

from reports.pictures import views

app_name = "pictures"
urlpatterns = [
    path("hinh/<str:code>/<slug:period>/", views.home, name="home"),
    path("hinh/<str:code>/<slug:period>/<slug:kind>.<slug:form>", views.file, name="file"),
]
