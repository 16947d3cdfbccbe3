"""What is wanted: one test a rule."""

import re
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from building import (
    ALIAS,
    base,
    head,
    member,
    person,
    policy,
    roster,
    rules,
    section,
    student,
    teacher,
    term,
    user,
)
from policy.merge.desire import Known, Wishes, desire
from policy.merge.people import AccountFacts, match_people
from policy.merge.records import Base, Fields, Remembered
from policy.merge.wish import Sources
from policy.roster.model import Fault, FaultLevel, Membership, Place, Role, Roster, Section
from policy.rules.model import (
    Extra,
    Identity,
    Matcher,
    Policy,
    SchoolRules,
    Scope,
    WhenIncomplete,
)

TODAY = date(2026, 9, 1)
PEOPLE = ("t1", "t2", "ann", "bob")


def wish(
    rolls: Roster,
    *,
    school_rules: SchoolRules | None = None,
    known: tuple[str, ...] = PEOPLE,
    bases: tuple[Base, ...] = (),
    today: date = TODAY,
    remembered: dict[str, Remembered] | None = None,
    released: tuple[str, ...] = (),
) -> Wishes:
    chosen: Policy = policy(school_rules)
    accounts = [AccountFacts(user(key), (user(key).email,), False) for key in known]
    matches = match_people(rolls, accounts, domains=("demo.example",), remembered=remembered or {})
    sources = Sources(rolls, chosen, matches, today)
    teachers = {b.alias: b.teachers | {b.owner} for b in bases}
    return desire(
        Known(
            sources,
            {b.alias: head(b) for b in bases},
            lambda alias: teachers.get(alias, frozenset()),
            frozenset(released),
        )
    )


def rolls(*members: Membership, of: Section | None = None, **more: object) -> Roster:
    people = tuple(person(key) for key in PEOPLE)
    return roster({of or section(): members}, people, **more)


def test_a_section_in_scope_becomes_a_course() -> None:
    wishes = wish(rolls(teacher("t1"), student("ann"), student("bob", line=4)))
    [want] = wishes.desired
    assert (want.alias, want.owner, want.row) == (ALIAS, user("t1"), "classes.csv:2")
    assert want.fields == Fields("Algebra", "3", "12")
    assert list(want.teachers) == ["t1"]
    assert [w.row for w in want.students.values()] == ["enrollments.csv:3", "enrollments.csv:4"]
    assert wishes.schools == {"sch1": "Lincoln"}


def test_out_of_scope_is_nothing_at_all() -> None:
    nowhere = Scope(schools=("other",), terms=None, grades=None, subjects=None, exclude=())
    wishes = wish(rolls(teacher("t1")), school_rules=rules(scope=nowhere))
    assert (wishes.desired, wishes.waiting, wishes.schools) == ([], [], {})
    assert [n.message for n in wishes.notices] == [
        "no section is in scope on 2026-09-01: left out are 1 by classes.scope.schools "
        "(built-in default)"
    ]


def test_terms_current() -> None:
    current = rules(scope=replace(rules().classes.scope, terms=()))
    full = rolls(teacher("t1"), student("ann"))
    assert len(wish(full, school_rules=current, today=date(2026, 8, 15)).desired) == 1
    assert len(wish(full, school_rules=current, today=date(2027, 6, 1)).desired) == 0


@pytest.mark.parametrize(
    ("reason", "members", "known"),
    [
        pytest.param("it has no teacher", (student("ann"),), PEOPLE, id="no-teacher"),
        pytest.param(
            "it has no student with a Google account", (teacher("t1"),), PEOPLE, id="no-student"
        ),
        pytest.param(
            "its primary teacher has no usable Google account (enrollments.csv:2)",
            (teacher("t1"), teacher("t2", primary=False), student("ann")),
            ("t2", "ann"),
            id="primary-unmatched",
        ),
    ],
)
def test_an_incomplete_section_waits(
    reason: str, members: tuple[Membership, ...], known: tuple[str, ...]
) -> None:
    wishes = wish(rolls(*members), known=known)
    assert wishes.desired == []
    assert [w.reason for w in wishes.waiting] == [reason]


def test_when_incomplete_create() -> None:
    create = rules(when_incomplete=WhenIncomplete.CREATE)
    [want] = wish(rolls(teacher("t1")), school_rules=create).desired
    assert want.students == {}
    stand_in = rolls(teacher("t1"), teacher("t2", primary=False), student("ann"))
    [want] = wish(stand_in, school_rules=create, known=("t2", "ann")).desired
    assert want.owner == user("t2")


def test_a_section_that_has_its_course_is_not_put_off() -> None:
    [want] = wish(rolls(), bases=(base(owner="t1"),)).desired
    assert (want.owner, want.teachers, want.students) == (user("t1"), {}, {})


def test_two_primaries_the_owner_stays_else_the_first_in_the_file() -> None:
    two = rolls(teacher("t1"), teacher("t2", line=3), student("ann"))
    fresh, owned = wish(two), wish(two, bases=(base(owner="t2"),))
    assert fresh.desired[0].owner == user("t1")
    assert owned.desired[0].owner == user("t2")
    assert [n.code for n in fresh.notices] == ["M302"]
    assert "2 primary teachers" in fresh.notices[0].message


def test_no_primary_the_first_who_can_be_matched() -> None:
    none = rolls(teacher("t1", primary=False), teacher("t2", primary=False, line=3), student("ann"))
    wishes = wish(none, known=("t2", "ann"))
    assert wishes.desired[0].owner == user("t2")
    assert "no primary teacher" in wishes.notices[0].message


def test_one_primary_owns_whoever_owned_before() -> None:
    one = rolls(teacher("t1"), teacher("t2", primary=False), student("ann"))
    assert wish(one, bases=(base(owner="t2"),)).desired[0].owner == user("t1")


def test_an_account_may_own_by_policy() -> None:
    office = rules(owner="bob@demo.example")
    [want] = wish(rolls(teacher("t1"), student("ann")), school_rules=office).desired
    assert (want.owner, list(want.teachers)) == (user("bob"), ["t1"])
    nobody = rules(owner="nobody@demo.example")
    [waits] = wish(rolls(teacher("t1"), student("ann")), school_rules=nobody).waiting
    assert "nobody@demo.example (district.yaml:12), has no usable Google account" in waits.reason


LEADS = (teacher("t1"), teacher("t2", primary=False, line=3), student("ann"))


@pytest.mark.parametrize(
    ("chosen", "members", "leading"),
    [
        pytest.param(rules(co_teachers=False, owner="bob@demo.example"), LEADS, "t1", id="primary"),
        pytest.param(
            rules(co_teachers=False, owner="bob@demo.example"),
            (teacher("t2", primary=False), teacher("t1", primary=False, line=3), student("ann")),
            "t2",
            id="the-first-where-none-is-primary",
        ),
        pytest.param(rules(co_teachers=False), LEADS, "", id="its-owner-needs-no-seat"),
        pytest.param(rules(owner="bob@demo.example"), LEADS, "", id="all-are-seated-anyway"),
    ],
)
def test_a_class_that_an_account_owns_has_its_teacher_without_co_teachers_too(
    chosen: SchoolRules, members: tuple[Membership, ...], leading: str
) -> None:
    [want] = wish(rolls(*members), school_rules=chosen).desired
    assert want.leading == frozenset({leading} - {""})


def test_whom_the_policy_names_itself_is_seated_without_co_teachers_too() -> None:
    extra = (Extra(Matcher({}), ("bob@demo.example",), "d.yaml:9"),)
    alone = rules(co_teachers=False)
    alone = replace(alone, co_teachers=replace(alone.co_teachers, extra=extra))
    [want] = wish(rolls(*LEADS), school_rules=alone).desired
    assert want.leading == frozenset({"bob"})


def test_who_is_primary_teacher_and_student_is_its_teacher_where_an_account_owns_it() -> None:
    office = rules(co_teachers=False, owner="bob@demo.example")
    both = rolls(teacher("t1"), student("t1", line=7), student("ann"))
    [want] = wish(both, school_rules=office).desired
    assert (list(want.students), want.leading) == (["ann"], frozenset({"t1"}))


def test_teacher_and_student_of_one_section_is_its_teacher() -> None:
    both = rolls(teacher("t1"), student("t1", line=7), student("ann"))
    wishes = wish(both)
    assert list(wishes.desired[0].students) == ["ann"]
    assert [(n.code, n.row) for n in wishes.notices] == [("M301", "enrollments.csv:7")]


def test_memberships_hold_by_their_dates() -> None:
    ended = member("ann", Role.STUDENT, end=date(2026, 8, 30))
    later = member("bob", Role.STUDENT, begin=date(2026, 9, 2))
    wishes = wish(rolls(teacher("t1"), ended, later))
    assert [w.reason for w in wishes.waiting] == ["it has no student with a Google account"]


def test_the_end_is_exclusive_and_the_begin_is_not() -> None:
    last = member("ann", Role.STUDENT, end=TODAY)
    first = member("bob", Role.STUDENT, begin=TODAY)
    [want] = wish(rolls(teacher("t1"), last, first)).desired
    assert list(want.students) == ["bob"]


def test_before_a_term_those_who_start_with_it_are_in() -> None:
    starts = member("ann", Role.STUDENT, begin=date(2026, 8, 15))
    [want] = wish(rolls(teacher("t1"), starts), today=date(2026, 7, 1)).desired
    assert list(want.students) == ["ann"]


def test_after_a_term_those_of_its_last_day_are_in() -> None:
    stayed = member("ann", Role.STUDENT, end=date(2027, 6, 1))
    left = member("bob", Role.STUDENT, end=date(2027, 5, 1))
    [want] = wish(rolls(teacher("t1"), stayed, left), today=date(2027, 7, 1)).desired
    assert list(want.students) == ["ann"]


def test_a_section_of_two_terms_has_those_of_the_term_that_holds() -> None:
    fall = term("fall", start=date(2026, 8, 15), end=date(2026, 12, 20))
    spring = term("spring", start=date(2027, 1, 5), end=date(2027, 6, 1))
    both = section(terms=(fall, spring))
    members = (
        teacher("t1"),
        member("ann", Role.STUDENT, begin=fall.start, end=fall.end),
        member("bob", Role.STUDENT, begin=spring.start, end=spring.end, line=4),
    )
    in_fall = wish(rolls(*members, of=both)).desired[0].students
    in_spring = wish(rolls(*members, of=both), today=date(2027, 2, 1)).desired[0].students
    assert (list(in_fall), list(in_spring)) == (["ann"], ["bob"])


def test_who_has_no_account_is_told_once_with_all_sections() -> None:
    one, two = section("s1"), section("s2")
    people = tuple(person(key) for key in PEOPLE)
    both = roster(
        {
            one: (teacher("t1"), student("ann"), student("bob", line=4)),
            two: (teacher("t1", line=5), student("ann", line=6), student("bob", line=7)),
        },
        people,
    )
    wishes = wish(both, known=("t1", "bob"))
    [lost] = wishes.unmatched
    assert (lost.person_key, lost.row, lost.sections) == ("ann", "users.csv:2", ("s1", "s2"))


def test_who_was_known_before_is_unsure_in_their_sections() -> None:
    wishes = wish(
        rolls(teacher("t1"), student("ann"), student("bob")),
        known=("t1", "bob"),
        remembered={"ann": Remembered("ann", "ann@demo.example")},
    )
    assert wishes.desired[0].unsure == frozenset({"ann"})


def test_faulty_rows_are_doubts() -> None:
    fault = Fault("R204", Place("enrollments.csv", 9), "9 cells instead of 10")
    anywhere = Fault("R204", Place("enrollments.csv", 10), "1 cell instead of 10")
    wishes = wish(
        rolls(
            teacher("t1"),
            student("ann"),
            doubtful_sections={"s1": (fault,)},
            doubtful_anywhere=(anywhere,),
        )
    )
    assert wishes.desired[0].doubts == (str(fault), str(anywhere))


def test_faults_are_noticed() -> None:
    fault = Fault("R220", Place("users.csv", 4), "is not read", FaultLevel.NOTED)
    wishes = wish(rolls(teacher("t1"), student("ann"), faults=(fault,)))
    assert [(n.row, n.code) for n in wishes.notices] == [("users.csv:4", "R220")]


def test_two_sections_of_one_key_are_refused_both() -> None:
    one, two = section("s1"), section("s2")
    twins = roster(
        {one: (teacher("t1"), student("ann")), two: (teacher("t1"), student("ann"))},
        tuple(person(key) for key in PEOPLE),
    )
    wishes = wish(twins, school_rules=rules(key="{school_year}.{course.code}"))
    assert wishes.desired == []
    assert [w.section for w in wishes.waiting] == ["s1", "s2"]
    assert "(district.yaml:9) gives it the same key as section s2" in wishes.waiting[0].reason


def test_a_key_with_a_hole_is_refused() -> None:
    wishes = wish(rolls(teacher("t1"), student("ann")), school_rules=rules(key="{section.code}"))
    assert [w.reason for w in wishes.waiting] == [
        "classes.key (district.yaml:9) needs its section.code"
    ]


def test_a_name_that_classroom_would_refuse_waits() -> None:
    titled = section(title="see www.example.org")
    [waits] = wish(rolls(teacher("t1"), student("ann"), of=titled)).waiting
    assert "web address" in waits.reason


def test_rules_for_a_school_that_is_not_there_are_noticed() -> None:
    chosen = policy(schools={"sch1": rules(), "Lincon": rules()})
    read = rolls(teacher("t1"), student("ann"))
    matches = match_people(read, [], domains=("demo.example",), remembered={})
    wishes = desire(Known(Sources(read, chosen, matches, TODAY), {}))
    assert [n.message for n in wishes.notices] == [
        "the policy has rules for school 'Lincon', which the roster doesn't have"
    ]


def several(*titles: str, teachers: str = "t1", of: str = "s") -> Roster:
    """A section for each title; one letter of `teachers` each, or the same."""
    return roster(
        {
            section(f"{of}{number}", title=title): (teacher(who, line=number), student("ann"))
            for number, (title, who) in enumerate(
                zip(titles, teachers.split() * len(titles), strict=False), 2
            )
        },
        tuple(person(key) for key in PEOPLE),
    )


def namesakes(wishes: Wishes) -> list[str]:
    return [n.message for n in wishes.notices if n.code == "M312"]


def test_classes_of_one_teacher_and_one_name_are_pointed_out_once() -> None:
    wishes = wish(several("Algebra", "Art", "ALGEBRA", "algebra", "Music"))
    assert namesakes(wishes) == [
        "sections s2, s4, s5 have one teacher and get one name by classes.name (built-in default)"
    ]
    assert len(wishes.desired) == 5
    many = wish(several(*["Algebra"] * 9))
    assert "sections s2, s3, s4, s5, s6 and 4 more have one teacher" in namesakes(many)[0]


def test_quiet_classes_are_looked_at_too() -> None:
    fresh = wish(several("Algebra", "Algebra"))
    bases = tuple(
        replace(base(alias=w.alias, section=w.section_key), settled=w.digest) for w in fresh.desired
    )
    quiet = wish(several("Algebra", "Algebra"), bases=bases)
    assert (len(quiet.quiet), quiet.desired, namesakes(quiet)) == (2, [], namesakes(fresh))


@pytest.mark.parametrize(
    ("rolls", "school_rules", "told"),
    [
        (several("Algebra", "Algebra", teachers="t1 t2"), rules(), False),
        (several("Algebra", "Algebra"), rules(name="{section.key}"), False),
        (several("Algebra", "Algebra", teachers="t1 t2"), rules(owner="bob@demo.example"), False),
        (several("Algebra", "Algebra"), rules(owner="bob@demo.example"), True),
        (several("Algebra", "Algebra"), rules(key="{school_year}.{course.code}"), False),
    ],
    ids=["two teachers", "two names", "an account owns both", "the same", "one key"],
)
def test_whose_names_are_compared(rolls: Roster, school_rules: SchoolRules, told: bool) -> None:
    assert bool(namesakes(wish(rolls, school_rules=school_rules))) is told


def test_identities_that_the_roster_does_not_have_are_told_with_their_lines() -> None:
    identities = {
        key: Identity(f"{key}@demo.example", f"identities.csv:{line}")
        for line, key in enumerate(["ann", "bad", *(f"gone{n}" for n in range(7))], 2)
    }
    fault = Fault("R206", Place("users.csv", 4), "two rows")
    read = rolls(teacher("t1"), student("ann"), doubtful_people={"bad": fault})
    matches = match_people(read, [], domains=("demo.example",), remembered={})
    chosen = replace(policy(), identities=identities)
    notices = desire(Known(Sources(read, chosen, matches, TODAY), {})).notices
    told = [(n.row, n.message) for n in notices if n.code == "M313"]
    assert told[0] == (
        "identities.csv:4",
        "people.identities has the key gone0, which the roster doesn't have",
    )
    assert len(told) == 6
    assert told[-1] == ("identities.csv:9", "people.identities has 2 more such keys, from here on")


def test_who_may_be_anybody_is_a_stranger() -> None:
    read = rolls(teacher("t1"), student("ann"), student("bob", line=9))
    [want] = wish(read, known=("t1", "ann")).desired
    assert (want.unsure, want.strangers) == (frozenset(), ("enrollments.csv:9",))


SHAKY = [
    pytest.param(
        {"doubtful_sections": {"s1": (Fault("R201", Place("enrollments.csv", 9), "short"),)}},
        id="a-row-of-the-section",
    ),
    pytest.param(
        {"doubtful_people": {"t1": Fault("R201", Place("users.csv", 9), "short")}}, id="a-teacher"
    ),
]


@pytest.mark.parametrize("doubt", SHAKY)
def test_doubt_neither_hands_a_class_over_nor_renames_it(doubt: dict[str, object]) -> None:
    read = rolls(teacher("t1", primary=False), teacher("t2", line=3), student("ann"), **doubt)
    ours = base(fields=Fields("Algebra (T1)", "", ""), owner="t1")
    [want] = wish(read, bases=(ours,)).desired
    assert (want.owner, want.fields) == (user("t1"), ours.fields)


def test_a_class_that_is_there_keeps_what_its_section_lacks_now() -> None:
    """Its owner by the policy is suspended, its name would be refused: seats flow all the same."""
    office = rules(owner="nobody@demo.example")
    ours = base(owner="t1")
    wishes = wish(rolls(teacher("t1"), student("ann")), school_rules=office, bases=(ours,))
    assert wishes.desired[0].owner == user("t1")
    assert list(wishes.desired[0].students) == ["ann"]
    titled = rolls(teacher("t1"), student("ann"), of=section(title="see www.example.org"))
    named = wish(titled, bases=(ours,))
    assert named.desired[0].fields == ours.fields
    assert [n.code for n in (*wishes.notices, *named.notices)] == ["M305", "M306"]


def test_a_section_that_has_lost_its_teacher_keeps_the_texts_made_from_one() -> None:
    named = rules(name="{section.name} – {teacher.family_name}")
    ours = base(fields=Fields("Algebra – Example", "9", ""))
    [want] = wish(rolls(student("ann")), school_rules=named, bases=(ours,)).desired
    assert want.fields == Fields("Algebra – Example", "3", "12")


def test_the_school_year_is_the_last_terms() -> None:
    """So it stays the same when only the spring is still exported."""
    fall = term("fall", start=date(2026, 8, 15), end=date(2026, 12, 20), school_year="2026")
    spring = term("spring", start=date(2027, 1, 5), end=date(2027, 6, 1))
    both = rolls(teacher("t1"), student("ann"), of=section(terms=(fall, spring)))
    only = rolls(teacher("t1"), student("ann"), of=section(terms=(spring,)))
    assert wish(both).desired[0].alias == wish(only).desired[0].alias == ALIAS


def test_every_notice_is_documented() -> None:
    root = Path(__file__).parents[3]
    said = {
        code
        for path in (
            *(root / "policy").glob("*.py"),
            *(root / "policy" / "merge").glob("*.py"),
            *(root / "policy" / "night").glob("*.py"),
        )
        for code in re.findall(r"\bM3\d\d\b", path.read_text(encoding="utf-8"))
    }
    documented = re.findall(
        r"^### (M\d+)$", (root / "docs" / "errors.md").read_text(encoding="utf-8"), re.MULTILINE
    )
    assert sorted(said) == documented
