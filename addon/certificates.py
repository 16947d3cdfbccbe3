"""Google's certificates, the keys that sign its ID tokens: fetched when needed, and kept."""

import http.client
import json
import threading
import time
import urllib.request
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field

from policy.errors import GoogleOutOfReach

GOOGLE = "https://www.googleapis.com"
PATH = "/oauth2/v1/certs"
KEPT = 3600.0  # seconds; Google changes its keys every few days and shows new ones in advance
UNKNOWN_KEY_PAUSE = 60.0  # junk tokens must not make us call Google each time
FAILURE_PAUSE = 5.0
WHOLE_FETCH = 4.0  # a click waits for it
LARGEST = 64 * 1024
PART = 4 * 1024
PEM = "-----BEGIN CERTIFICATE-----"
FAILED = (OSError, ValueError, RecursionError, http.client.HTTPException)

Fetch = Callable[[str], Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Held:
    """What the last fetch gave, and when it was."""

    certificates: Mapping[str, str] = field(default_factory=dict)
    at: float | None = None

    def fresh(self, now: float) -> bool:
        return self.at is not None and now - self.at < KEPT


class Certificates:
    """Certificates by key id. One thread fetches, the others that need it wait for that one."""

    def __init__(
        self,
        google_root: str | None,
        *,
        fetch: Fetch | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._address = (google_root or GOOGLE) + PATH
        self._fetch = fetch or fetch_certificates
        self._clock = clock
        self._lock = threading.Lock()
        self._held = Held()
        self._failed_at: float | None = None

    def of(self, key_id: str) -> str | None:
        """The certificate with this key id, None if Google has none. Raises GoogleOutOfReach."""
        held = self._held
        if held.fresh(self._clock()) and key_id in held.certificates:
            return held.certificates[key_id]
        with self._lock:
            if self._should_fetch(key_id):
                self._refresh()
            return self._held.certificates.get(key_id)

    def _should_fetch(self, key_id: str) -> bool:
        """Asked under the lock: another thread may have fetched while this one waited."""
        now, held = self._clock(), self._held
        if held.at is not None and held.fresh(now):
            return key_id not in held.certificates and now - held.at >= UNKNOWN_KEY_PAUSE
        return True

    def _refresh(self) -> None:
        now = self._clock()
        if self._failed_at is not None and now - self._failed_at < FAILURE_PAUSE:
            raise GoogleOutOfReach("Google's certificates could not be fetched a moment ago")
        try:
            self._held = Held(self._fetch(self._address), self._clock())
        except GoogleOutOfReach:
            self._failed_at = self._clock()
            raise
        self._failed_at = None


def fetch_certificates(address: str) -> Mapping[str, str]:
    """PEM certificates by key id, at least one, within WHOLE_FETCH seconds. Raises
    GoogleOutOfReach."""
    try:
        body = json.loads(_content(address))
    except FAILED as error:
        raise _out_of_reach(address, error) from None
    found = body.items() if isinstance(body, dict) else ()
    certificates = {key: pem for key, pem in found if isinstance(pem, str) and PEM in pem}
    if not certificates:
        raise GoogleOutOfReach(f"{address} should hold certificates by key id, and does not")
    return certificates


def _content(address: str) -> bytes:
    """What is at an address. Fetched in a thread of its own, since a time limit of urllib's is for
    each read: an answer that comes byte by byte would never reach it."""
    answer: Future[bytes] = Future()

    def fetch() -> None:
        try:
            answer.set_result(_read(address, time.monotonic() + WHOLE_FETCH))
        except FAILED as error:
            answer.set_exception(_out_of_reach(address, error))

    threading.Thread(target=fetch, name="certificates", daemon=True).start()
    return answer.result(timeout=WHOLE_FETCH)


def _out_of_reach(address: str, error: BaseException) -> GoogleOutOfReach:
    return GoogleOutOfReach(
        f"Google's certificates can't be fetched from {address} ({type(error).__name__})"
    )


def _read(address: str, until: float) -> bytes:
    content = b""
    with urllib.request.urlopen(address, timeout=WHOLE_FETCH) as answer:
        while part := answer.read1(PART):
            content += part
            if len(content) > LARGEST:
                raise ValueError("more than certificates take")
            if time.monotonic() > until:
                raise TimeoutError
    return content
