from django.urls import path

from indicators.rulebook import views

app_name = "rules"
urlpatterns = [
    path("quan-tri/quy-tac/", views.rule_list, name="list"),
    path("quan-tri/quy-tac/<slug:code>/", views.rule, name="rule"),
]
