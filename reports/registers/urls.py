"""Addresses of the registers."""

from django.urls import path

from reports.registers import views

app_name = "registers"
urlpatterns = [
    path("so-theo-doi/", views.mine, name="mine"),
    path("so-theo-doi/<str:code>/", views.books, name="books"),
    path("so-theo-doi/<str:code>/<slug:register>/", views.book, name="book"),
    path("so-theo-doi/<str:code>/<slug:register>/them/", views.add, name="add"),
    path("so-theo-doi/<str:code>/<slug:register>/dan/", views.paste, name="paste"),
    path("so-theo-doi/<str:code>/<slug:register>/tai-ve.xlsx", views.download, name="download"),
    path("so-theo-doi/<str:code>/<slug:register>/<int:pk>/", views.entry, name="entry"),
]
