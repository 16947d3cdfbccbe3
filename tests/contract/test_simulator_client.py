"""The simulator as Google's own Python client sees it, over HTTP: pages, batches, masks, errors."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import google_auth_httplib2
import httplib2
import pytest
from google.auth.exceptions import RefreshError
from google.oauth2 import service_account
from googleapiclient.discovery import build_from_document
from googleapiclient.discovery_cache import get_static_doc
from googleapiclient.errors import HttpError

from policy.simulator.app import Simulator
from policy.simulator.faults import Where
from policy.simulator.server import serve
from policy.simulator.switches import Switches

SCOPE = "https://www.googleapis.com/auth/"
SCOPES = [
    f"{SCOPE}{name}"
    for name in (
        "classroom.courses",
        "classroom.rosters",
        "classroom.profile.emails",
        "admin.directory.user.readonly",
        "admin.reports.audit.readonly",
        "apps.licensing",
    )
]
ADMIN = "admin@school.example"
TEACHERS = [f"t{number}@school.example" for number in range(5)]
STUDENTS = [f"s{number:03}@school.example" for number in range(120)]


class OneDoor(service_account.Credentials):
    """The client's batches fetch tokens through an Http of their own, which they never close."""

    door: httplib2.Http

    def refresh(self, request: object) -> None:
        del request
        super().refresh(google_auth_httplib2.Request(self.door))


class School:
    """A simulator on the loopback, and clients for its people."""

    def __init__(self, sim: Simulator, url: str) -> None:
        self.sim, self.url = sim, url
        self.services: list[Any] = []

    def service(self, subject: str = ADMIN, *, name: str = "classroom", version: str = "v1") -> Any:
        """A client that acts as this person, through the service account's key."""
        document = json.loads(get_static_doc(name, version))
        document["rootUrl"] = document["baseUrl"] = f"{self.url}/"
        key = OneDoor.from_service_account_info(self.sim.key_file(), scopes=SCOPES, subject=subject)
        door = key.door = httplib2.Http(timeout=10)
        service = build_from_document(
            document, http=google_auth_httplib2.AuthorizedHttp(key, http=door)
        )
        self.services.append(service)
        return service

    def close(self) -> None:
        for service in self.services:
            service.close()


@contextmanager
def open_school(switches: Switches | None = None) -> Iterator[School]:
    sim = Simulator("school.example", switches=switches or Switches(enforce_quotas=False))
    sim.add_user(ADMIN, given="Ad", family="Min", admin=True)
    for email in (*TEACHERS, *STUDENTS):
        sim.add_user(email, given="Some", family="Body")
    with serve(sim) as url:
        school = School(sim, url)
        try:
            yield school
        finally:
            school.close()


@pytest.fixture(scope="module")
def shared() -> Iterator[School]:
    """For tests that leave each other alone."""
    with open_school() as school:
        yield school


def every_page(resource: Any, request: Any, name: str) -> list[Any]:
    """All items, as the client's own `list_next` finds them."""
    found = []
    while request is not None:
        answer = request.execute()
        found += answer.get(name, [])
        request = resource.list_next(request, answer)
    return found


def test_licences_of_the_product_and_of_one_kind(shared: School) -> None:
    client = shared.service(name="licensing").licenseAssignments()
    place = {"productId": "101031", "customerId": "C01simula"}
    request = client.listForProduct(**place)
    first = request.execute()
    rest = client.listForProduct_next(request, first).execute()
    found = [item["userId"] for item in (*first["items"], *rest["items"])]
    assert (len(first["items"]), "nextPageToken" in rest) == (100, False)
    assert sorted(found) == sorted({ADMIN, *TEACHERS, *STUDENTS})
    assert client.listForProductAndSku(skuId="1010310005", **place).execute().get("items") is None


def run_batch(service: Any, requests: dict[str, Any]) -> dict[str, Any]:
    """The answer or the error of each request of a batch."""
    found: dict[str, Any] = {}

    def keep(request_id: str, answer: Any, error: Any) -> None:
        found[request_id] = error or answer

    batch = service.new_batch_http_request(callback=keep)
    for request_id, request in requests.items():
        batch.add(request, request_id=request_id)
    batch.execute()
    return found


def test_the_directory_to_the_last_page(shared: School) -> None:
    users = shared.service(name="admin", version="directory_v1").users()
    request = users.list(
        customer="my_customer", maxResults=50, fields="nextPageToken,users(id,primaryEmail)"
    )
    found = every_page(users, request, "users")
    assert [user["primaryEmail"] for user in found] == sorted([ADMIN, *TEACHERS, *STUDENTS])
    assert all(set(user) == {"id", "primaryEmail"} for user in found)


def test_the_audit_log_to_the_last_page() -> None:
    with open_school() as school:
        courses = school.service().courses()
        made = [
            courses.create(body={"name": str(number), "ownerId": TEACHERS[0]}).execute()["id"]
            for number in range(7)
        ]
        activities = school.service(name="admin", version="reports_v1").activities()
        request = activities.list(
            userKey="all",
            applicationName="classroom",
            maxResults=3,
            startTime="2020-01-01T00:00:00Z",
            fields="nextPageToken,items(id/time,events(name,parameters))",
        )
        found = every_page(activities, request, "items")
    told = [each["events"][0]["parameters"][0] for each in found]
    assert told == [{"name": "course_id", "value": course} for course in made[::-1]]


def test_a_course_from_its_making_to_its_end(shared: School) -> None:
    courses = shared.service().courses()
    alias = "d:life/of a course?"
    body = {"id": alias, "name": "Life", "ownerId": TEACHERS[0], "courseState": "PROVISIONED"}
    made = courses.create(body=body).execute()
    assert courses.get(id=alias).execute() == courses.get(id=made["id"]).execute()
    own = shared.service(TEACHERS[0]).courses()
    change = {"courseState": "ACTIVE"}
    accepted = own.patch(id=made["id"], body=change, updateMask="courseState").execute()
    assert accepted["courseState"] == "ACTIVE"
    assert courses.aliases().list(courseId=alias).execute() == {"aliases": [{"alias": alias}]}
    states = ["ACTIVE", "ARCHIVED"]
    listed = own.list(teacherId="me", courseStates=states, fields="courses(id)").execute()
    assert listed == {"courses": [{"id": made["id"]}]}
    own.patch(id=alias, body={"courseState": "ARCHIVED"}, updateMask="courseState").execute()
    assert own.delete(id=made["id"]).execute() == {}
    with pytest.raises(HttpError) as refused:
        courses.get(id=alias).execute()
    assert refused.value.status_code == 404


def test_members_by_batches_and_to_the_last_page(shared: School) -> None:
    service = shared.service()
    body = {"id": "d:big", "name": "Big", "ownerId": TEACHERS[0]}
    course = service.courses().create(body=body).execute()["id"]
    students = service.courses().students()
    for start in range(0, len(STUDENTS), 50):
        emails = STUDENTS[start : start + 50]
        adds = {
            email: students.create(courseId="d:big", body={"userId": email}) for email in emails
        }
        answers = run_batch(service, adds)
        assert {key: each["profile"]["emailAddress"] for key, each in answers.items()} == {
            email: email for email in emails
        }
    request = students.list(courseId=course)
    found = every_page(students, request, "students")
    assert sorted(each["profile"]["emailAddress"] for each in found) == STUDENTS
    removals = {
        each["userId"]: students.delete(courseId=course, userId=each["userId"])
        for each in found[:50]
    }
    assert set(map(str, run_batch(service, removals).values())) == {"{}"}
    assert len(every_page(students, students.list(courseId=course), "students")) == 70


def test_long_ids_of_batch_parts(shared: School) -> None:
    """The client folds their headers at 78 columns."""
    service = shared.service(ADMIN)
    ids = ["d:" + "x" * length for length in (20, 26, 40, 200)] + ["with spaces " * 12]
    answers = run_batch(
        service, {each: service.courses().list(fields="courses(id)") for each in ids}
    )
    assert {each: type(answer) for each, answer in answers.items()} == dict.fromkeys(ids, dict)


def test_masks_on_batch_parts(shared: School) -> None:
    service = shared.service()
    courses = service.courses()
    ids = [
        courses.create(body={"name": f"M{n}", "ownerId": TEACHERS[n]}).execute()["id"]
        for n in range(3)
    ]
    teachers = courses.teachers()
    fields = "nextPageToken,teachers(profile/emailAddress)"
    reads = {each: teachers.list(courseId=each, pageSize=100, fields=fields) for each in ids}
    assert run_batch(service, reads) == {
        each: {"teachers": [{"profile": {"emailAddress": TEACHERS[n]}}]}
        for n, each in enumerate(ids)
    }


def test_errors_are_read_by_the_client(shared: School) -> None:
    service = shared.service()
    courses = service.courses()
    course = courses.create(body={"name": "E", "ownerId": TEACHERS[0]}).execute()["id"]
    adds = {
        "again": courses.teachers().create(courseId=course, body={"userId": TEACHERS[0]}),
        "nobody": courses.students().create(courseId=course, body={"userId": "x@school.example"}),
        "owner": courses.patch(id=course, body={"ownerId": STUDENTS[0]}, updateMask="ownerId"),
        "mask": courses.patch(id=course, body={"name": "F"}),
        "good": courses.students().create(courseId=course, body={"userId": STUDENTS[0]}),
    }
    answers = run_batch(service, adds)
    told = {
        key: (each.status_code, each.reason)
        for key, each in answers.items()
        if isinstance(each, HttpError)
    }
    assert told == {
        "again": (409, "Requested entity already exists"),
        "nobody": (404, "Requested entity was not found."),
        "owner": (
            400,
            "@IneligibleOwner Only a co-teacher can be invited as owner of the course",
        ),
        "mask": (400, "Request contains an invalid argument."),
    }
    assert answers["good"]["courseId"] == course
    assert answers["again"].error_details[0]["reason"] == "alreadyExists"


def test_a_teacher_cannot_do_what_an_administrator_can(shared: School) -> None:
    service = shared.service(TEACHERS[1])
    with pytest.raises(HttpError, match="does not have permission"):
        service.courses().create(body={"name": "X", "ownerId": TEACHERS[0]}).execute()
    with pytest.raises(HttpError, match="Not Authorized"):
        shared.service(TEACHERS[1], name="admin", version="directory_v1").users().list(
            customer="my_customer"
        ).execute()


def test_a_subject_that_is_not_there(shared: School) -> None:
    with pytest.raises(RefreshError, match="invalid_grant: Invalid email or User ID"):
        shared.service("nobody@school.example").courses().list().execute()


def test_parts_over_quota_are_429_by_themselves() -> None:
    with open_school(Switches(classroom_per_user=5, shuffle_batches=False)) as school:
        service = school.service()
        reads = {str(n): service.courses().list() for n in range(8)}
        answers = run_batch(service, reads)
    statuses = [
        each.status_code if isinstance(each, HttpError) else 200 for each in answers.values()
    ]
    assert statuses == [200] * 5 + [429] * 3


def test_an_expired_token_is_renewed_once_in_a_batch() -> None:
    with open_school() as school:
        service = school.service()
        service.courses().list().execute()
        school.sim.state.tokens.clear()
        answers = run_batch(service, {"a": service.courses().list(), "b": service.courses().list()})
    assert answers == {"a": {}, "b": {}}
    assert school.sim.calls.refused == {401: 2}


def test_more_than_fifty_are_refused_whole(shared: School) -> None:
    service = shared.service()
    with pytest.raises(HttpError, match="more than 50 calls"):
        run_batch(service, {str(n): service.courses().list() for n in range(51)})


def test_the_client_repeats_a_post_when_the_server_hangs_up() -> None:
    """httplib2 sends it once more by itself: without an alias the course is there twice."""
    with open_school() as school:
        courses = school.service().courses()
        courses.list().execute()
        school.sim.switches = Switches(hang_up_rate=1)
        with pytest.raises(OSError):
            courses.create(body={"name": "Twice", "ownerId": TEACHERS[0]}).execute()
        assert len(school.sim.state.courses) == 2
        with pytest.raises(OSError):
            courses.create(body={"id": "d:o", "name": "Once", "ownerId": TEACHERS[0]}).execute()
        assert len(school.sim.state.courses) == 3


def test_a_list_of_many_states_goes_as_a_post(shared: School) -> None:
    """The client turns a GET of more than 2,048 characters into a POST with an override."""
    courses = shared.service().courses()
    answer = courses.list(courseStates=["DECLINED"] * 150, pageSize=1).execute()
    assert "courses" not in answer


def test_the_client_knows_shuffled_answers_by_their_ids() -> None:
    with open_school() as school:
        service = school.service()
        school.sim.switches = Switches(shuffled_answers_rate=1)
        courses = service.courses()
        names = [str(number) for number in range(20)]
        answers = run_batch(
            service,
            {name: courses.create(body={"name": name, "ownerId": "me"}) for name in names},
        )
    assert {name: answer["name"] for name, answer in answers.items()} == {n: n for n in names}


def test_the_client_stumbles_over_an_answer_that_is_left_out() -> None:
    with open_school() as school:
        service = school.service()
        requests = {name: service.courses().list() for name in ("a", "b", "c")}
        school.sim.next("lose_answer")
        with pytest.raises(KeyError):
            run_batch(service, requests)


def test_the_client_gives_up_on_an_answer_that_never_comes() -> None:
    with open_school() as school:
        service = school.service()
        service.courses().list().execute()
        school.sim.next("time_out", where=Where(method="classroom.courses.create"))
        service._http.http.timeout = 0.3
        for connection in service._http.http.connections.values():
            connection.sock.settimeout(0.3)
        with pytest.raises(TimeoutError):
            service.courses().create(body={"name": "Once", "ownerId": TEACHERS[0]}).execute()
        assert len(school.sim.state.courses) == 1
        assert school.sim.calls.requests[0] == 1


def test_the_client_asks_again_for_a_token_by_itself() -> None:
    with open_school() as school:
        school.sim.next("token_error")
        assert school.service().courses().list().execute() == {}
        school.sim.next("token_refused")
        with pytest.raises(RefreshError, match="unauthorized_client"):
            school.service().courses().list().execute()
