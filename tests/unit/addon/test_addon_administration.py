"""The administrator's card in the side panel: who comes to it, how, and who doesn't."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from addon import scopes
from policy.google.credentials import GROUPS_SCOPE, SCOPES
from policy.in_force import EVERY
from policy.simulator.faults import Fault, No, Where
from policy.store.base import RunRecord, RunState
from unit.addon.school import ADA, ADMIN, BEN, CLIENT, School

OPEN, AGAIN, BACK = (
    "/addon/open/administration",
    "/addon/again/administration",
    "/addon/back/home",
)
ASKED = "directory.members.hasMember"
OFFICE = "office@school.example"
TO_ADA = f"{{viewer: [{ADA}]}}"


def steps(answer: TestResponse) -> Sequence[Mapping[str, Any]]:
    """What Google is told to do with its cards."""
    assert answer.status_code == 200, answer.text
    body = answer.json
    found: Sequence[Mapping[str, Any]] = body.get("renderActions", body)["action"]["navigations"]
    return found


def card(answer: TestResponse) -> str:
    """The name of the card that comes up."""
    [*_, last] = steps(answer)
    [shown] = last.values()
    return str(shown["name"])


def has_door(answer: TestResponse) -> bool:
    return f'{OPEN}"' in answer.text


@pytest.fixture
def ran(school: School) -> School:
    """A school with a run, whose counts nobody sees who may not."""
    at = datetime(2026, 9, 1, 4, 0, tzinfo=UTC)
    school.store.start_run(RunRecord("r1", "p1", RunState.RUNNING, at, None, "", "", {}, {}, {}))
    done = RunRecord("r1", "p1", RunState.DONE, at, at, "", "", {"student.add": 2311}, {}, {})
    school.store.end_run(done)
    return school


def test_there_again_and_back(ran: School) -> None:
    ran.course("Algebra")
    ran.give_roles(TO_ADA)
    first = ran.google_calls("/addon/home")
    assert (card(first), has_door(first)) == ("home", True)
    [opened] = steps(ran.google_calls(OPEN))
    assert opened["pushCard"]["name"] == "history"
    assert "2,311 student additions" in str(opened)
    assert f"{BACK}'" in str(opened)
    [again] = steps(ran.google_calls(AGAIN))
    assert again == {"updateCard": opened["pushCard"]}
    pop, updated = steps(ran.google_calls(BACK))
    assert pop == {"popToRoot": True}
    assert updated == {"updateCard": steps(first)[0]["pushCard"]}


@pytest.mark.parametrize("role", ["admin", "approver", "viewer"])
def test_any_role_will_do(ran: School, role: str) -> None:
    ran.give_roles(f"{{{role}: [Ada@School.example]}}")
    assert card(ran.google_calls(OPEN)) == "history"
    assert card(ran.google_calls(OPEN, user=BEN)) == "refused"


def test_the_door_stays_after_a_click(ran: School) -> None:
    course = ran.course("Algebra")
    ran.give_roles(TO_ADA)
    for action in ("accept", "accept-all", "refresh", "decline"):
        answer = ran.google_calls(f"/addon/do/{action}", parameters={"course": course})
        assert (card(answer), has_door(answer)) == ("home", True)


def test_who_has_a_role_and_no_class_sees_it_at_once(ran: School) -> None:
    ran.give_roles(f"{{admin: [{ADMIN}]}}")
    for path in ("/addon/home", "/addon/do/refresh"):
        answer = ran.google_calls(path, user=ADMIN)
        assert card(answer) == "history"
        assert BACK not in answer.text  # there is nothing below it
    ran.course("Chess", owner=ADMIN)
    answer = ran.google_calls("/addon/do/refresh", user=ADMIN)
    assert (card(answer), has_door(answer)) == ("home", True)


def test_who_has_a_role_and_no_classroom_comes_to_it_all_the_same(ran: School) -> None:
    ran.give_roles(f"{{admin: [{ADMIN}]}}")
    for path in ("/addon/home", "/addon/do/refresh"):
        ran.sim.next(Fault.REFUSE, where=Where("classroom.courses.list"), no=No(403))
        answer = ran.google_calls(path, user=ADMIN)
        assert "refused (403)" in answer.text
        assert has_door(answer)


@pytest.mark.parametrize("path", [OPEN, AGAIN, "/addon/back/administration"])
@pytest.mark.parametrize("roles", [None, "{}", f"{{admin: [{ADMIN}]}}"])
def test_nobody_else_sees_anything(
    ran: School, path: str, roles: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    if roles is not None:
        ran.give_roles(roles)
    answer = ran.google_calls(path)
    assert card(answer) == "refused"
    assert "admin, approver or viewer" in answer.text
    assert "2,311" not in answer.text
    [line] = caplog.messages
    assert line == "the administrator's card was asked for by somebody who holds no role"
    assert not has_door(ran.google_calls("/addon/home"))


def test_only_what_google_has_signed_counts(ran: School) -> None:
    """Whatever else in the body says that somebody is the administrator."""
    ran.give_roles(f"{{admin: [{ADMIN}]}}")
    mine = ran.sim.id_token(ADA, audience=CLIENT)
    head, _, seal = mine.split(".")
    body = ran.sim.id_token(ADMIN, audience=CLIENT).split(".")[1]
    claimed: dict[str, Any] = ran.event(parameters={"email": ADMIN, "role": "admin"})
    claimed["commonEventObject"] |= {"email": ADMIN, "user": {"email": ADMIN}}
    claimed["authorizationEventObject"] |= {"email": ADMIN, "userEmail": ADMIN}
    claimed["email"] = ADMIN
    assert card(ran.google_calls(OPEN, claimed)) == "refused"
    forged = ran.event(userIdToken=f"{head}.{body}.{seal}")
    assert ran.google_calls(OPEN, forged).status_code == 401
    of_admin = ran.event(userIdToken=ran.sim.id_token(ADMIN, audience=CLIENT))
    assert card(ran.google_calls(OPEN, of_admin)) == "history"


def test_without_an_email_there_is_no_role_and_the_teachers_card_works(ran: School) -> None:
    ran.course("Algebra")
    ran.give_roles(TO_ADA)
    token = ran.sim.id_token("", audience=CLIENT, sub=ran.ids[ADA])
    nameless = ran.event(userIdToken=token)
    assert card(ran.google_calls(OPEN, nameless)) == "refused"
    answer = ran.google_calls("/addon/home", nameless)
    assert "Algebra" in answer.text
    assert not has_door(answer)


def look_twice(school: School, client: FlaskClient, path: str) -> TestResponse:
    """Ask once the server has had time to look at its folder twice."""
    for _ in range(2):
        school.now += EVERY
        header = {"Authorization": f"Bearer {school.system_token(path)}"}
        answer = client.post(path, json=school.event(), headers=header)
    return answer


def test_a_role_that_the_policy_takes_away_is_gone_once_it_is_read(ran: School) -> None:
    ran.give_roles(TO_ADA)
    client = ran.client()
    assert card(look_twice(ran, client, AGAIN)) == "history"
    folder = ran.give_roles("{}")
    assert card(look_twice(ran, client, AGAIN)) == "refused"
    ran.give_roles(TO_ADA)
    assert card(look_twice(ran, client, AGAIN)) == "history"
    (folder / "district.yaml").write_text("version: 2\n", encoding="utf-8")
    assert card(look_twice(ran, client, AGAIN)) == "history"  # at fault: the one from before


# Groups


@pytest.fixture
def office(ran: School) -> School:
    """Ben, who teaches a class, is in the group that may look; Ada may by her address."""
    ran.give_roles(f'{{admin: [{ADA}], viewer: ["group:{OFFICE}"]}}', key=True)
    ran.sim.add_group(OFFICE, [BEN])
    ran.course("Biology", owner=BEN)
    return ran


def test_who_is_in_the_group(office: School) -> None:
    answer = office.google_calls("/addon/home", user=BEN)
    assert (card(answer), has_door(answer)) == ("home", True)
    assert card(office.google_calls(OPEN, user=BEN)) == "history"
    assert card(office.google_calls(OPEN, user=ADMIN)) == "refused"


def test_google_is_asked_about_the_account_and_not_about_its_address(office: School) -> None:
    token = office.sim.id_token("ben.new@school.example", audience=CLIENT, sub=office.ids[BEN])
    event = office.event(user=BEN, userIdToken=token)
    assert card(office.google_calls(OPEN, event)) == "history"


def test_google_is_not_asked_about_who_is_named(office: School) -> None:
    assert card(office.google_calls(OPEN, user=ADA)) == "history"
    assert office.sim.calls.api[ASKED] == 0


def test_who_is_of_another_domain_is_not_asked_about(office: School) -> None:
    token = office.sim.id_token("ben@evil.example", audience=CLIENT, sub=office.ids[BEN])
    event = office.event(user=BEN, userIdToken=token)
    assert card(office.google_calls(OPEN, event)) == "refused"
    assert office.sim.calls.api[ASKED] == 0


def test_a_scope_that_is_not_granted_costs_the_teacher_nothing(
    office: School, caplog: pytest.LogCaptureFixture
) -> None:
    office.sim.allowed_scopes = frozenset(SCOPES)
    answer = office.google_calls("/addon/home", user=BEN)
    assert "Biology" in answer.text
    assert not has_door(answer)
    assert card(office.google_calls(OPEN, user=BEN)) == "refused"
    assert "401 unauthorized_client" in caplog.text
    assert [word for word in (BEN, OFFICE, "Ben", "@school") if word in caplog.text] == []
    office.sim.allowed_scopes = frozenset({GROUPS_SCOPE})
    assert card(office.google_calls(OPEN, user=BEN)) == "history"


def test_a_server_without_a_key_shows_the_teachers_card(
    ran: School, caplog: pytest.LogCaptureFixture
) -> None:
    ran.give_roles(f'{{admin: [{ADA}], viewer: ["group:{OFFICE}"]}}')
    ran.course("Biology", owner=BEN)
    answer = ran.google_calls("/addon/home", user=BEN)
    assert "Biology" in answer.text
    assert not has_door(answer)
    assert "ROLLBOOK_GOOGLE_ADMIN is not set" in caplog.text
    assert card(ran.google_calls(OPEN)) == "history"


def test_the_servers_scope_is_not_asked_of_users() -> None:
    assert GROUPS_SCOPE not in (*scopes.ALL, *SCOPES)
