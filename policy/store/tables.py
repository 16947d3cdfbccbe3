"""The tables of the store, version 1, and how values are written in them.

A change of anything here is a new version, with a migration; see `sql`.
"""

import json
import zlib
from collections.abc import Mapping
from datetime import UTC, datetime

from sqlalchemy import (
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

from policy.store.base import BaseCourse, Decision, Entry, EntryState, RunRecord, RunState

VERSION = 1

METADATA = MetaData()

ROLLBOOK = Table(
    "rollbook",  # one row
    METADATA,
    Column("version", Integer, nullable=False),
    Column("id", String, nullable=False),
    Column("keyed_by", String, nullable=False),
    Column("revision", Integer, nullable=False),
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
    Column("members", LargeBinary, nullable=False),  # both roles, JSON in zlib
    Column("kept", Text, nullable=False),  # JSON
)
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
    Column("counts", Text, nullable=False),  # JSON, and so are the next two
    Column("held", Text, nullable=False),
    Column("refused", Text, nullable=False),
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
DECISIONS = Table(
    "decisions",
    METADATA,
    Column("user_id", String, primary_key=True),
    Column("course_id", String, primary_key=True),
    Column("state", String, nullable=False),
    Column("at", String, nullable=False),
)

Cells = dict[str, object]  # a row to write: column -> value


def course_cells(course: BaseCourse) -> Cells:
    members = json.dumps([sorted(course.teachers), sorted(course.students)], separators=(",", ":"))
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
        "kept": _json(course.kept),
    }


def course_from(row: RowMapping) -> BaseCourse:
    teachers, students = json.loads(zlib.decompress(row["members"]))
    return BaseCourse(
        alias=row["alias"],
        course_id=row["course_id"],
        section_key=row["section_key"],
        school_key=row["school_key"],
        name=row["name"],
        section=row["section"],
        room=row["room"],
        owner=row["owner"],
        teachers=frozenset(teachers),
        students=frozenset(students),
        kept=json.loads(row["kept"]),
    )


def run_cells(run: RunRecord) -> Cells:
    return {
        "id": run.id,
        "plan_id": run.plan_id,
        "state": run.state.value,
        "started": _time(run.started),
        "ended": None if run.ended is None else _time(run.ended),
        "policy_digest": run.policy_digest,
        "roster_digest": run.roster_digest,
        "counts": _json(run.counts),
        "held": _json(run.held),
        "refused": _json(run.refused),
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
    )


def entry_cells(entry: Entry) -> Cells:
    return {
        "run_id": entry.run_id,
        "number": entry.number,
        "alias": entry.alias,
        "kind": entry.kind,
        "change": entry.change,
        "state": entry.state.value,
        "at": _time(entry.at),
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
        "at": _time(decision.at),
    }


def decision_from(row: RowMapping) -> Decision:
    return Decision(
        course_id=row["course_id"],
        user_id=row["user_id"],
        state=row["state"],
        at=datetime.fromisoformat(row["at"]),
    )


def _time(moment: datetime) -> str:
    """All in UTC and of one length, so that text sorts as time does."""
    if moment.tzinfo is None:
        raise ValueError(f"{moment} names no time zone")
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def _json(values: Mapping[str, object]) -> str:
    return json.dumps(values, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
