"""Classroom as one teacher sees it, by the token of the current click. Nothing is asked twice."""

from collections.abc import Iterator

from policy.google.base import Course, CourseState
from policy.google.classroom import COURSE_FIELDS, COURSES_PAGE, course_of
from policy.google.http import Request
from policy.google.reader import Reader
from policy.google.transport import Transport


class TeacherGateway:
    """The `TeacherClassroom` of `base`."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._reader = Reader(transport, tries=1)  # a click waits some seconds at the most

    def own_courses(self) -> Iterator[Course]:
        """The courses in which the teacher teaches, all states."""
        bodies = self._reader.pages(self._page, "courses", doing="list your classes")
        return (course_of(body) for body in bodies)

    def set_state(self, course_id: str, state: CourseState) -> Course:
        """Accept (ACTIVE) or decline (DECLINED)."""
        request = self._transport.courses.patch(
            id=course_id,
            updateMask="courseState",
            body={"courseState": state.value},
            fields=COURSE_FIELDS,
        )
        return course_of(self._reader.one(request, doing=f"set the class to {state.value}"))

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()

    def _page(self, token: str | None) -> Request:
        return self._transport.courses.list(
            teacherId="me",
            pageSize=COURSES_PAGE,
            pageToken=token,
            fields=f"nextPageToken,courses({COURSE_FIELDS})",
        )
