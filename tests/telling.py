"""What stories are told with: a small district, its roster as files, Google in a box, the command.

The command runs as a process of its own, as cron would run it. What came about is read from the
simulator's state, and compared with the CSV files by code that shares nothing with the engine.
"""

import csv
import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

from policy.simulator.app import Simulator
from policy.simulator.switches import Switches

DOMAIN = "maple.example"
ADMIN = f"admin@{DOMAIN}"
TODAY = "2026-09-01"
SCOPE = "https://www.googleapis.com/auth/classroom"
COMMAND = Path(sys.executable).with_name("rollbook")
NO_QUOTAS = Switches(enforce_quotas=False)

POLICY = """\
version: 1
district:
  id: maple
  name: Maple Schools
  domains: [maple.example]
  timezone: America/Chicago
roster:
  - source: folder
    path: ./roster
"""
# A story need not wait two days for a removal, if it says nothing else.
REMOVED_AT_ONCE = "students: {removal_grace: 0h}\n"
# Its files are written today, whatever day it tells of; and a few people less are a large share.
ANY_AGE = "freshness: {max_age: 3650d, min_size: 0%}\n"

HEADERS = {
    "orgs": "sourcedId,status,dateLastModified,name,type,identifier,parentSourcedId",
    "academicSessions": (
        "sourcedId,status,dateLastModified,title,type,startDate,endDate,parentSourcedId,schoolYear"
    ),
    "courses": (
        "sourcedId,status,dateLastModified,schoolYearSourcedId,title,courseCode,grades,"
        "orgSourcedId,subjects,subjectCodes"
    ),
    "classes": (
        "sourcedId,status,dateLastModified,title,grades,courseSourcedId,classCode,classType,"
        "location,schoolSourcedId,termSourcedIds,subjects,subjectCodes,periods"
    ),
    "users": (
        "sourcedId,status,dateLastModified,enabledUser,orgSourcedIds,role,username,userIds,"
        "givenName,familyName,middleName,identifier,email,sms,phone,agentSourcedIds,grades,password"
    ),
    "enrollments": (
        "sourcedId,status,dateLastModified,classSourcedId,schoolSourcedId,userSourcedId,role,"
        "primary,beginDate,endDate"
    ),
}


@dataclass
class SmallRoster:
    """A drop that a story changes from night to night: one school, one term, sections with
    people. People's keys are also their names and the first part of their e-mail."""

    teachers: dict[str, list[str]] = field(default_factory=dict)  # by section, the primary first
    students: dict[str, list[str]] = field(default_factory=dict)

    def section(self, key: str, *, teachers: Iterable[str], students: Iterable[str]) -> None:
        self.teachers[key] = list(teachers)
        self.students[key] = list(students)

    def people(self) -> dict[str, str]:
        """Key -> role, in the order in which they are met."""
        found: dict[str, str] = {}
        for key, staff in self.teachers.items():
            found.update(dict.fromkeys(staff, "teacher"))
            found.update({who: "student" for who in self.students[key] if who not in found})
        return found

    def write(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        for name, rows in self._files().items():
            header = HEADERS[name].split(",")
            with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
                writer = csv.DictWriter(file, header, restval="")
                writer.writeheader()
                writer.writerows(rows)

    def _files(self) -> dict[str, list[dict[str, str]]]:
        return {
            "orgs": [{"sourcedId": "sch", "name": "Maple High", "type": "school"}],
            "academicSessions": [
                {
                    "sourcedId": "y27",
                    "title": "Full year",
                    "type": "term",
                    "startDate": "2026-08-15",
                    "endDate": "2027-06-01",
                    "schoolYear": "2027",
                }
            ],
            "courses": [{"sourcedId": "c", "title": "Course", "orgSourcedId": "sch"}],
            "classes": [
                {
                    "sourcedId": key,
                    "title": key.title(),
                    "courseSourcedId": "c",
                    "classType": "scheduled",
                    "schoolSourcedId": "sch",
                    "termSourcedIds": "y27",
                }
                for key in self.teachers
            ],
            "users": [
                {
                    "sourcedId": key,
                    "enabledUser": "true",
                    "orgSourcedIds": "sch",
                    "role": role,
                    "username": key,
                    "givenName": key.title(),
                    "familyName": "Maple",
                    "email": address(key),
                }
                for key, role in self.people().items()
            ],
            "enrollments": list(self._enrollments()),
        }

    def _enrollments(self) -> Iterator[dict[str, str]]:
        for key in self.teachers:
            for number, who in enumerate([*self.teachers[key], *self.students[key]]):
                teaches = number < len(self.teachers[key])
                yield {
                    "sourcedId": f"{key}-{who}",
                    "classSourcedId": key,
                    "schoolSourcedId": "sch",
                    "userSourcedId": who,
                    "role": "teacher" if teaches else "student",
                    "primary": "true" if number == 0 else "false",
                }


def address(key: str) -> str:
    return f"{key}@{DOMAIN}"


def three_sections() -> SmallRoster:
    """Algebra (10 students), biology (8, and a co-teacher), chorus (6)."""
    roster = SmallRoster()
    roster.section("algebra", teachers=["rivera"], students=[f"s{n}" for n in range(10)])
    roster.section("biology", teachers=["chen", "rivera"], students=[f"s{n}" for n in range(8)])
    roster.section("chorus", teachers=["okafor"], students=[f"s{n}" for n in range(4, 10)])
    return roster


def google_for(
    roster: SmallRoster,
    *,
    switches: Switches = NO_QUOTAS,
    clock: Callable[[], float] = time.monotonic,
) -> Simulator:
    """A simulator in which everybody of the roster has an account, and a few more."""
    sim = Simulator(DOMAIN, switches=switches, clock=clock)
    sim.add_user(ADMIN, given="Admin", family="Maple", admin=True)
    for key in (*roster.people(), "guest", "newcomer"):
        sim.add_user(address(key), given=key.title(), family="Maple")
    return sim


@dataclass(frozen=True)
class Said:
    """What the command said, and how it ended."""

    status: int
    out: str
    err: str

    @property
    def words(self) -> str:
        """What was said to people, as if no line had an end."""
        return " ".join(self.err.split())


@dataclass
class Story:
    """One district: its folder, its roster, its Google."""

    folder: Path
    roster: SmallRoster
    sim: Simulator
    url: str
    policy: str = POLICY

    def run(self, *words: str, today: str = TODAY, **settings: str) -> Said:
        """Run `rollbook` with what the roster and the policy are now."""
        self.write_inputs()
        return self.run_as_it_is(*words, today=today, **settings)

    def run_as_it_is(self, *words: str, today: str = TODAY, **settings: str) -> Said:
        """Run `rollbook` with what is in the folder."""
        process = self._start(*words, today=today, **settings)
        out, err = process.communicate(timeout=120)
        return Said(process.returncode, out, err)

    def write_inputs(self) -> None:
        """The roster and the policy as they are now, as files."""
        self.roster.write(self.folder / "policies" / "roster")
        more = "" if "\nstudents:" in self.policy else REMOVED_AT_ONCE
        path = self.folder / "policies" / "district.yaml"
        more += "" if "\nfreshness:" in self.policy else ANY_AGE
        path.write_text(self.policy + more, encoding="utf-8")

    def start(self, *words: str, today: str = TODAY, **settings: str) -> subprocess.Popen[str]:
        self.write_inputs()
        return self._start(*words, today=today, **settings)

    def _start(self, *words: str, today: str, **settings: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [str(COMMAND), *words],
            cwd=self.folder,
            env={**self.environment(), "ROLLBOOK_TODAY": today, **settings},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def environment(self) -> dict[str, str]:
        own = {k: v for k, v in os.environ.items() if not k.startswith("ROLLBOOK_")}
        return {
            **own,
            "ROLLBOOK_GOOGLE_ROOT": self.url,
            "ROLLBOOK_GOOGLE_CREDENTIALS": str(self.folder / "key.json"),
            "ROLLBOOK_GOOGLE_ADMIN": ADMIN,
            "ROLLBOOK_GOOGLE_CALLS_PER_MINUTE": "1000000",
            "ROLLBOOK_GOOGLE_LICENSE_CALLS_PER_MINUTE": "1000000",
        }

    def sync(self, *words: str, **settings: str) -> Said:
        return self.run("sync", "policies", *words, **settings)

    def plan(self, *words: str) -> dict[str, Any]:
        said = self.run("plan", "policies", "--format", "json", *words)
        assert said.status in (0, 3), said.err
        plan: dict[str, Any] = json.loads(said.out)
        return plan

    def by_hand(self, section: str, verb: str, **body: str) -> None:
        """What a teacher does in Classroom."""
        alias = quote(f"d:rollbook.maple.2027.{section}", safe="")
        self.ask("POST", f"/simulator/courses/{alias}/{verb}", body)

    def delete(self, section: str) -> None:
        """An administrator deletes a class, which has to be archived first."""
        token = self.sim.access_token(ADMIN, [f"{SCOPE}.courses"])
        alias = quote(f"d:rollbook.maple.2027.{section}", safe="")
        request = urllib.request.Request(
            f"{self.url}/v1/courses/{alias}",
            method="DELETE",
            headers={"Authorization": f"Bearer {token}"},
        )
        with urllib.request.urlopen(request, timeout=30):
            pass

    def ask(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(self.url + path, data=data, method=method, headers=headers)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.loads(answer.read() or b"null")

    def classes(self) -> dict[str, dict[str, Any]]:
        """What is in Classroom, by section: name, state, owner, and members by their keys."""
        return seen_in(self.ask("GET", "/simulator/state"), "d:rollbook.maple.2027.")

    def expected(self) -> dict[str, tuple[set[str], set[str]]]:
        """Teachers and students by section, read from the CSV files themselves."""
        found: dict[str, tuple[set[str], set[str]]] = {}
        path = self.folder / "policies" / "roster" / "enrollments.csv"
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                pair = found.setdefault(row["classSourcedId"], (set(), set()))
                pair[row["role"] == "student"].add(row["userSourcedId"])
        return found

    def agrees(self) -> bool:
        """Classroom has just the roster's members."""
        seen = {key: (c["teachers"], c["students"]) for key, c in self.classes().items()}
        return seen == self.expected()

    def writes(self) -> int:
        """How many writes Classroom has answered since the last call of this."""
        calls = self.ask("GET", "/simulator/calls")
        self.ask("DELETE", "/simulator/calls")
        verbs = ("create", "patch", "update", "delete")
        return sum(n for name, n in calls["api"].items() if name.rsplit(".", 1)[-1] in verbs)


def seen_in(state: Mapping[str, Any], prefix: str) -> dict[str, dict[str, Any]]:
    """The classes of a simulator's state whose alias begins so, by the rest of the alias; people
    by the first part of their address."""
    found: dict[str, dict[str, Any]] = {}
    for course in state["courses"]:
        for alias in course["aliases"]:
            if alias.startswith(prefix):
                found[alias.removeprefix(prefix)] = {
                    "name": course["name"],
                    "state": course["state"],
                    "owner": course["owner"].partition("@")[0],
                    "teachers": {seat["person"].partition("@")[0] for seat in course["teachers"]},
                    "students": {seat["person"].partition("@")[0] for seat in course["students"]},
                }
    return found
