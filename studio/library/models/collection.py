"""Collections and tags: how people put pictures in order."""

from typing import Any, Self

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ..search_text import fold

NAME_LENGTH, TAG_LENGTH = 80, 40  # characters


class CollectionQuerySet(models.QuerySet["Collection"]):
    def owned_by(self, user: Any) -> Self:
        """What a person may rename, share and throw away: their own."""
        return self.filter(owner=user)

    def seen_by(self, user: Any) -> Self:
        """What a person may look into: their own, and what is shared with the studio."""
        return self.filter(models.Q(owner=user) | models.Q(sharing__in=Collection.SHARED, trashed_at=None))

    def added_to_by(self, user: Any) -> Self:
        """What a person may put pictures into."""
        return self.kept().filter(models.Q(owner=user) | models.Q(sharing=Collection.Sharing.ADD))

    def kept(self) -> Self:
        """All that are not in the trash."""
        return self.filter(trashed_at=None)

    def trashed(self) -> Self:
        return self.filter(trashed_at__isnull=False)


class Collection(models.Model):
    """Pictures that belong together, in an order of their own; private until it is shared with the studio."""

    class Sharing(models.TextChoices):
        PRIVATE = "private", _("Private")
        SEE = "see", _("Everyone can see it")
        ADD = "add", _("Everyone can add to it")

    SHARED = (Sharing.SEE, Sharing.ADD)

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="collections")
    name = models.CharField(max_length=NAME_LENGTH)
    notes = models.TextField(blank=True)
    # None shows the latest picture.
    cover = models.ForeignKey("Picture", on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    sharing = models.CharField(max_length=7, choices=Sharing, default=Sharing.PRIVATE)
    created_at = models.DateTimeField(default=timezone.now)
    trashed_at = models.DateTimeField(null=True, blank=True)

    objects = CollectionQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["owner", "name"], name="collection_list"),
            models.Index(fields=["name"], condition=~models.Q(sharing="private"), name="collection_shared"),
        ]

    def __str__(self) -> str:
        return self.name


class CollectionPicture(models.Model):
    """The place of a picture in a collection, and who put it there."""

    collection = models.ForeignKey(Collection, on_delete=models.CASCADE, related_name="placements")
    picture = models.ForeignKey("Picture", on_delete=models.CASCADE, related_name="placements")
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    added_at = models.DateTimeField(default=timezone.now)
    position = models.PositiveIntegerField(default=0)

    class Meta:
        indexes = [models.Index(fields=["collection", "position", "id"], name="collection_order")]
        constraints = [models.UniqueConstraint(fields=["collection", "picture"], name="one_picture_once")]

    def __str__(self) -> str:
        return f"picture {self.picture_id} in collection {self.collection_id}"


class TagManager(models.Manager["Tag"]):
    def get_or_add(self, owner: Any, name: str) -> "Tag":
        """A person's tag of this name; "Poster" and "poster" are one, as it was written first."""
        name = " ".join(name.split())
        return self.get_or_create(owner=owner, key=fold(name), defaults={"name": name})[0]


class Tag(models.Model):
    """A word a person marks pictures with."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="tags")
    name = models.CharField(max_length=TAG_LENGTH)
    # The name without case and accents: what it is known by in addresses.
    key = models.CharField(max_length=3 * TAG_LENGTH)
    pictures: Any = models.ManyToManyField("Picture", through="PictureTag", related_name="tags")

    objects = TagManager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["owner", "key"], name="one_tag_a_name")]

    def __str__(self) -> str:
        return self.name


class PictureTag(models.Model):
    """A tag on a picture."""

    tag = models.ForeignKey(Tag, on_delete=models.CASCADE, related_name="+")
    picture = models.ForeignKey("Picture", on_delete=models.CASCADE, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tag", "picture"], name="one_tag_once")]

    def __str__(self) -> str:
        return f"tag {self.tag_id} on picture {self.picture_id}"
