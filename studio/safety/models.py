"""The safety log, and the check that every text passes before it goes to a gateway."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from studio.accounts.models import StudioSettings
from studio.core.refusals import Refusal

from . import policy
from .policy import Category, Verdict

CATEGORY_WORDS = {
    Category.MINORS: _("sexual content with children or young-looking people"),
    Category.COERCION: _("sexual violence or coercion"),
    Category.EXPLICIT: _("nudity or explicit sexual content"),
    Category.VIOLENCE: _("extreme violence"),
    Category.HATE: _("hatred of people"),
    Category.ILLEGAL: _("help with a crime"),
    Category.SELF_HARM: _("self-harm"),
}


# Short names, for filters.
CATEGORY_NAMES = {
    Category.MINORS: _("Minors"),
    Category.COERCION: _("Coercion"),
    Category.EXPLICIT: _("Explicit"),
    Category.VIOLENCE: _("Violence"),
    Category.HATE: _("Hatred"),
    Category.ILLEGAL: _("Crime"),
    Category.SELF_HARM: _("Self-harm"),
}


class RefusedByPolicy(Refusal):
    """The policy refused a prompt. A person sees the category, never the rule, and may object.

    `text` is what was judged; `note` is its line in the log, which mostly has no text.
    """

    def __init__(self, verdict: Verdict, *, note: "SafetyNote", text: str) -> None:
        super().__init__(verdict.category)
        self.verdict, self.note, self.text = verdict, note, text

    @property
    def category(self) -> Category:
        assert self.verdict.category is not None
        return self.verdict.category

    @property
    def sentence(self) -> str:
        text = gettext(
            "Not sent: it reads like %(category)s. Nothing was charged. Change the wording and try again."
        ) % {"category": CATEGORY_WORDS[self.category]}
        if self.category is Category.SELF_HARM:
            text += " " + gettext("If this is about you, please talk to someone you trust.")
        return text


class SafetyNoteQuerySet(models.QuerySet["SafetyNote"]):
    def wrong(self) -> Self:
        """The refusals that an admin marked as wrong."""
        return self.exclude(wrong_at=None)

    def cases(self) -> Self:
        """Those of them whose text is known and can serve as a test case."""
        return self.wrong().exclude(text="")

    def objected(self) -> Self:
        """The refusals that somebody called a mistake and that no admin has decided on, the earliest first."""
        return self.filter(objected_at__isnull=False, wrong_at=None, dismissed_at=None).order_by("objected_at", "pk")

    def open_to_objection(self, person: Any) -> Self:
        """The policy's refusals of a person's own prompts."""
        return self.filter(person=person, source=SafetyNote.Source.POLICY, verdict=SafetyNote.Verdict.REFUSED)

    def screen(self, *texts: str, person: Any, now: datetime) -> Verdict:
        """Judge together everything that is to go upstream; log a refusal and raise RefusedByPolicy.

        Call it outside of a transaction whose rollback would undo the row of the log.
        """
        verdict = policy.judge(*texts)
        if not verdict.is_refusal:
            return verdict
        text = "\n\n".join(filter(None, texts))
        note = self.record(
            person=person, source=SafetyNote.Source.POLICY, category=str(verdict.category), text=text, now=now
        )
        raise RefusedByPolicy(verdict, note=note, text=text)

    def record(
        self,
        *,
        person: Any,
        source: str,
        category: str,
        text: str,
        now: datetime,
        verdict: str = "",
        job_id: int | None = None,
    ) -> "SafetyNote":
        """Add a row to the log; with its text only where the studio keeps texts."""
        return self.create(
            at=now,
            person=person,
            source=source,
            verdict=verdict or SafetyNote.Verdict.REFUSED,
            category=category[: SafetyNote.CATEGORY_LENGTH],
            text=text if StudioSettings.load().safety_keeps_text else "",
            job_id=job_id,
        )


class SafetyNote(models.Model):
    """One text that was refused, or that went unchecked because the check was unreachable."""

    CATEGORY_LENGTH = 60
    TEXT_LENGTH = 80_000  # characters of what a person sends: more than a prompt and a conversation hold together

    class Source(models.TextChoices):
        POLICY = "policy", _("the studio")
        MODERATION = "moderation", _("the second check")
        UPSTREAM = "upstream", _("the gateway")

    class Verdict(models.TextChoices):
        REFUSED = "refused", _("refused")
        UNCHECKED = "unchecked", _("sent unchecked")
        UNREACHED = "unreached", _("held back, the check could not be reached")

    at = models.DateTimeField(default=timezone.now)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="safety_notes")
    source = models.CharField(max_length=10, choices=Source)
    verdict = models.CharField(max_length=9, choices=Verdict, default=Verdict.REFUSED)
    # One of policy.Category or of the moderation's own categories; empty where a gateway names none.
    category = models.CharField(max_length=CATEGORY_LENGTH, blank=True)
    # Only where the studio keeps texts, or where its person sent it with an objection or an admin entered it.
    text = models.TextField(blank=True)
    job_id = models.BigIntegerField(null=True, blank=True)  # a number without a foreign key: the log does not know jobs
    objected_at = models.DateTimeField(null=True, blank=True)  # when its person called it a mistake
    dismissed_at = models.DateTimeField(null=True, blank=True)  # when an admin decided that it was none
    wrong_at = models.DateTimeField(null=True, blank=True)
    wrong_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    objects = SafetyNoteQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["-id"], condition=models.Q(wrong_at__isnull=False), name="safety_note_wrong"),
            models.Index(
                fields=["objected_at"],
                condition=models.Q(objected_at__isnull=False, wrong_at=None, dismissed_at=None),
                name="safety_note_objected",
            ),
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

    @property
    def is_objected(self) -> bool:
        """Whether an admin has still to decide on an objection."""
        return self.objected_at is not None and self.wrong_at is None and self.dismissed_at is None

    def object(self, *, text: str, now: datetime) -> bool:
        """Call the refusal a mistake, with the words that were refused; False when its person already did."""
        rows = SafetyNote.objects.filter(pk=self.pk, objected_at=None)
        return bool(rows.update(objected_at=now, text=self.text or text[: self.TEXT_LENGTH]))

    def dismiss(self, *, now: datetime) -> bool:
        """Dismiss an objection, and forget the words sent with it unless the studio keeps refused texts."""
        kept = {} if StudioSettings.load().safety_keeps_text else {"text": ""}
        return bool(SafetyNote.objects.objected().filter(pk=self.pk).update(dismissed_at=now, **kept))

    def mark_wrong(self, *, by: Any, text: str, now: datetime) -> bool:
        """Mark it as a wrong refusal, with its text where the log has none; False when somebody already did."""
        rows = SafetyNote.objects.filter(pk=self.pk, wrong_at=None, verdict=self.Verdict.REFUSED)
        return bool(rows.update(wrong_at=now, wrong_by=by, text=self.text or text.strip()))


def cases(notes: Sequence[SafetyNote]) -> list[dict[str, str]]:
    """Refusals marked as wrong, as test cases: the prompt, why and by whom it was refused, and that it should pass."""
    return [
        {"prompt": note.text, "refused_for": note.category, "refused_by": note.source, "expected": "allow"}
        for note in notes
    ]
