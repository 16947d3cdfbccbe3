"""Courses that are a section's by all signs, and not known as such: held, never doubled."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from building import ALIAS, COURSE, NOW_TEXT, TEXTS, base, desired, live, rules, setting, user
from policy.merge.claims import (
    APART,
    LIKE,
    NEAR,
    Claim,
    Looks,
    adoptable,
    claim_course,
    likeness,
    looks,
    rekeyed,
    renumbered,
    shared,
)
from policy.merge.holds import holds_of
from policy.merge.outcome import Compared, Stop
from policy.merge.plan import Change, HeldFor, Kind
from policy.merge.records import Base, Desired, Fields, State
from policy.rules.model import FormerOwner, RemovedByHand

IN_SCOPE = "section s1 is in scope (classes.csv:2)"
OLD_ALIAS = "d:rollbook.demo.2027.s0"
TWO = desired(students=("ann", "bob"), ends="2027-06-01")
OLD = base(
    alias=OLD_ALIAS,
    section="s0",
    students=("ann", "cat"),
    kept={"name": NOW_TEXT},
    ends="2027-06-01",
    read="2026-08-31T04:00:00+00:00",
)


def taken(detail: str, ours: Base, *, before: str | None = None) -> Change:
    return Change(
        Kind.COURSE_UPDATE,
        COURSE,
        "s1",
        (detail, IN_SCOPE),
        field="alias",
        before=before,
        after=ALIAS,
        claim=ours,
    )


def listed(who: str) -> Change:
    words = (f"enrollments.csv:{who} lists them in section s1",)
    return Change(Kind.STUDENT_ADD, COURSE, "s1", words, person=user(who))


def stop(reason: HeldFor, detail: str, *changes: Change) -> Compared:
    return Compared(stops=(Stop(reason, Kind.COURSE_UPDATE, COURSE, detail, changes),))


# The store was lost.

THERE = "course 900 has this section's alias, and this store did not make it"


def test_a_course_with_our_alias_is_taken_over_with_those_who_are_in_it_and_listed() -> None:
    there = live(fields=Fields("Mine", "3", ""), teachers=("t1", "t9"), students=("ann", "zoe"))
    ours = base(students=("ann",), ends="2027-06-01")
    claimed = claim_course(TWO, there, Claim(HeldFor.ALREADY_THERE, "900"), setting())
    assert claimed == stop(HeldFor.ALREADY_THERE, THERE, taken(THERE, ours), listed("bob"))


def test_nobody_is_taken_out_by_it() -> None:
    """Not even where the policy takes out who was added by hand: the next night's limits judge."""
    strict = rules(removed_by_hand=RemovedByHand.RESTORE, former=FormerOwner.REMOVE)
    there = live(owner="t9", teachers=("t9", "t1"), students=("zoe",))
    claimed = claim_course(TWO, there, Claim(HeldFor.ALREADY_THERE, "900"), setting(strict))
    kinds = {change.kind for change in claimed.stops[0].changes}
    assert kinds == {
        Kind.COURSE_UPDATE,
        Kind.STUDENT_ADD,
    }  # its owner stays: a hand's, for all we know


def test_co_teachers_whom_we_would_not_have_added_are_not_ours() -> None:
    want = desired(teachers=("t1", "t2"))
    alone = setting(rules(co_teachers=False))
    claim = Claim(HeldFor.ALREADY_THERE, "900")
    claimed = claim_course(want, live(teachers=("t1", "t2")), claim, alone)
    assert claimed.stops[0].changes[0].claim == base()


def test_one_that_rollbook_made_under_another_key() -> None:
    claim = Claim(HeldFor.ALREADY_THERE, "900", None, 0.9, alias=OLD_ALIAS)
    claimed = claim_course(TWO, live(students=("ann",)), claim, setting())
    detail = (
        "course 900, “Algebra”, which was made by Rollbook as demo.2027.s0; name, teacher and "
        "students are 90% alike"
    )
    kept = {f"former_alias:{OLD_ALIAS}": NOW_TEXT}
    ours = base(students=("ann",), ends="2027-06-01", kept=kept)
    change = taken(detail, ours)
    why = ("its class goes on as section s1 (classes.csv:2)",)
    off = replace(change, field="former_alias", before=OLD_ALIAS, after=None, claim=None, why=why)
    assert claimed == stop(HeldFor.ALREADY_THERE, detail, change, listed("bob"), off)
    unclear = claim_course(TWO, live(), replace(claim, is_clear=False), setting())
    [hold] = holds_of(unclear.stops)
    assert (hold.kind, hold.why[0]) == (
        Kind.COURSE_CREATE,
        "1 section may have a class that Rollbook made, and this store did not: no other one is "
        "made",
    )


@pytest.mark.parametrize("state", [State.ARCHIVED, State.DECLINED, State.SUSPENDED])
def test_what_rests_goes_on_resting(state: State) -> None:
    """We don't know who archived it: it counts as a hand's."""
    claim = Claim(HeldFor.ALREADY_THERE, "900")
    claimed = claim_course(TWO, live(state=state, students=("ann",)), claim, setting())
    ours = base(students=("ann",), ends="2027-06-01", state=State.PROVISIONED)
    assert claimed == stop(HeldFor.ALREADY_THERE, THERE, taken(THERE, ours))


def test_the_class_of_another_section_is_not_taken_whatever_anybody_consents_to() -> None:
    claim = Claim(HeldFor.ALREADY_THERE, "900", replace(OLD, section_key="s9"))
    claimed = claim_course(TWO, live(), claim, setting())
    detail = "course 900 has this section's alias, and is section s9's class"
    assert claimed == Compared(
        stops=(Stop(HeldFor.ALREADY_THERE, Kind.COURSE_CREATE, COURSE, detail),)
    )
    [hold] = holds_of(claimed.stops)
    assert (hold.changes, len(hold.why)) == ((), 2)


# The SIS has renumbered a section, or the policy has changed the keys.


@pytest.mark.parametrize(
    ("claim", "detail"),
    [
        pytest.param(
            Claim(HeldFor.RENUMBERED, "900", OLD, 0.8),
            "course 900 was made for section s0, which the roster no longer has; name, teacher and "
            "students are 80% alike",
            id="renumbered",
        ),
        pytest.param(
            Claim(HeldFor.REKEYED, "900", OLD),
            "course 900 was made for it under the key demo.2027.s0",
            id="rekeyed",
        ),
    ],
)
def test_a_course_of_ours_goes_on_under_another_alias(claim: Claim, detail: str) -> None:
    there = live(students=("ann", "cat", "zoe"))
    claimed = claim_course(TWO, there, claim, setting())
    kept = {**OLD.kept, f"former_alias:{OLD_ALIAS}": NOW_TEXT}  # until it is off the course
    ours = replace(OLD, alias=ALIAS, section_key="s1", kept=kept)
    change = taken(detail, ours, before=OLD_ALIAS)
    why = ("its class goes on as section s1 (classes.csv:2)",)
    off = replace(change, field="former_alias", after=None, claim=None, why=why)
    assert claimed == stop(claim.reason, detail, change, listed("bob"), off)


def test_what_we_archived_comes_back_a_night_after_it_was_taken() -> None:
    """To open it comes before the alias in a run, when the course is nobody's yet."""
    ours = replace(OLD, state=State.ARCHIVED)
    claim = Claim(HeldFor.REKEYED, "900", ours)
    claimed = claim_course(TWO, live(state=State.ARCHIVED), claim, setting())
    assert [c.field for c in claimed.stops[0].changes] == ["alias", "former_alias"]


# The policy adopts what another tool made.


def test_an_adopted_course_is_handed_to_the_primary_teacher_and_keeps_its_texts() -> None:
    there = live(
        fields=Fields("Algebra I", "", ""), owner="boss", teachers=("boss", "t9"), students=("ann",)
    )
    detail = "course 900, “Algebra I”; name, teacher and students are 70% alike"
    claimed = claim_course(TWO, there, Claim(HeldFor.ADOPT, "900", None, 0.7), setting())
    [held] = claimed.stops
    ours = base(owner="boss", teachers=(), students=("ann",), ends="2027-06-01")
    assert (held.reason, held.detail) == (HeldFor.ADOPT, detail)
    assert held.changes[0] == taken(detail, ours)
    assert [(c.kind, c.person.id if c.person else "") for c in held.changes[1:]] == [
        (Kind.TEACHER_ADD, "t1"),
        (Kind.COURSE_OWNER, "t1"),
        (Kind.STUDENT_ADD, "bob"),
    ]


@pytest.mark.parametrize(
    ("claim", "detail"),
    [
        pytest.param(
            Claim(HeldFor.ADOPT, "900", None, 0.5),
            "course 900, “Algebra”, is too little like it to be taken for it; name, teacher and "
            "students are 50% alike",
            id="too-little",
        ),
        pytest.param(
            Claim(HeldFor.ADOPT, "900", None, 0.9, is_clear=False),
            "course 900, “Algebra”, is no more like it than another course or section is; name, "
            "teacher and students are 90% alike",
            id="another-one-too",
        ),
    ],
)
def test_what_can_not_be_told_is_never_taken_and_consent_makes_a_new_class(
    claim: Claim, detail: str
) -> None:
    claimed = claim_course(TWO, live(), claim, setting())
    [held] = claimed.stops
    assert (claimed.changes, claimed.base) == ((), None)
    assert (held.reason, held.kind, held.detail) == (HeldFor.ADOPT, Kind.COURSE_CREATE, detail)
    assert [(c.kind, c.course.id) for c in held.changes] == [
        (Kind.COURSE_CREATE, None),
        (Kind.STUDENT_ADD, None),
        (Kind.STUDENT_ADD, None),
    ]
    [hold] = holds_of(claimed.stops)
    assert hold.why[-1].endswith("consent to course.create makes new ones")


# How much alike.

people = st.frozensets(st.sampled_from("abcdefgh"))
look = st.builds(
    Looks,
    name=st.sampled_from(["Algebra", "ALGEBRA ", "Chorus"]),
    owner=st.sampled_from(["t1", "t2"]),
    students=people,
)


@given(one=look, other=look)
def test_likeness_is_between_none_and_all_and_the_same_both_ways(one: Looks, other: Looks) -> None:
    assert likeness(one, other) == likeness(other, one)
    assert 0 <= likeness(one, other) <= 1
    if one.students:
        assert likeness(one, one) == 1


@given(some=people, others=people)
def test_the_share_is_of_the_larger_class(some: frozenset[str], others: frozenset[str]) -> None:
    assert shared(some, others) == shared(others, some)
    both = shared(some, others) * max(len(some), len(others), 1)
    assert round(both) == len(some & others)
    assert (shared(some, others) == 1) == (some == others and bool(some))


# Who claims what.


def section_of(
    key: str, *, owner: str = "t1", students: str = "", name: str = "Algebra"
) -> Desired:
    return desired(
        alias=f"d:{key}",
        section=key,
        fields=replace(TEXTS, name=name),
        owner=owner,
        teachers=(owner,),
        students=tuple(students),
        ends="2027-06-01",
    )


def class_of(
    key: str,
    *,
    owner: str = "t1",
    students: str = "",
    name: str = "Algebra",
    ends: str = "2027-06-01",
    school: str = "sch1",
) -> Base:
    return base(
        alias=f"d:{key}",
        section=key,
        course_id=f"c-{key}",
        owner=owner,
        students=tuple(students),
        fields=replace(TEXTS, name=name),
        ends=ends,
        school=school,
    )


def claim_of(old: Base, score: float = 1.0, *, is_clear: bool = True) -> Claim:
    return Claim(HeldFor.RENUMBERED, old.course_id, old, pytest.approx(score), is_clear)


def test_one_section_is_renumbered() -> None:
    old = class_of("s0", students="abcd")
    assert renumbered([old], [section_of("n0", students="abce")]) == {
        "d:n0": claim_of(old, 0.3 + 0.3 + 0.4 * 0.75)
    }


@pytest.mark.parametrize(
    "old",
    [
        pytest.param(class_of("s0", students="abcd", school="sch2"), id="another-school"),
        pytest.param(class_of("s0", students="abxyz"), id="less-than-half-the-students"),
        pytest.param(class_of("s0", owner="t2"), id="no-students-and-another-teacher"),
        pytest.param(class_of("s0", name="Chorus"), id="no-students-and-another-name"),
        pytest.param(class_of("s0", students="abcd", ends="2026-06-01"), id="last-year"),
        pytest.param(class_of("s0", students="abcd", ends="2026-12-20"), id="last-semester"),
    ],
)
def test_what_is_no_renumbering(old: Base) -> None:
    assert renumbered([old], [section_of("n0", students="abcd")]) == {}


@pytest.mark.parametrize(
    ("old", "score"),
    [
        pytest.param(class_of("s0", students="abcd", owner="t2"), 0.7, id="another-teacher"),
        pytest.param(class_of("s0", students="abxy", name="Chorus"), 0.5, id="half-and-no-name"),
        pytest.param(class_of("s0"), 0.6, id="nobody-in-it-yet"),
    ],
)
def test_what_is_somewhat_like_it(old: Base, score: float) -> None:
    """Nothing is made beside it until somebody has looked."""
    assert renumbered([old], [section_of("n0", students="abcd")]) == {"d:n0": claim_of(old, score)}


def test_who_is_on_the_roster_without_a_certain_account_counts() -> None:
    old = class_of("s0", students="abcd")
    new = replace(section_of("n0", students="a"), unsure=frozenset("bcd"))
    assert renumbered([old], [new]) == {"d:n0": claim_of(old)}


def test_all_sections_of_a_teacher_are_renumbered_each_to_its_own() -> None:
    """Two periods of one course, and the ids swapped round."""
    first, second = class_of("s1", students="abcd"), class_of("s2", students="efgh")
    found = renumbered(
        [first, second], [section_of("s2x", students="abcd"), section_of("s1x", students="efgh")]
    )
    assert found == {"d:s2x": claim_of(first), "d:s1x": claim_of(second)}


def test_two_periods_with_the_same_students_are_not_told_apart() -> None:
    first, second = class_of("s1", students="abcd"), class_of("s2", students="abcd")
    new = [section_of("n1", students="abcd"), section_of("n2", students="abcd")]
    found = renumbered([first, second], new)
    assert [claim.is_clear for claim in found.values()] == [False, False]
    assert renumbered([first], new)["d:n1"].is_clear is False


def test_a_section_that_was_split_in_two_halves_is_not_told() -> None:
    old = class_of("s1", students="abcd")
    found = renumbered([old], [section_of("n1", students="ab"), section_of("n2", students="cd")])
    assert [(claim.course_id, claim.is_clear) for claim in found.values()] == [
        ("c-s1", False),
        ("c-s1", False),
    ]


def test_a_section_under_another_key() -> None:
    old = class_of("s1")
    want = replace(section_of("s1"), alias="d:new-key")
    assert rekeyed([old, class_of("s2")], [want, section_of("s3")]) == {
        "d:new-key": Claim(HeldFor.REKEYED, "c-s1", old)
    }


def test_sections_that_are_one_class_under_other_keys() -> None:
    """Their class is not the one that the first of them had for itself, nor the other way round."""
    alone = class_of("s1")
    together = replace(class_of("s1"), course_id="c-both", kept={"together:d:old": NOW_TEXT})
    plain = replace(section_of("s1"), alias="d:new-key")
    several = replace(plain, together=("d:new-key", "d:new-other"))
    bases = [alone, together]
    assert rekeyed(bases, [several]) == {"d:new-key": Claim(HeldFor.REKEYED, "c-both", together)}
    assert rekeyed(bases, [plain]) == {"d:new-key": Claim(HeldFor.REKEYED, "c-s1", alone)}
    assert rekeyed([alone], [several])["d:new-key"].old == alone


def test_an_id_that_came_again_is_the_class_of_this_year() -> None:
    last, now = class_of("s1", ends="2026-06-01"), class_of("s1")
    want = replace(section_of("s1"), alias="d:new-key")
    assert rekeyed([last, now], [want])["d:new-key"].old == now
    assert rekeyed([last], [want]) == {}


def test_two_of_one_year_are_not_told_apart() -> None:
    want = replace(section_of("s1"), alias="d:new-key")
    again = replace(class_of("s1"), alias="d:again", course_id="c2")
    assert rekeyed([class_of("s1"), again], [want])["d:new-key"].is_clear is False


def test_an_unknown_end_is_no_other_year() -> None:
    want = replace(section_of("s1"), alias="d:new-key")
    assert list(rekeyed([class_of("s1", ends="")], [want])) == ["d:new-key"]


def test_looks_of_a_wanted_course() -> None:
    assert looks(section_of("n", students="ab")) == Looks("Algebra", "t1", frozenset("ab"))


def test_only_what_the_policy_allows_is_adopted() -> None:
    want = section_of("n1", students="ab")
    found = {key: Looks("Algebra", "t1", frozenset("ab")) for key in ("c1", "c2")}
    assert adoptable([want], found, {"d:n1": frozenset({"c2"})}) == {
        "d:n1": Claim(HeldFor.ADOPT, "c2", None, 1.0)
    }
    assert adoptable([want], found, {}) == {}


worlds = st.tuples(
    st.lists(look, max_size=5).map(
        lambda some: [
            desired(
                alias=f"d:n{n}",
                fields=replace(TEXTS, name=one.name),
                owner=one.owner,
                students=tuple(sorted(one.students)),
            )
            for n, one in enumerate(some)
        ]
    ),
    st.lists(look, max_size=5).map(lambda some: {f"c{n}": one for n, one in enumerate(some)}),
)


@given(world=worlds)
def test_what_is_clear_is_the_best_by_far_and_no_course_goes_to_two(
    world: tuple[list[Desired], dict[str, Looks]],
) -> None:
    wanted, found = world
    allowed = {want.alias: frozenset(found) for want in wanted}
    claims = adoptable(wanted, found, allowed)
    scores = {
        (want.alias, course): likeness(looks(want), one)
        for want in wanted
        for course, one in found.items()
    }
    clear = [claim.course_id for claim in claims.values() if claim.is_clear]
    assert len(clear) == len(set(clear))
    for alias, claim in claims.items():
        assert claim.score == scores[alias, claim.course_id] >= NEAR
        rivals = [
            score
            for (other, course), score in scores.items()
            if (other == alias) != (course == claim.course_id)
            and score >= NEAR
            and score > claim.score - APART + 1e-6
        ]
        assert not (claim.is_clear and rivals)
    for want in wanted:  # whoever has no claim has nobody like it who isn't another's by far
        for course in found:
            if want.alias not in claims and scores[want.alias, course] >= LIKE:
                best = max(scores[other.alias, course] for other in wanted)
                assert best >= scores[want.alias, course] + APART - 1e-6
