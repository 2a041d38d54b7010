"""The form of an upstream: what an admin typed becomes columns, or a sentence beside the field that is wrong."""

import ipaddress
import re
import socket
from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from studio.accounts.forms import Dressed
from studio.gateway import BadEndpoint, Endpoint, clean_key, key_problem
from studio.images import ImageRates
from studio.ledger import prices
from studio.ledger.fields import DollarsField
from studio.ledger.forms import MOST_PICTURE
from studio.ledger.money import plain
from studio.outgoing import Address, is_allowed
from studio.upstreams.models import Upstream

from .. import environment, sandbox_child

RESERVED = (environment.NAME, sandbox_child.NAME)  # declared at each start, whatever stands there
MODEL_ID = re.compile(r"[\w.:/@-]{1,60}", re.ASCII)
MAX_MODELS = 40
TIERS = ("tier_1k", "tier_2k", "tier_4k")
# Names that only ever stand for this machine or its neighbours; every other name is judged when it is called.
LOCAL_NAMES = (".localhost", ".local", ".internal", ".lan", ".home.arpa")


class ModelList(forms.CharField):
    """Names of models, separated by commas, spaces or lines."""

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        return list(dict.fromkeys(re.split(r"[\s,;]+", value.strip()))) if value and value.strip() else []

    def validate(self, value: Any) -> None:
        strange = [name for name in value if not MODEL_ID.fullmatch(name)]
        if strange or len(value) > MAX_MODELS:
            raise ValidationError(_("List the names of models, such as gpt-image-2, separated by commas."))

    def run_validators(self, value: Any) -> None:
        """The ones of a text do not fit a list."""

    def has_changed(self, initial: Any, data: Any) -> bool:
        return (initial or []) != self.to_python(data)


def tier_field(label: Any) -> DollarsField:
    return DollarsField(label=label, most=MOST_PICTURE, required=False)


class UpstreamForm(Dressed, forms.ModelForm):  # type: ignore[type-arg]
    """A new upstream, or what is to change about one; a key that is left empty stays as it is."""

    api_key = forms.CharField(
        label=_("Key"),
        required=False,
        max_length=4096,  # long enough to say what it is that was pasted
        widget=forms.PasswordInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    image_models = ModelList(label=_("Models that draw"), required=False, help_text=_("Empty: whatever is asked for."))
    main_models = ModelList(
        label=_("Models that converse"), required=False, help_text=_("Empty: whatever is asked for.")
    )
    tier_1k = tier_field(_("A picture up to 1024 px"))
    tier_2k = tier_field(_("A picture up to 2048 px"))
    tier_4k = tier_field(_("A larger picture"))

    class Meta:
        model = Upstream
        fields = [
            *("name", "base_url", "is_private_allowed", "group", "plan", "is_enabled"),
            *("image_models", "main_models", "can_stream", "can_respond", "can_chain", "can_async", "has_moderations"),
            *("standard_slots", "large_slots", "priority", "price_multiplier", "bills_by"),
            *("late_standard", "late_large", "deadline_standard", "deadline_large", "silence"),
        ]
        labels = {
            "name": _("Name"),
            "base_url": _("Address"),
            "is_private_allowed": _("May stand in a private network"),
            "group": _("Group"),
            "plan": _("Plan"),
            "is_enabled": _("In use"),
            "standard_slots": _("Standard pictures at once"),
            "large_slots": _("Large pictures at once"),
            "priority": _("Priority"),
            "price_multiplier": _("Price multiplier"),
            "bills_by": _("Charges by"),
            "can_stream": _("Sends a stream of events where one is asked for"),
            "can_respond": _("Speaks the Responses API, which conversations need"),
            "can_chain": _("Remembers a conversation by its previous_response_id"),
            "can_async": _("Takes image tasks that outlive a connection"),
            "has_moderations": _("Has a moderations endpoint"),
            "late_standard": _("Standard is late after"),
            "late_large": _("Large is late after"),
            "deadline_standard": _("Standard is given up after"),
            "deadline_large": _("Large is given up after"),
            "silence": _("A stream may be silent for"),
        }
        help_texts = {
            "base_url": _("With or without /v1, such as https://gateway.example.com."),
            "is_private_allowed": _("Only for a gateway on this machine or in your own network."),
            "group": _("The gateway's own word for it, kept with every call."),
            "plan": _("Free accounts are used only where no other has room."),
            "is_enabled": _("Off, it takes no more calls; those under way end as usual."),
            "large_slots": _("Above 2560×1440 pixels."),
            "priority": _("The highest is used first."),
            "price_multiplier": _("Of the list price; 1 is the list price, 0.5 half of it."),
            "bills_by": _("By pictures: at the prices below, whatever the quality."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.is_new = self.instance.pk is None
        self.fields["api_key"].help_text = (
            _("Made on the gateway's keys page, as a rule its address with /keys. It is sealed and never shown again.")
            if self.is_new
            else gettext("Now %(hint)s. Leave empty to keep it.") % {"hint": self.instance.key_hint}
        )
        self.fields["base_url"].widget.attrs |= {"inputmode": "url", "spellcheck": "false"}
        self.initial["price_multiplier"] = f"{self.instance.price_multiplier.normalize():f}"
        self.begin_tiers()
        for name, field in self.fields.items():
            field.error_messages |= {
                "min_value": _("At least %(limit_value)s."),
                "max_value": _("At most %(limit_value)s."),
            }
            if name.startswith(("late_", "deadline_")) or name == "silence":
                field.help_text = _("Seconds.")

    def begin_tiers(self) -> None:
        """Show its own prices of pictures, or faintly those that hold without any."""
        now = timezone.now()
        own = None if self.is_new else prices.own_image_rates(upstream_name=self.instance.name, at=now)
        holds = own or prices.image_rates(upstream_name="", at=now)
        for name in TIERS:
            self.fields[name].widget.attrs["placeholder"] = plain(getattr(holds, name))
            self.initial[name] = getattr(own, name) if own else None

    def clean_name(self) -> str:
        name = " ".join(self.cleaned_data["name"].split())
        if name.lower() in RESERVED:
            raise ValidationError(_("This name belongs to the upstream that is declared at the start."))
        same = Upstream.objects.present().filter(name__iexact=name).exclude(pk=self.instance.pk)
        if same.exists():
            raise ValidationError(_("There is an upstream of this name already."))
        return name

    def clean_base_url(self) -> str:
        try:
            return Endpoint(base_url=self.cleaned_data["base_url"], api_key="unused").base_url
        except BadEndpoint as error:
            raise ValidationError(gettext(str(error))) from None

    def clean_api_key(self) -> str:
        api_key = clean_key(self.cleaned_data["api_key"])
        if not api_key and not self.is_new:
            return ""
        if problem := key_problem(api_key):
            raise ValidationError(gettext(problem))
        return api_key

    def clean(self) -> dict[str, Any]:
        found: dict[str, Any] = super().clean() or self.cleaned_data
        self.check_place(found)
        if found.get("standard_slots") == found.get("large_slots") == 0:
            self.add_error("standard_slots", _("Without any slot it would never be used. Take it out of use instead."))
        for lane in ("standard", "large"):
            late, deadline = found.get(f"late_{lane}"), found.get(f"deadline_{lane}")
            if late and deadline and late > deadline:
                self.add_error(f"late_{lane}", _("It cannot be late only after it was given up."))
        given = [name for name in TIERS if found.get(name) is not None]
        for name in TIERS if given else ():
            if name not in given and name not in self.errors:
                self.add_error(name, _("Give all three prices, or none."))
        return found

    def check_place(self, found: dict[str, Any]) -> None:
        """Refuse an address that can be seen to be private, unless that is allowed."""
        if "base_url" not in found:
            return
        host, is_private_allowed = urlsplit(found["base_url"]).hostname or "", bool(found.get("is_private_allowed"))
        address = literal(host)
        if address and not is_allowed(address, is_private_allowed=True):
            self.add_error("base_url", _("There is no gateway at this address."))
        elif not is_private_allowed and (
            is_local_name(host) or (address and not is_allowed(address, is_private_allowed=False))
        ):
            self.add_error("base_url", _("This address lies in a private network. Allow that below if it is right."))

    def facts(self) -> dict[str, Any]:
        """What was typed, by column, without the key."""
        return {name: self.cleaned_data[name] for name in self.Meta.fields}

    def tiers(self) -> ImageRates | None:
        """The prices of pictures that were typed; None where they are as they were, or were left to the studio's."""
        is_typed = any(name in self.changed_data for name in TIERS) and self.cleaned_data[TIERS[0]] is not None
        return ImageRates(**{name: self.cleaned_data[name] for name in TIERS}) if is_typed else None


def literal(host: str) -> Address | None:
    """The address a host is written as, in every way in which a resolver would read one; None for a name."""
    host = host.rstrip(".")
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        pass
    try:
        return ipaddress.ip_address(socket.inet_aton(host))  # 127.1, 0x7f000001 and 2130706433 are all loopback
    except OSError:
        return None


def is_local_name(host: str) -> bool:
    host = host.rstrip(".")
    return host == "localhost" or host.endswith(LOCAL_NAMES) or not ("." in host or ":" in host or literal(host))
