"""What a click does, from Google's request to Classroom's state, with nothing left out between."""

import math
import socket
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial

import pytest
from werkzeug.test import TestResponse

from addon import actions, scopes
from addon.access import Caller
from addon.actions import ACTIONS, REMEMBERING
from addon.certificates import WHOLE_FETCH
from addon.screens import LONGEST
from addon.services import Services
from policy import wiring
from policy.errors import RollbookError
from policy.google import teacher
from policy.google.base import CourseState
from policy.simulator.switches import Switches
from policy.store.base import Decision
from policy.store.sql import SqlStore
from unit.addon.school import ADA, ADMIN, BEN, School, base_row

PROVISIONED, ACTIVE, DECLINED = CourseState.PROVISIONED, CourseState.ACTIVE, CourseState.DECLINED


def shown(answer: TestResponse) -> dict[str, list[str]]:
    """The card's texts by section header, from either envelope."""
    assert answer.status_code == 200, answer.text
    body = answer.json
    [navigation] = body.get("renderActions", body)["action"]["navigations"]
    [card] = navigation.values()
    found: dict[str, list[str]] = {}
    for section in card["sections"]:
        texts = [text for widget in section["widgets"] if (text := text_of(widget))]
        if texts:
            found.setdefault(section.get("header", ""), []).extend(texts)
    return found


def text_of(widget: Mapping[str, Mapping[str, str]]) -> str:
    for kind in ("textParagraph", "decoratedText"):
        if kind in widget:
            return widget[kind]["text"]
    return ""


def notice(answer: TestResponse) -> str:
    text: str = answer.json["renderActions"]["action"]["notification"]["text"]
    return text


def click(school: School, action: str, course: str = "", *, user: str = ADA) -> TestResponse:
    parameters = {"course": course} if course else None
    return school.google_calls(f"/addon/do/{action}", user=user, parameters=parameters)


def test_home_shows_what_is_ours_and_the_teachers_own(school: School) -> None:
    school.course("Algebra", section="Period 1", students=24)
    school.course("Made by hand", ours=False)
    school.course("Another teacher's", owner=BEN)
    answer = school.google_calls("/addon/home")
    assert shown(answer) == {"Waiting": ["Algebra"]}
    assert "Period 1 · 24 students" in str(answer.json)
    assert list(answer.json) == ["action"]
    assert list(answer.json["action"]["navigations"][0]) == ["pushCard"]


def test_an_admin_sees_only_own_classes(school: School) -> None:
    """An administrator's token would list every class of the domain."""
    school.course("Ada's", owner=ADA)
    school.course("The admin's", owner=ADMIN)
    assert shown(school.google_calls("/addon/home", user=ADMIN)) == {"Waiting": ["The admin's"]}


def test_home_without_a_class(school: School) -> None:
    assert "No class of yours is here yet." in shown(school.google_calls("/addon/home"))[""]


def test_a_class_made_over_to_another_teacher_is_no_longer_shown(school: School) -> None:
    course = school.course("Algebra", owner=BEN)
    school.store.keep([base_row(course, "Algebra", "", school.ids[ADA], 3)])  # as it was last night
    assert "Waiting" not in shown(school.google_calls("/addon/home"))


def test_accept(school: School) -> None:
    course = school.course("Algebra", section="Period 1")
    answer = click(school, "accept", course)
    assert school.state_of(course) is ACTIVE
    assert notice(answer) == "Algebra, Period 1 accepted."
    assert shown(answer) == {"Accepted": ["Algebra"]}
    assert answer.json["stateChanged"] is True
    assert list(answer.json["renderActions"]["action"]["navigations"][0]) == ["updateCard"]


def test_accept_again_changes_nothing_and_says_so(school: School) -> None:
    course = school.course("Algebra")
    click(school, "accept", course)
    writes = school.sim.calls.api["classroom.courses.patch"]
    answer = click(school, "accept", course)
    assert notice(answer) == "Algebra is already accepted."
    assert school.sim.calls.api["classroom.courses.patch"] == writes == 1


def test_accept_what_was_accepted_in_classroom(school: School) -> None:
    course = school.course("Algebra")
    school.by_hand(f"courses/{course}/accept", {})
    assert notice(click(school, "accept", course)) == "Algebra is already accepted."


def test_decline(school: School) -> None:
    course = school.course("Algebra")
    answer = click(school, "decline", course)
    assert school.state_of(course) is DECLINED
    assert notice(answer) == "Algebra declined."
    assert shown(answer) == {"Declined": ["Algebra"]}
    assert notice(click(school, "decline", course)) == "Algebra is already declined."


def test_decline_what_is_accepted(school: School) -> None:
    course = school.course("Algebra")
    click(school, "accept", course)
    answer = click(school, "decline", course)
    assert school.state_of(course) is ACTIVE
    assert notice(answer) == "Algebra is accepted, so it can't be declined any more."


def test_accept_after_all(school: School) -> None:
    course = school.course("Algebra")
    click(school, "decline", course)
    answer = click(school, "accept", course)
    assert school.state_of(course) is ACTIVE
    assert shown(answer) == {"Accepted": ["Algebra"]}


@pytest.mark.parametrize("action", ["accept", "decline"])
@pytest.mark.parametrize("whose", ["another teacher's", "not ours", "unknown", "none", "odd"])
def test_parameters_are_not_trusted(school: School, action: str, whose: str) -> None:
    courses = {
        "another teacher's": school.course("Ben's", owner=BEN),
        "not ours": school.course("Made by hand", ours=False),
        "unknown": "999",
        "none": "",
        "odd": "../../courses?x=1",
    }
    answer = click(school, action, courses[whose])
    assert notice(answer) == (
        "This class is not among those that wait for you; nothing was changed."
    )
    assert school.state_of(courses["another teacher's"]) is PROVISIONED
    assert school.state_of(courses["not ours"]) is PROVISIONED
    assert school.sim.calls.api["classroom.courses.patch"] == 0


def test_another_teachers_class_stays_even_for_an_admin(school: School) -> None:
    course = school.course("Ada's", owner=ADA)
    click(school, "accept", course, user=ADMIN)
    assert school.state_of(course) is PROVISIONED


def test_accept_all(school: School) -> None:
    ours = [school.course(f"Class {number}") for number in range(4)]
    others = [school.course("Made by hand", ours=False), school.course("Ben's", owner=BEN)]
    school.by_hand(f"courses/{ours[3]}/decline", {})
    answer = click(school, "accept-all")
    assert notice(answer) == "3 classes accepted."
    assert [school.state_of(course) for course in ours] == [ACTIVE, ACTIVE, ACTIVE, DECLINED]
    assert [school.state_of(course) for course in others] == [PROVISIONED, PROVISIONED]
    assert notice(click(school, "accept-all")) == "Nothing waits for you."


def test_accept_all_takes_those_beyond_the_card(school: School) -> None:
    school.sim.switches = Switches(courses_page=10)
    ours = [school.course(f"Class {number:02}") for number in range(45)]
    home = school.google_calls("/addon/home")
    assert "and 25 more; Accept all takes them too" in home.text
    assert notice(click(school, "accept-all")) == "45 classes accepted."
    assert {school.state_of(course) for course in ours} == {ACTIVE}


def test_refresh(school: School) -> None:
    course = school.course("Algebra")
    school.by_hand(f"courses/{course}/accept", {})
    answer = click(school, "refresh")
    assert shown(answer) == {"Accepted": ["Algebra"]}
    assert "notification" not in answer.json["renderActions"]["action"]


# What Classroom shows late


def test_the_card_after_a_click_is_right_though_classroom_is_late(school: School) -> None:
    school.sim.switches = Switches(state_late=3600)
    accepted, declined = school.course("Algebra"), school.course("Biology")
    assert shown(click(school, "accept", accepted))["Accepted"] == ["Algebra"]
    expected = {"Accepted": ["Algebra"], "Declined": ["Biology"]}
    assert shown(click(school, "decline", declined)) == expected
    assert shown(school.google_calls("/addon/home")) == expected
    assert shown(click(school, "refresh")) == expected


def test_a_second_click_while_classroom_is_late_writes_nothing(school: School) -> None:
    school.sim.switches = Switches(state_late=3600)
    course = school.course("Algebra")
    click(school, "accept", course)
    assert notice(click(school, "accept", course)) == "Algebra is already accepted."
    assert notice(click(school, "accept-all")) == "Nothing waits for you."
    assert school.sim.calls.api["classroom.courses.patch"] == 1


def test_after_some_minutes_classroom_is_believed_again(school: School) -> None:
    school.sim.switches = Switches(state_late=3600)
    school.course("Algebra")
    click(school, "accept-all")
    school.now += timedelta(minutes=11)
    assert shown(school.google_calls("/addon/home")) == {"Waiting": ["Algebra"]}


def test_what_classroom_says_later_counts_more_than_the_click(school: School) -> None:
    course = school.course("Algebra")
    click(school, "accept", course)
    school.by_hand(f"courses/{course}/archive", {})
    assert "Accepted" not in shown(school.google_calls("/addon/home"))


# What goes wrong


def test_google_out_of_reach_is_a_card(school: School) -> None:
    school.sim.switches = Switches(server_error_rate=1.0, server_error_lasts=3600)
    expected = (
        '<font color="#b3261e">Google Classroom can\'t be reached just now. '
        "Try again in a moment.</font>"
    )
    assert shown(school.google_calls("/addon/home")) == {"": [expected]}
    answer = click(school, "accept-all")
    assert shown(answer) == {"": [expected]}
    assert notice(answer) == "That did not work."
    assert '"text":"Try again"' in answer.text


def test_a_sign_in_that_has_ended_is_a_card(school: School) -> None:
    body = school.event(userOAuthToken="ya29.ended")
    answer = school.google_calls("/addon/home", body)
    [text] = shown(answer)[""]
    assert "Google asks you to sign in again" in text


def test_a_token_without_the_scope_is_a_card(school: School) -> None:
    """Google did not say which scopes are granted, and then refuses."""
    token = school.sim.access_token(ADA, [scopes.EMAIL])
    body = school.event(userOAuthToken=token, authorizedScopes=None)
    [text] = shown(school.google_calls("/addon/home", body))[""]
    assert "Google Classroom refused (403)" in text


def suspend_unseen(school: School, course: str) -> None:
    """Google has suspended the class, and lists it as waiting for a while yet."""
    known = school.sim.state.courses[course]
    school.sim.state.put_course(
        replace(known, state="SUSPENDED", state_before="PROVISIONED", state_seen_from=math.inf)
    )


def test_accept_all_in_part(school: School) -> None:
    ours = [school.course(f"Class {number}", section="Period 1") for number in range(4)]
    suspend_unseen(school, ours[1])
    suspend_unseen(school, ours[2])
    answer = click(school, "accept-all")
    assert notice(answer) == "2 of 4 classes accepted."
    assert shown(answer) == {
        "": [
            '<font color="#b3261e">Google Classroom refused to accept: Class 1, Period 1; '
            "Class 2, Period 1. Nothing has changed there.</font>"
        ],
        "Waiting": ["Class 1", "Class 2"],
        "Accepted": ["Class 0", "Class 3"],
    }


def test_accept_all_stops_when_google_does_not_answer(school: School) -> None:
    ours = [school.course(f"Class {number}") for number in range(5)]
    school.sim.switches = Switches(classroom_per_user=3)  # one to list, two to accept
    answer = click(school, "accept-all")
    assert notice(answer) == "2 of 5 classes accepted."
    assert [school.state_of(course) for course in ours] == [ACTIVE] * 2 + [PROVISIONED] * 3
    assert "3 classes wait still" in shown(answer)[""][0]
    assert shown(answer)["Waiting"] == ["Class 2", "Class 3", "Class 4"]


def test_accept_all_stops_in_time(school: School) -> None:
    """Google's side panel does not wait for ever; what is left takes a second click."""
    for number in range(10):
        school.course(f"Class {number}")
    school.google_takes(timedelta(seconds=4))
    began = school.now
    answer = click(school, "accept-all")  # one call to list, begun at 0 s; the others at 4 and 8 s
    assert notice(answer) == "2 of 10 classes accepted."
    assert "8 classes wait still" in shown(answer)[""][0]
    assert school.now - began == timedelta(seconds=12)
    school.google_takes(timedelta(seconds=-4))
    assert notice(click(school, "accept-all")) == "8 classes accepted."


def test_one_class_stops_in_time(school: School) -> None:
    """A declined class takes three calls."""
    course = school.course("Algebra")
    click(school, "decline", course)
    school.google_takes(timedelta(seconds=6))
    answer = click(school, "accept", course)
    assert notice(answer) == "That did not work."
    assert "Algebra is not accepted." in shown(answer)[""][0]
    assert shown(answer)["Waiting"] == ["Algebra"]
    assert school.state_of(course) is PROVISIONED


@pytest.mark.parametrize("path", ["/addon/home", "/addon/do/accept-all"])
def test_a_list_of_many_pages_stops_in_time(
    school: School, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(teacher, "COURSES_PAGE", 1)
    for number in range(10):
        school.course(f"Class {number}")
    school.google_takes(timedelta(seconds=5))
    began = school.now
    [text] = shown(school.google_calls(path))[""]
    assert "Google Classroom can't be reached just now" in text
    assert school.now - began == timedelta(seconds=10)
    assert school.sim.calls.api["classroom.courses.patch"] == 0


def test_a_google_that_never_answers(school: School, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first call of a click makes the connection too; each is under the limit of a call."""
    assert LONGEST.total_seconds() + wiring.CLICK_SECONDS + REMEMBERING <= 20
    assert WHOLE_FETCH <= 5  # before all that, once an hour
    assert LONGEST.total_seconds() >= 2 * wiring.CLICK_SECONDS
    monkeypatch.setattr(wiring, "CLICK_SECONDS", 0.1)
    caller = Caller(school.ids[ADA], "a-token")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        root = f"http://127.0.0.1:{silent.getsockname()[1]}"
        settings = replace(school.settings, google_root=root)
        services = Services(
            lambda: school.store, partial(wiring.teacher_classroom, settings), school.clock
        )
        assert ACTIONS["accept-all"](services, caller, {}).notice == "That did not work."


# A store that another process has locked


@dataclass
class LockedStore:
    """The school's store for reading; for writing it is as SQLite tells it after its wait."""

    store: SqlStore
    asked: list[Decision] = field(default_factory=list)

    def __getattr__(self, name: str) -> object:
        return getattr(self.store, name)

    def decide(self, decision: Decision) -> None:
        self.asked.append(decision)
        raise RollbookError("The store rollbook.sqlite can't be used: database is locked.")


@pytest.mark.parametrize("late", [0.0, 3600.0], ids=["Classroom in time", "Classroom late"])
def test_a_locked_store_does_not_undo_a_click(
    school: School, caplog: pytest.LogCaptureFixture, late: float
) -> None:
    school.sim.switches = Switches(state_late=late)
    ours = [school.course(f"Class {number}") for number in range(3)]
    locked = LockedStore(school.store)
    school.store = locked  # type: ignore[assignment]
    answer = click(school, "accept-all")
    assert notice(answer) == "3 classes accepted."
    assert shown(answer) == {"Accepted": ["Class 0", "Class 1", "Class 2"]}
    assert {school.state_of(course) for course in ours} == {ACTIVE}
    assert "could not be remembered: The store rollbook.sqlite can't be used" in caplog.text
    assert len(locked.asked) == 1  # each may have waited half a minute


def test_a_store_that_is_locked_for_long_is_written_to_later(
    school: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(actions, "REMEMBERING", 0.1)
    course, store = school.course("Algebra"), school.store
    free, written = threading.Event(), threading.Event()

    def decide(decision: Decision) -> None:
        assert free.wait(timeout=20)
        SqlStore.decide(store, decision)
        written.set()

    monkeypatch.setattr(store, "decide", decide)
    answer = click(school, "accept", course)
    assert shown(answer) == {"Accepted": ["Algebra"]}
    assert store.decisions(school.ids[ADA]) == {}
    free.set()
    assert written.wait(timeout=20)
    assert store.decisions(school.ids[ADA])[course].state == "ACTIVE"


def test_long_names(school: School) -> None:
    """Names of 750 characters, sections of 2,800, and no more than fits into a card."""
    ours = [school.course(f"{number:03} {'ö' * 740}", section="x" * 2800) for number in range(30)]
    for course in ours:
        suspend_unseen(school, course)
    assert "ö" in school.google_calls("/addon/home").data.decode()  # and not \\u00f6
    answer = click(school, "accept-all")
    assert notice(answer) == "0 of 30 classes accepted."
    assert "and 20 more. Nothing has changed there." in shown(answer)[""][0]
    assert len(answer.data) < 40_000


def test_one_class_refused(school: School) -> None:
    course = school.course("Algebra")
    suspend_unseen(school, course)
    answer = click(school, "accept", course)
    assert notice(answer) == "That did not work."
    assert "Algebra is not accepted." in shown(answer)[""][0]
    assert shown(answer)["Waiting"] == ["Algebra"]
    assert school.store.decisions(school.ids[ADA]) == {}


def test_no_access_token_is_a_card(school: School) -> None:
    answer = school.google_calls("/addon/home", school.event(userOAuthToken=None))
    [text] = shown(answer)[""]
    assert "Google did not say who you are" in text


def test_the_other_spelling_of_the_access_token(school: School) -> None:
    school.course("Algebra")
    token = school.sim.access_token(ADA, scopes.ALL)
    body = school.event(userOAuthToken=None, userOauthToken=token)
    assert shown(school.google_calls("/addon/home", body))["Waiting"] == ["Algebra"]


# Consent


@pytest.mark.parametrize("path", ["/addon/home", "/addon/do/accept"])
def test_consent(school: School, path: str) -> None:
    answer = school.google_calls(path, granted=[scopes.EMAIL, *scopes.HOSTS])
    assert answer.status_code == 200
    assert answer.json == {"requesting_google_scopes": {"scopes": [scopes.COURSES]}}


def test_consent_to_be_known(school: School) -> None:
    """Without the e-mail scope Google sends no userIdToken."""
    body = school.event(userIdToken=None, granted=list(scopes.HOSTS))
    assert school.google_calls("/addon/home", body).json == {
        "requesting_google_scopes": {"scopes": [scopes.EMAIL, scopes.COURSES]}
    }


def test_the_click_that_google_repeats_after_consent(school: School) -> None:
    course = school.course("Algebra")
    parameters = {"course": course}
    refused = school.google_calls("/addon/do/accept", granted=[scopes.EMAIL], parameters=parameters)
    assert "requesting_google_scopes" in refused.json
    assert school.state_of(course) is PROVISIONED
    click(school, "accept", course)
    assert school.state_of(course) is ACTIVE


def test_scopes_that_google_does_not_tell_are_not_asked_for(school: School) -> None:
    school.course("Algebra")
    body = school.event(authorizedScopes=None)
    assert shown(school.google_calls("/addon/home", body))["Waiting"] == ["Algebra"]
