from django.urls import path

from .views import downloads, uploads

urlpatterns = [
    path("pictures/", uploads.pictures, name="pictures"),
    path("mask-files/", uploads.mask_files, name="mask_files"),
    path("pictures/<int:picture_id>/download/", downloads.download, name="download"),
]
