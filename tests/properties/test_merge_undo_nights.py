"""A run does anything at all to a class; taken back, the class is as it was. Where hands were at it
in between, what they did is still so.
"""

from dataclasses import dataclass, field, replace

from hypothesis import given
from hypothesis import strategies as st

from building import ALIAS, NOW, NOW_TEXT, base, live, policy, rules, user
from policy.google.base import Outcome, Reply
from policy.looking_back import written
from policy.merge.plan import Change, CourseRef, Kind
from policy.merge.records import Base, Live, State
from policy.merge.undo import Present, WayBack, undo
from policy.merge.written import Written
from policy.run.journal import entry_of, follow
from policy.run.rows import base_record, base_row
from policy.store.base import EntryState

TEACHERS, STUDENTS = ("t1", "t2", "t3"), ("s1", "s2", "s3")
DONE = Reply(Outcome.DONE, 200)
COURSE = CourseRef(ALIAS, "900", "Algebra", "sch1", "Lincoln")
NAMES = ("Algebra", "Maths", "Mine")


@dataclass
class Class:
    """One class, at Google and in the store, and what the run's journal says."""

    base: Base
    live: Live
    journal: list[Written] = field(default_factory=list)

    def write(self, change: Change) -> None:
        """As a run would: Google first, then the journal with the base row."""
        self.live = _at_google(self.live, change)
        self.base = base_record(follow(change, base_row(self.base), DONE))
        entry = entry_of(change, run_id="r1", number=len(self.journal), at=NOW)
        self.journal.append(written(replace(entry, state=EntryState.DONE)))

    def back(self) -> WayBack:
        present = Present(
            bases={ALIAS: self.base},
            others=(),
            lives={ALIAS: self.live},
            unreadable={},
            later={},
            accounts={key: user(key) for key in (*TEACHERS, *STUDENTS)},
            schools={"sch1": "Lincoln"},
            stamp=NOW_TEXT,
        )
        return undo("r1", self.journal, present, policy(rules(limits={})))


def _at_google(course: Live, change: Change) -> Live:
    who = frozenset({change.person.id}) if change.person else frozenset[str]()
    match change.kind:
        case Kind.STUDENT_ADD:
            return replace(course, students=course.students | who)
        case Kind.STUDENT_REMOVE:
            return replace(course, students=course.students - who)
        case Kind.TEACHER_ADD:
            return replace(course, teachers=course.teachers | who)
        case Kind.TEACHER_REMOVE:
            assert course.owner not in who, "Google refuses to take the owner out"
            return replace(course, teachers=course.teachers - who)
        case Kind.COURSE_OWNER:
            assert who <= course.teachers, "Google refuses an owner who is no teacher"
            return replace(course, owner=change.after or "")
        case Kind.COURSE_ARCHIVE | Kind.COURSE_RESTORE:
            return replace(course, state=State(change.after))
        case Kind.COURSE_UPDATE:
            return replace(course, fields=replace(course.fields, name=change.after or ""))
    raise AssertionError(change.kind)


def possible(course: Live) -> list[Change]:
    """What a run could do to a class as it is."""
    if course.state is State.ARCHIVED:
        return [_to(Kind.COURSE_RESTORE, course.state, State.ACTIVE)]
    return [
        *(_seat(Kind.STUDENT_ADD, who) for who in STUDENTS if who not in course.students),
        *(_seat(Kind.STUDENT_REMOVE, who) for who in sorted(course.students)),
        *(_seat(Kind.TEACHER_ADD, who) for who in TEACHERS if who not in course.teachers),
        *(_seat(Kind.TEACHER_REMOVE, who) for who in sorted(course.teachers - {course.owner})),
        *(_owner(course.owner, who) for who in sorted(course.teachers - {course.owner})),
        *(_name(course.fields.name, name) for name in NAMES if name != course.fields.name),
        _to(Kind.COURSE_ARCHIVE, course.state, State.ARCHIVED),
    ]


def _seat(kind: Kind, who: str) -> Change:
    return Change(kind, COURSE, "s1", ("why",), person=user(who))


def _owner(before: str, after: str) -> Change:
    kind = Kind.COURSE_OWNER
    return Change(kind, COURSE, "s1", ("why",), person=user(after), before=before, after=after)


def _name(before: str, after: str) -> Change:
    kind = Kind.COURSE_UPDATE
    return Change(kind, COURSE, "s1", ("why",), field="name", before=before, after=after)


def _to(kind: Kind, before: State, after: State) -> Change:
    words = ("why",)
    return Change(
        kind, COURSE, "s1", words, field="courseState", before=before.value, after=after.value
    )


@st.composite
def after_a_run(draw: st.DrawFn) -> tuple[Live, Class]:
    """A class before a run, and after it. Seats were ours, or made by hand."""
    teachers = {"t1", *draw(st.sets(st.sampled_from(TEACHERS)))}
    students = draw(st.sets(st.sampled_from(STUDENTS)))
    by_hand = draw(st.sets(st.sampled_from((*TEACHERS[1:], *STUDENTS))))
    now = live(teachers=tuple(teachers), students=tuple(students))
    ours = base(teachers=tuple(teachers - by_hand), students=tuple(students - by_hand))
    course = Class(ours, now)
    for _ in range(draw(st.integers(0, 6))):
        course.write(draw(st.sampled_from(possible(course.live))))
    return now, course


@given(after_a_run())
def test_a_run_that_is_taken_back_leaves_nothing_behind(drawn: tuple[Live, Class]) -> None:
    before, course = drawn
    for change in course.back().changes:
        course.write(change)
    assert course.live == before


@given(after_a_run(), st.sets(st.sampled_from(STUDENTS)), st.sampled_from(NAMES))
def test_what_hands_did_since_is_still_so(
    drawn: tuple[Live, Class], students: set[str], name: str
) -> None:
    before, course = drawn
    left = course.live
    texts = replace(left.fields, name=name)
    course.live = replace(left, students=frozenset(students), fields=texts)
    for change in course.back().changes:
        course.write(change)
    if left.state is State.ACTIVE and name not in (left.fields.name, before.fields.name):
        assert course.live.fields.name == name
    for who in STUDENTS:
        was, now = who in left.students, who in students
        if was is not now:  # a hand was here: so it stays
            assert (who in course.live.students) is now
