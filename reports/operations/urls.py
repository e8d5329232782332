from django.urls import include, path

from reports.operations import views

_pages = [
    path("", views.home, name="home"),
    path("tinh-lai/<int:mark>/", views.retry_mark, name="retry_mark"),
    path("tu-kiem/", views.audit, name="audit"),
    path("tu-kiem/<int:audit>/da-xem/", views.see_audit, name="see_audit"),
    path("viec/<int:failure>/gui-lai/", views.retry_task, name="retry_task"),
    path("viec/<int:failure>/bo-qua/", views.dismiss_task, name="dismiss_task"),
    path("thu/<int:letter>/gui-lai/", views.retry_letter, name="retry_letter"),
]

urlpatterns = [path("van-hanh/", include((_pages, "operations")))]
