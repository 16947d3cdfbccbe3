"""A town without a wire: Classroom and the store's rows as values that answer as the real ones do,
for tests of what is read in an evening and what comes of it.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from building import NOW, base, person, policy, roster, rules, section, student, teacher, user
from policy.google.base import Course, CourseState, Members, Outcome, Reply, Unreadable, Write
from policy.merge.desire import Known, desire
from policy.merge.judge import Comparing, Evening, judge
from policy.merge.people import AccountFacts, match_people
from policy.merge.plan import Change, Kind, Plan
from policy.merge.wish import Sources
from policy.night.evening import read_evening
from policy.night.reading import read_books
from policy.night.watching import Watch
from policy.roster.model import Membership, Person
from policy.rules.model import SchoolRules
from policy.run.journal import entry_of, follow
from policy.run.rows import base_row
from policy.store.base import BaseCourse, Entry, Mark, RunRecord

NOON = datetime(2026, 9, 1, 12, 0, tzinfo=UTC)
READ = "2026-08-31T12:00:00+00:00"
READ_NOW = "2026-09-01T12:00:00+00:00"
STAFF = ("t1", "t2", "ann", "bob", "cat")


@dataclass
class Town:
    """Classroom: its courses, who is in them, under which aliases they are found besides. `late`
    are not in the list yet, `mute` can't be read. `asked` are the ids whose members were read."""

    there: dict[str, tuple[Course, Members]] = field(default_factory=dict)
    aliases_of: dict[str, frozenset[str]] = field(default_factory=dict)
    late: set[str] = field(default_factory=set)
    mute: set[str] = field(default_factory=set)
    asked: list[str] = field(default_factory=list)
    looked_up: list[str] = field(default_factory=list)
    side_by_side: int = 1

    def put(
        self,
        course_id: str,
        *students: str,
        owner: str = "t1",
        state: CourseState = CourseState.ACTIVE,
        name: str = "Algebra",
        aliases: Iterable[str] = (),
    ) -> None:
        course = Course(course_id, name, "3", "12", state, owner)
        members = Members(frozenset({"t1", owner}), frozenset(students))
        self.there[course_id] = (course, members)
        self.aliases_of[course_id] = frozenset(aliases)

    def courses(self) -> Iterable[Course]:
        return [course for key, (course, _) in self.there.items() if key not in self.late]

    def find(self, aliases: Sequence[str]) -> Mapping[str, Course | Unreadable]:
        self.looked_up += aliases
        return {
            name: course
            for name in aliases
            for key, (course, _) in self.there.items()
            if name == key or name in self.aliases_of[key]
        }

    def members(self, course_ids: Sequence[str]) -> Mapping[str, Members | Unreadable]:
        self.asked += course_ids
        return {
            key: Unreadable("500 out") if key in self.mute else self.there[key][1]
            for key in course_ids
            if key in self.there
        }

    def aliases(self, course_ids: Sequence[str]) -> Mapping[str, frozenset[str] | Unreadable]:
        return {key: self.aliases_of[key] for key in course_ids if key in self.there}

    def write(self, writes: Sequence[Write]) -> Sequence[Reply]:
        raise AssertionError(f"an evening writes nothing, and not {writes}")

    def do(self, change: Change) -> Reply:
        """What Classroom does with a change, by its own rules."""
        if change.new is not None:
            return self._make(change)
        key = change.course.id or next(iter(self.find([change.course.alias]).values())).id
        course, inside = self.there[key]
        who = frozenset({change.person.id}) if change.person else frozenset()
        teachers, students = inside.teachers, inside.students
        match change.kind:
            case Kind.TEACHER_ADD | Kind.STUDENT_ADD:
                assert not who & (teachers | students), f"409: {change}"
                is_teacher = change.kind is Kind.TEACHER_ADD
                teachers |= who if is_teacher else frozenset()
                students |= frozenset() if is_teacher else who
            case Kind.TEACHER_REMOVE | Kind.STUDENT_REMOVE:
                assert who <= teachers | students, f"404: {change}"
                assert course.owner not in who, f"the owner can't leave: {change}"
                teachers, students = teachers - who, students - who
            case Kind.COURSE_OWNER:
                assert who <= teachers, f"not a co-teacher: {change}"
                course = replace(course, owner=change.after or "")
            case Kind.COURSE_UPDATE if change.field == "alias":
                self.aliases_of[key] |= {change.after or ""}
            case Kind.COURSE_UPDATE:
                course = replace(course, **{change.field or "": change.after or ""})  # type: ignore[arg-type]
            case _:
                course = replace(course, state=CourseState[change.after or ""])
        self.there[key] = (course, Members(teachers, students))
        return Reply(Outcome.DONE, 200)

    def _make(self, change: Change) -> Reply:
        assert change.new is not None
        assert not self.find([change.course.alias]), f"made twice: {change}"
        texts, owner, key = change.new.fields, change.new.owner.id, f"c{len(self.there) + 1}"
        state = CourseState[change.new.state]
        made = Course(key, texts.name, texts.section, texts.room, state, owner)
        self.there[key] = (made, Members(frozenset({owner}), frozenset()))
        self.aliases_of[key] = frozenset({change.course.alias})
        return Reply(Outcome.DONE, 200, course=made)


@dataclass
class District:
    """Sections s1, s2, … that are wanted, and what the store has. `run` reads, and judges;
    `primaries` are the primary teachers of sections where it isn't t1."""

    town: Town
    rows: dict[str, BaseCourse] = field(default_factory=dict)
    entries: list[Entry] = field(default_factory=list)
    rules: SchoolRules = field(default_factory=rules)
    sections: dict[str, tuple[str, ...]] = field(default_factory=dict)  # key -> its students
    touched: frozenset[str] | None = frozenset()
    rolling: int = 1_000
    keyed_by: str = "demo {school_year}.{section.key}"
    primaries: dict[str, str] = field(default_factory=dict)
    days: int = 0  # how many nights have passed

    def ours(self, key: str, course_id: str, *students: str, **more: object) -> None:
        values = {"read": READ, "ends": "2027-06-01", "section": key, "alias": alias(key)}
        made = base(students=students, course_id=course_id, **{**values, **more})  # type: ignore[arg-type]
        self.rows[made.alias] = base_row(made)

    def run(self) -> tuple[Evening, Plan]:
        sources, now = self.sources(), NOW + timedelta(days=self.days)
        books = read_books(self, self.town)  # type: ignore[arg-type]
        made_from = Known(sources, books.known(), books.teachers_of)
        wishes = desire(made_from)
        wishes, evening = read_evening(
            self.town,
            books,
            wishes,
            made_from,
            Comparing(sources, wishes.schools, now),
            lambda _books: Watch(self.touched, "2026-09-01T11:00:00+00:00"),
            clock=self._clock,
            rolling=self.rolling,
        )
        return evening, judge(sources, wishes, evening, now=now, plan_id="p1")

    def settle(self) -> Plan:
        """A night whose word to the store is kept, and on which nothing is written."""
        plan = self.run()[1]
        self.keep(plan)
        return plan

    def keep(self, plan: Plan) -> None:
        """What the store is told before a run's first write."""
        self.rows |= {kept.alias: base_row(kept) for kept in plan.settle.keep}
        for gone in plan.settle.forget:
            del self.rows[gone]
        heard = set(plan.settle.heard)
        self.entries = [e for e in self.entries if (e.run_id, e.number) not in heard]
        self.town.asked.clear()

    def carry_out(self, plan: Plan, *, cut_at: int | None = None, is_done: bool = True) -> None:
        """A run. `cut_at`: it dies at that write, which Google has done or not (`is_done`)."""
        self.keep(plan)
        for number, change in enumerate(plan.changes):
            if number == cut_at:
                run_id = f"r{self.days}"
                self.entries.append(entry_of(change, run_id=run_id, number=number, at=NOW))
                if is_done:
                    self.town.do(change)
                return
            alias_, reply = change.course.alias, self.town.do(change)
            self.rows[alias_] = follow(change, self.rows.get(alias_), reply, at=self._clock)

    @property
    def _clock(self) -> datetime:
        return NOON + timedelta(days=self.days)

    # The store, as far as an evening asks it.

    def mark(self) -> Mark:
        return Mark("store-1", 7, self.keyed_by)

    def heads(self) -> Iterator[BaseCourse]:
        return iter(self.rows.values())

    def base_under(self, aliases: Sequence[str]) -> Mapping[str, BaseCourse]:
        return {alias: self.rows[alias] for alias in aliases if alias in self.rows}

    def unfinished(self) -> Sequence[Entry]:
        return tuple(self.entries)

    def runs(self, *, newest: int) -> Sequence[RunRecord]:
        assert newest > 0
        return ()

    def sources(self) -> Sources:
        chosen = policy(self.rules)
        people: tuple[Person, ...] = tuple(person(key) for key in STAFF)
        members: dict[str, tuple[Membership, ...]] = {
            key: (
                teacher(self.primaries.get(key, "t1")),
                *(student(who, line=n) for n, who in enumerate(students, 3)),
            )
            for key, students in self.sections.items()
        }
        rolls = roster({section(key): some for key, some in members.items()}, people)
        accounts = [AccountFacts(user(key), (user(key).email,), False) for key in STAFF]
        matches = match_people(rolls, accounts, domains=("demo.example",), remembered={})
        return Sources(rolls, chosen, matches, (NOW + timedelta(days=self.days)).date())


def alias(key: str) -> str:
    return f"d:rollbook.demo.2027.{key}"


def quiet_district(count: int = 3) -> District:
    """`count` courses of ours, each as it should be, and read yesterday."""
    found = District(Town())
    for number in range(1, count + 1):
        found.sections[f"s{number}"] = ("ann",)
        found.ours(f"s{number}", f"c{number}", "ann")
        found.town.put(f"c{number}", "ann")
    found.settle()
    found.rows = {key: replace(row, read=READ) for key, row in found.rows.items()}
    return found
