"""Courses that a run made without hearing so, and those that only look so by their alias."""

import pytest

from building import base
from policy.google.base import Course, CourseState, Unreadable
from policy.merge.records import Head
from policy.night.reading import found_courses
from policy.run.rows import base_row, head_record

FACTS: dict[str, object] = {
    "section": "s1",
    "school": "sch1",
    "user": "t1",
    "new": ["Algebra", "3", "12"],
    "state": "PROVISIONED",
}


def course(course_id: str, owner: str) -> Course:
    return Course(course_id, "Algebra", "3", "12", CourseState.PROVISIONED, owner)


def heads(*course_ids: str) -> dict[str, Head]:
    return {f"d:{n}": head_record(base_row(base(course_id=n))) for n in course_ids}


@pytest.mark.parametrize(
    ("seen", "ours", "is_found"),
    [
        pytest.param(course("7", "t1"), heads(), True, id="ours"),
        pytest.param(course("7", "t1"), heads("8"), True, id="beside-another-of-ours"),
        pytest.param(course("7", "t1"), heads("7"), False, id="another-of-ours-has-got-the-alias"),
        pytest.param(course("7", "t2"), heads(), False, id="somebody-else's-has-got-the-alias"),
        pytest.param(Unreadable("500"), heads(), False, id="unreadable"),
    ],
)
def test_a_course_is_found_by_its_alias(
    seen: Course | Unreadable, ours: dict[str, Head], *, is_found: bool
) -> None:
    found = found_courses({"d:new": seen}, {"d:new": FACTS}, ours)
    assert {alias: row.course_id for alias, row in found.items()} == (
        {"d:new": "7"} if is_found else {}
    )


def test_a_course_that_no_entry_speaks_of_is_not_found() -> None:
    assert found_courses({"d:new": course("7", "t1")}, {}, {}) == {}


@pytest.mark.parametrize("is_there", [False, True], ids=["deleted", "still-there"])
def test_one_of_ours_that_was_deleted_is_made_again(*, is_there: bool) -> None:
    """A course is taken in the place of ours that had its alias only if that is gone."""
    ours = {"d:new": head_record(base_row(base(alias="d:new", course_id="6")))}
    seen = {"d:new": course("7", "t1"), **({"6": course("6", "t1")} if is_there else {})}
    found = found_courses(seen, {"d:new": FACTS}, ours)
    assert {alias: row.course_id for alias, row in found.items()} == (
        {} if is_there else {"d:new": "7"}
    )
