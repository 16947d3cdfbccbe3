"""The gateway to Google's groups: what it asks, and what it makes of the answers."""

import json
from collections.abc import Iterator

import pytest

from policy.errors import GoogleOutOfReach, GoogleRefused
from policy.google.groups import GroupsGateway
from policy.google.transport import Transport
from unit.google.scripted_server import HANG_UP, Say, Script, error

GROUP, SOMEBODY = "office & co@school.example", "1001"


@pytest.fixture
def groups(transport: Transport) -> Iterator[GroupsGateway]:
    gateway = GroupsGateway(transport)
    yield gateway
    gateway.close()


@pytest.mark.parametrize(
    ("said", "is_member"),
    [
        ({"isMember": True}, True),
        ({"isMember": False}, False),
        ({}, False),
        ({"isMember": "true"}, False),
        ({"isMember": 1}, False),
    ],
)
def test_only_a_plain_yes_is_one(
    groups: GroupsGateway, script: Script, said: object, is_member: bool
) -> None:
    script.says = [Say(body=json.dumps(said))]
    assert groups.has_member(GROUP, SOMEBODY) is is_member
    [call] = script.seen
    path = "/admin/directory/v1/groups/office%20%26%20co%40school.example/hasMember/1001?alt=json"
    assert (call.method, call.path) == ("GET", path)


@pytest.mark.parametrize(
    ("status", "state"),
    [(400, "INVALID_ARGUMENT"), (403, "PERMISSION_DENIED"), (404, "NOT_FOUND")],
)
def test_a_refusal(groups: GroupsGateway, script: Script, status: int, state: str) -> None:
    script.says = [error(status, state, "Not for pat@school.example")]
    with pytest.raises(GoogleRefused, match="refused to ask who is in a group") as refusal:
        groups.has_member(GROUP, SOMEBODY)
    assert (refusal.value.status, refusal.value.reason) == (status, "Not for (e-mail)")


@pytest.mark.parametrize("said", [HANG_UP, error(503, "UNAVAILABLE", "Later")])
def test_nothing_is_asked_twice(groups: GroupsGateway, script: Script, said: Say) -> None:
    script.says = [said]
    with pytest.raises(GoogleOutOfReach):
        groups.has_member(GROUP, SOMEBODY)
    assert len(script.seen) <= 2  # httplib2 itself repeats what a dropped connection has lost
