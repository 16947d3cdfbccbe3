"""YAML that knows its lines: what it reads, where it says that things stand, what it refuses."""

import pytest

from policy.rules.lines import LARGEST_FILE, MOST_EVENTS, Document, Yaml, dotted, read_yaml
from policy.rules.problems import Code, Problem, Spot


def read(text: str) -> Document:
    document, problems = read_yaml("district.yaml", text)
    assert problems == []
    assert document is not None
    return document


def problems_of(text: str) -> list[Problem]:
    return read_yaml("district.yaml", text)[1]


@pytest.mark.parametrize(
    ("text", "data"),
    [
        ("", None),
        ("# a comment\n", None),
        ("{}", {}),
        ("a: [1, -2, 0, true, false, null, x]", {"a": [1, -2, 0, True, False, None, "x"]}),
        ("a:\n  b:\n    - c: d\n", {"a": {"b": [{"c": "d"}]}}),
        ("a: 'true'\nb: \"1\"\nc: 'null'", {"a": "true", "b": "1", "c": "null"}),
        ("true: 1\n2: x\n", {"true": 1, "2": "x"}),
        ("a: 999999999999999999", {"a": 999999999999999999}),
        ("a: " + "9" * 5000, {"a": "9" * 5000}),
        ("a: 10%\nb: 36h\nc: a@b.example", {"a": "10%", "b": "36h", "c": "a@b.example"}),
        ("a: ' '\nb: x\u00a0y", {"a": " ", "b": "x\u00a0y"}),
    ],
)
def test_what_is_read(text: str, data: Yaml) -> None:
    assert read(text).data == data


@pytest.mark.parametrize(
    ("written", "kind"),
    [
        ("yes", "true or false"),
        ("No", "true or false"),
        ("NO", "true or false"),
        ("off", "true or false"),
        ("True", "true or false"),
        ("FALSE", "true or false"),
        ("~", "nothing"),
        ("NULL", "nothing"),
        ("09", "a number"),
        ("010", "a number"),
        ("-01", "a number"),
        ("+5", "a number"),
        ("1_000", "a number"),
        ("0x1F", "a number"),
        ("0o17", "a number"),
        ("0b11", "a number"),
        ("1.5", "a number"),
        (".5", "a number"),
        ("1e3", "a number"),
        ("1.5E-3", "a number"),
        (".inf", "a number"),
        ("-.INF", "a number"),
        (".nan", "a number"),
        ("1:30", "a number in base 60"),
        ("190:20:30", "a number in base 60"),
        ("2026-08-24", "a date"),
        ("2026-8-4", "a date"),
        ("2026-08-24T10:00:00Z", "a date"),
        ("2026-08-24 10:00:00", "a date"),
        ("y", None),
        ("KG", None),
        ("9th", None),
        ("1.2.3", None),
        ("2026-27", None),
        ("P1:30", None),
        ("3-4", None),
        ("e5", None),
        ("０９", None),
    ],
)
def test_text_that_other_programs_take_for_something_else(written: str, kind: str | None) -> None:
    document = read(f"a: {written}")
    assert document.data == {"a": written}
    assert document.quirks == ({("a",): kind} if kind else {})
    assert read(f'a: "{written}"').quirks == {}


def test_spots() -> None:
    document = read("# top\na:\n  bc: [x, {d: yes}]\n")
    assert document.keys == {
        ("a",): Spot(2, 1, 1),
        ("a", "bc"): Spot(3, 3, 2),
        ("a", "bc", 1, "d"): Spot(3, 12, 1),
    }
    assert document.values == {
        (): Spot(2, 1, 2),
        ("a",): Spot(3, 3, 17),
        ("a", "bc"): Spot(3, 7, 13),
        ("a", "bc", 0): Spot(3, 8, 1),
        ("a", "bc", 1): Spot(3, 11, 8),
        ("a", "bc", 1, "d"): Spot(3, 15, 3),
    }
    assert document.written(("a", "bc", 1)) == "{d: yes}"
    assert document.line(("a",)) == 2
    assert document.line(("a", "bc", 0)) == 3


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r", "\x85", "\u2028"], ids=ascii)
def test_lines_are_counted_as_yaml_counts_them(ending: str) -> None:
    document = read(f"a: 1{ending}b: 2{ending}")
    assert document.keys == {("a",): Spot(1, 1), ("b",): Spot(2, 1)}
    assert document.source.rows == ("a: 1", "b: 2", "")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("a: 1\nb: 2\na: 3\n", [(Code.KEY_TWICE, 3, 1)], id="a key twice"),
        pytest.param("a: {b: 1, b: 2}\na: 3\n", [(Code.KEY_TWICE, 1, 11), (Code.KEY_TWICE, 2, 1)],
                     id="two keys twice"),
        pytest.param("a: &x 1\nb: *x\n", [(Code.NOT_PLAIN_YAML, 1, 4), (Code.NOT_PLAIN_YAML, 2, 4)],
                     id="anchor and alias"),
        pytest.param("a: !!str 5\n", [(Code.NOT_PLAIN_YAML, 1, 4)], id="a standard tag"),
        pytest.param("a: !own {}\n", [(Code.NOT_PLAIN_YAML, 1, 4)], id="an own tag"),
        pytest.param("a: ! x\n", [(Code.NOT_PLAIN_YAML, 1, 4)], id="the tag without a name"),
        pytest.param("[a, b]: 1\n", [(Code.NOT_PLAIN_YAML, 1, 1)], id="a list as a key"),
        pytest.param("{a: 1}: 1\n", [(Code.NOT_PLAIN_YAML, 1, 1)], id="a map as a key"),
        pytest.param("a: 1\n---\nb: 2\n", [(Code.NOT_PLAIN_YAML, 2, 1)], id="two documents"),
        pytest.param("a: 1\n...\n", [], id="an end of the document"),
        pytest.param("%YAML 1.2\n---\na: 1\n", [], id="a directive"),
        pytest.param("a: b: c\n", [(Code.NOT_YAML, 1, 5)], id="two colons"),
        pytest.param("a: [1, 2\n", [(Code.NOT_YAML, 2, 1)], id="an open list"),
        pytest.param("a: 'x\n", [(Code.NOT_YAML, 2, 1)], id="an open quote"),
        pytest.param("a:\n\tb: 1\n", [(Code.NOT_YAML, 2, 1)], id="a tab"),
        pytest.param("a: \x00\n", [(Code.NOT_YAML, 1, 4)], id="a zero byte"),
        pytest.param("é: 国\nb: \x1b[31m\n", [(Code.NOT_YAML, 2, 4)], id="an escape"),
        pytest.param("a: \ufffe\n", [(Code.NOT_YAML, 1, 4)], id="not a character"),
        pytest.param("a: |\n  x\n  y\n", [(Code.WRONG_VALUE, 1, 4)], id="text on two lines"),
        pytest.param('a: "\\x1b[31m"\n', [(Code.WRONG_VALUE, 1, 4)], id="an escape in quotes"),
        pytest.param('a: "x\\ty"\n', [(Code.WRONG_VALUE, 1, 4)], id="a tab in quotes"),
        pytest.param('a: "x"\nb: \'y\'\n', [], id="quotes"),
        pytest.param("[" * 5000, [(Code.TOO_LARGE, 1, 31)], id="deep"),
        pytest.param("<<: {a: 1}\n", [], id="a merge key is a key like any other"),
    ],
)  # fmt: skip
def test_what_is_refused(text: str, expected: list[tuple[Code, int, int]]) -> None:
    found = [
        (problem.code, problem.spot.line, problem.spot.column)
        for problem in problems_of(text)
        if problem.spot
    ]
    assert found == expected


def test_a_laughing_file_is_refused_before_it_grows() -> None:
    lines = ["a0: &a0 [x, x]"]
    lines += [f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]" for n in range(1, 60)]
    document, problems = read_yaml("district.yaml", "\n".join(lines))
    assert document is None
    assert {problem.code for problem in problems} == {Code.NOT_PLAIN_YAML}


def test_a_file_with_too_many_values_is_refused() -> None:
    [problem] = problems_of("- 1\n" * MOST_EVENTS)
    assert problem.code is Code.TOO_LARGE
    assert problem.message == "the file holds too many lists, maps and values"


def test_a_file_that_is_too_large_is_not_even_read() -> None:
    [problem] = problems_of("#" * (LARGEST_FILE + 1))
    assert str(problem) == (
        "district.yaml  the file is too large: 1,000,001 characters; the most is 1,000,000\n"
        "   P105, docs/errors.md#P105"
    )


@pytest.mark.parametrize(
    ("row", "message", "write"),
    [
        ("name: *lunch*", "text that begins with * belongs in quotes", 'name: "*lunch*"'),
        ("- {name: *a*}", "text that begins with * belongs in quotes", 'name: "*a*"'),
        ("name: @all", "text that begins with @ belongs in quotes", 'name: "@all"'),
        ("name: %x", "text that begins with % belongs in quotes", 'name: "%x"'),
        ("name: {a.b} - {c}", "text that begins with { belongs in quotes", 'name: "{a.b} - {c}"'),
        (
            "name: a: b",
            "text with a colon and a space in it belongs in quotes",
            'name: "a: b"',
        ),
        ("name: 'a' b", "did not find expected key, while parsing a map", None),
        (" name: [a", "did not find expected ',' or ']', while parsing a list in [ ]", None),
    ],
)
def test_hints(row: str, message: str, write: str | None) -> None:
    [problem] = problems_of(row)
    assert (problem.message.partition(" (begun")[0], problem.write) == (
        f"this is not YAML: {message}",
        write,
    )


def test_a_row_that_is_long_is_not_guessed_at() -> None:
    [problem] = problems_of("name: a: " + " " * 100_000 + "b")
    assert problem.write is None


def test_dotted() -> None:
    assert (
        dotted(("classes", "scope", "exclude", 1, "na\x1bme")) == "classes.scope.exclude[1].na�me"
    )
