"""The one method of the Reports API that a roster sync needs: activities.list of Classroom."""

from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import takewhile

from policy.simulator.activities import COURSE_EVENTS, KEPT, ROSTER_EVENTS
from policy.simulator.clock import rfc3339
from policy.simulator.directory import CUSTOMER
from policy.simulator.pages import answer_page, cursor
from policy.simulator.refusals import JsonObject, Refusal, invalid, not_built
from policy.simulator.rules import is_admin
from policy.simulator.state import Activity
from policy.simulator.world import Call

LONGEST_PAGE = 1_000
EVENTS = ROSTER_EVENTS | COURSE_EVENTS
BUILT = frozenset({"startTime", "endTime", "eventName", "filters", "maxResults", "customerId"})
# What is in no activity here, so that filtering by it would find nothing without saying why.
NOT_BUILT = frozenset(
    {"actorIpAddress", "agentInfoFilter", "applicationInfoFilter", "deviceFilter", "groupIdFilter"}
    | {"includeSensitiveData", "networkInfoFilter", "orgUnitID", "resourceDetailsFilter"}
    | {"statusFilter"}
)
TESTS: dict[str, Callable[[bool], bool]] = {"==": lambda same: same, "<>": lambda same: not same}
PARAMETERS: dict[str, Callable[[Activity], tuple[str, ...]]] = {
    "course_id": lambda activity: (activity.course,),
    "course_title": lambda activity: (activity.title,),
    "course_role": lambda activity: (activity.role,) if activity.role else (),
    "impacted_users": lambda activity: activity.users,
}
Wanted = Callable[[Activity], bool]


def list_activities(call: Call) -> JsonObject:
    """GET /admin/reports/v1/activity/users/{userKey}/applications/classroom, newest first"""
    _check_admin(call)
    _check_built(call)
    start, end = _times(call)
    tests = (*_by_actor(call), *_by_event(call), *_by_filters(call))
    below = cursor(call, int)
    found = (
        activity
        for activity in _from(call.state.newest_activities(below=below), start)
        if activity.when <= end
        and activity.seen_from <= call.now
        and all(test(activity) for test in tests)
    )
    answer = answer_page(
        call,
        "items",
        found,
        size=call.size("maxResults") or LONGEST_PAGE,
        place=lambda activity: activity.number,
        shown=activity_json,
    )
    return {"kind": "admin#reports#activities", **answer}


def activity_json(activity: Activity) -> JsonObject:
    """An activity as Google reports it."""
    parameters: list[JsonObject] = [
        {"name": "course_id", "value": activity.course},
        {"name": "course_title", "value": activity.title},
    ]
    if activity.role:
        parameters.append({"name": "course_role", "value": activity.role})
    if activity.users:
        parameters.append({"name": "impacted_users", "multiValue": list(activity.users)})
    kind = "roster_update" if activity.event in ROSTER_EVENTS else "course_update"
    return {
        "kind": "admin#reports#activity",
        "id": {
            "time": rfc3339(activity.when),
            "uniqueQualifier": str(activity.number),
            "applicationName": "classroom",
            "customerId": CUSTOMER,
        },
        "actor": {"callerType": "USER", "email": activity.email, "profileId": activity.actor},
        "events": [{"type": kind, "name": activity.event, "parameters": parameters}],
    }


def _from(newest_first: Iterator[Activity], start: float) -> Iterator[Activity]:
    return takewhile(lambda activity: activity.when >= start, newest_first)


def _check_admin(call: Call) -> None:
    if is_admin(call.world, call.caller):
        return
    if call.switches.reports_denied_status == 401:
        words = "Access denied. You are not authorized to read activity records."
        raise Refusal(401, "UNAUTHENTICATED", words)
    raise Refusal(403, "PERMISSION_DENIED", "Not Authorized to access this resource/api")


def _check_built(call: Call) -> None:
    if call.path["applicationName"] != "classroom":
        raise not_built("the activities of any application but classroom")
    for name in sorted(NOT_BUILT & call.query.keys()):
        raise not_built(f"{name} of {call.method.id}")
    if call.word("customerId") not in ("", "my_customer", CUSTOMER):
        raise invalid("Bad Request")


def _times(call: Call) -> tuple[float, float]:
    """From when to when, both included. Raises Refusal (400)."""
    start, end = _time(call, "startTime"), _time(call, "endTime")
    latest = call.now if end is None else end
    if start is not None and start >= min(latest, call.now):
        raise invalid("Start time must be before the end time and the current time.")
    oldest = call.now - KEPT
    return max(start or oldest, oldest), latest


def _time(call: Call, name: str) -> float | None:
    word = call.word(name)
    if not word:
        return None
    try:
        moment = datetime.fromisoformat(word)
    except ValueError:
        raise invalid(f"Invalid value '{word[:40]}'. Values must match RFC 3339: {name}") from None
    if moment.tzinfo is None:
        raise invalid(f"Invalid value '{word[:40]}'. Values must match RFC 3339: {name}")
    return moment.timestamp()


def _by_actor(call: Call) -> tuple[Wanted, ...]:
    key = call.path["userKey"]
    if key == "all":
        return ()
    person = call.state.person(key)
    if person is None:
        raise invalid("Bad Request")
    return (lambda activity: activity.actor == person.id,)


def _by_event(call: Call) -> tuple[Wanted, ...]:
    event = call.word("eventName")
    if not event:
        return ()
    if event not in EVENTS:
        raise invalid(f"No such event here as {event!r}")
    return (lambda activity: activity.event == event,)


def _by_filters(call: Call) -> tuple[Wanted, ...]:
    text = call.word("filters")
    return tuple(_filter(part) for part in text.split(",")) if text else ()


def _filter(text: str) -> Wanted:
    for sign, test in TESTS.items():
        name, found, value = text.partition(sign)
        if found and name in PARAMETERS and value:
            told = PARAMETERS[name]
            return lambda activity: bool(told(activity)) and test(value in told(activity))
    raise invalid(f"Invalid filter: {text[:40]!r}; here {', '.join(PARAMETERS)} with == or <>")
