"""Sample data: one object of each kind that belongs to Ben, and the four visitors who request them."""

import io
import uuid
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from allauth.usersessions.models import UserSession
from django.utils import timezone
from PIL import Image

from studio.accounts import first_admin
from studio.accounts.models import Invitation, User
from studio.generations.models import Attempt, Generation, Job, KeptReply, Result, TestPictureSpec, Worker
from studio.images import ImageRequest, Size
from studio.imaging.thumbnails import thumbnail_name
from studio.ledger.models import Budget, Entry, ImagePrice, Price, Statement
from studio.ledger.models.price import KINDS
from studio.library import files, partials
from studio.library.models import Collection, CollectionPicture, Draft, Mask, Picture
from studio.library.storage import write
from studio.review.models import ReviewLink
from studio.safety.models import SafetyNote
from studio.threads.specs import PlanSpec, RefineSpec
from studio.upstreams.models import Alert, Check, Upstream
from tests.composer_form import FORM
from tests.conftest import PASSWORD
from tests.ledger.booking import book
from tests.passkeys import Passkey

# Is in everything Ben made, and must never be shown to Cleo or to anonymous visitors.
SECRET = "herons over a hidden lake"
REQUEST = FORM | {"prompt": "A boat"}
UPSTREAM = {
    "name": "Team A",
    "base_url": "https://gateway.example.com",
    "plan": "team",
    "bills_by": "token",
    "priority": "0",
    "price_multiplier": "1",
    "standard_slots": "4",
    "large_slots": "1",
    "late_standard": "120",
    "late_large": "300",
    "deadline_standard": "300",
    "deadline_large": "600",
    "silence": "120",
}
KEY = "sk-hush-0123456789abcdefghijklmnop"


class SampleData:
    """`people` by role, and `values` for the names in the table."""

    NAMES = (
        "generation",
        "job",
        "failed_job",
        "kept_reply",
        "picture",
        "candidate",
        "mask",
        "draft",
        "entry",
        "person",
        "invitation",
        "invitation_token",
        "sign_in_token",
        "request",
        "upstream",
        "upstream_form",
        "check",
        "test_picture",
        "alert",
        "passkey",
        "session",
        "price",
        "image_price",
        "thread",
        "plan",
        "turn_request",
        "plan_request",
        "collection",
        "shared_collection",
        "thrown_away",
        "safety_note",
        "review",
        "review_token",
    )

    def __init__(self) -> None:
        self.now = timezone.now()
        self.people: dict[str, User | None] = {
            "nobody": None,
            "ben": User.objects.create_user("ben@example.com", PASSWORD, name="Ben"),
            "cleo": User.objects.create_user("cleo@example.com", PASSWORD, name="Cleo"),
            "ada": User.objects.create_user("ada@example.com", PASSWORD, name="Ada", role=User.Role.ADMIN),
        }
        self.ben = self.people["ben"]
        self.upstream = Upstream.objects.declare(name="environment", api_key=KEY, base_url="http://127.0.0.1:9/v1")
        self.values = {name: str(place) for name, place in self.create_all().items()}
        self.values["upstream_form"] = urlencode(UPSTREAM)
        self.values["request"] = urlencode(REQUEST | {"token": uuid.uuid4()})
        self.values["turn_request"] = urlencode(REQUEST | {"token": uuid.uuid4(), "main_model": "gpt-5.5"})
        self.values["plan_request"] = urlencode({"prompt": "A boat", "plan_token": uuid.uuid4()})
        assert set(self.values) == set(self.NAMES)

    def create_all(self) -> dict[str, Any]:
        generation = self.generation()
        job, failed_job = self.running_and_failed(generation)
        picture = self.picture()
        Result.objects.create(job=job, picture=picture)
        invitation, invitation_token = Invitation.replace(
            email="eve@example.com", role=User.Role.DESIGNER, invited_by=self.people["ada"], now=self.now
        )
        return {
            "generation": generation.pk,
            "job": job.pk,
            "failed_job": failed_job.pk,
            "kept_reply": self.kept_reply(failed_job).pk,
            "picture": picture.pk,
            "candidate": self.picture(decision="undecided", source=picture).pk,
            "mask": self.mask(picture).pk,
            "draft": Draft.objects.create(owner=self.ben, picture=picture, content={"prompt": SECRET}).pk,
            "entry": self.entry().pk,
            "thread": self.conversation(
                RefineSpec(thread=None, parent=None, base=picture, mask=None, main_model="gpt-5.5", is_forced=False)
            ).turn.thread_id,
            "plan": self.conversation(PlanSpec(main_model="gpt-5.5")).plan.pk,
            "safety_note": SafetyNote.objects.record(
                person=self.ben, source="policy", category="explicit", text=SECRET, now=self.now
            ).pk,
            "person": self.ben.pk if self.ben else 0,
            "passkey": self.second_factors().pk,
            "session": UserSession.objects.create(user=self.ben, ip="127.0.0.1", session_key="1" * 32).pk,
            "invitation": invitation.pk,
            "invitation_token": invitation_token,
            "sign_in_token": first_admin.new_sign_in_path(self.now).split("/")[-2],
            "thrown_away": self.picture(trashed_at=self.now).pk,
            **self.collections(picture),
            **self.upstreams(),
            **self.money(),
            **self.review(picture),
        }

    def collections(self, picture: Picture) -> dict[str, Any]:
        """A private collection with a picture, and one that the studio may see."""
        own = Collection.objects.create(owner=self.ben, name=SECRET, notes=SECRET)
        CollectionPicture.objects.create(collection=own, picture=picture, added_by=self.ben)
        shared = Collection.objects.create(owner=self.ben, name="For everyone", sharing="see")
        return {"collection": own.pk, "shared_collection": shared.pk}

    def review(self, picture: Picture) -> dict[str, Any]:
        facts = {"name": "Posters", "lifetime": timedelta(days=7), "password": "", "now": self.now}
        link, token = ReviewLink.issue(owner=self.ben, pictures=[picture], **facts)
        return {"review": link.pk, "review_token": token}

    def money(self) -> dict[str, Any]:
        """A price of each kind, and a budget of Ben's own."""
        day = self.now.date()
        Budget.objects.create(scope="person", person=self.ben, day_limit=50)
        return {
            "price": Price.objects.create(model="gpt-image-2", valid_from=day, **dict.fromkeys(KINDS, 1)).pk,
            "image_price": ImagePrice.objects.create(valid_from=day, tier_1k=1, tier_2k=1, tier_4k=1).pk,
        }

    def upstreams(self) -> dict[str, Any]:
        """An upstream that Ada added, with a check, a test picture and an alert."""
        ada = self.people["ada"]
        added = Upstream.objects.create(name="Team A", base_url="http://127.0.0.1:9/v1", is_enabled=False)
        facts = {
            "request": ImageRequest(prompt="A test picture"),
            "token": uuid.uuid4(),
            "spec": TestPictureSpec(upstream=added),
        }
        return {
            "upstream": added.pk,
            "check": Check.objects.create(upstream=added, asked_by=ada).pk,
            "test_picture": Generation.objects.submit(owner=ada, now=self.now, **facts).jobs.get().pk,
            "alert": Alert.objects.raise_once(upstream=added, kind="off", reason="key_refused", now=self.now).pk,
        }

    def second_factors(self) -> Authenticator:
        """An app, recovery codes, and a passkey, which is returned."""
        TOTP.activate(self.ben, generate_totp_secret())
        RecoveryCodes.activate(self.ben)
        options = {"publicKey": {"user": {"id": "MQ"}, "challenge": "MQ"}}
        facts = {"name": "Blue key", "passwordless": True, "credential": Passkey().made(options)}
        return Authenticator.objects.create(user=self.ben, type=Authenticator.Type.WEBAUTHN, data=facts)

    def generation(self) -> Generation:
        request = ImageRequest(prompt=SECRET, size=Size(1024, 1024), quality="low", n=2)
        return Generation.objects.submit(owner=self.ben, request=request, token=uuid.uuid4(), now=self.now)

    def conversation(self, spec: Any) -> Generation:
        request = ImageRequest(prompt=SECRET, size=Size(1024, 1024), quality="low")
        return Generation.objects.submit(owner=self.ben, request=request, token=uuid.uuid4(), now=self.now, spec=spec)

    def running_and_failed(self, generation: Generation) -> tuple[Job, Job]:
        """A running job with a partial picture, and a failed one."""
        drawing, failed = generation.jobs.order_by("position")
        Job.objects.filter(pk=drawing.pk).update(state=Job.State.RUNNING, started_at=self.now)
        Job.objects.filter(pk=failed.pk).update(state=Job.State.FAILED, charge="no", finished_at=self.now)
        partials.store_partial(drawing.pk, 0, image("WEBP"))
        return drawing, failed

    def kept_reply(self, job: Job) -> KeptReply:
        """What came of a call of a failed job."""
        attempt = Attempt.objects.create(
            job=job,
            round=1,
            worker=Worker.objects.create(home="gone"),
            lane=job.lane,
            slot=0,
            finished_at=self.now,
            outcome=Attempt.Outcome.UNKNOWN,
            user_alias=uuid.uuid4(),
            price_multiplier=1,
            is_simulated=False,
        )
        write("replies/1", b"{}")
        return KeptReply.objects.create(attempt=attempt, file="replies/1", file_type="json", read_by="")

    def entry(self) -> Entry:
        """An entry of October, whose statement is closed."""
        entry = book(self.ben, job=9_000_000, amount="0.0527", day=date(2026, 10, 9))
        Statement.objects.close(month=date(2026, 10, 1), by=self.people["ada"], now=self.now)
        return entry

    def picture(self, **facts: Any) -> Picture:
        stored = files.store(image())
        beside = {"raw_file": stored.name, "difference_file": thumbnail_name(stored.name, 512)}
        return Picture.objects.create(owner=self.ben, prompt=SECRET, **beside, **stored.fields(), **facts)

    def mask(self, picture: Picture) -> Mask:
        facts = {"file": picture.file.name, "sha256": "0" * 64, "width": 96, "height": 64, "share": 0.2}
        return Mask.objects.create(owner=self.ben, picture=picture, **facts)


def image(kind: str = "PNG") -> bytes:
    out = io.BytesIO()
    Image.effect_noise((96, 64), 60).convert("RGB").save(out, kind)
    return out.getvalue()
