"""A passkey made in software: what a browser hands over when it makes one and when it signs in with it."""

import hashlib
import json
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from fido2.cose import ES256
from fido2.utils import websafe_decode, websafe_encode
from fido2.webauthn import Aaguid, AttestationObject, AttestedCredentialData, AuthenticatorData

PRESENT_AND_VERIFIED = AuthenticatorData.FLAG.UP | AuthenticatorData.FLAG.UV


class Passkey:
    """One key pair for one studio; `host` is what it binds to, `origin` where the browser says it is."""

    def __init__(self, host: str = "testserver", origin: str = "http://testserver") -> None:
        self.host, self.origin = host, origin
        self.id = b"a key of the tests"
        self.private = ec.generate_private_key(ec.SECP256R1())
        self.user_handle = b""
        self.count = 0

    def made(self, options: dict[str, Any]) -> dict[str, Any]:
        """The answer to creation options, as `credential.toJSON()` writes it."""
        self.user_handle = websafe_decode(options["publicKey"]["user"]["id"])
        public = ES256.from_cryptography_key(self.private.public_key())
        attested = AttestedCredentialData.create(Aaguid.NONE, self.id, public)
        data = self.data(PRESENT_AND_VERIFIED | AuthenticatorData.FLAG.AT, attested)
        attestation = AttestationObject.create("none", data, {})
        client = self.client("webauthn.create", options)
        return self.told({"clientDataJSON": client, "attestationObject": attestation})

    def used(self, options: dict[str, Any]) -> dict[str, Any]:
        """The answer to request options: a signature over them."""
        self.count += 1
        client, data = self.client("webauthn.get", options), self.data(PRESENT_AND_VERIFIED)
        signature = self.private.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        parts = {"clientDataJSON": client, "authenticatorData": data, "signature": signature}
        return self.told(parts | {"userHandle": self.user_handle})

    def data(self, flags: Any, *attested: Any) -> AuthenticatorData:
        return AuthenticatorData.create(hashlib.sha256(self.host.encode()).digest(), flags, self.count, *attested)

    def client(self, act: str, options: dict[str, Any]) -> bytes:
        facts = {"type": act, "challenge": options["publicKey"]["challenge"], "origin": self.origin}
        return json.dumps(facts | {"crossOrigin": False}).encode()

    def told(self, parts: dict[str, bytes]) -> dict[str, Any]:
        response = {name: websafe_encode(bytes(part)) for name, part in parts.items()}
        name = websafe_encode(self.id)
        return {"type": "public-key", "id": name, "rawId": name, "response": response, "clientExtensionResults": {}}
