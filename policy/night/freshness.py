"""Is a drop new and whole enough to be planned from? Asked of the policy's own sources only."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from policy.errors import RosterAtFault
from policy.roster.codes import Code, problem
from policy.rules.model import Freshness

SIZES = ("people", "sections", "memberships")  # kinds of rows that don't shrink overnight


@dataclass(frozen=True, slots=True)
class Arrival:
    """A drop at the policy's source, and when its newest file was last written."""

    path: Path
    written: datetime


def arrival(path: Path) -> Arrival:
    """When a drop that has just been read (a folder or a zip) came."""
    files = [f for f in path.rglob("*") if f.suffix.casefold() == ".csv"] if path.is_dir() else []
    newest = max(file.stat().st_mtime for file in files or [path])
    return Arrival(path, datetime.fromtimestamp(newest, UTC))


def check_freshness(
    came: Arrival,
    rules: Freshness,
    *,
    rows: Mapping[str, int],
    before: Mapping[str, int],
    now: datetime,
) -> None:
    """Raise RosterAtFault for a drop that is too old, or too small beside the last one that was
    applied. `rows` and `before` are data rows by kind; `before` is empty when there was none."""
    problems = [*_too_old(came, rules, now), *_too_small(came, rules, rows, before)]
    if problems:
        raise RosterAtFault(problems, drop=str(came.path))


def _too_old(came: Arrival, rules: Freshness, now: datetime) -> list[str]:
    age = now - came.written
    if age <= rules.max_age:
        return []
    written = came.written.astimezone(now.tzinfo).isoformat(sep=" ", timespec="minutes")
    words = (
        f"the drop is too old: its newest file was written {written}, {_hours(age)} ago, and "
        f"freshness.max_age is {_hours(rules.max_age)} ({rules.line}). Look why no newer drop has "
        "come; to plan from this one all the same, name it with --roster"
    )
    return [problem(came.path.name, words, Code.OLD)]


def _too_small(
    came: Arrival, rules: Freshness, rows: Mapping[str, int], before: Mapping[str, int]
) -> list[str]:
    return [
        problem(
            came.path.name,
            f"the drop has shrunk: {rows.get(kind, 0):,} {kind}, and the last that was applied had "
            f"{before[kind]:,}; freshness.min_size is {rules.min_size:.0%} ({rules.line}). If that "
            "is right, name it once with --roster",
            Code.SHRUNK,
        )
        for kind in SIZES
        if rows.get(kind, 0) < rules.min_size * before.get(kind, 0)
    ]


def _hours(time: timedelta) -> str:
    hours = int(time.total_seconds() // 3600)
    return f"{hours // 24} days" if hours >= 96 else f"{hours} hours"
