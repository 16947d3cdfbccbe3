"""What the tests' OneRoster service checks signatures by, by the RFC's own examples."""

import pytest

from unit.sources.rfc5849 import base_string, signature

# RFC 5849, 3.4.1.1: with a form in the body, whose parameters are signed like the others.
REQUEST = "http://EXAMPLE.COM/request?b5=%3D%253D&a3=a&c%40=&a2=r%20b"
SAID = [
    ("oauth_consumer_key", "9djdj82h48djs9d2"),
    ("oauth_token", "kkk9d7dh3k39sjv7"),
    ("oauth_signature_method", "HMAC-SHA1"),
    ("oauth_timestamp", "137131201"),
    ("oauth_nonce", "7d8f3e4a"),
    ("c2", ""),
    ("a3", "2 q"),
]
BASE = (
    "POST&http%3A%2F%2Fexample.com%2Frequest&a2%3Dr%2520b%26a3%3D2%2520q%26a3%3Da%26b5%3D%253D%25"
    "253D%26c%2540%3D%26c2%3D%26oauth_consumer_key%3D9djdj82h48djs9d2%26oauth_nonce%3D7d8f3e4a%26"
    "oauth_signature_method%3DHMAC-SHA1%26oauth_timestamp%3D137131201%26oauth_token%3Dkkk9d7dh3k39"
    "sjv7"
)


def test_base_string_of_the_rfc() -> None:
    assert base_string("post", REQUEST, SAID) == BASE


def test_signature_of_the_rfc() -> None:
    """RFC 5849, 1.2: a photograph is asked for."""
    photo = [
        ("oauth_consumer_key", "dpf43f3p2l4k3l03"),
        ("oauth_token", "nnch734d00sl2jdk"),
        ("oauth_signature_method", "HMAC-SHA1"),
        ("oauth_timestamp", "137131202"),
        ("oauth_nonce", "chapoH"),
    ]
    url = "http://photos.example.net/photos?file=vacation.jpg&size=original"
    secrets = ("kd94hf93k423kf44", "pfkkdhi9sl3r4s00")
    signed = signature("GET", url, photo, secrets, "HMAC-SHA1")
    assert signed == "MdpQcU8iPSUjWoN/UDMsK2sui9I="


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("https://sis.example:443/orgs", "https%3A%2F%2Fsis.example%2Forgs"),
        ("https://sis.example:8443/orgs", "https%3A%2F%2Fsis.example%3A8443%2Forgs"),
        ("http://sis.example:80", "http%3A%2F%2Fsis.example%2F"),
    ],
)
def test_the_place_that_is_signed(url: str, place: str) -> None:
    assert base_string("GET", url, []) == f"GET&{place}&"
