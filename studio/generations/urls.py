from django.urls import path

from . import candidates, drafts, framings, masks, probes, uploads, views

urlpatterns = [
    path("", views.create, name="create"),
    path("generations/", views.generations, name="generations"),
    path("away/", views.away, name="away"),
    path("jobs/", views.jobs, name="jobs"),
    path("jobs/<int:job_id>/", views.job, name="job"),
    path("jobs/<int:job_id>/cancellation/", views.cancellation, name="cancellation"),
    path("jobs/<int:job_id>/retry/", views.retry, name="retry"),
    path("pictures/", uploads.pictures, name="pictures"),
    path("pictures/<int:picture_id>/", views.picture, name="picture"),
    path("pictures/<int:picture_id>/candidates/", candidates.candidates, name="candidates"),
    path("pictures/<int:picture_id>/acceptance/", candidates.acceptance, name="acceptance"),
    path("pictures/<int:picture_id>/discarding/", candidates.discarding, name="discarding"),
    path("pictures/<int:picture_id>/mask/", masks.mask, name="mask"),
    path("pictures/<int:picture_id>/mask/framings/", framings.framings, name="framings"),
    path("pictures/<int:picture_id>/mask/drafts/<int:draft_id>/", drafts.draft, name="draft"),
    path("healthz", probes.healthz, name="healthz"),
    path("readyz", probes.readyz, name="readyz"),
]
