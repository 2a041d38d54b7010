from django.urls import path

from .views import gallery, stars

urlpatterns = [
    path("gallery/", gallery.gallery, name="gallery"),
    path("pictures/<int:picture_id>/star/", stars.star, name="star"),
    path("pictures/<int:picture_id>/rating/", stars.rating, name="rating"),
]
