from django.urls import path

from .views import downloads, entry, spend, statements, upstreams

urlpatterns = [
    path("spend/", spend.spend, name="spend"),
    path("spend/days.csv", downloads.days_csv, name="days_csv"),
    path("spend/entries.csv", downloads.entries_csv, name="entries_csv"),
    path("spend/people.csv", downloads.people_csv, name="people_csv"),
    path("spend/people/", spend.people_spend, name="people_spend"),
    path("spend/people/<int:person_id>/", spend.person_spend, name="person_spend"),
    path("spend/people/<int:person_id>/days.csv", downloads.days_csv, name="person_days_csv"),
    path("spend/people/<int:person_id>/entries.csv", downloads.entries_csv, name="person_entries_csv"),
    path("spend/upstreams/", upstreams.upstreams_spend, name="upstreams_spend"),
    path("spend/upstreams/readings/", upstreams.account_readings, name="account_readings"),
    path("spend/statements/", statements.statements, name="statements"),
    path("spend/statements/<slug:slug>/", statements.statement, name="statement"),
    path("spend/statements/<slug:slug>.csv", statements.statement_csv, name="statement_csv"),
    path("spend/statements/<slug:slug>/people/<int:person_id>/", statements.person_statement, name="person_statement"),
    path(
        "spend/statements/<slug:slug>/people/<int:person_id>.csv",
        statements.statement_csv,
        name="person_statement_csv",
    ),
    path("spend/entries/", spend.spend_entries, name="spend_entries"),
    path("spend/entries/<int:entry_id>/", entry.entry, name="entry"),
    path("spend/entries/<int:entry_id>/opening/", entry.opening, name="opening"),
]
