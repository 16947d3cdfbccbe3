"""Many courses become one plan."""

from dataclasses import replace

from building import (
    ALIAS,
    NOW,
    NOW_TEXT,
    base,
    limit,
    live,
    person,
    policy,
    roster,
    rules,
    section,
    student,
    teacher,
    user,
)
from policy.merge.desire import desire
from policy.merge.judge import Evening, judge
from policy.merge.people import AccountFacts, match_people
from policy.merge.plan import HeldFor, Kind, Plan, PolicySummary, RosterSummary, StoreMark
from policy.merge.records import Base, Live
from policy.merge.wish import Sources
from policy.roster.model import Fault, Place, Roster
from policy.rules.model import SchoolRules

PEOPLE = ("t1", "ann", "bob")
STRICT = rules(limits={"student.remove": limit(class_=0.5)})


def rolls(*students: str, sections: int = 1, **more: object) -> Roster:
    members = (teacher("t1"), *(student(who, line=n) for n, who in enumerate(students, 3)))
    return roster(
        {section(f"s{n + 1}"): members for n in range(sections)},
        tuple(person(key) for key in PEOPLE),
        **more,
    )


def night(
    read: Roster,
    *,
    bases: tuple[Base, ...] = (),
    lives: dict[str, Live] | None = None,
    gone: tuple[str, ...] = (),
    school_rules: SchoolRules | None = None,
    keyed_by: str = "",
    unreadable: dict[str, str] | None = None,
) -> Plan:
    chosen = policy(school_rules)
    accounts = [AccountFacts(user(key), (user(key).email,), False) for key in PEOPLE]
    matches = match_people(read, accounts, domains=("demo.example",), remembered={})
    by_alias = {b.alias: b for b in bases}
    sources = Sources(read, chosen, matches, NOW.date())
    evening = Evening(
        bases=by_alias,
        stored=by_alias,
        lives=lives or {},
        unreadable=unreadable or {},
        gone=frozenset(gone),
        heard=(("r1", 4),),
        keyed_by=keyed_by,
        mark=StoreMark("store-1", 7),
    )
    wishes = desire(sources, bases=by_alias)
    return judge(sources, wishes, evening, now=NOW, plan_id="p1")


def test_a_first_night() -> None:
    judged = night(rolls("ann", "bob"))
    plan = judged
    assert dict(plan.summary()) == {"course.create": 1, "student.add": 2}
    assert (plan.id, plan.created, plan.courses) == ("p1", NOW, 1)
    assert plan.store == StoreMark("store-1", 7)
    assert plan.roster == RosterSummary("roster", "r0", {"sections": 1})
    assert plan.policy == PolicySummary("p0", None)
    assert plan.schools == {"sch1": "Lincoln"}
    assert (plan.settle.keep, plan.settle.forget) == ((), ())
    assert plan.settle.heard == (("r1", 4),)
    assert plan.settle.keyed_by == "demo {school_year}.{section.key}"
    assert set(plan.settle.matches) == set(PEOPLE)


def test_changes_stand_in_run_order() -> None:
    judged = night(
        rolls("ann", sections=2),
        bases=(base(students=("bob", "x", "y")),),
        lives={ALIAS: live(students=("bob", "x", "y"))},
    )
    kinds = [change.kind for change in judged.changes]
    assert kinds == [
        Kind.COURSE_CREATE,
        Kind.STUDENT_ADD,
        Kind.STUDENT_ADD,
        *[Kind.STUDENT_REMOVE] * 3,
    ]


def test_a_quiet_night_keeps_and_forgets_nothing() -> None:
    judged = night(
        rolls("ann"), bases=(base(students=("ann",)),), lives={ALIAS: live(students=("ann",))}
    )
    assert (judged.changes, judged.settle.keep, judged.settle.forget) == ((), (), ())


def test_what_has_settled_is_kept_and_what_is_gone_is_forgotten() -> None:
    judged = night(
        rolls("ann", "bob"),
        bases=(base(students=("ann",)), base(alias="d:old")),
        lives={ALIAS: live(students=("ann", "bob"))},
        gone=("d:old",),
    )
    assert judged.changes == ()
    assert judged.settle.keep == (base(students=("ann", "bob")),)
    assert judged.settle.forget == ("d:old",)


def test_a_section_that_left_the_roster_leaves_its_course_alone() -> None:
    judged = night(rolls("ann"), bases=(base(alias="d:rollbook.demo.2027.old"),))
    assert dict(judged.summary()) == {"course.create": 1, "student.add": 1}
    assert judged.settle.forget == ()


def test_limits_hold_and_say_so() -> None:
    judged = night(
        rolls("ann"),
        bases=(base(students=("ann", "x", "y")),),
        lives={ALIAS: live(students=("ann", "x", "y"))},
        school_rules=STRICT,
    )
    assert judged.changes == ()
    [hold] = judged.held
    assert (hold.kind, hold.count, hold.limit) == (Kind.STUDENT_REMOVE, 2, "50%, at least 0")


def test_courses_of_others_are_one_hold_with_examples() -> None:
    aliases = {f"d:rollbook.demo.2027.s{n + 1}": live() for n in range(7)}
    judged = night(rolls("ann", sections=7), lives=aliases)
    [hold] = judged.held
    assert (hold.kind, hold.count, hold.changes) == (Kind.COURSE_CREATE, 7, ())
    assert hold.why[0].startswith("7 classes are already in Classroom under our aliases")
    assert len(hold.why) == 8
    assert hold.why[6] == "and 2 more"
    assert "another store than the one used before" in hold.why[7]


def test_a_course_gone_by_hand_can_be_let_go() -> None:
    judged = night(rolls("ann"), bases=(base(),))
    assert judged.changes == ()
    freed = judged.with_consent({Kind.COURSE_CREATE: 1})
    assert dict(freed.summary()) == {"course.create": 1, "student.add": 1}
    assert freed.held == ()


def test_doubt_is_held_with_its_row() -> None:
    fault = Fault("R204", Place("enrollments.csv", 9), "9 cells instead of 10")
    judged = night(
        rolls("ann", doubtful_anywhere=(fault,)),
        bases=(base(students=("ann", "x")),),
        lives={ALIAS: live(students=("ann", "x"))},
    )
    [hold] = judged.held
    assert hold.why == (
        "1 seat would go, but whether it should can't be told for certain",
        str(fault),
    )
    assert len(hold.changes) == 1


def test_since_is_remembered_from_the_first_night_that_saw_it() -> None:
    ours = base(students=("ann",))
    judged = night(rolls("ann"), bases=(ours,), lives={ALIAS: live()})
    assert [kept.since for kept in judged.kept] == [NOW_TEXT]
    assert judged.settle.keep == (replace(ours, kept={"student:ann": NOW_TEXT}),)
    again = night(rolls("ann"), bases=judged.settle.keep, lives={ALIAS: live()})
    assert again.settle.keep == ()


def test_a_changed_key_is_held_for_sections_that_have_a_class() -> None:
    old = base(alias="d:rollbook.demo.s1")
    judged = night(rolls("ann", sections=2), bases=(old,), keyed_by="demo {section.key}")
    [hold] = judged.held
    assert (hold.reason, hold.kind, hold.count) == (HeldFor.REKEYED, Kind.COURSE_CREATE, 1)
    assert "keys were made from 'demo {section.key}'" in hold.why[1]
    assert [c.section for c in judged.changes] == ["s2", "s2"]
    freed = judged.with_consent({Kind.COURSE_CREATE: 1})
    assert dict(freed.summary()) == {"course.create": 2, "student.add": 2}


def test_the_same_section_in_another_year_is_a_new_class() -> None:
    old = base(alias="d:rollbook.demo.2026.s1")
    judged = night(rolls("ann"), bases=(old,), keyed_by="demo {school_year}.{section.key}")
    assert judged.held == ()
    assert dict(judged.summary()) == {"course.create": 1, "student.add": 1}


def test_a_class_that_can_not_be_read_is_held_and_the_others_go_on() -> None:
    judged = night(
        rolls("ann", sections=2), bases=(base(),), unreadable={ALIAS: "500 Internal error"}
    )
    [hold] = judged.held
    assert (hold.reason, hold.count, hold.changes) == (HeldFor.UNREADABLE, 1, ())
    assert "500 Internal error" in hold.why[1]
    assert dict(judged.summary()) == {"course.create": 1, "student.add": 1}
    assert judged.settle.keep == ()


def test_limits_count_the_school_that_a_section_is_in_now() -> None:
    judged = night(
        rolls("ann"),
        bases=(base(students=("ann", "x", "y", "z"), school="old"),),
        lives={ALIAS: live(students=("ann", "x", "y", "z"))},
        school_rules=rules(limits={"student.remove": limit(school=0.5)}),
    )
    assert [(h.count, "3 of 4" in h.why[0]) for h in judged.held] == [(3, True)]
