"""The transport against a real server that misbehaves: everything comes back as an answer."""

import gc
import socket
import threading
from collections.abc import Sequence

import pytest

from policy.errors import GoogleRefused
from policy.google.credentials import TokenCredentials
from policy.google.http import Answer, Fault, Request
from policy.google.transport import Transport
from unit.google.scripted_server import (
    HANG_UP,
    HOLD,
    Say,
    Script,
    batch_of,
    error,
)

GONE = error(404, "NOT_FOUND", "Requested entity was not found.")
BUSY = error(503, "UNAVAILABLE", "The service is currently unavailable.")
PAGE = Say(502, "<html>Bad gateway</html>", "text/html")


def courses(transport: Transport, *ids: str) -> Sequence[Request]:
    return [transport.courses.get(id=course_id) for course_id in ids]


def only_get(transport: Transport) -> Answer:
    return transport.ask(transport.courses.get(id="1"))


def test_every_service_is_at_the_root(transport: Transport, script: Script) -> None:
    script.says = [Say()]
    for request in (
        transport.courses.get(id="d:a/b"),
        transport.teachers.list(courseId="1"),
        transport.students.delete(courseId="1", userId="2"),
        transport.aliases.list(courseId="1"),
        transport.users.list(customer="my_customer"),
        transport.activities.list(userKey="all", applicationName="classroom"),
    ):
        assert transport.ask(request) == Answer(200)
    assert [(seen.method, seen.path.partition("?")[0]) for seen in script.seen] == [
        ("GET", "/v1/courses/d%3Aa%2Fb"),
        ("GET", "/v1/courses/1/teachers"),
        ("DELETE", "/v1/courses/1/students/2"),
        ("GET", "/v1/courses/1/aliases"),
        ("GET", "/admin/directory/v1/users"),
        ("GET", "/admin/reports/v1/activity/users/all/applications/classroom"),
    ]
    assert {seen.headers["authorization"] for seen in script.seen} == {"Bearer a-token"}


def test_without_a_root_the_services_are_googles() -> None:
    transport = Transport(None, TokenCredentials("a-token"))
    addresses = [
        transport.courses.get(id="1").uri.partition("?")[0],
        transport.users.list(customer="my_customer").uri.partition("?")[0],
    ]
    transport.close()
    assert addresses == [
        "https://classroom.googleapis.com/v1/courses/1",
        "https://admin.googleapis.com/admin/directory/v1/users",
    ]


def test_a_batch_follows_the_root(transport: Transport, script: Script) -> None:
    script.says = [batch_of(Say(body='{"id": "1"}'), GONE, Say(body=""))]
    answers = transport.ask_together(courses(transport, "1", "2", "3"))
    assert answers == [
        Answer(200, {"id": "1"}),
        Answer(404, fault=Fault("NOT_FOUND", "Requested entity was not found.")),
        Answer(200),
    ]
    [seen] = script.seen
    assert (seen.method, seen.path) == ("POST", "/batch")
    assert seen.body.count("GET /v1/courses/") == 3


@pytest.mark.parametrize(
    ("say", "expected"),
    [
        pytest.param(
            BUSY,
            Answer(503, fault=Fault("UNAVAILABLE", "The service is currently unavailable.")),
            id="busy",
        ),
        pytest.param(PAGE, Answer(502, fault=Fault(words="HTTP 502 Bad Gateway")), id="a page"),
        pytest.param(
            Say(200, "<html>Sign in</html>", "text/html"),
            Answer(0, fault=Fault(words="no answer (it is not JSON)")),
            id="a page that says 200",
        ),
    ],
)
def test_one_call(transport: Transport, script: Script, say: Say, expected: Answer) -> None:
    script.says = [say]
    assert only_get(transport) == expected


def test_a_hang_up_is_no_answer(transport: Transport, script: Script) -> None:
    script.says = [HANG_UP]
    answer = only_get(transport)
    assert answer.status == 0
    assert answer.fault is not None
    assert answer.fault.words.startswith("no answer (RemoteDisconnected")
    script.says = [Say(body='{"id": "1"}')]
    assert only_get(transport) == Answer(200, {"id": "1"})


def test_a_time_out_is_no_answer_and_the_next_call_is_whole(root: str, script: Script) -> None:
    transport = Transport(root, TokenCredentials("a-token"), timeout=0.2)
    script.says = [HOLD, Say(body='{"id": "1"}')]
    first, second = only_get(transport), only_get(transport)
    transport.close()
    assert first == Answer(0, fault=Fault(words="no answer (TimeoutError: timed out)"))
    assert second == Answer(200, {"id": "1"})


def test_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        address = f"http://127.0.0.1:{free.getsockname()[1]}"
    transport = Transport(address, TokenCredentials("a-token"))
    answers = [only_get(transport), *transport.ask_together(courses(transport, "1", "2"))]
    transport.close()
    assert [answer.status for answer in answers] == [0, 0, 0]


@pytest.mark.parametrize(
    ("say", "status"),
    [
        pytest.param(BUSY, 503, id="busy"),
        pytest.param(PAGE, 502, id="a page"),
        pytest.param(HANG_UP, 0, id="a hang-up"),
        pytest.param(Say(200, "{}"), 0, id="not a batch"),
        pytest.param(Say(200, "", "multipart/mixed; boundary=edge"), 0, id="empty"),
        pytest.param(error(429, "RESOURCE_EXHAUSTED", "Quota exceeded."), 429, id="too many"),
    ],
)
def test_what_befalls_a_whole_batch_is_each_parts_answer(
    transport: Transport, script: Script, say: Say, status: int
) -> None:
    script.says = [say]
    answers = transport.ask_together(courses(transport, "1", "2"))
    assert [answer.status for answer in answers] == [status, status]
    assert all(answer.fault and answer.fault.words for answer in answers)


def test_a_batch_that_leaves_a_part_out_answers_none(transport: Transport, script: Script) -> None:
    script.says = [batch_of(Say(body='{"id": "1"}'))]
    answers = transport.ask_together(courses(transport, "1", "2"))
    assert [answer.status for answer in answers] == [0, 0]  # the library gives up on all of them


@pytest.mark.parametrize("status", [400, 401, 403, 404, 413])
def test_a_batch_that_is_refused_judges_no_part(
    transport: Transport, script: Script, status: int
) -> None:
    script.says = [error(status, "NOT_FOUND", "Not here.")]
    with pytest.raises(GoogleRefused) as refused:
        transport.ask_together(courses(transport, "1", "2"))
    assert refused.value.status == status


def test_a_bare_token_that_google_no_longer_takes(transport: Transport, script: Script) -> None:
    script.says = [error(401, "UNAUTHENTICATED", "Invalid credentials.")]
    with pytest.raises(GoogleRefused, match="open the add-on again"):
        only_get(transport)


def test_two_threads_have_two_connections_and_one_keeps_its_own(
    transport: Transport, script: Script
) -> None:
    script.says = [Say()]
    ready = threading.Barrier(2)
    answers: list[Answer] = []

    def work() -> None:
        ready.wait()
        answers.extend(only_get(transport) for _ in range(3))

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [Answer(200)] * 6
    assert len({seen.connection for seen in script.seen}) == 2


def test_a_forgotten_transport_closes_itself(root: str, script: Script) -> None:
    script.says = [Say()]
    transport = Transport(root, TokenCredentials("a-token"))
    assert only_get(transport) == Answer(200)
    del transport
    gc.collect()  # an open socket would warn here, and warnings are errors
