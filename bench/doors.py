"""Doors to a Google that agrees with the store, answered from values: what is measured behind them
is Rollbook, not HTTP. The Classroom is the store's base as it was when the doors were opened.
"""

import csv
import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from bench.districts import DOMAIN, TODAY
from policy.engine import World
from policy.google.base import (
    Account,
    Activity,
    Course,
    CourseState,
    Members,
    Reply,
    Write,
)
from policy.settings import read_settings
from policy.store.base import BaseCourse, CourseHead
from policy.store.sql import SqlStore

ADMIN = f"admin@{DOMAIN}"


def account_id(key: str) -> str:
    """A Google user id, made from a SIS key."""
    digest = hashlib.blake2b(key.encode(), digest_size=8).digest()
    return f"1{int.from_bytes(digest, 'big'):020d}"


class AllAccounts:
    """A Directory with an account for everybody who has an e-mail, page by page."""

    def __init__(self, users: Path) -> None:
        self._users = users

    def accounts(self) -> Iterable[Account]:
        yield Account(account_id(ADMIN), (ADMIN,), "Admin", suspended=False)
        with self._users.open(encoding="utf-8", newline="") as file:
            rows = csv.reader(file)
            column = {name: n for n, name in enumerate(next(rows))}
            key, email = column["sourcedId"], column["email"]
            given, family = column["givenName"], column["familyName"]
            for row in rows:
                if row[email]:
                    yield Account(
                        account_id(row[key]),
                        (row[email].casefold(),),
                        f"{row[given]} {row[family]}",
                        suspended=False,
                    )


class AgreeingClassroom:
    """A Classroom in which everything is as the store last wrote it."""

    side_by_side = 1

    def __init__(self, store: SqlStore) -> None:
        self._store = store

    def courses(self) -> Iterable[Course]:
        return (_course(row) for row in self._store.heads())

    def find(self, aliases: Sequence[str]) -> Mapping[str, Course]:
        return {name: _course(row) for name, row in self._store.base_of(aliases).items()}

    def members(self, course_ids: Sequence[str]) -> Mapping[str, Members]:
        return {
            course_id: Members(row.teachers | {row.owner}, row.students)
            for course_id, row in self._store.base_of(course_ids).items()
        }

    def aliases(self, course_ids: Sequence[str]) -> Mapping[str, frozenset[str]]:
        rows = self._store.base_of(course_ids).items()
        return {course_id: frozenset((row.alias,)) for course_id, row in rows}

    def write(self, writes: Sequence[Write]) -> Sequence[Reply]:
        raise AssertionError(f"a plan only reads, and this writes: {writes[0].verb}")


class NothingReported:
    """Reports of a day on which nobody changed a roster."""

    def activities(self, since: datetime) -> Iterable[Activity]:
        assert since.tzinfo is not None
        return iter(())


@contextmanager
def open_world(folder: Path, users: Path) -> Iterator[World]:
    """Everything outside Rollbook, with the store in a folder."""
    settings = read_settings(
        {
            "ROLLBOOK_STATE": str(folder),
            "ROLLBOOK_GOOGLE_ADMIN": ADMIN,
            "ROLLBOOK_TODAY": TODAY,
        }
    )
    store = SqlStore(settings.store)
    try:
        yield World(
            store=store,
            classroom=AgreeingClassroom(store),
            directory=AllAccounts(users),
            settings=settings,
            clock=lambda: datetime.fromisoformat(f"{TODAY}T05:00:00").replace(tzinfo=UTC),
            sleep=_never,
            reports=NothingReported(),
        )
    finally:
        store.close()


def as_agreed(base: BaseCourse, number: int) -> BaseCourse:
    """A base row as a run leaves it once the course is there and its teacher has accepted."""
    return replace(base, course_id=f"{700_000_000_000 + number}", state="ACTIVE")


def _course(row: BaseCourse | CourseHead) -> Course:
    return Course(
        id=row.course_id,
        name=row.name,
        section=row.section,
        room=row.room,
        state=CourseState(row.state),
        owner=row.owner,
    )


def _never(seconds: float) -> None:
    raise AssertionError(f"a plan never waits, and this waits {seconds} seconds")
