"""A school for the add-on's tests: the simulator over loopback, a store on disk, the app, and
Google's requests as Google would send them."""

import json
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from addon import scopes
from addon.app import create_app
from addon.demo import Demo, Person, Role
from policy.google.base import CourseState
from policy.settings import Settings, read_settings
from policy.simulator.app import Simulator
from policy.simulator.exchange import Request, Response
from policy.simulator.server import serve
from policy.simulator.switches import Switches
from policy.store.base import BaseCourse
from policy.store.sql import SqlStore
from policy.wiring import open_store

URL = "https://rollbook.example.org"
SERVICE = "service-42@gcp-sa-gsuiteaddons.iam.gserviceaccount.com"
CLIENT = "rollbook-client.apps.example"
ADA, BEN, ADMIN = "ada@school.example", "ben@school.example", "admin@school.example"


POLICY = """\
version: 1
district:
  id: school
  name: School
  domains: [school.example]
  timezone: America/Chicago
"""


@dataclass(slots=True)
class School:
    """One simulator with its people, and everything of ours that talks to it."""

    sim: Simulator
    google: str
    settings: Settings
    store: SqlStore
    now: datetime = datetime(2026, 9, 1, 8, 0, tzinfo=UTC)
    ids: dict[str, str] = field(default_factory=dict)

    def app(self, *, demo: Demo | None = None) -> Flask:
        """The app on this school's store; its clock is `now`."""
        app = create_app(self.settings, store=lambda: self.store, clock=self.clock, demo=demo)
        app.testing = True
        return app

    def clock(self) -> datetime:
        return self.now

    def give_roles(self, roles: str, *, key: bool = False) -> Path:
        """The server has a policy with these roles, in YAML; its folder. With `key`, it can ask
        Google as the administrator."""
        at = self.settings.store_file
        assert at is not None
        folder = at.parent / "policies"
        folder.mkdir(exist_ok=True)
        (folder / "district.yaml").write_text(f"{POLICY}roles: {roles}\n", encoding="utf-8")
        self.settings = replace(self.settings, policy=folder)
        if key:
            file = at.parent / "key.json"
            file.write_text(json.dumps(self.sim.key_file()), encoding="utf-8")
            admins = (ADMIN,)
            self.settings = replace(self.settings, google_credentials=file, google_admins=admins)
        return folder

    def google_takes(self, each: timedelta) -> None:
        """From now on, the clock goes on by so much with every call that Google answers."""
        answer = self.sim.api.answer

        def slow(request: Request) -> Response:
            self.now += each
            return answer(request)

        self.sim.api.answer = slow  # type: ignore[method-assign]

    def client(self) -> FlaskClient:
        return self.app().test_client()

    def course(
        self,
        name: str,
        *,
        owner: str = ADA,
        section: str = "",
        students: int = 0,
        ours: bool = True,
    ) -> str:
        """A class that waits; its id."""
        body = {"owner": owner, "name": name, "section": section, "state": "PROVISIONED"}
        course_id = str(self.by_hand("courses", {k: v for k, v in body.items() if v})["id"])
        if ours:
            self.store.keep([base_row(course_id, name, section, self.ids[owner], students)])
        return course_id

    def state_of(self, course_id: str) -> CourseState:
        """What Classroom knows, late reads left aside."""
        return CourseState(self.sim.state.courses[course_id].state)

    def by_hand(self, path: str, body: Mapping[str, object]) -> Mapping[str, object]:
        """Something that a person does without Rollbook."""
        request = urllib.request.Request(
            f"{self.google}/simulator/{quote(path)}", json.dumps(body).encode()
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            done: Mapping[str, object] = json.load(answer)
        return done

    def event(
        self,
        *,
        user: str = ADA,
        parameters: Mapping[str, str] | None = None,
        granted: Sequence[str] = scopes.ALL,
        **authorization: object,
    ) -> dict[str, object]:
        """The body of Google's request; `authorization` overrides, None leaves out."""
        good = {
            "userOAuthToken": self.sim.access_token(user, granted),
            "userIdToken": self.sim.id_token(user, audience=CLIENT),
            "authorizedScopes": list(granted),
        }
        both = {**good, **authorization}
        common: dict[str, object] = {"hostApp": "CALENDAR", "platform": "WEB"}
        if parameters:
            common["parameters"] = dict(parameters)
        return {
            "commonEventObject": common,
            "authorizationEventObject": {k: v for k, v in both.items() if v is not None},
        }

    def system_token(self, path: str, **changes: object) -> str:
        """The token with which Google calls this path."""
        said = {"email": SERVICE, "audience": URL + path, **changes}
        return self.sim.id_token(**said)  # type: ignore[arg-type]

    def google_calls(
        self, path: str, body: Mapping[str, object] | None = None, **event: object
    ) -> TestResponse:
        """Google's trigger or click: everything signed as it should be."""
        return self.client().post(
            path,
            json=body or self.event(**event),  # type: ignore[arg-type]
            headers={"Authorization": f"Bearer {self.system_token(path)}"},
        )


@dataclass(frozen=True, slots=True)
class SampleDemo:
    """The demonstration of this school."""

    school: School

    def people(self) -> Sequence[Person]:
        ids = self.school.ids
        return (
            Person(ids[ADMIN], ADMIN, "Grace Hopper", Role.ADMIN),
            Person(ids[ADA], ADA, "Ada Byron", Role.TEACHER),
            Person(ids[BEN], BEN, "Ben Franklin", Role.TEACHER),
        )

    def token_for(self, email: str) -> str:
        return self.school.sim.access_token(email, scopes.ALL)


@contextmanager
def open_school(folder: Path, *, switches: Switches | None = None) -> Iterator[School]:
    """A school with a teacher, another one and an administrator."""
    sim = Simulator("school.example", switches=switches)
    people = {ADA: ("Ada", "Byron"), BEN: ("Ben", "Franklin"), ADMIN: ("Grace", "Hopper")}
    ids = {
        email: sim.add_user(email, given=given, family=family, admin=email == ADMIN)
        for email, (given, family) in people.items()
    }
    with serve(sim) as google:
        settings = read_settings(
            {
                "ROLLBOOK_STORE": f"sqlite:///{folder / 'store.sqlite'}",
                "ROLLBOOK_GOOGLE_ROOT": google,
                "ROLLBOOK_ADDON_URL": URL,
                "ROLLBOOK_ADDON_SERVICE_ACCOUNTS": SERVICE,
                "ROLLBOOK_ADDON_CLIENT_ID": CLIENT,
            }
        )
        store = open_store(settings)
        try:
            yield School(sim, google, settings, store, ids=ids)
        finally:
            store.close()


def base_row(course_id: str, name: str, section: str, owner: str, students: int) -> BaseCourse:
    """A class as Rollbook has last applied it."""
    return BaseCourse(
        alias=f"d:rollbook.school.2026.{course_id}",
        course_id=course_id,
        section_key=f"section-{course_id}",
        school_key="0042",
        name=name,
        section=section,
        room="",
        owner=owner,
        teachers=frozenset({owner}),
        students=frozenset(f"student-{number}" for number in range(students)),
    )
