"""Nothing under /addon is answered before Google's two tokens are checked: whole requests, routes
that are added later and addresses that don't exist included."""

import json
import logging
import traceback

from flask import Flask, Response, abort, g, jsonify, request
from werkzeug.exceptions import HTTPException

from addon.access import Caller, ConsentNeeded, NoAccessToken, bearer, who_asks
from addon.cards.home import trouble_card
from addon.event import read_event
from addon.render.card_json import Json, asking_for_scopes, pushed, shown, updated
from addon.verify import Verifier
from addon.widgets import Card, Way
from policy.errors import GoogleOutOfReach, NotFromGoogle, SettingAtFault

PREFIX = "/addon"
WAYS = {way.value: way for way in Way}
NO_TOKEN = (
    "Google did not say who you are. Close this panel and open it again; if that does not help, "
    "remove the add-on and install it once more."
)
OUR_FAULT = "Something went wrong at our end. Try again in a moment."

log = logging.getLogger(__name__)


def guard(app: Flask, verifier: Verifier, *, base: str) -> None:
    """Have the app check every request under /addon; a route finds its Caller with `caller()`."""

    @app.before_request
    def check() -> Response | None:
        if not _ours(request.path):
            return None
        verifier.check_settings()
        verifier.check_system(bearer(request.headers.get("Authorization")), path=request.path)
        if request.url_rule is None:
            return None  # Flask answers 404 or 405
        g.verified = True
        event = read_event(_body())
        g.parameters = event.parameters
        match who_asks(event, verifier):
            case ConsentNeeded(scopes):
                return jsonify(asking_for_scopes(scopes))
            case NoAccessToken():
                return jsonify(envelope(trouble_card(NO_TOKEN), base=base))
            case Caller() as asks:
                g.caller = asks
                return None

    _answer_errors(app, base=base)


def caller() -> Caller:
    """Who asks, verified."""
    asks = g.caller
    assert isinstance(asks, Caller)
    return asks


def parameters() -> dict[str, str]:
    """The pressed button's parameters; not to be trusted."""
    return dict(g.parameters)


def envelope(card: Card, *, base: str, notice: str = "") -> Json:
    """A card in what Google expects at this address: clicks and triggers differ."""
    kind = request.path.removeprefix(f"{PREFIX}/").partition("/")[0]
    if kind == "do":
        return updated(card, base=base, notice=notice)
    if kind in WAYS:
        return shown(card, WAYS[kind], base=base)
    return pushed(card, base=base)


def _ours(path: str) -> bool:
    return path == PREFIX or path.startswith(f"{PREFIX}/")


def _body() -> object:
    if request.mimetype != "application/json":
        abort(415)
    try:
        body: object = json.loads(request.get_data())
    except (ValueError, RecursionError):
        abort(400)
    return body


def _answer_errors(app: Flask, *, base: str) -> None:
    """Words for the caller hold nothing that was sent to us; those for the log no token, no name
    and no e-mail."""

    @app.errorhandler(NotFromGoogle)
    def not_from_google(error: NotFromGoogle) -> Response:
        log.warning("refused a request to %s: %s", _where(), error)
        answer = _refusal(401, "this request does not come from Google, or is not for us")
        answer.headers["WWW-Authenticate"] = "Bearer"
        return answer

    @app.errorhandler(SettingAtFault)
    @app.errorhandler(GoogleOutOfReach)
    def not_now(error: SettingAtFault | GoogleOutOfReach) -> Response:
        log.error("can't answer %s: %s", _where(), error)
        return _refusal(503, "can't answer just now; see Rollbook's log")

    @app.errorhandler(Exception)
    def our_fault(error: Exception) -> Response | HTTPException:
        if isinstance(error, HTTPException):
            return error
        log.error("%s: %s at\n%s", _where(), type(error).__name__, _without_values(error))
        if _ours(request.path) and g.get("verified"):
            return jsonify(envelope(trouble_card(OUR_FAULT), base=base))
        return _refusal(503 if request.path == "/readyz" else 500, "see Rollbook's log")


def _refusal(status: int, words: str) -> Response:
    answer = jsonify({"error": words})
    answer.status_code = status
    return answer


def _where() -> str:
    return str(request.url_rule) if request.url_rule else "an address that doesn't exist"


def _without_values(error: Exception) -> str:
    """Where it happened; the error's own message may hold personal data."""
    return "".join(traceback.format_tb(error.__traceback__))
