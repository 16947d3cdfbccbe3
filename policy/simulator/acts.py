"""What a teacher does to a course by hand, in Classroom's own pages: each act and when it can't."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace

from policy.errors import InputAtFault
from policy.simulator.activities import (
    CREATED,
    JOINED,
    REMOVED,
    record_course,
    record_member,
    record_owner,
    record_step,
)
from policy.simulator.courses import handed_over, moved, new_course
from policy.simulator.refusals import JsonObject
from policy.simulator.rules import FROZEN
from policy.simulator.state import Course, Person, Role
from policy.simulator.texts import TEXTS, text_fault
from policy.simulator.world import World


class NoSuchThing(InputAtFault):
    """There is nothing of this name in the simulator"""


Act = Callable[[World, Course, JsonObject], None]


def accept(world: World, course: Course, body: JsonObject) -> None:
    """PROVISIONED becomes ACTIVE."""
    _only(body, ())
    _move(world, course, "ACTIVE", out_of=("PROVISIONED",))


def decline(world: World, course: Course, body: JsonObject) -> None:
    """PROVISIONED becomes DECLINED."""
    _only(body, ())
    _move(world, course, "DECLINED", out_of=("PROVISIONED",))


def archive(world: World, course: Course, body: JsonObject) -> None:
    """ACTIVE becomes ARCHIVED."""
    _only(body, ())
    _move(world, course, "ARCHIVED", out_of=("ACTIVE",))


def restore(world: World, course: Course, body: JsonObject) -> None:
    """ARCHIVED becomes ACTIVE again."""
    _only(body, ())
    _move(world, course, "ACTIVE", out_of=("ARCHIVED",))


def rename(world: World, course: Course, body: JsonObject) -> None:
    """Name, section or room become what the body says; an empty section or room goes."""
    names = ("name", "section", "room", "description")
    _only(body, names)
    texts = {name: _text(body, name) for name in names if name in body}
    if not texts:
        raise InputAtFault(f"expected at least one of {', '.join(names)}")
    if texts.get("name") == "":
        raise InputAtFault("name should be 1 to 750 characters, not empty")
    _check_texts(texts)
    _check_open(course)
    joined = {**course.texts, **texts}
    kept = {name: text for name, text in joined.items() if text}
    world.state.put_course(replace(course, texts=kept, updated=world.time.now()))


def add(world: World, course: Course, body: JsonObject) -> None:
    """A person, whom a teacher has invited, is in the course."""
    _only(body, ("email", "role"))
    person, role = find(world, _text(body, "email")), _role(body)
    if world.state.is_member(course, person.id):
        raise InputAtFault(f"{person.email} is in {course.texts['name']} already")
    _check_open(course)
    world.state.add_seat(role, course, person.id, now=world.time.now())
    record_member(world, JOINED, course, actor=person, user=person.id, role=role)


def remove(world: World, course: Course, body: JsonObject) -> None:
    """A person is out of the course, whatever the role."""
    _only(body, ("email",))
    person = find(world, _text(body, "email"))
    roles = [role for role in Role if world.state.seat(role, course, person.id)]
    if not roles:
        raise InputAtFault(f"{person.email} is not in {course.texts['name']}")
    if person.id == course.owner:
        raise InputAtFault(f"{person.email} owns {course.texts['name']} and can't be removed")
    _check_open(course)
    world.state.remove_seat(roles[0], course, person.id)
    actor = world.state.people[course.owner]
    record_member(world, REMOVED, course, actor=actor, user=person.id, role=roles[0])


def invite_owner(world: World, course: Course, body: JsonObject) -> None:
    """The owner asks a co-teacher to own the course, who has not answered yet."""
    _only(body, ("email",))
    person = find(world, _text(body, "email"))
    _check_open(course)
    if person.id == course.owner or not world.state.seat(Role.TEACHER, course, person.id):
        raise InputAtFault(f"{person.email} is no co-teacher of {course.texts['name']}")
    world.state.put_course(replace(course, invited_owner=person.id))


def accept_owner(world: World, course: Course, body: JsonObject) -> None:
    """Whoever was invited owns the course from now on; the former owner stays as co-teacher."""
    _only(body, ())
    owner = _invited(world, course)
    if not world.state.seat(Role.TEACHER, course, owner.id):
        raise InputAtFault(f"{owner.email} is no co-teacher of {course.texts['name']} any more")
    takes = world.switches.owner_transfer_takes
    changed = handed_over(course, owner.id, now=world.time.now(), takes=takes)
    world.state.put_course(replace(changed, invited_owner=""))
    record_owner(world, changed, former=course.owner, actor=owner)


def decline_owner(world: World, course: Course, body: JsonObject) -> None:
    """Whoever was invited won't own the course."""
    _only(body, ())
    _invited(world, course)
    world.state.put_course(replace(course, invited_owner=""))


def break_down(world: World, course: Course, body: JsonObject) -> None:
    """From now on Google answers 500 to whatever names this course."""
    _only(body, ())
    world.state.put_course(replace(course, broken=True))


def mend(world: World, course: Course, body: JsonObject) -> None:
    """The end of that."""
    _only(body, ())
    world.state.put_course(replace(course, broken=False))


COURSE_ACTS: Mapping[str, Act] = {
    "accept": accept,
    "decline": decline,
    "archive": archive,
    "restore": restore,
    "rename": rename,
    "add": add,
    "remove": remove,
    "invite-owner": invite_owner,
    "accept-owner": accept_owner,
    "decline-owner": decline_owner,
    "break": break_down,
    "mend": mend,
}


def by_hand_course(world: World, body: JsonObject) -> str:
    """A teacher makes an own course, which is ACTIVE at once; its id."""
    _only(body, ("owner", "state", *TEXTS))
    owner = find(world, _text(body, "owner"))
    texts = {name: text for name in TEXTS if name in body and (text := _text(body, name))}
    if "name" not in texts:
        raise InputAtFault("name should be 1 to 750 characters")
    _check_texts(texts)
    state = _text(body, "state") if "state" in body else "ACTIVE"
    if state not in ("ACTIVE", "PROVISIONED"):
        raise InputAtFault(f"state should be ACTIVE or PROVISIONED, not {state!r}")
    course = new_course(world, owner, texts=texts, state=state)
    record_course(world, CREATED, course, actor=owner)
    return course.id


def find(world: World, key: str) -> Person:
    """An account by address or id. Raises NoSuchThing."""
    person = world.state.person(key)
    if person is None or person.deleted:
        raise NoSuchThing(f"no account has the address {key!r}; add it with POST /simulator/users")
    return person


def _move(world: World, course: Course, state: str, *, out_of: Collection[str]) -> None:
    if course.state not in out_of:
        raise InputAtFault(
            f"{course.texts['name']} is {course.state}; expected {' or '.join(out_of)}"
        )
    # By hand it is seen at once: the teacher has waited for the page.
    changed = moved(course, state, now=world.time.now())
    world.state.put_course(replace(changed, state_before="", state_seen_from=0.0))
    record_step(world, course, changed, actor=world.state.people[course.owner])


def _invited(world: World, course: Course) -> Person:
    person = world.state.people.get(course.invited_owner)
    if person is None:
        raise InputAtFault(f"nobody is invited to own {course.texts['name']}")
    return person


def _check_texts(texts: Mapping[str, str]) -> None:
    """Raises InputAtFault for what the API would refuse."""
    for name, text in texts.items():
        fault = text_fault(name, text)
        if fault is not None:
            raise InputAtFault(fault)


def _check_open(course: Course) -> None:
    if course.state in FROZEN:
        raise InputAtFault(f"{course.texts['name']} is {course.state} and can't be changed")


def _role(body: JsonObject) -> Role:
    word = _text(body, "role")
    if word.upper() not in list(Role):
        raise InputAtFault(f"role should be {' or '.join(Role)}, not {word!r}")
    return Role(word.upper())


def _text(body: JsonObject, name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str):
        raise InputAtFault(f"{name} should be text, not {value!r}")
    return value


def _only(body: JsonObject, names: Collection[str]) -> None:
    for name in body:
        if name not in names:
            known = f"one of {', '.join(names)}" if names else "an empty body"
            raise InputAtFault(f"no such field as {name!r}; expected {known}")
