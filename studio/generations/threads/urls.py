from django.urls import path

from . import masks, plans, views

urlpatterns = [
    path("threads/", views.threads, name="threads"),
    path("threads/new/", views.new_thread, name="new_thread"),
    path("threads/new/mask/<int:picture_id>/", masks.mask, name="new_thread_mask"),
    path("threads/<int:thread_id>/", views.thread, name="thread"),
    path("threads/<int:thread_id>/turns/", views.turns, name="turns"),
    path("threads/<int:thread_id>/title/", views.title, name="thread_title"),
    path("threads/<int:thread_id>/trashing/", views.trashing, name="thread_trashing"),
    path("threads/<int:thread_id>/restoration/", views.restoration, name="thread_restoration"),
    path("threads/<int:thread_id>/mask/<int:picture_id>/", masks.mask, name="thread_mask"),
    path("plans/", plans.plans, name="plans"),
    path("plans/<int:plan_id>/", plans.plan, name="plan"),
    path("plans/<int:plan_id>/decision/", plans.decision, name="plan_decision"),
]
