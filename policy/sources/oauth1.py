"""Requests without a body signed after OAuth 1.0a (RFC 5849), by a client alone, without a token.

HMAC-SHA256 is not in the RFC; OneRoster 1.1 allows it, built the same way with the other hash.
"""

import base64
import hmac
from collections.abc import Iterable
from urllib.parse import parse_qsl, quote, urlsplit

HASHES = {"HMAC-SHA256": "sha256", "HMAC-SHA1": "sha1"}  # by the method's name

Pairs = Iterable[tuple[str, str]]


def authorization(
    method: str, url: str, *, client: tuple[str, str], hashed: str, nonce: str, timestamp: int
) -> str:
    """The Authorization header of a request. `client` is its id and secret, `hashed` one of
    HASHES, `timestamp` seconds since 1970."""
    said = {
        "oauth_consumer_key": client[0],
        "oauth_nonce": nonce,
        "oauth_signature_method": hashed,
        "oauth_timestamp": str(timestamp),
        "oauth_version": "1.0",
    }
    said["oauth_signature"] = signature(method, url, said.items(), (client[1], ""), hashed)
    return "OAuth " + ", ".join(f'{name}="{_quoted(value)}"' for name, value in said.items())


def signature(
    method: str, url: str, parameters: Pairs, secrets: tuple[str, str], hashed: str
) -> str:
    """Of a request, its oauth_ and form parameters and the client's and the token's secret
    (RFC 5849, 3.4.2)."""
    key = "&".join(map(_quoted, secrets)).encode()
    base = base_string(method, url, parameters).encode()
    return base64.b64encode(hmac.digest(key, base, HASHES[hashed])).decode()


def base_string(method: str, url: str, parameters: Pairs) -> str:
    """What is signed (RFC 5849, 3.4.1): the parameters are those given and those in the URL."""
    parts = urlsplit(url)
    asked = parse_qsl(parts.query, keep_blank_values=True)
    pairs = sorted((_quoted(name), _quoted(value)) for name, value in (*asked, *parameters))
    normal = "&".join(f"{name}={value}" for name, value in pairs)
    port = {"http": 80, "https": 443}.get(parts.scheme)
    at = "" if parts.port in (None, port) else f":{parts.port}"
    place = f"{parts.scheme.lower()}://{(parts.hostname or '').lower()}{at}{parts.path or '/'}"
    return "&".join(map(_quoted, (method.upper(), place, normal)))


def _quoted(text: str) -> str:
    return quote(text, safe="~")
