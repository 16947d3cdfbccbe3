"""A comparison as its readers see it: golden texts, 80 columns, a comment that stays short, and in
which nothing of a roster or a policy is Markdown.
"""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from building import person, roster, section, student, teacher
from policy.merge.comparison import Compared, Tally, told
from policy.merge.effective import Line, RuleChange
from policy.merge.veil import Veil
from policy.merge.versus import Cause, Difference, Kind, Somebody
from policy.render.comparison_json import comparison_json
from policy.render.comparison_markdown import LONGEST, print_comparison_markdown
from policy.render.comparison_text import print_comparison
from policy.render.words import WIDTH
from policy.roster.model import Role, School, Section

GOLDEN = Path(__file__).parent / "golden"
ROSTER = roster(
    {section(): (teacher("t1"), student("ann"))}, (person("t1"), person("t2"), person("ann"))
)
NEW, OLD = Line("policies/district.yaml:14"), Line("policies/district.yaml:9", is_old=True)
T1, T2 = (Somebody(Role.TEACHER, key, f"{key}@demo.example") for key in ("t1", "t2"))
ANN = Somebody(Role.STUDENT, "ann", "ann@demo.example")
COMPARED = Compared(
    district="demo",
    district_name="Demo District",
    folder="policies",
    digest="a1" * 32,
    ref="origin/main",
    commit="c1" * 20,
    digest_at_ref="b2" * 32,
    drop="roster",
    rows={"schools": 1, "sections": 1, "people": 3},
    schools=2,
    sections=2,
    remembered=3,
    assumed=1,
    with_names=False,
    rules=(
        RuleChange("classes.name", "{section.name}", "{grade}", OLD, NEW, ("Lincoln", "North")),
        RuleChange(
            "co_teachers.at_most", "20", "5", Line("built-in default", True), NEW, ("North",)
        ),
    ),
)


def difference(kind: Kind, of: Section | None = None, **more: object) -> Difference:
    field = "classes.scope.exclude[0]" if kind is Kind.COMES else "classes.name"
    cause = Cause(field, OLD if kind is Kind.COMES else NEW)
    return replace(Difference(kind, of or section(), cause), **more)


def full() -> list[Difference]:
    texts = {"before": "Algebra", "after": "Algebra T1 Example"}
    return [
        difference(Kind.KEY, before="d:rollbook.demo.2027.s1", after="d:rollbook.demo.s1"),
        difference(Kind.COMES),
        difference(Kind.GOES),
        difference(Kind.WAITS, after="it has no teacher with a Google account"),
        difference(Kind.READY, before="it has no student with a Google account"),
        *(difference(kind, **texts) for kind in (Kind.NAME, Kind.SECTION, Kind.ROOM)),
        difference(Kind.OWNER, person=T2, former=T1),
        difference(Kind.ARCHIVE),
        difference(Kind.OPEN),
        *(difference(k, person=T1) for k in Kind if k.value.startswith("teacher.")),
        *(difference(k, person=ANN) for k in Kind if k.value.startswith("student.")),
        difference(Kind.STUDENT_IN, person=ANN, cause=Cause("several", None)),
        *(difference(Kind.STUDENT_IN, person=ANN) for _ in range(1200)),
    ]


def tally(found: list[Difference]) -> Tally:
    counted = Tally()
    for one in found:
        counted.add(one, Veil(ROSTER))
    return counted


def golden(name: str, text: str) -> None:
    """Compare with the file; write it when it is not there, and fail, so that somebody looks."""
    path = GOLDEN / name
    if not path.exists():
        path.write_text(text, encoding="utf-8")
        pytest.fail(f"{path} was not there and has been written: look at it")
    assert text == path.read_text(encoding="utf-8")


def test_text() -> None:
    golden("comparison.txt", print_comparison(COMPARED, tally(full())))


def test_markdown() -> None:
    golden("comparison.md", print_comparison_markdown(COMPARED, tally(full())))


def test_nothing_differs() -> None:
    quiet = replace(COMPARED, rules=(), remembered=0, with_names=True)
    golden("comparison_quiet.txt", print_comparison(quiet, Tally()))
    golden("comparison_quiet.md", print_comparison_markdown(quiet, Tally()))


def test_json_has_all_of_it() -> None:
    counted = Tally()
    pieces = comparison_json(COMPARED, told(full(), Veil(ROSTER), counted), counted)
    found = json.loads("".join(pieces))
    assert len(found["changes"]) == len(full())
    assert found["summary"] == {kind.value: n for kind, n in counted.counts().items()}
    assert found["schools"][0]["summary"] == found["summary"]
    assert found["against"] == {
        "ref": "origin/main",
        "commit": "c1" * 20,
        "digest": "b2" * 32,
    }
    owner = next(one for one in found["changes"] if one["kind"] == "class.owner")
    assert owner["cause"] == {
        "field": "classes.name",
        "line": "policies/district.yaml:14",
        "of": "policy",
    }
    assert re.fullmatch(r"teacher [0-9a-f]{6}", owner["person"])
    nothing = "".join(comparison_json(COMPARED, told([], Veil(ROSTER), Tally()), Tally()))
    assert json.loads(nothing)["changes"] == []


@pytest.mark.parametrize("form", [print_comparison, print_comparison_markdown])
def test_nobody_is_named(form: Callable[[Compared, Tally], str]) -> None:
    words = form(COMPARED, tally(full()))
    assert re.search(r"(?i)\bann\b|t1|@demo|example", words) is None


def test_nothing_is_wider_than_the_terminal() -> None:
    longest = "A long title with many words " * 30
    wide = section("s9" * 20, title=longest, school=School("k", longest, section().place))
    found = [replace(one, section=wide) for one in full()]
    lines = print_comparison(replace(COMPARED, district_name=longest), tally(found)).splitlines()
    assert [line for line in lines if len(line) > WIDTH] == []


def test_long_texts_are_shown_where_they_part() -> None:
    before, after = "x" * 700 + " before", "x" * 700 + " after"
    words = print_comparison_markdown(
        COMPARED, tally([difference(Kind.NAME, before=before, after=after)])
    )
    assert "xxx before` becomes `…xxx" in words
    assert "xxx after`" in words


@pytest.mark.parametrize("form", [print_comparison, print_comparison_markdown])
def test_what_can_not_be_seen_is_left_out(form: Callable[[Compared, Tally], str]) -> None:
    of = section(title="Al\u202egeb\u200bra \x1b[31m")
    words = form(COMPARED, tally([difference(Kind.GOES, of)]))
    assert "Algebra [31m" in words
    assert not {"\u202e", "\u200b", "\x1b"} & set(words)


# What would do something in a comment, and what might end a piece of code.
NASTY = st.lists(
    st.sampled_from(
        [
            "@octocat", "@org/team", "#123", "GH-1", "owner/repo#1", "https://x.example/a?b=c",
            "www.x.example", "a@x.example", "[a](http://x)", "![i](http://x/i.png)", "<img src=x>",
            "<!--", "-->", "</details>", "</summary>", "<script>", "&lt;", "`", "``", "```", "~~~",
            "|", "\\", "\\|", "\n", "\r\n", "\t", "*", "_", "**b**", "~~s~~", "$x$", ":tada:",
            "- [ ]", "everywhere", " schools", "#### ",
            "# ", "> ", "---", "1. ", "\u202e", "\u200b", "\0", "é", "漢", "😀", " ", "Algebra",
        ]
    ),
    min_size=1,
    max_size=12,
).map("".join)  # fmt: skip


def with_everywhere(text: str) -> tuple[Compared, list[Difference]]:
    """A comparison in which every text that comes from outside is this one."""
    line = Line(text)
    school = School("k", text, section().place)
    of = replace(section(text, title=text), school=school)
    cause = Cause(text, line)
    found = [
        Difference(kind, of, cause, text, f"{text}2", Somebody(Role.STUDENT, "x", text), T1)
        for kind in Kind
    ]
    rule = RuleChange(text, text, f"{text}2", line, line, (text,))
    compared = replace(
        COMPARED,
        district_name=text,
        folder=text,
        ref=text,
        drop=text,
        rules=(rule,),
    )
    return compared, found


def inline(tokens: list[Token]) -> list[Token]:
    return [inner for token in tokens for inner in (token, *inline(token.children or []))]


@given(NASTY)
@settings(max_examples=300)
def test_nothing_of_a_roster_is_markdown(text: str) -> None:
    compared, found = with_everywhere(text)
    counted = Tally()
    for one in found:
        counted.add(one, Veil(ROSTER, is_lifted=True))
    words = print_comparison_markdown(replace(compared, with_names=True), counted)
    plain_compared, plain_found = with_everywhere("Algebra")
    plain = Tally()
    for one in plain_found:
        plain.add(one, Veil(ROSTER, is_lifted=True))
    expected = print_comparison_markdown(replace(plain_compared, with_names=True), plain)
    reader = MarkdownIt("commonmark").enable("table").enable("strikethrough")

    def shape(markdown: str) -> list[tuple[str, str]]:
        """All that is not code: structure, our own HTML and our own words."""
        parts = inline(reader.parse(markdown))
        return [
            (part.type, "" if part.type in ("code_inline", "inline") else part.content)
            for part in parts
        ]

    assert shape(words) == shape(expected)


@given(
    name=st.text(min_size=1, max_size=750) | NASTY.map(lambda text: (text * 750)[:750]),
    schools=st.integers(0, 400),
    rules=st.integers(0, 300),
)
@settings(max_examples=30, deadline=None)
def test_a_comment_stays_short_however_large_the_district(
    name: str, schools: int, rules: int
) -> None:
    compared, found = with_everywhere(name)
    counted = Tally()
    for number in range(schools):
        school = School(f"k{number}", f"{number} {name}", section().place)
        for one in found:
            of = replace(one.section, school=school)
            cause = Cause(f"{one.cause.field}{number}", one.cause.line)
            counted.add(replace(one, section=of, cause=cause), Veil(ROSTER))
    compared = replace(compared, rules=compared.rules * rules, schools=schools)
    words = print_comparison_markdown(compared, counted)
    assert len(words) < LONGEST
    lines = words.splitlines()
    assert sum(line.startswith("<details>") for line in lines) == lines.count("</details>")
    assert words.endswith("\n")


def test_when_there_is_no_room_it_says_so_and_closes_what_is_open(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    whole = print_comparison_markdown(COMPARED, tally(full()))
    for longest in range(600, len(whole), 97):
        monkeypatch.setattr("policy.render.comparison_markdown.LONGEST", longest)
        words = print_comparison_markdown(COMPARED, tally(full()))
        assert len(words) < longest
        assert words.count("<details>") == words.count("</details>")
        assert "The rest is left out" in words
