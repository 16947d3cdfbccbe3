"""A plan as its readers see it: golden texts, 80 columns, nothing of Markdown's own."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from building import COURSE, EARLIER, course_ref, creation, plan, removal, user
from policy.merge.plan import (
    Change,
    HeldFor,
    Hold,
    Kept,
    Kind,
    Notice,
    Plan,
    Unmatched,
    Waiting,
    in_order,
)
from policy.render.plan_markdown import print_markdown
from policy.render.plan_text import print_text
from policy.render.words import WIDTH

GOLDEN = Path(__file__).parent / "golden"

FULL = replace(
    plan(
        *in_order(
            [
                creation(),
                Change(
                    Kind.COURSE_UPDATE,
                    COURSE,
                    "s1",
                    ("was 'Algebra', the roster and the policy now make it 'Algebra 1'",),
                    field="name",
                    before="Algebra",
                    after="Algebra 1",
                ),
                Change(Kind.COURSE_OWNER, COURSE, "s1", ("a new primary",), person=user("t2")),
                Change(Kind.TEACHER_ADD, COURSE, "s1", ("enrollments.csv:9",), person=user("t2")),
                *(
                    Change(
                        Kind.STUDENT_ADD,
                        COURSE,
                        "s1",
                        (f"enrollments.csv:{n}",),
                        person=user(f"s{n}"),
                    )
                    for n in range(1200)
                ),
                removal("zoe"),
            ]
        )
    ),
    held=(
        Hold(
            Kind.STUDENT_REMOVE,
            412,
            HeldFor.LIMIT,
            "10%, at least 3",
            (
                "412 of 1,180 student seats in the district would go (34.9%); the limit is 10%, "
                "at least 3 (policies/district.yaml:6)",
                "398 of them at Jefferson High",
            ),
            tuple(removal(f"h{n}") for n in range(412)),
        ),
        Hold(
            Kind.COURSE_CREATE,
            1,
            HeldFor.ALREADY_THERE,
            None,
            ("1 class is already in Classroom under our alias",),
        ),
    ),
    kept=(
        Kept(
            COURSE,
            "name",
            "name",
            EARLIER,
            ("changed by hand in Classroom",),
            ours="Algebra",
            theirs="Algebra for *all*",
        ),
        Kept(
            COURSE,
            "student:ann",
            "student removed by hand",
            EARLIER,
            ("removed by hand in Classroom: stays removed",),
            user("ann"),
        ),
        Kept(course_ref("a2"), "state", "declined", EARLIER, ("nothing in it is changed",)),
    ),
    unmatched=tuple(
        Unmatched(f"p{n}", f"Pat {n}", f"users.csv:{n}", "the SIS has no e-mail for them", ("s1",))
        for n in range(12)
    ),
    waiting=(Waiting("s9", "Art", "Lincoln", "classes.csv:9", "it has no teacher"),),
    notices=(Notice("users.csv:4", "expected 17 cells, found 16", "R204"),),
)
SEVERAL = replace(FULL, schools={f"k{n}": f"School {n} " + "x" * n for n in range(14)})


def golden(name: str, text: str) -> None:
    """Compare with the file; write it when it is not there, and fail, so that somebody looks."""
    path = GOLDEN / name
    if not path.exists():
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
        pytest.fail(f"{path} was not there and has been written: look at it")
    assert text == path.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "made"),
    [pytest.param("full", FULL, id="full"), pytest.param("quiet", plan(), id="quiet")],
)
def test_text(name: str, made: Plan) -> None:
    golden(f"{name}.txt", print_text(made))


@pytest.mark.parametrize(
    ("name", "made"),
    [pytest.param("full", FULL, id="full"), pytest.param("quiet", plan(), id="quiet")],
)
def test_markdown(name: str, made: Plan) -> None:
    golden(f"{name}.md", print_markdown(made))


def test_nothing_is_wider_than_the_terminal() -> None:
    lines = print_text(SEVERAL).splitlines()
    assert [line for line in lines if len(line) > WIDTH] == []


@given(st.text(alphabet="*_`[]<>#|\\~ab", min_size=1, max_size=20))
def test_a_rosters_words_are_never_markdown(title: str) -> None:
    section = Waiting("s9", title, "Lincoln", "classes.csv:9", "it has no teacher")
    text = print_markdown(replace(plan(), waiting=(section,)))
    line = next(line for line in text.splitlines() if line.startswith("- "))
    plain = line[2:]
    for mark in "*_`[]<>#|~":
        assert plain.count(mark) == plain.count(f"\\{mark}")
