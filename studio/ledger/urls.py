"""Budgets and closed months. The pages of spend that also show pictures are in `generations`."""

from django.urls import path

from . import budgets, statements

urlpatterns = [
    path("settings/budgets/", budgets.budgets, name="budgets"),
    path("settings/budgets/studio/", budgets.studio_budget, name="studio_budget"),
    path("settings/budgets/everyone/", budgets.everyone_budget, name="everyone_budget"),
    path("settings/budgets/raises/", budgets.raises, name="raises"),
    path("settings/budgets/people/<int:person_id>/", budgets.person_budget, name="person_budget"),
    path("settings/budgets/people/<int:person_id>/removal/", budgets.removal, name="budget_removal"),
    path("spend/statements/", statements.statements, name="statements"),
    path("spend/statements/<slug:slug>/", statements.statement, name="statement"),
    path("spend/statements/<slug:slug>.csv", statements.statement_csv, name="statement_csv"),
    path("spend/statements/<slug:slug>/people/<int:person_id>/", statements.person_statement, name="person_statement"),
    path(
        "spend/statements/<slug:slug>/people/<int:person_id>.csv",
        statements.statement_csv,
        name="person_statement_csv",
    ),
]
