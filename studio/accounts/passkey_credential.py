"""Checks of the credential a browser sends for a passkey, beyond those of allauth and fido2."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from fido2.utils import websafe_decode

from .allauth_private import current_request


class DepthLimitedDecoder(json.JSONDecoder):
    """Raises JSONDecodeError, which Django's field expects, where Python raises RecursionError for nested JSON."""

    def decode(self, text: str, *args: Any) -> Any:
        try:
            return super().decode(text, *args)
        except RecursionError:
            raise json.JSONDecodeError("nested too deeply", text[:100], 0) from None


class SafeCredential:
    """Mixin for forms with a passkey credential. It is untrusted JSON, so any error means a wrong credential."""

    fields: dict[str, forms.Field]
    cleaned_data: dict[str, Any]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["credential"].decoder = DepthLimitedDecoder  # type: ignore[attr-defined]

    def clean_credential(self) -> Any:
        with invalid_on_any_error():
            require_own_origin(self.cleaned_data["credential"])
            return super().clean_credential()  # type: ignore[misc]


def require_own_origin(credential: dict[str, Any]) -> None:
    """Raise ValueError for a passkey used on another site, which the library does not check over plain HTTP."""
    client_data = json.loads(websafe_decode(credential["response"]["clientDataJSON"]))
    request = current_request()
    if client_data["origin"] != f"{request.scheme}://{request.get_host()}":
        raise ValueError("the passkey was used on another site")


@contextmanager
def invalid_on_any_error() -> Iterator[None]:
    try:
        yield
    except ValidationError:
        raise
    except Exception:
        raise ValidationError(_("The passkey was not accepted. Try again, or sign in another way.")) from None
