"""Who may see how a night went: the policy's `roles` say it, Google's groups help, and the real app
asks both at each click."""

import json
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from werkzeug.serving import make_server

from addon import scopes
from addon.app import create_app
from addon.groups import KEPT, PAUSE
from policy.google.credentials import SCOPES
from policy.in_force import EVERY
from policy.settings import read_settings
from telling import POLICY, Story, address

URL = "https://rollbook.maple.example"
SERVICE = "service-42@gcp-sa-gsuiteaddons.iam.gserviceaccount.com"
CLIENT = "rollbook-client.apps.example"
OFFICE = f"office@{POLICY.split('[')[1].split(']')[0]}"
# Nobody of these teaches: IT by address, a clerk by group, the principal, and a guest without role.
IT, CLERK, PRINCIPAL, GUEST = "it", "clerk", "principal", "guest"
ROLES = f"""\
roles:
  admin: [{address(IT)}]
  approver: [{address(PRINCIPAL)}]
  viewer: ["group:{OFFICE}", {address("chen")}]
"""
SEES, OPENS = "/addon/home", "/addon/open/administration"
NIGHT = "24 student additions"


@dataclass
class Panel:
    """Google's side panel in front of the server; its clock goes on with each click."""

    story: Story
    address: str
    now: datetime

    def asks(self, who: str, path: str = SEES, **authorization: object) -> str:
        """What the server answers when somebody opens the panel, or clicks."""
        status, text = self.sends(self.event(who, **authorization), path)
        assert status == 200
        return text

    def event(self, who: str, **authorization: object) -> dict[str, Any]:
        sim = self.story.sim
        good = {
            "userOAuthToken": sim.access_token(address(who), scopes.ALL),
            "userIdToken": sim.id_token(address(who), audience=CLIENT),
            "authorizedScopes": list(scopes.ALL),
        }
        return {"authorizationEventObject": {**good, **authorization}}

    def sends(self, event: Mapping[str, object], path: str) -> tuple[int, str]:
        """Status and text of the answer to Google's request."""
        self.now += EVERY
        token = self.story.sim.id_token(SERVICE, audience=URL + path)
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
        request = urllib.request.Request(
            self.address + path, json.dumps(event).encode(), headers=headers
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as refusal:
            with refusal:
                return refusal.code, refusal.read().decode()


@contextmanager
def served(story: Story) -> Iterator[Panel]:
    """The real app on the story's store and policy."""
    own = {k: v for k, v in story.environment().items() if k.startswith("ROLLBOOK_")}
    folders = {"ROLLBOOK_STATE": ".rollbook", "ROLLBOOK_POLICY": "policies"}
    addon = {
        "ROLLBOOK_ADDON_URL": URL,
        "ROLLBOOK_ADDON_SERVICE_ACCOUNTS": SERVICE,
        "ROLLBOOK_ADDON_CLIENT_ID": CLIENT,
    }
    paths = {name: str(story.folder / folder) for name, folder in folders.items()}
    panel = Panel(story, "", datetime(2026, 9, 1, 8, 0, tzinfo=UTC))
    app = create_app(read_settings({**own, **paths, **addon}), clock=lambda: panel.now)
    server = make_server("127.0.0.1", 0, app)
    panel.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield panel
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def panel(story: Story) -> Iterator[Panel]:
    """The morning after the first night."""
    for who in (IT, CLERK, PRINCIPAL):
        story.sim.add_user(address(who))
    story.sim.add_group(OFFICE, [f"front-{OFFICE}"])
    story.sim.add_group(f"front-{OFFICE}", [address(CLERK)])
    story.policy = POLICY + ROLES
    assert story.sync().status == 0
    with served(story) as panel:
        yield panel


def test_who_sees_how_the_night_went(panel: Panel) -> None:
    for who in (IT, CLERK, PRINCIPAL):  # they teach no class
        assert NIGHT in panel.asks(who)
        assert "pushCard" in panel.asks(who, OPENS)
    teacher = panel.asks("chen")
    assert "Biology" in teacher
    assert NIGHT not in teacher
    assert f"{URL}{OPENS}" in teacher  # a teacher with a role has the way there
    assert NIGHT in panel.asks("chen", OPENS)


@pytest.mark.parametrize("who", ["okafor", GUEST])
def test_who_has_no_role(panel: Panel, who: str, caplog: pytest.LogCaptureFixture) -> None:
    first = panel.asks(who)
    assert ("Chorus" in first) is (who == "okafor")
    assert "administration" not in first
    opened = panel.asks(who, OPENS)
    assert "Only those see this card" in opened
    assert NIGHT not in opened
    assert "holds no role" in caplog.text
    assert who not in caplog.text


def test_an_email_that_google_has_not_signed_is_nobodys(panel: Panel) -> None:
    claimed = panel.event(GUEST, email=address(IT), userEmail=address(IT))
    claimed["commonEventObject"] = {"parameters": {"email": address(IT)}, "email": address(IT)}
    assert NIGHT not in panel.sends(claimed, OPENS)[1]
    mine, theirs = (panel.story.sim.id_token(address(w), audience=CLIENT) for w in (GUEST, IT))
    head, _, seal = mine.split(".")
    forged = ".".join((head, theirs.split(".")[1], seal))
    assert panel.sends(panel.event(GUEST, userIdToken=forged), OPENS)[0] == 401
    elsewhere = panel.story.sim.id_token(address(IT), audience="another-app.example")
    assert panel.sends(panel.event(GUEST, userIdToken=elsewhere), OPENS)[0] == 401


def test_a_scope_that_is_not_granted(panel: Panel, caplog: pytest.LogCaptureFixture) -> None:
    panel.story.sim.allowed_scopes = frozenset(SCOPES)
    assert "No class of yours is here yet" in panel.asks(CLERK)
    assert "Chorus" in panel.asks("okafor")
    assert NIGHT in panel.asks(IT)
    assert "nobody counts as in it: Google refuses to tell (401 unauthorized_client" in caplog.text
    assert CLERK not in caplog.text
    panel.story.sim.allowed_scopes = None
    panel.now += PAUSE
    assert NIGHT in panel.asks(CLERK)


def test_who_leaves_the_group_or_the_policy_sees_no_more(panel: Panel) -> None:
    assert NIGHT in panel.asks(CLERK, OPENS)
    panel.story.sim.add_group(f"front-{OFFICE}", [])
    panel.now += KEPT - timedelta(seconds=1) - EVERY
    assert NIGHT in panel.asks(CLERK, OPENS)  # Google is asked every five minutes
    assert NIGHT not in panel.asks(CLERK, OPENS)
    panel.story.policy = POLICY
    panel.story.write_inputs()
    seen = [NIGHT in panel.asks(IT, OPENS) for _ in range(3)]
    assert seen == [True, False, False]  # a folder is read once it is the same at two looks
