"""Asking Clever: pages by their links, tries, pauses, and what no answer or a wrong one means.

The token goes to the policy's host alone: redirects and links to others are not followed.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from itertools import count
from typing import Any

import httpx

from policy.errors import RosterAtFault
from policy.roster.codes import Code, problem
from policy.sources.clever_records import Raw

VERSION = "/v3.0"
PAGE = 1_000  # Clever takes up to 10,000; this keeps an answer at a few megabytes
PAUSES = (1.0, 2.0, 4.0, 8.0)  # seconds before the second, third, … try
WINDOW = 60.0  # seconds: Clever counts 1,200 requests a minute for a token
LONGEST = 300.0  # seconds that Clever may ask us to wait
TIMEOUT = 30.0  # seconds without a byte
SLOWEST = timedelta(minutes=10)  # for one answer
MOST_BYTES = 256 * 1024**2  # of one answer
_EPOCH_FROM = 1_000_000_000  # above, X-RateLimit-Reset is a time, and below seconds from now [U]
_WORDS_SHOWN = 200


class Declined(RosterAtFault):
    """Clever understood and says no; `status` is HTTP's"""

    def __init__(self, words: str, status: int) -> None:
        self.status = status
        super().__init__([words])


class _Passing(Exception):
    """Something that may be over soon; `wait` is how long Clever wants us to wait, if it says"""

    def __init__(self, words: str, wait: float | None = None, code: Code = Code.OUT_OF_REACH):
        self.wait = wait
        self.code = code
        super().__init__(words)


@dataclass(frozen=True, slots=True)
class Asker:
    """One reading's questions. `root` is the API's address without the version."""

    client: httpx.Client
    root: str
    clock: Callable[[], datetime]
    sleep: Callable[[float], None]

    def one(self, path: str) -> Raw:
        """A single record. Raises Declined, or RosterAtFault (R301, R302, R304)."""
        data = self._ask(self._url(path))["data"]
        if not isinstance(data, dict):
            raise self.fault(f"{path} answers with 'data' that is no object", Code.ANSWER)
        return _inner(data)

    def pages(self, path: str, **parameters: str) -> Iterator[list[Raw]]:
        """All records of a list, page by page. Raises as `one`. A page that has only what came
        already is no end, but a circle."""
        url: httpx.URL | None = self._url(path, {"limit": str(PAGE), **parameters})
        seen: set[str] = set()
        while url is not None:
            answer = self._ask(url)
            records = self._records(path, answer)
            new = {str(record.get("id")) for record in records} - seen
            if records and not new:
                words = (
                    f"{path} has pages whose links lead in a circle; show this to Clever's support"
                )
                raise self.fault(words, Code.ANSWER)
            seen |= new
            if records:
                yield records
            on = self._next(path, answer)
            url = on if records else None

    def newest(self, path: str) -> Raw | None:
        """The last record of a list. Clever's way to ask for it is `ending_before=last`, which its
        documents of v3 no longer mention [U]: without an answer all pages are gone through. Should
        it be taken for something else, what comes is an older record, which does no harm to one
        who goes on from there."""
        try:
            last = self._ask(self._url(path, {"limit": "1", "ending_before": "last"}))
            found = self._records(path, last)
        except Declined as declined:
            if declined.status != httpx.codes.BAD_REQUEST:
                raise
            found = []
        for page in () if found else self.pages(path):
            found = page[-1:]
        return found[-1] if found else None

    def fault(self, words: str, code: Code) -> RosterAtFault:
        return RosterAtFault([self._problem(words, code)])

    def _problem(self, words: str, code: Code) -> str:
        return problem(httpx.URL(self.root).host, words, code)

    def _url(self, path: str, parameters: Mapping[str, str] | None = None) -> httpx.URL:
        return httpx.URL(f"{self.root.rstrip('/')}{VERSION}{path}", params=parameters)

    def _records(self, path: str, answer: Raw) -> list[Raw]:
        """Out of the double `data` of lists; a list of bare records is read too."""
        data = answer["data"]
        if not isinstance(data, list) or not all(isinstance(one, dict) for one in data):
            raise self.fault(f"{path} answers with 'data' that is no list", Code.ANSWER)
        return list(map(_inner, data))

    def _next(self, path: str, answer: Raw) -> httpx.URL | None:
        """Where the list goes on, by its links. Without any it can't be told to be whole."""
        links = answer.get("links")
        if not isinstance(links, list) or not all(isinstance(link, dict) for link in links):
            words = f"{path} answers without the links that say whether there is more"
            raise self.fault(words, Code.ANSWER)
        uri = next((link.get("uri") for link in links if link.get("rel") == "next"), None)
        if uri is None:
            return None
        root = httpx.URL(self.root)
        try:
            url = root.join(uri)
        except (httpx.InvalidURL, TypeError) as error:
            raise self.fault(
                f"{path} has a link to a next page that is none", Code.ANSWER
            ) from error
        if (url.scheme, url.host, url.port) != (root.scheme, root.host, root.port):
            words = (
                f"{path} goes on at another place, {url.host}; it is not asked, nor given the token"
            )
            raise self.fault(words, Code.ANSWER)
        prefix = root.raw_path.rstrip(b"/")
        inside = url.raw_path.startswith(prefix + b"/")
        return url if inside else url.copy_with(raw_path=prefix + url.raw_path)

    def _ask(self, url: httpx.URL) -> Raw:
        """An answer that has `data`, after as many tries as it takes, and not more."""
        for number in count(1):
            try:
                return self._once(url)
            except _Passing as trouble:
                over = number > len(PAUSES)
                wait = trouble.wait if over or trouble.wait is not None else PAUSES[number - 1]
                if over or (wait or 0) > LONGEST:
                    tries = f", after {number} tries" if number > 1 else ""
                    raise self.fault(f"{url.path} {trouble}{tries}", trouble.code) from trouble
                self.sleep(wait or 0)
        raise AssertionError("count has no end")

    def _once(self, url: httpx.URL) -> Raw:
        try:
            with self.client.stream("GET", url) as response:
                body = self._body(url, response)
        except httpx.RequestError as error:
            words = f"gives no whole answer ({error or type(error).__name__})"
            raise _Passing(words) from error
        if response.status_code == httpx.codes.TOO_MANY_REQUESTS:
            wait = self._asked_to_wait(response)
            raise _Passing(f"is asked too often and wants {wait:.0f} seconds of rest", wait)
        if response.is_server_error and response.status_code != httpx.codes.NOT_IMPLEMENTED:
            raise _Passing(f"answers with HTTP {response.status_code}")
        if response.status_code != httpx.codes.OK:
            raise self._declined(url, response, body)
        answer = self._parsed(url, response, body)
        if response.headers.get("X-RateLimit-Remaining", "").strip() == "0":
            self.sleep(min(self._until_reset(response), WINDOW))
        return answer

    def _body(self, url: httpx.URL, response: httpx.Response) -> bytes:
        begun, body = self.clock(), bytearray()
        for chunk in response.iter_bytes():
            body += chunk
            if len(body) > MOST_BYTES:
                words = f"{url.path} answers with more than {MOST_BYTES:,} bytes"
                raise self.fault(words, Code.ANSWER)
            if self.clock() - begun > SLOWEST:
                raise httpx.ReadTimeout("it takes too long")
        return bytes(body)

    def _parsed(self, url: httpx.URL, response: httpx.Response, body: bytes) -> Raw:
        """JSON with `data`. What says that it is JSON and isn't may be cut off, and is asked for
        again; a page for people comes when the token is of another type, says Clever."""
        kind = response.headers.get("Content-Type", "")
        try:
            answer: Any = json.loads(body)
        except (ValueError, RecursionError) as error:
            words = f"answers with something that is not JSON ({kind or 'of no type'})"
            if "json" in kind.casefold():
                raise _Passing(words, code=Code.ANSWER) from error
            more = "Is the token a district's, and the address Clever's API?"
            raise self.fault(f"{url.path} {words}. {more}", Code.ANSWER) from error
        if not isinstance(answer, dict) or "data" not in answer:
            raise self.fault(f"{url.path} answers without 'data'", Code.ANSWER)
        return answer

    def _declined(self, url: httpx.URL, response: httpx.Response, body: bytes) -> Declined:
        status, own = response.status_code, _own_words(body)
        if status in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN):
            words = (
                f"does not let us read {url.path} (HTTP {status}{own}). Expected a district's "
                "token with Secure Sync; take your district's from the app's page in Clever"
            )
            return Declined(self._problem(words, Code.REFUSED), status)
        words = f"{url.path} answers with HTTP {status}{own}"
        if response.is_redirect:
            words += ", a way to another place, which is not followed"
        return Declined(self._problem(words, Code.ANSWER), status)

    def _asked_to_wait(self, response: httpx.Response) -> float:
        said = response.headers.get("Retry-After", "").strip()
        if said.isdecimal():
            return float(said)
        with suppress(ValueError, TypeError):  # no date, or one without a zone
            return max(0.0, (parsedate_to_datetime(said) - self.clock()).total_seconds())
        return self._until_reset(response)

    def _until_reset(self, response: httpx.Response) -> float:
        said = response.headers.get("X-RateLimit-Reset", "").strip()
        if not said.isdecimal():
            return WINDOW
        seconds = float(said)
        return max(0.0, seconds - self.clock().timestamp()) if seconds > _EPOCH_FROM else seconds


def _inner(record: Raw) -> Raw:
    """A record in a list stands in a `data` of its own. An event has a field `data` too: it is
    told by its type."""
    inside = record.get("data")
    return inside if isinstance(inside, dict) and "type" not in record else record


def _own_words(body: bytes) -> str:
    """What Clever says about its no, if it does: `error` or `message`."""
    with suppress(ValueError, RecursionError):
        said = json.loads(body)
        for name in ("error", "message"):
            if isinstance(said, dict) and isinstance(said.get(name), str) and said[name].strip():
                return f": {' '.join(said[name].split())[:_WORDS_SHOWN]}"
    return ""
