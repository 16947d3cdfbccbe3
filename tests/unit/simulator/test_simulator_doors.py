"""What comes in that nobody should send: each is refused at the door, and harms nothing later."""

import base64
import gzip
import io
import json
import re
from typing import Any

import pytest

from policy.simulator.app import Simulator
from policy.simulator.keys import shared_key
from policy.simulator.methods import HANDLERS
from policy.simulator.switches import Switches
from policy.simulator.tokens import JWT_BEARER
from unit.simulator.asking import NOON, PEOPLE, Box
from unit.simulator.test_simulator_batch import read, send, written

HALF = "x\ud800"  # half of a surrogate pair: JSON can say it, UTF-8 can't
DENIED = "403 PERMISSION_DENIED"
DEEP = b"[" * 200_000


def raw(box: Box, verb: str, path: str, body: bytes, **headers: str) -> Any:
    given = {"Authorization": f"Bearer {box.token('admin')}"}
    given |= {name.replace("_", "-"): value for name, value in headers.items()}
    return box.client.open(path, method=verb, data=body, headers=given)


@pytest.mark.parametrize("field", ["name", "section", "id", "ownerId"])
def test_half_a_surrogate_pair_is_not_taken(box: Box, field: str) -> None:
    body = {"name": "B", "ownerId": "me", field: f"d:{HALF}"}
    assert box.ask("POST", "/v1/courses", body).word == "400 INVALID_ARGUMENT"
    assert box.ask("GET", "/v1/courses").body == {}
    assert box.hand("GET", "state").status == 200


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("courses", {"owner": PEOPLE["ada"], "name": HALF}),
        ("users", {"email": "new@school.example", "givenName": HALF}),
        ("users", {HALF: "new@school.example"}),
    ],
    ids=["course", "account", "field"],
)
def test_half_a_surrogate_pair_is_not_taken_by_hand(box: Box, path: str, body: Any) -> None:
    before = box.hand("GET", "state").body
    answer = box.hand("POST", path, body)
    assert (answer.status, "surrogate" in answer.body["error"]) == (400, True)
    assert box.hand("GET", "state").body == before


def test_half_a_surrogate_pair_is_not_taken_in_python(box: Box) -> None:
    with pytest.raises(ValueError, match="surrogates not allowed"):
        HALF.encode()
    with pytest.raises(Exception, match="half of a surrogate pair"):
        box.sim.add_user("new@school.example", given=HALF)


@pytest.mark.parametrize("body", [DEEP, b'{"name":NaN}', b"\xff", b"{"], ids=range(4))
def test_bodies_that_are_no_json(box: Box, body: bytes) -> None:
    assert raw(box, "POST", "/v1/courses", body).get_json()["error"]["code"] == 400
    assert raw(box, "POST", "/simulator/users", body).status_code == 400
    assert raw(box, "POST", "/token", body).status_code == 400


def test_a_long_get_that_is_no_text(box: Box) -> None:
    answer = raw(box, "POST", "/v1/courses", b"\xff\xfe", X_HTTP_Method_Override="GET")
    assert answer.get_json()["error"]["status"] == "INVALID_ARGUMENT"


def test_a_mask_without_end(box: Box) -> None:
    assert box.ask("GET", "/v1/courses", fields="courses(" * 3000).word == "400 INVALID_ARGUMENT"


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda mark, place, _: [mark, place, "today"], id="time"),
        pytest.param(lambda mark, _, issued: [mark, "zzz", issued], id="place"),
        pytest.param(lambda mark, _, issued: [mark, True, issued], id="no number"),
        pytest.param(lambda mark, place, _: [mark, place], id="short"),
        pytest.param(lambda *_: 5, id="no list"),
    ],
)
def test_page_tokens_that_were_tampered_with(box: Box, change: Any) -> None:
    for _ in range(2):
        box.course()
    token = box.ask("GET", "/v1/courses", pageSize=1).body["nextPageToken"]
    found = json.loads(base64.urlsafe_b64decode(token))
    wrong = base64.urlsafe_b64encode(json.dumps(change(*found)).encode()).decode()
    answer = box.ask("GET", "/v1/courses", pageSize=1, pageToken=wrong)
    assert answer.word == "400 INVALID_ARGUMENT"


def test_a_page_token_without_end(box: Box) -> None:
    token = base64.urlsafe_b64encode(b"[" * 50_000).decode()
    assert box.ask("GET", "/v1/courses", pageToken=token).word == "400 INVALID_ARGUMENT"


@pytest.mark.parametrize("path", ["//v1/courses", "/v1/courses/", "/v1//courses"])
def test_addresses_that_are_none(box: Box, path: str) -> None:
    assert box.ask("GET", path).word == "404 NOT_FOUND"


def test_the_token_may_be_in_the_query(box: Box) -> None:
    token = box.token("admin")
    answer = box.ask("GET", "/v1/courses", token="", access_token=token)
    assert answer.status == 200
    assert box.ask("GET", "/v1/courses", token="", access_token="x").status == 401
    assert box.ask("GET", "/v1/courses", token="x", access_token=token).status == 401


def test_a_fault_of_the_simulator_is_answered_as_google_does(
    box: Box, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(_: object) -> dict[str, object]:
        raise KeyError(PEOPLE["sue"])

    monkeypatch.setattr(
        "policy.simulator.api.HANDLERS", {**HANDLERS, "classroom.courses.get": fail}
    )
    reads = [("a", "GET", "/v1/courses/5", None, ""), ("b", "GET", "/v1/courses", None, "")]
    answers = read(send(box, written(reads), token=box.token("admin")))
    assert [(status, body.get("error", {}).get("status")) for _, status, body in answers] == [
        (500, "INTERNAL"),
        (200, None),
    ]
    assert re.search(r"at fault, in classroom\.courses\.get\n(.|\n)*in fail", caplog.text)
    assert PEOPLE["sue"] not in caplog.text


def test_a_fault_by_hand_is_answered_too(
    box: Box, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("policy.simulator.byhand.state_json", lambda _: 1 / 0)
    assert box.hand("GET", "state").word == "500 INTERNAL"
    assert "ZeroDivisionError" in caplog.text


def test_courses_deleted_elsewhere_do_not_break_the_list() -> None:
    box = Box(switches=Switches(deleted_course_listed=60))
    ours = box.course(state="ARCHIVED")
    theirs = box.hand("POST", "courses", {"owner": PEOPLE["eve"], "name": "F"}).body["id"]
    box.hand("POST", f"courses/{theirs}/archive", {})
    for course, who in ((ours, "admin"), (theirs, "eve")):
        assert box.ask("DELETE", f"/v1/courses/{course}", who=who).status == 200
    listed = box.ask("GET", "/v1/courses")
    assert [course["id"] for course in listed.body["courses"]] == [ours]


def test_a_gzip_body_is_read(box: Box) -> None:
    body = gzip.compress(json.dumps({"name": "B", "ownerId": "me"}).encode())
    headers = {"Content_Encoding": "gzip", "Content_Type": "application/json"}
    assert raw(box, "POST", "/v1/courses", body, **headers).get_json()["name"] == "B"


@pytest.mark.parametrize(("terminated", "status"), [(True, 200), (False, 411)])
def test_a_body_in_chunks_behind_another_server(box: Box, terminated: bool, status: int) -> None:
    """Such a server takes the chunks apart, and says so if one can read to the end."""
    answer = box.client.post(
        "/simulator/users",
        input_stream=io.BytesIO(b'{"email":"new@school.example"}'),
        headers={"Transfer-Encoding": "chunked"},
        environ_overrides={"wsgi.input_terminated": terminated, "CONTENT_LENGTH": ""},
    )
    assert answer.status_code == status
    assert ("new@school.example" in box.sim.emails()) is terminated


def test_a_gzip_body_that_is_cut_off(box: Box) -> None:
    body = gzip.compress(b'{"email":"new@school.example"}')[:-6]
    assert raw(box, "POST", "/simulator/users", body, Content_Encoding="gzip").status_code == 400


@pytest.mark.parametrize("claim", ["aud", "scope"])
def test_an_assertion_with_lists(box: Box, claim: str) -> None:
    claims = {
        "iss": box.sim.key_file()["client_email"],
        "sub": PEOPLE["admin"],
        "scope": "s",
        "aud": "http://localhost/token",
        "iat": NOON,
        "exp": NOON + 3600,
    }
    statuses = []
    for said in (claims, {**claims, claim: [claims[claim]]}, {**claims, claim: {}}):
        token = shared_key("service account").sign(said)
        form = {"grant_type": JWT_BEARER, "assertion": token}
        statuses.append(box.client.post("/token", data=form).status_code)
    assert statuses == [200, 400, 400]


@pytest.mark.parametrize(
    ("verb", "path", "headers", "status"),
    [
        ("GET", "/simulator/state", {"Host": "localhost:9000"}, 200),
        ("GET", "/simulator/state", {"Host": "127.0.0.1:9000"}, 200),
        ("GET", "/simulator/state", {"Host": "[::1]:9000"}, 200),
        ("GET", "/simulator/state", {"Host": "evil.example:9000"}, 403),
        ("GET", "/simulator/key", {"Host": "evil.example"}, 403),
        ("GET", "/simulator/state", {"Host": "[evil"}, 403),
        ("DELETE", "/simulator/calls", {}, 200),
        ("DELETE", "/simulator/calls", {"Origin": "http://localhost"}, 200),
        ("DELETE", "/simulator/calls", {"Origin": "https://evil.example"}, 403),
        ("DELETE", "/simulator/calls", {"Origin": "null"}, 403),
        ("DELETE", "/simulator/calls", {"Origin": "http://["}, 403),
        ("GET", "/simulator/key", {"Origin": "https://evil.example"}, 403),
        ("GET", "/simulator/calls", {"Origin": "https://evil.example"}, 200),
    ],
)
def test_pages_of_others_do_nothing_by_hand(
    box: Box, verb: str, path: str, headers: dict[str, str], status: int
) -> None:
    box.sim.loopback = True
    assert box.client.open(path, method=verb, headers=headers).status_code == status


def test_who_serves_others_is_reached_by_any_name(box: Box) -> None:
    answer = box.client.get("/simulator/key", headers={"Host": "sim.school.example:9000"})
    assert answer.get_json()["token_uri"] == "http://sim.school.example:9000/token"


def test_the_page_is_in_no_frame(box: Box) -> None:
    policy = box.client.get("/simulator/").headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in policy


@pytest.mark.parametrize("verb", ["rename", "courses"])
@pytest.mark.parametrize(
    ("name", "words"),
    [("x" * 751, "at most 750 characters, not 751"), ("see www.school.example", "a URL")],
    ids=["long", "URL"],
)
def test_names_by_hand_follow_the_rules_of_the_api(
    box: Box, verb: str, name: str, words: str
) -> None:
    body = {"name": name}
    if verb == "courses":
        answer = box.hand("POST", "courses", {**body, "owner": PEOPLE["ada"]})
    else:
        answer = box.hand("POST", f"courses/{box.course()}/rename", body)
    assert answer.status == 400
    assert words in answer.body["error"]


@pytest.mark.parametrize("name", ["quota_window", "state_late", "hang_up_rate"])
@pytest.mark.parametrize("value", ["1e999", "NaN"])
def test_switches_are_numbers(box: Box, name: str, value: str) -> None:
    answer = box.client.patch("/simulator/switches", data=f'{{"{name}": {value}}}')
    assert answer.status_code == 400
    assert box.sim.switches == Switches()


def test_a_broken_course_is_answered_500_until_it_is_mended(box: Box) -> None:
    course = box.everybody()
    paths = [f"/v1/courses/{course}{rest}" for rest in ("", "/students", "/teachers", "/aliases")]

    def statuses() -> list[int]:
        return [box.ask("GET", path).status for path in paths]

    code = box.ask("GET", paths[0]).body["enrollmentCode"]
    assert box.hand("POST", f"courses/{course}/break").body["broken"] is True
    assert statuses() == [500] * 4
    assert box.add(course, "sam").word == "500 INTERNAL"
    join = box.ask("POST", paths[1], {"userId": "me"}, who="sam", enrollmentCode=code)
    assert join.word == "500 INTERNAL"
    assert [each["id"] for each in box.ask("GET", "/v1/courses").body["courses"]] == [course]
    saved = box.hand("GET", "state").body
    assert box.hand("PUT", "state", saved).body == saved
    assert statuses() == [500] * 4
    assert box.hand("POST", f"courses/{course}/mend").body["broken"] is False
    assert statuses() == [200] * 4


@pytest.mark.parametrize(
    ("who", "state", "word"),
    [
        ("ada", "ACTIVE", "200"),
        ("sue", "ACTIVE", f"{DENIED} CourseStateDenied"),
        ("sue", "PROVISIONED", f"{DENIED} The"),
        ("admin", "ACTIVE", "200"),
        ("eve", "PROVISIONED", "200"),
        ("eve", "ACTIVE", f"{DENIED} CourseStateDenied"),
    ],
)
def test_who_may_create(who: str, state: str, word: str) -> None:
    box = Box(switches=Switches(who_may_create="teachers"))
    for name in ("sue", "admin"):
        box.hand("POST", "users", {"email": PEOPLE[name], "teacher": False})
    body = {"name": "B", "ownerId": "me", "courseState": state}
    answer = box.ask("POST", "/v1/courses", body, who=who)
    assert answer.word == word.removesuffix(" The")
    mine = box.ask("GET", "/v1/userProfiles/me", who=who).body
    assert ("permissions" in mine) == (who in ("ada", "admin"))


def test_who_may_not_create_may_still_accept() -> None:
    box = Box(switches=Switches(who_may_create="teachers"))
    box.hand("POST", "users", {"email": PEOPLE["ada"], "teacher": False})
    course = box.course(state="PROVISIONED")
    assert box.state(course, "ACTIVE", who="ada").status == 200


def test_anyone_may_create_unless_it_is_switched(box: Box) -> None:
    box.hand("POST", "users", {"email": PEOPLE["sue"], "teacher": False})
    body = {"name": "B", "ownerId": "me", "courseState": "ACTIVE"}
    assert box.ask("POST", "/v1/courses", body, who="sue").status == 200


@pytest.mark.parametrize(
    ("status", "word", "row"),
    [
        (429, "429 RESOURCE_EXHAUSTED", ("global", "rateLimitExceeded")),
        (403, "403 PERMISSION_DENIED", ("usageLimits", "userRateLimitExceeded")),
    ],
)
def test_the_quota_of_the_directory(status: Any, word: str, row: tuple[str, str]) -> None:
    switches = Switches(directory_per_user=1, classroom_per_user=1, directory_quota_status=status)
    box = Box(switches=switches)
    users = "/admin/directory/v1/users"
    assert box.ask("GET", users, customer="my_customer").status == 200
    answer = box.ask("GET", users, customer="my_customer")
    [error] = answer.body["error"]["errors"]
    assert (answer.word, (error["domain"], error["reason"])) == (word, row)
    assert [box.ask("GET", "/v1/courses").status for _ in range(2)] == [200, 429]


@pytest.mark.parametrize("doubled", ["courses", "seats"])
def test_numbers_that_are_there_twice(box: Box, doubled: str) -> None:
    course = {"name": "B", "owner": PEOPLE["ada"], "number": 5}
    seats = [{"person": PEOPLE[name], "number": 9} for name in ("sue", "sam")]
    courses = [course, course] if doubled == "courses" else [{**course, "students": seats}]
    people = box.hand("GET", "users").body
    answer = box.hand("PUT", "state", {"people": people, "courses": courses})
    assert (answer.status, "is there twice" in answer.body["error"]) == (400, True)


def test_a_state_file_with_half_a_surrogate_pair_is_told(tmp_path: Any) -> None:
    path = tmp_path / "state.json"
    path.write_text(json.dumps({"state": {}, "tokens": {HALF: {}}, "keys": {}}))
    with pytest.raises(Exception, match="is not a state file: a text has half"):
        Simulator(state_file=path)
