"""Classroom's audit log, read from the Admin SDK's Reports API. It has a scope of its own, which a
domain need not grant."""

import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime

from policy.google.base import Activity, Pace
from policy.google.http import JsonObject, Request
from policy.google.reader import Reader
from policy.google.transport import Transport

ACTIVITIES_PAGE = 1_000  # the Reports API's most
PARAMETERS = "parameters(name,value,multiValue)"
ACTIVITY_FIELDS = f"id(time,uniqueQualifier),actor(email),events(name,{PARAMETERS})"


class ReportsGateway:
    """The `Reports` of `base`, by the administrator's credentials."""

    def __init__(
        self,
        transport: Transport,
        pace: Pace,
        *,
        sleep: Callable[[float], None] = time.sleep,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._transport = transport
        self._reader = Reader(transport, pace, sleep=sleep, chance=chance)

    def activities(self, since: datetime) -> Iterator[Activity]:
        """Everything since then, to the last page. Raises GoogleRefused without the scope or the
        right to ask."""
        start = since.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        bodies = self._reader.pages(
            lambda token: self._page(start, token), "items", doing="read Classroom's audit log"
        )
        return (activity for body in bodies for activity in _activities(body))

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()

    def _page(self, start: str, token: str | None) -> Request:
        return self._transport.activities.list(
            userKey="all",
            applicationName="classroom",
            startTime=start,
            maxResults=ACTIVITIES_PAGE,
            pageToken=token,
            fields=f"nextPageToken,items({ACTIVITY_FIELDS})",
        )


def _activities(item: JsonObject) -> Iterator[Activity]:
    """What one entry of the log tells, an event at a time. What is not about a course is left out:
    the log also has grades, posts and guardians."""
    ident, actor = _object(item, "id"), _object(item, "actor")
    for number, event in enumerate(_objects(item, "events")):
        said = {str(p.get("name")): _values(p) for p in _objects(event, "parameters")}
        course = said.get("course_id")
        if course:
            yield Activity(
                course_id=course[0],
                at=datetime.fromisoformat(str(ident["time"])),
                event=str(event.get("name", "")),
                actor=str(actor.get("email", "")).casefold(),
                people=tuple(email.casefold() for email in said.get("impacted_users", ())),
                unique=f"{ident['time']} {ident.get('uniqueQualifier', '')} {number}",
            )


def _values(parameter: JsonObject) -> tuple[str, ...]:
    """A parameter's value, or values."""
    many = parameter.get("multiValue")
    if isinstance(many, list):
        return tuple(map(str, many))
    one = parameter.get("value")
    return (str(one),) if one else ()


def _object(body: JsonObject, key: str) -> JsonObject:
    found = body.get(key)
    return found if isinstance(found, Mapping) else {}


def _objects(body: JsonObject, key: str) -> Sequence[JsonObject]:
    found = body.get(key)
    return found if isinstance(found, list) else ()
