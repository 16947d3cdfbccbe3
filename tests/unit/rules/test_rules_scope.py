"""Which sections become classes: the table of policy/rules/scope.py."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from policy.rules.model import Matcher, Scope
from policy.rules.schema import schema
from policy.rules.scope import (
    FACTS_OF_MATCHER,
    SectionFacts,
    TermFacts,
    Verdict,
    hinges_on_teachers,
    is_like,
    judge_scope,
    matches,
    surely_matches,
)

TODAY = date(2026, 10, 1)
FALL = TermFacts("t-fall", "Fall 2026", date(2026, 8, 24), date(2026, 12, 19))
SPRING = TermFacts("t-spring", "Spring 2027", date(2027, 1, 5), date(2027, 6, 10))
ALGEBRA = SectionFacts(
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
    periods=("3", "4"),
    room="B12",
    school_year="2027",
    teacher_names=("Ada Okafor", "Sam Lee"),
    teacher_family_names=("Okafor", "Lee"),
    teacher_emails=("ada.okafor@springfield.example", "sam.lee@springfield.example"),
)
ALL = Scope(schools=None, terms=None, grades=None, subjects=None, exclude=())
INSIDE = Verdict(True, "classes.scope")


def out(field: str) -> Verdict:
    return Verdict(False, f"classes.scope.{field}")


@pytest.mark.parametrize(
    ("scope", "verdict"),
    [
        pytest.param(ALL, INSIDE, id="all"),
        pytest.param(replace(ALL, schools=("0042",)), INSIDE, id="school by key"),
        pytest.param(replace(ALL, schools=("x", "lincoln high")), INSIDE, id="school by name"),
        pytest.param(replace(ALL, schools=("Lincoln*",)), INSIDE, id="school by glob"),
        pytest.param(replace(ALL, schools=("42",)), out("schools"), id="a school's key is exact"),
        pytest.param(replace(ALL, grades=("09",)), INSIDE, id="grade"),
        pytest.param(replace(ALL, grades=("9",)), INSIDE, id="grade without its zero"),
        pytest.param(replace(ALL, grades=("010",)), INSIDE, id="grade with one zero more"),
        pytest.param(replace(ALL, grades=("1",)), out("grades"), id="grade 1 is not 10"),
        pytest.param(replace(ALL, grades=("KG",)), out("grades"), id="other grade"),
        pytest.param(replace(ALL, subjects=("math*",)), INSIDE, id="subject"),
        pytest.param(replace(ALL, subjects=("Art",)), out("subjects"), id="other subject"),
        pytest.param(replace(ALL, terms=()), INSIDE, id="current term"),
        pytest.param(replace(ALL, terms=("Fall 2026",)), INSIDE, id="term by name"),
        pytest.param(replace(ALL, terms=("T-FALL",)), INSIDE, id="term by key"),
        pytest.param(replace(ALL, terms=("Spring*",)), out("terms"), id="other term"),
        pytest.param(
            replace(ALL, schools=("x",), exclude=(Matcher({"name": ("*",)}),)),
            out("schools"),
            id="the first list that says no is named",
        ),
        pytest.param(
            replace(ALL, schools=("0042",), exclude=(Matcher({"name": ("alg*",)}),)),
            out("exclude[0]"),
            id="exclude wins over a list that names it",
        ),
    ],
)
def test_scope(scope: Scope, verdict: Verdict) -> None:
    assert judge_scope(ALGEBRA, scope, TODAY) == verdict


@pytest.mark.parametrize(
    ("today", "terms", "inside"),
    [
        pytest.param(date(2026, 8, 23), (FALL,), False, id="the day before"),
        pytest.param(date(2026, 8, 24), (FALL,), True, id="the first day"),
        pytest.param(date(2026, 12, 18), (FALL,), True, id="the last day"),
        pytest.param(date(2026, 12, 19), (FALL,), False, id="its end is exclusive"),
        pytest.param(date(2026, 12, 25), (FALL, SPRING), False, id="between two terms"),
        pytest.param(date(2027, 3, 1), (FALL, SPRING), True, id="in the second of its terms"),
        pytest.param(date(2026, 10, 1), (), False, id="no term"),
    ],
)
def test_current_term(today: date, terms: tuple[TermFacts, ...], inside: bool) -> None:
    section = replace(ALGEBRA, terms=terms)
    verdict = judge_scope(section, replace(ALL, terms=()), today)
    assert verdict == (INSIDE if inside else out("terms"))


@pytest.mark.parametrize(
    ("keys", "excluded"),
    [
        pytest.param({"school": ("0042",)}, True, id="school key"),
        pytest.param({"school": ("LINCOLN*",)}, True, id="school name"),
        pytest.param({"grade": ("9",)}, True, id="grade"),
        pytest.param({"grade": ("11",)}, False, id="other grade"),
        pytest.param({"subject": ("mathematics",)}, True, id="subject"),
        pytest.param({"course": ("algebra*",)}, True, id="course title"),
        pytest.param({"course": ("MATH101",)}, False, id="course is not the code"),
        pytest.param({"course_code": ("math???",)}, True, id="course code"),
        pytest.param({"section": ("SEC-17",)}, True, id="section key"),
        pytest.param({"section": ("MATH101-3",)}, False, id="section is not the code"),
        pytest.param({"term": ("fall*",)}, True, id="term name"),
        pytest.param({"term": ("t-fall",)}, True, id="term key"),
        pytest.param({"period": ("4",)}, True, id="second period"),
        pytest.param({"name": ("algebra i - p?",)}, True, id="section title"),
        pytest.param({"teacher": ("sam.lee@*",)}, True, id="e-mail of a co-teacher"),
        pytest.param({"teacher": ("ada okafor",)}, True, id="full name"),
        pytest.param({"teacher": ("okafor",)}, False, id="a family name alone"),
        pytest.param({"name": ("x", "algebra*")}, True, id="several values are or"),
        pytest.param({"name": ("algebra*",), "grade": ("11",)}, False, id="several keys are and"),
        pytest.param({"name": ("algebra*",), "grade": ("10",)}, True, id="both keys match"),
    ],
)
def test_exclude(keys: dict[str, tuple[str, ...]], excluded: bool) -> None:
    scope = replace(ALL, exclude=(Matcher({"name": ("never",)}), Matcher(keys)))
    expected = out("exclude[1]") if excluded else INSIDE
    assert judge_scope(ALGEBRA, scope, TODAY) == expected
    assert matches(Matcher(keys), ALGEBRA) is excluded


HERE, ELSEWHERE = Matcher({"course": ("algebra*",)}), Matcher({"course": ("art",)})
ADA, NOBODY = {"teacher": ("ada*",)}, {"teacher": ("nobody*",)}


@pytest.mark.parametrize(
    ("matcher", "matched", "surely", "hinges"),
    [
        pytest.param(Matcher({}, HERE), False, False, False, id="alone"),
        pytest.param(Matcher({}, ELSEWHERE), True, True, False, id="alone, not it"),
        pytest.param(Matcher(HERE.keys, ELSEWHERE), True, True, False, id="but another"),
        pytest.param(Matcher(HERE.keys, HERE), False, False, False, id="but itself"),
        pytest.param(Matcher(ELSEWHERE.keys, ELSEWHERE), False, False, False, id="elsewhere"),
        pytest.param(
            Matcher(HERE.keys, Matcher({"grade": ("9", "12")})), False, False, False, id="grade"
        ),
        pytest.param(
            Matcher({}, Matcher({**HERE.keys, "grade": ("12",)})), True, True, False, id="and"
        ),
        pytest.param(Matcher(ADA), True, True, True, id="a teacher"),
        pytest.param(Matcher(NOBODY), False, False, True, id="another teacher"),
        pytest.param(Matcher({}, Matcher(ADA)), False, False, True, id="not a teacher"),
        pytest.param(Matcher({}, Matcher(NOBODY)), True, False, True, id="not another teacher"),
        pytest.param(
            Matcher({}, Matcher({**NOBODY, **ELSEWHERE.keys})),
            True,
            True,
            False,
            id="not another teacher elsewhere",
        ),
        pytest.param(
            Matcher(ELSEWHERE.keys, Matcher(NOBODY)), False, False, False, id="elsewhere but hers"
        ),
        pytest.param(Matcher(ADA, HERE), False, False, False, id="hers, but not here at all"),
        pytest.param(Matcher(ADA, ELSEWHERE), True, True, True, id="hers, but not elsewhere"),
        pytest.param(Matcher(NOBODY, Matcher(ADA)), False, False, True, id="one but not the other"),
    ],
)
def test_not(matcher: Matcher, matched: bool, surely: bool, hinges: bool) -> None:
    assert matches(matcher, ALGEBRA) is matched
    assert surely_matches(matcher, ALGEBRA) is surely
    assert hinges_on_teachers(matcher, ALGEBRA) is hinges
    scope = replace(ALL, exclude=(matcher,))
    assert judge_scope(ALGEBRA, scope, TODAY) == (out("exclude[0]") if matched else INSIDE)


@pytest.mark.parametrize(
    ("today", "days", "inside"),
    [
        pytest.param(date(2026, 8, 9), 14, False, id="a day too early"),
        pytest.param(date(2026, 8, 10), 14, True, id="just in time"),
        pytest.param(date(2026, 8, 10), 0, False, id="no lead time"),
        pytest.param(date(2026, 8, 24), 0, True, id="the first day"),
        pytest.param(date(2026, 12, 18), 14, True, id="the last day"),
        pytest.param(date(2026, 12, 19), 14, False, id="over"),
    ],
)
def test_a_lead_time(today: date, days: int, inside: bool) -> None:
    scope = replace(ALL, terms=(), lead=timedelta(days=days))
    assert judge_scope(ALGEBRA, scope, today) == (INSIDE if inside else out("terms"))


@pytest.mark.parametrize("key", FACTS_OF_MATCHER)
def test_a_matcher_never_matches_what_a_section_does_not_have(key: str) -> None:
    empty = SectionFacts("", "", (), (), "", "", "", "", "", (), (), "", "", (), (), ())
    scope = replace(ALL, exclude=(Matcher({key: ("?*",)}),))
    assert judge_scope(empty, scope, TODAY) == INSIDE


@pytest.mark.parametrize(
    ("glob", "title", "matched"),
    [
        pytest.param("Chorus [A]", "Chorus [A]", True, id="brackets as they are written"),
        pytest.param("Chorus [AB]", "Chorus b", True, id="brackets as one of several letters"),
        pytest.param("*straße*", "HAUPTSTRASSE 5", True, id="case folds, not only lowers"),
        pytest.param("lunch", "Lunch A", False, id="the whole text, not a part"),
        pytest.param("a.c", "abc", False, id="a dot is a dot"),
        pytest.param("*lunch*", "A\nlunch\nB", True, id="over lines"),
    ],
)
def test_globs(glob: str, title: str, matched: bool) -> None:
    scope = replace(ALL, exclude=(Matcher({"name": (glob,)}),))
    section = replace(ALGEBRA, section_title=title)
    assert judge_scope(section, scope, TODAY).inside is not matched
    assert is_like(title, glob) is matched


def test_the_schema_has_the_very_keys_that_matchers_know() -> None:
    definitions = schema()["$defs"]
    assert isinstance(definitions, dict)
    matcher = definitions["matcher"]
    assert isinstance(matcher, dict)
    assert isinstance(matcher["properties"], dict)
    assert list(matcher["properties"]) == [*FACTS_OF_MATCHER, "not"]
    inner = definitions["not"]
    assert isinstance(inner, dict)
    assert isinstance(inner["properties"], dict)
    assert list(inner["properties"].items()) == list(matcher["properties"].items())[:-1]
