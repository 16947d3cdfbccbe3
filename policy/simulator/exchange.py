"""One HTTP request and its answer, as values: whole, or as a part of a batch."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from ipaddress import ip_address
from typing import Never

from policy.errors import RollbookError

JSON_TYPE = "application/json; charset=UTF-8"


class HangUp(RollbookError):
    """The simulator hangs up without a word, as it was told to"""


class NoAnswer(HangUp):
    """The simulator has done what was asked and says nothing, until the client gives up or, if
    `held` says so, for that many seconds"""

    def __init__(self, *, held: float | None) -> None:
        self.held = held
        super().__init__()


@dataclass(frozen=True, slots=True)
class Request:
    """A request. `path` is still escaped; header names are in lower case."""

    verb: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes = b""

    @property
    def root(self) -> str:
        """The address that the request was sent to, without a path."""
        return f"http://{self.headers.get('host', 'localhost')}"


@dataclass(frozen=True, slots=True)
class Response:
    """An answer."""

    status: int
    body: bytes
    type: str = JSON_TYPE
    headers: tuple[tuple[str, str], ...] = ()

    @property
    def line(self) -> str:
        """Status and phrase: `200 OK`."""
        return f"{self.status} {HTTPStatus(self.status).phrase}"


def is_loopback(host: str) -> bool:
    """Whether a host's name or address is this machine's own."""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def read_json(raw: bytes | str) -> object:
    """What a JSON text says. Raises ValueError for what can't be answered or saved again: half of
    a surrogate pair, NaN, nesting without end."""
    try:
        data: object = json.loads(raw, parse_constant=_no_number)
        json.dumps(data, ensure_ascii=False).encode()
    except RecursionError:
        raise ValueError("nested too deep") from None
    except UnicodeEncodeError:
        raise ValueError("a text has half of a surrogate pair") from None
    return data


def json_response(
    body: object, *, status: int = 200, headers: tuple[tuple[str, str], ...] = ()
) -> Response:
    """An answer in JSON."""
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    return Response(status, text.encode(), JSON_TYPE, headers)


def _no_number(word: str) -> Never:
    raise ValueError(f"{word} is no number")
