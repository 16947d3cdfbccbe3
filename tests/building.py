"""Short ways to build the values that tests of merge, run and render begin with."""

from dataclasses import fields as dataclass_fields
from datetime import UTC, date, datetime, timedelta

from policy.merge.plan import (
    Change,
    CourseRef,
    Kind,
    NewCourse,
    Plan,
    PolicySummary,
    RosterSummary,
    StoreMark,
)
from policy.merge.records import Base, Desired, Fields, Head, Live, State, User, Wanted
from policy.merge.setting import Setting
from policy.merge.why import Reasons
from policy.roster.model import (
    Course,
    Membership,
    Person,
    Place,
    Role,
    Roster,
    School,
    Section,
    Source,
    Term,
)
from policy.rules.model import (
    AddedByHand,
    AddStudents,
    Adopt,
    Allowance,
    Classes,
    Combine,
    CoTeachers,
    District,
    Extra,
    FormerOwner,
    Limit,
    Pause,
    Policy,
    RemovedByHand,
    SchoolRules,
    Scope,
    SeatException,
    StartAs,
    Students,
    WhenIncomplete,
)
from policy.rules.sources import FolderSource

NOW = datetime(2026, 9, 1, 4, 0, tzinfo=UTC)
NOW_TEXT = "2026-09-01T04:00:00+00:00"
EARLIER = "2026-08-20T04:00:00+00:00"
ALIAS = "d:rollbook.demo.2027.s1"

ALL = Scope(schools=None, terms=None, grades=None, subjects=None, exclude=())


def rules(
    *,
    scope: Scope = ALL,
    key: str = "{school_year}.{section.key}",
    name: str = "{section.name}",
    protect: tuple[str, ...] = ("name", "section", "room"),
    when_incomplete: WhenIncomplete = WhenIncomplete.WAIT,
    start_as: StartAs = StartAs.PROVISIONED,
    owner: str | None = None,
    co_teachers: bool = True,
    add: AddStudents = AddStudents.AT_ONCE,
    added_by_hand: AddedByHand = AddedByHand.KEEP,
    removed_by_hand: RemovedByHand = RemovedByHand.KEEP,
    limits: dict[str, Limit] | None = None,
    offer_again: timedelta | None = None,
    archive_after: timedelta | None = None,
    adopt: tuple[Adopt, ...] = (),
    combine: tuple[Combine, ...] = (),
    former: FormerOwner = FormerOwner.KEEP,
    at_most: int = 20,
    extra: tuple[Extra, ...] = (),
    teachers_added: AddedByHand = AddedByHand.KEEP,
    teachers_removed: RemovedByHand = RemovedByHand.KEEP,
    grace: timedelta = timedelta(0),
    exceptions: tuple[SeatException, ...] = (),
) -> SchoolRules:
    return SchoolRules(
        classes=Classes(
            scope=scope,
            key=key,
            name=name,
            section="{section.period}",
            room="{section.room}",
            protect=frozenset(protect),
            when_incomplete=when_incomplete,
            start_as=start_as,
            owner=owner,
            offer_again=offer_again,
            archive_after=archive_after,
            adopt=adopt,
            combine=combine,
        ),
        co_teachers=CoTeachers(
            add=co_teachers,
            at_most=at_most,
            former_owner=former,
            extra=extra,
            added_by_hand=teachers_added,
            removed_by_hand=teachers_removed,
        ),
        students=Students(
            add=add,
            added_by_hand=added_by_hand,
            removed_by_hand=removed_by_hand,
            removal_grace=grace,
            exceptions=exceptions,
        ),
        limits=limits or {},
    )


def limit(
    *,
    district: float | None = None,
    school: float | None = None,
    class_: float | None = None,
    at_least: int = 0,
) -> Limit:
    def share(value: float | None) -> Allowance | None:
        return None if value is None else Allowance(share=value)

    return Limit(share(district), share(school), share(class_), at_least, "district.yaml:6")


def policy(
    school_rules: SchoolRules | None = None, *, schools: dict[str, SchoolRules] | None = None
) -> Policy:
    return Policy(
        folder="policies",
        district=District("demo", "Demo District", ("demo.example",), "UTC"),
        sources=(),
        defaults=school_rules or rules(),
        schools=schools or {},
        lines={"classes.key": "district.yaml:9", "classes.owner": "district.yaml:12"},
        school_lines={},
        digest="p0",
        commit=None,
    )


def setting(
    school_rules: SchoolRules | None = None,
    *users: User,
    now: datetime = NOW,
    pause: Pause | None = None,
    vanished: tuple[str, ...] = (),
) -> Setting:
    chosen = school_rules or rules()
    return Setting(
        rules=chosen,
        reasons=Reasons(policy(chosen), "sch1", "Lincoln"),
        names={user.id: user for user in users},
        vanished=frozenset(vanished),
        now=now,
        pause=pause,
    )


def user(key: str) -> User:
    return User(key, f"{key}@demo.example", key.title())


def wanted(*keys: str) -> dict[str, Wanted]:
    return {key: Wanted(user(key), f"sis-{key}", f"enrollments.csv:{key}") for key in keys}


TEXTS = Fields("Algebra", "3", "12")


def base(
    *,
    fields: Fields = TEXTS,
    owner: str = "t1",
    teachers: tuple[str, ...] = ("t1",),
    students: tuple[str, ...] = (),
    kept: dict[str, str] | None = None,
    alias: str = ALIAS,
    school: str = "sch1",
    course_id: str = "900",
    leaving: dict[str, str] | None = None,
    former: tuple[str, ...] = (),
    state: State = State.ACTIVE,
    ends: str = "",
    section: str = "s1",
    read: str = "",
) -> Base:
    return Base(
        alias=alias,
        course_id=course_id,
        section_key=section,
        school_key=school,
        fields=fields,
        owner=owner,
        teachers=frozenset(teachers),
        students=frozenset(students),
        kept=kept or {},
        leaving=leaving or {},
        former=frozenset(former),
        state=state,
        ends=ends,
        read=read,
    )


def head(ours: Base) -> Head:
    """A course of ours without its members."""
    return Head(**{part.name: getattr(ours, part.name) for part in dataclass_fields(Head)})


def desired(
    *,
    fields: Fields = TEXTS,
    owner: str = "t1",
    teachers: tuple[str, ...] = ("t1",),
    students: tuple[str, ...] = (),
    unsure: tuple[str, ...] = (),
    doubts: tuple[str, ...] = (),
    strangers: tuple[str, ...] = (),
    alias: str = ALIAS,
    section: str = "s1",
    school: str = "sch1",
    ends: str = "",
    archive: bool = False,
    kept_out: dict[str, str] | None = None,
) -> Desired:
    return Desired(
        alias=alias,
        section_key=section,
        school_key=school,
        fields=fields,
        owner=user(owner),
        teachers=wanted(*teachers),
        students=wanted(*students),
        row="classes.csv:2",
        unsure=frozenset(unsure),
        doubts=doubts,
        strangers=strangers,
        ends=ends,
        archive=archive,
        kept_out=kept_out or {},
    )


def live(
    *,
    fields: Fields = TEXTS,
    state: State = State.ACTIVE,
    owner: str = "t1",
    teachers: tuple[str, ...] = ("t1",),
    students: tuple[str, ...] = (),
    course_id: str = "900",
) -> Live:
    return Live(course_id, fields, state, owner, frozenset(teachers), frozenset(students))


COURSE = CourseRef(ALIAS, "900", "Algebra", "sch1", "Lincoln")


def removal(who: str, *, course: CourseRef = COURSE, kind: Kind = Kind.STUDENT_REMOVE) -> Change:
    return Change(kind, course, "s1", ("no longer listed",), person=user(who))


def course_ref(alias: str, *, school: str = "sch1", id: str | None = "900") -> CourseRef:
    return CourseRef(alias, id, f"Class {alias}", school, f"School {school}")


def creation(alias: str = ALIAS, *, owner: str = "t1") -> Change:
    new = NewCourse(TEXTS, user(owner), "PROVISIONED")
    return Change(Kind.COURSE_CREATE, course_ref(alias, id=None), "s1", ("in scope",), new=new)


def plan(*changes: Change, revision: int = 0) -> Plan:
    return Plan(
        id="20260901-040000-ab12",
        created=NOW,
        district="demo",
        district_name="Demo District",
        roster=RosterSummary("roster", "r0", {"sections": 1}),
        policy=PolicySummary("p0", None),
        store=StoreMark("store-1", revision),
        changes=changes,
        courses=1,
        schools={"sch1": "Lincoln"},
    )


_YEAR = Term(
    key="y27",
    name="Full year",
    kind="term",
    start=date(2026, 8, 15),
    end=date(2027, 6, 1),
    school_year="2027",
    place=Place("academicSessions.csv", 2),
)
_SCHOOL = School("sch1", "Lincoln", Place("orgs.csv", 2))
_COURSE = Course("c1", "Algebra", "ALG", ("Math",), Place("courses.csv", 2))


def term(
    key: str = "y27",
    *,
    start: date = _YEAR.start,
    end: date = _YEAR.end,
    school_year: str = "2027",
) -> Term:
    return Term(key, key, "term", start, end, school_year, Place("academicSessions.csv", 3))


def person(key: str, *, email: str | None = None, name: str | None = None) -> Person:
    given = name or key.title()
    address = f"{key}@demo.example" if email is None else email
    return Person(key, given, "Example", address, Place("users.csv", 2))


def section(
    key: str = "s1",
    *,
    terms: tuple[Term, ...] = (_YEAR,),
    title: str = "Algebra",
    school: School = _SCHOOL,
) -> Section:
    return Section(
        key=key,
        title=title,
        code="",
        school=school,
        course=_COURSE,
        terms=terms,
        grades=("09",),
        subjects=(),
        periods=("3",),
        room="12",
        kind="scheduled",
        place=Place("classes.csv", 2),
    )


def member(
    who: str,
    role: Role,
    *,
    primary: bool = False,
    begin: date | None = None,
    end: date | None = None,
    line: int = 2,
) -> Membership:
    return Membership(who, role, primary, begin, end, "enrollments.csv", line)


def teacher(who: str, *, primary: bool = True, line: int = 2) -> Membership:
    return member(who, Role.TEACHER, primary=primary, line=line)


def student(who: str, *, line: int = 3) -> Membership:
    return member(who, Role.STUDENT, line=line)


def roster(
    sections: dict[Section, tuple[Membership, ...]],
    people: tuple[Person, ...],
    **more: object,
) -> Roster:
    return Roster(
        source=Source("roster", "r0", {"sections": len(sections)}),
        schools={s.school.key: s.school for s in sections},
        terms={t.key: t for s in sections for t in s.terms},
        courses={_COURSE.key: _COURSE},
        people={p.key: p for p in people},
        sections={s.key: s for s in sections},
        memberships={s.key: members for s, members in sections.items()},
        **more,  # type: ignore[arg-type]
    )


def path_of(policy: Policy) -> str:
    """Where a policy's one source lies, a folder or zip."""
    [source] = policy.sources
    assert isinstance(source.road, FolderSource)
    return source.road.path
