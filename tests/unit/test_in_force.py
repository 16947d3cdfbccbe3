"""A server's policy: picked up when it is fine as a whole and nobody is writing it any more."""

import logging
import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from policy.in_force import EVERY, InForce, Watched, load_whole
from policy.rules.load import load_policy
from policy.rules.model import Policy

DISTRICT = """\
version: 1
district:
  id: maple
  name: {name}
  domains: [maple.example]
  timezone: America/Chicago
"""
START = datetime(2026, 9, 1, 8, 0, tzinfo=UTC)
BROKEN = DISTRICT.format(name="Maple") + "limits: {teacher.remove: {class: -1}}\n"


class Clock:
    """Goes on when it is told to."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now

    def later(self) -> datetime:
        self.now += EVERY
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "policies"
    (folder / "schools").mkdir(parents=True)
    write(folder, DISTRICT.format(name="Maple"))
    return folder


def write(folder: Path, text: str) -> None:
    (folder / "district.yaml").write_text(text, encoding="utf-8")


def settled(watched: Watched, clock: Clock) -> InForce:
    """What is in force once the folder has been looked at twice."""
    for _ in range(2):
        clock.later()
        found = watched.now()
    return found


def name_of(found: InForce) -> str:
    assert found.policy is not None
    return found.policy.district.name


def test_at_the_start(folder: Path, clock: Clock) -> None:
    found = Watched(folder, clock=clock).now()
    assert found == InForce(folder, load_policy(folder), START)


def test_a_changed_policy_comes_in_force(folder: Path, clock: Clock) -> None:
    watched = Watched(folder, clock=clock)
    write(folder, DISTRICT.format(name="Maple Schools"))
    found = settled(watched, clock)
    assert (name_of(found), found.since, found.problems) == ("Maple Schools", clock.now, ())


def test_a_file_of_a_school_is_a_change(folder: Path, clock: Clock) -> None:
    watched = Watched(folder, clock=clock)
    file = folder / "schools" / "north.yaml"
    file.write_text("schools: [north]\n", encoding="utf-8")
    found = settled(watched, clock)
    assert found.policy is not None
    assert set(found.policy.schools) == {"north"}
    file.unlink()
    found = settled(watched, clock)
    assert found.policy is not None
    assert set(found.policy.schools) == set()


def test_the_file_of_identities_is_a_change(folder: Path, clock: Clock) -> None:
    named = "people: {identities: ./people/identities.csv}\n"
    write(folder, DISTRICT.format(name="Maple") + named)
    watched = Watched(folder, clock=clock)
    assert len(watched.now().problems) == 2  # there is no such file; and the closing line
    (folder / "people").mkdir()
    file = folder / "people" / "identities.csv"
    file.write_text("sis_key,email\n7,ann@maple.example\n", encoding="utf-8")
    found = settled(watched, clock)
    assert found.policy is not None
    assert found.policy.identities["7"].email == "ann@maple.example"


def test_a_folder_of_schools_that_is_a_link(folder: Path, clock: Clock) -> None:
    elsewhere = (folder / "schools").rename(folder.parent / "elsewhere")
    (folder / "schools").symlink_to(elsewhere)
    watched = Watched(folder, clock=clock)
    (elsewhere / "north.yaml").write_text("schools: [north]\n", encoding="utf-8")
    found = settled(watched, clock)
    assert found.policy is not None
    assert set(found.policy.schools) == {"north"}


def test_what_is_no_part_of_it_is_no_change(folder: Path, clock: Clock) -> None:
    reading = Reading()
    watched = Watched(folder, clock=clock, load=reading)
    (folder / ".git").mkdir()
    (folder / ".git" / "a.yaml").write_text("a: 1", encoding="utf-8")
    (folder / "rollbook.sqlite-wal").write_text("", encoding="utf-8")
    settled(watched, clock)
    assert reading.times == 1


def test_a_change_of_the_same_size_and_time(folder: Path, clock: Clock) -> None:
    file = folder / "district.yaml"
    stamp = file.stat()
    watched = Watched(folder, clock=clock)
    write(folder, DISTRICT.format(name="Apple"))
    os.utime(file, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    assert name_of(settled(watched, clock)) == "Apple"


def test_the_old_one_stays_until_the_new_one_is_fine(folder: Path, clock: Clock) -> None:
    watched = Watched(folder, clock=clock)
    write(folder, BROKEN)
    found = settled(watched, clock)
    assert (name_of(found), found.since) == ("Maple", START)
    assert found.problems[0].startswith(f"{folder}/district.yaml:7:34  limits.teacher.remove.class")
    seen = found.at_fault_since
    assert seen == clock.now
    write(folder, BROKEN + "students: {add: never}\n")
    found = settled(watched, clock)
    assert (len(found.problems), found.at_fault_since) == (3, seen)  # the last one closes
    write(folder, DISTRICT.format(name="Mended"))
    assert settled(watched, clock) == InForce(folder, load_policy(folder), clock.now)


def test_back_to_what_it_was(folder: Path, clock: Clock) -> None:
    watched = Watched(folder, clock=clock)
    write(folder, BROKEN)
    settled(watched, clock)
    write(folder, DISTRICT.format(name="Maple"))
    found = settled(watched, clock)
    assert (name_of(found), found.since, found.problems) == ("Maple", START, ())
    assert found.at_fault_since is None


def test_a_folder_that_goes_away_and_comes_back(folder: Path, clock: Clock) -> None:
    watched = Watched(folder, clock=clock)
    away = folder.rename(folder.parent / "away")
    found = settled(watched, clock)
    assert name_of(found) == "Maple"
    assert "there is no such folder" in found.problems[0]
    away.rename(folder)
    assert settled(watched, clock).problems == ()


def test_never_fine_since_the_start(folder: Path, clock: Clock) -> None:
    write(folder, BROKEN)
    watched = Watched(folder, clock=clock)
    found = watched.now()
    assert (found.policy, found.since, found.at_fault_since) == (None, None, START)
    write(folder, DISTRICT.format(name="Maple"))
    assert name_of(settled(watched, clock)) == "Maple"


class Reading:
    """The loader, counted; somebody may write meanwhile."""

    def __init__(self, meanwhile: Callable[[], None] = lambda: None) -> None:
        self.times = 0
        self.meanwhile = meanwhile

    def __call__(self, folder: Path) -> Policy:
        self.times += 1
        policy = load_policy(folder)
        self.meanwhile()
        return policy


def test_it_is_looked_at_every_few_seconds_and_read_when_it_has_changed(
    folder: Path, clock: Clock
) -> None:
    reading = Reading()
    watched = Watched(folder, clock=clock, load=reading)
    settled(watched, clock)
    assert reading.times == 1
    write(folder, DISTRICT.format(name="New"))
    clock.later()
    watched.now()
    for _ in range(4):
        clock.now += timedelta(seconds=1)
        assert name_of(watched.now()) == "Maple"
    assert reading.times == 1
    clock.now += timedelta(seconds=1)
    assert name_of(watched.now()) == "New"
    assert reading.times == 2


def test_who_still_writes_is_waited_for(folder: Path, clock: Clock) -> None:
    reading = Reading()
    watched = Watched(folder, clock=clock, load=reading)
    for number in range(5):
        write(folder, DISTRICT.format(name=f"Draft {number}"))
        clock.later()
        watched.now()
    assert reading.times == 1
    assert name_of(settled(watched, clock)) == "Draft 4"


def test_what_changes_while_it_is_read_is_read_again(folder: Path, clock: Clock) -> None:
    reading = Reading()
    watched = Watched(folder, clock=clock, load=reading)
    write(folder, DISTRICT.format(name="Half"))
    reading.meanwhile = lambda: write(folder, DISTRICT.format(name="Whole"))
    assert name_of(settled(watched, clock)) == "Maple"
    reading.meanwhile = lambda: None
    assert name_of(settled(watched, clock)) == "Whole"


def test_a_fault_of_a_half_written_folder_is_not_told(folder: Path, clock: Clock) -> None:
    def half(at: Path) -> Policy:
        write(at, BROKEN)
        try:
            return load_policy(at)
        finally:
            write(at, DISTRICT.format(name="Whole"))

    assert Watched(folder, clock=clock, load=half).now() == InForce(folder)
    watched = Watched(folder, clock=clock)
    assert settled(watched, clock).problems == ()


def test_a_start_while_somebody_writes(folder: Path, clock: Clock) -> None:
    reading = Reading(lambda: write(folder, DISTRICT.format(name="Whole")))
    watched = Watched(folder, clock=clock, load=reading)
    assert watched.now() == InForce(folder)
    reading.meanwhile = lambda: None
    assert name_of(settled(watched, clock)) == "Whole"


def test_a_clock_that_goes_back(folder: Path, clock: Clock) -> None:
    watched = Watched(folder, clock=clock)
    write(folder, DISTRICT.format(name="New"))
    clock.now -= timedelta(days=300)
    watched.now()
    clock.later()
    assert name_of(watched.now()) == "New"


def test_threads_do_not_wait_for_the_one_that_reads(folder: Path, clock: Clock) -> None:
    reads, may_end = threading.Event(), threading.Event()

    def slowly() -> None:
        reads.set()
        assert may_end.wait(20)

    reading = Reading()
    watched = Watched(folder, clock=clock, load=reading)
    write(folder, DISTRICT.format(name="New"))
    clock.later()
    watched.now()
    clock.later()
    reading.meanwhile = slowly
    with ThreadPoolExecutor(9) as pool:
        first = pool.submit(watched.now)
        assert reads.wait(20)
        others = [pool.submit(watched.now) for _ in range(8)]
        assert [name_of(each.result(20)) for each in others] == ["Maple"] * 8
        may_end.set()
        assert name_of(first.result(20)) == "New"
    assert reading.times == 2


def test_the_log_tells_where_and_nobodys_address(
    folder: Path, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "policy.in_force")
    watched = Watched(folder, clock=clock)
    named = "co_teachers: {extra: [{where: {name: A}, teachers: [ann@elsewhere.example]}]}\n"
    write(folder, DISTRICT.format(name="Maple") + named)
    found = settled(watched, clock)
    assert "ann@elsewhere.example" in found.problems[0]
    settled(watched, clock)
    write(folder, DISTRICT.format(name="Maple"))
    settled(watched, clock)
    first, fault, mended = (record.getMessage() for record in caplog.records)
    place = found.problems[0].partition("  ")[0]
    assert fault == (
        f"the policy folder is at fault at {place}; the one from before stays in force"
    )
    assert first == mended
    assert first.endswith(" is in force: its folder is fine")
    assert "ann@" not in caplog.text


TESTS = """\
tests:
  - name: ann's lunch is no class
    given: {section: {name: Lunch A}}
    expect: {class: none}
"""


def test_a_policy_that_fails_its_own_tests_does_not_come_in_force(
    folder: Path, clock: Clock
) -> None:
    watched = Watched(
        folder, clock=clock, load=lambda at: load_whole(at, lambda _zone: START.date())
    )
    write(folder, DISTRICT.format(name="Fails") + TESTS)
    found = settled(watched, clock)
    assert name_of(found) == "Maple"
    assert found.problems == (
        f"{folder}/district.yaml:8  the test “ann's lunch is no class” fails, in class",
    )
    scope = 'classes: {scope: {exclude: [{name: "Lunch*"}]}}\n'
    write(folder, DISTRICT.format(name="Passes") + scope + TESTS)
    assert name_of(settled(watched, clock)) == "Passes"
