"""Is the process up, and can it work? For load balancers; tells nothing else."""

from flask import Blueprint, Response

from addon.services import Services


def health(services: Services) -> Blueprint:
    """GET /healthz, GET /readyz."""
    routes = Blueprint("health", __name__)

    @routes.get("/healthz")
    def up() -> Response:
        return Response("up\n", mimetype="text/plain")

    @routes.get("/readyz")
    def ready() -> Response:
        services.store().mark()  # raises if the store does not answer
        services.policy()  # who asks often has a changed policy picked up; teachers need none
        return Response("ready\n", mimetype="text/plain")

    return routes
