from django.urls import path

from .views import collections, selection, storage, trash

urlpatterns = [
    path("gallery/selection/stars/", selection.selection_stars, name="selection_stars"),
    path("gallery/selection/ratings/", selection.selection_ratings, name="selection_ratings"),
    path("gallery/selection/tags/", selection.selection_tags, name="selection_tags"),
    path("gallery/selection/collections/", selection.selection_collections, name="selection_collections"),
    path("gallery/selection/trash/", selection.selection_trash, name="selection_trash"),
    path("gallery/selection/restoration/", selection.selection_restoration, name="selection_restoration"),
    path("gallery/selection/undo/", selection.selection_undo, name="selection_undo"),
    path("collections/", collections.collections, name="collections"),
    path("collections/<int:collection_id>/", collections.collection, name="collection"),
    path("collections/<int:collection_id>/details/", collections.collection_details, name="collection_details"),
    path("collections/<int:collection_id>/cover/", collections.collection_cover, name="collection_cover"),
    path("collections/<int:collection_id>/order/", collections.collection_order, name="collection_order"),
    path("collections/<int:collection_id>/trashing/", collections.collection_trashing, name="collection_trashing"),
    path(
        "collections/<int:collection_id>/restoration/",
        collections.collection_restoration,
        name="collection_restoration",
    ),
    path("trash/", trash.trash, name="trash"),
    path("settings/storage/", storage.storage, name="storage"),
]
