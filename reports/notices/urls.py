"""Pages of notices: each person's own."""

from django.urls import path

from reports.notices import views

app_name = "notices"
urlpatterns = [
    path("tin-bao/", views.home, name="home"),
    path("tin-bao/da-doc/", views.read_all, name="read_all"),
    path("tin-bao/lua-chon/", views.choices, name="choices"),
    path("tin-bao/dia-chi/", views.address, name="address"),
    path("tin-bao/<int:notice>/", views.open_notice, name="open"),
]
