"""The doorkeeper of the API: from one HTTP request to the method's answer or Google's refusal."""

import logging
from collections.abc import Mapping
from urllib.parse import parse_qs

from policy.errors import RollbookError
from policy.simulator.calls import Calls
from policy.simulator.discovery import Method, read_query, routes
from policy.simulator.exchange import Request, Response, json_response, read_json
from policy.simulator.faults import AFTER, BEFORE, Aim, Fault
from policy.simulator.line import aim
from policy.simulator.masks import select
from policy.simulator.methods import HANDLERS
from policy.simulator.quotas import Quotas
from policy.simulator.refusals import (
    JsonObject,
    Refusal,
    aborted,
    denied,
    insufficient_scope,
    internal,
    invalid,
    not_built,
    not_found,
    not_today,
    over_quota,
    unauthenticated,
    unavailable,
)
from policy.simulator.state import Grant, Person
from policy.simulator.tokens import ACCOUNT, ACCOUNT_ID
from policy.simulator.world import Call, World

log = logging.getLogger(__name__)

# Without a subject a service account is nobody that Classroom knows.
SERVICE_ACCOUNT = Person(ACCOUNT_ID, ACCOUNT, classroom=False)
FORM = "application/x-www-form-urlencoded"


class AtFault(RollbookError):
    """The simulator has failed; the message is the kind of the error that it failed with"""


class WrongAnswer(RollbookError):
    """The simulator has answered what Google's discovery document doesn't allow"""


class Api:
    """Answers API calls, one at a time, whether alone or in a batch."""

    def __init__(self, world: World, calls: Calls) -> None:
        self._world = world
        self._calls = calls
        self.quotas = Quotas()

    def answer(self, request: Request) -> Response:
        """The answer to one call, which is counted."""
        name = "unknown"
        with self._world.lock:
            try:
                request = _overridden(request)
                route = routes().find(request.verb, request.path)
                name = route.method.id
                response = json_response(self._called(route.method, route.values, request))
            except Refusal as refusal:
                response = self._refused(refusal)
            except Exception as error:
                log.exception("the simulator is at fault, in %s", name, exc_info=nameless(error))
                response = self._refused(internal())
            self._calls.count(name, response.status)
        return response

    def _refused(self, refusal: Refusal) -> Response:
        body = refusal.body(self._world.switches)
        return json_response(body, status=refusal.status, headers=refusal.headers)

    def _called(self, method: Method, values: Mapping[str, str], request: Request) -> JsonObject:
        """1 who, 2 may the token do this, 3 quota, 4 weather, 5 is it well said, 6 do it."""
        world = self._world
        switches, now = world.switches, world.time.now()
        grant, caller = self._caller(request, now)
        if grant.scopes.isdisjoint(method.scopes):
            raise insufficient_scope(method.scopes, service=method.service, method=method.id)
        refusal = self.quotas.take(
            method.api, user_id=caller.id, now=now, switches=switches
        ) or world.weather.strike(method.api, now=now, switches=switches)
        if refusal is not None:
            raise refusal
        query, mask = read_query(method, request.query)
        body = _body(method, request.body)
        if world.ahead:
            self._ordered(BEFORE, aim(world, method.id, values, body), method)
        handler = HANDLERS.get(method.id)
        if handler is None:
            raise not_built(method.id)
        call = Call(world, method, values, query, body, caller, grant.scopes, now)
        answer = handler(call)
        if switches.check_answers:
            _check(method, answer)
        if method.verb != "GET" and world.weather.happens(switches.error_after_rate):
            raise world.weather.server_error()
        if world.ahead:
            self._ordered(AFTER, aim(world, method.id, values, body), method)
        return answer if mask is None else select(mask, answer)

    def _ordered(self, faults: frozenset[Fault], aimed: Aim, method: Method) -> None:
        """Raises the Refusal that was ordered for this call, if one was."""
        planned = self._world.ahead.take(faults, [aimed])
        if planned is None:
            return
        match planned.fault:
            case Fault.REFUSE if planned.no is not None:
                raise planned.no.refusal()
            case Fault.UNAVAILABLE:
                raise unavailable()
            case Fault.TOO_MANY:
                switches = self._world.switches
                raise over_quota("Requests per minute", api=method.api, switches=switches)
            case Fault.NOT_TODAY:
                raise not_today("UserCourseJoinRateLimitReached")
            case Fault.ABORTED:
                raise aborted()
            case _:
                raise internal()

    def _caller(self, request: Request, now: float) -> tuple[Grant, Person]:
        """What the token stands for, and whose it is. Raises Refusal (401)."""
        token = _token(request)
        if not token:
            raise unauthenticated(given=False)
        state = self._world.state
        grant = state.tokens.get(token)
        if grant is None or grant.expires <= now:
            raise unauthenticated(given=True)
        person = SERVICE_ACCOUNT if grant.user == ACCOUNT_ID else state.people.get(grant.user)
        if person is None or not person.active:
            raise unauthenticated(given=True)
        if not person.classroom and not request.path.startswith(("/admin/", "/apps/")):
            raise denied("ClassroomDisabled")
        return grant, person


def nameless(error: Exception) -> Exception:
    """An error to log: the same place, and our own words only, since those of other errors may
    have people's addresses in them."""
    if isinstance(error, RollbookError):
        return error
    return AtFault(type(error).__name__).with_traceback(error.__traceback__)


def _token(request: Request) -> str:
    """The token in the header, or in the query where there is no such header."""
    header = request.headers.get("authorization", "")
    if not header:
        return parse_qs(request.query).get("access_token", [""])[0]
    kind, _, token = header.partition(" ")
    return token.strip() if kind.casefold() == "bearer" else ""


def _body(method: Method, raw: bytes) -> JsonObject:
    """The body, fit for the method, without what was sent as null. Raises Refusal (400)."""
    if not raw.strip():
        return {}
    try:
        body = read_json(raw)
    except ValueError:
        raise invalid("Invalid JSON payload received. Unexpected token.") from None
    method.check_body(body)
    given = body if isinstance(body, dict) else {}
    return {name: value for name, value in given.items() if value is not None}


def _check(method: Method, answer: JsonObject) -> None:
    misfit = method.check_answer(answer)
    if misfit is not None:
        where = ".".join(misfit.path) or "the answer"
        raise WrongAnswer(
            f"{method.id}: {where} should be {misfit.kind}, not of the type "
            f"{type(misfit.found).__name__}; this is a fault of the simulator"
        )


def _overridden(request: Request) -> Request:
    """The client sends a GET whose address is too long as a POST with its query as body."""
    verb = request.headers.get("x-http-method-override")
    if not verb:
        return request
    if request.verb != "POST" or verb.upper() != "GET":
        raise not_found("Method not found.")
    try:
        query = request.body.decode("ascii")
    except UnicodeDecodeError:
        raise invalid() from None
    return Request("GET", request.path, query, request.headers)
