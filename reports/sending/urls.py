"""The pages on which a return is looked over, signed and sent, and its receipts."""

from django.urls import path

from reports.sending import views

app_name = "sending"
urlpatterns = [
    path("bao-cao/<str:code>/<str:period>/nop/", views.summary, name="summary"),
    path("bao-cao/<str:code>/<str:period>/bien-nhan/<int:number>/", views.receipt, name="receipt"),
    path(
        "bao-cao/<str:code>/<str:period>/bien-nhan/<int:number>.pdf",
        views.receipt_pdf,
        name="receipt_pdf",
    ),
]
