"""The gateways through the real client library against the simulator: what Google does, told back
as values. Pages are short and the last one is empty, so that each list has several."""

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from policy.errors import GoogleOutOfReach, GoogleRefused
from policy.google.base import (
    Account,
    Course,
    CourseState,
    Edition,
    LicenseHeld,
    Members,
    Outcome,
    Unreadable,
    Verb,
    Write,
)
from policy.google.classroom import ClassroomGateway
from policy.google.credentials import (
    AUDIT_SCOPE,
    DIRECTORY_SCOPE,
    LICENSING_SCOPE,
    SCOPES,
    DelegatedCredentials,
    TokenCredentials,
)
from policy.google.directory import DirectoryGateway
from policy.google.licensing import LicensingGateway
from policy.google.reports import ReportsGateway
from policy.google.teacher import TeacherGateway
from policy.google.transport import Transport
from policy.run.pace import Pace as MinutePace
from policy.run.pace import Steady
from policy.simulator.app import Simulator
from policy.simulator.faults import Where
from policy.simulator.people import put_person, read_person
from policy.simulator.server import serve
from policy.simulator.switches import Switches

DOMAIN = "school.example"
ADMIN = f"admin@{DOMAIN}"
TEACHERS = [f"teacher{n}@{DOMAIN}" for n in range(4)]
STUDENTS = [f"student{n}@{DOMAIN}" for n in range(8)]
CALM = Switches(largest_page=3, courses_page=3, short_page_rate=0.5, empty_last_page=True)


@dataclass
class Freely:
    """A pace that holds nobody up, and remembers."""

    took: list[int] = field(default_factory=list)
    backed_off: list[float] = field(default_factory=list)

    def take(self, calls: int) -> None:
        self.took.append(calls)

    def back_off(self, seconds: float) -> None:
        self.backed_off.append(seconds)


@dataclass(frozen=True)
class School:
    """A simulated domain that is being served, and our doors to it."""

    sim: Simulator
    url: str
    key: Path
    pace: Freely
    slept: list[float]
    transport: Transport
    classroom: ClassroomGateway
    directory: DirectoryGateway

    def ids(self) -> Mapping[str, str]:
        """User ids by primary e-mail."""
        return {account.emails[0]: account.id for account in self.directory.accounts()}

    def made(self, alias: str, owner: str = TEACHERS[0], **fields: str) -> Course:
        """A course that has been made."""
        body = {"name": alias, "ownerId": owner, **fields}
        [reply] = self.classroom.write([Write(Verb.CREATE_COURSE, alias, None, body)])
        assert reply.outcome is Outcome.DONE, reply
        assert reply.course is not None
        return reply.course

    def write(self, *writes: Write) -> list[Outcome]:
        return [reply.outcome for reply in self.classroom.write(writes)]

    def teacher(self, email: str) -> TeacherGateway:
        scopes = ["https://www.googleapis.com/auth/classroom.courses"]
        token = self.sim.access_token(email, scopes)
        return TeacherGateway(Transport(self.url, TokenCredentials(token)))


@dataclass
class Clock:
    """A clock that only sleeping moves; the simulator's and the pace's."""

    now: float = 1_000.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@contextmanager
def school(
    folder: Path, switches: Switches = CALM, clock: Callable[[], float] = time.monotonic
) -> Iterator[School]:
    sim = Simulator(domain=DOMAIN, switches=switches, clock=clock)
    sim.add_user(ADMIN, given="Ada", family="Min", admin=True)
    for email in TEACHERS:
        sim.add_user(email, given="Tea", family="Cher", aliases=(f"old.{email}",))
    for email in STUDENTS:
        sim.add_user(email, given="Stu", family="Dent", suspended=email == STUDENTS[7])
    with serve(sim, port=0) as url:
        key = folder / "key.json"
        key.write_text(json.dumps(sim.key_file()))
        transport = Transport(url, DelegatedCredentials(key, admin=ADMIN, root=url))
        pace, slept = Freely(), []
        doors = [
            kind(transport, pace, sleep=slept.append, chance=lambda: 1.0)
            for kind in (ClassroomGateway, DirectoryGateway)
        ]
        yield School(sim, url, key, pace, slept, transport, *doors)
        transport.close()


@pytest.fixture
def maple(tmp_path: Path) -> Iterator[School]:
    with school(tmp_path) as made:
        yield made


def adds(verb: Verb, course: Course, emails: Sequence[str], ids: Mapping[str, str]) -> list[Write]:
    return [Write(verb, course.id, ids[email]) for email in emails]


def test_every_account_is_read_to_the_last_page(maple: School) -> None:
    accounts = {account.emails[0]: account for account in maple.directory.accounts()}
    assert set(accounts) == {ADMIN, *TEACHERS, *STUDENTS}
    teacher, student = accounts[TEACHERS[0]], accounts[STUDENTS[7]]
    assert teacher == Account(
        teacher.id, (TEACHERS[0], f"old.{TEACHERS[0]}"), "Tea Cher", suspended=False
    )
    assert student == Account(student.id, (STUDENTS[7],), "Stu Dent", suspended=True)
    assert maple.sim.calls.api["directory.users.list"] > 2


def test_an_empty_domain_lists_nothing(maple: School) -> None:
    assert list(maple.classroom.courses()) == []
    assert maple.classroom.find(["d:nothing"]) == {}
    assert maple.classroom.find([]) == {}
    assert maple.classroom.members([]) == {}


def test_a_course_is_made_once_and_found_by_its_alias(maple: School) -> None:
    owner = maple.ids()[TEACHERS[0]]
    made = maple.made("d:rollbook.m.a/1", owner, section="P1", room="12")
    body = {"name": "again", "ownerId": owner}
    [again] = maple.classroom.write([Write(Verb.CREATE_COURSE, "d:rollbook.m.a/1", None, body)])
    expected = Course(
        made.id, "d:rollbook.m.a/1", "P1", "12", CourseState.PROVISIONED, owner, made.link
    )
    assert made == expected
    assert made.id.isdecimal()
    assert (again.outcome, again.status, again.course) == (Outcome.ALREADY, 409, None)
    assert maple.classroom.find(["d:rollbook.m.a/1", "d:nothing"]) == {"d:rollbook.m.a/1": made}
    assert list(maple.classroom.courses()) == [made]


def test_every_course_of_every_state_is_read_to_the_last_page(maple: School) -> None:
    made = [maple.made(f"d:c{n}") for n in range(8)]
    active = maple.made("d:active", courseState="ACTIVE")
    found = list(maple.classroom.courses())
    assert len(found) == 9
    assert {course.id: course for course in found} == {c.id: c for c in [*made, active]}
    assert active.state is CourseState.ACTIVE


def test_more_aliases_than_fit_in_a_batch_are_found(maple: School) -> None:
    made = {alias: maple.made(alias) for alias in (f"d:c{n}" for n in range(60))}
    maple.pace.took.clear()
    assert maple.classroom.find([*made, "d:nothing"]) == made
    assert maple.pace.took == [50, 11]


def test_members_are_read_to_the_last_page_of_each_role(maple: School) -> None:
    ids = maple.ids()
    full, empty = maple.made("d:full"), maple.made("d:empty")
    maple.write(*adds(Verb.ADD_TEACHER, full, TEACHERS[1:], ids))
    maple.write(*adds(Verb.ADD_STUDENT, full, STUDENTS[:7], ids))
    found = maple.classroom.members([full.id, empty.id, "999999999999"])
    assert found == {
        full.id: Members(
            frozenset(ids[email] for email in TEACHERS),
            frozenset(ids[email] for email in STUDENTS[:7]),
        ),
        empty.id: Members(frozenset({ids[TEACHERS[0]]}), frozenset()),
    }


def test_members_of_more_courses_than_fit_in_a_batch(maple: School) -> None:
    ids = maple.ids()
    made = [maple.made(f"d:c{n}", TEACHERS[n % 4]) for n in range(30)]
    for course in made[:3]:
        maple.write(*adds(Verb.ADD_STUDENT, course, STUDENTS[:4], ids))
    maple.sim.switches = Switches(largest_page=3)
    maple.pace.took.clear()
    found = maple.classroom.members([course.id for course in made])
    assert maple.pace.took == [50, 13]
    assert found == {
        course.id: Members(
            frozenset({ids[TEACHERS[n % 4]]}),
            frozenset(ids[email] for email in STUDENTS[:4]) if n < 3 else frozenset(),
        )
        for n, course in enumerate(made)
    }


def test_writes_that_are_already_so(maple: School) -> None:
    ids = maple.ids()
    course = maple.made("d:a")
    student, teacher = ids[STUDENTS[0]], ids[TEACHERS[1]]
    add = [
        Write(Verb.ADD_STUDENT, course.id, student),
        Write(Verb.ADD_TEACHER, course.id, teacher),
    ]
    remove = [
        Write(Verb.REMOVE_STUDENT, course.id, student),
        Write(Verb.REMOVE_TEACHER, course.id, teacher),
    ]
    own = [Write(Verb.CHANGE_OWNER, course.id, None, {"ownerId": course.owner})]
    outcomes = [maple.write(*writes) for writes in (add, add, remove, remove, own)]
    done, already = [Outcome.DONE] * 2, [Outcome.ALREADY] * 2
    assert outcomes == [done, already, done, already, already[:1]]


def test_a_course_is_changed_and_nothing_else_in_it(maple: School) -> None:
    ids = maple.ids()
    course = maple.made("d:a", section="P1", room="12")
    update = Write(Verb.UPDATE_COURSE, course.id, None, {"name": "Algebra", "section": ""})
    teacher = Write(Verb.ADD_TEACHER, course.id, ids[TEACHERS[1]])
    owner = Write(Verb.CHANGE_OWNER, course.id, None, {"ownerId": ids[TEACHERS[1]]})
    assert [maple.write(write) for write in (update, teacher, owner)] == [[Outcome.DONE]] * 3
    expected = replace(course, name="Algebra", section="", owner=ids[TEACHERS[1]])
    assert maple.classroom.find(["d:a"]) == {"d:a": expected}


def test_what_google_puts_off_and_what_it_refuses(maple: School) -> None:
    ids = maple.ids()
    course = maple.made("d:a")
    writes = [
        Write(Verb.CHANGE_OWNER, course.id, None, {"ownerId": ids[TEACHERS[2]]}),
        Write(Verb.REMOVE_TEACHER, course.id, course.owner),
        Write(Verb.ADD_STUDENT, "999999999999", ids[STUDENTS[0]]),
        Write(Verb.UPDATE_COURSE, course.id, None, {"name": ""}),
    ]
    replies = maple.classroom.write(writes)
    assert [(reply.outcome, reply.status) for reply in replies] == [
        (Outcome.AGAIN_SOON, 400),
        (Outcome.REFUSED, 400),
        (Outcome.AGAIN_SOON, 404),
        (Outcome.REFUSED, 400),
    ]
    assert replies[0].reason.startswith("@IneligibleOwner ")
    assert all(reply.reason and DOMAIN not in reply.reason for reply in replies)


def test_a_co_teacher_of_a_moment_becomes_owner_a_little_later(tmp_path: Path) -> None:
    clock = Clock()
    with school(tmp_path, replace(CALM, owner_eligible_after=10.0), clock) as maple:
        ids, course = maple.ids(), maple.made("d:a")
        new = ids[TEACHERS[1]]
        maple.write(Write(Verb.ADD_TEACHER, course.id, new))
        own = Write(Verb.CHANGE_OWNER, course.id, None, {"ownerId": new})
        assert maple.write(own) == [Outcome.AGAIN_SOON]
        clock.now += 10
        assert maple.write(own) == [Outcome.DONE]
        assert maple.write(own) == [Outcome.ALREADY]


def test_the_former_owner_can_be_removed_once_the_files_have_moved(tmp_path: Path) -> None:
    clock = Clock()
    with school(tmp_path, replace(CALM, owner_transfer_takes=60.0), clock) as maple:
        ids, course = maple.ids(), maple.made("d:a")
        new = ids[TEACHERS[1]]
        maple.write(Write(Verb.ADD_TEACHER, course.id, new))
        maple.write(Write(Verb.CHANGE_OWNER, course.id, None, {"ownerId": new}))
        remove = Write(Verb.REMOVE_TEACHER, course.id, course.owner)
        assert maple.write(remove) == [Outcome.LATER]
        clock.now += 60
        assert maple.write(remove) == [Outcome.DONE]


def test_a_course_goes_from_state_to_state(maple: School) -> None:
    course = maple.made("d:a")

    def to(state: str) -> Outcome:
        [outcome] = maple.write(Write(Verb.SET_STATE, course.id, None, {"courseState": state}))
        return outcome

    ways = ("ACTIVE", "ACTIVE", "ARCHIVED", "ARCHIVED", "ACTIVE")  # again is as good as once
    assert [to(state) for state in ways] == [Outcome.DONE] * 5
    assert [to(state) for state in ("PROVISIONED", "SUSPENDED")] == [Outcome.REFUSED] * 2
    assert maple.classroom.find(["d:a"]) == {"d:a": replace(course, state=CourseState.ACTIVE)}


def test_courses_get_aliases(maple: School) -> None:
    ours, theirs = maple.made("d:ours"), maple.made("d:theirs")

    def add(alias: str, course: str) -> Outcome:
        [outcome] = maple.write(Write(Verb.ADD_ALIAS, course, None, {"alias": alias}))
        return outcome

    assert [add("d:more/1", ours.id) for _ in range(2)] == [Outcome.DONE, Outcome.ALREADY]
    assert add("d:theirs", ours.id) is Outcome.ALREADY  # it is there, on another one: look
    assert add("d:more/2", "999999999999") is Outcome.AGAIN_SOON
    assert maple.classroom.find(["d:more/1"]) == {"d:more/1": ours}
    assert maple.classroom.aliases([ours.id, theirs.id, "999999999999"]) == {
        ours.id: frozenset({"d:ours", "d:more/1"}),
        theirs.id: frozenset({"d:theirs"}),
    }


def test_one_course_that_is_broken_for_ever_does_not_stop_the_reading(maple: School) -> None:
    broken, well = maple.made("d:broken"), maple.made("d:well")
    maple.sim.next("server_error", 1_000, where=Where(course=broken.id))
    words = "500 Internal error encountered."
    assert maple.classroom.members([broken.id]) == {broken.id: Unreadable(words)}
    found = maple.classroom.aliases([broken.id, well.id])
    assert found == {broken.id: Unreadable(words), well.id: frozenset({"d:well"})}


@pytest.mark.parametrize("count", [1, 3])
def test_a_token_that_is_refused_is_raised_and_nothing_was_written(
    maple: School, count: int
) -> None:
    ids, course = maple.ids(), maple.made("d:a")
    maple.sim.add_user(ADMIN, admin=True, suspended=True)
    with pytest.raises(GoogleRefused, match=r"gives no token .*Account disabled"):
        maple.classroom.write(adds(Verb.ADD_STUDENT, course, STUDENTS[:count], ids))
    maple.sim.add_user(ADMIN, admin=True)
    assert maple.classroom.members([course.id])[course.id].students == frozenset()


def test_a_fresh_account_is_for_later(tmp_path: Path) -> None:
    with school(tmp_path) as maple:
        course = maple.made("d:a")
    with school(tmp_path, replace(CALM, fresh_account=3_600.0)) as maple:
        course = maple.made("d:a", ADMIN)
        [reply] = maple.classroom.write(
            [Write(Verb.ADD_STUDENT, course.id, maple.ids()[STUDENTS[0]])]
        )
    assert (reply.outcome, reply.status) == (Outcome.LATER, 403)


@pytest.mark.parametrize("count", [1, 4])
def test_a_hang_up_is_again_soon(tmp_path: Path, count: int) -> None:
    """What was done before the hang-up is found to be already so when it is asked again."""
    with school(tmp_path) as maple:
        ids, course = maple.ids(), maple.made("d:a")
        writes = adds(Verb.ADD_STUDENT, course, STUDENTS[:count], ids)
        maple.sim.switches = replace(CALM, hang_up_rate=1.0)
        assert maple.write(*writes) == [Outcome.AGAIN_SOON] * count
        maple.sim.switches = CALM
        assert maple.write(*writes) == [Outcome.ALREADY] * count
        members = maple.classroom.members([course.id])[course.id]
    assert members.students == {ids[email] for email in STUDENTS[:count]}


def test_refusals_for_the_rate_are_asked_again_part_by_part(tmp_path: Path) -> None:
    with school(tmp_path) as calm:
        ids = calm.ids()
        aliases = [f"d:c{n}" for n in range(20)]
        made = {alias: calm.made(alias) for alias in aliases}
        calm.sim.switches = replace(CALM, too_many_rate=0.4)
        found = calm.classroom.members([course.id for course in made.values()])
        assert calm.classroom.find(aliases) == made
    assert found == {
        course.id: Members(frozenset({ids[TEACHERS[0]]}), frozenset()) for course in made.values()
    }
    assert calm.pace.backed_off
    assert calm.slept == []


@pytest.mark.parametrize(
    ("pace", "refused"),
    [pytest.param(114, False, id="under the quota"), pytest.param(240, True, id="over it")],
)
def test_the_pace_keeps_google_from_refusing(tmp_path: Path, pace: int, refused: bool) -> None:
    clock = Clock()
    with school(tmp_path, Switches(classroom_per_user=120), clock) as maple:
        made = [maple.made(f"d:c{n}") for n in range(50)]
        clock.now += 120
        minute = MinutePace(pace, clock=clock, sleep=clock.sleep)
        gateway = ClassroomGateway(maple.transport, minute, sleep=clock.sleep)
        began = clock.now
        found = [gateway.members([course.id for course in made]) for _ in range(4)]
        took = clock.now - began
    assert [len(members) for members in found] == [50] * 4
    assert (maple.sim.calls.refused[429] > 0) is refused
    assert took >= 180 if not refused else took >= 120


def test_a_token_that_google_has_forgotten_is_fetched_anew(tmp_path: Path) -> None:
    clock = Clock()
    with school(tmp_path, CALM, clock) as maple:
        made = {alias: maple.made(alias) for alias in ("d:a", "d:b")}
        clock.now += 4_000
        assert maple.classroom.find(["d:a"]) == {"d:a": made["d:a"]}
        clock.now += 4_000
        assert maple.classroom.find(["d:a", "d:b"]) == made


def test_faults_are_asked_again_for_reads_and_told_for_writes(tmp_path: Path) -> None:
    with school(tmp_path) as maple:
        made = maple.made("d:a")
        maple.sim.switches = replace(CALM, server_error_rate=0.5)
        assert [list(maple.classroom.courses()) for _ in range(10)] == [[made]] * 10
        assert maple.slept
        maple.sim.switches = replace(CALM, server_error_rate=1.0)
        with pytest.raises(GoogleOutOfReach, match="list the courses"):
            list(maple.classroom.courses())
        assert maple.write(Write(Verb.ADD_STUDENT, made.id, "1")) == [Outcome.AGAIN_SOON]


def test_the_token_is_fetched_where_the_key_file_says(maple: School) -> None:
    credentials = DelegatedCredentials(maple.key, admin=ADMIN, root=None)
    credentials.refresh(None)
    assert credentials.valid


def test_an_administrator_who_is_not_there(maple: School) -> None:
    credentials = DelegatedCredentials(maple.key, admin=f"nobody@{DOMAIN}", root=maple.url)
    transport = Transport(maple.url, credentials)
    with pytest.raises(GoogleRefused, match="Check that ROLLBOOK_GOOGLE_ADMIN") as refused:
        list(DirectoryGateway(transport, Freely()).accounts())
    transport.close()
    assert refused.value.status == 400


def test_a_person_who_is_no_administrator(maple: School) -> None:
    credentials = DelegatedCredentials(maple.key, admin=TEACHERS[0], root=maple.url)
    transport = Transport(maple.url, credentials)
    with pytest.raises(GoogleRefused, match="refused to list the domain's accounts") as refused:
        list(DirectoryGateway(transport, Freely()).accounts())
    transport.close()
    assert refused.value.status == 403


def test_a_teacher_sees_and_accepts_the_own_courses(maple: School) -> None:
    mine = [maple.made(f"d:mine{n}", TEACHERS[1]) for n in range(4)]
    theirs = maple.made("d:theirs", TEACHERS[2])
    teacher = maple.teacher(TEACHERS[1])
    assert {course.id: course for course in teacher.own_courses()} == {c.id: c for c in mine}
    accepted = teacher.set_state(mine[0].id, CourseState.ACTIVE)
    declined = teacher.set_state(mine[1].id, CourseState.DECLINED)
    with pytest.raises(GoogleRefused) as refused:
        teacher.set_state(theirs.id, CourseState.ACTIVE)
    teacher.close()
    assert accepted == replace(mine[0], state=CourseState.ACTIVE)
    assert declined == replace(mine[1], state=CourseState.DECLINED)
    assert refused.value.status in (403, 404)
    seen = {course.id: course.state for course in maple.classroom.courses()}
    assert [seen[course.id] for course in (*mine[:3], theirs)] == [
        CourseState.ACTIVE,
        CourseState.DECLINED,
        CourseState.PROVISIONED,
        CourseState.PROVISIONED,
    ]


def audit_log(maple: School, admin: str = ADMIN) -> ReportsGateway:
    credentials = DelegatedCredentials(
        maple.key, admin=admin, root=maple.url, scopes=(AUDIT_SCOPE,)
    )
    return ReportsGateway(Transport(maple.url, credentials), Freely())


def test_the_audit_log_tells_who_came_and_went(maple: School) -> None:
    ids, course = maple.ids(), maple.made("d:a", TEACHERS[0])
    since = datetime.now(UTC) - timedelta(hours=1)
    maple.write(*adds(Verb.ADD_STUDENT, course, STUDENTS[:5], ids))
    maple.write(Write(Verb.REMOVE_STUDENT, course.id, ids[STUDENTS[0]]))
    reports = audit_log(maple)
    found = list(reports.activities(since))
    nothing = list(reports.activities(datetime.now(UTC)))
    reports.close()
    told = [(one.course_id, one.event, one.actor, one.people) for one in found]
    expected = [
        (course.id, "created_course", ADMIN, ()),
        *((course.id, "user_added_to_course", ADMIN, (email,)) for email in STUDENTS[:5]),
        (course.id, "user_removed_from_course", ADMIN, (STUDENTS[0],)),
    ]
    assert sorted(told) == sorted(expected)
    assert len({one.unique for one in found}) == len(found)
    assert all(since < one.at <= datetime.now(UTC) for one in found)
    assert nothing == []


def test_without_the_scope_or_the_right_nobody_reads_the_audit_log(tmp_path: Path) -> None:
    with school(tmp_path) as maple:
        teacher = audit_log(maple, TEACHERS[0])
        with pytest.raises(GoogleRefused, match="refused to read Classroom's audit log") as refused:
            list(teacher.activities(datetime.now(UTC) - timedelta(hours=1)))
        teacher.close()
        assert refused.value.status in (401, 403)
        maple.sim.next("token_refused", 1)
        nobody = audit_log(maple)
        with pytest.raises(GoogleRefused, match=AUDIT_SCOPE):
            list(nobody.activities(datetime.now(UTC) - timedelta(hours=1)))
        nobody.close()


def licensing(maple: School, admin: str = ADMIN, *, clock: Clock | None = None) -> LicensingGateway:
    credentials = DelegatedCredentials(
        maple.key, admin=admin, root=maple.url, scopes=(LICENSING_SCOPE, DIRECTORY_SCOPE)
    )
    transport = Transport(maple.url, credentials)
    if clock is None:
        return LicensingGateway(transport, Freely())
    pace = Steady(57, clock=clock, sleep=clock.sleep)
    return LicensingGateway(transport, pace, sleep=clock.sleep)


def test_licences_are_read_to_the_last_page_within_googles_quota(tmp_path: Path) -> None:
    """Google has one call a second, and tells of some people only when pages are too large."""
    clock = Clock()
    with school(tmp_path, Switches(), clock) as maple:
        many = [f"many{number:04}@{DOMAIN}" for number in range(1_050)]
        for email in many:
            maple.sim.add_user(email)
        standard = {"email": many[7], "licenses": ["1010310006"]}
        put_person(maple.sim.world, read_person(standard, where="somebody"))
        gateway, began = licensing(maple, clock=clock), clock.now
        found = list(gateway.licenses())
        gateway.close()
        calls = maple.sim.calls
    by_email = {one.email: one for one in found}
    assert len(found) == len(by_email) == 1_050 + 1 + len(TEACHERS) + len(STUDENTS)
    assert by_email[ADMIN] == LicenseHeld(
        ADMIN, Edition.PLUS, "Google Workspace for Education Plus (1010310008)"
    )
    assert by_email[many[7]].edition is Edition.STANDARD
    assert calls.api["licensing.licenseAssignments.listForProduct"] == 11
    assert calls.requests[503] == 0
    assert 10 < clock.now - began < 11


def test_without_the_scope_or_the_right_nobody_reads_licences(tmp_path: Path) -> None:
    with school(tmp_path) as maple:
        teacher = licensing(maple, TEACHERS[0])
        with pytest.raises(GoogleRefused, match="refused to list who has a licence") as refused:
            list(teacher.licenses())
        teacher.close()
        assert refused.value.status == 403
        maple.sim.allowed_scopes = frozenset(SCOPES)
        nobody = licensing(maple)
        with pytest.raises(GoogleRefused, match=LICENSING_SCOPE):
            list(nobody.licenses())
        nobody.close()


Ask = Callable[[TeacherGateway], object]


@pytest.mark.parametrize(
    ("ask", "status"),
    [
        pytest.param(lambda t: t.set_state("999999999999", CourseState.ACTIVE), 404, id="gone"),
        pytest.param(lambda t: t.set_state("d:mine", CourseState.PROVISIONED), 400, id="no way"),
    ],
)
def test_what_a_teacher_is_refused(maple: School, ask: Ask, status: int) -> None:
    maple.made("d:mine", TEACHERS[1], courseState="ACTIVE")
    teacher = maple.teacher(TEACHERS[1])
    with pytest.raises(GoogleRefused) as refused:
        ask(teacher)
    teacher.close()
    assert refused.value.status == status


def test_a_teachers_token_that_was_never_given(maple: School) -> None:
    teacher = TeacherGateway(Transport(maple.url, TokenCredentials("never-given")))
    with pytest.raises(GoogleRefused) as refused:
        list(teacher.own_courses())
    teacher.close()
    assert refused.value.status == 401


def test_a_teacher_waits_for_no_second_try(maple: School) -> None:
    course = maple.made("d:a")
    teacher = maple.teacher(TEACHERS[0])
    maple.sim.switches = replace(CALM, server_error_rate=1.0)
    maple.sim.calls.clear()
    with pytest.raises(GoogleOutOfReach, match="list your classes"):
        list(teacher.own_courses())
    with pytest.raises(GoogleOutOfReach, match="set the class to ACTIVE"):
        teacher.set_state(course.id, CourseState.ACTIVE)
    assert maple.sim.calls.http == 2
    maple.sim.switches = replace(CALM, hang_up_rate=1.0)
    with pytest.raises(GoogleOutOfReach, match=r"set the class to ACTIVE \(no answer"):
        teacher.set_state(course.id, CourseState.ACTIVE)
    teacher.close()


def test_threads_can_share_a_gateway(maple: School) -> None:
    made = {alias: maple.made(alias) for alias in (f"d:c{n}" for n in range(12))}
    found: list[Mapping[str, Course]] = []

    def work() -> None:
        found.extend(maple.classroom.find(list(made)) for _ in range(5))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [made] * 20
