"""Whatever the SIS says: names and aliases come out, within bounds, and keys never meet."""

from dataclasses import replace
from datetime import date

from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from policy.rules.filters import JOIN
from policy.rules.model import Matcher, Scope
from policy.rules.naming import (
    DIGEST_LENGTH,
    LONGEST_ALIAS,
    LONGEST_NAME,
    NAMES,
    alias,
    cut,
    name_problem,
    render,
    render_key,
    template_problems,
)
from policy.rules.scope import FACTS_OF_MATCHER, SectionFacts, TermFacts, judge_scope

unhurried = settings(deadline=None)
anything = st.text(st.characters(exclude_categories=()), max_size=30)  # halves of pairs too
texts = st.lists(anything, max_size=3).map(tuple)
terms = st.builds(TermFacts, anything, anything, st.dates(), st.dates())
sections = st.builds(
    SectionFacts,
    school_key=anything,
    school_name=anything,
    grades=texts,
    subjects=texts,
    course_title=anything,
    course_code=anything,
    section_key=anything,
    section_title=anything,
    section_code=anything,
    terms=st.lists(terms, max_size=2).map(tuple),
    periods=texts,
    room=anything,
    school_year=anything,
    teacher_names=texts,
    teacher_family_names=texts,
    teacher_emails=texts,
)
pieces = st.one_of(
    st.sampled_from([f"{{{name}}}" for name in NAMES]),
    st.sampled_from(
        [" – ", " - ", ": ", " (", ")", "()", "[", "]", "{{", "}}", "{", "}", "{x}", "  "]
    ),
    anything,
)
templates = st.lists(pieces, max_size=8).map("".join)
keys = st.one_of(st.text(max_size=12), st.text(min_size=60, max_size=300), anything)


@unhurried
@given(templates, sections)
def test_render_never_fails_and_leaves_no_blanks(template: str, section: SectionFacts) -> None:
    text = render(template, section)
    assert text == " ".join(text.split())
    assert text == render(template, section)


@unhurried
@given(st.lists(st.sampled_from(list(NAMES)), min_size=2, max_size=5), sections)
def test_missing_values_leave_no_separators_behind(names: list[str], section: SectionFacts) -> None:
    values = [" ".join(JOIN.join(NAMES[name](section)).split()) for name in names]
    template = " – ".join(f"{{{name}}}" for name in names)
    plain = all(value == value.strip("-–—:|/,;·•・： ()[]{}（）") for value in values)
    assume(plain)
    assert render(template, section) == " – ".join(value for value in values if value)


@unhurried
@given(templates, sections)
def test_a_key_has_no_holes(template: str, section: SectionFacts) -> None:
    key = render_key(template, section)
    if key is None:
        assert any(not JOIN.join(value(section)).strip() for value in NAMES.values())
    elif not list(template_problems(template)):
        bare = replace(section, section_key="another")
        assert (render_key(template, bare) == key) == (
            "{section.key}" not in template.replace("{{", "").replace("}}", "")
            or section.section_key == "another"
            or bare == section
        )


@unhurried
@given(templates)
def test_templates_are_judged_whatever_they_are(template: str) -> None:
    for problem in template_problems(template):
        assert problem.part in template
        assert problem.write is None or problem.write != template


@unhurried
@given(anything, st.integers(1, 40))
@example("😀" * 20, 7)
def test_cut_text_fits_and_is_whole(text: str, longest: int) -> None:
    short = cut(text, longest)
    assert text.startswith(short)
    assert len(short.encode("utf-16-le", "surrogatepass")) <= 2 * longest


@unhurried
@given(anything)
def test_a_name_without_a_problem_fits(text: str) -> None:
    if name_problem(text) is None:
        assert 1 <= len(text) <= LONGEST_NAME


@unhurried
@given(keys, keys)
@example("%", "%25")
@example("a/b", "a%2Fb")
@example("k" * 300, "k" * 301)
@example("~", "%7E")
@example("\ud83d\ude00", "😀")
def test_two_keys_never_share_an_alias(one: str, two: str) -> None:
    assert (alias("springfield", one) == alias("springfield", two)) == (one == two)


@unhurried
@given(keys)
def test_no_key_has_the_alias_of_a_cut_one(key: str) -> None:
    long = key + "k" * LONGEST_ALIAS
    prefix = "d:rollbook.springfield."
    whole = alias("springfield", long)
    for other in (whole[len(prefix) :], whole[len(prefix) :].replace("%7E", "~")):
        assert alias("springfield", other) != whole


@unhurried
@given(keys)
def test_an_alias_is_short_and_plain(key: str) -> None:
    text = alias("springfield", key)
    assert len(text) <= LONGEST_ALIAS
    assert text.isascii()
    assert set(text) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-~%:")
    assert text.startswith("d:rollbook.springfield.")
    assert len(text) > DIGEST_LENGTH or len(key) < DIGEST_LENGTH


matchers = st.dictionaries(
    st.sampled_from(list(FACTS_OF_MATCHER)), st.lists(anything, min_size=1).map(tuple), min_size=1
).map(Matcher)
lists = st.one_of(st.none(), st.lists(anything, max_size=3).map(tuple))


@unhurried
@given(sections, st.builds(Scope, lists, lists, lists, lists, st.lists(matchers).map(tuple)))
def test_scope_always_has_an_answer(section: SectionFacts, scope: Scope) -> None:
    verdict = judge_scope(section, scope, date(2026, 10, 1))
    assert verdict.inside == (verdict.field == "classes.scope")
    wider = Scope(scope.schools, scope.terms, scope.grades, scope.subjects, ())
    if verdict.inside:
        assert judge_scope(section, wider, date(2026, 10, 1)).inside
