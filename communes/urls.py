"""Signing in and out, the password."""

from django.urls import path

from communes import views

urlpatterns = [
    path("dang-nhap/", views.sign_in, name="login"),
    path("dang-xuat/", views.sign_out, name="logout"),
    path("ngon-ngu/", views.choose_language, name="set_language"),
    path("mat-khau/", views.change_password, name="password_change"),
]
