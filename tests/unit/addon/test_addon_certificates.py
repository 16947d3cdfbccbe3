"""Certificates are fetched seldom, by one thread, and never again for junk."""

import http.server
import json
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from addon.certificates import FAILURE_PAUSE, KEPT, PATH, UNKNOWN_KEY_PAUSE, Certificates
from addon.certificates import fetch_certificates as fetch
from policy.errors import GoogleOutOfReach


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
def answering(status: int, body: bytes) -> Iterator[str]:
    """A real server with one answer."""

    class Answer(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Quiet."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}{PATH}"
        finally:
            server.shutdown()
            thread.join()


def test_fetch_over_http() -> None:
    with answering(200, json.dumps({"k1": "PEM", "odd": 1}).encode()) as address:
        assert fetch(address) == {"k1": "PEM"}


@pytest.mark.parametrize(
    ("status", "body"),
    [(500, b"{}"), (404, b"{}"), (200, b"<html>"), (200, b"[]"), (200, b"{}"), (200, b"\xff")],
    ids=["500", "404", "not JSON", "a list", "empty", "not text"],
)
def test_fetch_of_something_else(status: int, body: bytes) -> None:
    with answering(status, body) as address, pytest.raises(GoogleOutOfReach):
        fetch(address)


def test_fetch_from_nobody() -> None:
    with answering(200, b"") as address:
        pass
    with pytest.raises(GoogleOutOfReach, match="URLError"):
        fetch(address)
