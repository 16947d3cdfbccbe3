"""Which rosters somebody may have changed: by the audit log, our own journal, and the calendar."""

from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from building import base, creation, head, removal, user
from policy.errors import GoogleOutOfReach, GoogleRefused, RollbookError
from policy.google.base import Activity
from policy.merge.people import AccountFacts
from policy.merge.plan import Change, CourseRef, Kind, Notice
from policy.merge.records import Head
from policy.night.reading import Books
from policy.night.watching import OVERLAP, OWN, SKEW, Attention, Watch, courses_to_read, watch
from policy.run.journal import entry_of
from policy.store.base import EntryState, Mark, RunRecord, RunState
from policy.store.sql import SqlStore

NIGHT = datetime(2026, 9, 2, 4, 0, tzinfo=UTC)
LAST = NIGHT - timedelta(days=1)
ADMIN = "it@demo.example"
REPORTED = NIGHT.isoformat(timespec="seconds")


@dataclass
class Log:
    """Google's audit log: what is in it by now, and from when on it was asked."""

    activities_: Iterable[Activity] = ()
    asked_since: datetime | None = None
    error: RollbookError | None = None

    def activities(self, since: datetime) -> Iterator[Activity]:
        self.asked_since = since
        if self.error:
            raise self.error
        return (activity for activity in self.activities_ if activity.at >= since)


def activity(
    *people: str,
    course: str = "900",
    at: datetime = NIGHT - timedelta(hours=2),
    event: str = "user_added_to_course",
    actor: str = "t1@demo.example",
) -> Activity:
    return Activity(course, at, event, actor, people or ("ann@demo.example",), f"{at} {people}")


def ours(key: str = "d:1", course_id: str = "900", read: datetime | None = LAST) -> Head:
    stamp = read.isoformat(timespec="seconds") if read else ""
    return head(base(alias=key, course_id=course_id, read=stamp))


def books(*heads: Head, reported: str = "2026-09-01T04:00:00+00:00") -> Books:
    return Books(
        {one.alias: one for one in heads},
        {},
        [],
        Mark("store-1", 7, "key", reported),
        lambda _aliases: {},
    )


ACCOUNTS = {
    email: AccountFacts(user(key), emails, False)
    for key, emails in (
        ("ann", ("ann@demo.example", "ann.old@demo.example")),
        ("it", (ADMIN, "it.old@demo.example")),
    )
    for email in emails
}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqlStore]:
    run = RunRecord("r1", "p1", RunState.RUNNING, LAST, None, "p0", "r0", {}, {}, {})
    with closing(SqlStore(f"sqlite:///{tmp_path}/rollbook.sqlite")) as opened:
        opened.start_run(run)
        yield opened


def done(store: SqlStore, change: Change, at: datetime, number: int = 0) -> None:
    """A write of ours that Google has answered."""
    entry = entry_of(change, run_id="r1", number=number, at=at)
    store.start_entries([entry])
    store.finish_entries([replace(entry, state=EntryState.DONE)], [])


def look(
    store: SqlStore, *activities: Activity, known: Books | None = None, admins: str = ADMIN
) -> Watch:
    return watch(
        Log(activities),
        store,
        known or books(ours()),
        accounts=ACCOUNTS,
        admins=[admins],
        now=NIGHT,
    )


TOUCHED, QUIET = Watch(frozenset({"900"}), REPORTED), Watch(frozenset(), REPORTED)


# What is news.


@pytest.mark.parametrize(
    "event", ["user_added_to_course", "user_joined_course", "user_removed_from_course"]
)
def test_what_a_hand_does_to_a_roster_is_news(store: SqlStore, event: str) -> None:
    assert look(store, activity(event=event)) == TOUCHED


@pytest.mark.parametrize(
    "one",
    [
        pytest.param(activity(event="user_invited_to_course"), id="an-invitation"),
        pytest.param(activity(course="77"), id="somebody-elses-course"),
        pytest.param(activity(at=LAST - SKEW - timedelta(seconds=1)), id="before-it-was-read"),
    ],
)
def test_what_is_no_news(store: SqlStore, one: Activity) -> None:
    assert look(store, one) == QUIET


@pytest.mark.parametrize(
    ("read", "news"),
    [
        pytest.param(LAST, True, id="after-the-last-reading"),
        pytest.param(LAST + timedelta(hours=20), False, id="before-it"),
        pytest.param(LAST + timedelta(hours=17, minutes=5), True, id="clocks-may-differ"),
        pytest.param(None, True, id="never-read"),
    ],
)
def test_an_activity_counts_from_the_last_reading_on(
    store: SqlStore, read: datetime | None, news: bool
) -> None:
    late = activity(at=LAST + timedelta(hours=17))
    known = books(ours(read=read))
    assert look(store, late, known=known) == (TOUCHED if news else QUIET)


def test_one_that_comes_days_late_still_counts(store: SqlStore) -> None:
    """The window goes back before the end of the last one."""
    course = ours(read=LAST - timedelta(days=10))
    late = activity(at=LAST - OVERLAP + timedelta(minutes=1))
    assert look(store, late, known=books(course)) == TOUCHED


def test_the_window(store: SqlStore) -> None:
    log = Log()
    known = books(ours(), reported="2026-09-01T03:30:00+00:00")
    watch(log, store, known, accounts={}, admins=[], now=NIGHT)
    assert log.asked_since == datetime(2026, 9, 1, 3, 30, tzinfo=UTC) - OVERLAP


@pytest.mark.parametrize(
    ("heads", "since"),
    [
        pytest.param((ours(), ours("d:2", "901", LAST - timedelta(days=9))), 10, id="oldest"),
        pytest.param((ours(read=None),), 0, id="never-read"),
    ],
)
def test_the_first_window_goes_back_to_the_oldest_reading(
    store: SqlStore, heads: tuple[Head, ...], since: int
) -> None:
    log = Log()
    watch(log, store, books(*heads, reported=""), accounts={}, admins=[], now=NIGHT)
    assert log.asked_since == NIGHT - timedelta(days=since) - OVERLAP


def test_without_a_course_nobody_is_asked(store: SqlStore) -> None:
    log = Log()
    assert watch(log, store, books(), accounts={}, admins=[], now=NIGHT) == QUIET
    assert log.asked_since is None


# Our own writes.

COURSE = CourseRef("d:1", "900", "Algebra", "sch1", "Lincoln")
ADDED = removal("ann", course=COURSE, kind=Kind.STUDENT_ADD)
REMOVED = removal("ann", course=COURSE)


def by_us(
    at: datetime, event: str = "user_added_to_course", email: str = "ann@demo.example"
) -> Activity:
    return activity(email, at=at, event=event, actor=ADMIN)


@pytest.mark.parametrize("email", ["ann@demo.example", "ann.old@demo.example"])
@pytest.mark.parametrize(
    ("change", "event"),
    [
        pytest.param(ADDED, "user_added_to_course", id="added"),
        pytest.param(REMOVED, "user_removed_from_course", id="removed"),
        pytest.param(
            replace(creation("d:1", owner="ann"), course=COURSE), "user_added_to_course", id="made"
        ),
    ],
)
def test_our_own_writes_are_no_news(
    store: SqlStore, change: Change, event: str, email: str
) -> None:
    done(store, change, LAST)
    assert look(store, by_us(LAST + timedelta(minutes=3), event, email)) == QUIET


def test_the_administrator_may_be_named_by_another_address(store: SqlStore) -> None:
    done(store, ADDED, LAST)
    own = by_us(LAST + timedelta(minutes=3))
    assert look(store, own, admins="it.old@demo.example") == QUIET


@pytest.mark.parametrize(
    "one",
    [
        pytest.param(
            by_us(LAST + timedelta(minutes=3), "user_removed_from_course"), id="the-other-way"
        ),
        pytest.param(by_us(LAST + OWN + timedelta(minutes=3)), id="again-later"),
        pytest.param(by_us(LAST, email="bob@demo.example"), id="an-account-that-is-not-known"),
        pytest.param(replace(by_us(LAST), people=()), id="nobody-is-named"),
        pytest.param(replace(by_us(LAST), actor="t1@demo.example"), id="by-somebody-else"),
        pytest.param(replace(by_us(LAST), actor=""), id="by-nobody-knows-whom"),
        pytest.param(
            replace(by_us(LAST), people=("ann@demo.example", ADMIN)), id="one-of-two-by-hand"
        ),
    ],
)
def test_what_the_administrator_does_by_hand_is_news(store: SqlStore, one: Activity) -> None:
    """On the very account that we act for."""
    done(store, ADDED, LAST)
    assert look(store, one) == TOUCHED


def test_a_write_to_another_course_explains_nothing(store: SqlStore) -> None:
    done(store, replace(ADDED, course=replace(COURSE, alias="d:2", id="901")), LAST)
    known = books(ours(), ours("d:2", "901"))
    assert look(store, by_us(LAST), known=known) == TOUCHED


def test_a_write_that_was_refused_explains_nothing(store: SqlStore) -> None:
    entry = entry_of(ADDED, run_id="r1", number=0, at=LAST)
    store.start_entries([entry])
    store.finish_entries([replace(entry, state=EntryState.REFUSED)], [])
    assert look(store, by_us(LAST)) == TOUCHED


# Without Reports.


@pytest.mark.parametrize(
    "error",
    [
        pytest.param(
            GoogleRefused("Google refused to tell", status=403, reason="no scope"), id="refused"
        ),
        pytest.param(GoogleOutOfReach("Google can't be reached"), id="out-of-reach"),
    ],
)
def test_where_reports_can_not_be_asked_everything_is_read_and_it_is_told(
    store: SqlStore, error: RollbookError
) -> None:
    found = watch(Log(error=error), store, books(ours()), accounts={}, admins=[ADMIN], now=NIGHT)
    words = (
        f"the Reports API can't be asked which rosters have changed, so every one was read: {error}"
    )
    assert found == Watch(None, "", (Notice("", words, "M311"),))


# The rolling part.


def reads(count: int) -> dict[str, Head]:
    return {f"d:{n}": ours(f"d:{n}", f"{n}", LAST - timedelta(days=n)) for n in range(1, count + 1)}


NOTHING = Attention(frozenset(), frozenset())


def test_those_that_were_read_longest_ago_come_first() -> None:
    assert courses_to_read(reads(6), NOTHING, rolling=3) == {"d:6", "d:5"}


def test_a_part_is_never_less_than_one() -> None:
    assert courses_to_read(reads(2), NOTHING, rolling=14) == {"d:2"}
    assert courses_to_read({}, NOTHING, rolling=14) == frozenset()


@pytest.mark.parametrize(
    ("attention", "more"),
    [
        pytest.param(Attention(frozenset({"2", "77"}), frozenset()), {"d:2"}, id="touched"),
        pytest.param(Attention(frozenset(), frozenset({"d:3", "d:77"})), {"d:3"}, id="pressing"),
        pytest.param(Attention(None, frozenset()), set(reads(6)), id="nobody-can-say"),
    ],
)
def test_what_is_read_besides(attention: Attention, more: set[str]) -> None:
    assert courses_to_read(reads(6), attention, rolling=6) == {"d:6"} | more


def test_what_was_never_read_is_read() -> None:
    """All of it, beyond the rolling part."""
    new = {f"d:new{n}": ours(f"d:new{n}", f"9{n}", None) for n in range(3)}
    assert courses_to_read({**reads(6), **new}, NOTHING, rolling=9) == new.keys()


def test_what_could_not_be_read_does_not_take_the_others_turn() -> None:
    known = reads(6)
    known["d:6"] = replace(known["d:6"], kept={"unreadable": REPORTED})
    assert courses_to_read(known, NOTHING, rolling=6) == {"d:6", "d:5"}


@given(
    count=st.integers(1, 60),
    rolling=st.integers(1, 20),
    touched=st.lists(st.frozensets(st.integers(1, 60).map(str)), max_size=20),
    mute=st.frozensets(st.integers(1, 60).map(lambda n: f"d:{n}"), max_size=10),
)
def test_every_course_is_read_within_as_many_nights(
    count: int, rolling: int, touched: list[frozenset[str]], mute: frozenset[str]
) -> None:
    """Whatever else is read in those nights, and whatever can't be."""
    known, seen = reads(count), set[str]()
    for night in range(rolling):
        some = touched[night] if night < len(touched) else frozenset()
        chosen = courses_to_read(known, Attention(some, frozenset()), rolling=rolling)
        stamp = (NIGHT + timedelta(days=night)).isoformat(timespec="seconds")
        for alias in chosen - mute:
            known[alias] = replace(known[alias], read=stamp)
            seen.add(alias)
        for alias in chosen & mute:
            known[alias] = replace(known[alias], kept={"unreadable": stamp})
    assert seen == known.keys() - mute
