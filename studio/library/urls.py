from django.urls import path

from .views import gallery, uploads

urlpatterns = [
    path("gallery/", gallery.gallery, name="gallery"),
    path("pictures/", uploads.pictures, name="pictures"),
    path("mask-files/", uploads.mask_files, name="mask_files"),
]
