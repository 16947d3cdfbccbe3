"""The page: whom it lets in, what it shows to whom, and that a form does what a click does."""

import re
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from addon.app import create_app
from policy.google.base import CourseState
from policy.store.base import RunRecord, RunState
from policy.store.sql import SqlStore
from unit.addon.school import ADA, ADMIN, BEN, SampleDemo, School


@pytest.fixture
def page(school: School) -> Iterator[FlaskClient]:
    """A visitor of the demonstration."""
    with school.app(demo=SampleDemo(school)).test_client() as client:
        yield client


def token_in(answer: TestResponse) -> str:
    found = re.search('name="csrf" value="([^"]+)"', answer.text)
    assert found
    return found[1]


def press(page: FlaskClient, action: str, **form: str) -> TestResponse:
    """Open the page and press a button on it."""
    opened = page.get("/app/", query_string={"as": form.get("as", ADA)})
    return page.post(f"/app/do/{action}", data={"csrf": token_in(opened), "as": ADA, **form})


def test_accept_on_the_page(school: School, page: FlaskClient) -> None:
    course = school.course("Algebra", section="Period 1", students=2)
    opened = page.get("/app/")
    assert "Period 1 · 2 students" in opened.text
    answer = press(page, "accept", course=course)
    assert (answer.status_code, answer.location) == (303, "/app/?as=ada%40school.example")
    assert school.state_of(course) is CourseState.ACTIVE
    after = page.get(answer.location)
    assert '<p class="notice" role="status">Algebra, Period 1 accepted.</p>' in after.text
    assert 'href="https://classroom.google.com/c/' in after.text
    assert "notice" not in page.get(answer.location).text  # said once


def test_the_first_teacher_is_shown_first(school: School, page: FlaskClient) -> None:
    school.course("Ada's", owner=ADA)
    answer = page.get("/app/")
    assert "Ada&#39;s" in answer.text
    assert f'<option value="{ADA}" selected>Ada Byron</option>' in answer.text
    assert answer.text.index("Teachers") < answer.text.index("Administrators")


def test_one_can_be_another_teacher(school: School, page: FlaskClient) -> None:
    course = school.course("Ben's", owner=BEN)
    assert "Ben&#39;s" not in page.get("/app/").text
    assert "Ben&#39;s" in page.get("/app/", query_string={"as": BEN}).text
    press(page, "accept", course=course, **{"as": ADA})
    assert school.state_of(course) is CourseState.PROVISIONED
    press(page, "accept", course=course, **{"as": BEN})
    assert school.state_of(course) is CourseState.ACTIVE


def test_the_admin_sees_the_last_run(school: School) -> None:
    school.give_roles(f"{{viewer: [{ADMIN}]}}")
    page = school.app(demo=SampleDemo(school)).test_client()
    assert "No run yet" in page.get("/app/", query_string={"as": ADMIN}).text
    school.course("Algebra")
    at = datetime(2026, 9, 1, 4, 0, tzinfo=UTC)
    counts = {"student.add": 2311, "course.create": 1, "teacher.add": 0}
    run = RunRecord("r1", "p1", RunState.RUNNING, at, None, "", "", {}, {}, {})
    school.store.start_run(run)
    school.store.end_run(
        RunRecord("r1", "p1", RunState.HELD, at, at, "", "", counts, {"student.remove": 412}, {})
    )
    shown = page.get("/app/", query_string={"as": ADMIN}).text
    for words in ("2,311 student additions", "1 new class", "412 student removals", "1 class<"):
        assert words in shown
    assert "co-teacher" not in shown


def test_who_has_a_role_and_classes_goes_there_and_back(school: School) -> None:
    course = school.course("Ada's", owner=ADA)
    school.give_roles(f"{{approver: [{ADA}]}}")
    page = school.app(demo=SampleDemo(school)).test_client()
    button = '<input type="hidden" name="card" value="{}">'
    first = page.get("/app/").text
    assert "Last run and policy" in first
    assert button.format("administration") in first
    opened = page.get("/app/", query_string={"as": ADA, "card": "administration"}).text
    assert "No run yet" in opened
    assert button.format("home") in opened
    assert "csrf" not in opened  # nothing there changes anything
    assert "Ada&#39;s" in page.get("/app/", query_string={"as": ADA, "card": "home"}).text
    press(page, "accept", course=course, **{"as": ADA})
    assert "Last run and policy" in page.get("/app/").text
    assert school.state_of(course) is CourseState.ACTIVE


@pytest.mark.parametrize("who", [ADA, ADMIN])
def test_in_the_demonstration_too_it_is_the_policy_that_says_who_may_look(
    page: FlaskClient, who: str
) -> None:
    asked = {"as": who, "card": "administration"}
    assert "Only those see this card" in page.get("/app/", query_string=asked).text
    assert "No class of yours is here yet" in page.get("/app/", query_string={"as": who}).text


def test_no_such_card(page: FlaskClient) -> None:
    assert page.get("/app/", query_string={"as": ADA, "card": "door"}).status_code == 404


@pytest.mark.parametrize("who", ["nobody@school.example", "", ADA.upper()])
def test_who_is_not_in_the_sample(page: FlaskClient, who: str) -> None:
    assert page.get("/app/", query_string={"as": who}).status_code == 404


def test_no_such_action(page: FlaskClient) -> None:
    assert press(page, "archive").status_code == 404


@pytest.mark.parametrize("token", [None, "", "wrong", "é"])
def test_a_form_from_elsewhere(school: School, page: FlaskClient, token: str | None) -> None:
    course = school.course("Algebra")
    page.get("/app/")
    form = {"as": ADA, "course": course, **({} if token is None else {"csrf": token})}
    assert page.post("/app/do/accept", data=form).status_code == 400
    assert school.state_of(course) is CourseState.PROVISIONED


def test_a_form_without_a_session(school: School, page: FlaskClient) -> None:
    token = token_in(page.get("/app/"))
    other = school.app(demo=SampleDemo(school)).test_client()
    assert other.post("/app/do/accept", data={"csrf": token, "as": ADA}).status_code == 400
    assert other.post("/app/do/accept", data={"csrf": "", "as": ADA}).status_code == 400


def test_reading_changes_nothing(school: School, page: FlaskClient) -> None:
    course = school.course("Algebra")
    assert page.get("/app/do/accept", query_string={"course": course}).status_code == 405
    assert school.state_of(course) is CourseState.PROVISIONED


@pytest.mark.parametrize("path", ["/", "/app/", "/healthz", "/static/rollbook.css", "/addon/home"])
@pytest.mark.parametrize(
    ("host", "refused"),
    [
        ("127.0.0.1:8080", False),
        ("localhost:8080", False),
        ("[::1]:8080", False),
        ("127.0.0.2", False),
        ("evil.example", True),
        ("evil.example:8080", True),
        ("127.0.0.1.evil.example", True),
        ("localhost.evil.example", True),
        ("10.0.0.7", True),
    ],
)
def test_demonstration_is_for_this_machine(
    page: FlaskClient, path: str, host: str, refused: bool
) -> None:
    with page.get(path, headers={"Host": host}) as answer:
        assert answer.get_data()  # a file that is not read to its end stays open
        assert (answer.status_code == 403) is refused


@pytest.mark.parametrize("address", ["10.0.0.7", "203.0.113.5", "2001:db8::1"])
def test_demonstration_refuses_other_machines(page: FlaskClient, address: str) -> None:
    assert page.get("/app/", environ_base={"REMOTE_ADDR": address}).status_code == 403


def test_the_cookie_stays_here(page: FlaskClient) -> None:
    cookie = page.get("/app/").headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert "Path=/app" in cookie


# Without a demonstration


def test_door(school: School) -> None:
    school.course("Algebra")
    client = school.client()
    answer = client.get("/app/", query_string={"as": ADA})
    assert "choose Rollbook in the side panel" in answer.text
    assert "Algebra" not in answer.text
    assert "Set-Cookie" not in answer.headers
    assert client.post("/app/do/accept", data={"as": ADA}).status_code == 404
    assert client.get("/app/", headers={"Host": "rollbook.example.org"}).status_code == 200


@pytest.mark.parametrize("demo", [True, False], ids=["demonstration", "door"])
@pytest.mark.parametrize("path", ["/", "/app"])
def test_the_address_alone_leads_to_the_page(school: School, path: str, demo: bool) -> None:
    client = school.app(demo=SampleDemo(school) if demo else None).test_client()
    answer = client.get(path, follow_redirects=True)
    assert (answer.status_code, answer.request.path) == (200, "/app/")
    assert (len(answer.history), answer.history[0].status_code) == (1, 302 if path == "/" else 308)


@pytest.mark.parametrize("path", ["/app/", "/healthz", "/static/rollbook.css", "/nowhere"])
def test_headers(school: School, path: str) -> None:
    with school.client().get(path) as answer:
        assert answer.get_data()
        headers = answer.headers
    policy = headers["Content-Security-Policy"].split("; ")
    assert dict(part.split(" ", 1) for part in policy) == {
        "default-src": "'none'",
        "style-src": "'self'",
        "img-src": "'self'",
        "form-action": "'self'",
        "base-uri": "'none'",
        "frame-ancestors": "https://classroom.google.com",
    }
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert "X-Frame-Options" not in headers  # Classroom shows pages in a frame
    assert headers["Cache-Control"] == ("no-cache" if "static" in path else "no-store")


def test_only_the_files_may_be_shown_elsewhere(school: School) -> None:
    """Google's pages show the logo."""
    found = {}
    for path in ("/static/logo-96.png", "/static/rollbook.css", "/app/", "/healthz", "/nowhere"):
        with school.client().get(path) as answer:
            assert answer.get_data()
            found[path] = answer.headers["Cross-Origin-Resource-Policy"]
    assert found == {
        "/static/logo-96.png": "cross-origin",
        "/static/rollbook.css": "cross-origin",
        "/app/": "same-origin",
        "/healthz": "same-origin",
        "/nowhere": "same-origin",
    }


def test_the_store_is_opened_once(school: School) -> None:
    """Two threads ask for it at the same moment, which is met if both come to open it."""
    together, opened = threading.Barrier(2), list[int]()

    def open_it() -> SqlStore:
        opened.append(1)
        with suppress(threading.BrokenBarrierError):
            together.wait(timeout=0.3)
        return school.store

    client = create_app(school.settings, store=open_it).test_client
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda _: client().get("/readyz").status_code, range(2)))
    assert (answers, opened) == ([200, 200], [1])


def test_health(school: School) -> None:
    client = school.client()
    assert (client.get("/healthz").status_code, client.get("/readyz").status_code) == (200, 200)


def test_not_ready_without_a_store(school: School, caplog: pytest.LogCaptureFixture) -> None:
    client = school.client()
    school.store = None  # type: ignore[assignment]
    assert (client.get("/healthz").status_code, client.get("/readyz").status_code) == (200, 503)
    assert "/readyz: AttributeError" in caplog.text
