"""What is read before a night, and what is not."""

from dataclasses import replace

import pytest

from building import NOW, creation, limit, removal, rules, user
from policy.google.base import CourseState
from policy.merge.plan import Change, HeldFor, Kind
from policy.merge.records import State
from policy.run.journal import entry_of
from policy.run.rows import base_record
from town import READ_NOW, District, Town, alias, quiet_district


def test_a_quiet_night_reads_the_rolling_part_and_no_more() -> None:
    still = quiet_district(6)
    still.rolling = 3
    evening, plan = still.run()
    assert (plan.changes, plan.held, plan.kept, plan.courses) == ((), (), (), 6)
    assert still.town.asked == ["c1", "c2"]
    assert evening.read == {alias("s1"), alias("s2")}
    assert {b.alias: b.read for b in plan.settle.keep} == dict.fromkeys(evening.read, READ_NOW)


def test_every_course_is_read_within_as_many_nights() -> None:
    still = quiet_district(7)
    still.rolling = 3
    seen: list[str] = []
    for _ in range(3):
        plan = still.run()[1]
        seen += still.town.asked
        still.keep(plan)
    assert set(seen) == {f"c{n}" for n in range(1, 8)}


def test_without_reports_everything_is_read() -> None:
    still = quiet_district(3)
    still.touched = None
    evening, _ = still.run()
    assert sorted(still.town.asked) == ["c1", "c2", "c3"]
    assert evening.compared == {}


def test_a_touched_course_is_read_and_what_a_hand_did_is_seen() -> None:
    still = quiet_district(3)
    still.town.put("c3", "ann", "bob")
    assert still.run()[1].kept == ()  # not read, so not seen yet
    still.touched = frozenset({"c3"})
    assert [(k.course.alias, k.record) for k in still.run()[1].kept] == [
        (alias("s3"), "student:bob")
    ]
    assert "c3" in still.town.asked


def test_nothing_is_written_to_a_course_that_was_not_read_tonight() -> None:
    """A hand took ann out, Reports lost it, and the SIS now lists bob: the addition makes the
    course be read, so that ann stays out."""
    still = quiet_district(3)
    still.town.put("c3")
    still.sections["s3"] = ("ann", "bob")
    evening, plan = still.run()
    assert alias("s3") in evening.read
    assert [(c.kind, c.person and c.person.id) for c in plan.changes] == [(Kind.STUDENT_ADD, "bob")]
    assert [(k.record, k.what) for k in plan.kept] == [("student:ann", "student removed by hand")]


def test_what_is_kept_is_told_every_night_and_costs_no_reading() -> None:
    still = quiet_district(3)
    still.town.put("c3", "ann", "bob")
    still.touched = frozenset({"c3"})
    first = still.settle()
    still.touched = frozenset()
    second = still.run()[1]
    assert "c3" not in still.town.asked
    assert second.kept == first.kept
    assert second.changes == ()


def test_a_name_that_a_teacher_changed_is_seen_in_the_list() -> None:
    still = quiet_district(3)
    still.town.put("c3", "ann", name="Algebra for all")
    _, plan = still.run()
    assert [(k.record, k.theirs) for k in plan.kept] == [("name", "Algebra for all")]


@pytest.mark.parametrize(
    "state", [CourseState.DECLINED, CourseState.ARCHIVED, CourseState.SUSPENDED]
)
def test_a_course_that_rests_is_not_read(state: CourseState) -> None:
    still = quiet_district(3)
    still.town.put("c3", "zoe", state=state)
    still.touched = None
    _, plan = still.run()
    assert sorted(still.town.asked) == ["c1", "c2"]
    assert [k.what for k in plan.kept] == [state.value.lower()]


def test_a_course_that_was_handed_over_is_read() -> None:
    still = quiet_district(3)
    still.town.put("c3", "ann", owner="t2")
    _, plan = still.run()
    assert "c3" in still.town.asked
    assert [k.record for k in plan.kept] == ["owner"]


def test_a_course_that_is_gone_is_held_and_one_that_the_list_lacks_is_found() -> None:
    still = quiet_district(3)
    del still.town.there["c2"]
    still.town.late.add("c3")
    _, plan = still.run()
    assert [(h.reason, h.count) for h in plan.held] == [(HeldFor.GONE, 1)]
    assert {"c2", "c3"} <= set(still.town.looked_up)


def test_a_course_that_can_not_be_read_is_asked_for_every_night_and_holds_up_nobody() -> None:
    still = quiet_district(4)
    still.town.mute.add("c1")
    still.rolling = 4
    plan = still.settle()
    assert [(h.reason, h.count) for h in plan.held] == [(HeldFor.UNREADABLE, 1)]
    for expected in (["c1", "c2"], ["c1", "c3"], ["c1", "c4"]):
        plan = still.run()[1]
        assert still.town.asked == expected
        assert [h.reason for h in plan.held] == [HeldFor.UNREADABLE]
        still.keep(plan)
    still.town.mute.clear()
    assert still.run()[1].held == ()


# Sections without a course.


def test_aliases_are_asked_for_only_where_somebody_elses_course_may_have_them() -> None:
    new = District(Town(), sections={"s1": ("ann",)})
    _, plan = new.run()
    assert (new.town.looked_up, dict(plan.summary())) == (
        [],
        {"course.create": 1, "student.add": 1},
    )
    new.town.put("x9", owner="t2", name="Chess club")
    _, again = new.run()
    assert (new.town.looked_up, again.summary()) == ([alias("s1")], plan.summary())


def test_with_a_lost_store_the_course_is_found_by_its_alias_and_held() -> None:
    new = District(Town(), sections={"s1": ("ann",)})
    new.town.put("c1", "ann", "bob", aliases=[alias("s1")])
    _, plan = new.run()
    assert plan.changes == ()
    [hold] = plan.held
    assert (hold.reason, hold.kind, hold.count) == (HeldFor.ALREADY_THERE, Kind.COURSE_UPDATE, 1)
    assert [(c.field, c.claim and c.claim.students) for c in hold.changes] == [
        ("alias", frozenset({"ann"}))
    ]


def test_a_claimed_course_whose_members_can_not_be_asked_for_is_held() -> None:
    new = District(Town(), sections={"s1": ("ann",)})
    new.town.put("c1", "ann", aliases=[alias("s1")])
    new.town.mute.add("c1")
    _, plan = new.run()
    assert (plan.changes, [h.reason for h in plan.held]) == ((), [HeldFor.UNREADABLE])


def test_a_course_that_was_made_again_unheard_is_looked_for_until_it_shows() -> None:
    """In the place of one that a hand has deleted, which the store knows until then."""
    still = quiet_district(1)
    del still.town.there["c1"]
    still.entries = [entry_of(creation(alias("s1")), run_id="r1", number=0, at=NOW)]
    evening, plan = still.run()
    assert ([h.reason for h in plan.held], evening.heard) == ([HeldFor.GONE], ())
    still.town.put("c2", aliases=[alias("s1")])
    evening, plan = still.run()
    assert (plan.held, evening.heard) == ((), (("r1", 0),))
    assert [base.course_id for base in plan.settle.keep] == ["c2"]


def test_a_course_that_was_made_unheard_is_found_and_its_entries_are_settled() -> None:
    new = District(Town(), sections={"s1": ("ann",)})
    made, seat = creation(alias("s1")), removal("ann", kind=Kind.STUDENT_ADD)
    new.entries = [
        entry_of(change, run_id="r1", number=n, at=NOW) for n, change in enumerate([made, seat])
    ]
    new.town.put("c1", "ann", aliases=[alias("s1")])
    new.town.put("x9", owner="t2")
    evening, plan = new.run()
    assert evening.heard == (("r1", 0), ("r1", 1))
    assert (plan.changes, plan.held) == ((), ())
    [kept] = plan.settle.keep
    assert (kept.course_id, kept.students, kept.read) == ("c1", frozenset({"ann"}), READ_NOW)


# Writes that were never answered.

ROOM = Change(
    Kind.COURSE_UPDATE, creation(alias("s3")).course, "s3", (), field="room", before="9", after="12"
)
SEATED = replace(removal("ann", kind=Kind.STUDENT_ADD), course=ROOM.course)
TAKEN_OUT = replace(removal("bob"), course=ROOM.course)
HANDED = Change(
    Kind.COURSE_OWNER,
    ROOM.course,
    "s3",
    (),
    person=user("t1"),
    before="t0",
    after="t1",
)
ARCHIVED = Change(
    Kind.COURSE_ARCHIVE,
    ROOM.course,
    "s3",
    (),
    field="courseState",
    before="ACTIVE",
    after="ARCHIVED",
)
RESTORED = replace(ARCHIVED, kind=Kind.COURSE_RESTORE, before="ARCHIVED", after="ACTIVE")
WITH_MEMBERS = [
    pytest.param(SEATED, id="seat-added"),
    pytest.param(TAKEN_OUT, id="seat-removed"),
    pytest.param(HANDED, id="handed-over"),
]
BY_LIST = [
    pytest.param(ROOM, id="text"),
    pytest.param(ARCHIVED, id="archived"),
    pytest.param(RESTORED, id="restored"),
]


def unheard(change: Change, *, wanted: bool = True, **put: object) -> District:
    found = quiet_district(3)
    found.entries = [entry_of(change, run_id="r1", number=4, at=NOW)]
    found.town.put("c3", "ann", **put)  # type: ignore[arg-type]
    if not wanted:
        del found.sections["s3"]
    return found


@pytest.mark.parametrize("change", [*WITH_MEMBERS, *BY_LIST])
def test_a_course_with_an_unheard_write_is_read_and_the_entry_is_heard(change: Change) -> None:
    night = unheard(change)
    evening, _ = night.run()
    assert "c3" in night.town.asked
    assert evening.heard == (("r1", 4),)


@pytest.mark.parametrize("wanted", [True, False], ids=["rests", "no-section"])
@pytest.mark.parametrize("change", WITH_MEMBERS)
def test_so_it_is_where_the_course_rests_or_has_no_section(change: Change, wanted: bool) -> None:
    night = unheard(change, wanted=wanted, state=CourseState.ARCHIVED)
    evening, _ = night.run()
    assert night.town.asked[-1] == "c3"
    assert evening.heard == (("r1", 4),)


@pytest.mark.parametrize("wanted", [True, False], ids=["rests", "no-section"])
@pytest.mark.parametrize("change", BY_LIST)
def test_what_the_list_tells_needs_no_reading(change: Change, wanted: bool) -> None:
    night = unheard(change, wanted=wanted, state=CourseState.ARCHIVED)
    evening, _ = night.run()
    assert "c3" not in night.town.asked
    assert evening.heard == (("r1", 4),)


def test_an_archiving_that_was_not_heard_is_ours_all_the_same() -> None:
    night = unheard(ARCHIVED, state=CourseState.ARCHIVED)
    evening, plan = night.run()
    assert evening.bases[alias("s3")].state is State.ARCHIVED
    assert [c.kind for c in plan.changes] == [Kind.COURSE_RESTORE]  # it is wanted, and no hand's


def test_a_seat_that_was_made_unheard_and_dropped_by_the_sis_is_taken_back() -> None:
    """And not taken for a teacher's."""
    night = unheard(SEATED)
    night.ours("s3", "c3")
    night.sections["s3"] = ("bob",)
    _, plan = night.run()
    assert [(c.kind, c.person and c.person.id) for c in plan.changes] == [
        (Kind.STUDENT_ADD, "bob"),
        (Kind.STUDENT_REMOVE, "ann"),
    ]


@pytest.mark.parametrize("change", [*WITH_MEMBERS, *BY_LIST])
def test_entries_of_a_course_that_is_gone_for_good_are_heard(change: Change) -> None:
    night = unheard(change, wanted=False)
    del night.town.there["c3"]
    evening, plan = night.run()
    assert evening.heard == (("r1", 4),)
    assert plan.settle.forget == ()  # its term is not over: the section may come back


def test_a_class_that_a_hand_deleted_is_remembered_until_its_term_is_over() -> None:
    """Else it would be made again, silently, once its section has been missing for a night."""
    still = quiet_district(3)
    del still.town.there["c3"]
    missing = still.sections.pop("s3")
    row = still.rows[alias("s3")]
    assert still.run()[1].settle.forget == ()
    still.rows[alias("s3")] = replace(row, ends="2026-08-31")
    assert still.run()[1].settle.forget == (alias("s3"),)
    still.rows[alias("s3")] = row
    still.sections["s3"] = missing
    [hold] = still.run()[1].held
    assert hold.reason is HeldFor.GONE


def test_a_course_that_was_not_made_stays_open_until_it_is() -> None:
    new = District(Town(), sections={"s1": ("ann",)})
    new.entries = [entry_of(creation(alias("s1")), run_id="r1", number=0, at=NOW)]
    evening, plan = new.run()
    assert (evening.heard, plan.summary()["course.create"]) == ((), 1)


# Claims, as the evening finds them.


def test_a_renumbered_section_is_found_and_its_class_is_not_made_twice() -> None:
    still = quiet_district(3)
    still.sections["n3"] = still.sections.pop("s3")
    evening, plan = still.run()
    assert plan.changes == ()
    [hold] = plan.held
    assert (hold.reason, hold.kind, hold.count) == (HeldFor.RENUMBERED, Kind.COURSE_UPDATE, 1)
    assert evening.claims[alias("n3")].old == base_record(still.rows[alias("s3")])
    # That one has gone its hold tells; all have one name here.
    assert [notice.code for notice in plan.notices] == ["M312"]


def test_a_changed_key_is_found_for_every_section() -> None:
    still = quiet_district(3)
    still.rules = rules(key="{section.key}-{school_year}")
    still.rules = replace(still.rules, limits={"course.create": limit(district=0.0)})
    _, plan = still.run()
    assert [(h.reason, h.kind, h.count) for h in plan.held] == [
        (HeldFor.REKEYED, Kind.COURSE_UPDATE, 3)
    ]
    assert (plan.changes, plan.settle.keyed_by) == ((), "")


def test_an_alias_that_was_put_on_unheard_is_no_lost_store() -> None:
    """The consent of last night was carried out, and its answer was lost."""
    still = quiet_district(3)
    still.sections["n3"] = still.sections.pop("s3")
    still.town.put("c3", "ann", aliases=[alias("s3"), alias("n3")])
    still.town.put("x9", owner="t2")
    evening, plan = still.run()
    assert [h.reason for h in plan.held] == [HeldFor.RENUMBERED]
    assert evening.claims[alias("n3")].old == base_record(still.rows[alias("s3")])


def test_an_alias_on_the_class_of_another_section_lets_nobody_take_it() -> None:
    still = quiet_district(3)
    still.sections["n3"] = ("bob",)
    still.town.put("c3", "ann", aliases=[alias("s3"), alias("n3")])
    still.town.put("x9", owner="t2")
    _, plan = still.run()
    assert plan.changes == ()
    assert [(h.reason, h.kind, h.changes) for h in plan.held] == [
        (HeldFor.ALREADY_THERE, Kind.COURSE_CREATE, ())
    ]
