"""Questions to a OneRoster REST service: let in by OAuth 2 or 1.0a, asked again where that helps.

OAuth 2: client credentials (RFC 6749, 4.4); the token is kept until it expires, and one more is
asked for when it is refused. OAuth 1.0a: which hash a service takes is said nowhere, so the better
one is tried first, and the other when it is refused. Nothing goes to another host: redirections
are not followed, and next pages are asked for by number, never by the links in an answer.
"""

import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from urllib.parse import quote, urlencode, urlsplit

import httpx
from oauthlib import oauth1

from policy.errors import RosterAtFault
from policy.roster.codes import Code, problem
from policy.rules.sources import OneRosterSource, TokenParameters
from policy.sources.base import revealed

PAUSES = (1.0, 2.0, 4.0, 8.0, 16.0)  # seconds, before the second try and so on
LONGEST_WAIT = 300.0  # seconds that a service may ask for
LARGEST = 256 * 1024 * 1024  # bytes of one answer
HASHES = (oauth1.SIGNATURE_HMAC_SHA256, oauth1.SIGNATURE_HMAC_SHA1)  # of OAuth 1.0a, in this order
_EARLY = timedelta(seconds=30)  # a token is renewed before it expires on the way
_BUSY = (429, 500, 502, 503, 504)
_OUTAGES = (429, 502, 503, 504)

# They tell of each request with its URL, in which a client's secret may stand, or of its signature.
for _name in ("httpx", "httpcore", "oauthlib"):
    logging.getLogger(_name).setLevel(logging.WARNING)


class NotTaken(Exception):
    """The service does not take a question as it is put. Never leaves the room of sources."""

    def __init__(self, status: int, words: str) -> None:
        self.status = status
        super().__init__(words)


class _CutOff(Exception):
    """An answer ended too early."""


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: httpx.Headers
    body: bytes

    def json(self) -> object:
        """Raises ValueError."""
        try:
            said: object = json.loads(self.body)
        except RecursionError as error:
            raise ValueError("lists in lists without an end") from error
        return said

    @property
    def date(self) -> datetime | None:
        """When it was given, by the service's own clock."""
        try:
            date = parsedate_to_datetime(self.headers.get("date", ""))
        except ValueError:
            return None
        return date.replace(tzinfo=date.tzinfo or UTC).astimezone(UTC)


@dataclass(slots=True)
class Service:
    """One reading's way to the service. `clock` says the time (with a zone), `sleep` waits for
    seconds."""

    source: OneRosterSource
    clock: Callable[[], datetime]
    sleep: Callable[[float], None]
    client: httpx.Client
    date: datetime | None = None  # of the first answer
    _secret: str = ""
    _token: str = ""
    _expires: datetime | None = None
    _hashes: list[str] = field(default_factory=lambda: list(HASHES))

    def __post_init__(self) -> None:
        self._secret = revealed(self.source.client_secret)

    def get(self, collection: str, query: Mapping[str, str]) -> tuple[object, httpx.Headers]:
        """The JSON of one page, and the headers. Raises NotTaken, or RosterAtFault where the
        service can't be reached (R301), lets nobody in (R302) or answers nonsense (R304)."""
        place = f"{self.source.url.rstrip('/')}/{collection}"
        url = f"{place}?{urlencode(query, quote_via=quote)}"
        answer = self._let_in(url, place)
        self.date = self.date or answer.date or self.clock().astimezone(UTC)
        if answer.status != HTTPStatus.OK:
            self._refuse_redirection(answer, place)
            raise NotTaken(answer.status, f"it answers {_status(answer)}{_words_of(answer)}")
        try:
            return answer.json(), answer.headers
        except ValueError as error:
            start = "nothing" if not answer.body.strip() else "what is not JSON"
            kind = answer.headers.get("content-type", "none")
            words = f"answers {start} (content type: {kind}); expected JSON"
            raise _fault(place, words, Code.ANSWER) from error

    def _let_in(self, url: str, place: str) -> Answer:
        """An answer to somebody who is known."""
        renewed = False
        while True:
            answer = self._answer(lambda: self._request(url), place)
            if answer.status == HTTPStatus.FORBIDDEN:
                words = (
                    "we are known and not allowed to read this (403 Forbidden)"
                    f"{_words_of(answer)}. Give the client the right to read rosters"
                    + (", or see whether scope is right" if self.source.token_url else "")
                )
                raise _fault(place, words, Code.REFUSED)
            if answer.status != HTTPStatus.UNAUTHORIZED:
                return answer
            if self.source.token_url is None and len(self._hashes) > 1:
                self._hashes.pop(0)
            elif self.source.token_url is not None and not renewed:
                self._token, renewed = "", True
            else:
                what = (
                    "client_id and client_secret are refused"
                    if self.source.token_url is None
                    else "a new token is refused"
                )
                words = f"{what} (401 Unauthorized){_words_of(answer)}"
                raise _fault(place, words, Code.REFUSED)

    def _request(self, url: str) -> httpx.Request:
        if self.source.token_url is None:
            signer = oauth1.Client(
                self.source.client_id,
                client_secret=self._secret,
                signature_method=self._hashes[0],
                timestamp=str(int(self.clock().timestamp())),
            )
            _, headers, _ = signer.sign(url)
        else:
            headers = {"Authorization": f"Bearer {self._valid_token(self.source.token_url)}"}
        return self.client.build_request("GET", url, headers=headers)

    def _valid_token(self, url: str) -> str:
        if not self._token or (self._expires is not None and self.clock() >= self._expires):
            answer = self._answer(lambda: self._token_request(url), url)
            self._refuse_redirection(answer, url)
            if answer.status != HTTPStatus.OK:
                words = (
                    f"gives no token: {_status(answer)}{_words_of(answer)}. See whether client_id, "
                    "client_secret, scope and token_parameters are right"
                )
                raise _fault(url, words, Code.REFUSED)
            self._take_token(answer, url)
        return self._token

    def _token_request(self, url: str) -> httpx.Request:
        asked = {"grant_type": "client_credentials"}
        if self.source.scope:
            asked["scope"] = self.source.scope
        client = {"client_id": self.source.client_id, "client_secret": self._secret}
        match self.source.token_parameters:
            case TokenParameters.HEADER:
                auth = httpx.BasicAuth(self.source.client_id, self._secret)
                request = self.client.build_request("POST", url, data=asked)
                return next(auth.auth_flow(request))
            case TokenParameters.FORM:
                return self.client.build_request("POST", url, data=asked | client)
            case TokenParameters.QUERY:
                return self.client.build_request("POST", url, params=asked | client)

    def _take_token(self, answer: Answer, url: str) -> None:
        try:
            said = answer.json()
        except ValueError:
            said = None
        token = said.get("access_token") if isinstance(said, dict) else None
        if not isinstance(said, dict) or not isinstance(token, str) or not token:
            words = "answers without an access_token; is it the address that gives tokens?"
            raise _fault(url, words, Code.ANSWER)
        self._token, self._expires = token, None
        seconds = str(said.get("expires_in", ""))  # some write a number as text
        if seconds.isdecimal() and len(seconds) < len("1000000000"):
            self._expires = self.clock() + timedelta(seconds=int(seconds)) - _EARLY

    def _answer(self, request: Callable[[], httpx.Request], place: str) -> Answer:
        """What is answered, after some tries. A 500 that stays may be about the question."""
        for pause in (*PAUSES, None):
            wait = pause
            try:
                answer = self._once(request(), place)
            except (httpx.RequestError, _CutOff) as error:
                why = _why(error)
            else:
                if answer.status not in _BUSY:
                    return answer
                if pause is None and answer.status not in _OUTAGES:
                    return answer
                why = f"it answers {_status(answer)}"
                if pause is not None:
                    wait = max(pause, self._asked_to_wait(answer, place))
            if wait is not None:
                self.sleep(wait)
        words = f"can't be reached, also after {len(PAUSES) + 1} tries: {why}"
        raise _fault(place, words, Code.OUT_OF_REACH)

    def _once(self, request: httpx.Request, place: str) -> Answer:
        response = self.client.send(request, stream=True)
        try:
            body = bytearray()
            for piece in response.iter_bytes():
                body += piece
                if len(body) > LARGEST:
                    words = (
                        f"answers more than {LARGEST >> 20} MiB at once; set a smaller page_size"
                    )
                    raise _fault(place, words, Code.ANSWER)
        finally:
            response.close()
        answer = Answer(response.status_code, response.headers, bytes(body))
        if answer.status == HTTPStatus.OK and _is_cut_off(answer):
            raise _CutOff
        return answer

    def _asked_to_wait(self, answer: Answer, place: str) -> float:
        """Retry-After in seconds, which may be given as a date."""
        said = answer.headers.get("retry-after", "").strip()
        if said.isdecimal():
            seconds = float(said)
        else:
            try:
                until = parsedate_to_datetime(said)
            except ValueError:
                return 0.0
            until = until.replace(tzinfo=until.tzinfo or UTC)
            seconds = (until - (answer.date or self.clock())).total_seconds()
        if seconds > LONGEST_WAIT:
            words = f"asks us to come again in {seconds / 60:,.0f} minutes ({_status(answer)})"
            raise _fault(place, words, Code.OUT_OF_REACH)
        return seconds

    def _refuse_redirection(self, answer: Answer, place: str) -> None:
        if HTTPStatus(300) <= answer.status < HTTPStatus.BAD_REQUEST:
            to = urlsplit(answer.headers.get("location", ""))
            host = f"to {to.scheme}://{to.netloc}" if to.netloc else "elsewhere"
            words = (
                f"sends us on {host} ({_status(answer)}), where we don't go with credentials. If "
                "that is right, write it into the policy"
            )
            raise _fault(place, words, Code.ANSWER)


def _is_cut_off(answer: Answer) -> bool:
    """JSON that begins and doesn't end. An answer without a length can be cut unseen."""
    if answer.body.lstrip()[:1] not in (b"{", b"["):
        return False
    try:
        answer.json()
    except ValueError:
        return True
    return False


def _why(error: httpx.RequestError | _CutOff) -> str:
    match error:
        case _CutOff():
            return "its answer ends in the middle"
        case httpx.TimeoutException():
            return "it does not answer in time"
        case httpx.RemoteProtocolError():
            return "its answer breaks off"
        case _:
            return str(error) or type(error).__name__


def _status(answer: Answer) -> str:
    try:
        return f"{answer.status} {HTTPStatus(answer.status).phrase}"
    except ValueError:
        return str(answer.status)


def _words_of(answer: Answer) -> str:
    """The codes that an error has by OneRoster or OAuth; no free text, which may be about people
    or repeat what we sent."""
    try:
        said = answer.json()
    except ValueError:
        return ""
    found = said.get("error", said.get("imsx_codeMajor")) if isinstance(said, dict) else None
    is_code = (
        isinstance(found, str)
        and found.replace("_", "").isalnum()
        and len(found) < len(20 * "code")
    )
    return f", {found}" if is_code else ""


def _fault(place: str, words: str, code: Code) -> RosterAtFault:
    return RosterAtFault([problem(place, words, code)])
