"""Multipart batches: read leniently, answered in order, each part for itself."""

import json
import re
from typing import Any

import pytest

from policy.simulator.switches import Switches
from unit.simulator.asking import PEOPLE, SCOPE, Box

# A part: its Content-ID, verb, path with query, body, and the token of its own if it has one.
Part = tuple[str, str, str, Any, str]


def written(parts: list[Part], *, end: str = "\n") -> str:
    """A batch as Google's Python client writes it."""
    lines = []
    for part_id, verb, target, body, token in parts:
        text = "" if body is None else json.dumps(body)
        lines += [
            "--===7==",
            "Content-Type: application/http",
            "MIME-Version: 1.0",
            "Content-Transfer-Encoding: binary",
            *([f"Content-ID: {part_id}"] if part_id else []),
            "",
            f"{verb} {target} HTTP/1.1",
            "Content-Type: application/json",
            *([f"authorization: Bearer {token}"] if token else []),
            f"content-length: {len(text)}",
            "",
            text,
        ]
    return end.join([*lines, "--===7==--", ""])


def send(box: Box, text: str, *, path: str = "/batch", token: str = "", **headers: str) -> Any:
    given = {"Authorization": f"Bearer {token}"} if token else {}
    return box.client.post(
        path,
        data=text.encode(),
        content_type=headers.get("content_type", 'multipart/mixed; boundary="===7=="'),
        headers=given,
    )


def test_a_header_that_is_folded_is_read_whole(box: Box) -> None:
    """Google's client folds what is longer than 78 columns, mostly at the " + " of its ids."""
    long = "<7f + " + "d%3A" + "x" * 90 + ">"
    text = written([("<7f +\n " + long[6:], "GET", "/v1/courses", None, "")])
    for end in ("\n", "\r\n"):
        answers = read(send(box, text.replace("\n", end), token=box.token("admin")))
        assert answers == [(f"<response-{long[1:]}", 200, {})]


def read(response: Any) -> list[tuple[str, int, Any]]:
    """Content-ID, status and body of each part of an answer."""
    assert response.status_code == 200, response.text
    boundary = re.fullmatch(r"multipart/mixed; boundary=(\S+)", response.headers["Content-Type"])
    assert boundary
    chunks = response.text.split(f"--{boundary[1]}")
    assert (chunks[0], chunks[-1]) == ("", "--\r\n")
    return [_read_part(chunk) for chunk in chunks[1:-1]]


def _read_part(chunk: str) -> tuple[str, int, Any]:
    head, inner_head, body = chunk.removeprefix("\r\n").split("\r\n\r\n", 2)
    found = re.search(r"Content-ID: (.*)", head)
    status = re.match(r"HTTP/1.1 (\d+) \w", inner_head)
    assert status
    return found[1].strip() if found else "", int(status[1]), json.loads(body)


def test_parts_are_answered_in_order_with_their_ids(box: Box) -> None:
    course = box.course(id="d:bio")
    token = box.token("admin")
    names = ["sue", "tom", "sam"]
    parts: list[Part] = [
        (
            f"<c0ffee + {name}>",
            "POST",
            "/v1/courses/d%3Abio/students?alt=json&fields=userId",
            {"userId": PEOPLE[name]},
            token,
        )
        for name in names
    ]
    found = read(send(box, written(parts)))
    assert found == [
        (f"<response-c0ffee + {name}>", 200, {"userId": box.ids[name]}) for name in names
    ]
    assert sorted(box.members(course)) == sorted(names)


@pytest.mark.parametrize("end", ["\n", "\r\n"], ids=["LF", "CRLF"])
@pytest.mark.parametrize("path", ["/batch", "/batch/classroom/v1"])
def test_line_ends_and_addresses(box: Box, end: str, path: str) -> None:
    parts: list[Part] = [("<a>", "GET", "/v1/courses", None, box.token("admin"))] * 2
    found = read(send(box, written(parts, end=end), path=path))
    assert found == [("<response-a>", 200, {})] * 2


def test_the_outer_token_counts_where_a_part_has_none(box: Box) -> None:
    box.course("tom")
    parts: list[Part] = [
        ("", "GET", "/v1/courses?fields=courses/name", None, ""),
        ("", "GET", "/v1/courses?fields=courses/name", None, box.token("sue")),
    ]
    found = read(send(box, written(parts), token=box.token("tom")))
    assert found == [("", 200, {"courses": [{"name": "Biology"}]}), ("", 200, {})]


def test_a_part_may_name_the_whole_address(box: Box) -> None:
    target = "https://classroom.googleapis.com/v1/courses?alt=json"
    found = read(send(box, written([("", "GET", target, None, box.token("admin"))])))
    assert found == [("", 200, {})]


def test_each_part_fails_for_itself(box: Box) -> None:
    token = box.token("admin")
    course = box.everybody()
    path = f"/v1/courses/{course}/students"
    parts: list[Part] = [
        ("<1>", "POST", path, {"userId": PEOPLE["sam"]}, token),
        ("<2>", "POST", path, {"userId": PEOPLE["sue"]}, token),
        ("<3>", "POST", path, {"user": "x"}, token),
        ("<4>", "GET", "/v1/nothing", None, token),
        ("<5>", "GET", path, None, "expired"),
        ("<6>", "GET", path, None, ""),
    ]
    statuses = [status for _, status, _ in read(send(box, written(parts)))]
    assert statuses == [200, 409, 400, 404, 401, 401]
    assert box.sim.calls.refused == {409: 1, 400: 1, 404: 1, 401: 2}


def test_a_part_over_quota_fails_for_itself(box: Box) -> None:
    box.sim.switches = Switches(classroom_per_user=3, shuffle_batches=False)
    parts: list[Part] = [
        *[("<a>", "GET", "/v1/courses", None, box.token("admin"))] * 5,
        ("<b>", "GET", "/v1/courses", None, box.token("ada")),
    ]
    statuses = [status for _, status, _ in read(send(box, written(parts)))]
    assert statuses == [200, 200, 200, 429, 429, 200]
    assert box.sim.calls.http == 1
    assert box.sim.calls.api == {"classroom.courses.list": 6}


@pytest.mark.parametrize("shuffled", [True, False])
def test_parts_may_run_in_any_order(shuffled: bool) -> None:
    box = Box(switches=Switches(shuffle_batches=shuffled))
    course = box.course()
    emails = [f"s{number}@school.example" for number in range(20)]
    ids = [box.sim.add_user(email) for email in emails]
    token = box.token("admin")
    parts: list[Part] = [
        ("<a>", "POST", f"/v1/courses/{course}/students", {"userId": email}, token)
        for email in emails
    ]
    answered = [body["userId"] for _, _, body in read(send(box, written(parts)))]
    listed = box.ask("GET", f"/v1/courses/{course}/students", pageSize=50).body["students"]
    joined = [student["userId"] for student in listed]
    assert answered == ids
    assert (joined == ids) != shuffled
    assert sorted(joined) == sorted(ids)


@pytest.mark.parametrize(("count", "limit", "status"), [(50, 50, 200), (51, 50, 400), (3, 2, 400)])
def test_a_batch_has_a_limit(box: Box, count: int, limit: int, status: int) -> None:
    box.sim.switches = Switches(batch_limit=limit)
    parts: list[Part] = [("<a>", "GET", "/v1/courses", None, box.token("admin"))] * count
    response = send(box, written(parts))
    assert response.status_code == status
    assert box.sim.calls.api.total() == (count if status == 200 else 0)


def test_the_answer_to_too_many_by_switch() -> None:
    box = Box(switches=Switches(batch_limit=1, batch_over_limit_status=413))
    parts: list[Part] = [("<a>", "GET", "/v1/courses", None, "")] * 2
    response = send(box, written(parts))
    assert response.status_code == 413
    assert response.get_json()["error"]["code"] == 413


@pytest.mark.parametrize(
    ("text", "content_type"),
    [
        pytest.param("", 'multipart/mixed; boundary="===7=="', id="empty"),
        pytest.param("{}", "application/json", id="JSON"),
        pytest.param("--===7==\n\nGET /v1/courses\n", 'multipart/mixed; boundary="===7=="'),
        pytest.param(
            "--===7==\nContent-Type: application/http\n\nhello\n--===7==--",
            'multipart/mixed; boundary="===7=="',
            id="no request line",
        ),
    ],
)
def test_what_is_no_batch(box: Box, text: str, content_type: str) -> None:
    response = send(box, text, content_type=content_type)
    assert response.status_code == 400
    assert response.get_json()["error"]["status"] == "INVALID_ARGUMENT"


def test_batches_are_posted(box: Box) -> None:
    assert box.client.get("/batch").status_code == 405


def test_headers_of_a_refused_part_are_told(box: Box) -> None:
    token = box.token("admin", (f"{SCOPE}classroom.rosters",))
    response = send(box, written([("<a>", "GET", "/v1/courses", None, token)]))
    assert 'WWW-Authenticate: Bearer realm="https://accounts.google.com/"' in response.text


def test_a_body_that_holds_the_boundary(box: Box) -> None:
    course = box.course(name="batch_simulator")
    parts: list[Part] = [
        ("<a>", "GET", f"/v1/courses/{course}?fields=name", None, box.token("ada"))
    ]
    assert read(send(box, written(parts))) == [("<response-a>", 200, {"name": "batch_simulator"})]
