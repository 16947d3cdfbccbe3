"""Faults to order: "do it to the next N calls", for tests that want one fault at one place.

Those that come by chance are switches; see `weather` and `line`.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from policy.errors import InputAtFault
from policy.simulator.discovery import routes
from policy.simulator.refusals import CODES, REASONS, Refusal


class Fault(StrEnum):
    """What can befall a call; docs/simulator.md has a row for each."""

    REFUSE = "refuse"
    SERVER_ERROR = "server_error"
    UNAVAILABLE = "unavailable"
    TOO_MANY = "too_many"
    NOT_TODAY = "not_today"
    ABORTED = "aborted"
    ERROR_AFTER = "error_after"
    LOSE_ANSWER = "lose_answer"
    HANG_UP_FIRST = "hang_up_first"
    HANG_UP = "hang_up"
    TIME_OUT = "time_out"
    BATCH_ERROR = "batch_error"
    TOKEN_ERROR = "token_error"
    TOKEN_REFUSED = "token_refused"


BEFORE = frozenset({Fault.REFUSE, Fault.SERVER_ERROR, Fault.UNAVAILABLE, Fault.TOO_MANY})
BEFORE |= {Fault.NOT_TODAY, Fault.ABORTED}
AFTER = frozenset({Fault.ERROR_AFTER})
TOKEN = frozenset({Fault.TOKEN_ERROR, Fault.TOKEN_REFUSED})
# Google's word for a status, unless another one is said.
STATES: Mapping[int, str] = {
    400: "FAILED_PRECONDITION",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    409: "ALREADY_EXISTS",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    501: "NOT_IMPLEMENTED",
    503: "UNAVAILABLE",
}


@dataclass(frozen=True, slots=True)
class Where:
    """Which calls are meant: a method such as classroom.courses.students.create, and a course by
    id or alias. Empty: any."""

    method: str = ""
    course: str = ""


@dataclass(frozen=True, slots=True)
class No:
    """A refusal to order: status, error.status, and the code after the @. Empty: the usual."""

    status: int
    state: str = ""
    code: str = ""

    def refusal(self) -> Refusal:
        """The refusal, as the API sends it."""
        words = CODES.get(self.code, "Refused to order.")
        said = f"@{self.code} {words}" if self.code else words
        return Refusal(self.status, self.state or STATES[self.status], said)


@dataclass(frozen=True, slots=True)
class Planned:
    """A fault for the next `left` calls there."""

    fault: Fault
    left: int
    where: Where
    no: No | None

    def as_json(self) -> dict[str, object]:
        said = self.no or No(0)
        return {
            "fault": self.fault,
            "count": self.left,
            "method": self.where.method,
            "course": self.where.course,
            "status": said.status,
            "state": said.state,
            "code": said.code,
        }


@dataclass(frozen=True, slots=True)
class Aim:
    """What a call is about: its method, and its course under each name that it has."""

    method: str = ""
    courses: frozenset[str] = frozenset()


class Ahead:
    """The faults that are still to come, in the order in which they were ordered. Look at it with
    the world's lock held."""

    def __init__(self) -> None:
        self.planned: list[Planned] = []

    def __bool__(self) -> bool:
        return bool(self.planned)

    def take(self, faults: Collection[Fault], aims: Iterable[Aim]) -> Planned | None:
        """The first of these faults that is meant for one of these calls, which uses it up."""
        if not self.planned:
            return None
        there = tuple(aims)
        for place, each in enumerate(self.planned):
            if each.fault in faults and any(_fits(each.where, aim) for aim in there):
                if each.left > 1:
                    self.planned[place] = replace(each, left=each.left - 1)
                else:
                    del self.planned[place]
                return each
        return None


def read_planned(data: object) -> Planned:
    """An order from JSON. Raises InputAtFault."""
    names = ("fault", "count", "method", "course", "status", "state", "code")
    if not isinstance(data, dict) or not data.keys() <= set(names):
        raise InputAtFault(f"expected an object with {', '.join(names)}, of which fault is needed")
    where = Where(_text(data, "method"), _text(data, "course"))
    no = None
    if {"status", "state", "code"} & data.keys():
        no = No(_number(data, "status", 0), _text(data, "state"), _text(data, "code"))
    return checked_plan(_text(data, "fault"), _number(data, "count", 1), where=where, no=no)


def checked_plan(fault: str, count: int, *, where: Where, no: No | None) -> Planned:
    """An order that can be carried out. Raises InputAtFault."""
    if fault not in list(Fault):
        raise InputAtFault(f"fault should be one of {', '.join(Fault)}, not {fault!r}")
    if count < 1:
        raise InputAtFault(f"count should be 1 or more, not {count}")
    if where.method and where.method not in routes().ids:
        raise InputAtFault(f"method should be an id such as classroom.courses.get: {where.method}")
    if (fault == Fault.REFUSE) != (no is not None):
        raise InputAtFault("a status (and state, code) belongs to the fault refuse, and only there")
    if fault in TOKEN and where != Where():
        raise InputAtFault(f"{fault} is about the token endpoint: no method and no course")
    if no is not None:
        _check_no(no)
    return Planned(Fault(fault), count, where, no)


def _check_no(no: No) -> None:
    if no.status not in STATES:
        raise InputAtFault(f"status should be one of {', '.join(map(str, STATES))}: {no.status}")
    if no.state and no.state not in REASONS:
        raise InputAtFault(f"state should be one of {', '.join(REASONS)}, not {no.state!r}")
    if no.code and not no.code.isalnum():
        raise InputAtFault(f"code should be as in @CourseNotFound, without the @: {no.code!r}")


def _fits(where: Where, aim: Aim) -> bool:
    return where.method in ("", aim.method) and (not where.course or where.course in aim.courses)


def _text(data: Mapping[str, object], name: str) -> str:
    value = data.get(name, "")
    if not isinstance(value, str):
        raise InputAtFault(f"{name} should be text, not {value!r}")
    return value


def _number(data: Mapping[str, object], name: str, usual: int) -> int:
    value = data.get(name, usual)
    if not isinstance(value, int) or isinstance(value, bool):
        raise InputAtFault(f"{name} should be a whole number, not {value!r}")
    return value
