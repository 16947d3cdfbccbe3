"""Accounts, as they are made or changed by hand: the API of Google never does this here."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Never, cast

from policy.errors import InputAtFault
from policy.simulator.state import Person
from policy.simulator.world import World

Told = Mapping[str, object]  # what somebody says of a person, by the names of Person's fields

# What a person may be told with, in JSON: the name there, the field, the type.
FIELDS: Mapping[str, tuple[str, type]] = {
    "id": ("id", str),
    "email": ("email", str),
    "givenName": ("given", str),
    "familyName": ("family", str),
    "aliases": ("aliases", list),
    "suspended": ("suspended", bool),
    "admin": ("admin", bool),
    "archived": ("archived", bool),
    "deleted": ("deleted", bool),
    "classroom": ("classroom", bool),
    "teacher": ("teacher", bool),
    "licenses": ("licenses", list),
    "since": ("since", float),
}
LATEST = 1e11  # seconds; a time beyond it has no date
WORDS = {
    str: "text",
    list: "a list of texts",
    bool: "true or false",
    float: "a number",
    int: "a whole number",
}


def put_person(world: World, told: Told) -> Person:
    """Make an account, or change the one that has this id or primary address. Who gets another
    primary address keeps the former one as an alias. Raises InputAtFault."""
    person = _known(world, told)
    if person is None:
        new_id = world.new_id("1", digits=21)
        person = Person(new_id, str(told["email"]), since=world.time.now())
    changed = replace(person, **cast("Mapping[str, Never]", told))  # read_person has checked
    _check_texts(changed)
    if changed.email.casefold() != person.email.casefold():
        kept = dict.fromkeys((*changed.aliases, person.email))
        kept.pop(changed.email, None)
        changed = replace(changed, aliases=tuple(kept))
    world.state.put_person(changed)
    return changed


def read_person(data: object, *, where: str) -> Told:
    """A person from JSON. Raises InputAtFault."""
    if not isinstance(data, dict):
        raise InputAtFault(f"{where} should be an object with at least an email, not {data!r}")
    told: dict[str, object] = {}
    for name, value in data.items():
        if name not in FIELDS:
            known = ", ".join(FIELDS)
            raise InputAtFault(f"{where}: no such field as {name!r}; expected one of {known}")
        field, kind = FIELDS[name]
        told[field] = checked(value, kind, where=f"{where}.{name}")
    if "email" in told or "id" not in told:
        email = told.get("email")
        if not isinstance(email, str) or not all(email.partition("@")):
            raise InputAtFault(f"{where}.email should be an e-mail address, not {email!r}")
    return told


def person_json(person: Person) -> dict[str, object]:
    """A person as `read_person` takes it."""
    shown = {name: getattr(person, field) for name, (field, _) in FIELDS.items()}
    return {**shown, "aliases": list(person.aliases), "licenses": list(person.licenses)}


def _known(world: World, told: Told) -> Person | None:
    """The account that is meant, if it is there already. Raises InputAtFault."""
    if "id" in told:
        person = world.state.people.get(str(told["id"]))
        if person is None:
            raise InputAtFault(f"no account has the id {told['id']!r}; leave it out for a new one")
        return person
    email = str(told["email"])
    person = world.state.person(email)
    if person is None or person.deleted:
        return None
    if person.email.casefold() != email.casefold():
        raise InputAtFault(f"{email} is an alias of {person.email}")
    return person


def _check_texts(person: Person) -> None:
    """Raises InputAtFault for what could be neither answered nor saved."""
    try:
        texts = (person.email, person.given, person.family, *person.aliases, *person.licenses)
        "".join(texts).encode()
    except UnicodeEncodeError:
        words = "a name, an address or a licence has half of a surrogate pair in it"
        raise InputAtFault(words) from None


def checked(value: object, kind: type, *, where: str) -> object:
    """A value of JSON that is of this type (a key of WORDS). Raises InputAtFault."""
    if kind is list:
        fits = isinstance(value, list) and all(isinstance(item, str) for item in value)
    elif kind is float:
        number = isinstance(value, int | float) and not isinstance(value, bool)
        fits = number and -LATEST < cast("float", value) < LATEST
    elif kind is int:
        fits = isinstance(value, int) and not isinstance(value, bool)
    else:
        fits = isinstance(value, kind)
    if not fits:
        raise InputAtFault(f"{where} should be {WORDS[kind]}, not {value!r}")
    return tuple(value) if isinstance(value, list) else value
