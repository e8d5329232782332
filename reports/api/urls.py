"""The JSON API of the contract, version 1."""

from django.urls import path
from django.views.decorators.cache import never_cache

from reports.api import openapi, views

app_name = "api"
urlpatterns = [
    path("units/", never_cache(views.UnitsView.as_view()), name="units"),
    path("indicators/", never_cache(views.IndicatorsView.as_view()), name="indicators"),
    path("plans/", never_cache(views.PlansView.as_view()), name="plans"),
    path(
        "plans/<slug:plan>/targets/",
        never_cache(views.PlanTargetsView.as_view()),
        name="plan-targets",
    ),
    path(
        "plans/<slug:plan>/assessment/",
        never_cache(views.PlanAssessmentView.as_view()),
        name="plan-assessment",
    ),
    path("results/", never_cache(views.ResultsView.as_view()), name="results"),
    path("rollups/", never_cache(views.RollupsView.as_view()), name="rollups"),
    path("annexes/", never_cache(views.AnnexesView.as_view()), name="annexes"),
    path(
        "annexes/<slug:code>/workbook/",
        never_cache(views.WorkbookView.as_view()),
        name="annex-workbook",
    ),
    path("schema/", openapi.SchemaView.as_view(), name="schema"),
    path("docs/", openapi.docs, name="docs"),
]
