"""Pages of plans and their targets."""

from django.urls import path

from plans.views import documents

app_name = "plans"
urlpatterns = [
    path("ke-hoach/", documents.tree, name="tree"),
    path("ke-hoach/<slug:code>/", documents.plan, name="plan"),
]
