"""Limits hold removals back, at three levels; additions flow."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from building import base, course_ref, creation, desired, limit, removal, rules, section, user
from policy.merge.desire import Quiet
from policy.merge.limits import Census, judge_limits, take_census
from policy.merge.plan import Change, HeldFor, Hold, Kind
from policy.rules.model import Allowance, Limit, SchoolRules

STUDENTS = Kind.STUDENT_REMOVE


def judge(changes: list[Change], census: Census, one: Limit) -> tuple[list[Change], list[Hold]]:
    chosen = rules(limits={"student.remove": one})
    return judge_limits(changes, census, rules_of=lambda _key: chosen, defaults=chosen)


def removals(count: int, alias: str = "a1", school: str = "sch1") -> list[Change]:
    course = course_ref(alias, school=school)
    return [removal(f"{alias}-{n}", course=course) for n in range(count)]


def census(classes: dict[str, int], *, school: str = "sch1") -> Census:
    total = sum(classes.values())
    return Census(
        classes={(STUDENTS, alias): seats for alias, seats in classes.items()},
        schools={(STUDENTS, school): total},
        district={STUDENTS: total},
        wanted={(STUDENTS, alias): seats for alias, seats in classes.items()},
        wanted_at={(STUDENTS, school): total},
    )


def test_as_many_as_the_limit_go() -> None:
    going, holds = judge(removals(10), census({"a1": 100}), limit(district=0.10))
    assert (len(going), holds) == (10, [])


def test_one_more_holds_all() -> None:
    going, holds = judge(removals(11), census({"a1": 100}), limit(district=0.10))
    assert going == []
    [hold] = holds
    assert (hold.kind, hold.count, hold.reason) == (STUDENTS, 11, HeldFor.LIMIT)
    assert len(hold.changes) == 11
    assert hold.limit == "10%"
    assert hold.why == (
        "11 of 100 student seats in the district would go (11.0%); the limit is 10% "
        "(district.yaml:6)",
    )


def test_at_least_is_a_floor_under_the_share() -> None:
    small = census({"a1": 4})
    assert judge(removals(3), small, limit(district=0.10, at_least=3))[1] == []
    assert len(judge(removals(4), small, limit(district=0.10, at_least=3))[1]) == 1


def test_a_class_is_held_and_the_others_flow() -> None:
    changes = removals(6, "a1") + removals(2, "a2")
    going, holds = judge(changes, census({"a1": 10, "a2": 10}), limit(class_=0.5))
    assert going == removals(2, "a2")
    assert [(h.count, "in “Class a1” at School sch1" in h.why[0]) for h in holds] == [(6, True)]


def test_a_school_is_held_and_counts_what_its_classes_hold() -> None:
    changes = removals(6, "a1") + removals(2, "a2")
    going, holds = judge(changes, census({"a1": 10, "a2": 10}), limit(school=0.25, class_=0.5))
    assert going == []
    assert [h.count for h in holds] == [8]
    assert holds[0].why[1:] == ("6 of them in “Class a1”", "2 of them in “Class a2”")


def test_the_district_names_the_schools() -> None:
    changes = removals(6, "a1", "sch1") + removals(2, "a2", "sch2")
    counted = census({"a1": 10, "a2": 10})
    counted = replace(counted, wanted_at={(STUDENTS, "sch1"): 4, (STUDENTS, "sch2"): 8})
    _, holds = judge(changes, counted, limit(district=0.1, school=0.25))
    assert [h.count for h in holds] == [8]
    assert holds[0].why[1:] == ("6 of them at School sch1", "2 of them at School sch2")


def test_additions_and_other_kinds_flow() -> None:
    changes = [creation(), *removals(11), removal("t1", kind=Kind.TEACHER_REMOVE)]
    going, holds = judge(changes, census({"a1": 100}), limit(district=0.10))
    assert {c.kind for c in going} == {Kind.COURSE_CREATE, Kind.TEACHER_REMOVE}
    assert len(going) == 2
    assert len(holds) == 1


def test_a_count_is_a_limit_too() -> None:
    one = Limit(Allowance(count=5), None, None, 0, "district.yaml:6")
    assert judge(removals(5), census({"a1": 1000}), one)[1] == []
    assert judge(removals(6), census({"a1": 1000}), one)[1][0].limit == "5"


def test_no_limit_holds_nothing() -> None:
    free: SchoolRules = rules()
    going, holds = judge_limits(
        removals(100), census({"a1": 100}), rules_of=lambda _key: free, defaults=free
    )
    assert (len(going), holds) == (100, [])


def test_a_class_without_a_base_counts_as_empty() -> None:
    empty = Census({}, {}, {}, {}, {})
    assert len(judge(removals(1), empty, limit(class_=0.5))[1]) == 1


def test_teachers_of_a_class_whose_students_are_held_are_held_with_them() -> None:
    course = course_ref("a1")
    teacher = removal("t2", course=course, kind=Kind.TEACHER_REMOVE)
    elsewhere = removal("t3", course=course_ref("a2"), kind=Kind.TEACHER_REMOVE)
    going, holds = judge(
        [*removals(6, "a1"), teacher, elsewhere], census({"a1": 10, "a2": 10}), limit(class_=0.5)
    )
    assert going == [elsewhere]
    assert [(h.kind, h.changes) for h in holds[1:]] == [(Kind.TEACHER_REMOVE, (teacher,))]


def test_census() -> None:
    rows = [
        base(alias="a1", students=("x", "y"), teachers=("t1",)),
        base(alias="a2", students=("x",), teachers=("t1", "t2"), school="sch2"),
    ]
    counted = take_census(rows)
    assert counted.classes[STUDENTS, "a1"] == 2
    of_classes = [kind for kind in Kind if kind.value.startswith("course.")]
    assert counted.schools == {
        (Kind.TEACHER_REMOVE, "sch1"): 1,
        (Kind.STUDENT_REMOVE, "sch1"): 2,
        (Kind.TEACHER_REMOVE, "sch2"): 2,
        (Kind.STUDENT_REMOVE, "sch2"): 1,
        **{(kind, school): 1 for kind in of_classes for school in ("sch1", "sch2")},
    }
    assert counted.district == {
        Kind.TEACHER_REMOVE: 3,
        Kind.STUDENT_REMOVE: 3,
        **dict.fromkeys(of_classes, 2),
    }


def test_census_of_what_is_wanted_and_of_classes_without_a_section() -> None:
    want = desired(teachers=("t1",), students=("x", "y"), alias="a1")
    counted = take_census([base(alias="a1")], [want], [base(alias="old")], deserted=1)
    assert counted.wanted == {(Kind.TEACHER_REMOVE, "a1"): 1, (STUDENTS, "a1"): 2}
    assert counted.wanted_at == {(Kind.TEACHER_REMOVE, "sch1"): 1, (STUDENTS, "sch1"): 2}
    assert counted.district[Kind.COURSE_ARCHIVE] == 2  # it may be archived; nothing else
    assert counted.district[Kind.COURSE_UPDATE] == 1
    assert counted.district[STUDENTS] == 0
    assert counted.deserted == 1


def test_census_of_quiet_classes() -> None:
    """In which nothing changes: they are counted, and not listed."""
    full = Quiet(section("q1"), teachers=2, students=30, seated=30)
    waiting = Quiet(section("q2"), teachers=1, students=20, seated=0)
    counted = take_census([base(alias="a1", students=("x",))], quiet=[full, waiting])
    assert {alias for _, alias in counted.classes} == {"a1"}
    assert counted.wanted == {}
    assert counted.wanted_at == {(Kind.TEACHER_REMOVE, "sch1"): 3, (STUDENTS, "sch1"): 50}
    expected = {kind: 3 for kind in Kind if kind.value.startswith("course.")}
    expected |= {Kind.TEACHER_REMOVE: 1 + 3, STUDENTS: 1 + 30}
    assert counted.district == expected
    assert counted.schools == {(kind, "sch1"): count for kind, count in expected.items()}


def judge_kind(
    kind: Kind, changes: list[Change], counted: Census, one: Limit, *, is_first_load: bool = False
) -> tuple[list[Change], list[Hold]]:
    chosen = rules(limits={kind.value: one})
    return judge_limits(
        changes,
        counted,
        rules_of=lambda _key: chosen,
        defaults=chosen,
        is_first_load=is_first_load,
    )


def text_of(alias: str, field: str, school: str = "sch1") -> Change:
    course = course_ref(alias, school=school)
    return Change(Kind.COURSE_UPDATE, course, "s1", ("was",), field=field, before="a", after="b")


def archived(alias: str) -> Change:
    return Change(Kind.COURSE_ARCHIVE, course_ref(alias), "s1", ("over",), field="courseState")


def ours(count: int) -> Census:
    return take_census([base(alias=f"a{n}") for n in range(count)])


COUNT_2 = Limit(Allowance(count=2), None, None, 0, "district.yaml:7")


def test_two_texts_of_one_class_are_one_class() -> None:
    both = [text_of("a0", "name"), text_of("a0", "room"), text_of("a1", "name")]
    going, holds = judge_kind(Kind.COURSE_UPDATE, both, ours(4), COUNT_2)
    assert (going, holds) == (both, [])
    _, holds = judge_kind(Kind.COURSE_UPDATE, [*both, text_of("a2", "name")], ours(4), COUNT_2)
    assert [(h.kind, h.count, h.why) for h in holds] == [
        (
            Kind.COURSE_UPDATE,
            4,  # what consent has to cover are changes
            (
                "3 of 4 classes in the district would have texts changed (75.0%); the limit is 2 "
                "(district.yaml:7)",
            ),
        )
    ]


def test_archiving_has_a_limit() -> None:
    some = [archived(f"a{n}") for n in range(3)]
    going, holds = judge_kind(Kind.COURSE_ARCHIVE, some, ours(10), limit(district=0.2))
    assert going == []
    assert holds == [
        Hold(
            Kind.COURSE_ARCHIVE,
            3,
            HeldFor.LIMIT,
            "20%",
            (
                "3 of 10 classes in the district would be archived (30.0%); the limit is 20% "
                "(district.yaml:6)",
            ),
            tuple(some),
        )
    ]


def new_class(alias: str) -> list[Change]:
    course = course_ref(alias, id=None)
    seat = Change(Kind.STUDENT_ADD, course, "s1", ("listed",), person=user("ann"))
    return [creation(alias), seat]


def test_classes_that_are_held_hold_the_seats_in_them() -> None:
    made = [change for n in range(3) for change in new_class(f"n{n}")]
    elsewhere = Change(Kind.STUDENT_ADD, course_ref("a0"), "s1", ("listed",), person=user("bob"))
    going, holds = judge_kind(Kind.COURSE_CREATE, [*made, elsewhere], ours(5), COUNT_2)
    assert going == [elsewhere]
    [hold] = holds
    assert (hold.kind, hold.count, len(hold.changes)) == (Kind.COURSE_CREATE, 3, 6)
    assert set(hold.changes) == set(made)
    assert hold.why == (
        "3 classes would be made in the district, beside 5 that are there; the limit is 2 "
        "(district.yaml:7)",
    )


def test_a_first_load_makes_any_number_of_classes() -> None:
    made = [creation(f"n{n}") for n in range(3)]
    going, holds = judge_kind(Kind.COURSE_CREATE, made, ours(0), COUNT_2, is_first_load=True)
    assert (going, holds) == (made, [])


@pytest.mark.parametrize(
    ("deserted", "words"),
    [
        pytest.param(
            1,
            "most likely: the SIS has given sections new ids, for 1 class of ours is without a "
            "section in mid-term",
            id="one",
        ),
        pytest.param(
            1_200,
            "most likely: the SIS has given sections new ids, for 1,200 classes of ours are "
            "without a section in mid-term",
            id="many",
        ),
    ],
)
def test_new_classes_where_others_have_lost_their_section(deserted: int, words: str) -> None:
    counted = take_census([base(alias="a0")], deserted=deserted)
    made = [creation(f"n{n}") for n in range(3)]
    _, holds = judge_kind(Kind.COURSE_CREATE, made, counted, COUNT_2)
    assert holds[0].why[-1] == words


@pytest.mark.parametrize(
    ("wanted", "wanted_at", "cause"),
    [
        pytest.param(
            {},
            {},
            "most likely: the drop has no students at all for School sch1; see whether its "
            "enrollments are complete",
            id="a-school",
        ),
        pytest.param(
            {"a2": 4},
            {"sch1": 4},
            "most likely: the drop lacks the enrollments of 1 class, such as “Class a1”, which "
            "would be left without students",
            id="a-class",
        ),
        pytest.param({"a1": 1, "a2": 4}, {"sch1": 5}, "2 of them in “Class a2”", id="ordinary"),
    ],
)
def test_the_likeliest_cause(wanted: dict[str, int], wanted_at: dict[str, int], cause: str) -> None:
    counted = replace(
        census({"a1": 10, "a2": 10}),
        wanted={(STUDENTS, alias): seats for alias, seats in wanted.items()},
        wanted_at={(STUDENTS, school): seats for school, seats in wanted_at.items()},
    )
    _, holds = judge(removals(6, "a1") + removals(2, "a2"), counted, limit(school=0.25))
    assert holds[0].why[-1] == cause


def test_one_seat_is_no_seats() -> None:
    _, holds = judge(removals(1), census({"a1": 1}), limit(class_=0.5))
    assert holds[0].why[0] == (
        "1 of 1 student seat in “Class a1” at School sch1 would go (100.0%); the limit is 50% "
        "(district.yaml:6)"
    )


@given(
    sizes=st.lists(st.tuples(st.integers(1, 40), st.integers(0, 40)), min_size=1, max_size=6),
    shares=st.tuples(*[st.one_of(st.none(), st.floats(0, 1)) for _ in range(3)]),
    at_least=st.integers(0, 5),
)
def test_a_limit_never_widens_what_is_done(
    sizes: list[tuple[int, int]],
    shares: tuple[float | None, float | None, float | None],
    at_least: int,
) -> None:
    """Each removal goes or is held, once; and no level lets more go than it allows."""
    changes: list[Change] = []
    for number, (seats, gone) in enumerate(sizes):
        changes += removals(min(seats, gone), f"a{number}")
    counted = census({f"a{n}": seats for n, (seats, _) in enumerate(sizes)})
    one = limit(district=shares[0], school=shares[1], class_=shares[2], at_least=at_least)
    going, holds = judge(changes, counted, one)
    held = [change for hold in holds for change in hold.changes]
    assert sorted(map(repr, going + held)) == sorted(map(repr, changes))
    total = sum(seats for seats, _ in sizes)
    for allowance in (one.district, one.school):
        if allowance is not None:
            assert len(going) <= allowance.of(total, at_least)
