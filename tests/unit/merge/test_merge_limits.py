"""Limits hold removals back, at three levels; additions flow."""

from hypothesis import given
from hypothesis import strategies as st

from building import base, course_ref, creation, limit, removal, rules
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
    assert hold.limit == "10%, at least 0"
    assert hold.why[0] == (
        "11 of 100 student seats in the district would go (11.0%); the limit is 10%, at least 0 "
        "(district.yaml:6)"
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
    _, holds = judge(changes, census({"a1": 10, "a2": 10}), limit(district=0.1, school=0.25))
    assert [h.count for h in holds] == [8]
    assert holds[0].why[1:] == ("6 of them at School sch1", "2 of them at School sch2")


def test_additions_and_other_kinds_flow() -> None:
    changes = [creation(), *removals(11), removal("t1", kind=Kind.TEACHER_REMOVE)]
    going, holds = judge(changes, census({"a1": 100}), limit(district=0.10))
    assert [c.kind for c in going] == [Kind.COURSE_CREATE, Kind.TEACHER_REMOVE]
    assert len(holds) == 1


def test_a_count_is_a_limit_too() -> None:
    one = Limit(Allowance(count=5), None, None, 0, "district.yaml:6")
    assert judge(removals(5), census({"a1": 1000}), one)[1] == []
    assert judge(removals(6), census({"a1": 1000}), one)[1][0].limit == "5, at least 0"


def test_no_limit_holds_nothing() -> None:
    free: SchoolRules = rules()
    going, holds = judge_limits(
        removals(100), census({"a1": 100}), rules_of=lambda _key: free, defaults=free
    )
    assert (len(going), holds) == (100, [])


def test_a_class_without_a_base_counts_as_empty() -> None:
    empty = Census({}, {}, {})
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
    assert counted.schools == {
        (Kind.TEACHER_REMOVE, "sch1"): 1,
        (Kind.STUDENT_REMOVE, "sch1"): 2,
        (Kind.TEACHER_REMOVE, "sch2"): 2,
        (Kind.STUDENT_REMOVE, "sch2"): 1,
    }
    assert counted.district == {Kind.TEACHER_REMOVE: 3, Kind.STUDENT_REMOVE: 3}


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
