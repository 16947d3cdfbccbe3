"""classroom.userProfiles.get, and the profile that comes with each member."""

from policy.simulator.refusals import JsonObject, denied
from policy.simulator.rules import find_person, is_admin, may_create
from policy.simulator.state import Person, Role
from policy.simulator.world import Call

EMAILS = "https://www.googleapis.com/auth/classroom.profile.emails"
PHOTOS = "https://www.googleapis.com/auth/classroom.profile.photos"


def get(call: Call) -> JsonObject:
    """GET /v1/userProfiles/{userId}; who is unknown is 403 here, never 404."""
    person = find_person(call, call.path["userId"])
    if person is None or not _may_see(call, person):
        raise denied()
    return profile_json(call, person)


def profile_json(call: Call, person: Person) -> JsonObject:
    """A profile as this caller, with these scopes, gets it."""
    if person.deleted:
        return {"id": person.id, "name": {"fullName": "Unknown user"}}
    if _is_foreign(call, person):
        return {"id": person.id}
    name: JsonObject = {}
    if person.given:
        name["givenName"] = person.given
    if person.family:
        name["familyName"] = person.family
    if person.name:
        name["fullName"] = person.name
    shown: JsonObject = {"id": person.id, "name": name}
    if EMAILS in call.scopes and not _email_missing(call, person):
        shown["emailAddress"] = person.email
    if PHOTOS in call.scopes:
        shown["photoUrl"] = f"//lh3.googleusercontent.com/a/{person.id}"
    if person.id == call.caller.id and may_create(call.world, person, call.switches):
        shown["permissions"] = [{"permission": "CREATE_COURSE"}]
    return shown


def _email_missing(call: Call, person: Person) -> bool:
    return call.world.befalls(call.switches.email_missing_rate, "no e-mail", person.id)


def _is_foreign(call: Call, person: Person) -> bool:
    """An administrator is told little of those outside the domain, unless they share a course."""
    world, caller = call.world, call.caller
    if not call.switches.foreign_profiles_bare or world.at_home(person):
        return False
    return is_admin(world, caller) and _courses(call, caller).isdisjoint(_courses(call, person))


def _may_see(call: Call, person: Person) -> bool:
    caller, world = call.caller, call.world
    if person.id == caller.id or (world.at_home(caller) and world.at_home(person)):
        return True
    return is_admin(world, caller) or not _courses(call, caller).isdisjoint(_courses(call, person))


def _courses(call: Call, person: Person) -> set[str]:
    return {course for role in Role for course in call.state.courses_of[role].get(person.id, ())}
