"""Courses that may be a section's: which are looked at, and which the policy would adopt."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import pytest

from building import NOW, base, desired, head, policy, roster, rules
from policy.google.base import Classroom, Course, CourseState, Members, Unreadable
from policy.merge.claims import Claim
from policy.merge.judge import Comparing, keys_made_from
from policy.merge.people import match_people
from policy.merge.plan import HeldFor
from policy.merge.records import Base, Desired
from policy.merge.wish import Sources
from policy.night.candidates import Ours, look_for_claims
from policy.rules.model import Adopt

KEYED = "demo {school_year}.{section.key}"
ENDS = "2027-06-01"


@dataclass
class Town:
    """The two questions that are put to Classroom here, answered as it does; `asked` are the
    courses whose members, `named` those whose aliases were asked for."""

    students: dict[str, frozenset[str]] = field(default_factory=dict)
    names: dict[str, frozenset[str]] = field(default_factory=dict)
    mute: frozenset[str] = frozenset()
    asked: list[str] = field(default_factory=list)
    named: list[str] = field(default_factory=list)

    def members(self, course_ids: Sequence[str]) -> Mapping[str, Members | Unreadable]:
        self.asked += course_ids
        return {
            key: Unreadable("500") if key in self.mute else Members(frozenset(), inside)
            for key, inside in self.students.items()
            if key in course_ids
        }

    def aliases(self, course_ids: Sequence[str]) -> Mapping[str, frozenset[str] | Unreadable]:
        self.named += course_ids
        return {
            key: Unreadable("500") if key in self.mute else names
            for key, names in self.names.items()
            if key in course_ids
        }


def course(
    key: str,
    *,
    name: str = "Algebra",
    owner: str = "t1",
    state: CourseState = CourseState.ACTIVE,
) -> Course:
    return Course(key, name, "", "", state, owner)


def want(key: str = "n1", *, students: str = "abcd", owner: str = "t1") -> Desired:
    return desired(
        alias=f"d:{key}",
        section=key,
        owner=owner,
        teachers=(owner, "t2"),
        students=tuple(students),
        ends=ENDS,
    )


def gone(key: str, *, students: str = "abcd", ends: str = ENDS, owner: str = "t1") -> Base:
    """A course of ours whose section is not in the roster."""
    return base(
        alias=f"d:{key}",
        section=key,
        course_id=f"c-{key}",
        students=tuple(students),
        ends=ends,
        owner=owner,
    )


def look(
    *new: Desired,
    town: Town | None = None,
    absent: tuple[Base, ...] = (),
    wanted: tuple[Base, ...] = (),
    at_rest: frozenset[str] = frozenset(),
    found: Mapping[str, str] | None = None,
    others: Sequence[Course] = (),
    adopt: tuple[Adopt, ...] = (),
    keyed_by: str = KEYED,
) -> Mapping[str, Claim]:
    rolls = roster({}, ())
    matches = match_people(rolls, (), domains=("demo.example",), remembered={})
    comparing = Comparing(
        Sources(rolls, policy(rules(adopt=adopt)), matches, NOW.date()), {"sch1": "Lincoln"}, NOW
    )
    assert keys_made_from(comparing.policy) == KEYED
    by_alias = {one.alias: one for one in (*absent, *wanted)}
    resting = CourseState.ARCHIVED
    door: Classroom = town or Town()  # type: ignore[assignment]
    return look_for_claims(
        door,
        new,
        Ours(
            {alias: head(one) for alias, one in by_alias.items()},
            {
                one.alias: course(
                    one.course_id,
                    state=resting if one.alias in at_rest else CourseState.ACTIVE,
                )
                for one in absent
            },
            lambda aliases: {alias: by_alias[alias] for alias in aliases},
        ),
        {alias: course(key) for alias, key in (found or {}).items()},
        others,
        comparing,
        keyed_by=keyed_by,
    )


# Courses of ours, and such as have our alias.


def test_nothing_is_looked_for_without_a_new_section() -> None:
    assert look(absent=(gone("s1"),), others=[course("x1")]) == {}


def test_a_course_with_our_alias_that_the_store_does_not_know() -> None:
    assert look(want(), found={"d:n1": "x1"}) == {"d:n1": Claim(HeldFor.ALREADY_THERE, "x1")}


@pytest.mark.parametrize(
    ("old", "reason"),
    [
        pytest.param(gone("s1"), HeldFor.RENUMBERED, id="another-section"),
        pytest.param(
            replace(gone("s1"), section_key="n1"), HeldFor.REKEYED, id="the-section-itself"
        ),
    ],
)
def test_our_own_course_that_has_the_alias_already(old: Base, reason: HeldFor) -> None:
    assert look(want(), absent=(old,), found={"d:n1": "c-s1"}) == {
        "d:n1": Claim(reason, "c-s1", old)
    }


def test_the_class_of_another_section_that_has_the_alias_too() -> None:
    taken = gone("s1")
    assert look(want(), wanted=(taken,), found={"d:n1": "c-s1"}) == {
        "d:n1": Claim(HeldFor.ALREADY_THERE, "c-s1", taken)
    }


def test_a_renumbered_section() -> None:
    old = gone("s1")
    assert look(want(), absent=(old,)) == {"d:n1": Claim(HeldFor.RENUMBERED, "c-s1", old, 1.0)}


@pytest.mark.parametrize(
    "old",
    [
        pytest.param(gone("s1", ends="2026-06-01"), id="last-years"),
        pytest.param(gone("s1", ends="2026-09-01"), id="its-term-is-over"),
        pytest.param(gone("s1", students="wxyz"), id="other-students"),
    ],
)
def test_what_is_no_renumbered_section(old: Base) -> None:
    assert look(want(), absent=(old,)) == {}


def test_a_class_at_rest_is_its_sections_too() -> None:
    old = gone("s1")
    found = look(want(), absent=(old,), at_rest=frozenset({"d:s1"}))
    assert found == {"d:n1": Claim(HeldFor.RENUMBERED, "c-s1", old, 1.0)}


def test_a_course_is_claimed_by_its_alias_before_its_looks() -> None:
    """n1 has it by alias, and n2 looks like it: n2 gets its own."""
    old = gone("s1")
    found = look(want("n1", students="wxyz"), want("n2"), absent=(old,), found={"d:n1": "c-s1"})
    assert found == {"d:n1": Claim(HeldFor.RENUMBERED, "c-s1", old)}


def test_other_keys() -> None:
    old = gone("n1", students="")
    old = replace(old, alias="d:old.n1")
    found = look(want(), absent=(old,), keyed_by="demo {section.key}")
    assert found == {"d:n1": Claim(HeldFor.REKEYED, "c-n1", old)}
    assert look(want(), absent=(old,)) == found  # it is the very section, whatever its key is


def test_other_keys_of_classes_that_we_archived() -> None:
    old = replace(gone("n1"), alias="d:old.n1")
    resting = frozenset({"d:old.n1"})
    found = look(want(), absent=(old,), at_rest=resting, keyed_by="demo {section.key}")
    assert found == {"d:n1": Claim(HeldFor.REKEYED, "c-n1", old)}


# A lost store, and other keys.


def made_by_rollbook(**students: str) -> Town:
    return Town(
        {key: frozenset(inside) for key, inside in students.items()},
        {key: frozenset({f"d:rollbook.demo.{key}"}) for key in students},
    )


def test_a_class_that_a_lost_store_knew_under_another_key() -> None:
    found = look(want(), town=made_by_rollbook(x1="abcd"), others=[course("x1")])
    like_it = Claim(HeldFor.ALREADY_THERE, "x1", None, 1.0, alias="d:rollbook.demo.x1")
    assert found == {"d:n1": like_it}


def test_once_one_is_found_those_with_other_names_are_looked_at_too() -> None:
    there = made_by_rollbook(x1="abcd", x2="efgh")
    others = [course("x1"), course("x2", name="As the teacher calls it")]
    new = [want(), want("n2", students="efgh")]
    found = look(*new, town=there, others=others)
    assert {alias: claim.course_id for alias, claim in found.items()} == {
        "d:n1": "x1",
        "d:n2": "x2",
    }
    alone = made_by_rollbook(x2="efgh")
    assert look(new[1], town=alone, others=others[1:]) == {}
    assert alone.named == []


def test_the_class_of_last_year_is_not_it() -> None:
    there = made_by_rollbook(x1="wxyz")
    assert look(want(), town=there, others=[course("x1")]) == {}


def test_what_teachers_have_made_is_not_read() -> None:
    there = town(x1="abcd")
    assert look(want(), town=there, others=[course("x1")]) == {}
    assert (there.named, there.asked) == (["x1"], [])


def test_a_store_that_knows_its_classes_was_not_lost() -> None:
    there = made_by_rollbook(x1="abcd")
    assert look(want(), town=there, wanted=(gone("s9", students=""),), others=[course("x1")]) == {}
    assert there.named == []


# What another tool made.

BY_ALIAS = Adopt("d:clever-*", None, "d.yaml:20")
BY_NAME = Adopt(None, "alg*", "d.yaml:21")
LIKE_IT = Town({"x1": frozenset("abcd")}, {"x1": frozenset({"d:Clever-77"})})


def town(**students: str) -> Town:
    return Town(
        {key: frozenset(inside) for key, inside in students.items()},
        {key: frozenset({"d:Clever-77"}) for key in students},
    )


def adopted(key: str, score: float, *, is_clear: bool = True) -> Claim:
    return Claim(HeldFor.ADOPT, key, None, pytest.approx(score), is_clear)


@pytest.mark.parametrize(
    "rule",
    [
        pytest.param(BY_ALIAS, id="alias"),
        pytest.param(BY_NAME, id="name"),
        pytest.param(Adopt("d:clever-*", "ALG*", "d.yaml:22"), id="both"),
    ],
)
def test_a_course_that_the_policy_adopts(rule: Adopt) -> None:
    found = look(want(), town=town(x1="abcd"), others=[course("x1")], adopt=(rule,))
    assert found == {"d:n1": adopted("x1", 1.0)}


@pytest.mark.parametrize(
    "adopt",
    [
        pytest.param((), id="no-rule"),
        pytest.param((Adopt("d:gam-*", None, "d.yaml:20"),), id="another-alias"),
        pytest.param((Adopt(None, "Chorus*", "d.yaml:20"),), id="another-name"),
        pytest.param((Adopt("d:clever-*", "Chorus*", "d.yaml:20"),), id="one-of-two"),
    ],
)
def test_a_course_that_it_does_not_adopt_is_not_even_read(adopt: tuple[Adopt, ...]) -> None:
    there = town(x1="abcd")
    assert look(want(), town=there, others=[course("x1")], adopt=adopt) == {}
    assert there.asked == []


def test_aliases_are_asked_for_only_of_what_a_rule_names() -> None:
    there = town(x1="abcd")
    others = [course("x1"), course("x2", name="Chorus")]
    known = (gone("s9", students=""),)
    look(want(), town=there, wanted=known, others=others, adopt=(BY_NAME,))
    assert there.named == ["x1"]


def test_what_rollbook_has_made_is_not_adopted() -> None:
    """Released, or another district's: it has the alias that Rollbook gave it still."""
    there = Town({"x1": frozenset("abcd")}, {"x1": frozenset({"d:rollbook.oak.2027.n1"})})
    any_alias = Adopt("*", None, "d.yaml:20")
    known = (gone("s9", students=""),)
    for rule in (BY_NAME, any_alias):
        assert look(want(), town=there, wanted=known, others=[course("x1")], adopt=(rule,)) == {}
    assert there.asked == []


@pytest.mark.parametrize(
    ("one", "is_read"),
    [
        pytest.param(course("x1", owner="t9"), True, id="of-its-name"),
        pytest.param(course("x1", name="Algebra I", owner="t2"), True, id="of-a-co-teacher"),
        pytest.param(course("x1", name="Algebra I", owner="t9"), False, id="of-neither"),
    ],
)
def test_only_what_some_section_may_own_is_looked_into(one: Course, is_read: bool) -> None:
    there = town(x1="abcd")
    look(want(), town=there, others=[one], adopt=(BY_NAME,))
    assert bool(there.asked) is is_read


def test_each_goes_to_its_own_section() -> None:
    found = look(
        want("n1", students="abcd"),
        want("n2", students="efgh"),
        town=town(x1="efgh", x2="abcd"),
        others=[course("x1"), course("x2")],
        adopt=(BY_ALIAS,),
    )
    assert found == {"d:n1": adopted("x2", 1.0), "d:n2": adopted("x1", 1.0)}


def test_two_just_like_it_are_not_told_apart() -> None:
    found = look(
        want(),
        town=town(x1="abcd", x2="abcd"),
        others=[course("x1"), course("x2")],
        adopt=(BY_ALIAS,),
    )
    assert found == {"d:n1": adopted("x1", 1.0, is_clear=False)}


def test_one_that_is_too_little_like_it_to_be_claimed() -> None:
    other = course("x1", name="Algebra II")
    assert look(want(), town=town(x1="wxyz"), others=[other], adopt=(BY_ALIAS,)) == {}


@pytest.mark.parametrize(
    "rule", [pytest.param(BY_ALIAS, id="alias"), pytest.param(BY_NAME, id="members")]
)
def test_one_that_can_not_be_read_may_be_it(rule: Adopt) -> None:
    """Name and owner are its: no second class is made until somebody has looked."""
    there = replace(town(x1="abcd"), mute=frozenset({"x1"}))
    found = look(want(), town=there, others=[course("x1")], adopt=(rule,))
    assert found == {"d:n1": adopted("x1", 0.6)}
    other = course("x1", owner="t2", name="Algebra I")
    assert look(want(), town=there, others=[other], adopt=(BY_ALIAS,)) == {}


def test_a_section_that_has_a_claim_adopts_nothing() -> None:
    old = gone("s1")
    found = look(
        want(), town=town(x1="abcd"), absent=(old,), others=[course("x1")], adopt=(BY_ALIAS,)
    )
    assert found == {"d:n1": Claim(HeldFor.RENUMBERED, "c-s1", old, 1.0)}
