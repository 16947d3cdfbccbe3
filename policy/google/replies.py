"""The one table that turns Google's answer to a write into an Outcome, and the way it is looked up.

Where the rows come from: Classroom's error pages, its discovery document, and what other tools have
met. The first row that fits counts; what no row knows is refused, with Google's words.
"""

from dataclasses import dataclass

from policy.google.base import Outcome, Reply, Verb
from policy.google.http import Answer, Fault

ADDS = frozenset({Verb.ADD_TEACHER, Verb.ADD_STUDENT})
REMOVALS = frozenset({Verb.REMOVE_TEACHER, Verb.REMOVE_STUDENT, Verb.REMOVE_ALIAS})
CREATES = frozenset({Verb.CREATE_COURSE})
CHANGES = frozenset({Verb.UPDATE_COURSE, Verb.CHANGE_OWNER, Verb.SET_STATE})
ALIASES = frozenset({Verb.ADD_ALIAS})

NO_ANSWER = range(0, 1)
TOO_MANY = range(429, 430)
CONFLICT = range(409, 410)
FORBIDDEN = range(403, 404)
NOT_FOUND = range(404, 405)
TIMED_OUT = range(408, 409)
NOT_BUILT = range(501, 502)
SERVER_AT_FAULT = range(500, 600)
EVERY = range(0, 1000)


@dataclass(frozen=True, slots=True)
class Row:
    """One row: what must fit, and what it means. Empty text and `None` fit everything."""

    outcome: Outcome
    statuses: range = EVERY
    state: str = ""  # error.status
    code: str = ""  # Classroom's `@Code `
    reason: str = ""  # errors[].reason or details[].reason
    words: str = ""  # in the message, case-folded
    verbs: frozenset[Verb] | None = None  # None: reads too

    def fits(self, verb: Verb | None, status: int, fault: Fault) -> bool:
        return (
            status in self.statuses
            and (self.verbs is None or verb in self.verbs)
            and self.state in ("", fault.state)
            and self.code in ("", fault.code)
            and (not self.reason or self.reason in fault.reasons)
            and self.words in fault.words.casefold()
        )


TABLE = (
    # Not today: a day's quota, or Google has not caught up with itself.
    Row(Outcome.LATER, code="UserCourseJoinRateLimitReached"),
    Row(Outcome.LATER, code="UserInvitationQuotaExhausted"),
    Row(Outcome.LATER, code="CannotDirectAddUser"),  # a fresh account, for hours
    Row(Outcome.LATER, code="CannotRemoveCourseOwnerTransferIncomplete"),
    Row(Outcome.LATER, code="CannotRemoveCourseFolderOwner", verbs=REMOVALS),  # Drive follows
    Row(Outcome.LATER, code="PendingInvitationExists"),  # until the invited one says yes or no
    Row(Outcome.LATER, TOO_MANY, words="per day"),
    Row(Outcome.LATER, TOO_MANY, words="daily"),
    Row(Outcome.LATER, FORBIDDEN, reason="dailyLimitExceeded"),
    Row(Outcome.LATER, FORBIDDEN, reason="quotaExceeded"),
    # Already as wanted. Also what our own call looks like when the client has sent it twice.
    Row(Outcome.ALREADY, code="UserAlreadyOwner", verbs=frozenset({Verb.CHANGE_OWNER})),
    Row(Outcome.ALREADY, CONFLICT, state="ALREADY_EXISTS", verbs=ADDS | CREATES | ALIASES),
    Row(Outcome.ALREADY, NOT_FOUND, state="NOT_FOUND", verbs=REMOVALS),
    # Soon: the rate, a fault, or something new that isn't known everywhere yet. Whoever asks again
    # sets an end to it: a co-teacher of seconds can't be owner yet, one who is none never can.
    Row(Outcome.AGAIN_SOON, code="IneligibleOwner", verbs=frozenset({Verb.CHANGE_OWNER})),
    Row(Outcome.AGAIN_SOON, CONFLICT, state="ABORTED"),
    Row(Outcome.AGAIN_SOON, NOT_FOUND, state="NOT_FOUND", verbs=ADDS | CHANGES | ALIASES),
    Row(Outcome.LATER, NOT_FOUND, state="NOT_FOUND", verbs=CREATES),  # its owner, so: fresh
    Row(Outcome.AGAIN_SOON, TOO_MANY),
    Row(Outcome.AGAIN_SOON, FORBIDDEN, reason="rateLimitExceeded"),
    Row(Outcome.AGAIN_SOON, FORBIDDEN, reason="userRateLimitExceeded"),
    Row(Outcome.AGAIN_SOON, FORBIDDEN, reason="RATE_LIMIT_EXCEEDED"),
    Row(Outcome.REFUSED, NOT_BUILT),
    Row(Outcome.AGAIN_SOON, SERVER_AT_FAULT),
    Row(Outcome.AGAIN_SOON, TIMED_OUT),
    Row(Outcome.AGAIN_SOON, NO_ANSWER),
    Row(Outcome.REFUSED),
)


def judge(verb: Verb | None, status: int, fault: Fault | None) -> Reply:
    """What an answer to this verb (None: a read) means. CREATE_COURSE that is ALREADY has no
    course in its reply: look for it by its alias."""
    if fault is None:
        return Reply(Outcome.DONE, status)
    row = next(row for row in TABLE if row.fits(verb, status, fault))
    return Reply(row.outcome, status, fault.words)


def is_passing(answer: Answer) -> bool:
    """Is this a fault that may be over when a read is asked again?"""
    return judge(None, answer.status, answer.fault).outcome is Outcome.AGAIN_SOON


def is_rate(answer: Answer) -> bool:
    """Was this refused only since too much was asked for within a minute?"""
    return answer.status in (403, 429) and is_passing(answer)


def is_rate_of_project(answer: Answer) -> bool:
    """Was it too much of all users together? Google names the limit: 'Requests per minute per user'
    is one's own, 'Requests per minute' the project's."""
    words = answer.fault.words.casefold() if answer.fault else ""
    return is_rate(answer) and "per minute" in words and "per user" not in words
