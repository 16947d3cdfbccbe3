"""What a person does by hand, over HTTP under /simulator/: accept, decline, rename, add, remove.

No Google here: no tokens, no quotas, no faults. The rules of Classroom's states still hold.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Protocol
from urllib.parse import parse_qs, unquote

from policy.errors import InputAtFault
from policy.simulator.acts import COURSE_ACTS, NoSuchThing, by_hand_course, find
from policy.simulator.calls import Calls
from policy.simulator.exchange import Request, Response, is_loopback, json_response, read_json
from policy.simulator.faults import read_planned
from policy.simulator.groups import group_json, read_group
from policy.simulator.page import STYLE, state_page
from policy.simulator.people import person_json, put_person, read_person
from policy.simulator.presets import preset
from policy.simulator.refusals import JsonObject
from policy.simulator.saved import course_state, read_state, state_json
from policy.simulator.world import World

HOST = re.compile(r"(?:\[([^\]]+)\]|([^:\[\]]+))(?::\d+)?")  # a port may follow
Act = Callable[[Request], Response]

# The page loads nothing but its own style, and nobody else may put it in a frame or send a form.
PAGE_HEADERS = (
    (
        "Content-Security-Policy",
        "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'",
    ),
    ("X-Content-Type-Options", "nosniff"),
)


class Box(Protocol):
    """What is needed of the simulator here."""

    world: World
    calls: Calls
    base_url: str | None
    loopback: bool

    def key_file(self) -> dict[str, object]: ...


class ByHand:
    """Answers what is under /simulator/."""

    def __init__(self, sim: Box) -> None:
        self._sim = sim
        self._acts: Mapping[str, Mapping[str, Act]] = {
            "": {"GET": self._page},
            "style.css": {"GET": lambda _: Response(200, STYLE.encode(), "text/css")},
            "state": {"GET": self._state, "PUT": self._put_state},
            "users": {"GET": self._users, "POST": self._add_users},
            "groups": {"GET": self._groups, "POST": self._add_group},
            "courses": {"POST": self._add_course},
            "key": {"GET": self._key},
            "switches": {"GET": self._switches, "PATCH": self._patch_switches},
            "next": {"GET": self._ahead, "POST": self._order, "DELETE": self._forget},
            "calls": {"GET": self._calls, "DELETE": self._clear_calls},
        }

    def respond(self, request: Request) -> Response:
        """The answer to one request; a wrong one is told what is wrong, in JSON."""
        stranger = self._stranger(request)
        if stranger is not None:
            return _wrong(stranger, status=403)
        try:
            with self._sim.world.lock:
                return self._respond(request)
        except NoSuchThing as error:
            return _wrong(str(error), status=404)
        except InputAtFault as error:
            return _wrong(str(error), status=400)

    def _stranger(self, request: Request) -> str | None:
        """Why a request seems to come from a foreign page in a browser here: by a name that points
        to this machine, or across sites. None if it doesn't."""
        host = request.headers.get("host", "")
        name = HOST.fullmatch(host.casefold())
        if self._sim.loopback and host and not (name and is_loopback(name[1] or name[2])):
            return f"this simulator is at {self._sim.base_url}, not at another Host"
        origin = request.headers.get("origin")
        harmless = request.verb in ("GET", "HEAD") and request.path != "/simulator/key"
        if origin is None or harmless or origin.partition("://")[2] == host:
            return None
        return "a page of another Origin may not do this"

    def _respond(self, request: Request) -> Response:
        name, *rest = request.path.removeprefix("/simulator").lstrip("/").split("/")
        if name == "courses" and len(rest) == 2:
            acts: Mapping[str, Act] = {"POST": lambda asked: self._act(asked, *rest)}
        elif name == "users" and len(rest) == 1:
            acts = {"DELETE": lambda _: self._delete_user(unquote(rest[0]))}
        elif name in self._acts and not any(rest):
            acts = self._acts[name]
        else:
            known = ", ".join(f"/simulator/{each}" for each in self._acts)
            raise NoSuchThing(f"nothing is at {request.path}; there are {known}")
        act = acts.get("GET" if request.verb == "HEAD" else request.verb)
        if act is None:
            allowed = ", ".join(acts)
            return _wrong(f"{request.path} takes {allowed}, not {request.verb}", status=405)
        return act(request)

    def _page(self, request: Request) -> Response:
        wanted = parse_qs(request.query).get("find", [""])[0]
        page = state_page(self._sim.world.state, wanted=wanted, now=self._sim.world.time.now())
        return Response(200, page.encode(), "text/html; charset=utf-8", PAGE_HEADERS)

    def _state(self, _request: Request) -> Response:
        return json_response(state_json(self._sim.world.state))

    def _put_state(self, request: Request) -> Response:
        """Tokens stay good for those who are still there."""
        state = read_state(_json(request), now=self._sim.world.time.now())
        state.tokens = self._sim.world.state.tokens
        state.version = self._sim.world.state.version + 1
        self._sim.world.state = state
        return self._state(request)

    def _users(self, _request: Request) -> Response:
        return json_response(
            [person_json(person) for person in self._sim.world.state.people.values()]
        )

    def _add_users(self, request: Request) -> Response:
        """One account or a list of them, new or changed; those before a faulty one are made."""
        data = _json(request)
        rows = data if isinstance(data, list) else [data]
        told = [read_person(row, where=f"users[{place}]") for place, row in enumerate(rows)]
        people = [person_json(put_person(self._sim.world, person)) for person in told]
        return json_response(people if isinstance(data, list) else people[0])

    def _delete_user(self, key: str) -> Response:
        person = find(self._sim.world, key)
        gone = replace(person, deleted=True)
        self._sim.world.state.put_person(gone)
        return json_response(person_json(gone))

    def _groups(self, _request: Request) -> Response:
        return json_response([group_json(each) for each in self._sim.world.state.groups.values()])

    def _add_group(self, request: Request) -> Response:
        """A group, new or changed."""
        group = read_group(_json(request), where="the group")
        self._sim.world.state.put_group(group)
        return json_response(group_json(group))

    def _add_course(self, request: Request) -> Response:
        return self._shown(by_hand_course(self._sim.world, _object(request)))

    def _act(self, request: Request, key: str, verb: str) -> Response:
        world = self._sim.world
        course = world.state.course(unquote(key))
        if course is None:
            raise NoSuchThing(f"no course has the id or alias {unquote(key)!r}")
        act = COURSE_ACTS.get(verb)
        if act is None:
            raise NoSuchThing(
                f"{verb!r} can't be done by hand; expected one of {', '.join(COURSE_ACTS)}"
            )
        act(world, course, _object(request))
        return self._shown(course.id)

    def _shown(self, course_id: str) -> Response:
        state = self._sim.world.state
        return json_response(course_state(state, state.courses[course_id]))

    def _key(self, request: Request) -> Response:
        """The token_uri is where the asker has found us; 0.0.0.0 would be no use to others."""
        root = request.root if "host" in request.headers else self._sim.base_url
        uri = f"{root or request.root}/token"
        return json_response({**self._sim.key_file(), "token_uri": uri})

    def _switches(self, _request: Request) -> Response:
        return json_response(self._sim.world.switches.values())

    def _patch_switches(self, request: Request) -> Response:
        told = dict(_object(request))
        name = told.pop("preset", None)
        base = self._sim.world.switches if name is None else preset(str(name))
        self._sim.world.switches = base.changed(told)
        return self._switches(request)

    def _ahead(self, _request: Request) -> Response:
        return json_response([each.as_json() for each in self._sim.world.ahead.planned])

    def _order(self, request: Request) -> Response:
        self._sim.world.ahead.planned.append(read_planned(_json(request)))
        return self._ahead(request)

    def _forget(self, request: Request) -> Response:
        self._sim.world.ahead.planned.clear()
        return self._ahead(request)

    def _calls(self, _request: Request) -> Response:
        return json_response(self._sim.calls.as_json())

    def _clear_calls(self, request: Request) -> Response:
        self._sim.calls.clear()
        return self._calls(request)


def _json(request: Request) -> object:
    try:
        return read_json(request.body or b"{}")
    except ValueError as error:
        raise InputAtFault(f"the body should be JSON: {error}") from None


def _object(request: Request) -> JsonObject:
    data = _json(request)
    if not isinstance(data, dict):
        raise InputAtFault(f"the body should be an object, not {data!r}")
    return data


def _wrong(words: str, *, status: int) -> Response:
    return json_response({"error": words}, status=status)
