"""A Google that signs ID tokens as tests ask: right ones, and each kind of forgery."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID


class In(int):
    """So many seconds from now, wherever a claim is a time."""


class Signer:
    """A key with its certificate."""

    def __init__(self, key_id: str) -> None:
        self.key_id = key_id
        self._key, self.certificate = _key_and_certificate(key_id)

    def sign(self, claims: Mapping[str, object], **header: object) -> str:
        """A token signed with RS256; `header` overrides its header."""
        whole = {"alg": "RS256", "kid": self.key_id, "typ": "JWT", **header}
        message = f"{_part(whole)}.{_part(claims)}"
        signature = self._key.sign(message.encode(), padding.PKCS1v15(), hashes.SHA256())
        return f"{message}.{text(signature)}"

    def sign_as_password(self, claims: Mapping[str, object]) -> str:
        """An HS256 token whose password is the public certificate: the classic confusion."""
        message = f"{_part({'alg': 'HS256', 'kid': self.key_id})}.{_part(claims)}"
        signature = hmac.digest(self.certificate.encode(), message.encode(), hashlib.sha256)
        return f"{message}.{text(signature)}"


def unsigned(claims: Mapping[str, object], **header: object) -> str:
    """A token that says it needs no signature."""
    return f"{_part({'alg': 'none', **header})}.{_part(claims)}."


def claims(audience: str, **changes: object) -> dict[str, object]:
    """What Google says in a good token for this audience; None leaves a claim out."""
    now = int(time.time())
    good = {
        "iss": "https://accounts.google.com",
        "aud": audience,
        "sub": "1001",
        "email": "addon@gcp-sa-gsuiteaddons.example",
        "email_verified": True,
        "iat": now,
        "exp": now + 3600,
    }
    return {
        name: now + value if isinstance(value, In) else value
        for name, value in {**good, **changes}.items()
        if value is not None
    }


@cache
def _key_and_certificate(key_id: str) -> tuple[rsa.RSAPrivateKey, str]:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, key_id)])
    today = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(today - timedelta(days=1))
        .not_valid_after(today + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    return key, certificate.public_bytes(serialization.Encoding.PEM).decode()


def _part(value: Mapping[str, object]) -> str:
    return text(json.dumps(value).encode())


def text(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()
