"""Tokens that are not Google's, or not for us, are refused, each for its own reason."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from addon.certificates import Certificates
from addon.verify import User, Verifier
from policy.errors import GoogleOutOfReach, NotFromGoogle, SettingAtFault
from policy.settings import Settings, read_settings
from unit.addon.signing import In, Signer, claims, text, unsigned

URL = "https://rollbook.example.org"
PATH = "/addon/home"
SERVICE = "addon@gcp-sa-gsuiteaddons.example"
CLIENT = "client-id.example"
GOOGLE, STRANGER = Signer("google"), Signer("stranger")
SETTINGS = read_settings(
    {
        "ROLLBOOK_ADDON_URL": URL,
        "ROLLBOOK_ADDON_SERVICE_ACCOUNTS": f"{SERVICE}, other@gcp-sa-gsuiteaddons.example",
        "ROLLBOOK_ADDON_CLIENT_ID": CLIENT,
    }
)
GOOD = claims(URL + PATH)


def fetch(_address: str) -> Mapping[str, str]:
    return {GOOGLE.key_id: GOOGLE.certificate}


@pytest.fixture
def verifier() -> Verifier:
    return Verifier(SETTINGS, Certificates(None, fetch=fetch))


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"email": "other@gcp-sa-gsuiteaddons.example"},
        {"iss": "accounts.google.com"},
        {"iat": In(8)},
        {"exp": In(-8)},
        {"nbf": In(8)},
    ],
    ids=["plain", "second account", "issuer's other spelling", "clock behind", "just ended", "nbf"],
)
def test_system_token(verifier: Verifier, changes: dict[str, object]) -> None:
    verifier.check_system(GOOGLE.sign(claims(URL + PATH, **changes)), path=PATH)


DEEP = b"[" * 5500

FORGED = {
    "another signer": STRANGER.sign(GOOD),
    "another signer under Google's key id": STRANGER.sign(GOOD, kid=GOOGLE.key_id),
    "no signature": unsigned(GOOD),
    "no signature, with a key id": unsigned(GOOD, kid=GOOGLE.key_id),
    "signature cut off": GOOGLE.sign(GOOD).rsplit(".", 1)[0] + ".",
    "public certificate as a password": GOOGLE.sign_as_password(GOOD),
    "algorithm unknown": GOOGLE.sign(GOOD, alg="RS512"),
    "algorithm not a text": GOOGLE.sign(GOOD, alg=["RS256"]),
    "no key id": GOOGLE.sign(GOOD, kid=None),
    "key id not a text": GOOGLE.sign(GOOD, kid=7),
    "claims exchanged": ".".join(
        [
            GOOGLE.sign(GOOD).split(".")[0],
            GOOGLE.sign({**GOOD, "sub": "2"}).split(".")[1],
            GOOGLE.sign(GOOD).split(".")[2],
        ]
    ),
    "empty": "",
    "one part": "abc",
    "three junk parts": "a.b.c",
    "not ASCII": "ä.ö.ü",
    "four parts": GOOGLE.sign(GOOD) + ".x",
    "header too deep": f"{text(DEEP)}.{text(b'{}')}.{text(b'x')}",
    "payload too deep": f"{GOOGLE.sign(GOOD).split('.')[0]}.{text(DEEP)}.{text(b'x')}",
    "half a letter": "\ud800.x.y",
}
NOT_FOR_US = {
    "expired": {"exp": In(-60)},
    "from the future": {"iat": In(60)},
    "not valid yet": {"nbf": In(60)},
    "nbf not a time": {"nbf": "soon"},
    "nbf not a number": {"nbf": float("nan")},
    "nbf of 400 digits": {"nbf": 10**400},
    "nbf a truth": {"nbf": True},
    "no exp": {"exp": None},
    "exp not a number, in numbers": {"exp": float("nan")},
    "exp without end": {"exp": float("inf")},
    "exp of 400 digits": {"exp": 10**400},
    "iat not a number, in numbers": {"iat": float("nan")},
    "iat before all time": {"iat": float("-inf")},
    "iat of 400 digits": {"iat": -(10**400)},
    "iat a list": {"iat": [0]},
    "no iat": {"iat": None},
    "exp not a number": {"exp": "tomorrow"},
    "another path": {"aud": f"{URL}/addon/do/accept"},
    "path with a slash more": {"aud": f"{URL}{PATH}/"},
    "another host": {"aud": f"https://rollbook.example.com{PATH}"},
    "host alone": {"aud": URL},
    "no audience": {"aud": None},
    "empty audience": {"aud": ""},
    "a list of audiences": {"aud": [URL + PATH]},
    "the user token's audience": {"aud": CLIENT},
    "another issuer": {"iss": "https://accounts.google.com.evil.example"},
    "no issuer": {"iss": None},
    "issuer not a text": {"iss": 3.5},
    "a list of issuers": {"iss": ["https://accounts.google.com"]},
    "an issuer in parts": {"iss": {"accounts": "google.com"}},
    "another add-on's e-mail": {"email": "service-2@gcp-sa-gsuiteaddons.example"},
    "e-mail in capitals": {"email": SERVICE.upper()},
    "both e-mails in one": {"email": f"{SERVICE}, other@gcp-sa-gsuiteaddons.example"},
    "no e-mail": {"email": None},
    "e-mail not verified": {"email_verified": False},
    "e-mail verified, in words": {"email_verified": "true"},
    "e-mail verification not told": {"email_verified": None},
}


@pytest.mark.parametrize("token", FORGED.values(), ids=FORGED)
def test_forged_system_token(verifier: Verifier, token: str) -> None:
    with pytest.raises(NotFromGoogle) as refusal:
        verifier.check_system(token, path=PATH)
    assert not token or token not in str(refusal.value)


@pytest.mark.parametrize("token", FORGED.values(), ids=FORGED)
def test_forged_user_token(verifier: Verifier, token: str) -> None:
    with pytest.raises(NotFromGoogle):
        verifier.user(token)


@pytest.mark.parametrize("changes", NOT_FOR_US.values(), ids=NOT_FOR_US)
def test_system_token_not_for_us(verifier: Verifier, changes: dict[str, object]) -> None:
    token = GOOGLE.sign(claims(URL + PATH, **changes))
    with pytest.raises(NotFromGoogle):
        verifier.check_system(token, path=PATH)


def test_a_path_forges_no_log_line(verifier: Verifier) -> None:
    with pytest.raises(NotFromGoogle) as refusal:
        verifier.check_system(GOOGLE.sign(GOOD), path="/addon/x\nall is well")
    assert str(refusal.value) == f"its audience should be '{URL}/addon/x\\nall is well'"


def test_user_token(verifier: Verifier) -> None:
    token = GOOGLE.sign(claims(CLIENT, sub="117", email="Ada@School.example"))
    assert verifier.user(token) == User("117", "ada@school.example")


@pytest.mark.parametrize("email", [None, ["ada@school.example"], 7], ids=["none", "list", "number"])
def test_a_user_whose_email_is_not_told(verifier: Verifier, email: object) -> None:
    assert verifier.user(GOOGLE.sign(claims(CLIENT, sub="117", email=email))) == User("117", "")


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": "another-client.example"},
        {"aud": URL + PATH},
        {"email_verified": False},
        {"iss": "https://evil.example"},
        {"exp": In(-60)},
        {"sub": None},
        {"sub": ""},
        {"sub": 117},
    ],
    ids=lambda changes: str(next(iter(changes.items()))),
)
def test_user_token_not_for_us(verifier: Verifier, changes: dict[str, object]) -> None:
    with pytest.raises(NotFromGoogle):
        verifier.user(GOOGLE.sign(claims(CLIENT, **changes)))


INCOMPLETE = {
    "ROLLBOOK_ADDON_URL": replace(SETTINGS, addon_url=None),
    "ROLLBOOK_ADDON_SERVICE_ACCOUNTS": replace(SETTINGS, addon_service_accounts=()),
    "ROLLBOOK_ADDON_CLIENT_ID": replace(SETTINGS, addon_client_id=None),
}


@pytest.mark.parametrize(("name", "settings"), INCOMPLETE.items(), ids=INCOMPLETE)
def test_nobody_is_let_in_without_all_settings(name: str, settings: Settings) -> None:
    verifier = Verifier(settings, Certificates(None, fetch=fetch))
    for check in (
        lambda: verifier.check_system(GOOGLE.sign(GOOD), path=PATH),
        lambda: verifier.user(GOOGLE.sign(claims(CLIENT))),
    ):
        with pytest.raises(SettingAtFault, match=name):
            check()


def test_an_empty_audience_never_fits() -> None:
    verifier = Verifier(replace(SETTINGS, addon_url=None), Certificates(None, fetch=fetch))
    with pytest.raises(SettingAtFault):
        verifier.check_system(GOOGLE.sign({**GOOD, "aud": f"None{PATH}"}), path=PATH)


def test_certificates_out_of_reach() -> None:
    def fail(_address: str) -> Mapping[str, str]:
        raise GoogleOutOfReach

    verifier = Verifier(SETTINGS, Certificates(None, fetch=fail))
    with pytest.raises(GoogleOutOfReach):
        verifier.check_system(GOOGLE.sign(GOOD), path=PATH)


def test_junk_is_refused_without_asking_google() -> None:
    asked: list[str] = []

    def count(address: str) -> Mapping[str, str]:
        asked.append(address)
        return fetch(address)

    verifier = Verifier(SETTINGS, Certificates(None, fetch=count))
    for token in ("", "a.b.c", unsigned(GOOD), GOOGLE.sign_as_password(GOOD)):
        with pytest.raises(NotFromGoogle):
            verifier.check_system(token, path=PATH)
    assert asked == []
