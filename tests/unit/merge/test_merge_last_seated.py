"""Who is in a course is known from its base row alone: all that is not read hangs on this."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from building import NOW, base, desired, live, rules, setting
from policy.google.base import Members, Outcome, Reply
from policy.merge.compare import compare_course
from policy.merge.plan import Change, Kind
from policy.merge.records import Base, Desired, Fields, Live, State, last_seated
from policy.merge.setting import Setting
from policy.rules.model import AddedByHand, AddStudents, FormerOwner, Pause, RemovedByHand
from policy.run.journal import follow
from policy.run.rows import base_record, base_row

PEOPLE = ("t1", "t2", "ann", "bob", "cat")
some = st.frozensets(st.sampled_from(PEOPLE)).map(lambda ids: tuple(sorted(ids)))
one = st.sampled_from(PEOPLE)
stamps = st.sampled_from([(NOW - timedelta(hours=h)).isoformat() for h in (1, 24, 48, 72)])
records = st.dictionaries(
    st.builds("{}:{}".format, st.sampled_from(["student", "teacher"]), one), stamps, max_size=3
)
states = st.sampled_from([State.ACTIVE, State.PROVISIONED])
texts = st.sampled_from([Fields("Algebra", "3", "12"), Fields("Chorus", "3", "12")])
bases = st.builds(
    base,
    fields=texts,
    owner=one,
    teachers=some,
    students=some,
    kept=records,
    leaving=records,
    former=some,
    state=states,
).map(lambda ours: replace(ours, former=ours.former - ours.teachers))
wishes = st.builds(
    desired,
    fields=texts,
    owner=one,
    teachers=some,
    students=some,
    unsure=some,
    doubts=st.sampled_from([(), (), ("enrollments.csv:9  short",)]),
    strangers=st.sampled_from([(), (), ("enrollments.csv:9",)]),
    kept_out=some.map(lambda ids: dict.fromkeys(ids, "d.yaml:3")),
).filter(lambda want: not {*want.teachers, want.owner.id} & want.students.keys())


@st.composite
def lives(draw: st.DrawFn) -> Live:
    """A course as Classroom may have it: its owner is a teacher, nobody is both."""
    owner, others = draw(one), draw(some)
    teachers = {owner, *others}
    students = set(draw(some)) - teachers
    return live(
        fields=draw(texts),
        state=draw(states),
        owner=owner,
        teachers=tuple(teachers),
        students=tuple(students),
    )


school_rules = st.builds(
    rules,
    co_teachers=st.booleans(),
    add=st.sampled_from(AddStudents),
    added_by_hand=st.sampled_from(AddedByHand),
    removed_by_hand=st.sampled_from(RemovedByHand),
    teachers_added=st.sampled_from(AddedByHand),
    teachers_removed=st.sampled_from(RemovedByHand),
    former=st.sampled_from(FormerOwner),
    grace=st.sampled_from([timedelta(0), timedelta(hours=48)]),
)
nights = st.builds(
    setting,
    school_rules,
    pause=st.sampled_from([None, None, Pause(NOW.date(), NOW.date(), "d.yaml:9")]),
    vanished=some,
)


@settings(max_examples=600, deadline=None)
@given(before=bases, want=wishes, there=lives(), night=nights)
def test_the_base_tells_who_was_there(
    before: Base, want: Desired, there: Live, night: Setting
) -> None:
    """Whatever was wanted, done by hand, held, kept or put off."""
    compared = compare_course(before, want, there, night)
    assert compared.base is not None
    assert last_seated(compared.base) == (there.teachers, there.students)


@settings(max_examples=600, deadline=None)
@given(before=bases, want=wishes, there=lives(), night=nights)
def test_to_compare_again_by_what_is_known_says_the_same(
    before: Base, want: Desired, there: Live, night: Setting
) -> None:
    """So a course in which nothing happened needs no reading: the same changes, the same holds,
    the same kept, with the same since, and the same base."""
    compared = compare_course(before, want, there, night)
    assert compared.base is not None
    known = Members(*last_seated(compared.base))
    again = replace(there, teachers=known.teachers, students=known.students)
    assert compare_course(compared.base, want, again, night) == compared


@settings(max_examples=300, deadline=None)
@given(before=bases, want=wishes, there=lives(), night=nights, done=st.data())
def test_after_the_writes_the_base_tells_who_is_there(
    before: Base, want: Desired, there: Live, night: Setting, done: st.DataObject
) -> None:
    """Some of the changes are done, the others are put off."""
    compared = compare_course(before, want, there, night)
    assert compared.base is not None
    row, now = base_row(compared.base), there
    for change in compared.changes:
        if _can_be_done(change, now) and done.draw(st.booleans()):
            now, row = _done(change, now), follow(change, row, Reply(Outcome.DONE, 200))
    assert last_seated(base_record(row)) == (now.teachers, now.students)


def _can_be_done(change: Change, now: Live) -> bool:
    """Classroom's own rules, as far as seats go."""
    who = change.person.id if change.person else ""
    match change.kind:
        case Kind.COURSE_OWNER:
            return who in now.teachers
        case Kind.TEACHER_ADD | Kind.STUDENT_ADD:
            return who not in now.teachers | now.students
        case Kind.TEACHER_REMOVE:
            return who in now.teachers and who != now.owner
        case _:
            return True


def _done(change: Change, now: Live) -> Live:
    who = frozenset({change.person.id}) if change.person else frozenset()
    match change.kind:
        case Kind.COURSE_OWNER:
            return replace(now, owner=change.after or "")
        case Kind.TEACHER_ADD:
            return replace(now, teachers=now.teachers | who)
        case Kind.STUDENT_ADD:
            return replace(now, students=now.students | who)
        case Kind.TEACHER_REMOVE:
            return replace(now, teachers=now.teachers - who)
        case Kind.STUDENT_REMOVE:
            return replace(now, students=now.students - who)
        case _:
            return now
