"""Two policies on one roster: what differs, and which line makes it differ. One test a rule, and
the whole is held against what `desire` wants under each.
"""

from dataclasses import replace
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from building import (
    ALL,
    base,
    head,
    person,
    policy,
    roster,
    rules,
    section,
    student,
    teacher,
    user,
)
from policy.merge.desire import Known, desire
from policy.merge.people import AccountFacts, match_people
from policy.merge.records import Base, Desired
from policy.merge.versus import Difference, Kind, differences
from policy.merge.wish import Sources
from policy.roster.model import Roster, School, Section
from policy.rules.model import (
    Combine,
    District,
    Extra,
    Keep,
    Matcher,
    Policy,
    SchoolRules,
    SeatException,
    WhenIncomplete,
)

TODAY = date(2026, 9, 1)
PEOPLE = ("t1", "t2", "t3", "coach", "ann", "bob", "cy")
ALGEBRA, LUNCH = section("s1"), section("s2", title="Lunch A")
ROSTER = roster(
    {
        ALGEBRA: (teacher("t1"), teacher("t2", primary=False), student("ann"), student("bob")),
        LUNCH: (teacher("t3"), student("cy")),
    },
    tuple(person(key) for key in PEOPLE),
)
NO_LUNCH = replace(ALL, exclude=(Matcher({"name": ("*lunch*",)}),))
LINES = {
    "classes.key": "new.yaml:1",
    "classes.name": "new.yaml:2",
    "classes.owner": "new.yaml:3",
    "classes.scope.exclude[0]": "new.yaml:4",
    "classes.when_incomplete": "new.yaml:5",
    "classes.after_term": "new.yaml:6",
    "co_teachers.add": "new.yaml:7",
    "co_teachers.at_most": "new.yaml:8",
    "classes.combine": "new.yaml:10",
    "district.domains": "new.yaml:9",
}


def as_policy(chosen: SchoolRules, file: str) -> Policy:
    lines = {field: line.replace("new.yaml", file) for field, line in LINES.items()}
    return replace(policy(chosen), lines=lines)


def known(one: Policy, rolls: Roster, bases: tuple[Base, ...], today: date = TODAY) -> Known:
    accounts = [AccountFacts(user(key), (user(key).email,), False) for key in PEOPLE]
    matches = match_people(rolls, accounts, domains=one.district.domains, remembered={})
    sources = Sources(rolls, one, matches, today)
    return Known(sources, {each.alias: head(each) for each in bases})


def versus(
    old: SchoolRules | Policy,
    new: SchoolRules | Policy,
    rolls: Roster = ROSTER,
    *bases: Base,
    today: date = TODAY,
) -> list[Difference]:
    before = as_policy(old, "old.yaml") if isinstance(old, SchoolRules) else old
    after = as_policy(new, "new.yaml") if isinstance(new, SchoolRules) else new
    return list(differences(known(before, rolls, bases, today), known(after, rolls, bases, today)))


def told(found: list[Difference]) -> list[tuple[str, str, str, str]]:
    """Kind, section, what of it, and the line, "~" before one of the old policy."""
    return [
        (
            one.kind.value,
            one.section.key,
            one.person.key or one.person.email if one.person else one.after,
            "several"
            if one.cause.line is None
            else f"{'~' * one.cause.line.is_old}{one.cause.line.text}",
        )
        for one in found
    ]


def test_the_same_policy_makes_no_difference() -> None:
    assert versus(rules(), rules()) == []


def test_a_section_goes_by_the_new_line_that_leaves_it_out() -> None:
    [gone] = versus(rules(), rules(scope=NO_LUNCH))
    assert told([gone]) == [("section.goes", "s2", "", "new.yaml:4")]
    assert gone.cause.field == "classes.scope.exclude[0]"


def test_a_section_comes_by_the_old_line_that_left_it_out() -> None:
    came = versus(rules(scope=NO_LUNCH), rules())
    assert told(came) == [("section.comes", "s2", "", "~old.yaml:4")]


def test_a_section_that_comes_and_waits_is_told_as_both() -> None:
    rolls = replace(ROSTER, memberships={**ROSTER.memberships, "s2": (teacher("t3"),)})
    came = versus(rules(scope=NO_LUNCH), rules(), rolls)
    assert [one.kind for one in came] == [Kind.COMES, Kind.WAITS]
    assert came[1].after == "it has no student with a Google account"


def test_a_section_waits_or_waits_no_more() -> None:
    rolls = replace(ROSTER, memberships={**ROSTER.memberships, "s2": (teacher("t3"),)})
    wait, create = rules(), rules(when_incomplete=WhenIncomplete.CREATE)
    assert told(versus(wait, create, rolls)) == [("section.ready", "s2", "", "new.yaml:5")]
    [waits] = versus(create, wait, rolls)
    assert (waits.kind, waits.after) == (Kind.WAITS, "it has no student with a Google account")


def test_a_section_that_has_its_class_never_waits() -> None:
    rolls = replace(ROSTER, memberships={**ROSTER.memberships, "s2": (teacher("t3"),)})
    ours = base(alias="d:rollbook.demo.2027.s2", section="s2", owner="t3")
    create = rules(when_incomplete=WhenIncomplete.CREATE)
    assert versus(create, rules(), rolls, ours) == []


def test_another_key_is_told_and_the_class_goes_on() -> None:
    ours = base(alias="d:rollbook.demo.2027.s1")
    found = versus(rules(), rules(key="{section.key}"), ROSTER, ours)
    assert told(found) == [
        ("class.key", "s1", "d:rollbook.demo.s1", "new.yaml:1"),
        ("class.key", "s2", "d:rollbook.demo.s2", "new.yaml:1"),
    ]


def test_a_class_that_is_there_does_not_wait_under_its_new_key() -> None:
    rolls = replace(ROSTER, memberships={**ROSTER.memberships, "s1": (teacher("t1"),)})
    ours = base(alias="d:rollbook.demo.2027.s1")
    found = versus(rules(), rules(key="{section.key}"), rolls, ours)
    assert [one.kind for one in found if one.section is ALGEBRA] == [Kind.KEY]


def test_a_key_of_another_school_may_stand_in_the_way() -> None:
    north = School("n", "North", ALGEBRA.school.place)
    rolls = roster(
        {ALGEBRA: (teacher("t1"), student("ann")), replace(LUNCH, school=north): (teacher("t3"),)},
        tuple(ROSTER.people.values()),
    )
    here = rules(key="{course.name}")
    old = replace(policy(here), schools={"North": rules(when_incomplete=CREATE)})
    new = replace(
        old, schools={"North": rules(key="{course.name}", when_incomplete=CREATE)}, lines=LINES
    )
    found = [(one.section.key, one.kind) for one in versus(old, new, rolls)]
    assert found == [("s1", Kind.WAITS), ("s2", Kind.WAITS), ("s2", Kind.KEY)]


def test_two_sections_with_one_key_wait_for_each_other() -> None:
    found = versus(rules(), rules(key="{course.name}"))
    assert told(found) == [
        ("section.waits", key, "another section would have the same key", "new.yaml:1")
        if kind == "w"
        else ("class.key", key, "d:rollbook.demo.Algebra", "new.yaml:1")
        for key in ("s1", "s2")
        for kind in "wk"
    ]


def test_sections_that_are_one_class_and_apart_again() -> None:
    """What is told is who goes with whom; seats and texts of such a class are not."""
    other = section("s3", title="Algebra B")
    rolls = roster(
        {ALGEBRA: (teacher("t1"), student("ann")), other: (teacher("t1"), student("bob"))},
        tuple(person(key) for key in PEOPLE),
    )
    combining = rules(combine=(Combine(("primary_teacher", "course"), Matcher({}), "new.yaml:10"),))
    found = versus(rules(), combining, rolls)
    assert [(d.kind, d.section.key, d.before, d.after) for d in found] == [
        (Kind.TOGETHER, key, "by itself", "s1, s3") for key in ("s1", "s3")
    ]
    assert {d.cause.line and d.cause.line.text for d in found} == {"new.yaml:10"}
    apart = versus(combining, rules(), rolls)
    assert [(d.kind, d.before, d.after) for d in apart] == [
        (Kind.TOGETHER, "s1, s3", "by itself")
    ] * 2
    renamed = replace(combining, classes=replace(combining.classes, name="{course.name} x"))
    assert [(d.kind, d.section.key) for d in versus(combining, renamed, rolls)] == [
        (Kind.NAME, "s1")
    ]


def test_texts_change_by_their_own_lines() -> None:
    [one, other] = versus(rules(), rules(name="{course.name} {grade}"))
    assert (one.kind, one.before, one.after) == (Kind.NAME, "Algebra", "Algebra 09")
    assert (other.before, other.after) == ("Lunch A", "Algebra 09")
    assert told([one])[0][3] == "new.yaml:2"


def test_an_account_owns_the_classes_and_the_owner_stays_in_it() -> None:
    found = versus(rules(), rules(owner="coach@demo.example"))
    assert told(found) == [
        ("class.owner", "s1", "coach@demo.example", "new.yaml:3"),
        ("class.owner", "s2", "coach@demo.example", "new.yaml:3"),
    ]
    assert [one.former.key for one in found if one.former] == ["t1", "t3"]


def test_co_teachers_come_and_go() -> None:
    without = rules(co_teachers=False)
    assert told(versus(rules(), without)) == [("teacher.remove", "s1", "t2", "new.yaml:7")]
    assert told(versus(without, rules())) == [("teacher.add", "s1", "t2", "new.yaml:7")]


def test_a_number_is_no_reason_to_take_somebody_out() -> None:
    found = versus(rules(), rules(at_most=0))
    assert told(found) == [("teacher.leave", "s1", "t2", "new.yaml:8")]


def test_who_is_named_comes_and_goes_by_the_entrys_line() -> None:
    every = Matcher({"name": ("*",)})
    extra = rules(extra=(Extra(every, ("coach@demo.example",), "x.yaml:7"),))
    named = [("s1", "coach@demo.example", "x.yaml:7"), ("s2", "coach@demo.example", "x.yaml:7")]
    assert told(versus(rules(), extra)) == [("teacher.add", *one) for one in named]
    assert told(versus(extra, rules())) == [
        ("teacher.remove", key, who, f"~{line}") for key, who, line in named
    ]


def test_exceptions_put_in_and_take_out_by_the_entrys_line() -> None:
    algebra = Matcher({"section": ("s1",)})
    out = rules(exceptions=(SeatException("ann@demo.example", algebra, Keep.OUT, "x.yaml:3"),))
    inside = rules(exceptions=(SeatException("cy@demo.example", algebra, Keep.IN, "x.yaml:4"),))
    assert told(versus(rules(), out)) == [("student.remove", "s1", "ann", "x.yaml:3")]
    assert told(versus(out, rules())) == [("student.add", "s1", "ann", "~x.yaml:3")]
    added = [("student.add", "s1", "cy@demo.example", "x.yaml:4")]
    assert told(versus(rules(), inside)) == added


def test_who_is_outside_the_domains_now_is_left_alone() -> None:
    rolls = replace(
        ROSTER, people={**ROSTER.people, "bob": person("bob", email="bob@demo.example")}
    )
    old = as_policy(rules(), "old.yaml")
    new = replace(
        as_policy(rules(), "new.yaml"), district=District("demo", "Demo", ("other.example",), "UTC")
    )
    # Nobody has an account any more: all sections wait. With its class there, seats are left.
    assert [one.kind for one in versus(old, new, rolls)] == [Kind.WAITS, Kind.WAITS]
    ours = base(alias="d:rollbook.demo.2027.s1", owner="t1")
    found = versus(old, new, rolls, ours)
    assert told(found) == [
        ("teacher.leave", "s1", "t2", "new.yaml:9"),
        ("student.leave", "s1", "ann", "new.yaml:9"),
        ("student.leave", "s1", "bob", "new.yaml:9"),
        ("section.waits", "s2", "its primary teacher has no usable Google account "
         "(enrollments.csv:2)", "new.yaml:9"),
    ]  # fmt: skip


def test_a_class_is_archived_some_days_after_its_term() -> None:
    later = rules(archive_after=timedelta(days=14))
    scope = replace(ALL, terms=None)
    found = versus(rules(scope=scope), later, today=date(2027, 7, 1))
    assert {one[0] for one in told(found)} == {"class.archive"}
    assert {one[3] for one in told(found)} == {"new.yaml:6"}


def test_a_released_class_is_not_told() -> None:
    old, new = as_policy(rules(), "old.yaml"), as_policy(rules(name="{grade}"), "new.yaml")
    released = frozenset({"d:rollbook.demo.2027.s1"})
    sides = (replace(known(one, ROSTER, ()), released=released) for one in (old, new))
    assert [one.section.key for one in differences(*sides)] == ["s2"]


def test_a_school_whose_rules_stay_is_not_looked_at() -> None:
    north = School("n", "North", ALGEBRA.school.place)
    rolls = roster(
        {ALGEBRA: ROSTER.memberships["s1"], replace(LUNCH, school=north): (teacher("t3"),)},
        tuple(ROSTER.people.values()),
    )
    new = replace(policy(rules()), schools={"North": rules(name="x", when_incomplete=CREATE)})
    assert [one.section.key for one in versus(policy(rules()), new, rolls)] == ["s2"]


CREATE = WhenIncomplete.CREATE
EVERY = Matcher({"name": ("*a*",)})
some_rules = st.builds(
    rules,
    scope=st.sampled_from((ALL, NO_LUNCH, replace(ALL, schools=("sch1",)))),
    key=st.sampled_from(("{school_year}.{section.key}", "{section.key}", "{course.name}")),
    name=st.sampled_from(("{section.name}", "{teacher.family_name} {grade}", "www.{grade}")),
    when_incomplete=st.sampled_from(WhenIncomplete),
    owner=st.sampled_from((None, "coach@demo.example", "nobody@demo.example")),
    co_teachers=st.booleans(),
    at_most=st.sampled_from((0, 1, 20)),
    extra=st.sampled_from(((), (Extra(EVERY, ("coach@demo.example",), "x:1"),))),
    exceptions=st.sampled_from(
        (
            (),
            (SeatException("ann@demo.example", EVERY, Keep.OUT, "x:2"),),
            (SeatException("cy@demo.example", EVERY, Keep.IN, "x:3"),),
        )
    ),
)
seats = st.lists(
    st.sampled_from(
        (
            teacher("t1"),
            teacher("t2", primary=False),
            teacher("t3"),
            teacher("ann", primary=False),
            teacher("nobody"),
            student("ann"),
            student("bob"),
            student("cy"),
            student("nobody"),
        )
    ),
    max_size=5,
    unique=True,
).map(tuple)


@given(old=some_rules, new=some_rules, one=seats, other=seats, third=seats)
def test_it_tells_just_what_desire_wants_otherwise(
    old: SchoolRules, new: SchoolRules, one: tuple, other: tuple, third: tuple
) -> None:
    far = School("sch2", "Far", ALGEBRA.school.place)
    sections: dict[Section, tuple] = {
        ALGEBRA: one,
        LUNCH: other,
        section("s3", title="Chorus", school=far): third,
    }
    rolls = roster(sections, tuple(person(key) for key in (*PEOPLE, "nobody")))
    found = versus(old, new, rolls)
    before, after = (desire(known(policy(each), rolls, ())) for each in (old, new))
    was, now = ({d.section_key: d for d in wishes.desired} for wishes in (before, after))
    waited, waits = ({w.section for w in wishes.waiting} for wishes in (before, after))

    def keys(kind: Kind) -> set[str]:
        return {each.section.key for each in found if each.kind is kind}

    assert keys(Kind.COMES) == (now.keys() | waits) - (was.keys() | waited)
    assert keys(Kind.GOES) == (was.keys() | waited) - (now.keys() | waits)
    assert keys(Kind.WAITS) == waits - waited
    assert keys(Kind.READY) == now.keys() & waited
    both = was.keys() & now.keys()
    assert keys(Kind.KEY) >= {k for k in both if was[k].alias != now[k].alias}
    assert keys(Kind.NAME) == {k for k in both if was[k].fields.name != now[k].fields.name}
    assert keys(Kind.OWNER) == {k for k in both if was[k].owner != now[k].owner}

    def people(*kinds: Kind) -> set[tuple[str, str]]:
        return {
            (each.section.key, each.person.email)
            for each in found
            if each.kind in kinds and each.person
        }

    def students(of: dict[str, Desired]) -> set[tuple[str, str]]:
        return {(k, w.user.email) for k in both for w in of[k].students.values()}

    assert people(Kind.STUDENT_IN) == students(now) - students(was)
    assert people(Kind.STUDENT_OUT, Kind.STUDENT_LEFT) == students(was) - students(now)

    def staff(of: dict[str, Desired], chosen: SchoolRules) -> set[tuple[str, str]]:
        """Everybody who teaches there, the owner too."""
        return {
            (k, user_id)
            for k in both
            for user_id in {
                *(of[k].teachers if chosen.co_teachers.add else of[k].leading),
                of[k].owner.id,
            }
        }

    ids = {user(key).email: key for key in (*PEOPLE, "nobody")}
    came = {(k, ids[email]) for k, email in people(Kind.TEACHER_IN)}
    gone = {(k, ids[email]) for k, email in people(Kind.TEACHER_OUT, Kind.TEACHER_LEFT)}
    former = {(k, was[k].owner.id) for k in both if was[k].owner != now[k].owner}
    fresh = {(k, now[k].owner.id) for k in both if was[k].owner != now[k].owner}
    assert came == staff(now, new) - staff(was, old) - fresh
    assert gone == staff(was, old) - staff(now, new) - former
    assert all(each.cause.line is None or each.cause.line.text for each in found)
