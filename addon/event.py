"""What Google sent with a trigger or a click, as a value. Read leniently, since Google's own pages
disagree in spellings and leave out what is empty; trusted in nothing."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Event:
    """One event. `authorized_scopes` is None if Google did not say."""

    parameters: Mapping[str, str]
    access_token: str | None
    user_token: str | None
    authorized_scopes: frozenset[str] | None


def read_event(body: object) -> Event:
    """The event in a JSON body; whatever isn't as it should be counts as absent."""
    event = _mapping(body)
    common = _mapping(event.get("commonEventObject"))
    authorization = _mapping(event.get("authorizationEventObject"))
    scopes = authorization.get("authorizedScopes")
    return Event(
        parameters=_texts(common.get("parameters")),
        access_token=_text(authorization, "userOAuthToken", "userOauthToken"),
        user_token=_text(authorization, "userIdToken"),
        authorized_scopes=_scopes(scopes),
    )


def _scopes(value: object) -> frozenset[str] | None:
    if not isinstance(value, list):
        return None
    return frozenset(each for each in value if isinstance(each, str))


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else {}


def _texts(value: object) -> Mapping[str, str]:
    return {key: text for key, text in _mapping(value).items() if isinstance(text, str)}


def _text(mapping: Mapping[str, object], *spellings: str) -> str | None:
    for spelling in spellings:
        value = mapping.get(spelling)
        if isinstance(value, str) and value:
            return value
    return None
