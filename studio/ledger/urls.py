"""The spend pages."""

from django.urls import path

from . import views

urlpatterns = [
    path("spend/", views.spend, name="spend"),
    path("spend/people/", views.people_spend, name="people_spend"),
]
