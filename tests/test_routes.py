"""Every route under /addon refuses whoever is not Google calling for a user of ours.

The routes are read from the app, so that a new one is covered on the day it is made.
"""

import base64
import json
import logging
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from werkzeug.test import TestResponse

from addon import scopes
from addon.app import LARGEST_BODY, create_app
from policy.google.base import CourseState
from policy.settings import read_settings
from unit.addon.school import ADA, CLIENT, SERVICE, URL, SampleDemo, School, open_school
from unit.addon.signing import Signer, claims, text, unsigned


def routes() -> list[str]:
    """The addresses under /addon, from the app itself."""
    app = create_app(read_settings({}))
    return sorted(rule.rule for rule in app.url_map.iter_rules() if "/addon" in rule.rule)


ROUTES = routes()
STRANGER = Signer("stranger")
TOO_DEEP = b"[" * 5500
TOO_DEEP_TOKENS = {
    "header too deep": f"{text(TOO_DEEP)}.{text(b'{}')}.{text(b'x')}",
    "payload too deep": f"{STRANGER.sign({}).split('.')[0]}.{text(TOO_DEEP)}.{text(b'x')}",
}
every_route = pytest.mark.parametrize("path", ROUTES)


@pytest.fixture(scope="module")
def school(tmp_path_factory: pytest.TempPathFactory) -> Iterator[School]:
    """A school with one class that waits, which must still wait after all of this."""
    with open_school(tmp_path_factory.mktemp("school")) as school:
        course = school.course("Algebra")
        yield school
        assert school.state_of(course) is CourseState.PROVISIONED


def post(school: School, path: str, header: str | None, **event: object) -> TestResponse:
    """A request with this Authorization header and, but for `event`, a good body."""
    [course] = school.sim.state.courses
    body = school.event(parameters={"course": course}, **event)  # type: ignore[arg-type]
    headers = {} if header is None else {"Authorization": header}
    return school.client().post(path, json=body, headers=headers)


def google_key_id(school: School) -> str:
    header = school.system_token("/x").split(".")[0]
    key_id: str = json.loads(base64.urlsafe_b64decode(header + "=="))["kid"]
    return key_id


def test_routes_are_what_we_think() -> None:
    assert ROUTES == [
        "/addon/again/administration",
        "/addon/again/home",
        "/addon/back/administration",
        "/addon/back/home",
        "/addon/do/accept",
        "/addon/do/accept-all",
        "/addon/do/decline",
        "/addon/do/refresh",
        "/addon/home",
        "/addon/open/administration",
        "/addon/open/home",
    ]


Header = Callable[[School, str], str | None]


def bearer(make: Callable[[School, str], str]) -> Header:
    return lambda school, path: f"Bearer {make(school, path)}"


def good(path: str, **changes: object) -> dict[str, object]:
    return claims(URL + path, **{"email": SERVICE, **changes})


SYSTEM: dict[str, Header] = {
    "no header": lambda _school, _path: None,
    "empty header": lambda _school, _path: "",
    "no token": lambda _school, _path: "Bearer ",
    "another scheme": lambda school, path: f"Basic {school.system_token(path)}",
    "token alone": lambda school, path: school.system_token(path),
    "malformed": lambda _school, _path: "Bearer a.b.c",
    "forged": bearer(lambda _school, path: STRANGER.sign(good(path))),
    "forged under Google's key id": bearer(
        lambda school, path: STRANGER.sign(good(path), kid=google_key_id(school))
    ),
    "unsigned": bearer(lambda school, path: unsigned(good(path), kid=google_key_id(school))),
    "HS256 with the certificate": bearer(lambda _s, path: STRANGER.sign_as_password(good(path))),
    "expired": bearer(lambda school, path: school.system_token(path, expires_in=-60)),
    "from the future": bearer(
        lambda school, path: school.system_token(path, iat=9_999_999_999, exp=9_999_999_999)
    ),
    "wrong audience": bearer(lambda school, path: school.system_token(f"{path}x")),
    "audience of another host": bearer(
        lambda school, path: school.system_token(path, aud=f"https://evil.example{path}")
    ),
    "wrong issuer": bearer(
        lambda school, path: school.system_token(path, issuer="https://evil.example")
    ),
    "wrong e-mail": bearer(
        lambda school, path: school.system_token(
            path, email="service-43@gcp-sa-gsuiteaddons.iam.gserviceaccount.com"
        )
    ),
    "a teacher's e-mail": bearer(lambda school, path: school.system_token(path, email=ADA)),
    "e-mail not verified": bearer(
        lambda school, path: school.system_token(path, email_verified=False)
    ),
    "a list of issuers": bearer(
        lambda school, path: school.system_token(path, iss=["https://accounts.google.com"])
    ),
    "valid from a year of 400 digits": bearer(
        lambda school, path: school.system_token(path, nbf=10**400)
    ),
    "valid without end": bearer(lambda school, path: school.system_token(path, exp=float("inf"))),
    **{
        name: bearer(lambda _school, _path, token=token: token)  # type: ignore[misc]
        for name, token in TOO_DEEP_TOKENS.items()
    },
    "the user's token": bearer(lambda school, _path: school.sim.id_token(ADA, audience=CLIENT)),
}


@every_route
@pytest.mark.parametrize("header", SYSTEM.values(), ids=SYSTEM)
def test_system_token(school: School, path: str, header: Header) -> None:
    answer = post(school, path, header(school, path))
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert answer.json == {"error": "this request does not come from Google, or is not for us"}


User = Callable[[School, str], str | None]
USER: dict[str, User] = {
    "missing": lambda _school, _path: None,
    "empty": lambda _school, _path: "",
    "malformed": lambda _school, _path: "a.b.c",
    "forged": lambda _school, _path: STRANGER.sign(claims(CLIENT, email=ADA)),
    "unsigned": lambda school, _path: unsigned(claims(CLIENT), kid=google_key_id(school)),
    "HS256 with the certificate": lambda _school, _path: STRANGER.sign_as_password(claims(CLIENT)),
    "expired": lambda school, _path: school.sim.id_token(ADA, audience=CLIENT, expires_in=-60),
    "wrong audience": lambda school, _path: school.sim.id_token(ADA, audience="other.example"),
    "the system's audience": lambda school, path: school.sim.id_token(ADA, audience=URL + path),
    "wrong issuer": lambda school, _path: school.sim.id_token(
        ADA, audience=CLIENT, issuer="https://evil.example"
    ),
    "e-mail not verified": lambda school, _path: school.sim.id_token(
        ADA, audience=CLIENT, email_verified=False
    ),
    "valid until no number": lambda school, _path: school.sim.id_token(
        ADA, audience=CLIENT, exp=float("nan")
    ),
    **{
        name: (lambda _school, _path, token=token: token)  # type: ignore[misc]
        for name, token in TOO_DEEP_TOKENS.items()
    },
    "no subject": lambda school, _path: school.sim.id_token(ADA, audience=CLIENT, sub=None),
}


@every_route
@pytest.mark.parametrize("token", USER.values(), ids=USER)
def test_user_token(school: School, path: str, token: User) -> None:
    header = f"Bearer {school.system_token(path)}"
    answer = post(school, path, header, userIdToken=token(school, path))
    assert answer.status_code == 401


@every_route
@pytest.mark.parametrize("missing", ["addon_url", "addon_service_accounts", "addon_client_id"])
def test_unset_settings_let_nobody_in(
    school: School, path: str, missing: str, caplog: pytest.LogCaptureFixture
) -> None:
    empty = () if missing == "addon_service_accounts" else None
    settings = replace(school.settings, **{missing: empty})  # type: ignore[arg-type]
    school = replace(school, settings=settings)
    answer = post(school, path, f"Bearer {school.system_token(path)}")
    assert answer.status_code == 503
    assert f"ROLLBOOK_{missing.upper()}" in caplog.text


@every_route
def test_certificates_out_of_reach(school: School, path: str) -> None:
    token = school.system_token(path)
    body = school.event()
    school = replace(school, settings=replace(school.settings, google_root="http://127.0.0.1:1"))
    answer = school.client().post(path, json=body, headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 503


@every_route
@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        (b"{", "application/json", 400),
        (b"\xff", "application/json", 400),
        (b"[" * 100_000, "application/json", 400),
        (b"{}", "text/plain", 415),
        (b"{}", "", 415),
        (b" " * (LARGEST_BODY + 1), "application/json", 413),
        (b"{}", "application/json", 401),
        (b"[]", "application/json", 401),
        (b"null", "application/json", 401),
        (b'{"authorizationEventObject": []}', "application/json", 401),
    ],
    ids=[
        "cut off", "not text", "too deep", "text", "no type", "too large", "empty", "a list",
        "null", "authorization is a list",
    ],
)  # fmt: skip
def test_body(school: School, path: str, content: bytes, kind: str, status: int) -> None:
    headers = {"Authorization": f"Bearer {school.system_token(path)}"}
    answer = school.client().post(path, data=content, content_type=kind, headers=headers)
    assert answer.status_code == status


@every_route
@pytest.mark.parametrize("verb", ["GET", "PUT", "DELETE", "OPTIONS", "HEAD"])
def test_other_verbs_are_not_answered_without_a_token(school: School, path: str, verb: str) -> None:
    assert school.client().open(path, method=verb).status_code == 401


def test_an_address_forges_no_log_line(school: School, caplog: pytest.LogCaptureFixture) -> None:
    header = {"Authorization": f"Bearer {school.system_token('/addon/home')}"}
    answer = school.client().post("/addon/x%0A[2026-09-01] all is well", json={}, headers=header)
    assert answer.status_code == 401
    [line] = caplog.text.splitlines()
    assert "/addon/x\\n[2026-09-01] all is well" in line


@pytest.mark.parametrize("path", ["/addon", "/addon/", "/addon/other", "/addon/do/", "/addon/do/x"])
def test_addresses_that_are_not_there(school: School, path: str) -> None:
    headers = {"Authorization": f"Bearer {school.system_token(path)}"}
    assert school.client().post(path, json={}).status_code == 401
    assert school.client().post(path, json={}, headers=headers).status_code == 404


@every_route
def test_the_demonstration_lets_nobody_in_either(school: School, path: str) -> None:
    client = school.app(demo=SampleDemo(school)).test_client()
    assert client.post(path, json=school.event()).status_code == 401


@every_route
def test_log_holds_no_token_and_no_person(
    school: School, path: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    event = school.event()
    texts = [str(v) for v in event["authorizationEventObject"].values() if isinstance(v, str)]  # type: ignore[attr-defined]
    for token in (STRANGER.sign(good(path, email=ADA)), school.system_token(path)):
        wrong = {**event, "authorizationEventObject": {"userIdToken": "x.y.z"}}
        for body in (wrong, {}):
            headers = {"Authorization": f"Bearer {token}"}
            school.client().post(path, json=body, headers=headers)
        texts.append(token)
    assert "refused a request" in caplog.text
    assert [text for text in [*texts, "x.y.z", ADA, "Ada"] if text in caplog.text] == []


@pytest.mark.parametrize("path", [path for path in ROUTES if path.endswith("/administration")])
def test_a_good_token_is_no_role(school: School, path: str) -> None:
    """The school's server knows no policy, so nobody holds one."""
    answer = post(school, path, f"Bearer {school.system_token(path)}")
    assert answer.status_code == 200
    assert '"name":"refused"' in answer.text.replace(" ", "")


def test_a_fault_of_ours_is_a_card_and_a_log_line_without_values(
    school: School, caplog: pytest.LogCaptureFixture
) -> None:
    client = replace(school, store=None).client()  # type: ignore[arg-type]
    path = "/addon/home"
    headers = {"Authorization": f"Bearer {school.system_token(path)}"}
    answer = client.post(path, json=school.event(granted=scopes.ALL), headers=headers)
    assert answer.status_code == 200
    assert "Something went wrong at our end" in answer.text
    assert "AttributeError" in caplog.text
    assert "Traceback" not in answer.text
