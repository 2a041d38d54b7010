"""`{% with tile=job|tile %}`: a job as its tile shows it; `picture|repetition_offers`: how to repeat its edit."""

from django import template

from studio.generations.models import Job
from studio.library.models import Picture

from ..repetition_offers import Offer
from ..repetition_offers import repetition_offers as offers_of
from ..tiles import Tile

register = template.Library()


@register.filter
def tile(job: Job) -> Tile:
    return Tile(job)


@register.filter
def repetition_offers(picture: Picture) -> list[Offer]:
    return offers_of(picture)
