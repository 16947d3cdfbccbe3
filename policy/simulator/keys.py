"""RSA keys: sign and check JSON Web Tokens, and show a key as Google's certificates do."""

import base64
import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from threading import Lock

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.x509.oid import NameOID

from policy.simulator.exchange import read_json

_shared: dict[str, "SigningKey"] = {}
_making = Lock()


class SigningKey:
    """One RSA key with its id."""

    def __init__(self, private: RSAPrivateKey) -> None:
        self._private = private
        der = private.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        self.id = hashlib.sha1(der, usedforsecurity=False).hexdigest()

    @classmethod
    def from_pem(cls, pem: str) -> "SigningKey":
        private = serialization.load_pem_private_key(pem.encode(), password=None)
        if not isinstance(private, RSAPrivateKey):
            raise ValueError("not an RSA key")
        return cls(private)

    def pem(self) -> str:
        """The private key, as a key file has it."""
        return self._private.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ).decode()

    def certificate(self, *, now: float) -> str:
        """A certificate of the public key, signed by itself."""
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "rollbook simulator")])
        start = datetime.fromtimestamp(now, UTC) - timedelta(days=1)
        built = (
            x509.CertificateBuilder(subject_name=name, issuer_name=name)
            .public_key(self._private.public_key())
            .serial_number(int(self.id[:16], 16))
            .not_valid_before(start)
            .not_valid_after(start + timedelta(days=3650))
            .sign(self._private, hashes.SHA256())
        )
        return built.public_bytes(serialization.Encoding.PEM).decode()

    def sign(self, claims: Mapping[str, object]) -> str:
        """A JSON Web Token, RS256."""
        header = {"alg": "RS256", "kid": self.id, "typ": "JWT"}
        signed = f"{_encoded(header)}.{_encoded(claims)}"
        signature = self._private.sign(signed.encode(), PKCS1v15(), hashes.SHA256())
        return f"{signed}.{_base64(signature)}"

    def claims(self, token: str) -> dict[str, object] | None:
        """The claims of a token that this key has signed; None for any other text."""
        try:
            signed, _, signature = token.rpartition(".")
            header, payload = (read_json(_decoded(part)) for part in signed.split("."))
            if not isinstance(header, dict) or header["alg"] != "RS256":
                return None
            self._private.public_key().verify(
                _decoded(signature), signed.encode(), PKCS1v15(), hashes.SHA256()
            )
        except (ValueError, LookupError, TypeError, InvalidSignature):
            return None
        return payload if isinstance(payload, dict) else None


def shared_key(purpose: str) -> SigningKey:
    """A key that all simulators of this process share, since making one takes a while. One
    purpose, one key: who holds the key file must not be able to sign as Google."""
    with _making:
        if purpose not in _shared:
            private = generate_private_key(public_exponent=65537, key_size=2048)
            _shared[purpose] = SigningKey(private)
        return _shared[purpose]


def _encoded(part: Mapping[str, object]) -> str:
    return _base64(json.dumps(part, separators=(",", ":")).encode())


def _base64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
