"""POST /addon/…: Google's triggers and clicks, verified by `guard` before they come here."""

from collections.abc import Callable

from flask import Blueprint, Response, jsonify

from addon.actions import ACTIONS, Act
from addon.routes.guard import PREFIX, caller, envelope, parameters
from addon.screens import SCREENS, Screen
from addon.services import Services


def events(services: Services, *, base: str) -> Blueprint:
    """POST /addon/<screen> for triggers, POST /addon/do/<action> for clicks: a route each."""
    routes = Blueprint("events", __name__, url_prefix=PREFIX)
    for name, screen in SCREENS.items():
        routes.add_url_rule(f"/{name}", name, _shown(services, screen, base), methods=["POST"])
    for name, act in ACTIONS.items():
        routes.add_url_rule(
            f"/do/{name}", f"do-{name}", _done(services, act, base), methods=["POST"]
        )
    return routes


def _shown(services: Services, screen: Screen, base: str) -> Callable[[], Response]:
    return lambda: jsonify(envelope(screen(services, caller()), base=base))


def _done(services: Services, act: Act, base: str) -> Callable[[], Response]:
    def view() -> Response:
        done = act(services, caller(), parameters())
        return jsonify(envelope(done.card, base=base, notice=done.notice))

    return view
