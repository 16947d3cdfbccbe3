"""How a problem is printed, to the character."""

import pytest

from policy.rules.problems import (
    SHOWN,
    Code,
    Problem,
    Spot,
    did_you_mean,
    in_quotes,
    one_of,
    printable,
    quoted,
    report,
)

ROWS = ((13, "students:"), (14, "  add: two days"))
FULL = Problem(
    Code.WRONG_VALUE, "policies/district.yaml", "no", Spot(14, 8, 8), ROWS, "add: at_once"
)


def test_a_problem_with_everything() -> None:
    assert str(FULL) == (
        "policies/district.yaml:14:8  no\n"
        "   13 | students:\n"
        "   14 |   add: two days\n"
        "               ^^^^^^^^\n"
        "   write:  add: at_once                             P107, docs/errors.md#P107"
    )


def test_a_problem_with_a_file_as_a_whole() -> None:
    problem = Problem(Code.FILE_MISSING, "policies", "there is no such folder")
    assert str(problem) == "policies  there is no such folder\n   P101, docs/errors.md#P101"


@pytest.mark.parametrize(
    ("row", "spot", "excerpt"),
    [
        pytest.param(
            "a\tb: c", Spot(7, 6), ["    7 | a b: c", "             ^"], id="a tab is one blank"
        ),
        pytest.param(
            "名前: 国語",
            Spot(7, 5, 2),
            ["    7 | 名前: 国語", "              ^^^^"],
            id="wide letters",
        ),
        pytest.param(
            "a: \x1b[31m", Spot(7, 4), ["    7 | a: �[31m", "           ^"], id="an escape"
        ),
        pytest.param(
            "x" * 80 + "!" + "y" * 80,
            Spot(7, 81),
            ["    7 | …" + "x" * 50 + "!" + "y" * 49 + "…", " " * 59 + "^"],
            id="the middle of a long row",
        ),
        pytest.param(
            "!" + "y" * 150,
            Spot(7, 1),
            ["    7 | !" + "y" * 99 + "…", "        ^"],
            id="the start of a long row",
        ),
        pytest.param(
            "ab" + "y" * 150,
            Spot(7, 2, 151),
            ["    7 | ab" + "y" * 98 + "…", "         " + "^" * 99],
            id="a mark that is cut with its row",
        ),
        pytest.param("", Spot(7, 1), ["    7 | ", "        ^"], id="an empty row"),
        pytest.param("a:", Spot(7, 3), ["    7 | a:", "          ^"], id="after the end of a row"),
    ],
)
def test_excerpts(row: str, spot: Spot, excerpt: list[str]) -> None:
    problem = Problem(Code.WRONG_VALUE, "f", "no", spot, ((7, row),))
    assert str(problem).split("\n")[1:-1] == excerpt


def test_a_long_suggestion_pushes_the_code_away() -> None:
    problem = Problem(Code.TEMPLATE, "f", "no", write="w" * 60)
    assert str(problem).split("\n")[-1] == (f"   write:  {'w' * 60}  P116, docs/errors.md#P116")


@pytest.mark.parametrize(
    ("counts", "last"),
    [
        ({"a": 1}, "Nothing was planned."),
        ({"a": SHOWN}, "Nothing was planned."),
        ({"a": SHOWN, "b": 1}, "1 more problem in b. Nothing was planned."),
        (
            {"a": SHOWN + 2, "b": 3},
            "2 more problems in a. 3 more problems in b. Nothing was planned.",
        ),
    ],
)
def test_the_first_twenty_are_shown_and_the_rest_counted(counts: dict[str, int], last: str) -> None:
    problems = [
        Problem(Code.WRONG_VALUE, file, str(number))
        for file, count in counts.items()
        for number in range(count)
    ]
    assert report(problems) == [*map(str, problems[:SHOWN]), last]


@pytest.mark.parametrize(
    ("word", "known", "close"),
    [
        ("clases", ["classes", "students"], "classes"),
        ("CLASSES", ["classes"], "classes"),
        ("at_ones", ["after_accept", "at_once"], "at_once"),
        ("colour", ["classes", "students"], None),
        ("x", [], None),
        ("chicago", ["America/Chicago", "Chicago"], "Chicago"),
    ],
)
def test_did_you_mean(word: str, known: list[str], close: str | None) -> None:
    assert did_you_mean(word, known) == close


def test_did_you_mean_can_be_asked_to_be_sure() -> None:
    assert did_you_mean("description", ["section"]) == "section"
    assert did_you_mean("description", ["section"], alike=0.75) is None


@pytest.mark.parametrize(
    ("names", "text"), [(["a"], "a"), (["a", "b"], "a or b"), (["a", "b", "c"], "a, b or c")]
)
def test_one_of(names: list[str], text: str) -> None:
    assert one_of(names) == text


def test_words_for_text() -> None:
    assert quoted('say "hi"\\\n') == '"say \\"hi\\"\\\\\\n"'
    assert quoted("x" * 61) == '"' + "x" * 59 + '…"'
    assert in_quotes("x" * 61) == '"' + "x" * 61 + '"'
    assert printable("a\x1b\u200bé国") == "a��é国"
