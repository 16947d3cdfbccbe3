"""The audit log: what is asked for, and what is read out of each entry."""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta, timezone
from urllib.parse import parse_qs, urlsplit

import pytest

from policy.errors import GoogleRefused
from policy.google.base import Activity
from policy.google.reports import ACTIVITY_FIELDS, ReportsGateway
from policy.google.transport import Transport
from unit.google.scripted_server import Say, Script, error

NOON = datetime(2026, 9, 1, 12, 0, tzinfo=UTC)


class Counted:
    """A pace that only counts."""

    def __init__(self) -> None:
        self.took: list[int] = []

    def take(self, calls: int) -> None:
        self.took.append(calls)

    def back_off(self, seconds: float) -> None:
        raise AssertionError(f"backed off for {seconds}")


@pytest.fixture
def pace() -> Counted:
    return Counted()


@pytest.fixture
def reports(transport: Transport, pace: Counted) -> Iterator[ReportsGateway]:
    gateway = ReportsGateway(transport, pace)
    yield gateway
    gateway.close()


def event(name: str, *parameters: Mapping[str, object]) -> dict[str, object]:
    return {"name": name, "parameters": list(parameters)}


COURSE = {"name": "course_id", "value": "5001"}
JOINED = event("user_joined_course", COURSE, {"name": "course_role", "value": "student"})
ADDED = event(
    "user_added_to_course",
    COURSE,
    {"name": "impacted_users", "multiValue": ["Ada@School.example", "bob@school.example"]},
)


def entry(*events: Mapping[str, object], **more: object) -> dict[str, object]:
    ident = {"time": "2026-09-01T12:30:00.000Z", "uniqueQualifier": "-77"}
    return {"id": ident, "actor": {"email": "Tea@School.example"}, "events": list(events), **more}


def activity(event: str, *people: str, actor: str = "tea@school.example", n: int = 0) -> Activity:
    at = NOON + timedelta(minutes=30)
    return Activity("5001", at, event, actor, people, f"2026-09-01T12:30:00.000Z -77 {n}")


def page(*entries: object, token: str | None = None) -> Say:
    body: dict[str, object] = {"kind": "admin#reports#activities"}
    if entries:
        body["items"] = list(entries)
    if token:
        body["nextPageToken"] = token
    return Say(body=json.dumps(body))


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        pytest.param(entry(JOINED), [activity("user_joined_course")], id="nobody impacted"),
        pytest.param(
            entry(ADDED),
            [activity("user_added_to_course", "ada@school.example", "bob@school.example")],
            id="several people",
        ),
        pytest.param(
            entry(event("e", COURSE, {"name": "impacted_users", "value": "Ada@x.example"})),
            [activity("e", "ada@x.example")],
            id="one person as a plain value",
        ),
        pytest.param(
            entry(JOINED, ADDED),
            [
                activity("user_joined_course"),
                activity("user_added_to_course", "ada@school.example", "bob@school.example", n=1),
            ],
            id="two events in one entry",
        ),
        pytest.param(
            entry(JOINED, actor={"callerType": "KEY"}),
            [activity("user_joined_course", actor="")],
            id="an actor without an address",
        ),
        pytest.param(entry(event("guardian_invited")), [], id="not about a course"),
        pytest.param(entry(), [], id="no events"),
    ],
)
def test_entries(
    reports: ReportsGateway, script: Script, item: Mapping[str, object], expected: list[Activity]
) -> None:
    script.says = [page(item)]
    assert list(reports.activities(NOON)) == expected


def test_the_log_is_read_to_the_last_page(
    reports: ReportsGateway, script: Script, pace: Counted
) -> None:
    script.says = [page(entry(JOINED), token="a"), page(token="b"), page(entry(JOINED))]
    since = datetime(2026, 9, 1, 7, 0, tzinfo=timezone(timedelta(hours=-5)))
    assert list(reports.activities(since)) == [activity("user_joined_course")] * 2
    queries = [parse_qs(urlsplit(seen.path).query) for seen in script.seen]
    assert [query.pop("pageToken", None) for query in queries] == [None, ["a"], ["b"]]
    assert (
        queries
        == [
            {
                "alt": ["json"],
                "fields": [f"nextPageToken,items({ACTIVITY_FIELDS})"],
                "maxResults": ["1000"],
                "startTime": ["2026-09-01T12:00:00.000Z"],
            }
        ]
        * 3
    )
    assert pace.took == [1, 1, 1]


@pytest.mark.parametrize("status", [401, 403])
def test_who_may_not_ask_is_told(reports: ReportsGateway, script: Script, status: int) -> None:
    script.says = [error(status, "PERMISSION_DENIED", "Not Authorized to access this resource")]
    with pytest.raises(GoogleRefused) as refused:
        list(reports.activities(NOON))
    assert refused.value.status == status
