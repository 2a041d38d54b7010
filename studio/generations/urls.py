from django.urls import include, path

from . import candidates, drafts, explanations, framings, masks, probes, uploads, views
from .spend import downloads, entry, pages

urlpatterns = [
    path("", views.create, name="create"),
    path("generations/", views.generations, name="generations"),
    path("away/", views.away, name="away"),
    path("jobs/", views.jobs, name="jobs"),
    path("jobs/<int:job_id>/", views.job, name="job"),
    path("jobs/<int:job_id>/cancellation/", views.cancellation, name="cancellation"),
    path("jobs/<int:job_id>/retry/", views.retry, name="retry"),
    path("jobs/<int:job_id>/fallback/", views.fallback, name="fallback"),
    path("help/errors/", explanations.errors, name="errors"),
    path("pictures/", uploads.pictures, name="pictures"),
    path("pictures/<int:picture_id>/", views.picture, name="picture"),
    path("pictures/<int:picture_id>/candidates/", candidates.candidates, name="candidates"),
    path("pictures/<int:picture_id>/acceptance/", candidates.acceptance, name="acceptance"),
    path("pictures/<int:picture_id>/discarding/", candidates.discarding, name="discarding"),
    path("pictures/<int:picture_id>/mask/", masks.mask, name="mask"),
    path("pictures/<int:picture_id>/mask/framings/", framings.framings, name="framings"),
    path("pictures/<int:picture_id>/mask/drafts/<int:draft_id>/", drafts.draft, name="draft"),
    path("spend/", pages.spend, name="spend"),
    path("spend/days.csv", downloads.days_csv, name="days_csv"),
    path("spend/entries.csv", downloads.entries_csv, name="entries_csv"),
    path("spend/people.csv", downloads.people_csv, name="people_csv"),
    path("spend/people/", pages.people_spend, name="people_spend"),
    path("spend/people/<int:person_id>/", pages.person_spend, name="person_spend"),
    path("spend/people/<int:person_id>/days.csv", downloads.days_csv, name="person_days_csv"),
    path("spend/people/<int:person_id>/entries.csv", downloads.entries_csv, name="person_entries_csv"),
    path("spend/entries/", pages.spend_entries, name="spend_entries"),
    path("spend/entries/<int:entry_id>/", entry.entry, name="entry"),
    path("spend/entries/<int:entry_id>/opening/", entry.opening, name="opening"),
    path("settings/", include("studio.generations.upkeep.urls")),
    path("healthz", probes.healthz, name="healthz"),
    path("readyz", probes.readyz, name="readyz"),
]
