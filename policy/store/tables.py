"""The tables of the store, version 3, and how values are written in them.

A change of anything here is a new version, with a migration; see `migrations`.
"""

import json
import sys
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    RowMapping,
    String,
    Table,
    Text,
)

from policy.store.base import (
    BaseCourse,
    CourseHead,
    Decision,
    Entry,
    EntryState,
    Mark,
    Match,
    RunRecord,
    RunState,
)

VERSION = 3

METADATA = MetaData()

ROLLBOOK = Table(
    "rollbook",  # one row
    METADATA,
    Column("version", Integer, nullable=False),
    Column("id", String, nullable=False),
    Column("keyed_by", String, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("reported", String, nullable=False),
    Column("roster", Text, nullable=False),  # JSON
)
BASE = Table(
    "base",
    METADATA,
    Column("alias", String, primary_key=True),
    Column("course_id", String, nullable=False, unique=True),
    Column("section_key", String, nullable=False),
    Column("school_key", String, nullable=False),
    Column("name", Text, nullable=False),
    Column("section", Text, nullable=False),
    Column("room", Text, nullable=False),
    Column("owner", String, nullable=False),
    Column("members", LargeBinary, nullable=False),  # teachers, students, former: JSON in zlib
    Column("kept", Text, nullable=False),  # JSON
    Column("leaving", Text, nullable=False),  # JSON
    Column("state", String, nullable=False),
    Column("ends", String, nullable=False),
    Column("read", String, nullable=False),
    Column("settled", String, nullable=False),
)
RELEASED = Table("released", METADATA, Column("alias", String, primary_key=True))
MATCHES = Table(
    "matches",
    METADATA,
    Column("person", String, primary_key=True),
    Column("user", String, nullable=False),
    Column("email", String, nullable=False),
)
RUNS = Table(
    "runs",
    METADATA,
    Column("number", Integer, primary_key=True),  # in the order of their start
    Column("id", String, nullable=False, unique=True),
    Column("plan_id", String, nullable=False),
    Column("state", String, nullable=False),
    Column("started", String, nullable=False),
    Column("ended", String),
    Column("policy_digest", String, nullable=False),
    Column("roster_digest", String, nullable=False),
    Column("counts", Text, nullable=False),  # JSON, and so are the next three
    Column("held", Text, nullable=False),
    Column("refused", Text, nullable=False),
    Column("later", Text, nullable=False),
    Column("policy_commit", String, nullable=False),
    Column("policy_clean", Boolean, nullable=False),
)
ENTRIES = Table(
    "entries",
    METADATA,
    Column("run_id", String, ForeignKey("runs.id"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("alias", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("change", Text, nullable=False),
    Column("state", String, nullable=False),
    Column("at", String, nullable=False),
    Column("reason", Text, nullable=False),
)
SENT = Index(
    "entries_sent", ENTRIES.c.run_id, sqlite_where=ENTRIES.c.state == EntryState.SENT.value
)
BY_ALIAS = Index("entries_by_alias", ENTRIES.c.alias)
BY_TIME = Index("entries_by_time", ENTRIES.c.state, ENTRIES.c["at"])
DECISIONS = Table(
    "decisions",
    METADATA,
    Column("user_id", String, primary_key=True),
    Column("course_id", String, primary_key=True),
    Column("state", String, nullable=False),
    Column("at", String, nullable=False),
)

_EMPTY: Mapping[str, str] = {}


class Matched(Mapping[str, Match]):
    """Matches by Person.key. There are a million, and two are looked at at a time: of each there is
    one string, which takes half the memory."""

    __slots__ = ("_packed",)

    def __init__(self, rows: Iterable[tuple[str, str, str]]) -> None:
        self._packed = {person: f"{user}\0{email}" for person, user, email in rows}

    def __getitem__(self, key: str) -> Match:
        user, _, email = self._packed[key].partition("\0")
        return Match(user, email)

    def __contains__(self, key: object) -> bool:
        return key in self._packed

    def __iter__(self) -> Iterator[str]:
        return iter(self._packed)

    def __len__(self) -> int:
        return len(self._packed)


Cells = dict[str, object]  # a row to write: column -> value


def mark_from(row: RowMapping, released: frozenset[str]) -> Mark:
    return Mark(
        id=row["id"],
        revision=row["revision"],
        keyed_by=row["keyed_by"],
        reported=row["reported"],
        roster=json.loads(row["roster"]),
        released=released,
    )


def course_cells(course: BaseCourse) -> Cells:
    families = (course.teachers, course.students, course.former)
    members = json.dumps([sorted(family) for family in families], separators=(",", ":"))
    return {
        "alias": course.alias,
        "course_id": course.course_id,
        "section_key": course.section_key,
        "school_key": course.school_key,
        "name": course.name,
        "section": course.section,
        "room": course.room,
        "owner": course.owner,
        "members": zlib.compress(members.encode()),
        "kept": json_of(course.kept),
        "leaving": json_of(course.leaving),
        "state": course.state,
        "ends": course.ends,
        "read": course.read,
        "settled": course.settled,
    }


def head_from(row: Sequence[Any]) -> CourseHead:
    """A head, from its columns in the order of CourseHead's fields."""
    alias, course_id, section_key, school_key, name, section, room, owner, kept, *rest = row
    state, ends, read, settled = rest
    return CourseHead(
        alias,
        course_id,
        section_key,
        sys.intern(school_key),
        name,
        section,
        room,
        sys.intern(owner),
        _mapping(kept),
        sys.intern(state),
        sys.intern(ends),
        sys.intern(read),
        settled,
    )


def shared_course_from(row: RowMapping) -> BaseCourse:
    """A base row of very many: an account that sits in several classes is in memory once."""
    return course_from(row, _shared)


def _shared(ids: list[str]) -> frozenset[str]:
    return frozenset(map(sys.intern, ids))


def course_from(
    row: RowMapping, members: Callable[[list[str]], frozenset[str]] = frozenset
) -> BaseCourse:
    # Rows that were written by version 1 have two families; the owners of before came later.
    teachers, students, *former = json.loads(zlib.decompress(row["members"]))
    return BaseCourse(
        alias=row["alias"],
        course_id=row["course_id"],
        section_key=row["section_key"],
        school_key=row["school_key"],
        name=row["name"],
        section=row["section"],
        room=row["room"],
        owner=row["owner"],
        teachers=members(teachers),
        students=members(students),
        kept=_mapping(row["kept"]),
        leaving=_mapping(row["leaving"]),
        former=members(former[0] if former else []),
        state=row["state"],
        ends=row["ends"],
        read=row["read"],
        settled=row["settled"],
    )


def run_cells(run: RunRecord) -> Cells:
    return {
        "id": run.id,
        "plan_id": run.plan_id,
        "state": run.state.value,
        "started": time_of(run.started),
        "ended": None if run.ended is None else time_of(run.ended),
        "policy_digest": run.policy_digest,
        "roster_digest": run.roster_digest,
        "counts": json_of(run.counts),
        "held": json_of(run.held),
        "refused": json_of(run.refused),
        "later": json_of(run.later),
        "policy_commit": run.policy_commit,
        "policy_clean": run.policy_clean,
    }


def run_from(row: RowMapping) -> RunRecord:
    return RunRecord(
        id=row["id"],
        plan_id=row["plan_id"],
        state=RunState(row["state"]),
        started=datetime.fromisoformat(row["started"]),
        ended=None if row["ended"] is None else datetime.fromisoformat(row["ended"]),
        policy_digest=row["policy_digest"],
        roster_digest=row["roster_digest"],
        counts=json.loads(row["counts"]),
        held=json.loads(row["held"]),
        refused=json.loads(row["refused"]),
        later=json.loads(row["later"]),
        policy_commit=row["policy_commit"],
        policy_clean=row["policy_clean"],
    )


def entry_cells(entry: Entry) -> Cells:
    return {
        "run_id": entry.run_id,
        "number": entry.number,
        "alias": entry.alias,
        "kind": entry.kind,
        "change": entry.change,
        "state": entry.state.value,
        "at": time_of(entry.at),
        "reason": entry.reason,
    }


def entry_from(row: RowMapping) -> Entry:
    return Entry(
        run_id=row["run_id"],
        number=row["number"],
        alias=row["alias"],
        kind=row["kind"],
        change=row["change"],
        state=EntryState(row["state"]),
        at=datetime.fromisoformat(row["at"]),
        reason=row["reason"],
    )


def decision_cells(decision: Decision) -> Cells:
    return {
        "user_id": decision.user_id,
        "course_id": decision.course_id,
        "state": decision.state,
        "at": time_of(decision.at),
    }


def decision_from(row: RowMapping) -> Decision:
    return Decision(
        course_id=row["course_id"],
        user_id=row["user_id"],
        state=row["state"],
        at=datetime.fromisoformat(row["at"]),
    )


def time_of(moment: datetime) -> str:
    """All in UTC and of one length, so that text sorts as time does."""
    if moment.tzinfo is None:
        raise ValueError(f"{moment} names no time zone")
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def _mapping(text: str) -> Mapping[str, str]:
    if text == "{}":
        return _EMPTY  # nearly every row's, so not read, and in memory once
    values: dict[str, str] = json.loads(text)
    return values


def json_of(values: Mapping[str, object]) -> str:
    return json.dumps(values, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
