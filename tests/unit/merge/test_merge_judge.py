"""Many courses become one plan."""

from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest

from building import (
    ALIAS,
    EARLIER,
    NOW,
    NOW_TEXT,
    base,
    head,
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
from policy.merge.absent import Absent
from policy.merge.claims import Claim
from policy.merge.desire import Known, desire
from policy.merge.judge import Evening, judge
from policy.merge.outcome import Compared
from policy.merge.people import AccountFacts, match_people
from policy.merge.plan import (
    Change,
    CourseRef,
    HeldFor,
    Kept,
    Kind,
    Notice,
    Plan,
    PolicySummary,
    RosterSummary,
    StoreMark,
)
from policy.merge.records import Base, Live, State
from policy.merge.wish import Sources
from policy.roster.model import Fault, Place, Roster
from policy.rules.model import Allowance, Limit, SchoolRules

PEOPLE = ("t1", "ann", "bob")
ENDS = "2027-06-01"
UNREAD = Notice("", "every roster was read", "M311")
STRICT = rules(limits={"student.remove": limit(class_=0.5)})


def rolls(*students: str, sections: int = 1, **more: object) -> Roster:
    members = (teacher("t1"), *(student(who, line=n) for n, who in enumerate(students, 3)))
    return roster(
        {section(f"s{n + 1}"): members for n in range(sections)},
        tuple(person(key) for key in PEOPLE),
        **more,
    )


def own(
    *,
    students: tuple[str, ...] = (),
    alias: str = ALIAS,
    kept: dict[str, str] | None = None,
    school: str = "sch1",
    section: str = "s1",
    ends: str = ENDS,
) -> Base:
    """A class of ours whose term is not over, as every night but the first finds it."""
    return base(
        students=students, alias=alias, kept=kept, school=school, section=section, ends=ends
    )


def night(
    rolled: Roster,
    *,
    bases: tuple[Base, ...] = (),
    lives: dict[str, Live] | None = None,
    gone: tuple[str, ...] = (),
    school_rules: SchoolRules | None = None,
    keyed_by: str = "",
    unreadable: dict[str, str] | None = None,
    claims: dict[str, Claim] | None = None,
    absent: tuple[Absent, ...] = (),
    read: tuple[str, ...] = (),
    compared: dict[str, Compared] | None = None,
    is_first_load: bool = False,
    policy_digest: str = "p0",
) -> Plan:
    chosen = replace(policy(school_rules), digest=policy_digest)
    accounts = [AccountFacts(user(key), (user(key).email,), False) for key in PEOPLE]
    matches = match_people(rolled, accounts, domains=("demo.example",), remembered={})
    by_alias = {b.alias: b for b in bases}
    sources = Sources(rolled, chosen, matches, NOW.date())
    evening = Evening(
        bases=by_alias,
        stored=by_alias,
        lives=lives or {},
        unreadable=unreadable or {},
        gone=frozenset(gone),
        heard=(("r1", 4),),
        keyed_by=keyed_by,
        mark=StoreMark("store-1", 7),
        claims=claims or {},
        absent=absent,
        is_first_load=is_first_load,
        read=frozenset(read),
        read_at=NOW_TEXT,
        compared=compared or {},
        reported="2026-09-01T03:00:00+00:00",
        notices=(UNREAD,),
    )
    wishes = desire(Known(sources, {b.alias: head(b) for b in bases}))
    return judge(sources, wishes, evening, now=NOW, plan_id="p1")


def test_a_first_night() -> None:
    judged = night(rolls("ann", "bob"))
    plan = judged
    assert dict(plan.summary()) == {"course.create": 1, "student.add": 2}
    assert (plan.id, plan.created, plan.courses) == ("p1", NOW, 1)
    assert plan.store == StoreMark("store-1", 7)
    assert plan.roster == RosterSummary("roster", "r0", {"sections": 1})
    assert plan.policy == PolicySummary("p0", None, folder="policies")
    assert plan.schools == {"sch1": "Lincoln"}
    assert (plan.settle.keep, plan.settle.forget) == ((), ())
    assert plan.settle.heard == (("r1", 4),)
    assert plan.settle.keyed_by == "demo {school_year}.{section.key}"
    assert set(plan.settle.matches) == set(PEOPLE)
    assert plan.settle.reported == "2026-09-01T03:00:00+00:00"
    assert plan.settle.roster == {"sections": 1}
    assert plan.notices == (UNREAD,)


def test_changes_stand_in_run_order() -> None:
    judged = night(
        rolls("ann", sections=2),
        bases=(own(students=("bob", "x", "y")),),
        lives={ALIAS: live(students=("bob", "x", "y"))},
    )
    kinds = [change.kind for change in judged.changes]
    assert kinds == [
        Kind.COURSE_CREATE,
        Kind.STUDENT_ADD,
        Kind.STUDENT_ADD,
        *[Kind.STUDENT_REMOVE] * 3,
    ]


def unsettled(some: tuple[Base, ...]) -> tuple[Base, ...]:
    return tuple(replace(one, settled="") for one in some)


def test_a_quiet_night_keeps_and_forgets_nothing() -> None:
    there = {ALIAS: live(students=("ann",))}
    first = night(rolls("ann"), bases=(own(students=("ann",)),), lives=there)
    assert first.changes == ()
    assert unsettled(first.settle.keep) == (own(students=("ann",)),)
    assert first.settle.keep[0].settled
    quiet = night(rolls("ann"), bases=first.settle.keep)  # not even looked at
    assert (quiet.changes, quiet.settle.keep, quiet.settle.forget) == ((), (), ())
    assert quiet.courses == 1


SETTLED = night(
    rolls("ann"), bases=(own(students=("ann",)),), lives={ALIAS: live(students=("ann",))}
).settle.keep


SHORT = Fault("R201", Place("users.csv", 9), "short")


@pytest.mark.parametrize(
    ("rolled", "digest"),
    [
        pytest.param(rolls("ann", "bob"), "p0", id="the-roster"),
        pytest.param(rolls("ann"), "p1", id="the-policy"),
        pytest.param(
            rolls("ann", "bob", doubtful_people={"bob": SHORT}), "p0", id="who-is-certain"
        ),
    ],
)
def test_what_changes_in_the_roster_or_the_policy_ends_the_quiet(
    rolled: Roster, digest: str
) -> None:
    judged = night(
        rolled, bases=SETTLED, lives={ALIAS: live(students=("ann",))}, policy_digest=digest
    )
    assert [base.settled != SETTLED[0].settled for base in judged.settle.keep] == [True]


@pytest.mark.parametrize(
    ("students", "there", "slow"),
    [
        pytest.param(("ann", "bob"), live(students=("ann",)), False, id="a-change"),
        pytest.param(("ann",), live(students=("ann", "zoe")), False, id="something-kept"),
        pytest.param(("ann",), live(students=("ann",), state=State.DECLINED), False, id="rests"),
        pytest.param((), live(students=("ann",)), True, id="a-grace-runs"),
    ],
)
def test_a_course_of_which_there_is_something_to_say_is_not_settled(
    students: tuple[str, ...], there: Live, slow: bool
) -> None:
    chosen = rules(grace=timedelta(hours=48 if slow else 0))
    judged = night(
        rolls(*students),
        bases=(replace(SETTLED[0], settled="of another night"),),
        lives={ALIAS: there},
        school_rules=chosen,
    )
    assert [base.settled for base in judged.settle.keep] == [""]


def test_what_has_settled_is_kept_and_what_is_gone_is_forgotten() -> None:
    judged = night(
        rolls("ann", "bob"),
        bases=(own(students=("ann",)), own(alias="d:old")),
        lives={ALIAS: live(students=("ann", "bob"))},
        gone=("d:old",),
    )
    assert judged.changes == ()
    assert unsettled(judged.settle.keep) == (own(students=("ann", "bob")),)
    assert judged.settle.forget == ("d:old",)


def test_a_section_that_left_the_roster_leaves_its_course_alone() -> None:
    judged = night(rolls("ann"), bases=(own(alias="d:rollbook.demo.2027.old"),))
    assert dict(judged.summary()) == {"course.create": 1, "student.add": 1}
    assert judged.settle.forget == ()


def test_limits_hold_and_say_so() -> None:
    judged = night(
        rolls("ann"),
        bases=(own(students=("ann", "x", "y")),),
        lives={ALIAS: live(students=("ann", "x", "y"))},
        school_rules=STRICT,
    )
    assert judged.changes == ()
    [hold] = judged.held
    assert (hold.kind, hold.count, hold.limit) == (Kind.STUDENT_REMOVE, 2, "50%")


def test_a_class_that_a_hand_deleted_makes_no_share_smaller() -> None:
    """Of the class that is there 2 of 3 students would go; of both, 2 of 6."""
    second = "d:rollbook.demo.2027.s2"
    judged = night(
        rolls("ann", sections=2),
        bases=(
            own(students=("ann", "x", "y")),
            own(alias=second, section="s2", students=("p", "q", "r")),
        ),
        lives={ALIAS: live(students=("ann", "x", "y"))},
        school_rules=rules(limits={"student.remove": limit(district=0.5)}),
    )
    assert [(h.reason, h.kind, h.count) for h in judged.held] == [
        (HeldFor.GONE, Kind.COURSE_CREATE, 1),
        (HeldFor.LIMIT, Kind.STUDENT_REMOVE, 2),
    ]


def test_courses_of_a_lost_store_are_one_hold_with_examples() -> None:
    aliases = [f"d:rollbook.demo.2027.s{n + 1}" for n in range(7)]
    judged = night(
        rolls("ann", sections=7),
        lives={alias: live(students=("ann",)) for alias in aliases},
        claims={alias: Claim(HeldFor.ALREADY_THERE, "900") for alias in aliases},
    )
    assert judged.changes == ()
    [hold] = judged.held
    assert (hold.kind, hold.count) == (Kind.COURSE_UPDATE, 7)
    assert [(c.kind, c.field, c.after) for c in hold.changes] == [
        (Kind.COURSE_UPDATE, "alias", alias) for alias in aliases
    ]
    assert hold.why[0].startswith("7 classes are already in Classroom under our aliases")
    assert len(hold.why) == 8
    assert hold.why[6] == "and 2 more"
    assert "another store than the one used before" in hold.why[7]
    assert judged.settle.keep == ()


def test_a_course_gone_by_hand_can_be_let_go() -> None:
    judged = night(rolls("ann"), bases=(own(),))
    assert judged.changes == ()
    freed = judged.with_consent({Kind.COURSE_CREATE: 1})
    assert dict(freed.summary()) == {"course.create": 1, "student.add": 1}
    assert freed.held == ()


def test_doubt_is_held_with_its_row() -> None:
    fault = Fault("R204", Place("enrollments.csv", 9), "9 cells instead of 10")
    judged = night(
        rolls("ann", doubtful_anywhere=(fault,)),
        bases=(own(students=("ann", "x")),),
        lives={ALIAS: live(students=("ann", "x"))},
    )
    [hold] = judged.held
    assert hold.why == (
        "1 seat would go, but whether it should can't be told for certain",
        str(fault),
    )
    assert len(hold.changes) == 1


def test_since_is_remembered_from_the_first_night_that_saw_it() -> None:
    ours = own(students=("ann",))
    judged = night(rolls("ann"), bases=(ours,), lives={ALIAS: live()})
    assert [kept.since for kept in judged.kept] == [NOW_TEXT]
    assert judged.settle.keep == (replace(ours, kept={"student:ann": NOW_TEXT}),)
    again = night(rolls("ann"), bases=judged.settle.keep, lives={ALIAS: live()})
    assert again.settle.keep == ()


def test_a_changed_key_is_held_for_sections_that_have_a_class() -> None:
    old = own(alias="d:rollbook.demo.s1")
    judged = night(
        rolls("ann", sections=2),
        bases=(old,),
        keyed_by="demo {section.key}",
        lives={ALIAS: live()},
        claims={ALIAS: Claim(HeldFor.REKEYED, "900", old)},
    )
    [hold] = judged.held
    assert (hold.reason, hold.kind, hold.count) == (HeldFor.REKEYED, Kind.COURSE_UPDATE, 1)
    assert hold.why[1] == "“Algebra” at Lincoln: course 900 was made for it under the key demo.s1"
    assert [c.section for c in judged.changes] == ["s2", "s2"]
    freed = judged.with_consent({Kind.COURSE_UPDATE: 1})
    assert dict(freed.summary()) == {"course.create": 1, "course.update": 2, "student.add": 2}
    assert judged.settle.keyed_by == ""  # not before they have their new keys


def test_the_same_section_in_another_year_is_a_new_class() -> None:
    old = own(alias="d:rollbook.demo.2026.s1", ends="2026-06-01")
    judged = night(rolls("ann"), bases=(old,), keyed_by="demo {school_year}.{section.key}")
    assert judged.held == ()
    assert dict(judged.summary()) == {"course.create": 1, "student.add": 1}


def test_a_class_that_can_not_be_read_is_held_and_the_others_go_on() -> None:
    night_of_500s = partial(night, unreadable={ALIAS: "500 Internal error"})
    judged = night_of_500s(rolls("ann", sections=2), bases=(own(),))
    [hold] = judged.held
    assert (hold.reason, hold.count, hold.changes) == (HeldFor.UNREADABLE, 1, ())
    assert "500 Internal error" in hold.why[1]
    assert dict(judged.summary()) == {"course.create": 1, "student.add": 1}
    assert judged.settle.keep == (own(kept={"unreadable": NOW_TEXT}),)
    again = night_of_500s(rolls("ann"), bases=(own(kept={"unreadable": EARLIER}),))
    assert again.settle.keep == ()


def test_a_grace_ends_when_the_roster_lists_them_again_though_the_class_can_not_be_read() -> None:
    since = {"student:ann": EARLIER, "student:bob": EARLIER}
    leaving = replace(own(students=("ann", "bob")), leaving=since)
    judged = night(rolls("ann"), bases=(leaving,), unreadable={ALIAS: "500 Internal error"})
    [kept] = judged.settle.keep
    assert kept.leaving == {"student:bob": EARLIER}


def test_limits_count_the_school_that_a_section_is_in_now() -> None:
    judged = night(
        rolls("ann"),
        bases=(own(students=("ann", "x", "y", "z"), school="old"),),
        lives={ALIAS: live(students=("ann", "x", "y", "z"))},
        school_rules=rules(limits={"student.remove": limit(school=0.5)}),
    )
    assert [(h.count, "3 of 4" in h.why[0]) for h in judged.held] == [(3, True)]


# What was read, and what was not.


def test_a_course_that_was_read_is_stamped_and_no_other() -> None:
    second = "d:rollbook.demo.2027.s2"
    quiet = {
        "bases": (own(students=("ann",)), own(students=("ann",), alias=second, section="s2")),
        "lives": {ALIAS: live(students=("ann",)), second: live(students=("ann",))},
    }
    judged = night(rolls("ann", sections=2), read=(ALIAS,), **quiet)  # type: ignore[arg-type]
    assert judged.changes == ()
    assert [(b.alias, b.read) for b in judged.settle.keep] == [(ALIAS, NOW_TEXT), (second, "")]
    assert unsettled(judged.settle.keep[:1]) == (replace(own(students=("ann",)), read=NOW_TEXT),)


def test_what_was_compared_already_is_taken_as_it_is() -> None:
    kept = Kept(CourseRef(ALIAS, "900", "Algebra", "sch1", "Lincoln"), "name", "name", EARLIER, ())
    known = Compared(kept=(kept,), base=own(students=("ann", "bob")))
    judged = night(
        rolls("ann"),
        bases=(own(students=("ann",)),),
        lives={ALIAS: live()},
        compared={ALIAS: known},
    )
    assert judged.changes == ()
    assert judged.kept == (kept,)
    assert judged.settle.keep == (known.base,)


def test_the_grace_and_the_end_of_the_term_are_settled() -> None:
    """A seat that leaves is remembered before anything is written, and so is the term's end."""
    slow = rules(grace=timedelta(hours=48))
    ours = own(students=("ann", "bob"), ends="")
    there = {ALIAS: live(students=("ann", "bob"))}
    judged = night(rolls("ann"), bases=(ours,), lives=there, school_rules=slow)
    assert judged.changes == ()
    [settled] = judged.settle.keep
    record = {"student:bob": NOW_TEXT}
    assert settled == replace(
        ours, ends=ENDS, leaving=record, kept={"leaving:student:bob": NOW_TEXT}
    )


def test_the_state_is_settled() -> None:
    ours = replace(own(students=("ann",)), state=State.PROVISIONED)
    judged = night(rolls("ann"), bases=(ours,), lives={ALIAS: live(students=("ann",))})
    assert unsettled(judged.settle.keep) == (own(students=("ann",)),)


# Courses whose section is not wanted tonight.

GONE_ALIAS = "d:rollbook.demo.2027.s9"


def deserted(*, state: State = State.ACTIVE, ends: str = ENDS, school: str = "sch1") -> Absent:
    ours = own(alias=GONE_ALIAS, section="s9", ends=ends, school=school)
    return Absent(ours, "Chorus", state)


def test_a_class_whose_section_is_gone_in_mid_term_is_told_and_left() -> None:
    one = deserted()
    judged = night(rolls("ann"), bases=(one.base,), absent=(one,))
    assert dict(judged.summary()) == {"course.create": 1, "student.add": 1}
    assert (judged.settle.keep, judged.settle.forget) == ((), ())
    assert judged.notices[1:] == (
        Notice(
            "",
            "1 class has lost its section before the term was over (it left the roster, or the "
            "scope); nobody is taken out, and nothing is changed: “Chorus” (section s9)",
            "M310",
        ),
    )


@pytest.mark.parametrize(
    "one",
    [
        pytest.param(deserted(ends="2026-09-01"), id="its-term-is-over"),
        pytest.param(deserted(state=State.ARCHIVED), id="archived"),
        pytest.param(deserted(state=State.DECLINED), id="declined"),
        pytest.param(
            Absent(own(alias="d:rollbook.oak.2027.s9", section="s9"), "Chorus", State.ACTIVE),
            id="another-districts",
        ),
    ],
)
def test_a_class_that_rests_or_is_over_is_no_news(one: Absent) -> None:
    judged = night(rolls("ann"), bases=(one.base,), absent=(one,))
    assert judged.notices == (UNREAD,)


def test_a_class_that_is_claimed_is_told_by_its_hold() -> None:
    one = deserted()
    judged = night(
        rolls("ann"),
        bases=(one.base,),
        absent=(one,),
        lives={ALIAS: live()},
        claims={ALIAS: Claim(HeldFor.RENUMBERED, "900", one.base, 0.9)},
    )
    assert judged.notices == (UNREAD,)
    assert [hold.reason for hold in judged.held] == [HeldFor.RENUMBERED]


def test_of_many_some_are_named() -> None:
    some = tuple(
        Absent(own(alias=f"d:rollbook.demo.{n}", section=f"s{n}"), f"Class {n}", State.ACTIVE)
        for n in range(5)
    )
    judged = night(rolls("ann"), bases=tuple(a.base for a in some), absent=some)
    assert judged.notices[1].message == (
        "5 classes have lost their section before the term was over (it left the roster, or the "
        "scope); nobody is taken out, and nothing is changed: “Class 0” (section s0), “Class 1” "
        "(section s1), “Class 2” (section s2) and 2 more"
    )


def test_after_the_term_a_class_without_a_section_is_archived() -> None:
    one = deserted(ends="2026-08-15")
    judged = night(
        rolls("ann"),
        bases=(one.base,),
        absent=(one,),
        school_rules=rules(archive_after=timedelta(days=14)),
    )
    assert [c for c in judged.changes if c.kind is Kind.COURSE_ARCHIVE] == [
        Change(
            Kind.COURSE_ARCHIVE,
            CourseRef(GONE_ALIAS, "900", "Chorus", "sch1", "Lincoln"),
            "s9",
            (
                "the terms of section s9 were over on 2026-08-15 (classes.after_term, "
                "built-in default)",
            ),
            field="courseState",
            before="ACTIVE",
            after="ARCHIVED",
        )
    ]


def test_a_school_that_is_gone_is_called_by_its_key() -> None:
    one = deserted(ends="2026-08-15", school="0042")
    judged = night(
        rolls("ann"),
        bases=(one.base,),
        absent=(one,),
        school_rules=rules(archive_after=timedelta(days=14)),
    )
    [change] = [c for c in judged.changes if c.kind is Kind.COURSE_ARCHIVE]
    assert (change.course.school_key, change.course.school) == ("0042", "0042")


# The number of new classes.

FEW = rules(limits={"course.create": Limit(Allowance(count=1), None, None, 0, "d.yaml:9")})


def test_more_new_classes_than_allowed_are_held_with_their_seats() -> None:
    judged = night(rolls("ann", sections=2), school_rules=FEW)
    assert judged.changes == ()
    [hold] = judged.held
    assert (hold.kind, hold.count, len(hold.changes)) == (Kind.COURSE_CREATE, 2, 4)


def test_a_first_load_is_not_held() -> None:
    judged = night(rolls("ann", sections=2), school_rules=FEW, is_first_load=True)
    assert (dict(judged.summary()), judged.held) == ({"course.create": 2, "student.add": 2}, ())
