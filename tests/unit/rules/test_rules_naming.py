"""Names, keys and aliases of classes. The aliases here are stable for ever: never change one."""

from dataclasses import replace
from datetime import date

import pytest

from policy.rules.model import Classes, Scope, StartAs, WhenIncomplete
from policy.rules.naming import (
    NAMES,
    TemplateProblem,
    Texts,
    alias,
    cut,
    missing_values,
    name_problem,
    names_in,
    render,
    render_key,
    template_problems,
    texts,
)
from policy.rules.scope import SectionFacts, TermFacts

FALL = TermFacts("t-fall", "Fall 2026", date(2026, 8, 24), date(2026, 12, 19))
SECTION = SectionFacts(
    school_key="0042",
    school_name="Lincoln High",
    grades=("09", "10"),
    subjects=("Mathematics",),
    course_title="Algebra I",
    course_code="MATH101",
    section_key="sec-17",
    section_title="Algebra I - P3",
    section_code="MATH101-3",
    terms=(FALL,),
    periods=("3",),
    room="B12",
    school_year="2027",
    teacher_names=("Ada Okafor", "Sam Lee"),
    teacher_family_names=("Okafor", "Lee"),
    teacher_emails=("ada.okafor@springfield.example", "sam.lee@springfield.example"),
)
BARE = SectionFacts("", "", (), (), "Algebra", "", "sec-17", "", "", (), (), "", "", (), (), ())
CLASSES = Classes(
    scope=Scope(None, (), None, None, ()),
    key="{school_year}.{section.key}",
    name="{section.name}",
    section="{section.period}",
    room="{section.room}",
    protect=frozenset(),
    when_incomplete=WhenIncomplete.WAIT,
    start_as=StartAs.PROVISIONED,
    owner=None,
)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("section.name", "Algebra I - P3"),
        ("section.key", "sec-17"),
        ("section.code", "MATH101-3"),
        ("section.period", "3"),
        ("section.room", "B12"),
        ("course.name", "Algebra I"),
        ("course.code", "MATH101"),
        ("term.name", "Fall 2026"),
        ("teacher.family_name", "Okafor"),
        ("teacher.name", "Ada Okafor"),
        ("grade", "09, 10"),
        ("school.name", "Lincoln High"),
        ("school_year", "2027"),
    ],
)
def test_each_name(name: str, value: str) -> None:
    assert render("{" + name + "}", SECTION) == value


def test_each_name_is_tested() -> None:
    [mark] = [m for m in test_each_name.pytestmark if m.name == "parametrize"]  # type: ignore[attr-defined]
    assert [name for name, _ in mark.args[1]] == list(NAMES)


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("{course.name} – Period {section.period}", "Algebra I – Period 3"),
        ("{{{course.name}}}", "{Algebra I}"),
        ("no names at all", "no names at all"),
        ("  {course.name}  {grade} ", "Algebra I 09, 10"),
        ("", ""),
    ],
)
def test_whole_values(template: str, text: str) -> None:
    assert render(template, SECTION) == text


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("{course.name|upper} – Period {section.period|roman}", "ALGEBRA I – Period III"),
        ("{grade|first|roman} {grade|roman}", "IX IX, X"),
        ("{{{course.name|upper|title}}}", "{Algebra I}"),
        ("{teacher.name|first}", "Ada Okafor"),
    ],
)
def test_filters(template: str, text: str) -> None:
    assert list(template_problems(template)) == []
    assert render(template, SECTION) == text


def test_a_missing_value_stays_missing_through_filters() -> None:
    template = "{course.name|short} – Period {section.period|first|roman|title}"
    assert render(template, BARE) == "Algebra – Period"
    assert names_in(template) == {"course.name", "section.period"}
    assert names_in("{section.key|nonsense}") == {"section.key"}


@pytest.mark.parametrize("template", ["{course.name|nonsense}", "{course.name|}", "{|short}"])
def test_a_bad_filter_stands_as_it_is_written(template: str) -> None:
    assert len(list(template_problems(template))) == 1
    assert render(template, SECTION) == template


def test_a_key_may_have_no_filters() -> None:
    [problem] = template_problems("{section.key|upper}.x", with_filters=False)
    assert (problem.part, problem.write) == ("{section.key|upper}", "{section.key}.x")


@pytest.mark.parametrize(
    ("template", "text"),
    [
        pytest.param("{course.name} – {section.period}", "Algebra", id="at the end"),
        pytest.param("{section.period} – {course.name}", "Algebra", id="at the start"),
        pytest.param("{course.name} – {grade} – {section.key}", "Algebra – sec-17", id="between"),
        pytest.param("{course.name} - {grade} {section.key}", "Algebra - sec-17", id="two kinds"),
        pytest.param("{course.name} {grade} {section.key}", "Algebra sec-17", id="only blanks"),
        pytest.param(
            "{course.name}: {grade} – {section.key}", "Algebra: sec-17", id="the first one stays"
        ),
        pytest.param(
            "{course.name} – {grade} {term.name} {section.key}",
            "Algebra – sec-17",
            id="two in a row",
        ),
        pytest.param("{course.name} ({section.period})", "Algebra", id="brackets"),
        pytest.param(
            "{course.name} ({grade}, {term.name})", "Algebra", id="brackets with two in them"
        ),
        pytest.param(
            "{course.name} ({grade}) – {section.key}", "Algebra – sec-17", id="brackets between"
        ),
        pytest.param("{course.name} ([{grade}])", "Algebra", id="brackets in brackets"),
        pytest.param("{course.name} ({grade} B)", "Algebra (B)", id="the first in brackets"),
        pytest.param("{course.name} (B {grade})", "Algebra (B)", id="the last in brackets"),
        pytest.param("{grade}{course.name}{term.name}", "Algebra", id="nothing between"),
        pytest.param("{course.name}{grade}{section.key}", "Algebrasec-17", id="no separator made"),
        pytest.param("{grade} – {term.name}", "", id="nothing there at all"),
        pytest.param(
            "{course.name} – Period {section.period}", "Algebra – Period", id="words stay"
        ),
    ],
)
def test_a_missing_value_takes_its_separators_along(template: str, text: str) -> None:
    assert render(template, BARE) == text


def test_a_whole_value_keeps_its_own_separators() -> None:
    section = replace(SECTION, section_title=" Art - Studio () --  B - ")
    assert render("{section.name}", section) == "Art - Studio () -- B -"


def test_several_periods_and_terms_are_listed() -> None:
    spring = replace(FALL, name="Spring 2027")
    section = replace(SECTION, periods=("3", "4"), terms=(FALL, spring))
    assert render("{section.period} | {term.name}", section) == "3, 4 | Fall 2026, Spring 2027"


def test_a_key_is_not_tidied() -> None:
    section = replace(SECTION, section_key=" a  - b ")
    assert render_key("{school_year}. {section.key} -", section) == "2027.  a  - b  -"


def test_a_key_with_a_missing_value_is_none_and_the_value_is_named() -> None:
    template = "{term.name}.{section.key}.{school_year}.{term.name}"
    assert render_key(template, BARE) is None
    assert missing_values(template, BARE) == ("term.name", "school_year")
    assert missing_values(template, SECTION) == ()


def test_texts() -> None:
    assert texts(CLASSES, SECTION) == Texts("Algebra I - P3", "3", "B12")


@pytest.mark.parametrize(
    ("section", "name"),
    [
        pytest.param(replace(SECTION, grades=()), "Algebra I - P3", id="its title"),
        pytest.param(replace(SECTION, grades=(), section_title=" "), "sec-17", id="its key"),
    ],
)
def test_an_empty_name_falls_back(section: SectionFacts, name: str) -> None:
    assert texts(replace(CLASSES, name="({grade})"), section).name == name


def test_texts_are_cut_to_what_classroom_takes() -> None:
    section = replace(SECTION, section_title="n" * 751, periods=("s" * 2801,), room="r" * 651)
    assert texts(CLASSES, section) == Texts("n" * 750, "s" * 2800, "r" * 650)


@pytest.mark.parametrize(
    ("text", "longest", "short"),
    [
        pytest.param("abc", 3, "abc", id="fits"),
        pytest.param("abcd", 3, "abc", id="letters"),
        pytest.param("ab😀", 3, "ab", id="not within a pair"),
        pytest.param("ab😀", 4, "ab😀", id="a pair counts as two"),
        pytest.param("ab cd", 3, "ab", id="no blank at the end"),
    ],
)
def test_cut(text: str, longest: int, short: str) -> None:
    assert cut(text, longest) == short


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("Algebra I", None),
        ("n" * 750, None),
        ("http without an address, www too", None),
        (" ", "a class needs a name"),
        ("n" * 751, "a class's name may have 750 characters; this one has 751"),
        (
            "Art http://art.example/x 1",
            'Classroom refuses a web address in a class\'s name, and "http://art.example/x" is one',
        ),
        ("HTTPS://a", 'Classroom refuses a web address in a class\'s name, and "HTTPS://a" is one'),
        ("WWW.a.b", 'Classroom refuses a web address in a class\'s name, and "WWW.a.b" is one'),
    ],
)
def test_name_problem(text: str, problem: str | None) -> None:
    assert name_problem(text) == problem


LISTED = (
    "{section.name}, {section.key}, {section.code}, {section.period}, {section.room}, "
    "{course.name}, {course.code}, {term.name}, {teacher.family_name}, {teacher.name}, {grade}, "
    "{school.name}, {school_year}"
)


@pytest.mark.parametrize(
    ("template", "problems"),
    [
        pytest.param("{course.name} {{x}} {grade}", [], id="nothing"),
        pytest.param(
            "{course.nam} – {grade}",
            [
                TemplateProblem(
                    "{course.nam}",
                    "{course.nam} is not a name that can be used here; did you mean {course.name}?",
                    "{course.name} – {grade}",
                )
            ],
            id="unknown name",
        ),
        pytest.param(
            "{ grade }",
            [
                TemplateProblem(
                    "{ grade }",
                    "{ grade } is not a name that can be used here; did you mean {grade}?",
                    "{grade}",
                )
            ],
            id="blanks in the braces",
        ),
        pytest.param(
            "{}",
            [
                TemplateProblem(
                    "{}", f"{{}} is not a name that can be used here; expected one of {LISTED}"
                )
            ],
            id="no name",
        ),
        pytest.param(
            "a} {b",
            [
                TemplateProblem("}", "} has no partner; }} stands for the character itself"),
                TemplateProblem("{", "{ has no partner; {{ stands for the character itself"),
            ],
            id="braces without partners",
        ),
    ],
)
def test_template_problems(template: str, problems: list[TemplateProblem]) -> None:
    assert list(template_problems(template)) == problems


@pytest.mark.parametrize(
    ("template", "with_filters", "write"),
    [
        pytest.param("{course.nam|shrt} x", True, "{course.name|short} x", id="both-misspelled"),
        pytest.param("{course.nam| short }", True, "{course.name|short}", id="blanks"),
        pytest.param("{course.nam|qqq}", True, None, id="nothing-like-the-filter"),
        pytest.param("{section.kee|short}", False, "{section.key}", id="in-a-key"),
    ],
)
def test_what_is_told_to_be_written_is_right(
    template: str, with_filters: bool, write: str | None
) -> None:
    [problem] = template_problems(template, with_filters=with_filters)
    assert problem.write == write
    if write is not None:
        assert list(template_problems(write, with_filters=with_filters)) == []


def test_names_in() -> None:
    assert names_in("{grade} {{section.key}} {course.name}{grade} {x}") == {"grade", "course.name"}


@pytest.mark.parametrize(
    ("district", "key", "expected"),
    [
        ("springfield", "2027.sec-17", "d:rollbook.springfield.2027.sec-17"),
        ("east_2", "2027.A_b~c", "d:rollbook.east_2.2027.A_b~c"),
        ("springfield", "2027.MATH 101/3", "d:rollbook.springfield.2027.MATH%20101%2F3"),
        ("springfield", "100%", "d:rollbook.springfield.100%25"),
        ("springfield", "2027.数学", "d:rollbook.springfield.2027.%E6%95%B0%E5%AD%A6"),
        ("springfield", "a:b@c", "d:rollbook.springfield.a%3Ab%40c"),
        ("springfield", "", "d:rollbook.springfield."),
        ("s", "k" * 243, "d:rollbook.s." + "k" * 243),
        (
            "s",
            "k" * 244,
            "d:rollbook.s." + "k" * 208 + "%7E738f9689c341ab6c9560b85639808694",
        ),
        (
            "s",
            "é" * 60,
            "d:rollbook.s." + "%C3%A9" * 34 + "%7Ef989aaf52260aef87908350aa7466526",
        ),
    ],
    ids=[
        "plain", "every plain character", "blank and slash", "percent", "japanese", "at and colon",
        "empty", "the longest that fits", "one too long", "cut between letters",
    ],
)  # fmt: skip
def test_aliases_are_stable_for_ever(district: str, key: str, expected: str) -> None:
    assert alias(district, key) == expected


def test_a_cut_alias_is_no_other_keys_alias() -> None:
    long = alias("s", "k" * 300)
    read_as_a_key = long.removeprefix("d:rollbook.s.")
    assert len(long) == 256
    assert alias("s", read_as_a_key) != long
    assert alias("s", read_as_a_key.replace("%7E", "~")) != long
