"""What a teacher can have done, by name. Each does it, says so, and shows the card again.

All are safe to repeat: Google sends a click again after consent, and people click twice. The
parameters come from outside: a class counts only if it is among the caller's own.
"""

import logging
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime

from addon.access import Caller
from addon.cards.home import count, spoken
from addon.screens import LONGEST, Seen, first_card, in_words, look, trouble
from addon.services import OpenClassroom, Services
from addon.viewmodels.home import ClassLine, Home
from addon.widgets import Card
from policy.errors import GoogleOutOfReach, GoogleRefused, RollbookError
from policy.google.base import CourseState
from policy.store.base import Decision

MOST_NAMES = 10  # in one sentence
REMEMBERING = 3.0  # seconds; the store waits longer for another process that writes
PROVISIONED, ACTIVE, DECLINED = CourseState.PROVISIONED, CourseState.ACTIVE, CourseState.DECLINED

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Done:
    """What was done, in a sentence, and the card that follows."""

    notice: str
    card: Card


@dataclass(frozen=True, slots=True)
class Desk:
    """One click being dealt with: who clicked, their classes as read for it, until when calls to
    Google may begin, and by course id what was done so far."""

    services: Services
    caller: Caller
    classroom: OpenClassroom
    seen: Seen
    parameters: Mapping[str, str]
    until: datetime
    decided: dict[str, Decision] = field(default_factory=dict)

    def home(self, *problems: str) -> Home:
        """The classes, with what was decided just now."""
        return self.seen.home(now=self.services.clock(), decided=self.decided, problems=problems)

    def asked_for(self) -> tuple[ClassLine, CourseState] | None:
        """The class that the button named, if it is one of the caller's."""
        return self.home().find(self.parameters.get("course", ""))

    def put(self, line: ClassLine, state: CourseState) -> None:
        """Set the state. Raises GoogleRefused, GoogleOutOfReach."""
        if self.services.clock() >= self.until:
            raise GoogleOutOfReach("the click has taken too long for one more call")
        self.classroom.set_state(line.course_id, state)
        self.decided[line.course_id] = Decision(
            line.course_id, self.caller.user_id, state.value, self.services.clock()
        )

    def done(self, notice: str, *problems: str) -> Done:
        """The end of it: what the teacher wanted is remembered, since Classroom may tell the old
        state for a while. A store that is locked does not hold up the answer for long."""
        if self.decided:
            writing = threading.Thread(target=self._remember, name="remember", daemon=True)
            writing.start()
            writing.join(REMEMBERING)
        home = self.home(*problems)
        return Done(notice, first_card(self.services, self.caller, home, until=self.until))

    def _remember(self) -> None:
        """In Classroom it is done by now: a store that can't be written to does not undo it."""
        try:
            for decision in self.decided.values():
                self.services.store().decide(decision)
        except RollbookError as error:
            log.error("what a click has changed could not be remembered: %s", error)


Work = Callable[[Desk], Done]
Act = Callable[[Services, Caller, Mapping[str, str]], Done]


def _at_the_desk(work: Work) -> Act:
    """The action that reads the caller's classes first; when that fails, the card says why."""

    def act(services: Services, caller: Caller, parameters: Mapping[str, str]) -> Done:
        until = services.clock() + LONGEST
        try:
            with closing(services.classroom(caller.access_token)) as classroom:
                seen = look(services, caller, classroom, until=until)
                return work(Desk(services, caller, classroom, seen, parameters, until))
        except (GoogleRefused, GoogleOutOfReach) as error:
            log.warning("a click came to nothing: %s", _for_the_log(error))
            return Done("That did not work.", trouble(services, caller, error, until=until))

    return act


@_at_the_desk
def accept(desk: Desk) -> Done:
    """Accept one class. One that was declined is first offered again, as Classroom wants it."""
    match desk.asked_for():
        case None:
            return _not_yours(desk)
        case line, CourseState.ACTIVE:
            return desk.done(f"{spoken(line)} is already accepted.")
        case line, CourseState.DECLINED:
            return _try(desk, line, (PROVISIONED, ACTIVE), "accepted")
        case line, _:
            return _try(desk, line, (ACTIVE,), "accepted")


@_at_the_desk
def decline(desk: Desk) -> Done:
    """Decline one class that waits."""
    match desk.asked_for():
        case None:
            return _not_yours(desk)
        case line, CourseState.DECLINED:
            return desk.done(f"{spoken(line)} is already declined.")
        case line, CourseState.ACTIVE:
            return desk.done(f"{spoken(line)} is accepted, so it can't be declined any more.")
        case line, _:
            return _try(desk, line, (DECLINED,), "declined")


@_at_the_desk
def accept_all(desk: Desk) -> Done:
    """Accept every class that waits, those too that the card had no room for."""
    waiting = desk.home().waiting
    if not waiting:
        return desk.done("Nothing waits for you.")
    accepted, refused = _accept_each(desk, waiting)
    left = len(waiting) - accepted - len(refused)
    if accepted == len(waiting):
        return desk.done(f"{count(accepted, 'class', 'classes')} accepted.")
    notice = f"{accepted} of {len(waiting)} classes accepted."
    return desk.done(notice, *_what_did_not_work(refused, left))


@_at_the_desk
def refresh(desk: Desk) -> Done:
    """Read again."""
    return desk.done("")


ACTIONS: Mapping[str, Act] = {
    "accept": accept,
    "decline": decline,
    "accept-all": accept_all,
    "refresh": refresh,
}


def _try(desk: Desk, line: ClassLine, states: Iterable[CourseState], done: str) -> Done:
    try:
        for state in states:
            desk.put(line, state)
    except (GoogleRefused, GoogleOutOfReach) as error:
        log.warning("a class could not be %s: %s", done, _for_the_log(error))
        return desk.done("That did not work.", f"{spoken(line)} is not {done}. {in_words(error)}")
    return desk.done(f"{spoken(line)} {done}.")


def _accept_each(desk: Desk, waiting: Sequence[ClassLine]) -> tuple[int, list[ClassLine]]:
    """How many were accepted, and which were refused. Of the rest nothing is known: Google was out
    of reach, or the click took too long."""
    accepted, refused = 0, list[ClassLine]()
    for line in waiting:
        try:
            desk.put(line, ACTIVE)
            accepted += 1
        except GoogleRefused as error:
            log.warning("a class could not be accepted: %s", _for_the_log(error))
            refused.append(line)
        except GoogleOutOfReach as error:
            log.warning("Accept all stopped: %s", _for_the_log(error))
            break
    return accepted, refused


def _what_did_not_work(refused: Sequence[ClassLine], left: int) -> Iterable[str]:
    if refused:
        names = "; ".join(spoken(line) for line in refused[:MOST_NAMES])
        more = f" and {len(refused) - MOST_NAMES} more" if len(refused) > MOST_NAMES else ""
        yield f"Google Classroom refused to accept: {names}{more}. Nothing has changed there."
    if left:
        yield (
            f"{count(left, 'class waits', 'classes wait')} still, it seems: Google Classroom did "
            "not answer in time. Choose Accept all again."
        )


def _not_yours(desk: Desk) -> Done:
    return desk.done("This class is not among those that wait for you; nothing was changed.")


def _for_the_log(error: GoogleRefused | GoogleOutOfReach) -> str:
    """Google's words hold no e-mail and no name (see policy.google.base.Reply)."""
    if isinstance(error, GoogleRefused):
        return f"{error.status} {error.reason}"
    return type(error).__name__
