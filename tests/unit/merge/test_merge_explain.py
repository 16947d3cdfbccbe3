"""Why somebody is in a class or not: every link of the chain, one by one and together."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from building import (
    ALIAS,
    ALL,
    NOW,
    base,
    limit,
    member,
    person,
    policy,
    roster,
    rules,
    section,
    student,
    teacher,
    user,
)
from policy.merge.chain import Memory, Step, Story, Who
from policy.merge.explain import about_person, course_story, seat_story
from policy.merge.judge import Comparing
from policy.merge.outlook import Outlook, Spot
from policy.merge.people import AccountFacts, match_people
from policy.merge.plan import Kind
from policy.merge.records import Base, Fields, Remembered, State
from policy.merge.wish import Sources
from policy.merge.written import Written
from policy.roster.model import Fault, FaultLevel, Place, Role, Roster, Section
from policy.rules.model import (
    AddStudents,
    Extra,
    Keep,
    Matcher,
    SchoolRules,
    Scope,
    SeatException,
)

AT = datetime(2026, 9, 1, 4, 12, 9, tzinfo=UTC)
SECTION = section()
MEMBERS = (teacher("t1"), student("ann", line=77), student("bob", line=78))
PEOPLE = ("t1", "t2", "ann", "bob")
ROLLS = roster({SECTION: MEMBERS}, tuple(person(key) for key in ("t1", "ann", "bob")))
OURS = base(
    fields=Fields("Algebra", "3", "12"),
    students=("ann", "bob"),
    state=State.ACTIVE,
    ends="2027-06-01",
)
ANN = Who("Ann", "ann", ("ann",))
EVERYTHING = Matcher({})


def memory(
    ours: Base | None = OURS, writes: Sequence[Written] = (), released: tuple[str, ...] = ()
) -> Memory:
    return Memory(
        bases={ours.alias: ours} if ours else {},
        written=lambda alias: [write for write in writes if write.alias == alias],
        plans={"r1": "p1"},
        released=frozenset(released),
        names={key: user(key) for key in PEOPLE},
    )


def outlook(
    known: Memory,
    rolls: Roster = ROLLS,
    school_rules: SchoolRules | None = None,
    *,
    today: date = date(2026, 9, 1),
) -> Outlook:
    accounts = [AccountFacts(user(key), (user(key).email,), False) for key in PEOPLE]
    before = {key: Remembered(key, f"{key}@demo.example") for key in PEOPLE}
    matches = match_people(rolls, accounts, domains=("demo.example",), remembered=before)
    chosen = policy(school_rules)
    sources = Sources(rolls, chosen, matches, today)
    comparing = Comparing(sources, {"sch1": "Lincoln"}, NOW)
    return Outlook(
        sources,
        known.bases,
        heads={alias: base.head for alias, base in known.bases.items()},
        released=known.released,
        comparing=comparing,
        is_first_load=False,
    )


def of_seat(
    who: Who = ANN,
    rolls: Roster = ROLLS,
    school_rules: SchoolRules | None = None,
    at: Section = SECTION,
    **known: Any,
) -> Story:
    mind = memory(**known)
    view = outlook(mind, rolls, school_rules)
    return seat_story(who, view.at_section(at), mind, view)


def of_course(
    rolls: Roster = ROLLS, school_rules: SchoolRules | None = None, **known: Any
) -> Story:
    mind = memory(**known)
    view = outlook(mind, rolls, school_rules)
    return course_story(view.at_section(SECTION), mind, view)


def words(story: Story, topic: str) -> list[str]:
    return [step.words for step in story.steps if step.topic == topic]


def wrote(
    kind: Kind, who: str = "", *, state: str = "done", minutes: int = 0, **facts: Any
) -> Written:
    return Written(
        run_id="r1",
        number=minutes,
        alias=facts.pop("alias", ALIAS),
        kind=kind,
        state=state,
        at=AT + timedelta(minutes=minutes),
        section="s1",
        school_key="sch1",
        user=who,
        why=facts.pop("why", ("enrollments.csv:77 lists them in section s1",)),
        **facts,
    )


def lists(*keys: str) -> Roster:
    rows = tuple(m for m in MEMBERS if m.person in ("t1", *keys))
    return roster({SECTION: rows}, tuple(person(key) for key in ("t1", *keys)))


def test_the_whole_chain_of_a_seat() -> None:
    story = of_seat(writes=[wrote(Kind.STUDENT_ADD, "ann")])
    assert story == Story(
        title="“Algebra”",
        verdict="they are its student",
        steps=(
            Step("roster", "enrollments.csv:77 lists them in section s1 as student"),
            Step("policy", "section s1 is in scope"),
            Step(
                "write",
                "student.add, done 2026-09-01 04:12:09 UTC (run r1, plan p1); because "
                "enrollments.csv:77 lists them in section s1",
            ),
        ),
        alias=ALIAS,
        course_id="900",
        section="s1",
    )


@pytest.mark.parametrize(
    ("write", "told"),
    [
        pytest.param(
            wrote(Kind.STUDENT_ADD, "ann", state="refused", reason="@CourseMemberLimitReached"),
            "student.add, refused by Google 2026-09-01 04:12:09 UTC: @CourseMemberLimitReached",
            id="refused",
        ),
        pytest.param(
            wrote(Kind.STUDENT_ADD, "ann", state="later", reason="@CannotDirectAddUser"),
            "student.add, put off 2026-09-01 04:12:09 UTC, a later run tries again: "
            "@CannotDirectAddUser",
            id="put off",
        ),
        pytest.param(
            wrote(Kind.STUDENT_ADD, "ann", state="sent"),
            "student.add, sent 2026-09-01 04:12:09 UTC, and no answer so far: the next sync finds "
            "out",
            id="open",
        ),
        pytest.param(
            wrote(Kind.STUDENT_ADD, "ann", state="heard"),
            "student.add, sent 2026-09-01 04:12:09 UTC without an answer, and found out since",
            id="found out",
        ),
        pytest.param(
            wrote(Kind.COURSE_OWNER, "t2", before="ann", after="t2"),
            "course.owner (ann@demo.example to t2@demo.example), done 2026-09-01 04:12:09 UTC",
            id="the owner of before",
        ),
        pytest.param(
            wrote(Kind.COURSE_OWNER, "ann", before="t9", after="ann"),
            "course.owner (user t9 to ann@demo.example), done 2026-09-01 04:12:09 UTC",
            id="from somebody unknown",
        ),
    ],
)
def test_a_write_and_what_became_of_it(write: Written, told: str) -> None:
    bob_too = wrote(Kind.STUDENT_ADD, "bob")
    because = "; because enrollments.csv:77 lists them in section s1"
    assert words(of_seat(writes=[write, bob_too]), "write") == [
        f"{told} (run r1, plan p1){because}"
    ]


def test_writes_under_the_alias_that_it_had_before_are_told_too() -> None:
    old = wrote(Kind.STUDENT_ADD, "ann", alias="d:old")
    moved = wrote(Kind.COURSE_UPDATE, minutes=1, field="alias", before="d:old", after=ALIAS)
    told = of_course(writes=[old, moved])
    change, seats = words(told, "write")
    assert change.startswith(f"course.update (alias: 'd:old' to '{ALIAS}'), done 2026-09-01")
    assert seats == "1 student.add done, the newest 2026-09-01 04:12:09 UTC"
    assert words(of_seat(writes=[old, moved]), "write")[0].startswith("student.add, done")


def test_of_many_writes_the_newest_are_told() -> None:
    kinds = [Kind.STUDENT_ADD, Kind.STUDENT_REMOVE] * 5
    writes = [wrote(kind, "ann", minutes=number) for number, kind in enumerate(kinds)]
    told = words(of_seat(writes=writes), "write")
    assert (len(told), told[0]) == (7, "4 older ones: rollbook history tells them")
    assert "04:21:09" in told[-1]


def test_a_seat_that_no_run_has_made() -> None:
    assert words(of_seat(), "write") == [
        "none: they were in it when Rollbook first looked, and count as ours"
    ]


SINCE = "2026-08-20T04:00:00+00:00"
STANDING = {
    "owner": (Who("", "t1", ("t1",)), OURS, "they own it"),
    "owner-by-hand": (
        Who("", "t1", ("t1",)),
        replace(OURS, kept={"owner": SINCE}),
        "it was handed on by hand",
    ),
    "student": (ANN, OURS, "they are its student"),
    "taken-out": (
        ANN,
        replace(OURS, kept={"student:ann": SINCE}),
        "they were taken out by hand",
    ),
    "put-in": (
        Who("", "t2", ()),
        replace(OURS, kept={"teacher:t2": SINCE}),
        "they are in it as a teacher, put in by hand",
    ),
    "former-owner": (
        Who("", "t2", ()),
        replace(OURS, former=frozenset({"t2"})),
        "they are its teacher, and owned it before",
    ),
    "other-role": (
        Who("", "t2", ()),
        replace(OURS, kept={"other:teacher:t2": SINCE}),
        "they are in it in another role, by hand",
    ),
    "not-in-it": (Who("", "t2", ()), OURS, "they are not in it"),
    "no-account": (Who("", "", ("new",)), OURS, "they are not in it"),
    "no-class": (ANN, None, "there is no class of ours"),
}


@pytest.mark.parametrize(("who", "ours", "verdict"), STANDING.values(), ids=STANDING)
def test_how_they_stand(who: Who, ours: Base | None, verdict: str) -> None:
    assert of_seat(who, ours=ours).verdict == verdict


@pytest.mark.parametrize(
    ("who", "kept", "told"),
    [
        (
            "ann",
            {"student:ann": SINCE},
            "removed in Classroom, first seen 2026-08-20 04:00: stays so "
            "(students.removed_by_hand, built-in default)",
        ),
        (
            "t2",
            {"teacher:t2": SINCE, "student:bob": SINCE},
            "added in Classroom, first seen 2026-08-20 04:00: stays so "
            "(co_teachers.added_by_hand, built-in default)",
        ),
        (
            "bob",
            {"state": SINCE},
            "its state was changed, first seen 2026-08-20 04:00: nothing in it is changed while "
            "that is so",
        ),
    ],
    ids=["removed", "added", "state"],
)
def test_what_a_hand_did_to_a_seat(who: str, kept: dict[str, str], told: str) -> None:
    story = of_seat(Who("", who, ()), ours=replace(OURS, kept=kept))
    assert words(story, "by hand") == [told]


def test_what_hands_did_to_a_class() -> None:
    kept = {"name": SINCE, "student:ann": SINCE, "teacher:t2": SINCE, "leaving:student:bob": SINCE}
    assert words(of_course(ours=replace(OURS, kept=kept)), "by hand") == [
        "another name in Classroom, first seen 2026-08-20 04:00: stays so",
        "student ann@demo.example removed in Classroom, first seen 2026-08-20 04:00",
        "teacher t2@demo.example added in Classroom, first seen 2026-08-20 04:00",
    ]


def test_somebody_whom_the_roster_lists_no_more() -> None:
    story = of_seat(rolls=lists("bob"))
    assert words(story, "roster") == ["no row lists them in section s1 (classes.csv:2)"]
    assert words(story, "next") == [
        "the next sync does student.remove ann@demo.example: the roster no longer lists them in "
        "section s1 (classes.csv:2)"
    ]


def test_a_removal_in_its_grace() -> None:
    chosen = rules()
    chosen = replace(chosen, students=replace(chosen.students, removal_grace=timedelta(hours=48)))
    since = (NOW - timedelta(hours=24)).isoformat()
    story = of_seat(
        rolls=lists("bob"), school_rules=chosen, ours=replace(OURS, leaving={"student:ann": since})
    )
    assert words(story, "roster")[1] == "no row has listed them since 2026-08-31 04:00"
    assert words(story, "next") == [
        "student until the grace is over: the roster no longer lists them in section s1 "
        "(classes.csv:2): the seat goes after 2026-09-02 04:00 (students.removal_grace, "
        "built-in default)"
    ]


def test_a_removal_that_a_limit_holds() -> None:
    chosen = rules(limits={"student.remove": limit(district=0.2)})
    story = of_seat(rolls=lists("bob"), school_rules=chosen)
    assert words(story, "next") == [
        "student.remove ann@demo.example is held back: 1 of 2 student seats in the district would "
        "go (50.0%); the limit is 20% (district.yaml:6); --allow student.remove=1 lets it go"
    ]


def test_a_removal_in_doubt() -> None:
    fault = Fault("R204", Place("enrollments.csv", 9), "too short", FaultLevel.LEFT_OUT)
    story = of_seat(rolls=replace(lists("bob"), doubtful_sections={"s1": (fault,)}))
    assert words(story, "roster")[1] == (
        "a faulty row may be about them: enrollments.csv:9  too short  [R204]"
    )
    [told] = words(story, "next")
    assert told.startswith("student.remove is held back: ")


def test_a_row_that_does_not_hold_yet() -> None:
    later = member("ann", Role.STUDENT, begin=date(2026, 10, 1), line=77)
    rolls = roster({SECTION: (teacher("t1"), later)}, (person("t1"), person("ann")))
    assert words(of_seat(rolls=rolls, ours=None), "roster") == [
        "enrollments.csv:77 lists them in section s1 as student, from 2026-10-01: not now"
    ]


def test_somebody_who_comes_with_the_next_sync() -> None:
    story = of_seat(ours=replace(OURS, students=frozenset({"bob"})))
    assert words(story, "next") == [
        "the next sync does student.add ann@demo.example: enrollments.csv:77 lists them in section "
        "s1"
    ]


OUT_OF_SCOPE = {
    "terms": (
        replace(ALL, terms=("Fall*",)),
        "classes.scope.terms: Fall* (built-in default); its term is Full year, 2026-08-15 to "
        "2027-06-01",
    ),
    "schools": (
        replace(ALL, schools=("Jefferson",)),
        "classes.scope.schools: Jefferson (built-in default); it is at Lincoln, key sch1",
    ),
    "grades": (
        replace(ALL, grades=("10", "11")),
        "classes.scope.grades: 10, 11 (built-in default); its grades are 09",
    ),
    "subjects": (
        replace(ALL, subjects=("Art",)),
        "classes.scope.subjects: Art (built-in default); its subjects are not said",
    ),
    "exclude": (
        replace(ALL, exclude=(EVERYTHING,)),
        "classes.scope.exclude[0] (built-in default)",
    ),
}


@pytest.mark.parametrize(("scope", "told"), OUT_OF_SCOPE.values(), ids=OUT_OF_SCOPE)
def test_a_section_out_of_scope(scope: Scope, told: str) -> None:
    story = of_seat(school_rules=rules(scope=scope), ours=None)
    assert words(story, "policy") == [f"section s1 is out of scope by {told}"]
    assert words(story, "next") == []


def test_the_fields_that_a_section_is_in_scope_by() -> None:
    scope = replace(ALL, schools=("Lincoln",), terms=())
    assert words(of_course(school_rules=rules(scope=scope)), "policy") == [
        "section s1 is in scope: classes.scope.schools: Lincoln (built-in default), "
        "classes.scope.terms: current (built-in default)"
    ]


def test_a_section_that_waits_and_one_that_comes() -> None:
    nobody = roster({SECTION: (student("ann"),)}, (person("ann"),))
    assert words(of_course(rolls=nobody, ours=None), "policy")[1] == (
        "section s1 waits for its class: it has no teacher"
    )
    assert words(of_course(ours=None), "next") == [
        "the next sync makes the class, unless Classroom has one just like it"
    ]


def test_a_class_that_was_released() -> None:
    story = of_seat(ours=None, released=(ALIAS,))
    assert story.verdict == "the class is released"
    assert words(story, "policy")[0] == (
        f"its class is released: rollbook release {ALIAS} --undo takes it back"
    )


RULES = {
    "after-accept": (
        rules(add=AddStudents.AFTER_ACCEPT),
        ANN,
        "students come in once the class is accepted: students.add: after_accept (built-in "
        "default)",
    ),
    "no-co-teachers": (
        rules(co_teachers=False),
        Who("", "t2", ("t2",)),
        "co-teachers are not added: co_teachers.add: false (built-in default)",
    ),
    "owner": (rules(), Who("", "t1", ("t1",)), "they are to own the class (classes.csv:2)"),
}


@pytest.mark.parametrize(("chosen", "who", "told"), RULES.values(), ids=RULES)
def test_what_the_policy_says_of_a_seat(chosen: SchoolRules, who: Who, told: str) -> None:
    members = (*MEMBERS, teacher("t2", primary=False))
    rolls = roster({SECTION: members}, tuple(person(key) for key in PEOPLE))
    assert told in words(of_seat(who, rolls, chosen), "policy")


def test_who_is_put_in_and_kept_out_by_the_policy() -> None:
    chosen = rules()
    extra = Extra(EVERYTHING, ("t2@demo.example",), "district.yaml:30")
    out = SeatException("ann@demo.example", EVERYTHING, Keep.OUT, "district.yaml:40")
    chosen = replace(
        chosen,
        co_teachers=replace(chosen.co_teachers, extra=(extra,)),
        students=replace(chosen.students, exceptions=(out,)),
    )
    assert words(of_seat(Who("", "t2", ()), school_rules=chosen), "policy")[1:] == [
        "it puts them into the class itself (district.yaml:30)"
    ]
    assert words(of_seat(school_rules=chosen), "policy")[1:] == [
        "students.exceptions keeps them out (district.yaml:40)"
    ]


def test_somebody_whose_account_is_not_certain() -> None:
    rolls = roster({SECTION: MEMBERS}, (person("t1"), person("ann", email="x@demo.example")))
    assert words(of_seat(rolls=rolls), "policy")[1:] == [
        "who they are is not certain now: their seat is left as it is"
    ]


def test_a_class_as_a_whole() -> None:
    made = wrote(Kind.COURSE_CREATE, "t1", why=("section s1 is in scope (classes.csv:2)",))
    seats = [wrote(Kind.STUDENT_ADD, who, minutes=1) for who in ("ann", "bob")]
    story = of_course(writes=[made, *seats])
    assert story.verdict == "course 900, owner t1@demo.example, 1 teacher and 2 students of ours"
    assert [(step.topic, step.words) for step in story.steps] == [
        (
            "roster",
            "classes.csv:2 is section s1 at Lincoln, Full year, 2026-08-15 to 2027-06-01 (drop "
            "roster, r0)",
        ),
        ("policy", "section s1 is in scope"),
        (
            "write",
            "course.create, done 2026-09-01 04:12:09 UTC (run r1, plan p1); because section s1 is "
            "in scope (classes.csv:2)",
        ),
        ("write", "2 student.add done, the newest 2026-09-01 04:13:09 UTC"),
        ("next", "nothing to do, by what is known"),
    ]


def test_a_text_that_a_hand_has_changed_is_not_said_to_be_written() -> None:
    ours = replace(OURS, fields=Fields("Maths", "3", "12"))
    told = "the next sync does course.update: was 'Maths', the roster and the policy now make it"
    assert words(of_course(ours=ours), "next")[0].startswith(told)
    kept = replace(ours, kept={"name": SINCE})
    assert words(of_course(ours=kept), "next") == ["nothing to do, by what is known"]


def test_a_class_whose_section_has_gone() -> None:
    mind = memory()
    people = tuple(person(key) for key in PEOPLE)
    view = outlook(mind, roster({section("s2"): MEMBERS}, people))
    assert list(view.sections_under(ALIAS)) == []
    story = course_story(Spot("Algebra", ALIAS, base=OURS), mind, view)
    assert words(story, "roster") == [
        "there is no section s1 any more: its class stays as it is",
    ]


def test_without_a_policy_the_store_is_asked_alone() -> None:
    mind = memory(writes=[wrote(Kind.STUDENT_ADD, "ann")])
    view = outlook(mind)
    spot = replace(view.at_section(SECTION), section=None, verdict=None, desired=None)
    assert {step.topic for step in seat_story(ANN, spot, mind, None).steps} == {"write"}
    assert {step.topic for step in course_story(spot, mind, None).steps} == {"write"}
    assert list(about_person(ANN, None)) == []


ABOUT = {
    "known": (
        ROLLS,
        ANN,
        [
            ("roster", "users.csv:2 is Ann Example, ann@demo.example, key ann (drop roster, r0)"),
            ("account", "ann@demo.example is Google's user ann"),
        ],
    ),
    "unmatched": (
        roster({SECTION: MEMBERS}, (person("ann", email=""),)),
        ANN,
        [
            ("roster", "users.csv:2 is Ann Example, no e-mail, key ann (drop roster, r0)"),
            ("account", "the SIS has no e-mail for them"),
        ],
    ),
    "gone": (
        ROLLS,
        Who("", "cat", ("cat",)),
        [("roster", "nobody has the key cat any more (drop roster, r0)")],
    ),
    "no key": (
        ROLLS,
        Who("", "t2", ()),
        [("roster", "nobody in it leads to this account (drop roster, r0)")],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("rolls", "who", "told"), ABOUT.values(), ids=ABOUT)
def test_about_a_person(rolls: Roster, who: Who, told: list[tuple[str, str]]) -> None:
    steps = about_person(who, outlook(memory(), rolls))
    assert [(step.topic, step.words) for step in steps] == told


def test_about_somebody_whose_row_is_faulty() -> None:
    fault = Fault("R205", Place("users.csv", 7), "enabledUser is neither true nor false")
    rolls = replace(lists("bob"), doubtful_people={"ann": fault})
    steps = list(about_person(ANN, outlook(memory(), rolls)))
    assert steps == [Step("roster", f"their row is faulty: {fault}")]
