"""The one way out to Google: the client library's services, and one connection a thread.

It sends and tells what came back; it judges nothing and sends nothing again. (The library may: when
a kept connection was dropped, httplib2 repeats the request once, POST too. Every write that
Rollbook makes can bear that; see `replies`.)
"""

import http.client
import json
import threading
import weakref
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Protocol
from urllib.parse import urljoin

import google.auth.credentials
import google_auth_httplib2
import httplib2
from googleapiclient.discovery import build_from_document
from googleapiclient.discovery_cache import get_static_doc
from googleapiclient.errors import BatchError, HttpError
from googleapiclient.http import BatchHttpRequest

from policy.errors import GoogleOutOfReach, GoogleRefused
from policy.google.http import Answer, Request, answered, refused, unanswered

CLASSROOM_ROOT = "https://classroom.googleapis.com"
OUT_OF_REACH = (OSError, http.client.HTTPException, httplib2.HttpLib2Error, GoogleOutOfReach)
NOT_A_BATCH = (BatchError, LookupError, TypeError, ValueError)  # what its parser does on oddities
CLASSROOM = ("classroom", "v1")
DIRECTORY, REPORTS = ("admin", "directory_v1"), ("admin", "reports_v1")
LICENSING = ("licensing", "v1")


class Resource(Protocol):
    """An API or a collection in it, as googleapiclient builds it from the document."""

    def courses(self) -> "Resource": ...
    def teachers(self) -> "Resource": ...
    def students(self) -> "Resource": ...
    def aliases(self) -> "Resource": ...
    def users(self) -> "Resource": ...
    def activities(self) -> "Resource": ...
    def licenseAssignments(self) -> "Resource": ...
    def members(self) -> "Resource": ...
    def list(self, **parameters: object) -> Request: ...
    def listForProduct(self, **parameters: object) -> Request: ...
    def hasMember(self, **parameters: object) -> Request: ...
    def get(self, **parameters: object) -> Request: ...
    def create(self, **parameters: object) -> Request: ...
    def patch(self, **parameters: object) -> Request: ...
    def delete(self, **parameters: object) -> Request: ...


class Way(Protocol):
    """A way to Google: one administrator's `Transport`, or several side by side (`Lanes`)."""

    @property
    def courses(self) -> Resource: ...
    @property
    def teachers(self) -> Resource: ...
    @property
    def students(self) -> Resource: ...
    @property
    def aliases(self) -> Resource: ...
    @property
    def users(self) -> Resource: ...
    @property
    def side_by_side(self) -> int: ...
    @property
    def warnings(self) -> Sequence[str]: ...
    def ask(self, request: Request) -> Answer: ...
    def ask_together(self, requests: Sequence[Request]) -> Sequence[Answer]: ...
    def close(self) -> None: ...


class Transport:
    """Sends calls with one set of credentials. To be closed; at the latest it closes itself when
    nobody holds it any more."""

    def __init__(
        self,
        root: str | None,
        credentials: google.auth.credentials.Credentials,
        *,
        timeout: float = 60,
    ) -> None:
        self._root = root
        self._credentials = credentials
        self._timeout = timeout
        self._thread = threading.local()
        self._doors: list[google_auth_httplib2.AuthorizedHttp] = []
        self._close = weakref.finalize(self, _close_all, self._doors)

    # Held, since walking to a resource takes twenty times as long as making a request.

    @cached_property
    def courses(self) -> Resource:
        return _service(CLASSROOM, self._root).courses()

    @cached_property
    def teachers(self) -> Resource:
        return self.courses.teachers()

    @cached_property
    def students(self) -> Resource:
        return self.courses.students()

    @cached_property
    def aliases(self) -> Resource:
        return self.courses.aliases()

    @cached_property
    def users(self) -> Resource:
        return _service(DIRECTORY, self._root).users()

    @cached_property
    def group_members(self) -> Resource:
        return _service(DIRECTORY, self._root).members()

    @cached_property
    def activities(self) -> Resource:
        return _service(REPORTS, self._root).activities()

    @cached_property
    def licenses(self) -> Resource:
        return _service(LICENSING, self._root).licenseAssignments()

    @property
    def side_by_side(self) -> int:
        """How many calls are worth having under way at once: the pace lets one go after another."""
        return 1

    @property
    def warnings(self) -> Sequence[str]:
        """Which administrators were left out: nobody, since there is but one."""
        return ()

    def ask(self, request: Request) -> Answer:
        """Send one call, once."""
        try:
            return answered(request.execute(http=self._door()))
        except HttpError as error:
            return refused(error)
        except OUT_OF_REACH as error:
            return self._unanswered(error)

    def ask_together(self, requests: Sequence[Request]) -> Sequence[Answer]:
        """Send up to 50 Classroom calls in one batch, once; the answers come in their order.
        Raises GoogleRefused if it is the batch that was refused, and not one of its parts."""
        parts: dict[str, Answer] = {}

        def collect(number: str, body: object, error: HttpError | None) -> None:
            parts[number] = answered(body) if error is None else refused(error)

        # `api_endpoint` does not move batches, so their address is always said here.
        batch = BatchHttpRequest(
            callback=collect, batch_uri=(self._root or CLASSROOM_ROOT) + "/batch"
        )
        for number, request in enumerate(requests):
            batch.add(request, request_id=str(number))
        whole = self._send(batch.execute)
        return [parts.get(str(number), whole) for number in range(len(requests))]

    def close(self) -> None:
        """Close every thread's connections."""
        self._close()

    def _send(self, execute: Callable[..., None]) -> Answer:
        """Send a batch; what is told is for the parts that got no answer of their own."""
        try:
            execute(http=self._door())
        except NOT_A_BATCH:
            return self._unanswered("the answer to a batch was not what it should be")
        except HttpError as error:
            return _refused_whole(error)
        except OUT_OF_REACH as error:
            return self._unanswered(error)
        return unanswered("the answer to a batch left this call out")

    def _unanswered(self, why: BaseException | str) -> Answer:
        for connection in self._door().connections.values():
            connection.close()  # httplib2 leaves it half-used after a time-out
        return unanswered(why)

    def _door(self) -> google_auth_httplib2.AuthorizedHttp:
        """This thread's own: httplib2.Http can't be shared between threads."""
        door = getattr(self._thread, "door", None)
        if door is None:
            plain = httplib2.Http(timeout=self._timeout)
            door = google_auth_httplib2.AuthorizedHttp(self._credentials, http=plain)
            self._thread.door = door
            self._doors.append(door)
        return door


def send(requests: Sequence[Request], way: Way) -> Sequence[Answer]:
    """Send calls once, as a batch if there are several."""
    if len(requests) == 1:
        return [way.ask(requests[0])]
    return way.ask_together(requests)


def _refused_whole(error: HttpError) -> Answer:
    answer = refused(error)
    if answer.status == 429 or answer.status >= 500:
        return answer
    words = answer.fault.words if answer.fault else ""
    raise GoogleRefused(
        f"Google refused a batch of calls ({answer.status}): {words}",
        status=answer.status,
        reason=words,
    )


def _service(api: tuple[str, str], root: str | None) -> Resource:
    """A service from the document that the client library bundles, moved to the root."""
    document = json.loads(get_static_doc(*api))
    if root is not None:
        document["rootUrl"] = root + "/"
        document["baseUrl"] = urljoin(document["rootUrl"], document["servicePath"])
    service: Resource = build_from_document(document, http=httplib2.Http())
    return service


def _close_all(doors: Sequence[google_auth_httplib2.AuthorizedHttp]) -> None:
    for door in doors:
        door.close()
