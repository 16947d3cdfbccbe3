"""GET /app/…: the same cards as pages. So far they hold data only in a demonstration, where one can
be any of its people; signing in to the page is not built yet."""

import ipaddress
import secrets
from urllib.parse import urlencode, urlsplit

from flask import Blueprint, Response, abort, redirect, request, session
from werkzeug.wrappers import Response as AnyResponse

from addon.access import Caller
from addon.actions import ACTIONS
from addon.demo import Demo, Person, Role
from addon.render.html import Bar, Choice, Page, html
from addon.screens import SCREENS
from addon.services import Services
from addon.widgets import Card, Section, Text, Tone

PREFIX = "/app"
GROUPS = {Role.TEACHER: "Teachers", Role.ADMIN: "Administrators"}
DOOR = Card(
    "door",
    "Rollbook",
    "Your classes are in the side panel",
    (
        Section(
            (
                Text(
                    "Open Google Calendar, Gmail or Drive on a computer, and choose Rollbook in "
                    "the side panel at the right. The classes that wait for you are there."
                ),
                Text(
                    "If Rollbook is not there, whoever looks after Google Workspace at your "
                    "school can install it.",
                    Tone.QUIET,
                ),
            )
        ),
    ),
)


def door() -> Blueprint:
    """The page without a demonstration: where to go."""
    routes = _pages()

    @routes.get(f"{PREFIX}/")
    def show() -> str:
        return html(Page(DOOR))

    return routes


def demonstration(services: Services, demo: Demo) -> Blueprint:
    """The pages of a demonstration, for this machine only."""
    routes = _pages()

    @routes.get(f"{PREFIX}/")
    def show() -> str:
        people = list(demo.people())
        person = _person(people, request.args.get("as"))
        screen = SCREENS.get(request.args.get("card", "home")) or abort(404)
        return html(
            Page(
                card=screen(services, _caller(demo, person)),
                do=f"{PREFIX}/do",
                hidden=(("csrf", _csrf()), ("as", person.email)),
                show=f"{PREFIX}/",
                kept=(("as", person.email),),
                notice=session.pop("notice", ""),
                bar=_bar(people, person),
            )
        )

    @routes.post(f"{PREFIX}/do/<action>")
    def act(action: str) -> AnyResponse:
        _check_form()
        person = _person(list(demo.people()), request.form.get("as"))
        if action not in ACTIONS:
            abort(404)
        parameters = {key: value for key, value in request.form.items() if key != "csrf"}
        done = ACTIONS[action](services, _caller(demo, person), parameters)
        session["notice"] = done.notice
        return redirect(f"{PREFIX}/?{urlencode({'as': person.email})}", 303)

    return routes


def from_this_machine() -> Response | None:
    """Refuse what does not come from this machine's own browser. A page elsewhere may have its
    name resolve to 127.0.0.1; then the Host header gives it away."""
    host = urlsplit(f"//{request.host}").hostname or ""
    if _is_loopback(host) and _is_loopback(request.remote_addr or ""):
        return None
    return Response("A demonstration is only for the machine it runs on.\n", 403)


def _pages() -> Blueprint:
    """Pages to come, and the way to them from the address alone."""
    routes = Blueprint("pages", __name__)

    @routes.get("/")
    def lead() -> AnyResponse:
        return redirect(f"{PREFIX}/")

    return routes


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _caller(demo: Demo, person: Person) -> Caller:
    return Caller(person.id, demo.token_for(person.email), person.email.casefold())


def _person(people: list[Person], email: str | None) -> Person:
    """Who has this e-mail; without one, the first teacher."""
    if email is None:
        return min(people, key=lambda person: person.role is not Role.TEACHER)
    return next((person for person in people if person.email == email), None) or abort(404)


def _bar(people: list[Person], chosen: Person) -> Bar:
    def choices(role: Role) -> list[Choice]:
        return [
            Choice(person.email, person.name, person == chosen)
            for person in people
            if person.role is role
        ]

    return Bar([(label, choices(role)) for role, label in GROUPS.items() if choices(role)])


def _csrf() -> str:
    if "csrf" not in session:
        session["csrf"] = secrets.token_urlsafe(16)
    return str(session["csrf"])


def _check_form() -> None:
    """The form must come from a page of ours; another site's can't know what the session holds."""
    expected, found = session.get("csrf", ""), request.form.get("csrf", "")
    if not expected or not secrets.compare_digest(expected.encode(), found.encode()):
        abort(400, "This page is out of date. Open it again.")
