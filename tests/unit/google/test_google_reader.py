"""Reads that are asked again: what is, how often, after how long, and what is not."""

import json
import re
from dataclasses import dataclass, field

import pytest

from policy.errors import GoogleOutOfReach, GoogleRefused
from policy.google.http import Answer, JsonObject, Request
from policy.google.reader import Reader, gone
from policy.google.transport import Transport
from unit.google.scripted_server import HANG_UP, Say, Script, batch_of, error

OK = Say(body='{"id": "1"}')
RATE = error(429, "RESOURCE_EXHAUSTED", "Quota exceeded for 'Requests per minute per user'.")
BUSY = error(503, "UNAVAILABLE", "The service is currently unavailable.")
GONE = error(404, "NOT_FOUND", "Requested entity was not found.")
NO = error(403, "PERMISSION_DENIED", "The caller does not have permission")


@dataclass
class Log:
    """A pace and a sleep that only remember."""

    took: list[int] = field(default_factory=list)
    slept: list[float] = field(default_factory=list)
    backed_off: list[float] = field(default_factory=list)

    def take(self, calls: int) -> None:
        self.took.append(calls)

    def back_off(self, seconds: float) -> None:
        self.backed_off.append(seconds)


@pytest.fixture
def log() -> Log:
    return Log()


@pytest.fixture
def reader(transport: Transport, log: Log) -> Reader:
    return Reader(transport, log, sleep=log.slept.append, chance=lambda: 1.0)


def gets(transport: Transport, count: int) -> list[Request]:
    return [transport.courses.get(id=str(number)) for number in range(count)]


def asked(script: Script) -> list[list[str]]:
    """The course ids that each request asked for."""
    return [re.findall(r"/v1/courses/(\d+)", seen.path + seen.body) for seen in script.seen]


def test_only_the_parts_that_failed_are_asked_again(
    reader: Reader, transport: Transport, script: Script, log: Log
) -> None:
    script.says = [batch_of(OK, RATE, GONE, BUSY, RATE), batch_of(RATE, OK, OK), OK]
    answers = reader.several(gets(transport, 5), doing="look")
    assert [answer.status for answer in answers] == [200, 200, 404, 200, 200]
    assert asked(script) == [["0", "1", "2", "3", "4"], ["1", "3", "4"], ["1"]]
    assert log == Log(took=[5, 3, 1], slept=[], backed_off=[1.0, 2.0])


def test_faults_wait_longer_each_time_and_then_it_is_said(
    reader: Reader, transport: Transport, script: Script, log: Log
) -> None:
    script.says = [BUSY]
    with pytest.raises(GoogleOutOfReach) as out_of_reach:
        reader.one(gets(transport, 1)[0], doing="look")
    assert str(out_of_reach.value) == (
        "Google can't be asked to look (503: The service is currently unavailable.). It was tried "
        "again for a while; check the network, and ROLLBOOK_GOOGLE_ROOT if it is set"
    )
    assert log == Log(took=[1] * 8, slept=[1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 32.0], backed_off=[])


def test_waits_are_shorter_by_chance(transport: Transport, script: Script, log: Log) -> None:
    script.says = [BUSY, BUSY, OK]
    reader = Reader(transport, log, sleep=log.slept.append, chance=lambda: 0.0)
    assert reader.one(gets(transport, 1)[0], doing="look") == {"id": "1"}
    assert log.slept == [0.5, 1.0]


def test_a_hang_up_is_asked_again(
    reader: Reader, transport: Transport, script: Script, log: Log
) -> None:
    # Twice for each of ours, since the client repeats a call by itself when it is hung up on.
    script.says = [HANG_UP, HANG_UP, OK]
    assert reader.one(gets(transport, 1)[0], doing="look") == {"id": "1"}
    assert log == Log(took=[1, 1], slept=[1.0], backed_off=[])


@pytest.mark.parametrize("say", [NO, GONE], ids=["403", "404"])
def test_what_lasts_is_not_asked_again(
    reader: Reader, transport: Transport, script: Script, log: Log, say: Say
) -> None:
    script.says = [say]
    with pytest.raises(GoogleRefused, match="Google refused to look") as refused:
        reader.one(gets(transport, 1)[0], doing="look")
    assert refused.value.status == say.status
    assert log == Log(took=[1])


@pytest.mark.parametrize(
    ("probe", "raises"), [pytest.param(OK, False, id="answers"), pytest.param(BUSY, True, id="out")]
)
def test_is_it_google_or_the_calls(
    transport: Transport, script: Script, log: Log, probe: Say, raises: bool
) -> None:
    reader = Reader(
        transport,
        log,
        tries=2,
        probe=lambda: transport.courses.get(id="7"),
        sleep=log.slept.append,
        chance=lambda: 1.0,
    )
    script.says = [batch_of(BUSY, BUSY), batch_of(BUSY, BUSY), probe]
    if raises:
        with pytest.raises(GoogleOutOfReach):
            reader.several(gets(transport, 2), doing="look")
    else:
        answers = reader.several(gets(transport, 2), doing="look")
        assert [answer.status for answer in answers] == [503, 503]
    assert asked(script)[2:] == [["7"]]
    assert log.took == [2, 2, 1]


def test_a_days_quota_is_not_waited_for(
    reader: Reader, transport: Transport, script: Script, log: Log
) -> None:
    script.says = [error(429, "RESOURCE_EXHAUSTED", "Quota exceeded for 'Requests per day'.")]
    with pytest.raises(GoogleRefused, match="per day"):
        reader.one(gets(transport, 1)[0], doing="look")
    assert log == Log(took=[1])


def test_more_than_fit_in_a_batch(
    reader: Reader, transport: Transport, script: Script, log: Log
) -> None:
    script.says = [batch_of(*[OK] * 50), batch_of(*[OK] * 50), OK]
    assert reader.several(gets(transport, 101), doing="look") == [Answer(200, {"id": "1"})] * 101
    assert [len(ids) for ids in asked(script)] == [50, 50, 1]
    assert log.took == [50, 50, 1]


def test_nothing_to_ask_asks_nothing(reader: Reader, log: Log) -> None:
    assert reader.several([], doing="look") == []
    assert log == Log()


def test_one_try_and_no_pace(transport: Transport, script: Script) -> None:
    script.says = [BUSY, OK]
    with pytest.raises(GoogleOutOfReach):
        Reader(transport, tries=1).one(gets(transport, 1)[0], doing="look")
    assert len(script.seen) == 1


def test_pages_to_the_end_even_when_one_is_empty(
    reader: Reader, transport: Transport, script: Script
) -> None:
    pages: list[JsonObject] = [
        {"courses": [{"id": "1"}, {"id": "2"}], "nextPageToken": "a"},
        {"nextPageToken": "b"},
        {"courses": [{"id": "3"}], "nextPageToken": "c"},
        {},
    ]
    script.says = [Say(body=json.dumps(page)) for page in pages]
    found = reader.pages(
        lambda token: transport.courses.list(pageToken=token), "courses", doing="list"
    )
    assert list(found) == [{"id": "1"}, {"id": "2"}, {"id": "3"}]
    tokens = [re.findall(r"pageToken=(\w+)", seen.path) for seen in script.seen]
    assert tokens == [[], ["a"], ["b"], ["c"]]


@pytest.mark.parametrize(
    ("say", "expected"),
    [
        pytest.param(GONE, True, id="Google says so"),
        pytest.param(Say(404, "<html>"), False, id="something on the way says so"),
        pytest.param(NO, False, id="forbidden"),
        pytest.param(OK, False, id="there"),
    ],
)
def test_what_is_gone(transport: Transport, script: Script, say: Say, expected: bool) -> None:
    script.says = [say]
    assert gone(transport.ask(gets(transport, 1)[0])) is expected
