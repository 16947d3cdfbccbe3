"""What there is to see, by name. A screen reads and changes nothing."""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from addon.access import Caller
from addon.cards.history import history_card, refused_card
from addon.cards.home import home_card, trouble_card
from addon.services import OpenClassroom, Services
from addon.viewmodels.history import see_history
from addon.viewmodels.home import Home, see_home
from addon.viewmodels.in_force import see_policy
from addon.widgets import Card
from policy.errors import GoogleOutOfReach, GoogleRefused
from policy.google.base import Course
from policy.store.base import BaseCourse, Decision

# After this no new call to Google begins. One that has begun may take CLICK_SECONDS more (see
# policy.wiring); Google's side panel waits some 30 s in all, and nobody that long.
LONGEST = timedelta(seconds=10)

Screen = Callable[[Services, Caller], Card]

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Seen:
    """A teacher's classes as just read: enough to look at them again after a change, also when
    the store has been locked since."""

    courses: Sequence[Course]
    base: Mapping[str, BaseCourse]
    decisions: Mapping[str, Decision]
    user_id: str

    def home(
        self,
        *,
        now: datetime,
        decided: Mapping[str, Decision] | None = None,
        problems: tuple[str, ...] = (),
    ) -> Home:
        """The classes, sorted, with what was decided since they were read."""
        return see_home(
            self.courses,
            self.base,
            {**self.decisions, **(decided or {})},
            user_id=self.user_id,
            now=now,
            problems=problems,
        )


def home(services: Services, caller: Caller) -> Card:
    """The first card: the teacher's, or why it can't be had."""
    until = services.clock() + LONGEST
    try:
        with closing(services.classroom(caller.access_token)) as classroom:
            seen = look(services, caller, classroom, until=until)
    except (GoogleRefused, GoogleOutOfReach) as error:
        return trouble(services, caller, error, until=until)
    return first_card(services, caller, seen.home(now=services.clock()), until=until)


def administration(services: Services, caller: Caller) -> Card:
    """The administrator's card, for those who hold a role at this moment."""
    if services.may_look(caller, until=services.clock() + LONGEST):
        return _administration(services, is_first=False)
    log.warning("the administrator's card was asked for by somebody who holds no role")
    return refused_card()


def first_card(services: Services, caller: Caller, home: Home, *, until: datetime) -> Card:
    """The teacher's card; the administrator's for those who may see it and have no class at all."""
    may_look = services.may_look(caller, until=until)
    if may_look and home.is_empty and not home.problems:
        return _administration(services, is_first=True)
    return home_card(replace(home, may_look=may_look))


def trouble(
    services: Services,
    caller: Caller,
    error: GoogleRefused | GoogleOutOfReach,
    *,
    until: datetime,
) -> Card:
    """The first card when the classes can't be read."""
    return trouble_card(in_words(error), may_look=services.may_look(caller, until=until))


def _administration(services: Services, *, is_first: bool) -> Card:
    history, policy = see_history(services.store()), see_policy(services.policy())
    return history_card(history, policy, is_first=is_first)


def look(services: Services, caller: Caller, classroom: OpenClassroom, *, until: datetime) -> Seen:
    """The caller's courses, and what the store knows of them. Raises GoogleRefused,
    GoogleOutOfReach."""
    courses = list(_in_time(services, classroom, until))
    store = services.store()
    return Seen(
        courses,
        store.base_of([course.id for course in courses]),
        store.decisions(caller.user_id),
        caller.user_id,
    )


def in_words(error: GoogleRefused | GoogleOutOfReach) -> str:
    """What a teacher can do about it; Google's own words are for the log."""
    if isinstance(error, GoogleOutOfReach):
        return "Google Classroom can't be reached just now. Try again in a moment."
    if error.status == 401:
        return "Google asks you to sign in again: close this panel and open it once more."
    return (
        f"Google Classroom refused ({error.status}). If it happens again, tell whoever looks after "
        "Google Workspace at your school."
    )


def _in_time(services: Services, classroom: OpenClassroom, until: datetime) -> Iterator[Course]:
    """The caller's courses, as long as Google gives each page of them in time."""
    for course in classroom.own_courses():
        if services.clock() >= until:
            raise GoogleOutOfReach("Google took too long to list the classes")
        yield course


SCREENS: Mapping[str, Screen] = {"home": home, "administration": administration}
