"""The token endpoint, access tokens, ID tokens and certificates."""

import json
from typing import Any
from urllib.parse import urlencode

import pytest
from google.auth import jwt

from policy.simulator.keys import shared_key
from unit.simulator.asking import DOMAIN, NOON, PEOPLE, SCOPE, SCOPES, Box

BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
COURSES = f"{SCOPE}classroom.courses"


def claims(box: Box, **changed: Any) -> dict[str, Any]:
    good = {
        "iss": box.sim.key_file()["client_email"],
        "sub": PEOPLE["admin"],
        "scope": COURSES,
        "aud": "http://localhost/token",
        "iat": NOON,
        "exp": NOON + 3600,
    }
    return {name: value for name, value in {**good, **changed}.items() if value is not None}


def assertion(box: Box, **changed: Any) -> str:
    return shared_key("service account").sign(claims(box, **changed))


def exchange(box: Box, **form: str) -> tuple[int, Any]:
    response = box.client.post(
        "/token",
        data=urlencode(form),
        content_type="application/x-www-form-urlencoded",
    )
    return response.status_code, response.get_json()


def test_an_assertion_becomes_a_token(box: Box) -> None:
    status, body = exchange(box, grant_type=BEARER, assertion=assertion(box))
    assert status == 200
    assert (body["token_type"], body["expires_in"]) == ("Bearer", 3600)
    assert box.ask("GET", "/v1/courses", token=body["access_token"]).body == {}


SHORT = (
    "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. "
    "Check your iat and exp values in the JWT claim."
)


@pytest.mark.parametrize(
    ("changed", "status", "error", "words"),
    [
        pytest.param({"iss": "x@y.example"}, 400, "invalid_grant", "account not found", id="iss"),
        pytest.param({"aud": "http://a/token"}, 400, "invalid_grant", "audience", id="aud"),
        pytest.param({"exp": NOON - 3600, "iat": NOON - 7200}, 400, "invalid_grant", SHORT),
        pytest.param({"iat": NOON + 600, "exp": NOON + 700}, 400, "invalid_grant", SHORT),
        pytest.param({"exp": NOON + 8000}, 400, "invalid_grant", SHORT, id="too long"),
        pytest.param({"exp": None}, 400, "invalid_grant", SHORT, id="no exp"),
        pytest.param({"iat": "now"}, 400, "invalid_grant", SHORT, id="no time"),
        pytest.param({"scope": ""}, 400, "invalid_scope", "Invalid OAuth scope", id="no scope"),
        pytest.param({"scope": None}, 400, "invalid_scope", "Invalid OAuth scope", id="none"),
        pytest.param(
            {"sub": f"no@{DOMAIN}"}, 400, "invalid_grant", "Invalid email or User ID", id="unknown"
        ),
        pytest.param(
            {"sub": PEOPLE["eve"]},
            400,
            "invalid_request",
            'Invalid impersonation "sub" field.',
            id="foreign",
        ),
        pytest.param(
            {"sub": "no@where.example"},
            400,
            "invalid_request",
            'Invalid impersonation "sub" field.',
            id="unknown and foreign",
        ),
    ],
)
def test_assertions_that_are_refused(
    box: Box, changed: dict[str, Any], status: int, error: str, words: str
) -> None:
    got, body = exchange(box, grant_type=BEARER, assertion=assertion(box, **changed))
    assert (got, body["error"]) == (status, error)
    assert words in body["error_description"]
    assert box.sim.state.tokens == {}


def test_googles_audiences_are_good_too(box: Box) -> None:
    signed = assertion(box, aud="https://oauth2.googleapis.com/token")
    assert exchange(box, grant_type=BEARER, assertion=signed)[0] == 200


@pytest.mark.parametrize(
    ("form", "error"),
    [
        pytest.param({}, "invalid_request", id="nothing"),
        pytest.param({"grant_type": "password"}, "unsupported_grant_type", id="other grant"),
        pytest.param({"grant_type": BEARER}, "invalid_grant", id="no assertion"),
        pytest.param({"grant_type": BEARER, "assertion": "a.b.c"}, "invalid_grant", id="nonsense"),
    ],
)
def test_forms_that_are_refused(box: Box, form: dict[str, str], error: str) -> None:
    status, body = exchange(box, **form)
    assert (status, body["error"]) == (400, error)


def test_a_signature_of_another_key(box: Box) -> None:
    forged = shared_key("somebody else").sign(claims(box))
    status, body = exchange(box, grant_type=BEARER, assertion=forged)
    assert (status, body["error_description"]) == (400, "Invalid JWT Signature.")
    unsigned = f"{assertion(box).rpartition('.')[0]}."
    assert exchange(box, grant_type=BEARER, assertion=unsigned)[0] == 400


def test_the_key_of_id_tokens_makes_no_access_token(box: Box) -> None:
    forged = shared_key("id tokens").sign(claims(box))
    assert exchange(box, grant_type=BEARER, assertion=forged)[0] == 400


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"deleted": True}, "The account has been deleted"),
        ({"suspended": True}, "Account disabled"),
    ],
)
def test_subjects_that_are_gone(box: Box, change: dict[str, bool], words: str) -> None:
    box.hand("POST", "users", {"email": PEOPLE["tom"], **change})
    signed = assertion(box, sub=PEOPLE["tom"])
    status, body = exchange(box, grant_type=BEARER, assertion=signed)
    assert (status, body) == (400, {"error": "invalid_grant", "error_description": words})


def test_scopes_that_are_not_delegated(box: Box) -> None:
    box.sim.allowed_scopes = frozenset({COURSES})
    assert exchange(box, grant_type=BEARER, assertion=assertion(box))[0] == 200
    more = assertion(box, scope=f"{COURSES} {SCOPE}classroom.rosters")
    status, body = exchange(box, grant_type=BEARER, assertion=more)
    assert (status, body["error"]) == (401, "unauthorized_client")


def test_without_a_subject_classroom_knows_nobody(box: Box) -> None:
    _, body = exchange(box, grant_type=BEARER, assertion=assertion(box, sub=None))
    answer = box.ask("GET", "/v1/courses", token=body["access_token"])
    assert answer.word == "403 PERMISSION_DENIED ClassroomDisabled"


def test_the_endpoint_takes_posts_only(box: Box) -> None:
    assert box.client.get("/token").status_code == 405


def test_a_token_expires(box: Box) -> None:
    assert box.ask("GET", "/v1/courses").status == 200
    box.clock.move(3600)
    answer = box.ask("GET", "/v1/courses")
    assert answer.word == "401 UNAUTHENTICATED"
    assert answer.body["error"]["errors"][0]["reason"] == "authError"
    assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]


@pytest.mark.parametrize("token", ["", "ya29.never-given"])
def test_without_a_good_token(box: Box, token: str) -> None:
    answer = box.ask("GET", "/v1/courses", token=token)
    assert answer.word == "401 UNAUTHENTICATED"
    reason = "authError" if token else "required"
    assert answer.body["error"]["errors"][0]["reason"] == reason


def test_a_token_ends_with_the_account(box: Box) -> None:
    assert box.ask("GET", "/v1/courses", who="tom").status == 200
    box.sim.add_user(PEOPLE["tom"], suspended=True)
    assert box.ask("GET", "/v1/courses", who="tom").word == "401 UNAUTHENTICATED"


@pytest.mark.parametrize(
    ("verb", "path", "scope", "status"),
    [
        ("GET", "/v1/courses", "classroom.courses.readonly", 200),
        ("GET", "/v1/courses", "classroom.rosters", 403),
        ("POST", "/v1/courses", "classroom.courses.readonly", 403),
        ("GET", "/v1/userProfiles/me", "classroom.rosters.readonly", 200),
        ("GET", "/v1/userProfiles/me", "classroom.courses", 403),
    ],
)
def test_scopes(box: Box, verb: str, path: str, scope: str, status: int) -> None:
    body = {"name": "B", "ownerId": "me"} if verb == "POST" else None
    answer = box.ask(verb, path, body, scopes=(f"{SCOPE}{scope}",))
    assert answer.status == status
    if status == 403:
        assert answer.body["error"]["errors"][0]["reason"] == "insufficientPermissions"
        challenge = answer.headers["WWW-Authenticate"]
        assert 'error="insufficient_scope", scope="https://www.googleapis.com/auth/' in challenge


def test_enrolling_wants_the_roster_scope_unless_switched(box: Box) -> None:
    course = box.course()
    path, body = f"/v1/courses/{course}/students", {"userId": PEOPLE["sue"]}
    scopes = (f"{SCOPE}classroom.profile.emails",)
    assert box.ask("POST", path, body, scopes=scopes).status == 403
    box.hand("PATCH", "switches", {"profile_scopes_may_enrol": True})
    assert box.ask("POST", path, body, scopes=scopes).status == 200


def test_id_tokens_are_signed_with_the_certificate(box: Box) -> None:
    token = box.sim.id_token(PEOPLE["ada"], audience="https://addon.example/x", hd=DOMAIN)
    response = box.client.get("/oauth2/v1/certs")
    assert response.headers["Cache-Control"].startswith("public, max-age=")
    read = jwt.decode(token, certs=response.get_json(), verify=False)
    assert read == {
        "iss": "https://accounts.google.com",
        "aud": "https://addon.example/x",
        "azp": "https://addon.example/x",
        "sub": box.ids["ada"],
        "email": PEOPLE["ada"],
        "email_verified": True,
        "iat": NOON,
        "exp": NOON + 3600,
        "hd": DOMAIN,
    }


def test_the_certificate_verifies_and_others_do_not() -> None:
    import time

    box = Box()
    box.sim.world.time.wall = time.time
    certificates = box.client.get("/oauth2/v1/certs").get_json()
    token = box.sim.id_token("robot@system.example", audience="a", email_verified=False, sub="7")
    read = jwt.decode(token, certs=certificates, audience="a")
    assert (read["email_verified"], read["sub"]) == (False, "7")
    other = shared_key("somebody else").sign(read)
    with pytest.raises(ValueError, match="Certificate for key id"):
        jwt.decode(other, certs=certificates, audience="a")
    expired = box.sim.id_token(PEOPLE["ada"], audience="a", expires_in=-3600)
    with pytest.raises(ValueError, match="expired"):
        jwt.decode(expired, certs=certificates, audience="a")


def test_a_key_file_is_one(box: Box) -> None:
    key = box.sim.key_file()
    assert key["type"] == "service_account"
    assert key["token_uri"] == "http://localhost/token"
    assert str(key["private_key"]).startswith("-----BEGIN PRIVATE KEY-----")
    assert box.hand("GET", "key").body == json.loads(json.dumps(key))


def test_many_tokens_do_not_pile_up(box: Box) -> None:
    box.sim.access_token(PEOPLE["ada"], SCOPES)
    box.clock.move(4000)
    for _ in range(1_100):
        box.sim.access_token(PEOPLE["ada"], SCOPES)
    assert len(box.sim.state.tokens) == 1_100
