"""Pages of a list, and their tokens: good for the same parameters only, and only for a while."""

import base64
import hashlib
import json
from collections.abc import Callable, Iterable
from itertools import islice
from typing import TypeVar, cast

from policy.simulator.exchange import read_json
from policy.simulator.refusals import JsonObject, invalid
from policy.simulator.world import Call

Cursor = int | str
Item = TypeVar("Item")
Place = TypeVar("Place", int, str)

LIFETIME = 3 * 86_400.0
# Parameters that every method has; the others must stay the same from page to page.
EVERYWHERE = frozenset(
    {"$.xgafv", "access_token", "alt", "callback", "fields", "key", "oauth_token", "pageToken"}
    | {"prettyPrint", "quotaUser", "uploadType", "upload_protocol"}
)


def cursor(call: Call, kind: type[Place]) -> Place | None:
    """Where the last page ended, from the call's page token; lists that are ordered by a number
    want an int, the others a str. Raises Refusal (400)."""
    token = call.word("pageToken")
    if not token:
        return None
    try:
        mark, place, issued = cast("list[object]", read_json(base64.urlsafe_b64decode(token)))
    except (ValueError, TypeError):
        raise invalid() from None
    if not (type(place) is kind and isinstance(issued, int | float)):
        raise invalid()
    if mark != _fingerprint(call) or not call.now < issued + LIFETIME:
        raise invalid()
    return place


def answer_page(
    call: Call,
    name: str,
    items: Iterable[Item],
    *,
    size: int,
    place: Callable[[Item], Cursor],
    shown: Callable[[Item], JsonObject],
) -> JsonObject:
    """One page of what comes after the cursor. An empty list is left out, as Google does."""
    source = iter(items)
    found = list(islice(source, size))
    more = next(source, None) is not None
    switches, random = call.switches, call.world.random
    if len(found) > 1 and call.world.weather.happens(switches.short_page_rate):
        found, more = found[: random.randrange(1, len(found))], True
    answer: JsonObject = {name: [shown(item) for item in found]} if found else {}
    if found and (more or switches.empty_last_page):
        answer["nextPageToken"] = _token(call, place(found[-1]))
    return answer


def _token(call: Call, place: Cursor) -> str:
    raw = json.dumps([_fingerprint(call), place, call.now])
    return base64.urlsafe_b64encode(raw.encode()).decode()


def _fingerprint(call: Call) -> str:
    """What must be the same for a token to be good."""
    query = sorted((k, repr(v)) for k, v in call.query.items() if k not in EVERYWHERE)
    parts = (call.world.secret, call.caller.id, call.method.id, sorted(call.path.items()), query)
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:20]
