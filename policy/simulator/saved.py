"""The state as JSON, and the file that it is kept in."""

import json
import logging
import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from threading import Event, Lock, Thread
from typing import Never, cast

from policy.errors import InputAtFault
from policy.simulator.activities import KEPT
from policy.simulator.exchange import read_json
from policy.simulator.groups import group_json, read_group
from policy.simulator.keys import SigningKey
from policy.simulator.people import checked, person_json, read_person
from policy.simulator.refusals import JsonObject
from policy.simulator.state import Activity, Course, Grant, Person, Role, Seat, State
from policy.simulator.texts import TEXTS, text_fault

STATES = ("ACTIVE", "ARCHIVED", "PROVISIONED", "DECLINED", "SUSPENDED")
LISTS = {Role.TEACHER: "teachers", Role.STUDENT: "students"}
# A course's other fields: the name in JSON, the field, its type.
FIELDS: Mapping[str, tuple[str, type]] = {
    "id": ("id", str),
    "number": ("number", int),
    "code": ("code", str),
    "created": ("created", float),
    "updated": ("updated", float),
    "seenFrom": ("seen_from", float),
    "stateBefore": ("state_before", str),
    "stateSeenFrom": ("state_seen_from", float),
    "hasCalendar": ("has_calendar", bool),
    "ownerBefore": ("owner_before", str),
    "transferred": ("transferred", float),
    "broken": ("broken", bool),
    "invitedOwner": ("invited_owner", str),
}
ACTIVITY: Mapping[str, tuple[str, type]] = {
    "number": ("number", int),
    "when": ("when", float),
    "event": ("event", str),
    "course": ("course", str),
    "title": ("title", str),
    "role": ("role", str),
    "actor": ("actor", str),
    "email": ("email", str),
    "users": ("users", list),
    "seenFrom": ("seen_from", float),
}
log = logging.getLogger(__name__)

SAVE_EVERY = 0.5  # seconds from a change to its being in the file


def state_json(state: State) -> JsonObject:
    """Everything but tokens and keys."""
    return {
        "people": [person_json(person) for person in state.people.values()],
        "groups": [group_json(group) for group in state.groups.values()],
        "courses": [course_state(state, course) for course in state.courses.values()],
        "activities": [activity_state(activity) for activity in state.activities],
    }


def read_state(data: object, *, now: float) -> State:
    """A state from JSON. Raises InputAtFault that says where."""
    known = {"people", "groups", "courses", "activities"}
    if not isinstance(data, dict) or not data.keys() <= known:
        raise InputAtFault(
            'the state should be an object with "people" and "courses", and perhaps "groups" and '
            '"activities"'
        )
    state = State()
    for place, item in enumerate(_list(data, "people", where="the state")):
        _read_person(state, item, where=f"people[{place}]", now=now)
    for place, item in enumerate(_list(data, "groups", where="the state")):
        state.put_group(read_group(item, where=f"groups[{place}]"))
    for place, item in enumerate(_list(data, "courses", where="the state")):
        _read_course(state, item, where=f"courses[{place}]", now=now)
    for place, item in enumerate(_list(data, "activities", where="the state")):
        _read_activity(state, item, where=f"activities[{place}]")
    return state


def tokens_json(state: State) -> JsonObject:
    """The access tokens."""
    return {
        token: {"user": grant.user, "scopes": sorted(grant.scopes), "expires": grant.expires}
        for token, grant in state.tokens.items()
    }


def read_tokens(data: object) -> dict[str, Grant]:
    """The access tokens from what `tokens_json` wrote. Raises KeyError, TypeError, ValueError."""
    rows = cast("Mapping[str, Mapping[str, object]]", data)
    return {
        token: Grant(
            str(row["user"]),
            frozenset(cast("Iterable[str]", row["scopes"])),
            float(str(row["expires"])),
        )
        for token, row in rows.items()
    }


def read_keys(data: object, purposes: Iterable[str]) -> dict[str, SigningKey]:
    """The keys by purpose. Raises KeyError, TypeError, ValueError."""
    rows = cast("Mapping[str, str]", data)
    return {purpose: SigningKey.from_pem(rows[purpose]) for purpose in purposes}


class Keeper:
    """Keeps a file up to date: written whole and moved into place, at most every half second, by
    a thread of its own that lives while there is something to write; and on `close`."""

    def __init__(self, path: Path, snapshot: Callable[[], JsonObject]) -> None:
        self._path = path
        self._snapshot = snapshot
        self._changed = Event()
        self._starting = Lock()  # of the thread; never held while the state is looked at
        self._writing = Lock()
        self._closing = Event()  # one for each thread
        self._thread: Thread | None = None

    def load(self) -> JsonObject | None:
        """What the file holds; None if there is none. Raises InputAtFault."""
        self._changed.set()  # so that the first `close` tells whether it can be written
        try:
            data = read_json(self._path.read_text("utf-8"))
        except FileNotFoundError:
            return None
        except OSError as error:
            raise InputAtFault(f"{self._path} can't be read: {error.strerror}") from error
        except ValueError as error:
            raise InputAtFault(f"{self._path} is not a state file: {error}") from None
        if not isinstance(data, dict):
            raise InputAtFault(f"{self._path} is not a state file: expected an object")
        return data

    def changed(self) -> None:
        """Something is to be written."""
        with self._starting:
            self._changed.set()
            if self._thread is not None and self._thread.is_alive():
                return
            self._closing = Event()
            self._thread = Thread(
                target=self._run, args=(self._closing,), name="simulator-state", daemon=True
            )
            self._thread.start()

    def close(self) -> None:
        """Write what is to be written, and end the thread."""
        with self._starting:
            self._closing.set()
            thread, self._thread = self._thread, None
        if thread is not None:
            thread.join()
        self._write_if_changed()

    def _run(self, closing: Event) -> None:
        while not closing.wait(SAVE_EVERY):
            try:
                self._write_if_changed()
            except OSError as error:
                log.error("the state can't be saved: %s", error.strerror)  # and is tried again

    def _write_if_changed(self) -> None:
        with self._writing:
            if not self._changed.is_set():
                return
            self._changed.clear()
            try:
                self._write()
            except OSError:
                self._changed.set()
                raise

    def _write(self) -> None:
        text = json.dumps(self._snapshot(), ensure_ascii=False)
        self._path.parent.mkdir(parents=True, exist_ok=True)
        half = self._path.with_name(self._path.name + ".part")
        # It has keys in it: nobody else on the machine may read it.
        descriptor = os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with open(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        half.replace(self._path)


def course_state(state: State, course: Course) -> JsonObject:
    """One course with its aliases and members."""
    shown: JsonObject = {
        "id": course.id,
        **course.texts,
        "owner": _spelled(state, course.owner),
        "state": course.state,
        "aliases": list(state.course_aliases[course.id]),
    }
    for name, (field, _) in FIELDS.items():
        shown[name] = getattr(course, field)
    for role, name in LISTS.items():
        shown[name] = [
            {"person": _spelled(state, seat.user), "since": seat.since, "number": seat.number}
            for seat in state.seats[role][course.id].values()
        ]
    return shown


def activity_state(activity: Activity) -> JsonObject:
    """One line of the audit log."""
    shown = {name: getattr(activity, field) for name, (field, _) in ACTIVITY.items()}
    return {**shown, "users": list(activity.users)}


def _spelled(state: State, user: str) -> str:
    """A person's address; the id if the address is now somebody else's."""
    person = state.people[user]
    found = state.person(person.email)
    return person.email if found is person else user


def _read_person(state: State, data: object, *, where: str, now: float) -> None:
    told = read_person(data, where=where)
    new_id = str(told.get("id") or f"1{len(state.people):020d}")
    values: Mapping[str, object] = {"since": now, **told, "id": new_id}
    if "email" not in told:
        raise InputAtFault(f"{where}.email should be an e-mail address")
    if new_id in state.people:
        raise InputAtFault(f"{where}.id: {new_id} is there twice")
    state.put_person(Person(**cast("Mapping[str, Never]", values)))  # read_person has checked


def _read_course(state: State, data: object, *, where: str, now: float) -> None:
    if not isinstance(data, dict):
        raise InputAtFault(f"{where} should be an object, not {data!r}")
    known = {"owner", "state", "aliases", *LISTS.values(), *TEXTS, *FIELDS}
    for name in data.keys() - known:
        raise InputAtFault(f"{where}: no such field as {name!r}")
    owner = _find(state, data.get("owner"), where=f"{where}.owner")
    course = Course(
        texts=_texts(data, where=where),
        owner=owner.id,
        state=_state(data.get("state", "PROVISIONED"), where=f"{where}.state"),
        **cast("Mapping[str, Never]", _fields(state, data, where=where, now=now)),
    )
    if course.id in state.courses:
        raise InputAtFault(f"{where}.id: {course.id} is there twice")
    if state.has_number(course.number):
        raise InputAtFault(f"{where}.number: {course.number} is there twice")
    if not course.texts.get("name"):
        raise InputAtFault(f"{where}.name should be the name of the course")
    state.add_course(course)
    _read_aliases(state, course, data, where=where)
    for role, name in LISTS.items():
        for place, item in enumerate(_list(data, name, where=where)):
            _read_seat(state, course, role, item, where=f"{where}.{name}[{place}]")
    if not state.seat(Role.TEACHER, course, owner.id):
        state.add_seat(Role.TEACHER, course, owner.id, now=course.created)


def _fields(
    state: State, data: Mapping[str, object], *, where: str, now: float
) -> dict[str, object]:
    """The fields of FIELDS; those that are left out are made up."""
    place = len(state.courses)
    found: dict[str, object] = {
        "id": f"6{place:011d}",
        "number": state.next_number(),
        "code": f"c{place:06d}",
        "created": now,
        "updated": now,
    }
    for name, (field, kind) in FIELDS.items():
        if data.get(name) is not None:
            found[field] = checked(data[name], kind, where=f"{where}.{name}")
    return found


def _read_aliases(state: State, course: Course, data: Mapping[str, object], *, where: str) -> None:
    for alias in _list(data, "aliases", where=where):
        if not isinstance(alias, str) or alias[:2] not in ("d:", "p:"):
            raise InputAtFault(f"{where}.aliases should begin with d: or p:, not {alias!r}")
        if alias in state.aliases:
            raise InputAtFault(f"{where}.aliases: {alias} is there twice")
        state.add_alias(alias, course)


def _read_seat(state: State, course: Course, role: Role, data: object, *, where: str) -> None:
    """A seat: an address or id, or an object with `person`."""
    row: Mapping[str, object] = data if isinstance(data, dict) else {"person": data}
    person = _find(state, row.get("person"), where=where)
    if state.is_member(course, person.id):
        raise InputAtFault(f"{where}: {person.email} is in the course twice")
    since = checked(row.get("since", course.created), float, where=f"{where}.since")
    seat = state.add_seat(role, course, person.id, now=cast("float", since))
    if "number" in row:
        number = checked(row["number"], int, where=f"{where}.number")
        if any(
            other.number == number and other != seat
            for other in state.seats[role][course.id].values()
        ):
            raise InputAtFault(f"{where}.number: {number} is there twice")
        state.renumber(role, course, Seat(seat.user, seat.since, cast("int", number)))


def _read_activity(state: State, data: object, *, where: str) -> None:
    if not isinstance(data, dict) or data.keys() != ACTIVITY.keys():
        raise InputAtFault(f"{where} should be an object with {', '.join(ACTIVITY)}")
    values = {
        field: checked(data[name], kind, where=f"{where}.{name}")
        for name, (field, kind) in ACTIVITY.items()
    }
    activity = Activity(**cast("Mapping[str, Never]", values))  # each is of its kind
    if activity.number < state.next_activity():
        raise InputAtFault(f"{where}.number should be higher than the one before it")
    state.add_activity(activity, oldest=activity.when - KEPT)


def _find(state: State, key: object, *, where: str) -> Person:
    person = state.person(key) if isinstance(key, str) else None
    if person is None:
        raise InputAtFault(f"{where} should be the address or id of one of the people, not {key!r}")
    return person


def _list(data: Mapping[str, object], name: str, *, where: str) -> list[object]:
    found = data.get(name, [])
    if not isinstance(found, list):
        raise InputAtFault(f"{where}: {name} should be a list, not {found!r}")
    return found


def _texts(data: Mapping[str, object], *, where: str) -> dict[str, str]:
    found = {}
    for name in TEXTS:
        value = data.get(name, "")
        if not isinstance(value, str):
            raise InputAtFault(f"{where}.{name} should be text, not {value!r}")
        fault = text_fault(name, value)
        if fault is not None:
            raise InputAtFault(f"{where}.{fault}")
        if value:
            found[name] = value
    return found


def _state(value: object, *, where: str) -> str:
    if value not in STATES:
        raise InputAtFault(f"{where} should be one of {', '.join(STATES)}, not {value!r}")
    return str(value)
