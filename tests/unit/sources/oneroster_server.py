"""A small OneRoster service on this machine, as the specification has it, and as vendors differ.

Its rows are JSON objects by collection. What it does otherwise than the standard is set in `Ways`.
"""

import base64
import csv
import json
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from threading import Event, Thread
from typing import Any

from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.wrappers import Request, Response

from unit.sources.rfc5849 import signature

ID, SECRET, SCOPE = "client-1", "s3cret/+=", "roster-core.readonly"
BASE = "/ims/oneroster/v1p1"
COLLECTIONS = ("orgs", "academicSessions", "courses", "classes", "users", "enrollments")
Thing = dict[str, Any]
_FILTER = re.compile(r"dateLastModified>'(.*)'")


@dataclass(slots=True)
class Ways:
    """How it differs. `before` may answer instead of it, or change its rows."""

    cap: int = 10_000
    counts: bool = True  # X-Total-Count
    links: bool = False
    dates: bool = True
    sorts: bool = True
    filters: bool = True
    ignores_filter: bool = False
    pages: bool = True
    beyond: int = 200  # status of a page behind the last
    key: dict[str, str] = field(default_factory=dict)  # of the payload, where another
    token_in: str = "header"
    token_lives: int | str | None = 3600
    hashed: str = ""  # OAuth 1.0a with this method
    before: Callable[[Request], Response | None] = lambda _request: None


@dataclass(slots=True)
class Server:
    rows: dict[str, list[Thing]]
    ways: Ways = field(default_factory=Ways)
    now: datetime = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
    url: str = ""
    tokens: list[str] = field(default_factory=list)  # given; the last one is valid
    asked: list[str] = field(default_factory=list)  # path and query
    over: Event = field(default_factory=Event)

    def __call__(self, environ: Any, start: Any) -> Iterable[bytes]:
        return self.answer(Request(environ))(environ, start)

    def answer(self, request: Request) -> Response:
        query = request.query_string.decode()
        self.asked.append(f"{request.path}?{query}" if query else request.path)
        response = self.ways.before(request) or self._usual(request)
        if self.ways.dates:
            response.headers["Date"] = format_datetime(self.now, usegmt=True)
        return response

    def _usual(self, request: Request) -> Response:
        if request.path == "/token":
            return self._token(request)
        if not self._is_let_in(request):
            return answer(401, imsx_codeMajor="failure", imsx_codeMinor="unauthorized")
        collection = request.path.removeprefix(f"{BASE}/")
        if collection not in self.rows:
            return answer(404, imsx_codeMajor="failure")
        return self._page(request, collection)

    def _page(self, request: Request, collection: str) -> Response:
        ways, rows = self.ways, list(self.rows[collection])
        if "filter" in request.args and not ways.ignores_filter:
            found = _FILTER.fullmatch(request.args["filter"])
            if not ways.filters or found is None:
                return answer(400, imsx_codeMajor="failure")
            since = datetime.fromisoformat(found[1])
            rows = [r for r in rows if datetime.fromisoformat(r["dateLastModified"]) > since]
        if "sort" in request.args:
            if not ways.sorts:
                return answer(400, imsx_codeMajor="failure")
            rows.sort(key=lambda row: str(row["sourcedId"]))
        limit, offset = int(request.args["limit"]), int(request.args["offset"])
        size = min(limit, ways.cap)
        if offset >= len(rows) and offset and ways.beyond != 200:
            return answer(ways.beyond, imsx_codeMajor="failure")
        page = rows[offset : offset + size] if ways.pages else rows
        response = answer(200, **{ways.key.get(collection, collection): page})
        if ways.counts:
            response.headers["X-Total-Count"] = str(len(rows))
        if ways.links:
            rel = "next" if offset + size < len(rows) else "first"
            response.headers["Link"] = f'<https://elsewhere.example/x>; rel="{rel}"'
        return response

    def _token(self, request: Request) -> Response:
        said = {"header": _basic(request), "form": request.form, "query": request.args}
        where = said[self.ways.token_in]
        asked = request.args if self.ways.token_in == "query" else request.form
        if (where.get("client_id"), where.get("client_secret")) != (ID, SECRET):
            return answer(401, error="invalid_client")
        if (asked.get("grant_type"), asked.get("scope")) != ("client_credentials", SCOPE):
            return answer(400, error="invalid_scope")
        self.tokens.append(f"token-{len(self.tokens) + 1}")
        lives = {} if self.ways.token_lives is None else {"expires_in": self.ways.token_lives}
        return answer(200, access_token=self.tokens[-1], token_type="bearer", **lives)

    def _is_let_in(self, request: Request) -> bool:
        said = request.headers.get("Authorization", "")
        if not self.ways.hashed:
            return bool(self.tokens) and said == f"Bearer {self.tokens[-1]}"
        pairs = {k: Request({"QUERY_STRING": f"v={v}"}).args["v"] for k, v in _signed(said)}
        signed = pairs.pop("oauth_signature", "")
        right = signature("GET", request.url, pairs.items(), (SECRET, ""), self.ways.hashed)
        return signed == right and pairs["oauth_consumer_key"] == ID


def answer(status: int, **said: object) -> Response:
    return Response(json.dumps(said), status, content_type="application/json")


def _basic(request: Request) -> dict[str, str]:
    said = request.headers.get("Authorization", "").removeprefix("Basic ")
    name, _, secret = base64.b64decode(said).decode().partition(":")
    return {"client_id": name, "client_secret": secret}


def _signed(header: str) -> list[tuple[str, str]]:
    return re.findall(r'(\w+)="([^"]*)"', header)


class _Quiet(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log(self, *_: Any, **__: Any) -> None:
        pass

    def send_response(self, code: int, message: str | None = None) -> None:
        self.send_response_only(code, message)  # without a Date of its own

    def date_time_string(self, *_: object, **__: object) -> str:
        return ""  # where the answer has none


@contextmanager
def served(server: Server) -> Iterator[Server]:
    at = make_server("127.0.0.1", 0, server, threaded=True, request_handler=_Quiet)
    thread = Thread(target=at.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    server.url = f"http://127.0.0.1:{at.server_port}"
    try:
        yield server
    finally:
        server.over.set()
        at.shutdown()
        thread.join()
        at.server_close()


def of_csv(folder: Path, *, booleans: bool | None = True) -> dict[str, list[Thing]]:
    """A OneRoster 1.1 CSV set as what a service would answer; `booleans` as such, as text (False)
    or as 1 and 0 (None)."""
    return {name: [_thing(row, booleans) for row in _rows(folder, name)] for name in COLLECTIONS}


def _rows(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / f"{name}.csv").open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


_LISTS = ("grades", "subjects", "subjectCodes", "periods")


def _thing(row: dict[str, str], booleans: bool | None) -> Thing:
    thing: Thing = {}
    for column, cell in row.items():
        parts = [part.strip() for part in cell.split(",") if part.strip()]
        if column.endswith("SourcedIds"):
            key = column.removesuffix("SourcedIds") + "s"
            thing[key] = [_reference(key[:-1], part) for part in parts]
        elif column.endswith("SourcedId"):
            key = column.removesuffix("SourcedId")
            thing[key] = _reference(key, cell) if cell else None
        elif column in _LISTS:
            thing[column] = parts
        elif column in ("enabledUser", "primary") and cell:
            is_true = cell.casefold() in ("true", "1")
            forms = {True: is_true, False: cell.casefold(), None: int(is_true)}
            thing[column] = forms[booleans]
        elif cell:
            thing[column] = cell
    return thing


def _reference(kind: str, key: str) -> Thing:
    return {"href": f"https://elsewhere.example/{kind}s/{key}", "sourcedId": key, "type": kind}


def stamp(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03}Z"


MINUTE = timedelta(minutes=1)
