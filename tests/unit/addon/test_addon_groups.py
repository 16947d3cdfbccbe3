"""Who is in a group, as Google tells it: asked seldom, believed for minutes, doubted in doubt."""

from dataclasses import replace
from datetime import timedelta
from functools import cache, partial

import pytest

from addon import groups
from addon.groups import KEPT, PAUSE, Membership
from policy import wiring
from policy.simulator.faults import Fault, Where
from unit.addon.school import ADA, BEN, School

ASKED = "directory.members.hasMember"
OFFICE, HEADS = "office@school.example", "heads@school.example"
SECOND = timedelta(seconds=1)
WHERE = Where(method=ASKED)


@pytest.fixture
def office(school: School) -> Membership:
    """Ada is in the office's group; Google is asked with the administrator's key."""
    school.sim.add_group(OFFICE, [ADA])
    school.give_roles("{}", key=True)
    return Membership(cache(partial(wiring.groups, school.settings)), school.clock)


def has(school: School, office: Membership, who: str = ADA, group: str = OFFICE) -> bool:
    return office.has(group, school.ids[who], until=school.now + SECOND)


def asked(school: School) -> int:
    return school.sim.calls.api[ASKED]


def test_it_is_asked_once_in_a_while(school: School, office: Membership) -> None:
    assert timedelta(minutes=5) >= KEPT  # docs/policy.md promises it
    assert [has(school, office) for _ in range(3)] == [True] * 3
    assert [has(school, office, BEN) for _ in range(3)] == [False] * 3
    assert asked(school) == 2
    school.sim.add_group(OFFICE, [BEN])
    school.now += KEPT - SECOND
    assert (has(school, office), has(school, office, BEN)) == (True, False)
    school.now += SECOND
    assert (has(school, office), has(school, office, BEN)) == (False, True)
    assert asked(school) == 4


def test_one_group_says_nothing_of_another(school: School, office: Membership) -> None:
    school.sim.add_group(HEADS, [BEN])
    assert has(school, office)
    assert not has(school, office, group=HEADS)


def test_after_its_time_google_is_not_asked(school: School, office: Membership) -> None:
    assert not office.has(OFFICE, school.ids[ADA], until=school.now)
    assert asked(school) == 0
    assert has(school, office)
    assert office.has(OFFICE, school.ids[ADA], until=school.now)  # it is known by now


@pytest.mark.parametrize("fault", [Fault.UNAVAILABLE, Fault.SERVER_ERROR, Fault.TOO_MANY])
def test_google_out_of_reach_is_no_and_is_left_alone_for_a_while(
    school: School, office: Membership, fault: Fault, caplog: pytest.LogCaptureFixture
) -> None:
    school.sim.next(fault, where=WHERE)
    assert not has(school, office)
    assert not has(school, office)
    assert not has(school, office, BEN)
    assert asked(school) == 1
    school.now += PAUSE
    assert has(school, office)
    [line] = caplog.messages
    assert line.endswith("so nobody counts as in it: Google is out of reach")


def test_a_yes_that_is_too_old_is_none_when_google_is_out_of_reach(
    school: School, office: Membership
) -> None:
    assert has(school, office)
    school.now += KEPT
    school.sim.next(Fault.UNAVAILABLE, where=WHERE)
    assert not has(school, office)


def test_a_refusal_is_no_for_a_minute_and_said_once(
    school: School, office: Membership, caplog: pytest.LogCaptureFixture
) -> None:
    school.sim.allowed_scopes = frozenset()
    assert [has(school, office, who) for who in (ADA, BEN, ADA)] == [False] * 3
    school.sim.allowed_scopes = None
    assert not has(school, office)
    school.now += PAUSE
    assert has(school, office)
    [line] = caplog.messages
    assert "Google refuses to tell (401 unauthorized_client: " in line
    assert "@" not in line


def test_a_group_that_is_not_there_stops_no_other(
    school: School, office: Membership, caplog: pytest.LogCaptureFixture
) -> None:
    assert not has(school, office, group=HEADS)
    assert has(school, office)
    [line] = caplog.messages
    assert "(404 Resource Not Found: groupKey)" in line


def test_a_warning_is_said_again_after_a_while(
    school: School, office: Membership, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(2):
        assert not has(school, office, group=HEADS)
        school.now += KEPT
    assert len(caplog.messages) == 2


@pytest.mark.parametrize(
    ("missing", "empty", "name"),
    [
        ("google_admins", (), "ROLLBOOK_GOOGLE_ADMIN"),
        ("google_credentials", None, "ROLLBOOK_GOOGLE_CREDENTIALS"),
    ],
)
def test_without_an_administrators_key_nobody_is_in_a_group(
    school: School, missing: str, empty: object, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    school.give_roles("{}", key=True)
    settings = replace(school.settings, **{missing: empty})  # type: ignore[arg-type]
    office = Membership(partial(wiring.groups, settings), school.clock)
    for _ in range(3):
        assert not has(school, office)
        school.now += KEPT
    [line] = caplog.messages
    assert f"nobody counts as in it: {name} is not set" in line


def test_not_everything_is_kept_for_ever(
    school: School, office: Membership, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(groups, "MOST", 2)
    people = [school.sim.add_user(f"p{n}@school.example") for n in range(5)]
    for one in people:
        assert not office.has(OFFICE, one, until=school.now + SECOND)
    assert not office.has(OFFICE, people[-1], until=school.now + SECOND)
    assert asked(school) == 5
    assert not office.has(OFFICE, people[0], until=school.now + SECOND)
    assert asked(school) == 6
