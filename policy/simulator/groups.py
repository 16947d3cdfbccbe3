"""Google groups: the one method that a roster sync needs, and how they are made by hand."""

from collections.abc import Iterator

from policy.errors import InputAtFault
from policy.simulator.people import checked
from policy.simulator.refusals import JsonObject, denied, invalid, not_found
from policy.simulator.rules import is_admin
from policy.simulator.state import Group, Person, State
from policy.simulator.world import Call

FIELDS = {"email", "members"}


def has_member(call: Call) -> JsonObject:
    """GET /admin/directory/v1/groups/{groupKey}/hasMember/{memberKey}"""
    if not is_admin(call.world, call.caller):
        refusal = denied()
        refusal.words = "Not Authorized to access this resource/api"
        raise refusal
    state = call.state
    group = state.groups.get(call.path["groupKey"].casefold())
    if group is None:
        raise not_found("Resource Not Found: groupKey")
    person = state.person(call.path["memberKey"])
    if person is None or person.deleted or not call.world.at_home(person):
        raise invalid("Invalid Input: memberKey")
    if _is_named(group, person):
        return {"isMember": True}
    if person.domain != group.domain:  # groups within it are not looked into then
        raise invalid("Invalid Input")
    return {"isMember": any(_is_named(each, person) for each in _within(state, group))}


def read_group(data: object, *, where: str) -> Group:
    """A group from JSON. Raises InputAtFault."""
    if not isinstance(data, dict) or not data.keys() <= FIELDS:
        raise InputAtFault(f"{where} should be an object with email and members, not {data!r}")
    email = checked(data.get("email"), str, where=f"{where}.email")
    members = checked(data.get("members", []), list, where=f"{where}.members")
    assert isinstance(email, str)
    assert isinstance(members, tuple)
    for address in (email, *members):
        if not all(address.partition("@")):
            raise InputAtFault(f"{where}: {address!r} should be an e-mail address")
    return Group(email, tuple(address.casefold() for address in members))


def group_json(group: Group) -> JsonObject:
    """A group as `read_group` takes it."""
    return {"email": group.email, "members": list(group.members)}


def _is_named(group: Group, person: Person) -> bool:
    return any(each.casefold() in group.members for each in (person.email, *person.aliases))


def _within(state: State, group: Group) -> Iterator[Group]:
    """The groups within a group, however deep, each once."""
    met, left = {group.email.casefold()}, list(group.members)
    while left:
        inner = state.groups.get(left.pop())
        if inner is not None and inner.email.casefold() not in met:
            met.add(inner.email.casefold())
            left.extend(inner.members)
            yield inner
