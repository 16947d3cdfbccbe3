"""What a server makes of a signed request (RFC 5849), told apart from the library that the client
signs with.
"""

import base64
import hmac
from collections.abc import Iterable
from urllib.parse import parse_qsl, quote, urlsplit

HASHES = {"HMAC-SHA256": "sha256", "HMAC-SHA1": "sha1"}  # by the method's name

Pairs = Iterable[tuple[str, str]]


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
