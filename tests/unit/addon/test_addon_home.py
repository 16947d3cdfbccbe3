"""Which classes a teacher sees, and in which state: the table, and what holds for any classes."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from addon.cards.home import home_card
from addon.viewmodels.home import DECISION_COUNTS, ClassLine, Home, see_home, state_now
from addon.widgets import ButtonRow, Divider, Item, Text
from policy.google.base import Course, CourseState
from policy.store.base import Decision
from unit.addon.school import base_row

NOW = datetime(2026, 9, 1, 8, 0, tzinfo=UTC)
A, R, P, D, S = (
    CourseState.ACTIVE,
    CourseState.ARCHIVED,
    CourseState.PROVISIONED,
    CourseState.DECLINED,
    CourseState.SUSPENDED,
)


def course(number: int, *, state: CourseState = P, owner: str = "ada", link: str = "") -> Course:
    return Course(str(number), f"Class {number}", "", "", state, owner, link)


@pytest.mark.parametrize(
    ("live", "decided", "shown"),
    [
        (P, None, P),
        (A, None, A),
        (D, None, D),
        (R, None, R),
        (P, A, A),  # Classroom is late
        (D, A, A),  # accepted after all, and Classroom is late
        (A, A, A),
        (R, A, R),  # archived since
        (S, A, S),
        (P, D, D),
        (D, D, D),
        (A, D, A),  # somebody has accepted it since
        (D, P, P),
        (P, P, P),
        (A, P, A),
    ],
    ids=lambda state: state.value if state else "-",
)
def test_state(live: CourseState, decided: CourseState | None, shown: CourseState) -> None:
    decision = Decision("1", "ada", decided.value, NOW) if decided else None
    assert state_now(course(1, state=live), decision, now=NOW) is shown
    assert state_now(course(1, state=live), decision, now=NOW + DECISION_COUNTS) is shown
    later = NOW + DECISION_COUNTS + timedelta(seconds=1)
    assert state_now(course(1, state=live), decision, now=later) is live


def test_sorted_by_what_there_is_to_do() -> None:
    courses = [course(3), course(1), course(2, state=A), course(4, state=D), course(5, state=R)]
    base = {each.id: base_row(each.id, "", "", "ada", 7) for each in courses}
    line = [ClassLine(str(number), f"Class {number}", "", 7, "") for number in range(6)]
    assert see_home(courses, base, {}, user_id="ada", now=NOW) == Home(
        waiting=(line[1], line[3]), accepted=(line[2],), declined=(line[4],)
    )


@pytest.mark.parametrize(
    ("link", "shown"),
    [
        ("https://classroom.google.com/c/MQ", "https://classroom.google.com/c/MQ"),
        ("http://classroom.google.com/c/MQ", ""),
        ("javascript:alert(1)", ""),
        ("", ""),
    ],
)
def test_only_https_links_are_shown(link: str, shown: str) -> None:
    home = see_home(
        [course(1, state=A, link=link)],
        {"1": base_row("1", "", "", "ada", 0)},
        {},
        user_id="ada",
        now=NOW,
    )
    assert [line.link for line in home.accepted] == [shown]


COURSES = st.builds(
    course,
    st.integers(0, 400),
    state=st.sampled_from(CourseState),
    owner=st.sampled_from(["ada", "ben"]),
)


@given(
    courses=st.lists(COURSES, max_size=300, unique_by=lambda each: each.id),
    ours=st.sets(st.integers(0, 400).map(str)),
    decided=st.dictionaries(st.integers(0, 400).map(str), st.sampled_from([A, P, D])),
)
def test_never_a_class_that_is_not_ours_and_never_too_large_a_card(
    courses: list[Course], ours: set[str], decided: dict[str, CourseState]
) -> None:
    base = {number: base_row(number, "", "", "ada", 1) for number in ours}
    decisions = {n: Decision(n, "ada", state.value, NOW) for n, state in decided.items()}
    home = see_home(courses, base, decisions, user_id="ada", now=NOW, problems=("One.",) * 9)
    shown = {line.course_id for line in (*home.waiting, *home.accepted, *home.declined)}
    hidden = {c.id for c in courses if c.owner != "ada" or c.id not in ours or c.state in (R, S)}
    assert shown == {c.id for c in courses} - hidden
    widgets = [widget for section in home_card(home).sections for widget in section.widgets]
    assert len(widgets) <= 100
    assert all(isinstance(widget, Text | Item | ButtonRow | Divider) for widget in widgets)


def test_find() -> None:
    line = ClassLine("1", "Class 1", "", 0, "")
    assert Home(waiting=(line,)).find("1") == (line, P)
    assert Home(accepted=(line,)).find("1") == (line, A)
    assert Home(declined=(line,)).find("1") == (line, D)
    assert Home(declined=(line,)).find("2") is None
    assert Home().find("") is None
