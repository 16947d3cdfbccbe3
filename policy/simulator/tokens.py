"""The token endpoint: a service account's signed assertion becomes an access token for a user."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qs

from policy.simulator.faults import TOKEN, Aim, Fault
from policy.simulator.keys import SigningKey
from policy.simulator.refusals import JsonObject
from policy.simulator.state import Grant, Person
from policy.simulator.world import World

ACCOUNT = "rollbook-simulator@simulator.iam.gserviceaccount.com"
ACCOUNT_ID = "100000000000000000001"
JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
AUDIENCES = frozenset(
    {
        "https://oauth2.googleapis.com/token",
        "https://accounts.google.com/o/oauth2/token",
        "https://www.googleapis.com/oauth2/v4/token",
    }
)
LONGEST = 3_600
LEEWAY = 60
SHORT_LIVED = (
    "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. "
    "Check your iat and exp values in the JWT claim."
)
UNAUTHORIZED = (
    "Client is unauthorized to retrieve access tokens using this method, or client not authorized "
    "for any of the scopes requested."
)


@dataclass(frozen=True, slots=True)
class Door:
    """What the endpoint needs to know to judge an assertion."""

    world: World
    key: SigningKey
    audience: str  # this endpoint's own address
    allowed: frozenset[str] | None  # the scopes that were delegated; None: all


class NoToken(Exception):
    """The endpoint refuses; OAuth's error word and its description"""

    def __init__(self, error: str, description: str, *, status: int = 400) -> None:
        self.error, self.description, self.status = error, description, status
        super().__init__(description)


def exchange(door: Door, body: bytes) -> tuple[int, JsonObject]:
    """POST /token: status and body."""
    try:
        form = {name: values[0] for name, values in parse_qs(body.decode("utf-8")).items()}
        return 200, _granted(door, form)
    except UnicodeDecodeError:
        refused = NoToken("invalid_request", "Bad Request")
    except NoToken as error:
        refused = error
    answer: JsonObject = {"error": refused.error, "error_description": refused.description}
    return refused.status, answer


def grant(world: World, person: Person, scopes: frozenset[str]) -> str:
    """A new access token for a person."""
    token = ""
    while not token or token in world.state.tokens:
        token = f"ya29.simulator-{world.random.getrandbits(160):040x}"
    now = world.time.now()
    lifetime = world.switches.token_lifetime * world.time.speed  # clients go by the world's time
    world.state.add_token(token, Grant(person.id, scopes, now + lifetime), now=now)
    return token


def _granted(door: Door, form: Mapping[str, str]) -> JsonObject:
    _check_weather(door.world)
    kind = form.get("grant_type")
    if not kind:
        raise NoToken("invalid_request", "Required parameter is missing: grant_type")
    if kind != JWT_BEARER:
        raise NoToken("unsupported_grant_type", f"Invalid grant_type: {kind}")
    assertion = form.get("assertion", "")
    if assertion.count(".") != 2:
        raise NoToken("invalid_grant", "Invalid JWT: The JWT must have three parts.")
    claims = door.key.claims(assertion)
    if claims is None:
        raise NoToken("invalid_grant", "Invalid JWT Signature.")
    _check_claims(door, claims)
    scopes = _scopes(door, claims)
    person = _subject(door, claims)
    with door.world.lock:
        token = grant(door.world, person, scopes)
    lifetime = int(door.world.switches.token_lifetime)
    return {"access_token": token, "expires_in": lifetime, "token_type": "Bearer"}


def _check_weather(world: World) -> None:
    """Raises NoToken when the endpoint has a bad moment, by chance or to order."""
    with world.lock:
        planned = world.ahead.take(TOKEN, [Aim()])
        trouble = world.weather.token(now=world.time.now(), switches=world.switches)
    if planned is not None:
        trouble = "error" if planned.fault is Fault.TOKEN_ERROR else "refused"
    if trouble == "error":
        raise NoToken("internal_failure", "Backend Error", status=503)
    if trouble == "refused":
        raise NoToken("unauthorized_client", UNAUTHORIZED, status=401)


def _check_claims(door: Door, claims: JsonObject) -> None:
    """Raises NoToken unless issuer, audience and times are good."""
    if claims.get("iss") != ACCOUNT:
        raise NoToken("invalid_grant", "Invalid grant: account not found")
    audience = claims.get("aud")
    if not isinstance(audience, str) or audience not in AUDIENCES | {door.audience}:
        raise NoToken(
            "invalid_grant",
            "Invalid JWT: Failed audience check. The right audience is "
            "https://oauth2.googleapis.com/token",
        )
    issued, expires = claims.get("iat"), claims.get("exp")
    if not (isinstance(issued, int | float) and isinstance(expires, int | float)):
        raise NoToken("invalid_grant", SHORT_LIVED)
    now = door.world.time.wall()
    timely = issued - LEEWAY <= now <= expires + LEEWAY
    if not timely or expires - issued > LONGEST + LEEWAY:
        raise NoToken("invalid_grant", SHORT_LIVED)


def _scopes(door: Door, claims: JsonObject) -> frozenset[str]:
    scope = claims.get("scope")
    scopes = frozenset(scope.split()) if isinstance(scope, str) else frozenset()
    if not scopes:
        raise NoToken("invalid_scope", "Invalid OAuth scope or ID token audience provided.")
    if door.allowed is not None and not scopes <= door.allowed:
        raise NoToken("unauthorized_client", UNAUTHORIZED, status=401)
    return scopes


def _subject(door: Door, claims: JsonObject) -> Person:
    """Who the token is for: `sub`, or the service account itself."""
    subject = claims.get("sub")
    if subject is None or subject == ACCOUNT:
        return Person(ACCOUNT_ID, ACCOUNT)
    world = door.world
    person = world.state.person(str(subject))
    if person is None:
        domain = str(subject).rpartition("@")[2].casefold()
        if domain in world.domains:
            raise NoToken("invalid_grant", "Invalid email or User ID")
        raise NoToken("invalid_request", 'Invalid impersonation "sub" field.')
    if person.deleted:
        raise NoToken("invalid_grant", "The account has been deleted")
    if not world.at_home(person):
        raise NoToken("invalid_request", 'Invalid impersonation "sub" field.')
    if not person.active:
        raise NoToken("invalid_grant", "Account disabled")
    return person
