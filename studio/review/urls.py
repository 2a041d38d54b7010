from django.urls import include, path

from .views import links, notes, review

# All that a reviewer's browser asks for lies below the link.
shown = [
    path("", review.review, name="review"),
    path("password/", review.password, name="review_password"),
    path("comparison/", review.comparison, name="review_comparison"),
    path("pictures/<int:number>/", review.picture, name="review_picture"),
    path("pictures/<int:number>/comments/", notes.comments, name="review_comments"),
    path("pictures/<int:number>/approval/", notes.approval, name="review_approval"),
    path("pictures/<int:number>/pick/", notes.pick, name="review_pick"),
    path("pictures/<int:number>/<str:name>", review.media, name="review_media"),
]

urlpatterns = [
    path("review/<str:token>/", include(shown)),
    path("reviews/", links.reviews, name="reviews"),
    path("reviews/new/", links.new_review, name="new_review"),
    path("reviews/<int:link_id>/", links.review_notes, name="review_notes"),
    path("reviews/<int:link_id>/address/", links.review_address, name="review_address"),
    path("reviews/<int:link_id>/revocation/", links.review_revocation, name="review_revocation"),
]
