"""Certificates are fetched seldom, by one thread, and never again for junk."""

import http.server
import json
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

import addon.certificates
from addon.certificates import (
    FAILURE_PAUSE,
    KEPT,
    LARGEST,
    PATH,
    PEM,
    UNKNOWN_KEY_PAUSE,
    Certificates,
)
from addon.certificates import fetch_certificates as fetch
from policy.errors import GoogleOutOfReach

PEM_1 = f"{PEM}\nMIIB\n-----END CERTIFICATE-----\n"


class Source:
    """Google's certificates as a test sets them, with a clock of its own."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.certificates: Mapping[str, str] = {"k1": "PEM 1"}
        self.fault = False
        self.fetched: list[str] = []

    def fetch(self, address: str) -> Mapping[str, str]:
        self.fetched.append(address)
        if self.fault:
            raise GoogleOutOfReach
        return self.certificates

    def certificates_of(self, root: str | None = None) -> Certificates:
        return Certificates(root, fetch=self.fetch, clock=lambda: self.now)


@pytest.fixture
def source() -> Source:
    return Source()


@pytest.mark.parametrize(
    ("root", "address"),
    [
        (None, "https://www.googleapis.com/oauth2/v1/certs"),
        ("http://127.0.0.1:9", "http://127.0.0.1:9/oauth2/v1/certs"),
    ],
    ids=["google", "another root"],
)
def test_address(source: Source, root: str | None, address: str) -> None:
    source.certificates_of(root).of("k1")
    assert source.fetched == [address]


def test_known_key_is_fetched_once_until_it_is_old(source: Source) -> None:
    certificates = source.certificates_of()
    assert [certificates.of("k1") for _ in range(5)] == ["PEM 1"] * 5
    assert len(source.fetched) == 1
    source.now += KEPT - 1
    certificates.of("k1")
    assert len(source.fetched) == 1
    source.now += 2
    certificates.of("k1")
    assert len(source.fetched) == 2


def test_unknown_key_fetches_at_most_once_a_minute(source: Source) -> None:
    certificates = source.certificates_of()
    certificates.of("k1")
    assert [certificates.of("junk") for _ in range(5)] == [None] * 5
    assert len(source.fetched) == 1
    source.now += UNKNOWN_KEY_PAUSE
    assert [certificates.of("junk") for _ in range(5)] == [None] * 5
    assert len(source.fetched) == 2


def test_a_new_key_of_google_is_found(source: Source) -> None:
    certificates = source.certificates_of()
    certificates.of("k1")
    source.certificates = {"k1": "PEM 1", "k2": "PEM 2"}
    source.now += UNKNOWN_KEY_PAUSE
    assert certificates.of("k2") == "PEM 2"


def test_a_key_that_google_has_dropped_ends_with_the_next_fetch(source: Source) -> None:
    certificates = source.certificates_of()
    certificates.of("k1")
    source.certificates = {"k2": "PEM 2"}
    source.now += KEPT
    assert certificates.of("k1") is None


def test_out_of_reach_is_not_asked_again_at_once(source: Source) -> None:
    certificates = source.certificates_of()
    source.fault = True
    for _ in range(3):
        with pytest.raises(GoogleOutOfReach):
            certificates.of("k1")
    assert len(source.fetched) == 1
    source.fault = False
    source.now += FAILURE_PAUSE
    assert certificates.of("k1") == "PEM 1"


def test_many_threads_fetch_once() -> None:
    source, threads = Source(), 8
    together = threading.Barrier(threads)
    certificates = source.certificates_of()

    def ask(_number: int) -> str | None:
        together.wait(timeout=10)
        return certificates.of("k1")

    with ThreadPoolExecutor(threads) as pool:
        assert list(pool.map(ask, range(threads))) == ["PEM 1"] * threads
    assert len(source.fetched) == 1


def test_a_known_key_does_not_wait_for_a_fetch_of_another() -> None:
    source = Source()
    inside, go_on = threading.Event(), threading.Event()
    certificates = source.certificates_of()
    certificates.of("k1")
    source.now += UNKNOWN_KEY_PAUSE
    quick = source.fetch

    def slow(address: str) -> Mapping[str, str]:
        inside.set()
        assert go_on.wait(timeout=10)
        return quick(address)

    slow_ones = Certificates(None, fetch=slow, clock=lambda: source.now)
    slow_ones._held = certificates._held
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(slow_ones.of, "junk")
        assert inside.wait(timeout=10)
        assert slow_ones.of("k1") == "PEM 1"
        go_on.set()
        assert waiting.result(timeout=10) is None


@contextmanager
def answering(status: int, body: bytes, *, port: int = 0) -> Iterator[str]:
    """A real server with one answer."""

    class Answer(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Quiet."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", port), Answer) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}{PATH}"
        finally:
            server.shutdown()
            thread.join()


def test_fetch_over_http() -> None:
    body = {"k1": PEM_1, "odd": 1, "empty": "", "other": "PEM"}
    with answering(200, json.dumps(body).encode()) as address:
        assert fetch(address) == {"k1": PEM_1}


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (500, b"{}"),
        (404, b"{}"),
        (200, b"<html>"),
        (200, b"[]"),
        (200, b"{}"),
        (200, b"\xff"),
        (200, b'{"k1": "x"}'),
        (200, b'{"k1": 5}'),
        (200, b"[" * 50_000),
        (200, b" " * (LARGEST + 1)),
    ],
    ids=[
        "500", "404", "not JSON", "a list", "empty", "not text", "no certificate", "a number",
        "too deep", "too large",
    ],
)  # fmt: skip
def test_fetch_of_something_else(status: int, body: bytes) -> None:
    with answering(status, body) as address, pytest.raises(GoogleOutOfReach):
        fetch(address)


def test_fetch_from_nobody() -> None:
    with answering(200, b"") as address:
        pass
    with pytest.raises(GoogleOutOfReach, match="URLError"):
        fetch(address)


@contextmanager
def saying(*parts: bytes, every: float = 0.0, then_end: bool = True) -> Iterator[str]:
    """A server that says just this, HTTP or not, to whoever connects; the last part again and
    again, at intervals, unless it is to end."""
    over = threading.Event()

    def talk(listening: socket.socket) -> None:
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            with connection:
                connection.recv(4096)
                try:
                    for part in parts:
                        connection.sendall(part)
                    while not then_end and not over.wait(every):
                        connection.sendall(parts[-1])
                except OSError:
                    continue

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=talk, args=(listening,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            over.set()
            listening.shutdown(socket.SHUT_RDWR)
            thread.join()


OK = b"HTTP/1.1 200 OK\r\n"


@pytest.mark.parametrize(
    "said",
    [
        b"garbage\r\n\r\n",
        b"",
        OK + b'Content-Length: 100\r\n\r\n{"k1',
        OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
        OK + b"X: " + b"a" * 70_000 + b"\r\n\r\n{}",
        OK + b"X: y\r\n" * 200 + b"\r\n{}",
    ],
    ids=["no HTTP", "nothing", "cut off", "bad chunk", "long line", "many headers"],
)
def test_broken_http_is_out_of_reach_and_not_asked_again_at_once(said: bytes) -> None:
    with saying(said) as root:
        certificates = Certificates(root, clock=lambda: 0.0)
        with pytest.raises(GoogleOutOfReach, match="can't be fetched from"):
            certificates.of("k1")
    with pytest.raises(GoogleOutOfReach, match="a moment ago"):
        certificates.of("k1")


@pytest.mark.parametrize(
    "parts",
    [[OK + b"Content-Length: 9999\r\n\r\n", b" "], [OK, b"X: y\r\n"], [b"H"]],
    ids=["body", "headers", "first line"],
)
def test_an_answer_byte_by_byte_ends_in_time(
    parts: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(addon.certificates, "WHOLE_FETCH", 0.3)
    with saying(*parts, every=0.1, then_end=False) as root:
        began = time.monotonic()
        with pytest.raises(GoogleOutOfReach, match="TimeoutError"):
            fetch(root + PATH)
        assert time.monotonic() - began < 2


def test_nobody_goes_on_reading_what_comes_byte_by_byte(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(addon.certificates, "WHOLE_FETCH", 0.3)
    parts = (OK + b"Content-Length: 9999\r\n\r\n", b" ")
    with saying(*parts, every=0.1, then_end=False) as root:
        with pytest.raises(GoogleOutOfReach, match="TimeoutError"):
            fetch(root + PATH)
        reading = [each for each in threading.enumerate() if each.name == "certificates"]
        for thread in reading:
            thread.join(timeout=10)
        assert [thread for thread in reading if thread.is_alive()] == []


def test_an_answer_without_a_certificate_replaces_nothing() -> None:
    now = [0.0]
    with answering(200, json.dumps({"k1": PEM_1}).encode()) as address:
        certificates = Certificates(address.removesuffix(PATH), clock=lambda: now[0])
        assert certificates.of("k1") == PEM_1
    port = int(address.removesuffix(PATH).rpartition(":")[2])
    now[0] += UNKNOWN_KEY_PAUSE
    with answering(200, b'{"k1": ""}', port=port), pytest.raises(GoogleOutOfReach):
        certificates.of("junk")
    assert certificates.of("k1") == PEM_1
