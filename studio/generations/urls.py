from django.urls import path

from . import probes, views

urlpatterns = [
    path("", views.create, name="create"),
    path("generations/", views.generations, name="generations"),
    path("away/", views.away, name="away"),
    path("jobs/", views.jobs, name="jobs"),
    path("jobs/<int:job_id>/", views.job, name="job"),
    path("jobs/<int:job_id>/cancellation/", views.cancellation, name="cancellation"),
    path("jobs/<int:job_id>/retry/", views.retry, name="retry"),
    path("pictures/<int:picture_id>/", views.picture, name="picture"),
    path("healthz", probes.healthz, name="healthz"),
    path("readyz", probes.readyz, name="readyz"),
]
