"""A small simulated domain and a way to ask it things, for the unit tests of the simulator."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from werkzeug.test import Client

from policy.simulator.app import Simulator
from policy.simulator.switches import Switches

DOMAIN = "school.example"
SCOPE = "https://www.googleapis.com/auth/"
SCOPES = (
    f"{SCOPE}classroom.courses",
    f"{SCOPE}classroom.rosters",
    f"{SCOPE}classroom.profile.emails",
    f"{SCOPE}admin.directory.user.readonly",
)
NOON = 1_800_000_000.0
# Who is who in every test: the administrator, two teachers, two students, and one from elsewhere.
PEOPLE = {
    "admin": f"admin@{DOMAIN}",
    "ada": f"ada@{DOMAIN}",
    "tom": f"tom@{DOMAIN}",
    "sue": f"sue@{DOMAIN}",
    "sam": f"sam@{DOMAIN}",
    "eve": "eve@elsewhere.example",
}


class HandClock:
    """A clock that moves when it is told to."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds

    def move(self, seconds: float) -> None:
        self.seconds += seconds


@dataclass
class Answer:
    """What came back."""

    status: int
    body: Any
    headers: Mapping[str, str]

    @property
    def word(self) -> str:
        """Status word and code, such as `400 FAILED_PRECONDITION IneligibleOwner`."""
        if self.status < 400:
            return str(self.status)
        error = self.body["error"]
        first = error["message"].partition(" ")[0]
        code = f" {first[1:]}" if first.startswith("@") else ""
        return f"{self.status} {error['status']}{code}"


class Box:
    """The simulator, in-process, with the people above."""

    def __init__(self, *, switches: Switches | None = None, **more: Any) -> None:
        self.clock = HandClock()
        self.sim = Simulator(
            DOMAIN, switches=switches or Switches(), clock=self.clock, wall=lambda: NOON, **more
        )
        self.client = Client(self.sim)
        self.ids = {
            name: self.sim.add_user(
                email, given=name.title(), family="Example", admin=name == "admin"
            )
            for name, email in PEOPLE.items()
        }
        self.tokens: dict[str, str] = {}

    def ask(
        self,
        verb: str,
        path: str,
        body: Any = None,
        *,
        who: str = "admin",
        scopes: tuple[str, ...] = SCOPES,
        token: str | None = None,
        **query: Any,
    ) -> Answer:
        """One API call as that person."""
        if token is None:
            token = self.token(who, scopes)
        words = f"?{urlencode(query, doseq=True)}" if query else ""
        response = self.client.open(
            path + words,
            method=verb,
            data=None if body is None else json.dumps(body),
            content_type="application/json" if body is not None else None,
            headers={"Authorization": f"Bearer {token}"} if token else {},
        )
        return Answer(response.status_code, response.get_json(silent=True), response.headers)

    def token(self, who: str, scopes: tuple[str, ...] = SCOPES) -> str:
        key = f"{who} {scopes}"
        if key not in self.tokens:
            self.tokens[key] = self.sim.access_token(PEOPLE.get(who, who), scopes)
        return self.tokens[key]

    def hand(self, verb: str, path: str, body: Any = None) -> Answer:
        """Something done by hand."""
        data = None if body is None else json.dumps(body)
        response = self.client.open(f"/simulator/{path}", method=verb, data=data)
        return Answer(response.status_code, response.get_json(silent=True), response.headers)

    def course(self, owner: str = "ada", state: str = "ACTIVE", **fields: Any) -> str:
        """A course, made by the administrator; its id."""
        first = "ACTIVE" if state == "ARCHIVED" else "PROVISIONED" if state == "DECLINED" else state
        body = {"name": "Biology", "ownerId": PEOPLE[owner], "courseState": first, **fields}
        answer = self.ask("POST", "/v1/courses", body)
        assert answer.status == 200, answer.body
        course: str = answer.body["id"]
        if state != first:
            assert self.state(course, state).status == 200
        return course

    def state(self, course: str, state: str, *, who: str = "admin") -> Answer:
        """Ask for another state."""
        path = f"/v1/courses/{quote(course, safe='')}"
        return self.ask("PATCH", path, {"courseState": state}, who=who, updateMask="courseState")

    def patch(self, course: str, *, who: str = "admin", **fields: Any) -> Answer:
        """Change these fields."""
        mask = ",".join(fields)
        return self.ask("PATCH", f"/v1/courses/{course}", fields, who=who, updateMask=mask)

    def add(
        self, course: str, person: str, *, role: str = "students", who: str = "admin"
    ) -> Answer:
        """Add a member."""
        body = {"userId": PEOPLE.get(person, person)}
        return self.ask("POST", f"/v1/courses/{course}/{role}", body, who=who)

    def remove(
        self, course: str, person: str, *, role: str = "students", who: str = "admin"
    ) -> Answer:
        """Remove a member."""
        email = quote(PEOPLE.get(person, person))
        return self.ask("DELETE", f"/v1/courses/{course}/{role}/{email}", who=who)

    def members(self, course: str, role: str = "students") -> list[str]:
        """The names of those in this role, as the administrator sees them."""
        names = {user: name for name, user in self.ids.items()}
        answer = self.ask("GET", f"/v1/courses/{course}/{role}", pageSize=1000)
        return [names[member["userId"]] for member in answer.body.get(role, [])]

    def everybody(self) -> str:
        """An active course of ada's with tom as co-teacher and sue as student; its id."""
        course = self.course()
        assert self.add(course, "tom", role="teachers").status == 200
        assert self.add(course, "sue").status == 200
        return course
