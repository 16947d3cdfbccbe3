"""Google's noes: the code, the status word, the message, and the body they are sent as."""

from policy.errors import GoogleRefused
from policy.simulator.switches import Switches

JsonObject = dict[str, object]
SERVICES = {
    "classroom": "classroom.googleapis.com",
    "directory": "admin.googleapis.com",
    "licensing": "licensing.googleapis.com",
    "reports": "admin.googleapis.com",
}

REASONS = {
    "INVALID_ARGUMENT": "badRequest",
    "FAILED_PRECONDITION": "failedPrecondition",
    "UNAUTHENTICATED": "authError",
    "PERMISSION_DENIED": "forbidden",
    "NOT_FOUND": "notFound",
    "ALREADY_EXISTS": "alreadyExists",
    "ABORTED": "aborted",
    "RESOURCE_EXHAUSTED": "rateLimitExceeded",
    "INTERNAL": "internalError",
    "NOT_IMPLEMENTED": "notImplemented",
    "UNAVAILABLE": "backendError",
}

# Classroom's own codes. A client knows them by "@Code " in front; the words after it are not a
# contract, and only those of IneligibleOwner and UserAlreadyOwner are known to be Google's.
CODES = {
    "CannotDirectAddUser": "The user cannot be directly added to the course.",
    "CannotRemoveCourseOwner": "The owner of a course cannot be removed.",
    "CannotRemoveCourseOwnerTransferIncomplete": (
        "The former owner cannot be removed while the transfer of the course is going on."
    ),
    "CannotRemoveTeacherWithNoCourseOwner": (
        "Teachers cannot be removed from a course that has no active owner."
    ),
    "ClassroomDisabled": "The user is not permitted to access Classroom.",
    "CourseMemberLimitReached": "The course has as many members as it can have.",
    "CourseNotModifiable": "The course cannot be modified in its present state.",
    "CourseStateDenied": "The user is not permitted to set this course state.",
    "CourseTeacherLimitReached": "The course has as many teachers as it can have.",
    "CourseTitleCannotContainUrl": "The title of a course cannot contain a URL.",
    "InactiveCourseOwner": "The account of the course owner is not active.",
    "IneligibleOwner": "Only a co-teacher can be invited as owner of the course",
    "ListCoursesStudentAndTeacherFilter": (
        "Courses cannot be filtered by student and teacher at once."
    ),
    "PendingInvitationExists": "An invitation to own the course is pending.",
    "UserAlreadyOwner": "Cannot transfer course to the user who is already the owner",
    "UserCannotOwnCourse": "The user cannot own the course.",
    "UserCourseJoinRateLimitReached": "The user has joined too many courses today.",
    "UserGroupsMembershipLimitReached": "The user is in as many courses as is possible.",
}


class Refusal(GoogleRefused):
    """The simulated Google says no; `state` is Google's error.status"""

    def __init__(
        self,
        status: int,
        state: str,
        words: str,
        *,
        reason: str | None = None,
        domain: str = "global",
        details: tuple[JsonObject, ...] = (),
        headers: tuple[tuple[str, str], ...] = (),
    ) -> None:
        super().__init__(words, status=status, reason=reason or REASONS[state])
        self.state = state
        self.words = words
        self.domain = domain
        self.details = details
        self.headers = headers

    def body(self, switches: Switches) -> JsonObject:
        """The JSON that Google would send."""
        error: JsonObject = {"code": self.status, "message": self.words}
        if switches.errors_array:
            row = {"message": self.words, "domain": self.domain, "reason": self.reason}
            error["errors"] = [row]
        error["status"] = self.state
        if self.details:
            error["details"] = list(self.details)
        return {"error": error}


def invalid(words: str = "Request contains an invalid argument.") -> Refusal:
    """400: the request itself is wrong."""
    return Refusal(400, "INVALID_ARGUMENT", words)


def precondition(code: str | None = None) -> Refusal:
    """400: not in this state; `code` is one of CODES."""
    words = f"@{code} {CODES[code]}" if code else "Precondition check failed."
    return Refusal(400, "FAILED_PRECONDITION", words)


def denied(code: str | None = None) -> Refusal:
    """403: not this caller."""
    words = f"@{code} {CODES[code]}" if code else "The caller does not have permission"
    return Refusal(403, "PERMISSION_DENIED", words)


def not_found(words: str = "Requested entity was not found.") -> Refusal:
    """404."""
    return Refusal(404, "NOT_FOUND", words)


def exists() -> Refusal:
    """409: already there."""
    return Refusal(409, "ALREADY_EXISTS", "Requested entity already exists")


def not_today(code: str) -> Refusal:
    """429 that lasts a day, unlike that of a quota."""
    return Refusal(429, "RESOURCE_EXHAUSTED", f"@{code} {CODES[code]}")


def aborted() -> Refusal:
    """409 that means "again, please"."""
    return Refusal(409, "ABORTED", "The operation was aborted.")


def internal() -> Refusal:
    """500: it's Google's own fault."""
    return Refusal(500, "INTERNAL", "Internal error encountered.")


def not_built(what: str) -> Refusal:
    """501: Google has it, the simulator hasn't."""
    words = f"The simulator does not have {what}; see docs/simulator.md"
    return Refusal(501, "NOT_IMPLEMENTED", words)


def unavailable() -> Refusal:
    """503: not at this moment."""
    return Refusal(503, "UNAVAILABLE", "The service is currently unavailable.")


def insufficient_scope(scopes: frozenset[str], *, service: str, method: str) -> Refusal:
    """403: the token was not given for this."""
    wanted = " ".join(sorted(scopes))
    challenge = (
        f'Bearer realm="https://accounts.google.com/", error="insufficient_scope", scope="{wanted}"'
    )
    info: JsonObject = {
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        "reason": "ACCESS_TOKEN_SCOPE_INSUFFICIENT",
        "domain": "googleapis.com",
        "metadata": {"service": service, "method": method},
    }
    return Refusal(
        403,
        "PERMISSION_DENIED",
        "Request had insufficient authentication scopes.",
        reason="insufficientPermissions",
        details=(info,),
        headers=(("WWW-Authenticate", challenge),),
    )


def unauthenticated(*, given: bool) -> Refusal:
    """401: no token, or one that is unknown or expired."""
    words = (
        "Request had invalid authentication credentials. Expected OAuth 2 access token, login "
        "cookie or other valid authentication credential."
        if given
        else "Request is missing required authentication credential. Expected OAuth 2 access "
        "token, login cookie or other valid authentication credential."
    )
    challenge = 'Bearer realm="https://accounts.google.com/"'
    return Refusal(
        401,
        "UNAUTHENTICATED",
        words,
        reason="authError" if given else "required",
        headers=(
            ("WWW-Authenticate", f'{challenge}, error="invalid_token"' if given else challenge),
        ),
    )


def over_quota(limit: str, *, api: str, switches: Switches) -> Refusal:
    """429, or 403 for the Directory if so set, or 503 for licences: too many calls; `limit` is the
    quota's name, such as "Requests per minute per user"."""
    if api == "licensing":
        return unavailable()  # by Google's page of that API's limits
    info: JsonObject = {
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        "reason": "RATE_LIMIT_EXCEEDED",
        "domain": "googleapis.com",
        "metadata": {"service": SERVICES[api], "quota_limit": limit},
    }
    details = (info,) if switches.quota_details else ()
    if switches.directory_quota_status == 403 and api == "directory":
        return Refusal(
            403,
            "PERMISSION_DENIED",
            "Request rate higher than configured.",
            reason="userRateLimitExceeded",
            domain="usageLimits",
            details=details,
        )
    return Refusal(
        429,
        "RESOURCE_EXHAUSTED",
        f"Quota exceeded for quota metric 'Requests' and limit '{limit}' of service "
        f"'{SERVICES[api]}' "
        "for consumer 'project_number:1'.",
        details=details,
        headers=(("Retry-After", "1"),) if switches.retry_after else (),
    )
