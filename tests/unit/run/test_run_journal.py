"""What an entry says of a change, which base row follows from it, and what an open one leaves."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from building import ALIAS, COURSE, NOW, TEXTS, base, course_ref, creation, removal, user
from policy.errors import PlanAtFault
from policy.google.base import Course, CourseState, Outcome, Reply
from policy.merge.plan import Change, Kind, NewCourse
from policy.merge.records import Base, State, after_handover
from policy.run.journal import entry_of, follow, made_by, new_row, settle_unheard
from policy.run.rows import base_record, base_row
from policy.store.base import BaseCourse, EntryState

DONE = Reply(Outcome.DONE, 200)
ROW = base_row(base(state=State.PROVISIONED, teachers=("t1", "t2"), students=("s1",)))
BEFORE = replace(ROW, state="ACTIVE")
IDS = st.frozensets(st.text("123", min_size=1, max_size=2), max_size=3)
SINCE = st.dictionaries(st.sampled_from(["name", "student:1"]), st.just("2026-09-01"))
BASES = st.builds(
    Base,
    alias=st.text(),
    course_id=st.text(),
    section_key=st.text(),
    school_key=st.text(),
    fields=st.just(TEXTS),
    owner=st.text(),
    teachers=IDS,
    students=IDS,
    kept=SINCE,
    leaving=SINCE,
    former=IDS,
    state=st.sampled_from(State),
    ends=st.text(),
    read=st.text(),
    settled=st.text(),
)


def update(field: str, before: str | None, after: str) -> Change:
    return Change(
        Kind.COURSE_UPDATE, COURSE, "s1", ("why",), field=field, before=before, after=after
    )


def handover(*, keeps_former: bool = True) -> Change:
    return Change(
        Kind.COURSE_OWNER,
        COURSE,
        "s1",
        ("why",),
        person=user("t2"),
        before="t1",
        after="t2",
        keeps_former=keeps_former,
    )


def to_state(kind: Kind, before: str, after: str) -> Change:
    return Change(kind, COURSE, "s1", ("why",), field="courseState", before=before, after=after)


ARCHIVE = to_state(Kind.COURSE_ARCHIVE, "ACTIVE", "ARCHIVED")
OFFER_AGAIN = to_state(Kind.COURSE_RESTORE, "DECLINED", "PROVISIONED")


def seat(kind: Kind, who: str) -> Change:
    return removal(who, kind=kind)


def facts(change: Change) -> dict[str, Any]:
    entry = entry_of(change, run_id="r1", number=7, at=NOW)
    kind, alias = change.kind.value, change.course.alias
    expected = (alias, kind, EntryState.SENT, NOW, 7)
    assert (entry.alias, entry.kind, entry.state, entry.at, entry.number) == expected
    found: dict[str, Any] = json.loads(entry.change)
    return found


def test_an_entry_says_what_recovery_and_undo_need_and_no_name_of_a_person() -> None:
    assert facts(handover(keeps_former=False)) == {
        "section": "s1",
        "school": "sch1",
        "course": "900",
        "user": "t2",
        "before": "t1",
        "after": "t2",
        "keeps_former": False,
        "why": ["why"],
    }
    made = facts(creation())
    assert (made["new"], made["state"]) == (["Algebra", "3", "12"], "PROVISIONED")
    assert "keeps_former" not in made
    claim = replace(update("alias", "d:old", ALIAS), claim=base())
    found = facts(claim)
    assert (found["field"], found["before"], found["after"]) == ("alias", "d:old", ALIAS)
    assert facts(ARCHIVE)["before"] == "ACTIVE"


@pytest.mark.parametrize(
    ("change", "row"),
    [
        pytest.param(update("name", "Algebra", "Art"), replace(BEFORE, name="Art"), id="name"),
        pytest.param(update("room", "12", ""), replace(BEFORE, room=""), id="an emptied text"),
        pytest.param(ARCHIVE, replace(BEFORE, state="ARCHIVED"), id="archived"),
        pytest.param(OFFER_AGAIN, replace(BEFORE, state="PROVISIONED"), id="offered again"),
        pytest.param(
            seat(Kind.STUDENT_ADD, "s2"),
            replace(BEFORE, students=frozenset({"s1", "s2"})),
            id="student added",
        ),
        pytest.param(
            seat(Kind.STUDENT_REMOVE, "s1"),
            replace(BEFORE, students=frozenset()),
            id="student removed",
        ),
        pytest.param(
            seat(Kind.TEACHER_ADD, "t3"),
            replace(BEFORE, teachers=frozenset({"t1", "t2", "t3"})),
            id="teacher added",
        ),
        pytest.param(
            seat(Kind.TEACHER_REMOVE, "t2"),
            replace(BEFORE, teachers=frozenset({"t1"})),
            id="teacher removed",
        ),
    ],
)
def test_the_row_that_follows(change: Change, row: BaseCourse) -> None:
    assert follow(change, BEFORE, DONE) == row


@pytest.mark.parametrize(
    ("keeps", "teachers", "former"),
    [(True, {"t2"}, {"t1"}), (False, {"t1", "t2"}, set[str]())],
    ids=["kept", "to be taken away"],
)
def test_the_row_after_a_handover(keeps: bool, teachers: set[str], former: set[str]) -> None:
    expected = replace(ROW, owner="t2", teachers=frozenset(teachers), former=frozenset(former))
    assert follow(handover(keeps_former=keeps), ROW, DONE) == expected


def test_the_row_of_a_new_course_is_its_state_and_read_as_it_was_made() -> None:
    new = NewCourse(TEXTS, user("t1"), "ACTIVE")
    made = Change(Kind.COURSE_CREATE, course_ref(ALIAS, id=None), "s1", (), new=new)
    course = Course("900", "Algebra ", "3", "12", CourseState.ACTIVE, "t1")
    moment = datetime(2026, 9, 1, 4, 0, 7, 1_000, tzinfo=UTC)
    row = follow(made, None, Reply(Outcome.DONE, 200, course=course), at=moment)
    expected = base_row(base())
    assert row == replace(expected, state="ACTIVE", read="2026-09-01T04:00:07+00:00")
    unheard = new_row(ALIAS, "900", owner="t1", facts=facts(made))
    assert unheard == replace(expected, state="ACTIVE", read="")


def test_entries_of_before_say_no_state() -> None:
    old = {"section": "s1", "school": "sch1", "new": ["Algebra", "3", "12"]}
    assert new_row(ALIAS, "900", owner="t1", facts=old) == replace(
        base_row(base()), state="PROVISIONED"
    )
    with pytest.raises(PlanAtFault, match=r"entry for d:.* does not say what was made"):
        new_row(ALIAS, "900", owner="t1", facts={**old, "new": None})


@pytest.mark.parametrize("row", [None, ROW], ids=["not ours before", "under the old alias"])
def test_a_course_that_is_taken_as_a_sections_has_the_row_of_the_claim(
    row: BaseCourse | None,
) -> None:
    claimed = base(alias="d:new", students=("s7",))
    change = replace(update("alias", "d:old" if row else None, "d:new"), claim=claimed)
    assert follow(change, row, DONE) == base_row(claimed)


def test_a_course_of_which_nothing_is_known_is_not_changed() -> None:
    with pytest.raises(PlanAtFault, match="no class of ours"):
        follow(ARCHIVE, None, DONE)


def test_courses_that_may_have_been_made() -> None:
    entries = [
        entry_of(change, run_id="r1", number=number, at=NOW)
        for number, change in enumerate([creation("d:a"), removal("s1")])
    ]
    assert made_by(entries) == {"d:a": json.loads(entries[0].change)}


@pytest.mark.parametrize(
    ("change", "live", "row"),
    [
        pytest.param(update("name", "Algebra", "Art"), {"name": "Art"}, {"name": "Art"}, id="text"),
        pytest.param(update("name", "Algebra", "Art"), {}, {}, id="text-not-done"),
        pytest.param(
            update("name", "Algebra", "Art"),
            {"name": "My art"},
            {"name": "Art"},
            id="text-then-changed-by-hand",
        ),
        pytest.param(
            update("name", "By hand", "Art"),
            {"name": "By hand"},
            {},
            id="text-over-a-hand's-not-done",
        ),
        pytest.param(update("alias", "d:old", ALIAS), {"name": "Art"}, {}, id="alias"),
        pytest.param(ARCHIVE, {"state": "ARCHIVED"}, {"state": "ARCHIVED"}, id="archived"),
        pytest.param(ARCHIVE, {}, {}, id="not-archived"),
        pytest.param(OFFER_AGAIN, {"state": "DECLINED"}, {}, id="not-offered-again"),
        pytest.param(
            OFFER_AGAIN,
            {"state": "ACTIVE"},
            {"state": "PROVISIONED"},
            id="offered-again-and-accepted",
        ),
        pytest.param(handover(), {}, {}, id="not-handed-over"),
        pytest.param(
            handover(),
            {"owner": "t2"},
            {"owner": "t2", "teachers": {"t2"}, "former": {"t1"}},
            id="handed-over",
        ),
        pytest.param(
            handover(keeps_former=False),
            {"owner": "t2"},
            {"owner": "t2", "teachers": {"t1", "t2"}},
            id="handed-over-and-nobody-kept",
        ),
        pytest.param(
            handover(keeps_former=False),
            {"owner": "t9"},
            {"owner": "t2", "teachers": {"t1", "t2"}},
            id="handed-over-and-on-by-hand",
        ),
        pytest.param(
            seat(Kind.STUDENT_ADD, "s2"),
            {"students": {"s1", "s2"}},
            {"students": {"s1", "s2"}},
            id="added",
        ),
        pytest.param(seat(Kind.STUDENT_ADD, "s2"), {"students": {"s1", "s9"}}, {}, id="not-added"),
        pytest.param(
            seat(Kind.TEACHER_REMOVE, "t2"),
            {"teachers": {"t1"}},
            {"teachers": {"t1"}},
            id="removed",
        ),
        pytest.param(seat(Kind.STUDENT_REMOVE, "s1"), {}, {}, id="not-removed"),
        pytest.param(creation(), {}, {}, id="a-course-that-was-made"),
    ],
)
def test_what_an_open_entry_leaves(
    change: Change, live: dict[str, Any], row: dict[str, Any]
) -> None:
    entry = entry_of(change, run_id="r1", number=1, at=NOW)
    assert settle_unheard(BEFORE, [entry], _with(BEFORE, live)) == _with(BEFORE, row)


def _with(row: BaseCourse, values: dict[str, Any]) -> BaseCourse:
    sets = {name: frozenset(v) if isinstance(v, set) else v for name, v in values.items()}
    return replace(row, **sets)


@given(BASES)
def test_a_base_and_its_row_are_the_same(found: Base) -> None:
    assert base_record(base_row(found)) == found


@given(BASES, st.booleans())
def test_the_row_after_a_handover_is_that_of_the_merge(found: Base, keeps: bool) -> None:
    expected = base_row(after_handover(found, "t2", keeps_former=keeps))
    followed = follow(handover(keeps_former=keeps), base_row(found), DONE)
    assert followed == replace(expected, settled="")


@pytest.mark.parametrize(
    ("change", "left"),
    [
        pytest.param(seat(Kind.STUDENT_ADD, "s2"), {"name", "teacher:s2"}, id="restored"),
        pytest.param(seat(Kind.TEACHER_REMOVE, "s2"), {"name", "student:s2"}, id="removed"),
        pytest.param(update("name", "a", "b"), {"name", "student:s2", "teacher:s2"}, id="text"),
    ],
)
def test_what_was_remembered_of_a_seat_goes_with_a_write_to_it(
    change: Change, left: set[str]
) -> None:
    """Else the next night would take it for unlike ours, which it no longer is."""
    kept = dict.fromkeys(("name", "student:s2", "teacher:s2"), "2026-08-01")
    row = follow(change, replace(ROW, kept=kept, settled="x"), DONE)
    assert (set(row.kept), row.settled) == (left, "")
