"""The table of replies, row by row: this test is the table said once more."""

import pytest

from policy.google.base import Outcome, Reply, Verb
from policy.google.http import Fault
from policy.google.replies import judge

CREATE, UPDATE, OWNER = Verb.CREATE_COURSE, Verb.UPDATE_COURSE, Verb.CHANGE_OWNER
ADD_T, ADD_S = Verb.ADD_TEACHER, Verb.ADD_STUDENT
REMOVE_T, REMOVE_S = Verb.REMOVE_TEACHER, Verb.REMOVE_STUDENT
ADDS, REMOVALS = (ADD_T, ADD_S), (REMOVE_T, REMOVE_S)
WRITES = tuple(Verb)
ALL = (*WRITES, None)  # None: a read
DONE, ALREADY, SOON = Outcome.DONE, Outcome.ALREADY, Outcome.AGAIN_SOON
LATER, REFUSED = Outcome.LATER, Outcome.REFUSED
RATE = (
    "Quota exceeded for quota metric 'Requests' and limit 'Requests per minute per user' of "
    "service 'classroom.googleapis.com' for consumer 'project_number:1'."
)

# (verbs, status, error.status, message, outcome)
ROWS = [
    (ADDS, 409, "ALREADY_EXISTS", "Requested entity already exists", ALREADY),
    ((CREATE,), 409, "ALREADY_EXISTS", "Requested entity already exists", ALREADY),
    ((UPDATE, OWNER, *REMOVALS), 409, "ALREADY_EXISTS", "Requested entity already exists", REFUSED),
    (ALL, 409, "ABORTED", "The operation was aborted.", SOON),
    (ALL, 409, "", "HTTP 409 Conflict", REFUSED),
    (REMOVALS, 404, "NOT_FOUND", "Requested entity was not found.", ALREADY),
    (REMOVALS, 404, "NOT_FOUND", "@CourseNotFound The course was not found.", ALREADY),
    (REMOVALS, 404, "", "HTTP 404 Not Found", REFUSED),  # a proxy's, or a wrong root's
    ((*ADDS, UPDATE, OWNER), 404, "NOT_FOUND", "Requested entity was not found.", SOON),
    ((CREATE,), 404, "NOT_FOUND", "Requested entity was not found.", LATER),
    ((None,), 404, "NOT_FOUND", "Requested entity was not found.", REFUSED),
    (ALL, 429, "RESOURCE_EXHAUSTED", RATE, SOON),
    (ALL, 429, "RESOURCE_EXHAUSTED", RATE.replace("per minute", "per day"), LATER),
    (ALL, 429, "", "HTTP 429 Too Many Requests", SOON),
    (ADDS, 429, "RESOURCE_EXHAUSTED", "@UserCourseJoinRateLimitReached Too many joins.", LATER),
    (ADDS, 429, "RESOURCE_EXHAUSTED", "@UserInvitationQuotaExhausted Too many.", LATER),
    (ALL, 500, "INTERNAL", "Internal error encountered.", SOON),
    (ALL, 502, "", "HTTP 502 Bad Gateway", SOON),
    (ALL, 503, "UNAVAILABLE", "The service is currently unavailable.", SOON),
    (ALL, 504, "DEADLINE_EXCEEDED", "Deadline exceeded.", SOON),
    (ALL, 501, "UNIMPLEMENTED", "Not implemented.", REFUSED),
    (ALL, 408, "", "HTTP 408 Request Timeout", SOON),
    (ALL, 0, "", "no answer (timed out)", SOON),
    (ADDS, 403, "PERMISSION_DENIED", "@CannotDirectAddUser Unable to add user.", LATER),
    (ALL, 403, "PERMISSION_DENIED", "The caller does not have permission", REFUSED),
    (ALL, 403, "PERMISSION_DENIED", "@ClassroomDisabled The user is not permitted.", REFUSED),
    (ALL, 401, "UNAUTHENTICATED", "Invalid credentials.", REFUSED),
    ((OWNER,), 400, "FAILED_PRECONDITION", "@UserAlreadyOwner Cannot transfer.", ALREADY),
    ((UPDATE,), 400, "FAILED_PRECONDITION", "@UserAlreadyOwner Cannot transfer.", REFUSED),
    ((OWNER,), 400, "FAILED_PRECONDITION", "@IneligibleOwner Only a co-teacher.", LATER),
    ((OWNER,), 400, "FAILED_PRECONDITION", "@PendingInvitationExists Pending.", REFUSED),
    (
        (REMOVE_T,),
        400,
        "FAILED_PRECONDITION",
        "@CannotRemoveCourseOwnerTransferIncomplete Transfer is going on.",
        LATER,
    ),
    ((REMOVE_T,), 400, "FAILED_PRECONDITION", "@CannotRemoveCourseOwner No.", REFUSED),
    (ADDS, 400, "FAILED_PRECONDITION", "@CourseMemberLimitReached Full.", REFUSED),
    (WRITES, 400, "FAILED_PRECONDITION", "@CourseNotModifiable Archived.", REFUSED),
    (WRITES, 400, "FAILED_PRECONDITION", "@InactiveCourseOwner Gone.", REFUSED),
    ((CREATE,), 400, "FAILED_PRECONDITION", "@UserCannotOwnCourse No.", REFUSED),
    (WRITES, 400, "FAILED_PRECONDITION", "Precondition check failed.", REFUSED),
    (ALL, 400, "INVALID_ARGUMENT", "Request contains an invalid argument.", REFUSED),
    (ALL, 418, "", "HTTP 418 I'm a teapot", REFUSED),
]
CASES = [
    pytest.param(verb, *row, id=f"{verb.value if verb else 'read'} {row[0]} {row[1]} {row[2][:28]}")
    for verbs, *row in ROWS
    for verb in verbs
]


@pytest.mark.parametrize(("verb", "status", "state", "words", "outcome"), CASES)
def test_the_table(
    verb: Verb | None, status: int, state: str, words: str, outcome: Outcome
) -> None:
    assert judge(verb, status, Fault(state, words)) == Reply(outcome, status, words)


@pytest.mark.parametrize(
    ("reason", "outcome"),
    [
        ("userRateLimitExceeded", SOON),
        ("rateLimitExceeded", SOON),
        ("RATE_LIMIT_EXCEEDED", SOON),
        ("quotaExceeded", LATER),
        ("dailyLimitExceeded", LATER),
        ("forbidden", REFUSED),
        ("accessNotConfigured", REFUSED),
    ],
)
@pytest.mark.parametrize("verb", [ADD_S, None], ids=["add student", "read"])
def test_403_has_many_reasons(verb: Verb | None, reason: str, outcome: Outcome) -> None:
    fault = Fault("PERMISSION_DENIED", "No.", frozenset({"other", reason}))
    assert judge(verb, 403, fault) == Reply(outcome, 403, "No.")


@pytest.mark.parametrize("verb", WRITES)
def test_no_fault_is_done(verb: Verb) -> None:
    assert judge(verb, 200, None) == Reply(DONE, 200)
