"""The form of an upstream: it validates what an admin typed, and says beside each field what is wrong with it."""

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

from studio.accounts.forms import StyledForm
from studio.core.network_policy import Address, is_allowed
from studio.gateway import BadEndpoint, Endpoint, clean_key, key_problem
from studio.images import ImageRates
from studio.ledger import prices
from studio.ledger.fields import DollarsField
from studio.ledger.forms import MOST_PICTURE
from studio.ledger.money import plain
from studio.upstreams.models import RESERVED_NAMES, Upstream

MODEL_ID = re.compile(r"[\w.:/@-]{1,60}", re.ASCII)
MAX_MODELS = 40
TIERS = ("tier_1k", "tier_2k", "tier_4k")
TIMEOUTS = ("late_standard", "late_large", "deadline_standard", "deadline_large", "silence")
# Host names of this machine or the local network; any other name is checked when it is called.
LOCAL_NAMES = (".localhost", ".local", ".internal", ".lan", ".home.arpa")


class ModelList(forms.CharField):
    """Names of models, separated by commas, spaces or lines."""

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        return list(dict.fromkeys(re.split(r"[\s,;]+", value.strip()))) if value and value.strip() else []

    def validate(self, value: Any) -> None:
        invalid = [name for name in value if not MODEL_ID.fullmatch(name)]
        if invalid or len(value) > MAX_MODELS:
            raise ValidationError(_("List the names of models, such as gpt-image-2, separated by commas."))

    def run_validators(self, value: Any) -> None:
        """None: the validators of a CharField expect a string, not a list."""

    def has_changed(self, initial: Any, data: Any) -> bool:
        return (initial or []) != self.to_python(data)


def tier_field(label: Any) -> DollarsField:
    return DollarsField(label=label, most=MOST_PICTURE, required=False)


class UpstreamForm(StyledForm, forms.ModelForm):  # type: ignore[type-arg]
    """A new upstream or changes to one; an empty key leaves the stored key unchanged."""

    api_key = forms.CharField(
        label=_("Key"),
        required=False,
        max_length=4096,  # far more than a key, so that key_problem can say what was pasted instead
        widget=forms.PasswordInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    image_models = ModelList(label=_("Image models"), required=False, help_text=_("Empty: any model requested."))
    main_models = ModelList(label=_("Conversation models"), required=False, help_text=_("Empty: any model requested."))
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
            "is_private_allowed": _("Allow a private network"),
            "group": _("Group"),
            "plan": _("Plan"),
            "is_enabled": _("In use"),
            "standard_slots": _("Standard pictures at once"),
            "large_slots": _("Large pictures at once"),
            "priority": _("Priority"),
            "price_multiplier": _("Price multiplier"),
            "bills_by": _("Charges by"),
            "can_stream": _("Supports streaming"),
            "can_respond": _("Supports the Responses API, needed for conversations"),
            "can_chain": _("Supports previous_response_id"),
            "can_async": _("Supports asynchronous image tasks"),
            "has_moderations": _("Has a moderations endpoint"),
            "late_standard": _("Standard pictures are late after"),
            "late_large": _("Large pictures are late after"),
            "deadline_standard": _("Standard pictures time out after"),
            "deadline_large": _("Large pictures time out after"),
            "silence": _("Longest silence in a stream"),
        }
        help_texts = {
            "base_url": _("With or without /v1, such as https://gateway.example.com."),
            "is_private_allowed": _("Only for a gateway on this machine or in your own network."),
            "group": _("The gateway’s name for it, recorded with every call."),
            "plan": _("Free accounts are used only when no other has a free slot."),
            "is_enabled": _("When off, it takes no new calls; those in progress finish as usual."),
            "large_slots": _("Above 2560×1440 pixels."),
            "priority": _("The highest goes first."),
            "price_multiplier": _("1 is the list price, 0.5 half of it."),
            "bills_by": _("Per picture: the prices below apply at any quality."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.is_new = self.instance.pk is None
        self.fields["api_key"].help_text = (
            _("From the gateway’s keys page, usually its address with /keys. It is encrypted and never shown again.")
            if self.is_new
            else gettext("Now %(hint)s. Leave empty to keep it.") % {"hint": self.instance.key_hint}
        )
        self.fields["base_url"].widget.attrs |= {"inputmode": "url", "spellcheck": "false"}
        self.initial["price_multiplier"] = f"{self.instance.price_multiplier.normalize():f}"
        self.show_tier_prices()
        for name, field in self.fields.items():
            field.error_messages |= {
                "min_value": _("At least %(limit_value)s."),
                "max_value": _("At most %(limit_value)s."),
            }
            if name.startswith(("late_", "deadline_")) or name == "silence":
                field.help_text = _("Seconds.")

    def show_tier_prices(self) -> None:
        """Fill in its own prices per picture, and show the studio's as placeholders."""
        now = timezone.now()
        own_prices = None if self.is_new else prices.own_image_rates(upstream_name=self.instance.name, at=now)
        current = own_prices or prices.image_rates(upstream_name="", at=now)
        for name in TIERS:
            self.fields[name].widget.attrs["placeholder"] = plain(getattr(current, name))
            self.initial[name] = getattr(own_prices, name) if own_prices else None

    def clean_name(self) -> str:
        name = " ".join(self.cleaned_data["name"].split())
        if name.lower() in RESERVED_NAMES:
            raise ValidationError(_("This name is reserved for the upstream set by the environment."))
        same = Upstream.objects.present().filter(name__iexact=name).exclude(pk=self.instance.pk)
        if same.exists():
            raise ValidationError(_("There is already an upstream with this name."))
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
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        self.check_address(cleaned)
        if cleaned.get("standard_slots") == cleaned.get("large_slots") == 0:
            self.add_error("standard_slots", _("Without any slot it is never used. Turn off “In use” instead."))
        for lane in ("standard", "large"):
            late, deadline = cleaned.get(f"late_{lane}"), cleaned.get(f"deadline_{lane}")
            if late and deadline and late > deadline:
                self.add_error(f"late_{lane}", _("Must not be longer than the timeout."))
        filled = [name for name in TIERS if cleaned.get(name) is not None]
        for name in TIERS if filled else ():
            if name not in filled and name not in self.errors:
                self.add_error(name, _("Give all three prices, or none."))
        return cleaned

    def check_address(self, cleaned: dict[str, Any]) -> None:
        """Refuse an address that is visibly private, unless that is allowed."""
        if "base_url" not in cleaned:
            return
        host, is_private_allowed = urlsplit(cleaned["base_url"]).hostname or "", bool(cleaned.get("is_private_allowed"))
        address = ip_literal(host)
        if address and not is_allowed(address, is_private_allowed=True):
            self.add_error("base_url", _("There is no gateway at this address."))
        elif not is_private_allowed and (
            is_local_name(host) or (address and not is_allowed(address, is_private_allowed=False))
        ):
            self.add_error("base_url", _("This address is in a private network. Allow that below if it is correct."))

    @property
    def has_timeout_errors(self) -> bool:
        """Whether a field of the folded card has an error."""
        return any(name in self.errors for name in TIMEOUTS)

    def columns(self) -> dict[str, Any]:
        """The validated columns, without the key."""
        return {name: self.cleaned_data[name] for name in self.Meta.fields}

    def tiers(self) -> ImageRates | None:
        """The new prices per picture; None where they are unchanged or left empty."""
        is_typed = any(name in self.changed_data for name in TIERS) and self.cleaned_data[TIERS[0]] is not None
        return ImageRates(**{name: self.cleaned_data[name] for name in TIERS}) if is_typed else None


def ip_literal(host: str) -> Address | None:
    """The IP address a host is written as, in any notation that resolvers accept; None for a name."""
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
    return host == "localhost" or host.endswith(LOCAL_NAMES) or not ("." in host or ":" in host or ip_literal(host))
