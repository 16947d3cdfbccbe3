"""Clever's Data API v3 as its documents have it, on this machine: districts, lists by pages, users
by id, events. What is wrong with it for once is put into `troubles`.
"""

import json
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

Raw = dict[str, Any]
TOKEN = "TEST_TOKEN"
KINDS = ("schools", "terms", "courses", "sections", "users")
SYNCED = "2026-08-20T22:25:23.709Z"


@dataclass
class Trouble:
    """What one request gets instead of its answer, if its path (with the query) has `where`."""

    where: str
    status: int = 200
    body: bytes = b"{}"
    headers: dict[str, str] = field(default_factory=dict)
    kind: str = "application/json"
    cut: bool = False  # half of the body, and the line is closed
    slow: bool = False  # no answer until the test is over


@dataclass
class Clever:
    """One district. `page` is the most that a page has, whatever is asked for."""

    things: dict[str, dict[str, Raw]] = field(default_factory=lambda: {kind: {} for kind in KINDS})
    district: Raw = field(
        default_factory=lambda: {
            "id": "d1",
            "name": "Maple",
            "state": "running",
            "last_sync": SYNCED,
            "district_contact": {"name": {"first": "SECRET"}, "email": "SECRET@maple.example"},
        }
    )
    events: list[Raw] | None = field(default_factory=list)
    page: int = 10_000
    asked: list[str] = field(default_factory=list)
    troubles: deque[Trouble] = field(default_factory=deque)
    headers: dict[str, str] = field(default_factory=dict)  # of each good answer
    before: Callable[[str], None] = lambda _path: None  # called with each path that is asked
    url: str = ""

    def put(self, kind: str, raw: Raw) -> None:
        self.things[kind][raw["id"]] = raw

    def answer(self, target: str) -> tuple[int, Raw]:
        self.before(target)
        path = urlsplit(target).path
        query = {name: values[-1] for name, values in parse_qs(urlsplit(target).query).items()}
        parts = path.strip("/").split("/")
        if parts[0] != "v3.0" or len(parts) not in (2, 3):
            return 404, {"error": "Resource not found"}
        if parts[1] == "districts":
            return 200, self._list(path, [self.district], query)
        if parts[1] == "events":
            if self.events is None:
                return 404, {"error": "Resource not found"}
            return 200, self._list(path, self.events, query)
        shelf = self.things.get(parts[1], {})
        if len(parts) == 3:
            found = shelf.get(parts[2])
            return (200, {"data": found}) if found else (404, {"error": "Resource not found"})
        role = query.get("role")
        rows = [shelf[key] for key in sorted(shelf)]
        return 200, self._list(
            path, [raw for raw in rows if role is None or raw["roles"].get(role)], query
        )

    def _list(self, path: str, rows: list[Raw], query: dict[str, str]) -> Raw:
        """By ids: `starting_after`, and `ending_before=last` for the end of the list."""
        most = min(int(query.get("limit", "100")), self.page)
        links = [{"rel": "self", "uri": f"{path}?{urlencode(query)}"}]
        if query.get("ending_before") == "last":
            rows = rows[-most:]
        else:
            rows = [raw for raw in rows if raw["id"] > query.get("starting_after", "")]
            if len(rows) > most:
                rows = rows[:most]
                on = urlencode({**query, "starting_after": rows[-1]["id"]})
                links.append({"rel": "next", "uri": f"{path}?{on}"})
        data = [{"data": raw, "uri": f"{path}/{raw['id']}"} for raw in rows]
        return {"data": data, "links": links}


@contextmanager
def serving(clever: Clever) -> Iterator[str]:
    """Its address, until the end."""
    over = Event()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            clever.asked.append(self.path)
            if self.headers.get("Authorization") != f"Bearer {TOKEN}":
                self._send(401, json.dumps({"error": "bad token"}).encode())
                return
            if clever.troubles and clever.troubles[0].where in self.path:
                self._trouble(clever.troubles.popleft())
                return
            status, answer = clever.answer(self.path)
            self._send(status, json.dumps(answer).encode(), clever.headers)

        def _trouble(self, trouble: Trouble) -> None:
            if trouble.slow:
                over.wait(30)
                self.close_connection = True
                return
            self._send(trouble.status, trouble.body, trouble.headers, trouble.kind, cut=trouble.cut)

        def _send(
            self,
            status: int,
            body: bytes,
            headers: dict[str, str] | None = None,
            kind: str = "application/json; charset=utf-8",
            *,
            cut: bool = False,
        ) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            for name, value in (headers or {}).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body[: len(body) // 2] if cut else body)
            self.close_connection = self.close_connection or cut

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    clever.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield clever.url
    finally:
        over.set()
        server.shutdown()
        server.server_close()
        thread.join()


def user(key: str, *roles: str, email: str | None = None, **more: Any) -> Raw:
    """With something in every field that nobody needs."""
    personal = {
        "sis_id": "SECRET-sis",
        "student_number": "SECRET-number",
        "state_id": "SECRET-state",
        "dob": "SECRET-1/2/2011",
        "gender": "SECRET-F",
        "race": "SECRET-race",
        "hispanic_ethnicity": "SECRET-Y",
        "ell_status": "SECRET-Y",
        "iep_status": "SECRET-Y",
        "frl_status": "SECRET-Y",
        "section_504_status": "SECRET-Y",
        "gifted_status": "SECRET-Y",
        "disability": {"disability_status": "SECRET", "type": "SECRET", "code": "SECRET"},
        "home_language": "SECRET-tongue",
        "home_language_code": "SECRET",
        "weighted_gpa": "SECRET-4.0",
        "unweighted_gpa": "SECRET-4.0",
        "graduation_year": "SECRET-2029",
        "grade": "SECRET-9",
        "location": {"address": "SECRET Street", "zip": "SECRET-10001", "lat": "SECRET"},
        "credentials": {"district_username": "SECRET-login"},
        "phone": "SECRET-555",
        "title": "SECRET-title",
        "school": "SECRET-school",
        "schools": ["SECRET-school"],
        "enrollments": [{"school": "SECRET", "start_date": "SECRET", "end_date": "SECRET"}],
        "student_relationships": [{"student": "SECRET", "relationship": "SECRET"}],
        "legacy_id": "SECRET-legacy",
        "ext": {"lunch": "SECRET-free"},
        "created": "SECRET-created",
    }
    return {
        "id": key,
        "district": "SECRET-district",
        "email": f"{key}@maple.example" if email is None else email,
        "name": {"first": key.title(), "middle": "SECRET-middle", "last": "Name"},
        "preferred_name": {"first": "SECRET-preferred"},
        "lms_status": "SECRET",
        "roles": {"contact": None, **dict.fromkeys(roles, personal)},
        "created": "SECRET-created",
        "last_modified": "SECRET-modified",
        **more,
    }


def section(key: str, teachers: list[str], students: list[str], **more: Any) -> Raw:
    return {
        "id": key,
        "district": "SECRET-district",
        "school": "s1",
        "course": "c1",
        "term_id": "t1",
        "name": f"Algebra {key}",
        "sis_id": f"sis-{key}",
        "section_number": "7",
        "period": "3",
        "subject": "math",
        "grade": "9",
        "teacher": teachers[0] if teachers else None,
        "teachers": teachers,
        "students": students,
        "ext": {"note": "SECRET-note"},
        "lms_status": "SECRET",
        "created": "SECRET-created",
        "last_modified": "SECRET-modified",
        **more,
    }


def school(key: str = "s1", **more: Any) -> Raw:
    return {
        "id": key,
        "name": "Maple High",
        "sis_id": f"sis-{key}",
        "school_number": "SECRET-number",
        "state_id": "SECRET-state",
        "nces_id": "SECRET-nces",
        "mdr_number": "SECRET-mdr",
        "phone": "SECRET-555",
        "principal": {"name": "SECRET Principal", "email": "SECRET@maple.example"},
        "location": {"address": "SECRET Street"},
        "ext": {"x": "SECRET"},
        **more,
    }


def term(key: str = "t1", **more: Any) -> Raw:
    return {
        "id": key,
        "name": "Fall",
        "start_date": "2026-08-17",
        "end_date": "2026-12-18",
        "district": "SECRET",
        **more,
    }


def course(key: str = "c1", **more: Any) -> Raw:
    return {"id": key, "name": "Algebra I", "number": "M1", "district": "SECRET", **more}


def event(number: int, kind: str, change: str, raw: Raw) -> Raw:
    """With its former state in the data, as the prose has it."""
    before = {"email": "SECRET-before", "dob": "SECRET-before", "students": ["SECRET-before"]}
    return {
        "id": f"e{number:06}",
        "created": "2026-08-21T02:00:00.000Z",
        "type": f"{kind}.{change}",
        "data": {"object": raw, "previous_attributes": before},
        "previous_attributes": before,
    }


def maple() -> Clever:
    """One school, two sections, a teacher, a co-teacher and three students."""
    clever = Clever()
    clever.put("schools", school())
    clever.put("terms", term())
    clever.put("courses", course())
    clever.put("sections", section("x1", ["tea", "cot"], ["ann", "bob"]))
    clever.put("sections", section("x2", ["tea"], ["cyd"], period="4"))
    for key in ("tea", "cot"):
        clever.put("users", user(key, "teacher"))
    for key in ("ann", "bob", "cyd"):
        clever.put("users", user(key, "student"))
    clever.put("users", user("mum", "contact", name={"last": "SECRET-mum"}))
    clever.put("users", user("boss", "district_admin", name={"last": "SECRET-boss"}))
    return clever
