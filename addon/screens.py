"""What there is to see, by name. A screen reads and changes nothing."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass

from addon.access import Caller
from addon.cards.home import home_card, trouble_card
from addon.services import Services
from addon.viewmodels.home import Home, see_home
from addon.widgets import Card
from policy.errors import GoogleOutOfReach, GoogleRefused
from policy.google.base import Course

Screen = Callable[[Services, Caller], Card]


@dataclass(frozen=True, slots=True)
class Seen:
    """A teacher's classes as just read: enough to look at them again after a change."""

    courses: Sequence[Course]
    home: Home


def home(services: Services, caller: Caller) -> Card:
    """The teacher's card, or why it can't be had."""
    try:
        with closing(services.classroom(caller.access_token)) as classroom:
            courses = list(classroom.own_courses())
    except (GoogleRefused, GoogleOutOfReach) as error:
        return trouble_card(in_words(error))
    return home_card(look(services, caller, courses).home)


def look(
    services: Services,
    caller: Caller,
    courses: Sequence[Course],
    *,
    problems: tuple[str, ...] = (),
) -> Seen:
    """These courses with what the store knows now."""
    store = services.store()
    home = see_home(
        courses,
        store.base_of([course.id for course in courses]),
        store.decisions(caller.user_id),
        user_id=caller.user_id,
        now=services.clock(),
        problems=problems,
    )
    return Seen(courses, home)


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


SCREENS: Mapping[str, Screen] = {"home": home}
