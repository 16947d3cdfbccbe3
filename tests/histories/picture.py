"""What is in Classroom at one moment, and what has become other from one moment to another."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from policy.merge.plan import Change, Kind
from policy.simulator.app import Simulator
from policy.simulator.state import Course, Role

OPEN = ("ACTIVE", "PROVISIONED")
TEXTS = ("name", "section", "room")
Seat = tuple[str, str]  # teacher or student, and a user id
Fact = tuple[str, ...]  # what happened, to which course, and how


@dataclass(frozen=True)
class Seen:
    """A course with all that hangs on it."""

    course: Course
    aliases: frozenset[str]
    seats: frozenset[Seat]

    @property
    def is_open(self) -> bool:
        return self.course.state in OPEN

    def text(self, name: str) -> str:
        return self.course.texts.get(name, "")

    def students(self) -> int:
        return sum(role == "student" for role, _ in self.seats)


Picture = Mapping[str, Seen]  # by course id


def picture(sim: Simulator) -> Picture:
    """Everything that is in Classroom now."""
    state = sim.state
    return {
        key: Seen(
            course,
            frozenset(state.course_aliases[key]),
            frozenset((role.lower(), user) for role in Role for user in state.seats[role][key]),
        )
        for key, course in state.courses.items()
    }


def by_alias(now: Picture) -> dict[str, str]:
    return {alias: key for key, seen in now.items() for alias in seen.aliases}


def facts(before: Picture, after: Picture) -> set[Fact]:
    """Everything that differs."""
    found = {("deleted", key) for key in before.keys() - after.keys()}
    for key, seen in after.items():
        if seen != before.get(key):
            found |= set(_changes(key, before.get(key), seen))
    return found


def _changes(key: str, old: Seen | None, new: Seen) -> Iterator[Fact]:
    if old is None:
        yield "created", key
    aliases = old.aliases if old else frozenset()
    yield from (("alias given", key, alias) for alias in new.aliases - aliases)
    yield from (("alias taken", key, alias) for alias in aliases - new.aliases)
    texts = old.course.texts if old else {}
    for name in texts.keys() | new.course.texts.keys():
        if texts.get(name, "") != new.text(name):
            yield "text", key, name, new.text(name)
    if old is None or old.course.owner != new.course.owner:
        yield "owner", key, new.course.owner
    if old is None or old.course.state != new.course.state:
        yield "state", key, new.course.state
    seats = old.seats if old else frozenset()
    yield from (("in", key, *seat) for seat in new.seats - seats)
    yield from (("out", key, *seat) for seat in seats - new.seats)


_SEATS = {
    Kind.TEACHER_ADD: ("in", "teacher"),
    Kind.TEACHER_REMOVE: ("out", "teacher"),
    Kind.STUDENT_ADD: ("in", "student"),
    Kind.STUDENT_REMOVE: ("out", "student"),
}


def said(change: Change, ids: Mapping[str, str]) -> set[Fact]:
    """What a planned change says will be other. `ids` are course ids by alias, of afterwards."""
    alias = change.course.alias
    key = change.course.id or ids.get(alias, f"the course of {alias}")
    if change.new is not None:
        texts, owner = change.new.fields, change.new.owner.id
        made = {(name, getattr(texts, name)) for name in TEXTS if getattr(texts, name)}
        return {
            ("created", key),
            ("alias given", key, alias),
            ("owner", key, owner),
            ("state", key, change.new.state),
            ("in", key, "teacher", owner),
            *(("text", key, *text) for text in made),
        }
    if change.kind is Kind.COURSE_UPDATE and change.field == "alias":
        return {("alias given", key, alias)}
    if change.kind is Kind.COURSE_UPDATE and change.field == "former_alias":
        return {("alias taken", key, change.before or "")}
    if change.kind is Kind.COURSE_UPDATE:
        return {("text", key, change.field or "", change.after or "")}
    if change.kind is Kind.COURSE_OWNER:
        return {("owner", key, change.after or "")}
    if change.kind in (Kind.COURSE_ARCHIVE, Kind.COURSE_RESTORE):
        return {("state", key, change.after or "")}
    person = change.person.id if change.person else ""
    verb, role = _SEATS[change.kind]
    return {(verb, key, role, person)}
