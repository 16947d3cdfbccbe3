"""Is a drop new and whole enough to be planned from? Asked of the policy's own sources only."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from policy.errors import RosterAtFault
from policy.roster.codes import Code, problem
from policy.rules.model import Freshness
from policy.sources.base import Arrival

SIZES = ("people", "sections", "memberships")  # kinds of rows that don't shrink overnight


def check_freshness(
    came: Sequence[Arrival],
    rules: Freshness,
    *,
    rows: Mapping[str, int],
    before: Mapping[str, int],
    now: datetime,
) -> None:
    """Raise RosterAtFault for drops of which one is too old, or that are too small beside the last
    ones that were applied. `rows` and `before` are data rows by kind, of all drops and, where they
    are several, of each ("co-teachers memberships"); `before` is empty when there was none."""
    problems = [words for drop in came for words in _too_old(drop, rules, now)]
    problems += _too_small(came, rules, rows, before)
    if problems:
        raise RosterAtFault(problems, drop=" + ".join(str(drop.path) for drop in came))


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
    came: Sequence[Arrival], rules: Freshness, rows: Mapping[str, int], before: Mapping[str, int]
) -> list[str]:
    name = " + ".join(drop.path.name for drop in came)
    return [
        problem(
            name,
            f"the drop has shrunk: {rows.get(kind, 0):,} {kind}, and the last that was applied had "
            f"{before[kind]:,}; freshness.min_size is {rules.min_size:.0%} ({rules.line}). If that "
            "is right, name it once with --roster",
            Code.SHRUNK,
        )
        for size in SIZES
        for kind in before
        if kind.rpartition(" ")[2] == size and rows.get(kind, 0) < rules.min_size * before[kind]
    ]


def _hours(time: timedelta) -> str:
    hours = int(time.total_seconds() // 3600)
    return f"{hours // 24} days" if hours >= 96 else f"{hours} hours"
