"""The web app: puts store, Classroom, checks and routes together. No rule of its own."""

import secrets
import threading
from collections.abc import Callable
from datetime import UTC, date, datetime, tzinfo
from functools import cache, partial
from typing import TypeVar

from flask import Flask, Response, request
from flask.json.provider import DefaultJSONProvider

from addon.certificates import Certificates
from addon.demo import Demo
from addon.groups import Membership
from addon.routes.events import events
from addon.routes.guard import guard
from addon.routes.health import health
from addon.routes.pages import demonstration, door, from_this_machine
from addon.services import OpenClassroom, Services
from addon.verify import Verifier
from policy.in_force import InForce, Watched, load_whole
from policy.settings import Settings
from policy.store.base import Store
from policy.wiring import groups, open_store, teacher_classroom

T = TypeVar("T")
STATIC = "static"  # Flask's own endpoint
LARGEST_BODY = 256 * 1024

HEADERS = {
    # The page may be shown in Classroom, and nowhere else; nothing comes from elsewhere.
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
        "base-uri 'none'; frame-ancestors https://classroom.google.com"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "geolocation=(), camera=(), microphone=()",
    "Strict-Transport-Security": "max-age=31536000",  # browsers heed it over https only
}


def create_app(
    settings: Settings,
    *,
    store: Callable[[], Store] | None = None,
    classroom: Callable[[str], OpenClassroom] | None = None,
    certificates: Certificates | None = None,
    demo: Demo | None = None,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Flask:
    """The app. The store is opened at the first request, so that each worker has its own.
    With `demo`, everything is refused that does not come from this machine."""
    services = Services(
        store=_once(store or partial(open_store, settings)),
        classroom=classroom or partial(teacher_classroom, settings),
        clock=clock,
        policy=_policy(settings, clock),
        is_in_group=Membership(_once(partial(groups, settings)), clock).has,
    )
    base = settings.addon_url or ""
    app = Flask("addon")
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_BODY
    app.json = _Utf8Json(app)
    if demo is not None:
        app.before_request(from_this_machine)
        _use_sessions(app)
    verifier = Verifier(settings, certificates or Certificates(settings.google_root))
    guard(app, verifier, base=base)
    app.register_blueprint(events(services, base=base))
    app.register_blueprint(health(services))
    app.register_blueprint(demonstration(services, demo) if demo else door())
    app.after_request(_with_headers)
    return app


class _Utf8Json(DefaultJSONProvider):
    """JSON whose letters beyond ASCII take two to four bytes, not six to twelve."""

    ensure_ascii = False


def _policy(settings: Settings, clock: Callable[[], datetime]) -> Callable[[], InForce | None]:
    """What is in force in the folder that the settings name; nothing where they name none."""
    if settings.policy is None:
        return lambda: None

    def today(zone: tzinfo) -> date:
        return settings.now(zone, clock()).date()

    return Watched(settings.policy, clock=clock, load=lambda at: load_whole(at, today)).now


def _once(open_it: Callable[[], T]) -> Callable[[], T]:
    """Opens at the first call, once, whichever threads call together."""
    lock, kept = threading.Lock(), cache(open_it)

    def opened() -> T:
        with lock:
            return kept()

    return opened


def _use_sessions(app: Flask) -> None:
    """Sessions that end with the process: a demonstration is one process, over plain http."""
    app.secret_key = secrets.token_bytes(32)
    app.config.update(
        SESSION_COOKIE_NAME="rollbook-demo",
        SESSION_COOKIE_PATH="/app",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Strict",
    )


def _with_headers(response: Response) -> Response:
    response.headers.update(HEADERS)
    if request.endpoint == STATIC:  # Google's pages show the logo
        response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    response.headers.setdefault("Cache-Control", "no-store")  # static files have said already
    return response
