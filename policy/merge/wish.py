"""One section of the roster as a course that is wanted: who is in it, who owns it, its texts."""

from collections.abc import Callable, Iterable, Iterator, KeysView, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from hashlib import blake2b

from policy.merge.choose import Chosen, choose
from policy.merge.facts import facts_of, in_effect
from policy.merge.people import Matches
from policy.merge.plan import Notice
from policy.merge.records import Desired, Fields, Head, Staff, User, Wanted
from policy.roster.model import Fault, Membership, Place, Role, Roster, Section
from policy.rules.model import Policy, SchoolRules, WhenIncomplete
from policy.rules.naming import (
    alias,
    missing_values,
    name_problem,
    names_in,
    render_key,
    texts,
)
from policy.rules.scope import (
    SectionFacts,
    Verdict,
    hinges_on_teachers,
    judge_scope,
    of_all,
)


@dataclass(frozen=True, slots=True)
class Sources:
    """What all sections of a night are read from."""

    roster: Roster
    policy: Policy
    matches: Matches
    today: date


@dataclass(slots=True)
class Wish:
    """One section while it is looked at: what is known of it, and what there is to say.
    `unmatched` are those of its members who have no usable account. Of several sections that are
    one class (see `combine`) it is the first; `facts` are those of all of them, `each` of each."""

    section: Section
    sources: Sources
    rules: SchoolRules
    members: Sequence[Membership]
    unmatched: Sequence[Membership]
    facts: SectionFacts
    notices: list[Notice] = field(default_factory=list)
    is_owner_by_default: bool = False
    others: tuple[Section, ...] = ()
    each: tuple[SectionFacts, ...] = ()
    together: tuple[str, ...] = ()  # own aliases of its sections, where its course remembers them
    section_of: Mapping[Place, str] = field(default_factory=dict)  # of its rows, where several

    @property
    def sections(self) -> tuple[Section, ...]:
        """All of them."""
        return (self.section, *self.others)

    @property
    def named(self) -> str:
        """Its section, or sections, as words have it."""
        keys = ", ".join(section.key for section in self.sections)
        return f"sections {keys}" if self.others else f"section {keys}"

    def verdict(self) -> Verdict:
        """Is it in scope?"""
        return judge_scope(self.facts, self.rules.classes.scope, self.sources.today)

    def alias(self) -> str | None:
        """The alias of its class; None if it lacks what the key is made from."""
        key = render_key(self.rules.classes.key, self.facts)
        return None if key is None else alias(self.sources.policy.district.id, key)

    def why_no_key(self) -> str:
        """What it lacks."""
        missing = ", ".join(missing_values(self.rules.classes.key, self.facts))
        return f"classes.key ({self.sources.policy.line_of('classes.key')}) needs its {missing}"

    def desired(
        self, alias: str, base: Head | None, teachers_of: Callable[[str], Staff]
    ) -> Desired | str:
        """The course that is wanted, or why the section waits for one. A section that has its
        course (`base`) never waits: where its rows leave something open, that stays as it is.
        `teachers_of` tells, by alias, who teaches in it now."""
        if base is None and (words := self._may_be_excluded()):
            return words
        teachers, students = self._seats()
        is_incomplete = self._lacks(teachers, students)
        doubts = self._doubts()
        is_shaky = bool(doubts) or self._fault_of_a_teacher() is not None
        fields = self._fields(base, is_shaky=is_shaky)
        if isinstance(fields, str):
            return fields
        owner = self._owner(base, is_shaky=is_shaky)
        if isinstance(owner, str):
            return owner
        if base is None and is_incomplete:
            return is_incomplete
        chosen = self._choose(teachers, students, owner, lambda: teachers_of(alias))
        unsure, is_over = self._unsure() | chosen.left, self._is_over()
        leading = self._leading(chosen.teachers)
        ends = self._ends().isoformat()
        return Desired(
            alias=alias,
            section_key=self.section.key,
            school_key=self.section.school.key,
            fields=fields,
            owner=owner,
            teachers=chosen.teachers,
            students=chosen.students,
            row=str(self.section.place),
            unsure=unsure,
            doubts=(*doubts, *self._emptied()),
            strangers=self._strangers(),
            ends=ends,
            archive=is_over,
            owner_by_default=self.is_owner_by_default,
            kept_out=chosen.kept_out,
            leading=leading,
            section_keys=tuple(s.key for s in self.sections) if self.others else (),
            together=self.together,
            digest=_digest(
                (
                    self.sources.policy.digest,
                    self.section.key,
                    self.section.school.key,
                    *self.together,
                ),
                (fields.name, fields.section, fields.room, owner.id, ends, str(is_over)),
                (chosen.teachers, chosen.students, unsure, chosen.kept_out, leading),
            ),
        )

    def _lacks(self, teachers: Mapping[str, Wanted], students: Mapping[str, Wanted]) -> str:
        """Why a section without a class waits for one to be made; "" if it need not."""
        if self.rules.classes.when_incomplete is WhenIncomplete.CREATE:
            return ""
        if not teachers:
            return "it has no teacher with a Google account"
        return "" if students else "it has no student with a Google account"

    def _choose(
        self,
        teachers: Mapping[str, Wanted],
        students: Mapping[str, Wanted],
        owner: User,
        present: Callable[[], Staff],
    ) -> Chosen:
        """What the policy makes of the roster's seats; what it can't do is noted."""
        chosen = choose(
            self.each or (self.facts,),
            self.rules,
            Chosen(teachers, students),
            self.sources.matches,
            owner=owner.id,
            present=present,
            teacher_in_doubt=self._fault_of_a_teacher() is not None,
        )
        self.notices += chosen.notices
        return chosen

    def _is_over(self) -> bool:
        after, today = self.rules.classes.archive_after, self.sources.today
        return after is not None and self._ends() + after <= today

    def _ends(self) -> date:
        return max(term.end for section in self.sections for term in section.terms)

    def _seats(self) -> tuple[Mapping[str, Wanted], Mapping[str, Wanted]]:
        """Desired seats by user id. Who is teacher and student of one section is its teacher, if
        the policy gives them a teacher's seat; else its student."""
        users = self.sources.matches.users
        teachers: dict[str, Membership] = {}
        students: dict[str, Membership] = {}
        for member in self.members:
            user = users.get(member.person)
            if user is not None:
                seats = students if member.role is Role.STUDENT else teachers
                seats.setdefault(user.id, member)
        for user_id in sorted(teachers.keys() & students.keys()):
            teaches = self._gets_teachers_seat(teachers[user_id])
            stays, goes = (teachers, students) if teaches else (students, teachers)
            other = goes.pop(user_id)
            self._note(
                "M301",
                f"somebody is teacher and student of {self.named} "
                f"({stays[user_id].place} and here): in Classroom they are its "
                f"{'teacher' if teaches else 'student'}",
                row=str(other.place),
            )
        return (
            _Listed(teachers, self.sources, self.section_of),
            _Listed(students, self.sources, self.section_of),
        )

    def _gets_teachers_seat(self, member: Membership) -> bool:
        return self.rules.co_teachers.add or member.primary

    def _leading(self, teachers: Mapping[str, Wanted]) -> frozenset[str]:
        """Who is seated even with `co_teachers.add: false`: whom the policy names for the class,
        and, where an account owns it or it is that of several sections, their primary teachers (of
        a section without one, the first of the others)."""
        if self.rules.co_teachers.add:
            return frozenset()
        leading = {user_id for user_id, wanted in teachers.items() if not wanted.person_key}
        if self.rules.classes.owner is not None or self.others:
            users = self.sources.matches.users
            of_section: dict[str, list[Membership]] = {}
            for member in self.members:
                if member.role is Role.TEACHER and member.person in users:
                    key = self.section_of.get(member.place, "")
                    of_section.setdefault(key, []).append(member)
            for theirs in of_section.values():
                primaries = [m for m in theirs if m.primary] or theirs[:1]
                leading |= {users[m.person].id for m in primaries}
        return frozenset(leading & teachers.keys())

    def _fields(self, base: Head | None, *, is_shaky: bool) -> Fields | str:
        """The course's texts, or why Classroom would refuse its name. Where rows are in doubt that
        a name may be made from, they stay."""
        if base is not None and is_shaky:
            return base.fields
        name, line, room = texts(self.rules.classes, self.facts)
        if base is not None and not self.facts.teacher_names:
            name, line, room = self._without_teacher(base, Fields(name, line, room))
        problem = name_problem(name)
        if problem is None:
            return Fields(name=name, section=line, room=room)
        words = f"{name!r}: {problem}"
        if base is None:
            return words
        self._note("M306", f"{words}: its name stays as it is")
        return base.fields

    def _without_teacher(self, base: Head, made: Fields) -> tuple[str, str, str]:
        """A section that has lost its teacher keeps the texts that are made from one."""
        classes = self.rules.classes
        name, line, room = (
            kept if any(n.startswith("teacher.") for n in names_in(template)) else new
            for template, kept, new in (
                (classes.name, base.fields.name, made.name),
                (classes.section, base.fields.section, made.section),
                (classes.room, base.fields.room, made.room),
            )
        )
        return name, line, room

    def _owner(self, base: Head | None, *, is_shaky: bool) -> User | str:
        """Who owns the course, or why nobody can. A course that is there never lacks one: where
        rows are in doubt, or nobody else can, its owner stays."""
        if self.rules.classes.owner is not None:
            return self._account_owner(self.rules.classes.owner, base)
        teachers = [m for m in self.members if m.role is Role.TEACHER]
        primaries = [m for m in teachers if m.primary]
        distinct = {m.person for m in primaries}
        if len(distinct) != 1 and teachers:
            self._note_primaries(len(distinct))
        users = self.sources.matches.users
        matched = [users[m.person] for m in primaries or teachers if m.person in users]
        if base is not None:
            is_current = base.owner in {user.id for user in matched}
            if is_shaky or not matched or (is_current and len(distinct) != 1):
                return self._present_owner(base)
            self.is_owner_by_default = not primaries
        return matched[0] if matched else self._no_owner(teachers, primaries)

    def _present_owner(self, base: Head) -> User:
        return self.sources.matches.accounts.get(base.owner) or User(base.owner, "", "")

    def _account_owner(self, email: str, base: Head | None) -> User | str:
        found = self.sources.matches.by_email.get(email.casefold())
        if found is not None and not found.suspended:
            return found.user
        school = self.section.school
        line = self.sources.policy.line_of("classes.owner", school.key, school.name)
        words = f"its owner by the policy, {email} ({line}), has no usable Google account"
        if base is None:
            return words
        self._note("M305", f"{words}: its owner stays as it is")
        return self._present_owner(base)

    def _note_primaries(self, count: int) -> None:
        how_many = f"{count} primary teachers" if count else "no primary teacher"
        has = "have" if self.others else "has"
        self._note(
            "M302",
            f"{self.named} {has} {how_many}: the one who already owns its class, else "
            "the first in the file who has an account, owns it",
        )

    def _no_owner(
        self, teachers: Sequence[Membership], primaries: Sequence[Membership]
    ) -> User | str:
        """Nobody in line to own it has an account. With `when_incomplete: create` a co-teacher
        may stand in for a primary teacher without one; never otherwise."""
        if not teachers:
            return "it has no teacher"
        if self.rules.classes.when_incomplete is WhenIncomplete.CREATE:
            for member in teachers:
                if member.person in self.sources.matches.users:
                    return self.sources.matches.users[member.person]
        lines: dict[str, list[str]] = {}
        for member in primaries or teachers:
            lines.setdefault(member.file, []).append(str(member.line))
        rows = "; ".join(f"{file}:{', '.join(some)}" for file, some in lines.items())
        which = "primary teacher" if primaries else "teacher"
        return f"its {which} has no usable Google account ({rows})"

    def _unsure(self) -> frozenset[str]:
        unsure = self.sources.matches.unsure
        ids = (unsure[m.person] for m in self.unmatched if m.person in unsure)
        return frozenset().union(*ids)

    def _strangers(self) -> tuple[str, ...]:
        """Rows of people who may be anybody: nothing tells which account they are."""
        unsure = self.sources.matches.unsure
        return tuple(str(m.place) for m in self.unmatched if unsure.get(m.person) == frozenset())

    def _doubts(self) -> tuple[str, ...]:
        own, anywhere = self._own_doubts(), self.sources.roster.doubtful_anywhere
        return tuple(str(fault) for fault in (*own, *anywhere))

    def _emptied(self) -> Iterator[str]:
        """Of several sections in one class, those without a student. For a class of its own the
        limits would hold that; of this one it is a small share."""
        for section in self.sections if self.others else ():
            members = self.sources.roster.memberships.get(section.key, ())
            if not any(member.role is Role.STUDENT for member in members):
                yield (
                    f"section {section.key}, whose class this is too, has no student in the roster "
                    "(one that is to have none can be left out of the scope)"
                )

    def _own_doubts(self) -> tuple[Fault, ...]:
        found = self.sources.roster.doubtful_sections
        return tuple(fault for one in self.sections for fault in found.get(one.key, ()))

    def _may_be_excluded(self) -> str:
        """Why it can't be told whether the section is in scope; "" if it can."""
        exclude = self.rules.classes.scope.exclude
        each = self.each or (self.facts,)
        if not any(hinges_on_teachers(matcher, facts) for matcher in exclude for facts in each):
            return ""
        fault = self._fault_of_a_teacher() or next(iter(self._own_doubts()), None)
        if fault is None:
            return ""
        school = self.section.school
        line = self.sources.policy.line_of("classes.scope.exclude", school.key, school.name)
        return (
            f"classes.scope.exclude ({line}) may leave it out by who teaches it, and a row that "
            f"may tell is faulty: {fault}"
        )

    def _fault_of_a_teacher(self) -> Fault | None:
        """What is wrong with the row of one of its teachers."""
        roster = self.sources.roster
        if not roster.doubtful_people:
            return None
        return next(
            (
                roster.doubtful_people[member.person]
                for section in self.sections
                for member in roster.memberships.get(section.key, ())
                if member.role is Role.TEACHER and member.person in roster.doubtful_people
            ),
            None,
        )

    def _note(self, code: str, words: str, *, row: str = "") -> None:
        self.notices.append(Notice(row or str(self.section.place), words, code))


def wish_for(
    section: Section, sources: Sources, *others: Section, together: tuple[str, ...] = ()
) -> Wish:
    """Look at one section on the night's day, or at several that are one class."""
    if not others:
        members, users = in_effect(section, sources.roster, sources.today), sources.matches.users
        return Wish(
            section=section,
            sources=sources,
            rules=sources.policy.rules_of(section.school.key, section.school.name),
            members=members,
            unmatched=[m for m in members if m.person not in users],
            facts=facts_of(section, members, sources.roster),
            together=together,
        )
    looks = [wish_for(one, sources) for one in (section, *others)]
    each = tuple(one.facts for one in looks)
    return replace(
        looks[0],
        members=[member for one in looks for member in one.members],
        unmatched=[member for one in looks for member in one.unmatched],
        facts=of_all(each),
        others=others,
        each=each,
        together=together,
        section_of={m.place: one.section.key for one in looks for m in one.members},
    )


def _digest(place: Sequence[str], texts: Sequence[str], people: Sequence[Iterable[str]]) -> str:
    """Of what decides whether a course that is as it was has anything to be done: not of rows,
    which move from drop to drop, nor of doubts, which only hold removals back."""
    parts = (*place, *texts, *(",".join(sorted(ids)) for ids in people))
    return blake2b("\0".join(parts).encode(), digest_size=12).hexdigest()


class _Listed(Mapping[str, Wanted]):
    """Seats of one role by user id. There are millions, and nearly all of them are only counted
    and told apart: a Wanted is made when it is asked for."""

    __slots__ = ("_members", "_section_of", "_sources")

    def __init__(
        self, members: dict[str, Membership], sources: Sources, section_of: Mapping[Place, str]
    ) -> None:
        self._members = members
        self._sources = sources
        self._section_of = section_of

    def __getitem__(self, user_id: str) -> Wanted:
        member = self._members[user_id]
        user = self._sources.matches.users[member.person]
        section = self._section_of.get(member.place, "") if self._section_of else ""
        return Wanted(user, member.person, str(member.place), section)

    def __contains__(self, user_id: object) -> bool:
        return user_id in self._members

    def __iter__(self) -> Iterator[str]:
        return iter(self._members)

    def __len__(self) -> int:
        return len(self._members)

    def keys(self) -> KeysView[str]:
        return self._members.keys()
