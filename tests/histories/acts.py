"""Everything that may happen between two nights, each a plain value that prints as the code that
makes it. An act that can't be done just then does nothing, so that histories shrink well.
"""

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol
from urllib.parse import quote

from histories.district import VALUES
from histories.indoors import ADMIN, SCOPES
from histories.sis import PREFIX, email_of
from policy.errors import InputAtFault
from policy.simulator.acts import COURSE_ACTS, by_hand_course
from policy.simulator.exchange import Request
from policy.simulator.state import Course, Person

if TYPE_CHECKING:
    from histories.play import Play


class Act(Protocol):
    """Something that happens."""

    def do(self, play: "Play") -> None: ...


# What the SIS does.


@dataclass(frozen=True)
class Lists:
    """Somebody is in a section from now on: `p` as its primary teacher, `t`, or `s`."""

    person: str
    slot: str
    seat: str

    def do(self, play: "Play") -> None:
        seats = play.sis.rows[self.slot].seats
        if self.seat == "p":
            seats.update({key: "t" for key, seat in seats.items() if seat == "p"})
        seats[self.person] = self.seat


@dataclass(frozen=True)
class Drops:
    """Somebody is no longer in a section."""

    person: str
    slot: str

    def do(self, play: "Play") -> None:
        play.sis.rows[self.slot].seats.pop(self.person, None)


@dataclass(frozen=True)
class Moves:
    """Somebody goes from one section to another."""

    person: str
    slot: str
    to: str

    def do(self, play: "Play") -> None:
        seat = play.sis.rows[self.slot].seats.pop(self.person, None)
        if seat is not None:
            Lists(self.person, self.to, seat).do(play)


@dataclass(frozen=True)
class ReplacesTeacher:
    """A section has another primary teacher, and the former one has gone."""

    slot: str
    person: str

    def do(self, play: "Play") -> None:
        seats = play.sis.rows[self.slot].seats
        for key in [key for key, seat in seats.items() if seat == "p"]:
            del seats[key]
        seats[self.person] = "p"


@dataclass(frozen=True)
class Leaves:
    """Somebody leaves the SIS, or is there again."""

    person: str

    def do(self, play: "Play") -> None:
        listed = play.sis.people[self.person]
        listed.listed = not listed.listed


@dataclass(frozen=True)
class GetsEmail:
    """The SIS has another e-mail for somebody: their own, somebody else's, or one of nobody."""

    person: str
    email: str

    def do(self, play: "Play") -> None:
        play.sis.people[self.person].email = self.email


@dataclass(frozen=True)
class Vanishes:
    """A section is no longer in the drop, or is there again."""

    slot: str

    def do(self, play: "Play") -> None:
        row = play.sis.rows[self.slot]
        row.listed = not row.listed


@dataclass(frozen=True)
class Changes:
    """A section has another title, room, school or term."""

    slot: str
    what: str
    value: str

    def do(self, play: "Play") -> None:
        setattr(play.sis.rows[self.slot], self.what, self.value)


@dataclass(frozen=True)
class Renumbers:
    """The SIS gives a section another id."""

    slot: str
    number: str

    def do(self, play: "Play") -> None:
        play.sis.rows[self.slot].key = f"{self.slot}{self.number}"


@dataclass(frozen=True)
class FaultyPerson:
    """Tonight somebody's own row is faulty."""

    person: str

    def do(self, play: "Play") -> None:
        play.sis.faulty_people.add(self.person)


@dataclass(frozen=True)
class FaultySection:
    """Tonight a membership of a section has a faulty row."""

    slot: str

    def do(self, play: "Play") -> None:
        play.sis.faulty_sections.add(self.slot)


@dataclass(frozen=True)
class FaultyAnywhere:
    """Tonight a membership's row does not even say of which section it is."""

    def do(self, play: "Play") -> None:
        play.sis.faulty_anywhere = True


@dataclass(frozen=True)
class CutsOff:
    """Tonight's drop has no memberships of a school."""

    school: str

    def do(self, play: "Play") -> None:
        play.sis.cut_off.add(self.school)


# What teachers do in Classroom.


@dataclass(frozen=True)
class ByHand:
    """What a teacher does to a class of ours: accept, decline, archive, restore."""

    slot: str
    verb: str

    def do(self, play: "Play") -> None:
        _act(play, self.slot, self.verb)


@dataclass(frozen=True)
class Renames:
    """A teacher changes name, section or room."""

    slot: str
    what: str
    text: str

    def do(self, play: "Play") -> None:
        _act(play, self.slot, "rename", **{self.what: self.text})


@dataclass(frozen=True)
class PutsIn:
    """A teacher puts somebody into a class, as `teacher` or `student`."""

    slot: str
    person: str
    role: str

    def do(self, play: "Play") -> None:
        _act(play, self.slot, "add", email=email_of(self.person), role=self.role)


@dataclass(frozen=True)
class TakesOut:
    """A teacher takes somebody out."""

    slot: str
    person: str

    def do(self, play: "Play") -> None:
        _act(play, self.slot, "remove", email=email_of(self.person))


@dataclass(frozen=True)
class HandsOver:
    """The owner hands a class over to a co-teacher, who accepts."""

    slot: str
    person: str

    def do(self, play: "Play") -> None:
        course = _course(play, self.slot)
        person = play.sim.state.person(email_of(self.person))
        if course is None or person is None or not person.active:
            return
        _act(play, self.slot, "invite-owner", email=person.email)
        _act(play, self.slot, "accept-owner")


def _course(play: "Play", slot: str) -> Course | None:
    return play.sim.state.course(PREFIX + play.sis.rows[slot].key)


def _act(play: "Play", slot: str, verb: str, **body: str) -> None:
    course = _course(play, slot)
    if course is None:
        return
    try:
        COURSE_ACTS[verb](play.sim.world, course, dict(body))
    except InputAtFault:
        return


# What administrators do.


@dataclass(frozen=True)
class Deletes:
    """A class is archived and deleted."""

    slot: str

    def do(self, play: "Play") -> None:
        course = _course(play, self.slot)
        if course is not None:
            play.sim.state.put_course(replace(course, state="ARCHIVED", broken=False))
            _ask(play, "DELETE", f"/v1/courses/{course.id}")


@dataclass(frozen=True)
class Breaks:
    """Google answers 500 to whatever names a class, or does no longer."""

    slot: str

    def do(self, play: "Play") -> None:
        course = _course(play, self.slot)
        if course is not None:
            play.sim.state.put_course(replace(course, broken=not course.broken))


@dataclass(frozen=True)
class Suspends:
    """An account is suspended, or is no longer."""

    person: str

    def do(self, play: "Play") -> None:
        person = _account(play, self.person)
        if person is not None:
            play.sim.state.put_person(replace(person, suspended=not person.suspended))


@dataclass(frozen=True)
class DeletesAccount:
    """An account is deleted."""

    person: str

    def do(self, play: "Play") -> None:
        person = _account(play, self.person)
        if person is not None:
            play.sim.state.put_person(replace(person, deleted=True))


@dataclass(frozen=True)
class RenamesAccount:
    """An account has another address; the former one stays as an alias of it."""

    person: str

    def do(self, play: "Play") -> None:
        person = _account(play, self.person)
        new = f"new-{email_of(self.person)}"
        if person is not None and person.email != new:
            play.sim.state.put_person(replace(person, email=new, aliases=(person.email,)))


@dataclass(frozen=True)
class OwnClass:
    """A teacher makes a class that is no concern of ours; its name may be like one of ours, and
    `alias` may be another tool's, or the very one that a section of ours would get."""

    person: str
    name: str
    alias: str = ""
    students: tuple[str, ...] = ()

    def do(self, play: "Play") -> None:
        owner = _account(play, self.person)
        if owner is None or not owner.active:
            return
        world = play.sim.world
        key = by_hand_course(world, {"owner": owner.email, "name": self.name})
        for student in self.students:
            person = _account(play, student)
            if person is not None and person.id != owner.id:
                body = {"email": person.email, "role": "student"}
                COURSE_ACTS["add"](world, world.state.courses[key], body)
        if self.alias and self.alias not in world.state.aliases:
            world.state.add_alias(self.alias, world.state.courses[key])


@dataclass(frozen=True)
class Aliased:
    """A class of ours has one alias more, or has lost ours."""

    slot: str
    alias: str = ""

    def do(self, play: "Play") -> None:
        course = _course(play, self.slot)
        if course is None:
            return
        if not self.alias:
            play.sim.state.remove_alias(PREFIX + play.sis.rows[self.slot].key)
        elif self.alias not in play.sim.state.aliases:
            play.sim.state.add_alias(self.alias, course)


@dataclass(frozen=True)
class Decides:
    """The policy has another value for one field."""

    what: str
    value: object

    def do(self, play: "Play") -> None:
        assert self.value in VALUES[self.what]
        play.district = replace(play.district, **{self.what: self.value})


@dataclass(frozen=True)
class LosesStore:
    """The store is lost; there is an empty one."""

    def do(self, play: "Play") -> None:
        play.lose_store()


def _account(play: "Play", key: str) -> Person | None:
    person = play.sim.state.person(email_of(key))
    return person if person and not person.deleted else None


def _ask(play: "Play", verb: str, path: str) -> None:
    token = play.sim.access_token(ADMIN, SCOPES)
    headers = {"authorization": f"Bearer {token}", "host": "indoors"}
    answer = play.sim.respond(Request(verb, quote(path), "", headers))
    assert answer.status == 200, json.loads(answer.body)
