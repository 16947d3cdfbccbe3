"""Several administrators side by side: each call goes by the one who is free soonest.

Who gets no token, or is no administrator, is set aside with a warning, and the others go on.
"""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import parse_qs, urlsplit

from policy.errors import GoogleRefused
from policy.google.base import REST, Pace
from policy.google.http import Answer, Request, next_page
from policy.google.replies import is_passing, is_rate, is_rate_of_project
from policy.google.transport import Resource, Transport, send

log = logging.getLogger(__name__)

ABOUT_US = (400, 401, 403)  # no token; nobody who may ask. Others are about what was sent


class LanePace(Pace, Protocol):
    """The pace of one among several."""

    def try_take(self, calls: int) -> float:
        """Count this many calls if they may go now, and say 0; else say in how many seconds they
        may, and count nothing."""


@dataclass(slots=True, eq=False)
class Lane:
    """One administrator: the e-mail, the way, the pace, and how it stands with them."""

    admin: str
    transport: Transport
    pace: LanePace
    is_checked: bool = False
    is_aside: bool = False


class Lanes:
    """The `Way` by several administrators. It keeps the pace itself, and backs off itself."""

    def __init__(
        self, lanes: Sequence[Lane], *, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._lanes = tuple(lanes)
        self._sleep = sleep
        self._turn = threading.Lock()  # held while one waits for a lane
        self._next = 0  # the lane that is tried first: everybody gets some of the work
        self._began: dict[str, Lane] = {}  # by the token of the next page
        self._warnings: list[str] = []
        # A call can be made once for all: it has no administrator until it is sent.
        first = self._lanes[0].transport
        self.courses: Resource = first.courses
        self.teachers: Resource = first.teachers
        self.students: Resource = first.students
        self.aliases: Resource = first.aliases
        self.users: Resource = first.users

    @property
    def side_by_side(self) -> int:
        """How many calls are worth having under way at once."""
        return len(self._lanes)

    @property
    def warnings(self) -> Sequence[str]:
        """Who was set aside, and why."""
        return tuple(self._warnings)

    def ask(self, request: Request) -> Answer:
        """Send one call, once. Raises GoogleRefused when no administrator is left."""
        [answer] = self.ask_together([request])
        return answer

    def ask_together(self, requests: Sequence[Request]) -> Sequence[Answer]:
        """Send up to 50 calls once, as a batch; the next pages of lists by those who began them.
        Raises GoogleRefused when nobody is left."""
        answers: dict[int, Answer] = {}
        for lane, numbers in self._by_lane(requests).items():
            some = self._send([requests[n] for n in numbers], lane)
            answers.update(zip(numbers, some, strict=True))
        return [answers[n] for n in range(len(requests))]

    def close(self) -> None:
        """Close everybody's connections."""
        for lane in self._lanes:
            lane.transport.close()

    def _by_lane(self, requests: Sequence[Request]) -> dict["Lane | None", list[int]]:
        """Who has to send which; None: anybody. A page token is good for whom it was given to."""
        found: dict[Lane | None, list[int]] = {}
        for number, request in enumerate(requests):
            found.setdefault(self._began.get(_page_token(request)), []).append(number)
        return found

    def _send(self, requests: Sequence[Request], only: Lane | None) -> Sequence[Answer]:
        while True:
            lane = self._free(len(requests), only)
            try:
                self._check(lane)
                if not lane.is_aside:
                    answers = send(requests, lane.transport)
                    self._heed(requests, answers, lane)
                    return answers
            except GoogleRefused as error:
                if error.status not in ABOUT_US:
                    raise
                self._set_aside(lane, error)

    def _free(self, calls: int, only: Lane | None) -> Lane:
        """The lane that is free first, with this many calls counted; first come, first served."""
        with self._turn:
            while True:
                waits = []
                for lane in [only] if only and not only.is_aside else self._in_turn():
                    wait = lane.pace.try_take(calls)
                    if wait <= 0:
                        self._next = self._lanes.index(lane) + 1
                        return lane
                    waits.append(wait)
                self._sleep(min(waits))

    def _in_turn(self) -> list[Lane]:
        """Those who are left. When nobody is, everybody gets another chance: a token that was
        refused at one time may be given at another."""
        lanes = [*self._lanes[self._next :], *self._lanes[: self._next]]
        left = [lane for lane in lanes if not lane.is_aside]
        if not left:
            for lane in lanes:
                lane.is_aside = lane.is_checked = False
        return left or lanes

    def _check(self, lane: Lane) -> None:
        """Is this an administrator? Else every third of the writes, say, would be refused for good.
        Raises GoogleRefused."""
        if lane.is_checked:
            return
        answer = lane.transport.ask(
            lane.transport.users.get(userKey=lane.admin, fields="isAdmin,isDelegatedAdmin")
        )
        is_admin = answer.body.get("isAdmin") or answer.body.get("isDelegatedAdmin")
        lane.is_checked = not is_passing(answer)
        if lane.is_checked and not is_admin:
            raise GoogleRefused(_NO_ADMIN, status=403, reason="no administrator")

    def _heed(self, requests: Sequence[Request], answers: Sequence[Answer], lane: Lane) -> None:
        """Slow down when Google says that it is too much: this lane, or all of them. Remember who
        has begun which list."""
        for request, answer in zip(requests, answers, strict=True):
            if answer.fault is None and request.method == "GET":
                self._began.pop(_page_token(request), None)
                if token := next_page(answer.body):
                    self._began[token] = lane
        if any(map(is_rate_of_project, answers)):
            for each in self._lanes:
                each.pace.back_off(REST)
        elif any(map(is_rate, answers)):
            lane.pace.back_off(REST)

    def _set_aside(self, lane: Lane, error: GoogleRefused) -> None:
        """Raises the error when nobody is left."""
        lane.is_aside = True
        number = self._lanes.index(lane) + 1
        words = f"administrator {number} of ROLLBOOK_GOOGLE_ADMIN is left out: {error}"
        if words not in self._warnings:
            self._warnings.append(words)
            log.warning("%s", words)
        if all(each.is_aside for each in self._lanes):
            raise error


_NO_ADMIN = (
    "Google doesn't know this account as an administrator (Admin console, Account, Admin roles)"
)


def _page_token(request: Request) -> str:
    """The page that a call asks for; empty for a first one, and for what is no list."""
    if "pageToken=" not in request.uri:
        return ""
    return parse_qs(urlsplit(request.uri).query).get("pageToken", [""])[0]
