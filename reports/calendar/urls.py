"""The page of a province's calendar."""

from django.urls import path

from reports.calendar import views

app_name = "calendar"
urlpatterns = [path("lich-bao-cao/<str:code>/", views.home, name="home")]
