"""An explanation as a clerk reads it on the telephone, and as JSON."""

import json
from dataclasses import replace

from policy.merge.chain import Explanation, Step, Story
from policy.render.explanation import explanation_json, print_explanation

STORY = Story(
    title="“Algebra”",
    verdict="they are its student",
    steps=(
        Step("roster", "enrollments.csv:77 lists them in section alg-1 as student"),
        Step("by hand", "removed in Classroom, first seen 2026-09-01 04:00: stays so (students)"),
    ),
    alias="d:a",
    course_id="5001",
    section="alg-1",
)
FOUND = Explanation(
    about="Ann Lee (ann@demo.example), Google's user 117000000000000000001",
    as_of="run r1, 2026-09-01 04:00 UTC",
    steps=(Step("account", "ann@demo.example is Google's user 117000000000000000001"),),
    stories=(STORY, replace(STORY, title="“Art”", section=None, steps=())),
    unasked=("no policy was read (--policies DIR): only the store was asked",),
)


def test_as_text() -> None:
    assert print_explanation(FOUND) == (
        "Ann Lee (ann@demo.example), Google's user 117000000000000000001\n"
        "As of run r1, 2026-09-01 04:00 UTC.\n"
        "  account   ann@demo.example is Google's user 117000000000000000001\n"
        "\n"
        "“Algebra”, section alg-1: they are its student.\n"
        "  roster    enrollments.csv:77 lists them in section alg-1 as student\n"
        "  by hand   removed in Classroom, first seen 2026-09-01 04:00: stays so\n"
        "            (students)\n"
        "\n"
        "“Art”: they are its student.\n"
        "\n"
        "Note: no policy was read (--policies DIR): only the store was asked\n"
    )


def test_somebody_without_a_class() -> None:
    bare = replace(FOUND, steps=(), stories=(), unasked=())
    assert print_explanation(bare) == (
        "Ann Lee (ann@demo.example), Google's user 117000000000000000001\n"
        "As of run r1, 2026-09-01 04:00 UTC.\n"
        "\n"
        "No class of ours has them, had them, or is to have them.\n"
    )


def test_as_json() -> None:
    found = json.loads(explanation_json(FOUND))
    assert found["stories"][0] == {
        "title": "“Algebra”",
        "verdict": "they are its student",
        "steps": [{"topic": s.topic, "words": s.words} for s in STORY.steps],
        "alias": "d:a",
        "course_id": "5001",
        "section": "alg-1",
    }
    assert found["unasked"] == list(FOUND.unasked)
