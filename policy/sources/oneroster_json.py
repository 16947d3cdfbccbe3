"""OneRoster's JSON objects, of 1.1 and 1.2, as the cells that rostering needs; the rest of an
object (birth dates, phones, passwords, parents' ids) is passed over.

Taken in all forms that are in use: booleans as such, as text or as 1 and 0; references as
{href, sourcedId, type} or as a bare id; one thing where a list should be. What is left empty here
is told by the loader, row by row.
"""

import re
from collections.abc import Iterator

from policy.errors import RosterAtFault
from policy.roster.codes import Code, problem
from policy.roster.dialect import COURSES, MEMBERSHIPS, PEOPLE, SCHOOLS, SECTIONS, SHAPES, TERMS

COLLECTIONS = {
    SCHOOLS: "orgs",
    TERMS: "academicSessions",
    COURSES: "courses",
    SECTIONS: "classes",
    PEOPLE: "users",
    MEMBERSHIPS: "enrollments",
}
_KEYS = {  # of an object, where it is not what the column is called
    "courseSourcedId": "course",
    "schoolSourcedId": "school",
    "termSourcedIds": "terms",
    "classSourcedId": "class",
    "userSourcedId": "user",
}
_GONE = ("tobedeleted", "inactive")
_MIDNIGHT = re.compile(r"(\d{4}-\d\d-\d\d)[T ]00:00(:00(\.0+)?)?(Z|[+-]\d\d:?\d\d)?", re.ASCII)
_DATES = ("startDate", "endDate", "beginDate")
# Roles that 1.2 has and 1.1 has not, in 1.1's word: staff, whoever they are.
_STAFF = {
    *("counselor", "districtadministrator", "principal"),
    *("siteadministrator", "systemadministrator"),
}


def cells_of(kind: str, thing: object, place: str) -> tuple[str, ...]:
    """An object of a collection in the shape of its kind. Of what is gone only its key and its
    status. Raises RosterAtFault (R304) for what is no such object."""
    if not isinstance(thing, dict):
        words = f"lists {_named(thing)} where an object should be"
        raise RosterAtFault([problem(place, words, Code.ANSWER)])
    columns = SHAPES[kind]
    key, status = (_text(thing.get(name), place, name) for name in columns[:2])
    if status.casefold() in _GONE:
        return (key, status, *("" for _ in columns[2:]))
    return (key, status, *(_cell(thing, name, kind, place) for name in columns[2:]))


def _cell(thing: dict[str, object], name: str, kind: str, place: str) -> str:
    if name == "role" and kind == PEOPLE:
        return _role(thing, place)
    value = _text(thing.get(_KEYS.get(name, name)), place, _KEYS.get(name, name))
    midnight = _MIDNIGHT.fullmatch(value) if name in _DATES else None
    return midnight[1] if midnight else value


def _role(user: dict[str, object], place: str) -> str:
    """What a user is: 1.1's role. 1.2's where it is the same in all schools; else nothing, since
    their enrollments say it."""
    if "roles" not in user:
        return _text(user.get("role"), place, "role")
    roles = user["roles"] if isinstance(user["roles"], list) else [user["roles"]]
    found = {
        _text(role.get("role") if isinstance(role, dict) else role, place, "roles")
        for role in roles
    }
    found = {"administrator" if role.casefold() in _STAFF else role for role in found}
    return found.pop() if len(found) == 1 else ""


def _text(value: object, place: str, name: str) -> str:
    if isinstance(value, list):
        return ",".join(_parts(value, place, name))
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case str():
            return value.strip()
        case int() | float():
            return f"{value:g}" if isinstance(value, float) else str(value)
        case {"sourcedId": str() | int() as key}:
            return str(key).strip()
        case {"sourcedId": None}:
            return ""
        case dict() if not value:
            return ""
    words = f"has {_named(value)} as {name}; expected text, or a sourcedId in it"
    raise RosterAtFault([problem(place, words, Code.ANSWER)])


def _parts(values: list[object], place: str, name: str) -> Iterator[str]:
    """In one cell: a comma parts them, so one inside a part becomes a blank."""
    for value in values:
        if isinstance(value, list):
            words = f"has a list within a list as {name}; expected text, or a sourcedId in it"
            raise RosterAtFault([problem(place, words, Code.ANSWER)])
        text = " ".join(_text(value, place, name).replace(",", " ").split())
        if text:
            yield text


def _named(value: object) -> str:
    names = {list: "a list", dict: "an object", str: "text", bool: "a boolean"}
    return names.get(type(value), "nothing" if value is None else "a number")
