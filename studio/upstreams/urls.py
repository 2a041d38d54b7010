"""The page about upstreams."""

from django.urls import path

from . import views

urlpatterns = [path("settings/upstreams/", views.upstreams, name="upstreams")]
