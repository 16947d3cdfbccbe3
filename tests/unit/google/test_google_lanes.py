"""Several administrators side by side: who sends what, who is slowed down, who is left out."""

import json
import logging
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from policy.errors import GoogleRefused
from policy.google.base import REST
from policy.google.credentials import TokenCredentials
from policy.google.http import Answer, Request
from policy.google.lanes import Lane, Lanes
from policy.google.transport import Transport
from unit.google.scripted_server import HANG_UP, Say, Script, batch_of, error

ADMIN = Say(body=json.dumps({"isAdmin": True, "isDelegatedAdmin": False}))
DELEGATED = Say(body=json.dumps({"isAdmin": False, "isDelegatedAdmin": True}))
NOBODY = Say(body=json.dumps({"isAdmin": False, "isDelegatedAdmin": False}))
OK = Say(body='{"id": "1"}')
NO_TOKEN = error(401, "UNAUTHENTICATED", "Invalid credentials.")  # a bare token can't be renewed
DENIED = error(403, "PERMISSION_DENIED", "Not Authorized to access this resource/api")
BUSY = error(503, "UNAVAILABLE", "The service is currently unavailable.")
USERS = "Quota exceeded: 'Requests per minute per user'."
PROJECTS = "Quota exceeded: 'Requests per minute'."


@dataclass
class Told:
    """A pace that does as it is told: the waits, one after the other, then none."""

    waits: list[float] = field(default_factory=list)
    took: list[int] = field(default_factory=list)
    backed_off: list[float] = field(default_factory=list)

    def take(self, calls: int) -> None:
        raise AssertionError(f"waits with {calls} calls for one, though another may be free")

    def try_take(self, calls: int) -> float:
        wait = self.waits.pop(0) if self.waits else 0.0
        if not wait:
            self.took.append(calls)
        return wait

    def back_off(self, seconds: float) -> None:
        self.backed_off.append(seconds)


@dataclass
class Three:
    """Three administrators, a, b and c, at a scripted Google."""

    lanes: Lanes
    paces: list[Told]
    slept: list[float]
    script: Script

    def ask(self, times: int = 1) -> list[Answer]:
        return [self.lanes.ask(self.lanes.courses.get(id="1")) for _ in range(times)]

    def ask_together(self, calls: int) -> list[int]:
        requests = [self.lanes.courses.get(id=str(number)) for number in range(calls)]
        return [answer.status for answer in self.lanes.ask_together(requests)]

    def who(self) -> str:
        """Who has sent what is no check, in order."""
        calls = [seen for seen in self.script.seen if "/users/" not in seen.path]
        return "".join(seen.headers["authorization"].removeprefix("Bearer ") for seen in calls)

    def checked(self) -> list[str]:
        found = [re.search(r"/users/(\w)%40", seen.path) for seen in self.script.seen]
        return [match[1] for match in found if match]


@pytest.fixture
def three(root: str, script: Script) -> Iterator[Three]:
    paces, slept = [Told(), Told(), Told()], list[float]()
    all_three = [
        Lane(f"{name}@school.example", Transport(root, TokenCredentials(name), timeout=5), pace)
        for name, pace in zip("abc", paces, strict=True)
    ]
    lanes = Lanes(all_three, sleep=slept.append)
    yield Three(lanes, paces, slept, script)
    lanes.close()


def test_each_gets_some_of_the_work_and_is_checked_once(three: Three) -> None:
    three.script.says = [ADMIN, OK, DELEGATED, OK, ADMIN, OK]
    assert three.ask(6) == [Answer(200, {"id": "1"})] * 6
    assert three.who() == "abcabc"
    assert three.checked() == ["a", "b", "c"]
    assert three.lanes.side_by_side == 3


def test_who_is_free_soonest_goes(three: Three) -> None:
    three.script.says = [ADMIN, OK]
    a, b, c = three.paces
    a.waits, b.waits, c.waits = [5.0, 3.0], [2.0], [9.0]
    three.ask(1)
    assert (three.who(), three.slept) == ("b", [2.0])
    assert [pace.took for pace in three.paces] == [[], [1], []]


def test_a_batch_counts_with_every_call(three: Three) -> None:
    three.script.says = [ADMIN, batch_of(OK, OK, OK)]
    assert three.ask_together(3) == [200, 200, 200]
    assert three.paces[0].took == [3]


def test_the_next_page_is_asked_for_by_whom_the_first_was_given_to(three: Three) -> None:
    """Also when it is asked for twice, and among calls that anybody may make."""

    def page(course: str, token: str | None) -> Request:
        return three.lanes.students.list(courseId=course, pageToken=token)

    more = Say(body='{"nextPageToken": "t+1/="}')
    three.script.says = [ADMIN, more, ADMIN, OK, BUSY, Say(body="{}"), Say(body="{}"), OK]
    three.lanes.ask(page("1", None))
    three.ask(1)
    three.lanes.ask(page("1", "t+1/="))
    three.lanes.ask_together([page("2", None), page("1", "t+1/=")])
    three.lanes.ask(page("1", "t+1/="))  # has been answered: nobody's any more
    assert three.who() == "ab" + "a" + "ba" + "b"


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        pytest.param(USERS, [[REST], [], []], id="a user's rate is one's own"),
        pytest.param(PROJECTS, [[REST], [REST], [REST]], id="the project's is everybody's"),
        pytest.param("Quota exceeded: 'Requests per day'.", [[], [], []], id="no pace helps"),
    ],
)
def test_who_is_slowed_down(three: Three, words: str, expected: list[list[float]]) -> None:
    three.script.says = [ADMIN, batch_of(OK, error(429, "RESOURCE_EXHAUSTED", words))]
    assert three.ask_together(2) == [200, 429]
    assert [pace.backed_off for pace in three.paces] == expected


def test_who_gets_no_token_is_left_out_and_the_call_goes_by_another(
    three: Three, caplog: pytest.LogCaptureFixture
) -> None:
    three.script.says = [NO_TOKEN, ADMIN, OK, ADMIN, OK]
    with caplog.at_level(logging.WARNING):
        assert three.ask(4) == [Answer(200, {"id": "1"})] * 4
    assert three.who() == "bcbc"
    [warning] = three.lanes.warnings
    assert warning.startswith(
        "administrator 1 of ROLLBOOK_GOOGLE_ADMIN is left out: Google doesn't"
    )
    assert "@" not in warning
    assert [record.getMessage() for record in caplog.records] == [warning]


@pytest.mark.parametrize("answer", [NOBODY, DENIED], ids=["no administrator", "may not ask"])
def test_who_is_no_administrator_sends_nothing(three: Three, answer: Say) -> None:
    three.script.says = [answer, ADMIN, OK, ADMIN, OK]
    three.ask(3)
    assert three.who() == "bcb"
    [warning] = three.lanes.warnings
    assert warning.startswith("administrator 1 of ROLLBOOK_GOOGLE_ADMIN is left out: Google does")


@pytest.mark.parametrize("fault", [BUSY, HANG_UP], ids=["busy", "a hang-up"])
def test_a_check_that_fails_for_the_moment_is_made_again(three: Three, fault: Say) -> None:
    # A hang-up counts twice, since the client repeats a call by itself when it is hung up on.
    faults = [fault, fault] if fault is HANG_UP else [fault]
    three.script.says = [*faults, OK, ADMIN, OK, ADMIN, OK, ADMIN, OK]
    three.ask(4)
    assert three.who() == "abca"
    assert three.lanes.warnings == ()


def test_when_nobody_is_left_it_is_said_and_the_next_time_all_are_asked_again(
    three: Three,
) -> None:
    three.script.says = [NO_TOKEN]
    with pytest.raises(GoogleRefused, match="open the add-on again"):
        three.ask(1)
    assert len(three.lanes.warnings) == 3
    three.script.says = [ADMIN, OK, ADMIN, OK, ADMIN, OK]
    assert three.ask(3) == [Answer(200, {"id": "1"})] * 3
    assert len(three.lanes.warnings) == 3


@pytest.mark.parametrize("status", [404, 413])
def test_a_batch_that_is_refused_for_itself_is_nobodys_fault(three: Three, status: int) -> None:
    three.script.says = [ADMIN, error(status, "", "Not here.")]
    with pytest.raises(GoogleRefused, match="refused a batch"):
        three.ask_together(2)
    assert three.lanes.warnings == ()


def test_threads_share_them(three: Three) -> None:
    """Each call is sent once, by somebody, whoever asks."""
    three.script.says = [ADMIN]
    answers: list[Answer] = []
    threads = [threading.Thread(target=lambda: answers.extend(three.ask(20))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [answer.status for answer in answers] == [200] * 60
    assert sorted(three.who()) == ["a"] * 20 + ["b"] * 20 + ["c"] * 20
