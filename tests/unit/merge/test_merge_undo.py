"""A run taken back: what is still so goes back, what has changed since stays, limits hold."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from building import ALIAS, NOW_TEXT, TEXTS, base, limit, live, policy, rules, user
from policy.merge.plan import Change, HeldFor, Kind
from policy.merge.records import TOGETHER, Base, Fields, Live, State
from policy.merge.undo import AGAIN, STAY_TOGETHER, Present, WayBack, undo
from policy.merge.written import Written

AT = datetime(2026, 9, 1, 4, 12, 9, tzinfo=UTC)
PEOPLE = ("t1", "t2", "s1", "s2", "s3")
OPEN_HANDED = policy(rules(limits={}))


def wrote(kind: Kind, *, number: int = 0, **facts: Any) -> Written:
    return Written(
        run_id="r1",
        number=number,
        alias=facts.pop("alias", ALIAS),
        kind=kind,
        state=facts.pop("state", "done"),
        at=AT,
        section="s1",
        school_key="sch1",
        course_id=facts.pop("course_id", "900"),
        why=("enrollments.csv:7 lists them",),
        **facts,
    )


def seat(kind: Kind, who: str, **facts: Any) -> Written:
    return wrote(kind, user=who, **facts)


def text(before: str, after: str, *, field: str = "name") -> Written:
    return wrote(Kind.COURSE_UPDATE, field=field, before=before, after=after)


def handover(before: str = "t1", after: str = "t2") -> Written:
    return wrote(Kind.COURSE_OWNER, user=after, before=before, after=after)


def state(kind: Kind, before: str, after: str) -> Written:
    return wrote(kind, field="courseState", before=before, after=after)


MADE = wrote(Kind.COURSE_CREATE, user="t1", made=TEXTS)
ARCHIVED = state(Kind.COURSE_ARCHIVE, "ACTIVE", "ARCHIVED")


def back(
    *writes: Written,
    ours: Base | None = None,
    now: Live | None = None,
    later: tuple[str, ...] = (),
    people: tuple[str, ...] = PEOPLE,
    unreadable: str | None = None,
    limits: Any = None,
    others: tuple[Base, ...] = (),
) -> WayBack:
    present = Present(
        bases={ours.alias: ours} if ours else {},
        others=others,
        lives={ours.alias: now} if ours and now else {},
        unreadable={ALIAS: unreadable} if unreadable else {},
        later={(ALIAS, record): "r2" for record in later},
        accounts={key: user(key) for key in people},
        schools={"sch1": "Lincoln"},
        stamp=NOW_TEXT,
    )
    return undo("r1", writes, present, policy(rules(limits=limits)) if limits else OPEN_HANDED)


def shown(change: Change) -> tuple[Any, ...]:
    who = change.person.id if change.person else None
    return change.kind.value, who, change.before, change.after


DID = "run r1 did {} on 2026-09-01 04:12 UTC: enrollments.csv:7 lists them"


def test_a_seat_that_was_added_is_taken_away_and_says_why() -> None:
    found = back(
        seat(Kind.STUDENT_ADD, "s1"), ours=base(students=("s1",)), now=live(students=("s1",))
    )
    [change] = found.changes
    assert shown(change) == ("student.remove", "s1", None, None)
    assert change.why == (DID.format("student.add"),)
    assert (change.course.id, change.course.school, change.section) == ("900", "Lincoln", "s1")
    assert [(n.row, n.code) for n in found.notices] == [("r1", "M320")]
    assert found.notices[0].message == AGAIN
    assert (found.held, found.kept, found.courses) == ((), (), 1)


CASES = {
    "a seat that was taken away": (
        [seat(Kind.STUDENT_REMOVE, "s1")],
        base(),
        live(),
        [("student.add", "s1", None, None)],
    ),
    "a co-teacher who was added": (
        [seat(Kind.TEACHER_ADD, "t2")],
        base(teachers=("t1", "t2")),
        live(teachers=("t1", "t2")),
        [("teacher.remove", "t2", None, None)],
    ),
    "a teacher who was taken out": (
        [seat(Kind.TEACHER_REMOVE, "t2")],
        base(),
        live(),
        [("teacher.add", "t2", None, None)],
    ),
    "a text": (
        [text("Maths", "Algebra")],
        base(),
        live(),
        [("course.update", None, "Algebra", "Maths")],
    ),
    "a text that was written twice": (
        [text("Maths", "Alg"), text("Alg", "Algebra")],
        base(),
        live(),
        [("course.update", None, "Algebra", "Maths")],
    ),
    "a room that was emptied": (
        [text("12", "", field="room")],
        base(fields=replace(TEXTS, room="")),
        live(fields=replace(TEXTS, room="")),
        [("course.update", None, "", "12")],
    ),
    "an owner": (
        [handover()],
        base(owner="t2", teachers=("t2",), former=("t1",)),
        live(owner="t2", teachers=("t1", "t2")),
        [("course.owner", "t1", "t2", "t1")],
    ),
    "an owner, and the former one has left": (
        [handover()],
        base(owner="t2", teachers=("t2",)),
        live(owner="t2", teachers=("t2",)),
        [("teacher.add", "t1", None, None), ("course.owner", "t1", "t2", "t1")],
    ),
    "a whole change of teachers": (
        [seat(Kind.TEACHER_ADD, "t2"), handover(), seat(Kind.TEACHER_REMOVE, "t1")],
        base(owner="t2", teachers=("t2",)),
        live(owner="t2", teachers=("t2",)),
        [
            ("teacher.add", "t1", None, None),
            ("course.owner", "t1", "t2", "t1"),
            ("teacher.remove", "t2", None, None),
        ],
    ),
    "a class that was made, with its seats": (
        [MADE, seat(Kind.STUDENT_ADD, "s1", course_id=None)],
        base(students=("s1",)),
        live(students=("s1",)),
        [("course.archive", None, "ACTIVE", "ARCHIVED")],
    ),
    "a class that was archived": (
        [ARCHIVED],
        base(state=State.ARCHIVED),
        live(state=State.ARCHIVED),
        [("course.restore", None, "ARCHIVED", "ACTIVE")],
    ),
    "a class that was archived, and a seat in it": (
        [seat(Kind.STUDENT_ADD, "s1"), ARCHIVED],
        base(state=State.ARCHIVED, students=("s1",)),
        live(state=State.ARCHIVED, students=("s1",)),
        [("course.restore", None, "ARCHIVED", "ACTIVE"), ("student.remove", "s1", None, None)],
    ),
    "a class that was opened again": (
        [state(Kind.COURSE_RESTORE, "ARCHIVED", "ACTIVE")],
        base(),
        live(),
        [("course.archive", None, "ACTIVE", "ARCHIVED")],
    ),
    "a write without an answer that was found out": (
        [seat(Kind.STUDENT_ADD, "s1", state="heard")],
        base(students=("s1",)),
        live(students=("s1",)),
        [("student.remove", "s1", None, None)],
    ),
}


@pytest.mark.parametrize(("writes", "ours", "now", "changes"), CASES.values(), ids=CASES)
def test_what_is_taken_back(
    writes: list[Written], ours: Base, now: Live, changes: list[tuple[Any, ...]]
) -> None:
    found = back(*writes, ours=ours, now=now)
    assert [shown(change) for change in found.changes] == changes
    assert (found.held, found.kept) == ((), ())


def test_a_new_owner_who_was_a_teacher_before_stays_one() -> None:
    ours = base(owner="t2", teachers=("t2",), former=("t1",))
    now = live(owner="t2", teachers=("t1", "t2"))
    [stays] = back(handover(), ours=ours, now=now).changes
    came = back(seat(Kind.TEACHER_ADD, "t2"), handover(), ours=ours, now=now).changes
    assert (stays.keeps_former, came[0].keeps_former) == (True, False)


GONE = {
    "a seat that was added, and is gone": (
        [seat(Kind.STUDENT_ADD, "s1")],
        base(students=("s1",)),
        live(),
    ),
    "a seat that was taken away, and is there again": (
        [seat(Kind.STUDENT_REMOVE, "s1")],
        base(),
        live(students=("s1",)),
    ),
    "a text that is as before": (
        [text("Maths", "Algebra")],
        base(),
        live(fields=replace(TEXTS, name="Maths")),
    ),
    "an owner who has it again": ([handover()], base(owner="t2"), live()),
    "a class that is archived": ([MADE], base(), live(state=State.ARCHIVED)),
    "a class that is not ours": ([seat(Kind.STUDENT_ADD, "s1")], None, None),
    "a class that is not there": ([seat(Kind.STUDENT_ADD, "s1")], base(), None),
}


@pytest.mark.parametrize(("writes", "ours", "now"), GONE.values(), ids=GONE)
def test_what_is_not_so_any_more(writes: list[Written], ours: Base, now: Live) -> None:
    found = back(*writes, ours=ours, now=now)
    assert (found.changes, found.kept, found.held) == ((), (), ())
    assert [n.message for n in found.notices] == [
        "1 write is not so any more, with nothing left to take back"
    ]


BY_HAND = {
    "a name": (
        [text("Maths", "Algebra")],
        live(fields=replace(TEXTS, name="My class")),
        ("name", "name", "My class", None),
    ),
    "an owner": (
        [handover("t9", "t1")],
        live(owner="s3", teachers=("t1", "s3")),
        ("owner", "owner", "s3@demo.example", None),
    ),
    "a seat that is no longer ours": (
        [seat(Kind.STUDENT_ADD, "s1")],
        live(students=("s1",)),
        ("student:s1", "student in the class", None, "s1"),
    ),
    "a state": ([ARCHIVED], live(), ("state", "state", "active", None)),
}


@pytest.mark.parametrize(("writes", "now", "kept"), BY_HAND.values(), ids=BY_HAND)
def test_what_a_hand_has_changed_since_stays(
    writes: list[Written], now: Live, kept: tuple[Any, ...]
) -> None:
    found = back(*writes, ours=base(), now=now)
    [thing] = found.kept
    who = thing.person.id if thing.person else None
    assert (thing.record, thing.what, thing.theirs, who) == kept
    assert thing.why[0] == "changed by hand in Classroom since: stays so"
    assert (found.changes, found.notices) == ((), ())


def test_since_when_a_hand_was_seen_is_remembered() -> None:
    ours = base(kept={"name": "2026-08-20T04:00:00+00:00"})
    now = live(fields=replace(TEXTS, name="My class"))
    assert back(text("Maths", "Algebra"), ours=ours, now=now).kept[0].since[:10] == "2026-08-20"


@pytest.mark.parametrize("there", [State.ARCHIVED, State.DECLINED], ids=lambda s: s.value)
def test_a_class_that_is_closed_by_hand_is_left_alone(there: State) -> None:
    writes = [seat(Kind.STUDENT_ADD, "s1"), text("Maths", "Algebra")]
    found = back(*writes, ours=base(students=("s1",)), now=live(state=there, students=("s1",)))
    assert found.changes == ()
    words = f"the class is {there.value.lower()}: nothing in it is changed"
    assert [kept.why[0] for kept in found.kept] == [words]


def test_a_class_that_was_made_and_declined_is_left_as_it_is() -> None:
    found = back(MADE, ours=base(), now=live(state=State.DECLINED))
    assert (found.changes, found.kept[0].why[0]) == (
        (),
        "the class is declined: it is left as it is",
    )


@pytest.mark.parametrize(
    ("writes", "record"),
    [
        ([seat(Kind.STUDENT_ADD, "s1")], "student:s1"),
        ([text("Maths", "Algebra")], "name"),
        ([ARCHIVED], "state"),
        ([handover("t2", "t1")], "owner"),
    ],
    ids=["a seat", "a text", "a state", "an owner"],
)
def test_what_a_later_run_has_written_stays(writes: list[Written], record: str) -> None:
    closed = State.ARCHIVED if record == "state" else State.ACTIVE
    ours, now = base(students=("s1",), state=closed), live(students=("s1",), state=closed)
    found = back(*writes, ours=ours, now=now, later=(record,))
    messages = [notice.message for notice in found.notices if notice.code == "M323"]
    assert messages == ["1 write was written again since, by run r2: those stay"]
    assert found.changes == ()


NEVER = {
    "an alias": (
        [wrote(Kind.COURSE_UPDATE, field="alias", before="d:old", after=ALIAS)],
        base(),
        live(),
        PEOPLE,
        "“Algebra” stays the class of section s1, with its alias",
    ),
    "an offer": (
        [state(Kind.COURSE_RESTORE, "DECLINED", "PROVISIONED")],
        base(state=State.PROVISIONED),
        live(state=State.PROVISIONED),
        PEOPLE,
        "“Algebra” was declined, and only its owner can make it so again: it stays provisioned",
    ),
    "a seat of somebody without an account": (
        [seat(Kind.STUDENT_REMOVE, "s9")],
        base(),
        live(),
        PEOPLE,
        "“Algebra” does not get user s9 back, who has no usable Google account now",
    ),
    "a seat of somebody in another role": (
        [seat(Kind.STUDENT_REMOVE, "t2")],
        base(),
        live(teachers=("t1", "t2")),
        PEOPLE,
        "“Algebra” does not get t2@demo.example back as before, who is in it in another role now",
    ),
    "the seat of the owner": (
        [seat(Kind.TEACHER_ADD, "t1")],
        base(),
        live(),
        PEOPLE,
        "“Algebra” keeps t1@demo.example as a teacher, since they own it now",
    ),
    "a former owner without an account": (
        [handover("t9", "t1")],
        base(),
        live(),
        PEOPLE,
        "“Algebra” has no new owner: the former one has no usable Google account now",
    ),
}


@pytest.mark.parametrize(("writes", "ours", "now", "people", "words"), NEVER.values(), ids=NEVER)
def test_what_no_plan_can_take_back_is_said(
    writes: list[Written], ours: Base, now: Live, people: tuple[str, ...], words: str
) -> None:
    found = back(*writes, ours=ours, now=now, people=people)
    assert [(notice.code, notice.message) for notice in found.notices] == [("M324", words)]
    assert found.changes == ()


@pytest.mark.parametrize("ended", ["refused", "later"])
def test_what_did_not_happen_is_not_taken_back(ended: str) -> None:
    write = seat(Kind.STUDENT_ADD, "s1", state=ended)
    found = back(write, ours=base(students=("s1",)), now=live(students=("s1",)))
    assert found == WayBack((), (), (), (), 0)


def test_what_has_no_answer_waits_for_the_next_sync() -> None:
    write = seat(Kind.STUDENT_ADD, "s1", state="sent")
    found = back(write, ours=base(students=("s1",)), now=live(students=("s1",)))
    assert found.changes == ()
    assert [(n.code, n.message) for n in found.notices] == [
        (
            "M322",
            "1 write has no answer so far: the next sync finds out what became of it, and undo can "
            "take it back after that",
        )
    ]


@pytest.mark.parametrize("keys", [("s2",), ("s1", "s2")])
def test_a_class_of_several_sections_stays_one(keys: tuple[str, ...]) -> None:
    """Also told apart from the class that one section has under another one's alias."""
    kept = {f"{TOGETHER}d:rollbook.demo.2027.{key}": NOW_TEXT for key in keys}
    found = back(
        seat(Kind.STUDENT_ADD, "s1"),
        ours=base(students=("s1",), kept=kept),
        now=live(students=("s1",)),
    )
    told = [notice.message for notice in found.notices if notice.code == "M326"]
    sections = "“Algebra” (demo.2027.s1, demo.2027.s2)"
    words = f"1 class is that of several sections (classes.combine): {sections}. {STAY_TOGETHER}"
    assert told == ([words] if len(keys) > 1 else [])


@pytest.mark.parametrize(
    ("state", "is_held"),
    [pytest.param(State.ACTIVE, False, id="open"), pytest.param(State.ARCHIVED, True, id="rests")],
)
def test_the_district_is_all_open_classes_not_only_those_of_the_run(
    state: State, is_held: bool
) -> None:
    people = tuple("abc")
    found = back(
        *(seat(Kind.STUDENT_ADD, who) for who in people),
        ours=base(students=people),
        now=live(students=people),
        others=(base(alias="d:other", students=tuple(f"o{n}" for n in range(27)), state=state),),
        limits={"student.remove": limit(district=0.1)},
    )
    assert (bool(found.held), bool(found.changes)) == (is_held, not is_held)


def test_removals_pass_the_limits() -> None:
    students = ("s1", "s2", "s3")
    writes = [seat(Kind.STUDENT_ADD, who) for who in students]
    found = back(
        *writes,
        seat(Kind.STUDENT_REMOVE, "t2"),
        ours=base(students=students),
        now=live(students=students),
        limits={"student.remove": limit(class_=0.4)},
    )
    assert [shown(change)[:2] for change in found.changes] == [("student.add", "t2")]
    [hold] = found.held
    assert (hold.kind, hold.count, hold.reason) == (Kind.STUDENT_REMOVE, 3, HeldFor.LIMIT)
    assert hold.why == (
        "3 of 3 student seats in “Algebra” at Lincoln would go (100.0%); the limit is 40% "
        "(district.yaml:6)",
    )
    assert len(hold.changes) == 3


def test_a_class_that_can_not_be_read_is_held() -> None:
    found = back(seat(Kind.STUDENT_ADD, "s1"), ours=base(), unreadable="500 backend")
    [hold] = found.held
    assert (hold.reason, hold.why) == (
        HeldFor.UNREADABLE,
        (
            "1 class can't be read in Classroom: nothing in it is taken back",
            "“Algebra”: 500 backend",
        ),
    )
    assert (found.changes, found.notices) == ((), ())


SEAT_KINDS = st.sampled_from([Kind.STUDENT_ADD, Kind.STUDENT_REMOVE])
STUDENTS = st.frozensets(st.sampled_from(["s1", "s2", "s3"]))


@given(
    st.lists(st.tuples(SEAT_KINDS, st.sampled_from(["s1", "s2", "s3"])), max_size=6),
    STUDENTS,
    STUDENTS,
    st.sampled_from(["Maths", "Algebra", "Mine"]),
)
def test_nothing_is_touched_that_the_run_did_not_write(
    seats: list[tuple[Kind, str]], ours: frozenset[str], there: frozenset[str], name: str
) -> None:
    """Each change is the reverse of one of the run's writes, on something still so."""
    writes = [seat(kind, who) for kind, who in seats] + [text("Maths", "Algebra")]
    now = live(students=tuple(there), fields=Fields(name, "3", "12"))
    found = back(*writes, ours=base(students=tuple(ours)), now=now)
    last = {who: kind for kind, who in seats}
    for change in found.changes:
        if change.kind is Kind.COURSE_UPDATE:
            assert (name, change.after) == ("Algebra", "Maths")
            continue
        assert change.person is not None
        who = change.person.id
        if change.kind is Kind.STUDENT_REMOVE:
            assert last[who] is Kind.STUDENT_ADD
            assert who in there & ours
        else:
            assert last[who] is Kind.STUDENT_REMOVE
            assert who not in there
