"""The closed months. The pages of spend that also show pictures are in `generations`."""

from django.urls import path

from . import statements

urlpatterns = [
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
