"""Several administrators against the simulator: what they read and write together, who falls out,
and how near they come to what Google's quotas allow."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from bench.pace import Load, Standing, classroom, emails, first_night
from policy.errors import GoogleRefused
from policy.google.base import Course, Members, Outcome, Reply, Verb, Write
from policy.google.classroom import ClassroomGateway
from policy.settings import Settings, read_settings
from policy.simulator.app import Simulator
from policy.simulator.server import serve
from policy.simulator.switches import Switches

DOMAIN = "bench.example"
ADMINS = emails(3)
PEOPLE = [f"person{n}@{DOMAIN}" for n in range(40)]
PAGES = Switches(largest_page=3, courses_page=3, short_page_rate=0.5, empty_last_page=True)


@dataclass(frozen=True)
class District:
    """A simulated domain, and Classroom as its administrators see it."""

    sim: Simulator
    clock: Standing
    settings: Settings
    ids: Sequence[str]  # of PEOPLE
    rooms: ClassroomGateway

    def made(self, count: int) -> Mapping[str, Course]:
        """Courses by alias, each with one owner and no students."""
        found: dict[str, Course] = {}
        for number in range(count):
            body = {"name": f"C{number}", "ownerId": self.ids[number % 10]}
            [reply] = self.rooms.write([Write(Verb.CREATE_COURSE, f"d:c{number}", None, body)])
            assert reply.course is not None, reply
            found[f"d:c{number}"] = reply.course
        return found

    def adds(self, course: Course, count: int) -> list[Write]:
        return [Write(Verb.ADD_STUDENT, course.id, user) for user in self.ids[10 : 10 + count]]

    def write_side_by_side(self, batches: Sequence[Sequence[Write]]) -> list[Reply]:
        with ThreadPoolExecutor(self.rooms.side_by_side) as pool:
            return [reply for replies in pool.map(self.rooms.write, batches) for reply in replies]


@contextmanager
def district(
    folder: Path, admins: Sequence[str] = ADMINS, switches: Switches = PAGES
) -> Iterator[District]:
    clock = Standing()
    sim = Simulator(DOMAIN, switches=switches, clock=clock)
    for admin in ADMINS:
        sim.add_user(admin, admin=True)
    ids = [sim.add_user(email) for email in PEOPLE]
    with serve(sim, port=0) as url:
        (folder / "key.json").write_text(json.dumps(sim.key_file()), encoding="utf-8")
        settings = read_settings(
            {
                "ROLLBOOK_STATE": str(folder),
                "ROLLBOOK_GOOGLE_ROOT": url,
                "ROLLBOOK_GOOGLE_CREDENTIALS": str(folder / "key.json"),
                "ROLLBOOK_GOOGLE_ADMIN": ",".join(admins),
            }
        )
        rooms = classroom(settings, clock)
        try:
            yield District(sim, clock, settings, ids, rooms)
        finally:
            rooms.close()


def test_three_see_what_one_sees(tmp_path: Path) -> None:
    with district(tmp_path) as maple:
        made = maple.made(70)
        for course in list(made.values())[:5]:
            maple.rooms.write(maple.adds(course, 7))
        ids = [course.id for course in made.values()]
        one = classroom(replace(maple.settings, google_admins=ADMINS[:1]), maple.clock)
        for rooms in (maple.rooms, one):
            assert {course.id: course for course in rooms.courses()} == {
                course.id: course for course in made.values()
            }
            assert rooms.find([*made, "d:nothing"]) == made
            assert rooms.aliases([*ids, "999999999999"]) == {
                course.id: frozenset({alias}) for alias, course in made.items()
            }
            assert rooms.members([*ids, "999999999999"]) == {
                course.id: Members(
                    frozenset({course.owner}), frozenset(maple.ids[10:17] if n < 5 else ())
                )
                for n, course in enumerate(made.values())
            }
        one.close()
        assert maple.rooms.warnings() == ()


def test_a_page_token_goes_back_to_whom_it_was_given(tmp_path: Path) -> None:
    """The simulator, like Google, refuses it to anybody else."""
    with district(tmp_path, switches=replace(PAGES, short_page_rate=0.0)) as maple:
        made = maple.made(8)
        maple.sim.calls.clear()
        assert len(list(maple.rooms.courses())) == len(made)
        assert maple.sim.calls.api["classroom.courses.list"] > 2
        assert maple.sim.calls.refused == {}


def test_writes_side_by_side_are_all_done(tmp_path: Path) -> None:
    with district(tmp_path) as maple:
        courses = list(maple.made(6).values())
        replies = maple.write_side_by_side([maple.adds(course, 30) for course in courses])
        assert [reply.outcome for reply in replies] == [Outcome.DONE] * 180
        members = maple.rooms.members([course.id for course in courses])
    assert members == {
        c.id: Members(frozenset({c.owner}), frozenset(maple.ids[10:40])) for c in courses
    }


def suspend(maple: District, admin: str) -> None:
    maple.sim.add_user(admin, admin=True, suspended=True)


def dismiss(maple: District, admin: str) -> None:
    maple.sim.add_user(admin, admin=False)


@pytest.mark.parametrize(
    ("lose", "words"),
    [
        pytest.param(suspend, "Google gives no token to the service account", id="suspended"),
        pytest.param(dismiss, "Google doesn't know this account as an admin", id="dismissed"),
    ],
)
@pytest.mark.parametrize("number", [1, 3], ids=["the first", "the last"])
def test_who_falls_out_stops_nobody(
    tmp_path: Path, number: int, words: str, lose: Callable[[District, str], None]
) -> None:
    with district(tmp_path) as maple:
        lose(maple, ADMINS[number - 1])
        courses = list(maple.made(6).values())
        replies = maple.write_side_by_side([maple.adds(course, 5) for course in courses])
        assert [reply.outcome for reply in replies] == [Outcome.DONE] * 30
        assert len(list(maple.rooms.courses())) == 6
        [warning] = maple.rooms.warnings()
        assert f"administrator {number} of ROLLBOOK_GOOGLE_ADMIN is left out: {words}" in warning
        assert DOMAIN not in warning


def test_who_is_suspended_in_the_middle_stops_nobody(tmp_path: Path) -> None:
    with district(tmp_path) as maple:
        courses = list(maple.made(6).values())  # everybody has a token now
        suspend(maple, ADMINS[1])
        replies = maple.write_side_by_side([maple.adds(course, 5) for course in courses])
        assert {reply.outcome for reply in replies} <= {Outcome.DONE, Outcome.ALREADY}
        members = maple.rooms.members([course.id for course in courses])
        assert [len(found.students) for found in members.values()] == [5] * 6
        [warning] = maple.rooms.warnings()
    assert warning.startswith("administrator 2 of ROLLBOOK_GOOGLE_ADMIN is left out: ")


def test_when_nobody_is_left_it_is_said_and_it_goes_on_when_somebody_is_back(
    tmp_path: Path,
) -> None:
    with district(tmp_path) as maple:
        made = maple.made(2)
        for admin in ADMINS:
            suspend(maple, admin)
        with pytest.raises(GoogleRefused, match="Check that ROLLBOOK_GOOGLE_ADMIN"):
            maple.rooms.find(list(made))
        with pytest.raises(GoogleRefused, match="Check that ROLLBOOK_GOOGLE_ADMIN"):
            maple.rooms.write(maple.adds(made["d:c0"], 1))
        maple.sim.add_user(ADMINS[2], admin=True)
        assert maple.rooms.find(list(made)) == made


def test_a_token_endpoint_that_fails_for_a_moment_leaves_nobody_out(tmp_path: Path) -> None:
    with district(tmp_path) as maple:
        made = maple.made(3)
        maple.clock.sleep(4_000)  # all tokens have ended
        maple.sim.next("token_error", 3)
        replies = [maple.rooms.write(maple.adds(made["d:c0"], 2)) for _ in range(4)]
        outcomes = [[reply.outcome for reply in some] for some in replies]
        assert outcomes == [[Outcome.AGAIN_SOON] * 2] * 3 + [[Outcome.DONE] * 2]
        assert maple.rooms.warnings() == ()


def test_a_project_that_is_too_fast_slows_everybody_down(tmp_path: Path) -> None:
    """Somebody else uses half of the project's quota. Few calls are refused, and none is lost. It
    takes 7 % longer than the quota's floor; now and then, as the threads come, a minute more."""
    calls, quota = 10_000, 1_500
    with district(tmp_path, switches=Switches(classroom_per_project=quota)) as maple:
        made = maple.made(20)
        began = maple.clock.passed
        assert maple.rooms.find([f"d:c{number}" for number in range(calls)]) == made
        seconds = maple.clock.passed - began
    assert seconds < 1.3 * calls * 60 / quota
    assert maple.sim.calls.refused[429] < 0.05 * calls


def is_within(load: Load) -> bool:
    return load.seconds <= 1.05 * load.floor and load.refused < 0.001 * load.calls


@pytest.mark.slow
@pytest.mark.parametrize("admins", [1, 3])
def test_an_initial_load_is_within_five_percent_of_what_the_quotas_allow(admins: int) -> None:
    load = first_night(admins)
    assert (load.seats, is_within(load)) == (7_500, True), load
