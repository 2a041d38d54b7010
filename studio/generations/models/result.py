"""Which job a picture belongs to. `library` knows no jobs, so the link stands in this room."""

from django.db import models

from studio.library.models import Picture

from .job import Job


class Result(models.Model):
    """The job that brought a picture; an uploaded picture has none."""

    job = models.ForeignKey(Job, on_delete=models.PROTECT, related_name="results")
    picture = models.OneToOneField(Picture, on_delete=models.CASCADE, related_name="result")

    def __str__(self) -> str:
        return f"{self.picture} of {self.job}"


def job_of(picture: Picture) -> Job | None:
    """The job that brought a picture; None for an uploaded one."""
    result: Result | None = getattr(picture, "result", None)
    return result.job if result else None
