"""Reads that are asked again until Google answers, within bounds. Never for writes."""

import random
import time
from collections.abc import Callable, Iterator, Sequence

from policy.errors import GoogleOutOfReach, GoogleRefused
from policy.google.base import BATCH_MOST, Pace, Unreadable
from policy.google.http import Answer, JsonObject, Request, next_page
from policy.google.replies import is_passing, is_rate
from policy.google.transport import Way, send

TRIES = 8  # some two minutes in all
_ADVICE = "It was tried again for a while; check the network, and ROLLBOOK_GOOGLE_ROOT if it is set"
SMALL_BATCH = 5
LONGEST_PAUSE = 32.0  # seconds


class Reader:
    """Asks at the pace; what failed for the moment is asked again alone, later each time."""

    def __init__(
        self,
        way: Way,
        pace: Pace | None = None,
        *,
        tries: int = TRIES,
        probe: Callable[[], Request] | None = None,
        sleep: Callable[[float], None] = time.sleep,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._way = way
        self._pace = pace
        self._tries = tries
        self._probe = probe  # a call that Google answers if it answers at all
        self._sleep = sleep
        self._chance = chance

    def pages(
        self, request: Callable[[str | None], Request], key: str, *, doing: str
    ) -> Iterator[JsonObject]:
        """The items under `key` of every page; `request` makes the call for a page token."""
        token: str | None = None
        while True:
            body = self.one(request(token), doing=doing)
            yield from items(body, key)
            token = next_page(body)
            if not token:
                return

    def one(self, request: Request, *, doing: str) -> JsonObject:
        """One call's body. Raises GoogleRefused, GoogleOutOfReach."""
        [answer] = self.several([request], doing=doing)
        check(answer, doing=doing)
        return answer.body

    def several(self, requests: Sequence[Request], *, doing: str) -> Sequence[Answer]:
        """The answers to calls, in their order, sent in batches; each is an answer, a refusal, or
        a fault that has lasted through all tries. Raises GoogleOutOfReach if there is nothing but
        such faults, and it is not the calls."""
        answers: dict[int, Answer] = {}
        for attempt in range(self._tries):
            left = [n for n in range(len(requests)) if n not in answers or is_passing(answers[n])]
            if left and attempt:
                self._wait(attempt, [answers[n] for n in left])
            size = _size(len(left), attempt)
            for start in range(0, len(left), size):
                some = left[start : start + size]
                answers.update(zip(some, self._ask([requests[n] for n in some]), strict=True))
        if answers and all(map(is_passing, answers.values())) and not self._answers():
            words = _words("Google can't be asked to", doing, answers[0])
            raise GoogleOutOfReach(f"{words}. {_ADVICE}")
        return [answers[n] for n in range(len(requests))]

    def _answers(self) -> bool:
        """Does Google answer something else? Some courses answer 500 for ever."""
        return self._probe is not None and not is_passing(self._ask([self._probe()])[0])

    def _ask(self, requests: Sequence[Request]) -> Sequence[Answer]:
        if self._pace is not None:
            self._pace.take(len(requests))
        return send(requests, self._way)

    def _wait(self, attempt: int, answers: Sequence[Answer]) -> None:
        seconds = min(LONGEST_PAUSE, 2.0 ** (attempt - 1)) * (0.5 + self._chance() / 2)
        if self._pace is not None and any(map(is_rate, answers)):
            self._pace.back_off(seconds)
        else:
            self._sleep(seconds)


def _size(left: int, attempt: int) -> int:
    """How many calls go in one batch. What is left of a few goes in smaller ones each time: a batch
    of which one part is lost has no answer at all."""
    return BATCH_MOST if left > BATCH_MOST else max(SMALL_BATCH, BATCH_MOST >> attempt)


def unreadable(answer: Answer) -> Unreadable | None:
    """What is wrong with this answer for good, if anything."""
    return None if answer.fault is None else Unreadable(f"{answer.status} {answer.fault.words}")


def check(answer: Answer, *, doing: str) -> None:
    """Raise GoogleRefused unless the answer is what was asked for."""
    if answer.fault is not None:
        words = _words("Google refused to", doing, answer)
        if answer.status == 403:
            words += (
                ". ROLLBOOK_GOOGLE_ADMIN should be an administrator who may do this (Admin "
                "console, Account, Admin roles)"
            )
        raise GoogleRefused(words, status=answer.status, reason=answer.fault.words)


def gone(answer: Answer) -> bool:
    """Google says that there is no such thing (and not something on the way that says 404)."""
    return answer.fault is not None and answer.fault.state == "NOT_FOUND"


def items(body: JsonObject, key: str) -> Sequence[JsonObject]:
    """A page's items; an empty page has no key at all."""
    found = body.get(key)
    return found if isinstance(found, list) else ()


def _words(what: str, doing: str, answer: Answer) -> str:
    status = f"{answer.status}: " if answer.status else ""
    return f"{what} {doing} ({status}{answer.fault.words if answer.fault else ''})"
