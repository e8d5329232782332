"""Pages of plans and their targets."""

from django.urls import path

from plans import views

app_name = "plans"
urlpatterns = [
    path("ke-hoach/", views.tree, name="tree"),
    path("ke-hoach/<slug:code>/", views.plan, name="plan"),
]
