"""Who is asking, and what Google still has to ask them: verified tokens to a Caller."""

from collections.abc import Iterable
from dataclasses import dataclass

from addon import scopes
from addon.event import Event
from addon.verify import Verifier
from policy.errors import NotFromGoogle


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody, by Google user id, with the access token of the current click. `email` is the
    account's, case-folded, as Google has signed it; "" if it was not told."""

    user_id: str
    access_token: str
    email: str = ""


@dataclass(frozen=True, slots=True)
class ConsentNeeded:
    """The user has not granted these yet."""

    scopes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NoAccessToken:
    """Google sent no access token, and does not say that a scope is missing."""


def bearer(header: str | None) -> str:
    """The token in an Authorization header. Raises NotFromGoogle."""
    scheme, _, token = (header or "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise NotFromGoogle("there is no Authorization header with a bearer token")
    return token.strip()


def who_asks(
    event: Event, verifier: Verifier, *, needed: Iterable[str] = scopes.NEEDED
) -> Caller | ConsentNeeded | NoAccessToken:
    """Who clicked, of an event whose system token has been checked. Raises as Verifier does."""
    missing = _missing(event, needed)
    if event.user_token is None and scopes.EMAIL not in missing:
        raise NotFromGoogle("there is no userIdToken")
    user = verifier.user(event.user_token) if event.user_token else None
    if missing or user is None:
        return ConsentNeeded(missing)
    if event.access_token is None:
        return NoAccessToken()
    return Caller(user.id, event.access_token, user.email)


def _missing(event: Event, needed: Iterable[str]) -> tuple[str, ...]:
    if event.authorized_scopes is None:
        return ()
    granted = event.authorized_scopes
    if event.user_token:  # it comes with this scope only; asking once more could go on for ever
        granted |= {scopes.EMAIL}
    return tuple(scope for scope in needed if scope not in granted)
