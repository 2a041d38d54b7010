"""Budgets. The pages of what was spent are in `spend`."""

from django.urls import path

from .views import budgets

urlpatterns = [
    path("settings/budgets/", budgets.budgets, name="budgets"),
    path("settings/budgets/studio/", budgets.studio_budget, name="studio_budget"),
    path("settings/budgets/everyone/", budgets.everyone_budget, name="everyone_budget"),
    path("settings/budgets/raises/", budgets.raises, name="raises"),
    path("settings/budgets/people/<int:person_id>/", budgets.person_budget, name="person_budget"),
    path("settings/budgets/people/<int:person_id>/removal/", budgets.removal, name="budget_removal"),
]
