"""The table of replies, row by row: this test is the table said once more."""

import pytest

from policy.google.base import Outcome, Reply, Verb
from policy.google.http import Answer, Fault
from policy.google.replies import is_passing, is_rate, is_rate_of_project, judge

CREATE, UPDATE, OWNER = Verb.CREATE_COURSE, Verb.UPDATE_COURSE, Verb.CHANGE_OWNER
STATE, ALIAS = Verb.SET_STATE, Verb.ADD_ALIAS
ADD_T, ADD_S = Verb.ADD_TEACHER, Verb.ADD_STUDENT
REMOVE_T, REMOVE_S = Verb.REMOVE_TEACHER, Verb.REMOVE_STUDENT
ADDS, REMOVALS, CHANGES = (ADD_T, ADD_S), (REMOVE_T, REMOVE_S), (UPDATE, OWNER, STATE)
WRITES = tuple(Verb)
ALL = (*WRITES, None)  # None: a read
DONE, ALREADY, SOON = Outcome.DONE, Outcome.ALREADY, Outcome.AGAIN_SOON
LATER, REFUSED = Outcome.LATER, Outcome.REFUSED
RATE = (
    "Quota exceeded for quota metric 'Requests' and limit 'Requests per minute per user' of "
    "service 'classroom.googleapis.com' for consumer 'project_number:1'."
)
BAD, NOT_SO = "INVALID_ARGUMENT", "FAILED_PRECONDITION"
NOT_FOUND, EXISTS, MANY = "NOT_FOUND", "ALREADY_EXISTS", "RESOURCE_EXHAUSTED"
DENIED = "PERMISSION_DENIED"


def code(name: str) -> str:
    return f"@{name} Some words of Google's."


# (verbs, status, error.status, message, outcome). Every row and every code of Classroom's error
# pages has its place here, so that none is decided by chance.
ROWS = [
    (ALL, 400, BAD, "Request contains an invalid argument.", REFUSED),
    (ALL, 400, NOT_SO, "Precondition check failed.", REFUSED),
    (ALL, 400, NOT_SO, code("AttachmentNotVisible"), REFUSED),
    (REMOVALS, 400, NOT_SO, code("CannotRemoveCourseFolderOwner"), LATER),
    (ADDS, 400, NOT_SO, code("CannotRemoveCourseFolderOwner"), REFUSED),
    (REMOVALS, 400, NOT_SO, code("CannotRemoveCourseOwner"), REFUSED),
    (REMOVALS, 400, NOT_SO, code("CannotRemoveCourseOwnerTransferIncomplete"), LATER),
    (REMOVALS, 400, NOT_SO, code("CannotRemoveTeacherWithNoCourseOwner"), REFUSED),
    (ALL, 400, NOT_SO, code("CourseMemberLimitReached"), REFUSED),
    (ALL, 400, NOT_SO, code("CourseNotModifiable"), REFUSED),
    (ALL, 400, NOT_SO, code("CourseTeacherLimitReached"), REFUSED),
    (ALL, 400, NOT_SO, code("CourseTitleCannotContainUrl"), REFUSED),
    (ALL, 400, NOT_SO, code("CourseTopicLimitReached"), REFUSED),
    (ALL, 400, NOT_SO, code("EmptyAssignees"), REFUSED),
    (ALL, 400, NOT_SO, code("InactiveCourseOwner"), REFUSED),
    ((OWNER,), 400, NOT_SO, code("IneligibleOwner"), SOON),
    ((CREATE, UPDATE, STATE, *ADDS), 400, NOT_SO, code("IneligibleOwner"), REFUSED),
    (ALL, 400, NOT_SO, code("ListCoursesStudentAndTeacherFilter"), REFUSED),
    ((OWNER,), 400, NOT_SO, code("PendingInvitationExists"), LATER),
    (ALL, 400, NOT_SO, code("UserCannotOwnCourse"), REFUSED),
    (ALL, 400, NOT_SO, code("UserGroupsMembershipLimitReached"), REFUSED),
    ((OWNER,), 400, NOT_SO, code("UserAlreadyOwner"), ALREADY),
    ((UPDATE, STATE, *ADDS), 400, NOT_SO, code("UserAlreadyOwner"), REFUSED),
    (ALL, 400, "", code("CourseStateDenied"), REFUSED),  # one code base has met it as 400
    (ALL, 401, "UNAUTHENTICATED", "Invalid credentials.", REFUSED),
    (ALL, 403, DENIED, "The caller does not have permission", REFUSED),
    (ADDS, 403, DENIED, code("CannotDirectAddUser"), LATER),
    (ALL, 403, DENIED, code("CannotInviteUserInUntrustedDomain"), REFUSED),
    (ALL, 403, DENIED, code("ClassroomApiDisabled"), REFUSED),
    (ALL, 403, DENIED, code("ClassroomDisabled"), REFUSED),
    (ALL, 403, DENIED, code("ExpiredAddOnToken"), REFUSED),
    (ALL, 403, DENIED, code("InvalidAddOnToken"), REFUSED),
    (ALL, 403, DENIED, code("ProjectPermissionDenied"), REFUSED),
    (ALL, 403, DENIED, code("UserIneligibleToUpdateGradingPeriodSettings"), REFUSED),
    (ALL, 403, DENIED, code("CourseStateDenied"), REFUSED),
    (ALL, 403, DENIED, code("MissingGrant"), REFUSED),
    (ALL, 403, DENIED, code("NotGoogleAppsUser"), REFUSED),
    (REMOVALS, 404, NOT_FOUND, "Requested entity was not found.", ALREADY),
    (REMOVALS, 404, NOT_FOUND, "@CourseNotFound The course was not found.", ALREADY),
    ((*ADDS, *CHANGES, ALIAS), 404, NOT_FOUND, "Requested entity was not found.", SOON),
    ((*ADDS, *CHANGES, ALIAS), 404, NOT_FOUND, "@CourseNotFound The course was not found.", SOON),
    ((CREATE,), 404, NOT_FOUND, "Requested entity was not found.", LATER),
    ((None,), 404, NOT_FOUND, "Requested entity was not found.", REFUSED),
    (ALL, 404, "", "HTTP 404 Not Found", REFUSED),  # a proxy's, or a wrong root's
    ((*ADDS, CREATE, ALIAS), 409, EXISTS, "Requested entity already exists", ALREADY),
    ((*CHANGES, *REMOVALS), 409, EXISTS, "Requested entity already exists", REFUSED),
    (ALL, 409, "ABORTED", "The operation was aborted.", SOON),
    (ALL, 409, "", "HTTP 409 Conflict", REFUSED),
    (ALL, 429, MANY, RATE, SOON),
    (ALL, 429, MANY, RATE.replace(" per user", ""), SOON),
    (ALL, 429, MANY, RATE.replace("per minute per user", "per day"), LATER),
    (ALL, 429, MANY, "Daily Limit Exceeded", LATER),
    (ALL, 429, "", "HTTP 429 Too Many Requests", SOON),
    (ADDS, 429, MANY, code("UserCourseJoinRateLimitReached"), LATER),
    (ADDS, 429, MANY, code("UserInvitationQuotaExhausted"), LATER),
    (ALL, 500, "INTERNAL", "Internal error encountered.", SOON),
    (ALL, 501, "NOT_IMPLEMENTED", "Not implemented.", REFUSED),
    (ALL, 501, "UNIMPLEMENTED", "Not implemented.", REFUSED),
    (ALL, 502, "", "HTTP 502 Bad Gateway", SOON),
    (ALL, 503, "UNAVAILABLE", "The service is currently unavailable.", SOON),
    (ALL, 504, "DEADLINE_EXCEEDED", "Deadline exceeded.", SOON),
    (ALL, 408, "", "HTTP 408 Request Timeout", SOON),
    (ALL, 0, "", "no answer (timed out)", SOON),
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


@pytest.mark.parametrize(
    ("status", "words", "is_too_fast", "is_projects"),
    [
        pytest.param(429, RATE, True, False, id="a user's minute"),
        pytest.param(429, RATE.replace(" per user", ""), True, True, id="the project's minute"),
        pytest.param(429, "HTTP 429 Too Many Requests", True, False, id="nobody says whose"),
        pytest.param(429, RATE.replace("minute per user", "day"), False, False, id="the day"),
        pytest.param(429, code("UserCourseJoinRateLimitReached"), False, False, id="a student"),
        pytest.param(403, "Not allowed.", False, False, id="forbidden"),
        pytest.param(503, "1,000 calls per minute are too many", False, False, id="a fault"),
    ],
)
def test_whose_rate_it_was(status: int, words: str, is_too_fast: bool, is_projects: bool) -> None:
    answer = Answer(status, fault=Fault("", words))
    assert (is_rate(answer), is_rate_of_project(answer)) == (is_too_fast, is_projects)


@pytest.mark.parametrize("reason", ["userRateLimitExceeded", "RATE_LIMIT_EXCEEDED"])
def test_a_rate_can_be_403_as_well(reason: str) -> None:
    assert is_rate(Answer(403, fault=Fault("", "No.", frozenset({reason}))))


@pytest.mark.parametrize(("status", "expected"), [(200, False), (0, True), (404, False)])
def test_what_passes(status: int, expected: bool) -> None:
    fault = None if status == 200 else Fault("", "Words")
    assert is_passing(Answer(status, fault=fault)) is expected
