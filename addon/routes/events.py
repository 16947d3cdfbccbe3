"""POST /addon/…: Google's triggers and clicks, verified by `guard` before they come here."""

from collections.abc import Callable

from flask import Blueprint, Response, jsonify

from addon.actions import ACTIONS, Act
from addon.routes.guard import PREFIX, caller, envelope, parameters
from addon.screens import SCREENS, Screen, home
from addon.services import Services
from addon.widgets import Way


def events(services: Services, *, base: str) -> Blueprint:
    """POST /addon/home for triggers; for clicks POST /addon/do/<action>, and, where a screen is to
    come up, POST /addon/<way>/<screen>: a route each."""
    routes = Blueprint("events", __name__, url_prefix=PREFIX)
    routes.add_url_rule("/home", "home", _shown(services, home, base), methods=["POST"])
    for way in Way:
        for name, screen in SCREENS.items():
            routes.add_url_rule(
                f"/{way.value}/{name}",
                f"{way.value}-{name}",
                _shown(services, screen, base),
                methods=["POST"],
            )
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
