"""Pages of plans and their targets."""

from django.urls import path

from plans.views import allocation, amendments, documents, targets

app_name = "plans"
urlpatterns = [
    path("ke-hoach/", documents.tree, name="tree"),
    # before the plans: no plan has this code
    path("ke-hoach/co-quan/", targets.agencies, name="agency-list"),
    path("ke-hoach/co-quan/<slug:agency>/", targets.agency, name="agency"),
    path("ke-hoach/<slug:code>/", documents.plan, name="plan"),
    path(
        "ke-hoach/<slug:code>/phan-bo/<slug:indicator>/<str:period>/",
        allocation.allocate,
        name="allocate",
    ),
    path("ke-hoach/<slug:code>/chi-tieu/<slug:target>/", targets.target, name="target"),
    path("ke-hoach/<slug:code>/chi-tieu/<slug:target>/dieu-chinh/", amendments.amend, name="amend"),
]
