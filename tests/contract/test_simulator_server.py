"""The loopback server: keep-alive, many at once, and a clean end."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import pytest

from policy.simulator.app import Simulator
from policy.simulator.clock import FastClock
from policy.simulator.methods import HANDLERS
from policy.simulator.server import serve
from policy.simulator.switches import Switches

COURSES = "https://www.googleapis.com/auth/classroom.courses"


def connected(url: str) -> http.client.HTTPConnection:
    parts = urlsplit(url)
    assert parts.hostname
    return http.client.HTTPConnection(parts.hostname, parts.port, timeout=10)


def make_course(sim: Simulator, connection: http.client.HTTPConnection, alias: str) -> int:
    token = sim.access_token("admin@school.example", [COURSES])
    body = json.dumps({"id": alias, "name": "B", "ownerId": "me"})
    connection.request("POST", "/v1/courses", body, {"Authorization": f"Bearer {token}"})
    answer = connection.getresponse()
    answer.read()
    return answer.status


@pytest.fixture
def sim() -> Simulator:
    sim = Simulator("school.example", switches=Switches(enforce_quotas=False))
    sim.add_user("admin@school.example", admin=True)
    return sim


def test_a_connection_is_kept(sim: Simulator) -> None:
    with serve(sim) as url:
        connection = connected(url)
        sockets = set()
        for number in range(3):
            assert make_course(sim, connection, f"d:{number}") == 200
            sockets.add(connection.sock)
        connection.close()
    assert len(sockets) == 1


def test_the_key_file_points_here(sim: Simulator) -> None:
    with serve(sim) as url:
        assert sim.key_file()["token_uri"] == f"{url}/token"


def test_of_many_who_ask_for_one_alias_one_gets_it(sim: Simulator) -> None:
    def ask(_: int) -> int:
        connection = connected(url)
        try:
            return make_course(sim, connection, "d:one")
        finally:
            connection.close()

    with serve(sim) as url, ThreadPoolExecutor(8) as pool:
        statuses = sorted(pool.map(ask, range(24)))
    assert statuses == [200] + [409] * 23
    assert sim.calls.http == 24


def test_it_ends_while_clients_wait_for_more(sim: Simulator) -> None:
    before = threading.active_count()
    with serve(sim) as url:
        connections = [connected(url) for _ in range(5)]
        for number, connection in enumerate(connections):
            make_course(sim, connection, f"d:{number}")
        idle = socket.create_connection((urlsplit(url).hostname, urlsplit(url).port))
        started = time.monotonic()
    assert time.monotonic() - started < 5
    assert threading.active_count() == before
    for connection in connections:
        connection.close()
    idle.close()


def test_it_hangs_up_without_a_word(sim: Simulator) -> None:
    with serve(sim) as url:
        sim.switches = Switches(hang_up_rate=1)
        connection = connected(url)
        with pytest.raises(http.client.RemoteDisconnected):
            make_course(sim, connection, "d:a")
        connection.close()
    assert list(sim.state.aliases) == ["d:a"]


def test_a_fault_of_the_simulator_is_told(
    sim: Simulator, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    wrong = {**HANDLERS, "classroom.courses.create": lambda _: {"id": 5}}
    monkeypatch.setattr("policy.simulator.api.HANDLERS", wrong)
    with serve(sim) as url:
        connection = connected(url)
        assert make_course(sim, connection, "d:a") == 500
        connection.close()
    assert "the simulator is at fault" in caplog.text


def spoken(url: str, *lines: bytes) -> bytes:
    """What comes back until the server hangs up."""
    parts = urlsplit(url)
    with socket.create_connection((parts.hostname, parts.port), timeout=10) as connection:
        connection.sendall(b"\r\n".join(lines))
        connection.shutdown(socket.SHUT_WR)
        with connection.makefile("rb") as answer:
            return answer.read()


POST = b"POST /simulator/users HTTP/1.1"
LAST = (b"GET /simulator/users HTTP/1.1", b"Connection: close", b"", b"")


def test_a_body_in_chunks_is_read_and_the_next_request_too(sim: Simulator) -> None:
    body = b'{"email":"new@school.example"}'
    chunks = (b"%x;note=1" % 7, body[:7], b"%X" % len(body[7:]), body[7:], b"0", b"Sum: 5", b"")
    with serve(sim) as url:
        answer = spoken(url, POST, b"Transfer-Encoding: chunked", b"", *chunks, *LAST)
    assert answer.count(b"HTTP/1.1 200 OK") == 2
    assert "new@school.example" in sim.emails()


@pytest.mark.parametrize(
    ("header", "body", "status"),
    [
        (b"Content-Length: abc", b"", 400),
        (b"Content-Length: -5", b"", 400),
        (b"Content-Length: 999999999999", b"", 413),
        (b"Content-Length: 5000", b"{}", 400),
        (b"Transfer-Encoding: gzip", b"", 411),
        (b"Transfer-Encoding: chunked", b"zz\r\n", 400),
        (b"Transfer-Encoding: chunked", b"ffffffff\r\n", 413),
        (b"Transfer-Encoding: chunked", b"2\r\n{}{}\r\n0\r\n\r\n", 400),
        (b"Content-Encoding: br\r\nContent-Length: 2", b"{}", 415),
        (b"Content-Encoding: gzip\r\nContent-Length: 2", b"{}", 400),
    ],
)
def test_bodies_that_cannot_be_read(
    sim: Simulator, header: bytes, body: bytes, status: int
) -> None:
    with serve(sim) as url:
        answer = spoken(url, POST, header, b"", body)
    head, _, words = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 %d " % status)
    assert b"Connection: close" in head
    assert json.loads(words)["error"]


def test_two_slashes_are_not_one(sim: Simulator) -> None:
    with serve(sim) as url:
        answer = spoken(url, b"GET //simulator/users HTTP/1.1", *LAST[1:])
    assert answer.startswith(b"HTTP/1.1 404 ")


@pytest.mark.parametrize(("host", "loopback"), [("127.0.0.1", True), ("0.0.0.0", False)])
def test_it_knows_whether_others_reach_it(sim: Simulator, host: str, loopback: bool) -> None:
    with serve(sim, host=host):
        assert sim.loopback is loopback


def test_no_address_of_a_person_is_logged(sim: Simulator, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(0), serve(sim) as url:
        connection = connected(url)
        connection.request("GET", "/v1/userProfiles/admin@school.example")
        connection.getresponse().read()
        connection.close()
    assert "@" not in caplog.text


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "Ctrl-C"])
def test_it_serves_until_interrupted_and_saves(tmp_path: object, number: int) -> None:
    program = (
        "import sys, pathlib\n"
        "from policy.simulator.app import Simulator\n"
        "from policy.simulator.server import serve_forever\n"
        "sim = Simulator(state_file=pathlib.Path(sys.argv[1]))\n"
        "sim.add_user('a@school.example')\n"
        "serve_forever(sim, port=int(sys.argv[2]))\n"
    )
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    path = os.path.join(str(tmp_path), "state.json")
    process = subprocess.Popen([sys.executable, "-c", program, path, str(port)])
    try:
        assert "a@school.example" in _when_it_answers(port)
        process.send_signal(number)
        assert process.wait(10) == 0
    finally:
        process.kill()
    with open(path, encoding="utf-8") as file:
        assert "a@school.example" in file.read()


def _when_it_answers(port: int) -> str:
    until = time.monotonic() + 20
    while True:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", "/simulator/users")
            return connection.getresponse().read().decode()
        except ConnectionRefusedError:
            assert time.monotonic() < until, "the simulator doesn't answer"
        finally:
            connection.close()


def test_an_answer_that_never_comes_holds_until_the_client_goes(sim: Simulator) -> None:
    with serve(sim) as url:
        sim.next("time_out")
        connection = connected(url)
        connection.timeout = 0.2
        with pytest.raises(TimeoutError):
            make_course(sim, connection, "d:a")
        connection.close()
        other = connected(url)  # meanwhile and afterwards it goes on
        assert make_course(sim, other, "d:b") == 200
        other.close()
    assert set(sim.state.aliases) == {"d:a", "d:b"}


def test_a_held_answer_ends_by_the_clock() -> None:
    sim = Simulator("school.example", clock=FastClock(1_000))
    sim.add_user("admin@school.example", admin=True)
    sim.switches = Switches(time_out_rate=1, time_out_lasts=120)
    with serve(sim) as url:
        connection = connected(url)
        started = time.monotonic()
        with pytest.raises(http.client.RemoteDisconnected):
            make_course(sim, connection, "d:a")
        assert 0.1 < time.monotonic() - started < 5
        connection.close()
    assert set(sim.state.aliases) == {"d:a"}


def test_it_ends_while_an_answer_is_held(sim: Simulator) -> None:
    before = threading.active_count()
    with serve(sim) as url:
        sim.next("time_out")
        connection = connected(url)
        token = sim.access_token("admin@school.example", [COURSES])
        connection.request("GET", "/v1/courses", headers={"Authorization": f"Bearer {token}"})
        while not sim.calls.requests[0]:
            threading.Event().wait(0.01)
    assert threading.active_count() == before
    connection.close()


def test_late_answers_keep_nobody_else_waiting() -> None:
    """Those who ask at once wait at once, by the simulator's clock."""
    sim = Simulator("school.example", clock=FastClock(10))
    sim.add_user("admin@school.example", admin=True)
    sim.switches = Switches(slow_rate=1, slow_takes=3)
    with serve(sim) as url, ThreadPoolExecutor(8) as pool:
        connections = [connected(url) for _ in range(8)]
        started = time.monotonic()
        jobs = [pool.submit(make_course, sim, each, f"d:{n}") for n, each in enumerate(connections)]
        assert [job.result() for job in jobs] == [200] * 8
        assert 0.3 <= time.monotonic() - started < 1.8
        for each in connections:
            each.close()
