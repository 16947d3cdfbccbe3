"""Asks Google once, and looks where an answer leaves it open what has happened."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from policy.errors import GoogleOutOfReach, GoogleRefused
from policy.google.base import Classroom, Course, Members, Outcome, Reply, Unreadable
from policy.merge.plan import Change, Kind
from policy.run.turns import Asked
from policy.run.writing import is_claim, user_of, write_for

# What passes by itself, often within seconds: a new co-teacher may become the owner, an invitation
# to become it is gone, the former one's files have moved.
PASSING = {
    Kind.COURSE_OWNER: ("@IneligibleOwner ", "@PendingInvitationExists "),
    Kind.TEACHER_REMOVE: ("@CannotRemoveCourseOwnerTransferIncomplete ",),
}
ADDS = (Kind.TEACHER_ADD, Kind.STUDENT_ADD)
NOT_DONE = frozenset({400, 403, 404, 429})  # with these, Google has surely not done it

WRONG_ROLE = "409 they are in this class in another role"
OTHER_CLASS = "409 a class with this alias is there already, and it is another one"
OTHER_OWNER = "the class was handed to somebody else meanwhile"
UNSEEN = "409 it is said to be so already, and is not to be seen yet"

Answers = list[tuple[Asked, Reply]]


class Asking(Protocol):
    """What asking needs to know of a run."""

    def course_of(self, change: Change) -> str | None: ...

    def stop(self, reason: str) -> None: ...


def ask(batch: Sequence[Asked], run: Asking, classroom: Classroom) -> Answers:
    """Ask once for all of these; one answer each.

    1. A handover that may have been done is looked at, and not asked for a second time.
    2. The rest is sent.
    3. 409 has two meanings. The client library may have sent a POST twice, and then our own first
       one is what is there already; or somebody else's is. So look.
    """
    try:
        answers = _handed_over(batch, run, classroom)
        settled = {id(asked) for asked, _ in answers}
        going = [asked for asked in batch if id(asked) not in settled]
        answers += _sent(going, run, classroom)
        return _looked_at(answers, run, classroom)
    except (GoogleRefused, GoogleOutOfReach) as error:
        # Not these calls but all of them: no token, say. Which of them were done is not known.
        run.stop(str(error))
        words = error.reason if isinstance(error, GoogleRefused) else str(error)
        return [(asked, Reply(Outcome.AGAIN_SOON, 0, words)) for asked in batch]


def may_have_done(reply: Reply) -> bool:
    """Does this answer leave it open whether it was done?"""
    return reply.outcome is Outcome.AGAIN_SOON and reply.status not in NOT_DONE


def is_rate(reply: Reply) -> bool:
    """Was it refused only because too much was asked for just now?"""
    return reply.outcome is Outcome.AGAIN_SOON and reply.status in (403, 429)


def is_days_quota(reply: Reply) -> bool:
    """Is today's quota of calls used up, for everybody? What has a `@Code` is about one user."""
    has_code = reply.reason.startswith("@")
    return reply.outcome is Outcome.LATER and reply.status in (403, 429) and not has_code


def is_users_quota(reply: Reply) -> bool:
    """Has this one user been added to as many classes as Google allows a day?"""
    return reply.outcome is Outcome.LATER and reply.status == 429 and reply.reason.startswith("@")


def _sent(asked: Sequence[Asked], run: Asking, classroom: Classroom) -> Answers:
    if not asked:
        return []
    writes = [write_for(each.change, run.course_of(each.change) or "") for each in asked]
    replies = classroom.write(writes)
    return [(each, _meant(each.change, reply)) for each, reply in zip(asked, replies, strict=True)]


def _meant(change: Change, reply: Reply) -> Reply:
    if reply.reason.startswith(PASSING.get(change.kind, ())) and PASSING.get(change.kind):
        return replace(reply, outcome=Outcome.AGAIN_SOON)
    return reply


def _handed_over(batch: Sequence[Asked], run: Asking, classroom: Classroom) -> Answers:
    """The handovers among these that turn out to have been done, or that nobody may do now."""
    unsure = [a for a in batch if a.is_unsure and a.change.kind is Kind.COURSE_OWNER]
    ids = [run.course_of(asked.change) or "" for asked in unsure]
    found = classroom.find(ids) if ids else {}
    answers: Answers = []
    for asked, course_id in zip(unsure, ids, strict=True):
        course = found.get(course_id)
        if not isinstance(course, Course) or course.owner == asked.change.before:
            continue
        is_done = course.owner == user_of(asked.change)
        other = Reply(Outcome.LATER, 200, OTHER_OWNER)
        answers.append((asked, Reply(Outcome.DONE, 200) if is_done else other))
    return answers


@dataclass(frozen=True, slots=True)
class _Seen:
    """What a look has found: courses by the alias, members by the course's id."""

    courses: Mapping[str, Course | Unreadable]
    members: Mapping[str, Members | Unreadable]


def _looked_at(answers: Answers, run: Asking, classroom: Classroom) -> Answers:
    doubtful = [a.change for a, reply in answers if reply.outcome is Outcome.ALREADY]
    aliases = [c.course.alias for c in doubtful if c.kind is Kind.COURSE_CREATE or is_claim(c)]
    ids = [run.course_of(c) or "" for c in doubtful if c.kind in ADDS]
    if not aliases and not ids:
        return answers
    try:
        seen = _Seen(
            classroom.find(aliases) if aliases else {}, classroom.members(ids) if ids else {}
        )
    except GoogleOutOfReach:
        seen = _Seen({}, {})
    return [
        (a, _told(a.change, reply, run.course_of(a.change) or "", seen))
        if reply.outcome is Outcome.ALREADY
        else (a, reply)
        for a, reply in answers
    ]


def _told(change: Change, reply: Reply, course_id: str, seen: _Seen) -> Reply:
    """An ALREADY in the light of what is there."""
    if change.kind is Kind.COURSE_CREATE:
        return _made_already(change, reply, seen.courses.get(change.course.alias))
    if is_claim(change):
        return _claimed_already(reply, course_id, seen.courses.get(change.course.alias))
    if change.kind in ADDS:
        return _seated_already(change, reply, seen.members.get(course_id))
    return reply


def _made_already(change: Change, reply: Reply, found: Course | Unreadable | None) -> Reply:
    """A course with our alias that is just what we asked for is our own."""
    new = change.new
    if not isinstance(found, Course):
        return Reply(Outcome.AGAIN_SOON, reply.status, UNSEEN)
    if new and (found.owner, found.name) == (new.owner.id, new.fields.name):
        return Reply(Outcome.DONE, reply.status, course=found)
    return Reply(Outcome.REFUSED, reply.status, OTHER_CLASS)


def _claimed_already(reply: Reply, course_id: str, found: Course | Unreadable | None) -> Reply:
    if not isinstance(found, Course):
        return Reply(Outcome.AGAIN_SOON, reply.status, UNSEEN)
    return reply if found.id == course_id else Reply(Outcome.REFUSED, reply.status, OTHER_CLASS)


def _seated_already(change: Change, reply: Reply, members: Members | Unreadable | None) -> Reply:
    if not isinstance(members, Members):
        return Reply(Outcome.AGAIN_SOON, reply.status, UNSEEN)
    families = (members.teachers, members.students)
    there, elsewhere = families if change.kind is Kind.TEACHER_ADD else families[::-1]
    if user_of(change) in there:
        return reply
    if user_of(change) in elsewhere:
        return Reply(Outcome.REFUSED, reply.status, WRONG_ROLE)
    return Reply(Outcome.AGAIN_SOON, reply.status, UNSEEN)
