"""Google's requests are read leniently, and never raise whatever they hold."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from addon import scopes
from addon.access import bearer
from addon.event import Event, read_event
from addon.widgets import Link
from policy.errors import NotFromGoogle

NOTHING = Event({}, None, None, None)


def authorization(**values: object) -> dict[str, object]:
    return {"authorizationEventObject": values}


@pytest.mark.parametrize(
    ("body", "event"),
    [
        ({}, NOTHING),
        ([], NOTHING),
        (None, NOTHING),
        ("text", NOTHING),
        ({"commonEventObject": [], "authorizationEventObject": 3}, NOTHING),
        (authorization(userOAuthToken="t"), Event({}, "t", None, None)),
        (authorization(userOauthToken="t"), Event({}, "t", None, None)),
        (authorization(userOAuthToken="t", userOauthToken="u"), Event({}, "t", None, None)),
        (authorization(userOAuthToken="", userIdToken=7), NOTHING),
        (authorization(userIdToken="i"), Event({}, None, "i", None)),
        (authorization(authorizedScopes=[]), Event({}, None, None, frozenset())),
        (authorization(authorizedScopes=["a", 1]), Event({}, None, None, frozenset({"a"}))),
        (authorization(authorizedScopes="a"), NOTHING),
        (
            {"commonEventObject": {"parameters": {"course": "1", "number": 2, "flag": True}}},
            Event({"course": "1"}, None, None, None),
        ),
        (
            {
                "commonEventObject": {
                    "hostApp": "CALENDAR",
                    "platform": "ANDRIOD",
                    "timeZone": {"id": "America/Chicago", "offset": -2.16e7},
                    "formInputs": {"a": {"stringInputs": {"value": ["1"]}}},
                },
                "calendar": {"id": "e"},
            },
            NOTHING,
        ),
    ],
)
def test_read(body: object, event: Event) -> None:
    assert read_event(body) == event


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)
PARTS = st.sampled_from(
    ["commonEventObject", "authorizationEventObject", "parameters", "authorizedScopes"]
)


@given(st.dictionaries(PARTS, st.dictionaries(PARTS, JSON) | JSON) | JSON)
def test_anything_can_be_read(body: object) -> None:
    event = read_event(body)
    assert all(isinstance(value, str) for value in event.parameters.values())


@pytest.mark.parametrize(
    ("header", "token"), [("Bearer abc", "abc"), ("bearer abc", "abc"), ("Bearer  abc ", "abc")]
)
def test_bearer(header: str, token: str) -> None:
    assert bearer(header) == token


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer ", "Basic abc", "abc", "Bearerabc"])
def test_no_bearer(header: str | None) -> None:
    with pytest.raises(NotFromGoogle):
        bearer(header)


def test_scopes() -> None:
    assert set(scopes.NEEDED) < set(scopes.ALL)
    assert len(set(scopes.ALL)) == len(scopes.ALL)


@pytest.mark.parametrize("url", ["http://a.example/", "javascript:alert(1)", "//a.example", ""])
def test_links_are_https(url: str) -> None:
    with pytest.raises(ValueError, match="should start with https://"):
        Link(url)
