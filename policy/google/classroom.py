"""Classroom as the administrator sees it: all its courses, their members, and every write."""

import random
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from policy.errors import GoogleRefused
from policy.google.base import (
    BATCH_MOST,
    REST,
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
from policy.google.crew import Crew
from policy.google.http import Answer, JsonObject, Request, next_page
from policy.google.reader import Reader, gone, items, unreadable
from policy.google.replies import is_rate, judge
from policy.google.transport import Resource, Way, send

COURSE_FIELDS = "id,name,section,room,courseState,ownerId,alternateLink"
COURSES_PAGE = 500
MEMBERS_PAGE = 1_000  # a course has at most a thousand members; Google may give fewer at a time


class ClassroomGateway:
    """The `Classroom` of `base`: by one administrator at a pace, or by several (`Lanes`), who keep
    their own. Threads may share it."""

    def __init__(
        self,
        way: Way,
        pace: Pace | None = None,
        *,
        sleep: Callable[[float], None] = time.sleep,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._way = way
        self._pace = pace
        self._reader = Reader(way, pace, sleep=sleep, chance=chance, probe=self._probe)
        self._crew = Crew(way.side_by_side)

    @property
    def side_by_side(self) -> int:
        """How many calls of `write` are worth having under way at once."""
        return self._way.side_by_side

    def warnings(self) -> Sequence[str]:
        """Which administrators were left out so far, and why."""
        return self._way.warnings

    def courses(self) -> Iterator[Course]:
        """Every course of the domain, all states, to the last page."""
        bodies = self._reader.pages(self._courses_page, "courses", doing="list the courses")
        return (course_of(body) for body in bodies)

    def find(self, aliases: Sequence[str]) -> Mapping[str, Course | Unreadable]:
        """The courses that these aliases (or ids) name; one that names none is left out."""
        wanted = dict.fromkeys(aliases)
        found: dict[str, Course | Unreadable] = {}
        for names, answers in self._crew.work(deque(wanted), self._named):
            for name, answer in zip(names, answers, strict=True):
                if not gone(answer):
                    found[name] = unreadable(answer) or course_of(answer.body)
        return {name: found[name] for name in wanted if name in found}

    def members(self, course_ids: Sequence[str]) -> Mapping[str, Members | Unreadable]:
        """Who is in these courses; a course that is gone is left out."""
        seen = self._seen(course_ids, ROLES)
        return {course_id: who.members() for course_id, who in seen.items() if not who.gone}

    def aliases(self, course_ids: Sequence[str]) -> Mapping[str, frozenset[str] | Unreadable]:
        """The aliases of these courses; a course that is gone is left out."""
        seen = self._seen(course_ids, ("aliases",))
        return {course_id: what.aliases() for course_id, what in seen.items() if not what.gone}

    def write(self, writes: Sequence[Write]) -> Sequence[Reply]:
        """Ask once for at most 50 writes; one answer each, in the order of `writes`. Raises
        GoogleRefused if it is not the writes that are refused, but we."""
        if len(writes) > BATCH_MOST:
            raise ValueError(f"{len(writes)} writes at once; a batch holds {BATCH_MOST}")
        if not writes:
            return []
        requests = [request_for(write, self._way) for write in writes]
        if self._pace is not None:
            self._pace.take(len(requests))
        answers = send(requests, self._way)
        if self._pace is not None and any(map(is_rate, answers)):
            self._pace.back_off(REST)
        return [_reply(write, answer) for write, answer in zip(writes, answers, strict=True)]

    def close(self) -> None:
        """Close the connections."""
        self._crew.close()
        self._way.close()

    def _courses_page(self, token: str | None) -> Request:
        return self._way.courses.list(
            pageSize=COURSES_PAGE, pageToken=token, fields=f"nextPageToken,courses({COURSE_FIELDS})"
        )

    def _probe(self) -> Request:
        """The least that tells whether Google answers at all."""
        return self._way.courses.list(pageSize=1, fields="courses(id)")

    def _named(self, names: list[str]) -> tuple[list[str], Sequence[Answer]]:
        requests = [self._way.courses.get(id=name, fields=COURSE_FIELDS) for name in names]
        return names, self._reader.several(requests, doing="find courses by alias")

    def _seen(self, course_ids: Sequence[str], keys: Sequence[str]) -> dict[str, "_Seen"]:
        """What these lists of each course hold, to their last pages."""
        seen = {course_id: _Seen() for course_id in course_ids}
        to_ask = deque(_Page(course_id, key) for course_id in seen for key in keys)
        for pages, answers in self._crew.work(to_ask, self._listed):
            for page, answer in zip(pages, answers, strict=True):
                token = seen[page.course_id].add(page, answer)
                if token:
                    to_ask.append(replace(page, token=token))
        return seen

    def _listed(self, pages: list["_Page"]) -> tuple[list["_Page"], Sequence[Answer]]:
        requests = [self._page(page) for page in pages]
        doing = f"list the {'aliases' if pages[0].key == 'aliases' else 'members'} of courses"
        return pages, self._reader.several(requests, doing=doing)

    def _page(self, page: "_Page") -> Request:
        resource: Resource = getattr(self._way, page.key)
        return resource.list(
            courseId=page.course_id,
            pageSize=MEMBERS_PAGE,
            pageToken=page.token,
            fields=f"nextPageToken,{page.key}({ITEM_FIELDS[page.key]})",
        )


ROLES = ("teachers", "students")
ITEM_FIELDS = {"teachers": "userId", "students": "userId", "aliases": "alias"}


@dataclass(frozen=True, slots=True)
class _Page:
    """A page of one course's teachers, students or aliases, to be asked for."""

    course_id: str
    key: str  # one of ITEM_FIELDS
    token: str | None = None


@dataclass(slots=True)
class _Seen:
    """What has been seen of one course's lists so far."""

    gone: bool = False
    unreadable: Unreadable | None = None
    found: dict[str, set[str]] = field(default_factory=dict)  # by key of ITEM_FIELDS

    def add(self, page: _Page, answer: Answer) -> str | None:
        """Take in a page; the next page's token, if there is one."""
        if gone(answer):
            self.gone = True
            return None
        if fault := unreadable(answer):
            self.unreadable = fault
            return None
        name = ITEM_FIELDS[page.key]
        told = (str(item[name]) for item in items(answer.body, page.key))
        self.found.setdefault(page.key, set()).update(told)
        return next_page(answer.body)

    def all(self, key: str) -> frozenset[str]:
        return frozenset(self.found.get(key, ()))

    def members(self) -> Members | Unreadable:
        return self.unreadable or Members(self.all("teachers"), self.all("students"))

    def aliases(self) -> frozenset[str] | Unreadable:
        return self.unreadable or self.all("aliases")


def request_for(write: Write, to: Way) -> Request:
    """The call that a write is. The only place that makes one that changes anything."""
    course, fields = write.course, dict(write.fields or {})
    match write.verb:
        case Verb.CREATE_COURSE:
            return to.courses.create(body={"id": course, **fields}, fields=COURSE_FIELDS)
        case Verb.UPDATE_COURSE | Verb.CHANGE_OWNER | Verb.SET_STATE:
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
        case Verb.REMOVE_ALIAS:
            return to.aliases.delete(courseId=course, alias=fields["alias"])
        case Verb.ADD_ALIAS:
            return to.aliases.create(courseId=course, body=fields, fields="alias")


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
