"""One HTTP request and its answer, as values: whole, or as a part of a batch."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus

from policy.errors import RollbookError

JSON_TYPE = "application/json; charset=UTF-8"


class HangUp(RollbookError):
    """The simulator has done what was asked and hangs up without a word, as it was told to"""


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


def json_response(
    body: object, *, status: int = 200, headers: tuple[tuple[str, str], ...] = ()
) -> Response:
    """An answer in JSON."""
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    return Response(status, text.encode(), JSON_TYPE, headers)
