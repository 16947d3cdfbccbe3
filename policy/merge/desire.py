"""What the district wants: roster x policy x who-is-who -> one Desired course a section."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from policy.merge.people import Matches
from policy.merge.plan import Notice, Unmatched, Waiting
from policy.merge.records import Base, Desired, Fields, User, Wanted
from policy.roster.model import Membership, Role, Roster, Section, Term
from policy.rules.model import Policy, SchoolRules, WhenIncomplete
from policy.rules.naming import alias, missing_values, name_problem, render_key, texts
from policy.rules.scope import SectionFacts, TermFacts, judge_scope


@dataclass(frozen=True, slots=True)
class Wishes:
    """All that is wanted tonight, and what could not be wanted."""

    desired: Sequence[Desired]
    waiting: Sequence[Waiting]
    unmatched: Sequence[Unmatched]
    notices: Sequence[Notice]
    schools: Mapping[str, str]  # key -> name, of sections in scope


@dataclass(slots=True)
class _Night:
    """What one pass over the sections gathers. Local to `desire`."""

    roster: Roster
    policy: Policy
    matches: Matches
    bases: Mapping[str, Base]
    today: date
    desired: list[Desired] = field(default_factory=list)
    waiting: list[Waiting] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    missing: dict[str, list[tuple[str, int]]] = field(default_factory=dict)
    schools: dict[str, str] = field(default_factory=dict)
    outside: Counter[str] = field(default_factory=Counter)  # by the policy's field that decided


def desire(
    roster: Roster,
    policy: Policy,
    matches: Matches,
    *,
    bases: Mapping[str, Base],
    today: date,
) -> Wishes:
    """Walk the sections in the file's order. `bases` is by alias: a section with several primary
    teachers, or none, stays with the one who already owns its course."""
    night = _Night(roster, policy, matches, bases, today)
    for section in roster.sections.values():
        _want_section(section, night)
    _refuse_twins(night)
    _note_unknown_schools(night)
    _note_empty_scope(night)
    return Wishes(
        desired=night.desired,
        waiting=night.waiting,
        unmatched=list(_unmatched(night)),
        notices=[
            *(
                Notice(str(f.place), f"{f.message} ({f.level.value})", f.code)
                for f in roster.faults
            ),
            *night.notices,
        ],
        schools=night.schools,
    )


def _want_section(section: Section, night: _Night) -> None:
    """One section: in scope? who is in it? complete? then it is wanted."""
    rules = night.policy.rules_of(section.school.key, section.school.name)
    members = _in_effect(section, night)
    facts = _facts(section, members, night)
    verdict = judge_scope(facts, rules.classes.scope, night.today)
    if not verdict.inside:
        night.outside[verdict.field] += 1
        return
    night.schools.setdefault(section.school.key, section.school.name)
    key = render_key(rules.classes.key, facts)
    fields, problem = _texts(facts, rules)
    if key is None or problem is not None:
        _wait(section, problem or _no_key(rules, facts, night), night)
        return
    name = alias(night.policy.district.id, key)
    teachers, students = _seat(section, members, night)
    base = night.bases.get(name)
    owner = _owner(section, members, rules, base, night)
    lacks = owner if isinstance(owner, str) else _lacks(teachers, students, rules, base)
    if lacks is not None:
        _wait(section, lacks, night)
    elif isinstance(owner, User):
        night.desired.append(
            Desired(
                alias=name,
                section_key=section.key,
                school_key=section.school.key,
                fields=fields,
                owner=owner,
                teachers=teachers,
                students=students,
                row=str(section.place),
                unsure=_unsure(members, night),
                doubts=_doubts(section, night),
            )
        )


def _in_effect(section: Section, night: _Night) -> Sequence[Membership]:
    """The memberships that hold on the day: today, or the nearest day of the section's terms
    (in a term that has yet to start, those who start with it are in)."""
    day = _day(section.terms, night.today)
    return [
        m
        for m in night.roster.memberships.get(section.key, ())
        if (m.begin is None or m.begin <= day) and (m.end is None or day < m.end)
    ]


def _day(terms: Sequence[Term], today: date) -> date:
    """`today` if a term holds then; else the first day of the next one; else the last day."""
    if any(term.start <= today < term.end for term in terms):
        return today
    ahead = [term.start for term in terms if term.start > today]
    if ahead:
        return min(ahead)
    return max(term.end for term in terms) - timedelta(days=1)


def _facts(section: Section, members: Sequence[Membership], night: _Night) -> SectionFacts:
    """What scope and names are made from. The teacher that names a class is the first primary
    one of the file, else the first one."""
    teachers = [m for m in members if m.role is Role.TEACHER]
    people = [
        night.roster.people[m.person]
        for m in sorted(teachers, key=lambda m: not m.primary)
        if m.person in night.roster.people
    ]
    return SectionFacts(
        school_key=section.school.key,
        school_name=section.school.name,
        grades=section.grades,
        subjects=section.subjects or section.course.subjects,
        course_title=section.course.title,
        course_code=section.course.code,
        section_key=section.key,
        section_title=section.title,
        section_code=section.code,
        terms=tuple(
            TermFacts(key=t.key, name=t.name, start=t.start, end=t.end) for t in section.terms
        ),
        periods=section.periods,
        room=section.room,
        school_year=section.terms[0].school_year,
        teacher_names=tuple(p.name for p in people),
        teacher_family_names=tuple(p.family_name for p in people),
        teacher_emails=tuple(p.email.casefold() for p in people),
    )


def _seat(
    section: Section, members: Sequence[Membership], night: _Night
) -> tuple[dict[str, Wanted], dict[str, Wanted]]:
    """Desired seats by user id. Who is teacher and student of one section is its teacher."""
    seats: dict[Role, dict[str, Wanted]] = {Role.TEACHER: {}, Role.STUDENT: {}}
    for member in members:
        user = night.matches.users.get(member.person)
        if user is None:
            night.missing.setdefault(member.person, []).append((section.key, member.line))
            continue
        row = f"{night.roster.memberships_file}:{member.line}"
        seats[member.role].setdefault(user.id, Wanted(user, member.person, row))
    teachers, students = seats[Role.TEACHER], seats[Role.STUDENT]
    for user_id in sorted(teachers.keys() & students.keys()):
        both = students.pop(user_id)
        words = (
            f"somebody is teacher and student of section {section.key} "
            f"({teachers[user_id].row} and here): in Classroom they are its teacher"
        )
        night.notices.append(Notice(both.row, words, "M301"))
    return teachers, students


def _owner(
    section: Section,
    members: Sequence[Membership],
    rules: SchoolRules,
    base: Base | None,
    night: _Night,
) -> User | str:
    """Who owns the course, or why nobody can."""
    if rules.classes.owner is not None:
        return _account_owner(section, rules.classes.owner, night)
    teachers = [m for m in members if m.role is Role.TEACHER]
    primaries = [m for m in teachers if m.primary]
    matched = [
        night.matches.users[m.person]
        for m in (primaries or teachers)
        if m.person in night.matches.users
    ]
    distinct = {m.person for m in primaries}
    if len(distinct) != 1 and teachers:
        _note_primaries(section, len(distinct), night)
    if base is not None:
        current = next((user for user in matched if user.id == base.owner), None)
        if not matched or (current and len(distinct) != 1):
            return current or night.matches.accounts.get(base.owner) or User(base.owner, "", "")
    if matched:
        return matched[0]
    return _no_owner(teachers, primaries, rules, night)


def _account_owner(section: Section, email: str, night: _Night) -> User | str:
    found = night.matches.by_email.get(email.casefold())
    if found is not None and not found.suspended:
        return found.user
    line = night.policy.line_of("classes.owner", section.school.key, section.school.name)
    return f"its owner by the policy, {email} ({line}), has no usable Google account"


def _note_primaries(section: Section, count: int, night: _Night) -> None:
    how_many = f"{count} primary teachers" if count else "no primary teacher"
    words = (
        f"section {section.key} has {how_many}: the one who already owns its class, else the "
        "first in the file who has an account, owns it"
    )
    night.notices.append(Notice(str(section.place), words, "M302"))


def _no_owner(
    teachers: Sequence[Membership],
    primaries: Sequence[Membership],
    rules: SchoolRules,
    night: _Night,
) -> User | str:
    """Nobody in line to own it has an account. With `when_incomplete: create` a co-teacher may
    stand in for a primary teacher without one; never otherwise."""
    if not teachers:
        return "it has no teacher"
    if rules.classes.when_incomplete is WhenIncomplete.CREATE:
        for member in teachers:
            if member.person in night.matches.users:
                return night.matches.users[member.person]
    lines = ", ".join(str(m.line) for m in (primaries or teachers))
    rows = f"{night.roster.memberships_file}:{lines}"
    return f"its {'primary ' if primaries else ''}teacher has no usable Google account ({rows})"


def _lacks(
    teachers: Mapping[str, Wanted],
    students: Mapping[str, Wanted],
    rules: SchoolRules,
    base: Base | None,
) -> str | None:
    """Why a new section waits, if it does. One that has its course is never put off."""
    if base is not None or rules.classes.when_incomplete is WhenIncomplete.CREATE:
        return None
    if not teachers:
        return "it has no teacher with a Google account"
    return None if students else "it has no student with a Google account"


def _wait(section: Section, reason: str, night: _Night) -> None:
    night.waiting.append(
        Waiting(section.key, section.title, section.school.name, str(section.place), reason)
    )


def _texts(facts: SectionFacts, rules: SchoolRules) -> tuple[Fields, str | None]:
    """The course's texts, and why Classroom would refuse its name, if it would."""
    name, line, room = texts(rules.classes, facts)
    problem = name_problem(name)
    return Fields(name=name, section=line, room=room), problem and f"{name!r}: {problem}"


def _no_key(rules: SchoolRules, facts: SectionFacts, night: _Night) -> str:
    missing = ", ".join(missing_values(rules.classes.key, facts))
    return f"classes.key ({night.policy.line_of('classes.key')}) needs its {missing}"


def _unsure(members: Sequence[Membership], night: _Night) -> frozenset[str]:
    unsure = night.matches.unsure
    return frozenset().union(*(unsure[m.person] for m in members if m.person in unsure))


def _doubts(section: Section, night: _Night) -> tuple[str, ...]:
    faults = (
        *night.roster.doubtful_sections.get(section.key, ()),
        *night.roster.doubtful_anywhere,
    )
    return tuple(str(fault) for fault in faults)


def _refuse_twins(night: _Night) -> None:
    """Two sections with one key would fight over one class: neither is wanted, both are told."""
    seen: dict[str, list[Desired]] = {}
    for wanted in night.desired:
        seen.setdefault(wanted.alias, []).append(wanted)
    for name, twins in seen.items():
        if len(twins) > 1:
            for twin in twins:
                section = night.roster.sections[twin.section_key]
                others = ", ".join(t.section_key for t in twins if t is not twin)
                line = night.policy.line_of("classes.key")
                _wait(
                    section,
                    f"classes.key ({line}) gives it the same key as section {others}: {name}",
                    night,
                )
            night.desired = [wanted for wanted in night.desired if wanted.alias != name]


def _note_unknown_schools(night: _Night) -> None:
    """A school that the policy names and the roster doesn't have is often a misspelled one."""
    schools = night.roster.schools.values()
    known = {school.key for school in schools} | {school.name for school in schools}
    for claimed in night.policy.schools:
        if claimed not in known:
            line = night.policy.line_of("schools", claimed)
            words = f"the policy has rules for school {claimed!r}, which the roster doesn't have"
            night.notices.append(Notice(line, words, "M303"))


def _note_empty_scope(night: _Night) -> None:
    """Nothing in scope at all: say which field of the policy left out how many."""
    if night.schools or not night.outside:
        return
    parts = ", ".join(
        f"{count:,} by {name} ({night.policy.line_of(name)})"
        for name, count in night.outside.most_common()
    )
    words = f"no section is in scope on {night.today}: left out are {parts}"
    night.notices.append(Notice(night.roster.source.name, words, "M304"))


def _unmatched(night: _Night) -> Iterator[Unmatched]:
    """People of sections in scope who have no usable account, in the order first met."""
    for key, places in night.missing.items():
        person = night.roster.people.get(key)
        doubt = night.roster.doubtful_people.get(key)
        first = f"{night.roster.memberships_file}:{places[0][1]}"
        yield Unmatched(
            person_key=key,
            name=person.name if person else "",
            row=str(person.place if person else doubt.place if doubt else first),
            reason=night.matches.reasons.get(key, "the roster has no row for them"),
            sections=tuple(dict.fromkeys(section for section, _ in places)),
        )
