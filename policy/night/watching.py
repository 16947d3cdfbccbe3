"""Which of our courses' rosters somebody may have changed at Google since we last read them.

Classroom itself can't be asked. The Reports API tells who was added and removed, some minutes or
hours late, in any order, and once in a while not at all: so its window overlaps the last one's, and
every night a rolling part of the courses is read whatever it says.
"""

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime, timedelta

from policy.errors import GoogleOutOfReach, GoogleRefused
from policy.google.base import Activity, Reports
from policy.merge.people import AccountFacts
from policy.merge.plan import Kind, Notice
from policy.merge.records import UNREADABLE, Head
from policy.night.reading import Books, entry_facts
from policy.store.base import Entry, Store

OVERLAP = timedelta(days=3)  # how late an activity may come and still be seen
SKEW = timedelta(minutes=10)  # between Google's clock and ours
OWN = timedelta(hours=1)  # an activity is our write if it is no further from the journal's time
_ADDED, _REMOVED = "added", "removed"
_EVENTS = {  # Classroom's roster events; an invitation changes nobody's seat
    "user_added_to_course": _ADDED,
    "user_joined_course": _ADDED,
    "user_removed_from_course": _REMOVED,
}
_OURS = {
    Kind.COURSE_CREATE.value: _ADDED,  # its owner
    Kind.TEACHER_ADD.value: _ADDED,
    Kind.STUDENT_ADD.value: _ADDED,
    Kind.TEACHER_REMOVE.value: _REMOVED,
    Kind.STUDENT_REMOVE.value: _REMOVED,
}


@dataclass(frozen=True, slots=True)
class Watch:
    """What is known of changes made at Google. `touched` are course ids; None: nobody can say, so
    that every roster is read. `reported` is up to when activities were asked for (RFC 3339)."""

    touched: frozenset[str] | None
    reported: str = ""
    notices: tuple[Notice, ...] = ()


@dataclass(frozen=True, slots=True)
class Attention:
    """Why courses have to be read; `touched` by course id (None: all), the others by alias."""

    touched: frozenset[str] | None
    pressing: frozenset[str]  # too little is known of them


def courses_to_read(
    bases: Mapping[str, Head], attention: Attention, *, rolling: int
) -> frozenset[str]:
    """The aliases to read, of these courses of ours. Those that were read longest ago are the
    rolling part: the `rolling`th part of all, so that each is read within as many nights. Those
    that could not be read last time come besides: else they would stand before all others."""
    if attention.touched is None:
        return frozenset(bases)
    mute = {alias for alias, base in bases.items() if UNREADABLE in base.kept}
    oldest = sorted(bases.keys() - mute, key=lambda alias: (bases[alias].read, alias))
    share = -(-len(bases) // rolling)
    touched = {alias for alias, base in bases.items() if base.course_id in attention.touched}
    never = {alias for alias, base in bases.items() if not base.read}
    wanted = touched | never | mute | attention.pressing
    return frozenset(bases) & (wanted | set(oldest[:share]))


def watch(
    reports: Reports,
    store: Store,
    books: Books,
    *,
    accounts: Mapping[str, AccountFacts],
    admins: Sequence[str],
    now: datetime,
) -> Watch:
    """Ask for the activities since the last night. Without the permission, or without an answer,
    every roster is read, and the plan says so. `accounts` are by e-mail."""
    bases = books.known()
    if not bases:
        return Watch(frozenset(), now.isoformat(timespec="seconds"))
    since = _since(books, bases, now)
    try:
        activities = [a for a in reports.activities(since) if a.event in _EVENTS]
    except (GoogleRefused, GoogleOutOfReach) as error:
        return Watch(None, "", (_fallback(error),))
    ours = _own_acts(store.done_since(since - SKEW), bases)
    actors = {email for admin in admins for email in _spellings(admin, accounts)}
    touched = {
        base.course_id
        for base, some in _by_course(activities, bases)
        if any(_is_news(act, base, accounts, actors, ours) for act in some)
    }
    return Watch(frozenset(touched), now.isoformat(timespec="seconds"))


def _since(books: Books, bases: Mapping[str, Head], now: datetime) -> datetime:
    """Where the last night's window ended, less the overlap; if there was none, since the course
    that was read longest ago."""
    reads = [base.read for base in bases.values() if base.read]
    start = books.mark.reported or min(reads, default=now.isoformat())
    return datetime.fromisoformat(start) - OVERLAP


def _fallback(error: Exception) -> Notice:
    words = (
        f"the Reports API can't be asked which rosters have changed, so every one was read: {error}"
    )
    return Notice("", words, "M311")


def _by_course(
    activities: Iterable[Activity], bases: Mapping[str, Head]
) -> list[tuple[Head, list[Activity]]]:
    by_id: dict[str, list[Activity]] = {}
    for activity in activities:
        by_id.setdefault(activity.course_id, []).append(activity)
    return [(b, by_id[b.course_id]) for b in bases.values() if b.course_id in by_id]


_Act = tuple[str, str, str]  # course id, user id, added or removed


def _spellings(email: str, accounts: Mapping[str, AccountFacts]) -> tuple[str, ...]:
    """All addresses of an account: Google may name another one than we do."""
    account = accounts.get(email)
    return account.emails if account else (email,)


def _own_acts(
    entries: Iterable[Entry], bases: Mapping[str, Head]
) -> Mapping[_Act, Sequence[datetime]]:
    """What we did ourselves and when, by the journal."""
    acts: dict[_Act, list[datetime]] = {}
    for entry in entries:
        act, base = _OURS.get(entry.kind), bases.get(entry.alias)
        if act is not None and base is not None:
            key = (base.course_id, str(entry_facts(entry).get("user", "")), act)
            acts.setdefault(key, []).append(entry.at)
    return acts


def _is_news(
    activity: Activity,
    base: Head,
    accounts: Mapping[str, AccountFacts],
    admins: Set[str],
    ours: Mapping[_Act, Sequence[datetime]],
) -> bool:
    """Has this happened since the course was last read, and by another hand than ours? What an
    administrator whom we act for does by hand is told from our own writes by the journal."""
    if base.read and activity.at < datetime.fromisoformat(base.read) - SKEW:
        return False
    if activity.actor not in admins or not activity.people:
        return True
    act = _EVENTS[activity.event]
    people = [accounts.get(email) for email in activity.people]
    return any(
        account is None
        or all(
            abs(activity.at - at) > OWN
            for at in ours.get((activity.course_id, account.user.id, act), ())
        )
        for account in people
    )
