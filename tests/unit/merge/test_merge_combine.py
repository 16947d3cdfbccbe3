"""Which sections are one class, and whose course it is."""

from dataclasses import replace

import pytest

from building import EARLIER, NOW_TEXT, base, person, policy, roster, rules, section, teacher, user
from policy.merge.combine import Combined, combine
from policy.merge.people import AccountFacts, match_people
from policy.merge.records import TOGETHER, Base
from policy.merge.wish import Sources
from policy.roster.model import Fault, Membership, Place, Section
from policy.rules.model import Combine, Matcher, SchoolRules
from town import NOON, alias

ALL = Matcher({})
BY_ALL = Combine(("primary_teacher", "course", "period", "term"), ALL, "district.yaml:9")
S1, S2, S3 = section("s1"), section("s2"), section("s3")
OTHER_PERIOD = replace(S3, periods=("4",))
OTHER_SCHOOL = replace(S3, school=replace(S3.school, key="sch2"))


def found(
    *sections: Section,
    by: SchoolRules | None = None,
    ours: tuple[Base, ...] = (),
    staff: dict[str, tuple[Membership, ...]] | None = None,
    doubtful: tuple[str, ...] = (),
    released: tuple[str, ...] = (),
) -> Combined:
    people = tuple(person(key) for key in ("t1", "t2"))
    fault = Fault("R1", Place("enrollments.csv", 9), "faulty")
    rolls = roster(
        {one: (staff or {}).get(one.key, (teacher("t1"),)) for one in sections},
        people,
        doubtful_sections=dict.fromkeys(doubtful, (fault,)),
    )
    accounts = [AccountFacts(user(key), (user(key).email,), False) for key in ("t1", "t2")]
    matches = match_people(rolls, accounts, domains=("demo.example",), remembered={})
    sources = Sources(rolls, policy(by or rules(combine=(BY_ALL,))), matches, NOON.date())
    heads = {one.alias: one.head for one in ours}
    return combine(sources, heads, frozenset(map(alias, released)))


def course(key: str, *together: str, since: str = NOW_TEXT) -> Base:
    kept = {f"{TOGETHER}{alias(other)}": since for other in together}
    return base(alias=alias(key), course_id=f"c-{key}", section=key, kept=kept)


def homes(combined: Combined) -> dict[str, str]:
    """The section whose alias each section's class has."""
    return {one.key: name.removeprefix(alias("")) for one, name in combined.homes.values()}


def test_sections_that_are_alike_are_one_class() -> None:
    both = found(S2, S1)
    one = both.of(S1)
    assert one is not None
    assert one == both.of(S2)
    assert [each.key for each in one.sections] == ["s1", "s2"]
    assert (one.alias, one.own, one.line) == (
        alias("s1"),
        (alias("s1"), alias("s2")),
        "district.yaml:9",
    )


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(OTHER_PERIOD, id="period"),
        pytest.param(OTHER_SCHOOL, id="school"),
        pytest.param(replace(S3, course=replace(S3.course, key="c2")), id="course"),
        pytest.param(replace(S3, terms=(replace(S3.terms[0], key="q1"),)), id="term"),
        pytest.param(replace(S3, terms=(replace(S3.terms[0], school_year="2028"),)), id="year"),
    ],
)
def test_what_differs_is_another_class(other: Section) -> None:
    three = found(S1, S2, other)
    assert three.of(other) is None
    assert homes(three)["s2"] == "s1"


def test_another_primary_teacher_is_another_class() -> None:
    assert found(S1, S2, staff={"s2": (teacher("t2"),)}).classes == {}


def test_what_is_not_asked_for_may_differ() -> None:
    by = rules(combine=(replace(BY_ALL, by=("course",)),))
    assert homes(found(S1, OTHER_PERIOD, by=by, staff={"s3": (teacher("t2"),)})) == {
        "s1": "s1",
        "s3": "s1",
    }


def test_where_narrows_and_the_first_rule_that_matches_holds() -> None:
    narrow = replace(BY_ALL, where=Matcher({"section": ("s1",)}))
    by = rules(combine=(narrow, replace(BY_ALL, by=("course",))))
    assert homes(found(S1, S2, S3, by=by)) == {"s1": "s1", "s2": "s2", "s3": "s2"}


def test_nothing_is_looked_at_without_rules_and_memories() -> None:
    assert found(S1, S2, by=rules()) == Combined()


@pytest.mark.parametrize(
    ("other", "staff", "gap"),
    [
        pytest.param(S2, (), "no primary teacher", id="nobody"),
        pytest.param(S2, (teacher("t1", primary=False),), "no primary teacher", id="no-primary"),
        pytest.param(S2, (teacher("t1"), teacher("t2")), "2 primary teachers", id="two"),
        pytest.param(replace(S2, periods=()), (teacher("t1"),), "no period", id="no-period"),
    ],
)
def test_a_section_that_lacks_what_it_is_combined_by(
    other: Section, staff: tuple[Membership, ...], gap: str
) -> None:
    """By itself it is not combined; in a combined class it stays."""
    alone = found(S1, other, staff={"s2": staff})
    assert alone.classes == {}
    [told] = alone.notices
    assert told.code == "M333"
    assert told.message.startswith(f"section s2 has {gap}: it is not combined")

    within = found(S1, other, staff={"s2": staff}, ours=(course("s1", "s1", "s2"),))
    assert homes(within) == {"s1": "s1", "s2": "s1"}
    assert "it stays in its class" in within.notices[0].message


def test_a_section_with_a_faulty_row_stays_where_it_is() -> None:
    ours = (course("s1", "s1", "s2"),)
    moved = {"s2": (teacher("t2"),)}
    assert homes(found(S1, S2, staff=moved, ours=ours, doubtful=("s2",)))["s2"] == "s1"
    assert homes(found(S1, S2, staff=moved, ours=ours))["s2"] == "s2"


class TestWhoseCourseItIs:
    def test_of_the_one_that_has_a_course(self) -> None:
        assert homes(found(S1, S2, ours=(course("s2"),))) == {"s1": "s2", "s2": "s2"}

    def test_of_several_the_first(self) -> None:
        assert homes(found(S1, S2, ours=(course("s2"), course("s1"))))["s2"] == "s1"

    def test_the_one_that_most_were_in_last(self) -> None:
        ours = (course("s1"), course("s2", "s2", "s3"))
        assert set(homes(found(S1, S2, S3, ours=ours)).values()) == {"s2"}

    def test_it_goes_on_without_the_section_whose_alias_it_has(self) -> None:
        ours = (course("s1", "s1", "s2", "s3"), course("s2"))
        assert homes(found(S2, S3, ours=ours)) == {"s2": "s1", "s3": "s1"}

    def test_a_section_by_itself_goes_on_with_it_too(self) -> None:
        ours = (course("s1", "s1", "s2"),)
        for by in (None, rules()):
            assert homes(found(S2, by=by, ours=ours)) == {"s2": "s1"}

    def test_apart_it_is_that_of_the_section_whose_alias_it_has(self) -> None:
        ours = (course("s2", "s1", "s2"),)
        assert homes(found(S1, S2, by=rules(), ours=ours)) == {"s1": "s1", "s2": "s2"}

    def test_apart_without_that_one_the_first_goes_on_with_it(self) -> None:
        ours = (course("s1", "s1", "s2", "s3"),)
        assert homes(found(S2, S3, by=rules(), ours=ours)) == {"s2": "s1", "s3": "s3"}

    @pytest.mark.parametrize("alias_of", ["s9", "s2"], ids=["of-one-that-left", "of-one-that-is"])
    def test_what_others_have_no_use_for_is_for_those_without_a_class(self, alias_of: str) -> None:
        ours = (course("s1"), course(alias_of, alias_of, "s2", "s3"))
        found_homes = homes(found(S1, S2, OTHER_PERIOD, ours=ours))
        assert found_homes == {"s1": "s1", "s2": "s1", "s3": alias_of}

    def test_who_has_a_class_takes_no_other(self) -> None:
        ours = (course("s1"), course("s9", "s9", "s2", "s3"), course("s3"))
        assert homes(found(S1, S2, OTHER_PERIOD, ours=ours))["s3"] == "s3"

    def test_of_two_memories_the_newer_one_counts(self) -> None:
        ours = (
            course("s8", "s1", "s8", since=EARLIER),
            course("s9", "s1", "s9", since=NOW_TEXT),
        )
        assert homes(found(S1, ours=ours)) == {"s1": "s9"}

    def test_a_released_section_is_not_combined(self) -> None:
        assert homes(found(S1, S2, S3, released=("s1",))) == {"s2": "s2", "s3": "s2"}


def test_classes_that_are_left_without_their_section() -> None:
    left = found(S1, S2).left_without()
    assert list(left) == [alias("s2")]
