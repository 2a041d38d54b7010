"""The log of what was not let through, and by whom; and the door that every text for a gateway goes through."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from studio.accounts.models import StudioSettings

from .. import safety
from ..safety import Category, Verdict
from .not_filed import NotFiled

CATEGORY_WORDS = {
    Category.MINORS: _("sexual content with children or young-looking people"),
    Category.COERCION: _("sexual violence or coercion"),
    Category.EXPLICIT: _("nudity or explicit sexual content"),
    Category.VIOLENCE: _("extreme violence"),
    Category.HATE: _("hatred of people"),
    Category.ILLEGAL: _("help with a crime"),
    Category.SELF_HARM: _("self-harm"),
}


# In few words, for filters.
CATEGORY_NAMES = {
    Category.MINORS: _("Minors"),
    Category.COERCION: _("Coercion"),
    Category.EXPLICIT: _("Explicit"),
    Category.VIOLENCE: _("Violence"),
    Category.HATE: _("Hatred"),
    Category.ILLEGAL: _("Crime"),
    Category.SELF_HARM: _("Self-harm"),
}


class Refused(NotFiled):
    """The policy let a prompt not through. A person is told the category and never the rule."""

    def __init__(self, verdict: Verdict) -> None:
        super().__init__(verdict.category)
        self.verdict = verdict

    @property
    def category(self) -> Category:
        assert self.verdict.category is not None
        return self.verdict.category

    @property
    def sentence(self) -> str:
        told = gettext("Not sent, for it reads like %(category)s. Nothing was charged. Change the words to go on.") % {
            "category": CATEGORY_WORDS[self.category]
        }
        if self.category is Category.SELF_HARM:
            told += " " + gettext("If this is about you: please talk to somebody you trust.")
        return told


class SafetyNoteQuerySet(models.QuerySet["SafetyNote"]):
    def wrong(self) -> Self:
        """The refusals that an admin marked as wrong."""
        return self.exclude(wrong_at=None)

    def cases(self) -> Self:
        """Those of them whose words are known, which makes them test cases."""
        return self.wrong().exclude(text="")

    def screen(self, *texts: str, person: Any, now: datetime) -> Verdict:
        """Judge everything that is to go upstream together; raise Refused, once the log has it.

        Call it outside of a transaction that would take the log's row back.
        """
        verdict = safety.judge(*texts)
        if not verdict.is_refusal:
            return verdict
        self.note(
            person=person,
            source=SafetyNote.Source.POLICY,
            category=str(verdict.category),
            text="\n\n".join(filter(None, texts)),
            now=now,
        )
        raise Refused(verdict)

    def note(
        self, *, person: Any, source: str, category: str, text: str, now: datetime, verdict: str = "", job: Any = None
    ) -> "SafetyNote":
        """Write one line of the log; the text only where the studio keeps texts."""
        return self.create(
            at=now,
            person=person,
            source=source,
            verdict=verdict or SafetyNote.Verdict.REFUSED,
            category=category[: SafetyNote.CATEGORY_LENGTH],
            text=text if StudioSettings.load().safety_keeps_text else "",
            job=job,
        )


class SafetyNote(models.Model):
    """One text that was not let through, or went unchecked because the check was out of reach."""

    CATEGORY_LENGTH = 60

    class Source(models.TextChoices):
        POLICY = "policy", _("the studio")
        MODERATION = "moderation", _("the second check")
        UPSTREAM = "upstream", _("the gateway")

    class Verdict(models.TextChoices):
        REFUSED = "refused", _("refused")
        UNCHECKED = "unchecked", _("sent unchecked")
        UNREACHED = "unreached", _("held back, the check was out of reach")

    at = models.DateTimeField(default=timezone.now)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="safety_notes")
    source = models.CharField(max_length=10, choices=Source)
    verdict = models.CharField(max_length=9, choices=Verdict, default=Verdict.REFUSED)
    # One of safety.Category, of the moderation's own, or none where a gateway names none.
    category = models.CharField(max_length=CATEGORY_LENGTH, blank=True)
    # Only where the studio keeps texts, or an admin who marked it as wrong wrote them down.
    text = models.TextField(blank=True)
    job = models.ForeignKey("generations.Job", on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    wrong_at = models.DateTimeField(null=True, blank=True)
    wrong_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    objects = SafetyNoteQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["-id"], condition=models.Q(wrong_at__isnull=False), name="safety_note_wrong"),
        ]

    def __str__(self) -> str:
        return f"{self.source} {self.verdict}: {self.category}"

    @property
    def category_words(self) -> str:
        known = {str(category): str(words) for category, words in CATEGORY_WORDS.items()}
        return known.get(self.category, self.category.replace("/", ", ").replace("-", " "))

    @property
    def can_be_wrong(self) -> bool:
        return self.verdict == self.Verdict.REFUSED and self.wrong_at is None

    def mark_wrong(self, *, by: Any, text: str, now: datetime) -> bool:
        """Say that it should have passed, with its words where the log has none; False when somebody already did."""
        rows = SafetyNote.objects.filter(pk=self.pk, wrong_at=None, verdict=self.Verdict.REFUSED)
        return bool(rows.update(wrong_at=now, wrong_by=by, text=self.text or text.strip()))


def cases(notes: Sequence[SafetyNote]) -> list[dict[str, str]]:
    """Refusals marked as wrong, as test cases: the words, what they were refused for, and that they should pass."""
    return [
        {"prompt": note.text, "refused_for": note.category, "refused_by": note.source, "expected": "allow"}
        for note in notes
    ]
