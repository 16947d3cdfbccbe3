"""Classroom as the administrator sees it: all its courses, their members, and every write."""

import random
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from policy.errors import GoogleRefused
from policy.google.base import (
    BATCH_MOST,
    Course,
    CourseState,
    Members,
    Outcome,
    Pace,
    Reply,
    Unreadable,
    Verb,
    Write,
)
from policy.google.http import Answer, JsonObject, Request
from policy.google.reader import Reader, gone, items, next_page, unreadable
from policy.google.replies import judge
from policy.google.transport import Resource, Transport

COURSE_FIELDS = "id,name,section,room,courseState,ownerId,alternateLink"
COURSES_PAGE = 500
MEMBERS_PAGE = 1_000  # a course has at most a thousand members; Google may give fewer at a time


class ClassroomGateway:
    """The `Classroom` of `base`, by the administrator's credentials."""

    def __init__(
        self,
        transport: Transport,
        pace: Pace,
        *,
        sleep: Callable[[float], None] = time.sleep,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._transport = transport
        self._pace = pace
        self._reader = Reader(transport, pace, sleep=sleep, chance=chance)

    def courses(self) -> Iterator[Course]:
        """Every course of the domain, all states, to the last page."""
        bodies = self._reader.pages(self._courses_page, "courses", doing="list the courses")
        return (course_of(body) for body in bodies)

    def find(self, aliases: Sequence[str]) -> Mapping[str, Course | Unreadable]:
        """The courses that these aliases (or ids) name; one that names none is left out."""
        wanted = list(dict.fromkeys(aliases))
        requests = [self._transport.courses.get(id=name, fields=COURSE_FIELDS) for name in wanted]
        found: dict[str, Course | Unreadable] = {}
        answers = self._reader.several(requests, doing="find courses by alias")
        for alias, answer in zip(wanted, answers, strict=True):
            if not gone(answer):
                found[alias] = unreadable(answer) or course_of(answer.body)
        return found

    def members(self, course_ids: Sequence[str]) -> Mapping[str, Members | Unreadable]:
        """Who is in these courses; a course that is gone is left out."""
        wanted = dict.fromkeys(course_ids)
        seen = {course_id: _Seen() for course_id in wanted}
        to_ask = deque(_Page(course_id, key) for course_id in wanted for key in ROLES)
        while to_ask:
            pages = [to_ask.popleft() for _ in range(min(BATCH_MOST, len(to_ask)))]
            requests = [self._members_page(page) for page in pages]
            answers = self._reader.several(requests, doing="list the members of courses")
            for page, answer in zip(pages, answers, strict=True):
                token = seen[page.course_id].add(page, answer)
                if token:
                    to_ask.append(replace(page, token=token))
        return {course_id: who.members() for course_id, who in seen.items() if not who.gone}

    def write(self, writes: Sequence[Write]) -> Sequence[Reply]:
        """Ask once for at most 50 writes; one answer each, in the order of `writes`."""
        if len(writes) > BATCH_MOST:
            raise ValueError(f"{len(writes)} writes at once; a batch holds {BATCH_MOST}")
        if not writes:
            return []
        requests = [request_for(write, self._transport) for write in writes]
        self._pace.take(len(requests))
        if len(requests) == 1:
            answers: Sequence[Answer] = [self._transport.ask(requests[0])]
        else:
            answers = self._transport.ask_together(requests)
        return [_reply(write, answer) for write, answer in zip(writes, answers, strict=True)]

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()

    def _courses_page(self, token: str | None) -> Request:
        return self._transport.courses.list(
            pageSize=COURSES_PAGE, pageToken=token, fields=f"nextPageToken,courses({COURSE_FIELDS})"
        )

    def _members_page(self, page: "_Page") -> Request:
        resource: Resource = getattr(self._transport, page.key)
        return resource.list(
            courseId=page.course_id,
            pageSize=MEMBERS_PAGE,
            pageToken=page.token,
            fields=f"nextPageToken,{page.key}(userId)",
        )


ROLES = ("teachers", "students")


@dataclass(frozen=True, slots=True)
class _Page:
    """A page of one course's teachers or students, to be asked for."""

    course_id: str
    key: str  # one of ROLES
    token: str | None = None


@dataclass(slots=True)
class _Seen:
    """Who has been seen in one course so far."""

    gone: bool = False
    unreadable: Unreadable | None = None
    users: dict[str, set[str]] = field(default_factory=lambda: {key: set() for key in ROLES})

    def add(self, page: _Page, answer: Answer) -> str | None:
        """Take in a page; the next page's token, if there is one."""
        if gone(answer):
            self.gone = True
            return None
        if fault := unreadable(answer):
            self.unreadable = fault
            return None
        self.users[page.key].update(str(item["userId"]) for item in items(answer.body, page.key))
        return next_page(answer.body)

    def members(self) -> Members | Unreadable:
        if self.unreadable is not None:
            return self.unreadable
        return Members(frozenset(self.users["teachers"]), frozenset(self.users["students"]))


def request_for(write: Write, to: Transport) -> Request:
    """The call that a write is. The only place that makes one that changes anything."""
    course, fields = write.course, dict(write.fields or {})
    match write.verb:
        case Verb.CREATE_COURSE:
            return to.courses.create(body={"id": course, **fields}, fields=COURSE_FIELDS)
        case Verb.UPDATE_COURSE | Verb.CHANGE_OWNER:
            mask = ",".join(sorted(fields))
            return to.courses.patch(id=course, updateMask=mask, body=fields, fields="id")
        case Verb.ADD_TEACHER:
            return to.teachers.create(courseId=course, body=_user(write), fields="userId")
        case Verb.ADD_STUDENT:
            return to.students.create(courseId=course, body=_user(write), fields="userId")
        case Verb.REMOVE_TEACHER:
            return to.teachers.delete(courseId=course, **_user(write))
        case Verb.REMOVE_STUDENT:
            return to.students.delete(courseId=course, **_user(write))


def _user(write: Write) -> dict[str, str]:
    if not write.user:
        raise ValueError(f"{write.verb.value} on {write.course} names no user")
    return {"userId": write.user}


def _reply(write: Write, answer: Answer) -> Reply:
    reply = judge(write.verb, answer.status, answer.fault)
    if write.verb is Verb.CREATE_COURSE and reply.outcome is Outcome.DONE:
        return replace(reply, course=course_of(answer.body))
    return reply


def course_of(body: JsonObject) -> Course:
    """A course from Classroom's own words. Fields that are empty are left out there."""
    return Course(
        id=str(body["id"]),
        name=str(body.get("name", "")),
        section=str(body.get("section", "")),
        room=str(body.get("room", "")),
        state=_state(body),
        owner=str(body.get("ownerId", "")),
        link=str(body.get("alternateLink", "")),
    )


def _state(body: JsonObject) -> CourseState:
    word = body.get("courseState")
    try:
        return CourseState(word)
    except ValueError:
        known = ", ".join(state.value for state in CourseState)
        words = f"course {body.get('id')} has the state {word!r}; Rollbook knows {known}"
        raise GoogleRefused(words, status=200, reason=f"unknown courseState {word!r}") from None
