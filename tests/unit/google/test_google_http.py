"""Answers: what is read out of a body, and what never is."""

import json

import httplib2
import pytest
from googleapiclient.errors import HttpError
from hypothesis import given
from hypothesis import strategies as st

from policy.google.http import Answer, Fault, answered, refused, unanswered, without_emails


def http_error(status: int, content: bytes, reason: str = "Word") -> HttpError:
    response = httplib2.Response({"status": str(status)})
    response.reason = reason
    return HttpError(response, content)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param({"id": "1"}, Answer(200, {"id": "1"}), id="an object"),
        pytest.param({}, Answer(200), id="an empty object"),
        pytest.param("", Answer(200), id="nothing, as after a deletion"),
        pytest.param(
            "<html>", Answer(0, fault=Fault(words="no answer (it is not JSON)")), id="a page"
        ),
    ],
)
def test_a_good_answer(body: object, expected: Answer) -> None:
    assert answered(body) == expected


def test_googles_own_error() -> None:
    error = {
        "code": 403,
        "message": "@CannotDirectAddUser Can't add anna@school.example.",
        "status": "PERMISSION_DENIED",
        "errors": [{"reason": "forbidden"}, {"domain": "global"}],
        "details": [{"@type": "ErrorInfo", "reason": "SOME_REASON"}, "odd"],
    }
    answer = refused(http_error(403, json.dumps({"error": error}).encode()))
    fault = Fault(
        "PERMISSION_DENIED",
        "@CannotDirectAddUser Can't add (e-mail)",
        frozenset({"forbidden", "SOME_REASON"}),
    )
    assert answer == Answer(403, fault=fault)
    assert fault.code == "CannotDirectAddUser"


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"<html>Bad gateway</html>", id="a page"),
        pytest.param(b"", id="nothing"),
        pytest.param(b"\xff\xfe", id="not text"),
        pytest.param(b'{"error": "invalid"}', id="another API's error"),
        pytest.param(b"[]", id="a list"),
    ],
)
def test_an_error_that_is_not_googles(content: bytes) -> None:
    answer = refused(http_error(404, content, "Not Found"))
    assert answer == Answer(404, fault=Fault(words="HTTP 404 Not Found"))


def test_nobody_answered() -> None:
    why = ConnectionResetError(104, "Connection reset by peer")
    words = "no answer (ConnectionResetError: [Errno 104] Connection reset by peer)"
    assert unanswered(why) == Answer(0, fault=Fault(words=words))


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("@IneligibleOwner Only a co-teacher can be invited", "IneligibleOwner"),
        ("@IneligibleOwner", ""),  # the code ends with a space, always
        ("Requested entity was not found.", ""),
        ("", ""),
    ],
)
def test_classrooms_own_code(words: str, code: str) -> None:
    assert Fault(words=words).code == code


@pytest.mark.parametrize(
    ("words", "fit"),
    [
        ("no user anna.b+c@school.example here", "no user (e-mail) here"),
        ("see <anna@school.example>, 'ben@x'", "see (e-mail) (e-mail)"),
        ("@UserAlreadyOwner Cannot\n transfer", "@UserAlreadyOwner Cannot transfer"),
        ("long " * 100, ("long " * 60)),
    ],
)
def test_words_are_fit_to_keep(words: str, fit: str) -> None:
    assert without_emails(words) == fit


@given(st.text(), st.emails(), st.text())
def test_no_email_gets_through(before: str, email: str, after: str) -> None:
    assert email not in without_emails(f"{before} {email} {after}")
