"""Google in a box: one WSGI app that is Classroom, the Directory and the token endpoint."""

import logging
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING
from urllib.parse import quote

from policy.errors import InputAtFault
from policy.simulator.api import Api, nameless
from policy.simulator.batch import answer_batch, read_batch
from policy.simulator.bodies import MOST, BadBody, length_of, unpacked
from policy.simulator.byhand import ByHand
from policy.simulator.calls import Calls
from policy.simulator.clock import Clock, Sleep, Time
from policy.simulator.exchange import HangUp, Request, Response, json_response
from policy.simulator.faults import Fault, No, Where, checked_plan
from policy.simulator.groups import read_group
from policy.simulator.keys import SigningKey, shared_key
from policy.simulator.line import Line
from policy.simulator.people import put_person
from policy.simulator.refusals import JsonObject, Refusal, internal
from policy.simulator.saved import (
    Keeper,
    read_keys,
    read_state,
    read_tokens,
    state_json,
    tokens_json,
)
from policy.simulator.state import State
from policy.simulator.switches import Switches
from policy.simulator.tokens import ACCOUNT, ACCOUNT_ID, Door, exchange, grant
from policy.simulator.weather import Weather
from policy.simulator.world import World

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

log = logging.getLogger(__name__)

ANYWHERE = Where()
KEYS = ("service account", "id tokens")
METHOD_NOT_ALLOWED = json_response({"error": "This address takes another verb."}, status=405)
CERTIFICATES_LAST = (("Cache-Control", "public, max-age=21600, must-revalidate, no-transform"),)


class Simulator:
    """The simulated Google, a WSGI callable. docs/simulator.md is its guide.

    Time goes by `clock`, except that signatures are judged by `wall`, the world's time, since it
    is the client that signs. With a `state_file`, state, tokens and keys are loaded from it and
    saved to it within half a second of each change and on `close`.
    """

    def __init__(
        self,
        domain: str = "school.example",
        *,
        switches: Switches | None = None,
        clock: Clock = time.monotonic,
        state_file: Path | None = None,
        seed: int = 0,
        other_domains: Sequence[str] = (),
        wall: Clock = time.time,
        sleep: Sleep | None = None,
    ) -> None:
        random = Random(seed)
        self.world = World(
            domains=tuple(name.casefold() for name in (domain, *other_domains)),
            state=State(),
            switches=switches or Switches(),
            random=random,
            time=Time(clock, wall=wall, sleep=sleep),
            weather=Weather(random),
            secret=f"{random.getrandbits(64):x}",
        )
        self.calls = Calls()
        self.base_url: str | None = None  # set by the server, as is the next
        self.loopback = False  # whether only this machine can reach it
        self.allowed_scopes: frozenset[str] | None = None  # those delegated; None: all
        self.api = Api(self.world, self.calls)
        self._line = Line(self.world)
        self._by_hand = ByHand(self)
        self._keys: dict[str, SigningKey] = {}
        self._saved_version = 0
        self._keeper = Keeper(state_file, self._snapshot) if state_file else None
        if self._keeper:
            self._load(self._keeper)

    # For the people who use it

    @property
    def switches(self) -> Switches:
        """How it behaves; can be set at any time."""
        return self.world.switches

    @switches.setter
    def switches(self, switches: Switches) -> None:
        self.world.switches = switches

    @property
    def state(self) -> State:
        """What it knows. Hold `world.lock` while others may call."""
        return self.world.state

    def emails(self) -> tuple[str, ...]:
        """The primary address of every account."""
        with self.world.lock:
            people = self.state.people.values()
            return tuple(person.email for person in people if not person.deleted)

    def add_user(
        self,
        email: str,
        *,
        given: str = "",
        family: str = "",
        aliases: Iterable[str] = (),
        suspended: bool = False,
        admin: bool = False,
    ) -> str:
        """Make an account, or change the one with this address; its id. Raises InputAtFault."""
        values = {
            "email": email,
            "given": given,
            "family": family,
            "aliases": tuple(aliases),
            "suspended": suspended,
            "admin": admin,
        }
        with self.world.lock:
            person = put_person(self.world, values)
        self.changed()
        return person.id

    def add_group(self, email: str, members: Iterable[str] = ()) -> None:
        """Make a Google group, or change the one with this address; members are addresses of
        accounts and of other groups. Raises InputAtFault."""
        group = read_group({"email": email, "members": list(members)}, where="the group")
        with self.world.lock:
            self.state.put_group(group)
        self.changed()

    def next(
        self,
        fault: Fault | str,
        count: int = 1,
        *,
        where: Where = ANYWHERE,
        no: No | None = None,
    ) -> None:
        """Order a fault for the next `count` calls there; for `refuse`, `no` says how. Raises
        InputAtFault."""
        planned = checked_plan(fault, count, where=where, no=no)
        with self.world.lock:
            self.world.ahead.planned.append(planned)

    def key_file(self) -> dict[str, object]:
        """A service account's key file, with delegation for the whole domain."""
        key = self._key("service account")
        return {
            "type": "service_account",
            "project_id": "simulator",
            "private_key_id": key.id,
            "private_key": key.pem(),
            "client_email": ACCOUNT,
            "client_id": ACCOUNT_ID,
            "auth_uri": "https://accounts.google.com/o/oauth2/auth",
            "token_uri": f"{self.base_url or 'http://localhost'}/token",
            "universe_domain": "googleapis.com",
        }

    def access_token(self, email: str, scopes: Iterable[str]) -> str:
        """A token as that user, without the exchange. Raises InputAtFault for an unknown one."""
        with self.world.lock:
            person = self.state.person(email)
            if person is None or person.deleted:
                raise InputAtFault(f"{email} is not an account of this simulator")
            token = grant(self.world, person, frozenset(scopes))
        self.changed()
        return token

    def id_token(
        self,
        email: str,
        *,
        audience: str,
        issuer: str = "https://accounts.google.com",
        expires_in: float = 3600,
        email_verified: bool = True,
        **claims: object,
    ) -> str:
        """An ID token signed with the key whose certificate /oauth2/v1/certs serves; the address
        may be a service account's. `claims` are added, or replace those that it would have."""
        person = self.state.person(email)
        now = int(self.world.time.wall())
        said: dict[str, object] = {
            "iss": issuer,
            "aud": audience,
            "azp": audience,
            "sub": person.id if person else ACCOUNT_ID,
            "email": email,
            "email_verified": email_verified,
            "iat": now,
            "exp": now + int(expires_in),
        }
        return self._key("id tokens").sign({**said, **claims})

    def close(self) -> None:
        """Save what is not saved yet. It may be used again afterwards."""
        if self._keeper:
            self._keeper.close()

    def changed(self) -> None:
        """See to it that changes are saved."""
        if self._keeper and self.state.version != self._saved_version:
            self._saved_version = self.state.version
            self._keeper.changed()

    # For the server

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """WSGI. Raises HangUp when a switch says so; then nothing is to be answered."""
        try:
            response = self.respond(read_request(environ))
        except BadBody as error:
            response = json_response({"error": str(error)}, status=error.status)
        headers = [
            ("Content-Type", response.type),
            ("Content-Length", str(len(response.body))),
            *response.headers,
        ]
        start_response(response.line, headers)
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [response.body]

    def respond(self, request: Request) -> Response:
        """The answer to one HTTP request."""
        by_hand = request.path == "/simulator" or request.path.startswith("/simulator/")
        try:
            response = self._by_hand.respond(request) if by_hand else self._google(request)
        except HangUp:
            self._count(0)
            self.changed()
            raise
        except Exception as error:
            where = "what is done by hand" if by_hand else request.verb
            log.exception("the simulator is at fault, in %s", where, exc_info=nameless(error))
            response = json_response(internal().body(self.switches), status=500)
        if not by_hand:
            self._count(response.status)
        self.changed()
        return response

    def _google(self, request: Request) -> Response:
        match request.path:
            case "/token":
                return self._token(request)
            case "/oauth2/v1/certs":
                key = self._key("id tokens")
                certificates = {key.id: key.certificate(now=self.world.time.wall())}
                return json_response(certificates, headers=CERTIFICATES_LAST)
            case path if path == "/batch" or path.startswith("/batch/"):
                return self._batch(request)
            case _:
                return self._sent([request], batch=False, do=lambda: self.api.answer(request))

    def _sent(
        self, calls: Sequence[Request], *, batch: bool, do: Callable[[], Response]
    ) -> Response:
        """Calls that go over the line, and their answer that comes back. Raises HangUp."""
        try:
            self._line.going(calls, batch=batch)
        except Refusal as refusal:
            return json_response(refusal.body(self.switches), status=refusal.status)
        response = do()
        takes = self._line.coming(calls, batch=batch)
        if takes:
            self.world.time.sleep(takes)
        return response

    def _token(self, request: Request) -> Response:
        if request.verb != "POST":
            return METHOD_NOT_ALLOWED
        door = Door(
            self.world,
            self._key("service account"),
            audience=f"{request.root}/token",
            allowed=self.allowed_scopes,
        )
        status, body = exchange(door, request.body)
        return json_response(body, status=status)

    def _batch(self, request: Request) -> Response:
        if request.verb != "POST":
            return METHOD_NOT_ALLOWED
        switches = self.switches
        try:
            parts = read_batch(
                request,
                limit=switches.batch_limit,
                over_limit_status=switches.batch_over_limit_status,
            )
        except Refusal as refusal:
            return json_response(refusal.body(switches), status=refusal.status)
        random = self.world.random if switches.shuffle_batches else None
        calls = [part.request for part in parts]

        def do() -> Response:
            return answer_batch(parts, self.api.answer, shuffled_by=random, told=self._line.arrange)

        return self._sent(calls, batch=True, do=do)

    def _count(self, status: int) -> None:
        with self.world.lock:
            self.calls.http += 1
            self.calls.requests[status] += 1

    # Keys and the file

    def _key(self, purpose: str) -> SigningKey:
        key = self._keys.get(purpose)
        if key is None:
            # Whoever else is here at this moment has got the same one.
            key = self._keys.setdefault(purpose, shared_key(purpose))
            if self._keeper:
                self._keeper.changed()
        return key

    def _snapshot(self) -> JsonObject:
        with self.world.lock:
            keys = {name: (self._keys.get(name) or shared_key(name)).pem() for name in KEYS}
            return {
                "state": state_json(self.state),
                "tokens": tokens_json(self.state),
                "keys": keys,
            }

    def _load(self, keeper: Keeper) -> None:
        data = keeper.load()
        if data is None:
            return
        try:
            state = read_state(data["state"], now=self.world.time.now())
            state.tokens = read_tokens(data["tokens"])
            self._keys = read_keys(data["keys"], KEYS)
        except (KeyError, TypeError, ValueError) as error:
            raise InputAtFault(f"the state file can't be used: {error!r}") from None
        self.world.state = state
        if state.activities:
            self.world.time.not_before(state.activities[-1].when)
        self._saved_version = state.version


def read_request(environ: "WSGIEnvironment") -> Request:
    """A request from WSGI. The path must come as it was sent: an alias may hold an escaped
    slash, which PATH_INFO has lost. Raises BadBody."""
    target = str(environ.get("REQUEST_URI") or environ.get("RAW_URI") or "").partition("?")[0]
    if "://" in target:
        target = "/" + target.split("/", 3)[-1]
    path = target or quote(environ["PATH_INFO"].encode("latin-1"), safe="/:")
    headers = {
        name[5:].replace("_", "-").lower(): str(value)
        for name, value in environ.items()
        if name.startswith("HTTP_")
    }
    headers["content-type"] = environ.get("CONTENT_TYPE", "")
    headers.setdefault("host", f"{environ['SERVER_NAME']}:{environ['SERVER_PORT']}")
    body = unpacked(headers, _wsgi_body(environ, headers))
    return Request(environ["REQUEST_METHOD"], path, environ.get("QUERY_STRING", ""), headers, body)


def _wsgi_body(environ: "WSGIEnvironment", headers: Mapping[str, str]) -> bytes:
    length = length_of(environ.get("CONTENT_LENGTH") or "0")
    if "transfer-encoding" in headers:
        if not environ.get("wsgi.input_terminated"):
            raise BadBody("a body in chunks: send a Content-Length", status=411)
        length = MOST
    body: bytes = environ["wsgi.input"].read(length) if length else b""
    return body
