"""Is the process up, and can it work? For load balancers; tells nothing else."""

from collections.abc import Callable

from flask import Blueprint, Response

from policy.store.base import Store


def health(store: Callable[[], Store]) -> Blueprint:
    """GET /healthz, GET /readyz."""
    routes = Blueprint("health", __name__)

    @routes.get("/healthz")
    def up() -> Response:
        return Response("up\n", mimetype="text/plain")

    @routes.get("/readyz")
    def ready() -> Response:
        store().mark()  # raises if the store does not answer
        return Response("ready\n", mimetype="text/plain")

    return routes
