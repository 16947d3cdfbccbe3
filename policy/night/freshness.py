"""Is a drop new and whole enough to be planned from? Asked of the policy's own sources only."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from policy.errors import RosterAtFault
from policy.roster.codes import Code, problem
from policy.rules.model import Freshness
from policy.sources.base import Arrival

SIZES = ("people", "sections", "memberships")  # kinds of rows that don't shrink overnight
_NOT_ALL = "--roster can't stand for several sources"


def check_freshness(
    came: Sequence[Arrival],
    rules: Freshness,
    *,
    sources: Sequence[str],
    rows: Mapping[str, int],
    before: Mapping[str, int],
    now: datetime,
) -> None:
    """Raise RosterAtFault for drops of which one is too old, or that are too small beside the last
    ones that were applied. `rows` and `before` are data rows by kind, of all drops and, where they
    are several, of each by the name of its source ("co-teachers memberships"); `before` is empty
    when there was none. `sources` are the names of those that came, in their order."""
    problems = [words for drop in came for words in _too_old(drop, rules, now, len(came))]
    name = " + ".join(drop.path.name for drop in came)
    problems += [
        problem(name, _shrunk(size, rules, len(came)), Code.SHRUNK)
        for kind in SIZES
        for size in _sizes(kind, sources, rows, before)
        if size.now < rules.min_size * size.then
    ]
    if problems:
        raise RosterAtFault(problems, drop=" + ".join(str(drop.path) for drop in came))


class _Size(NamedTuple):
    """Rows of a kind, of all drops or of one, and how many they were."""

    kind: str
    now: int
    then: int


def _sizes(
    kind: str, sources: Sequence[str], rows: Mapping[str, int], before: Mapping[str, int]
) -> Iterator[_Size]:
    """Like is measured by like where sources have come or gone: each by what it was itself. All
    together are measured by all if none has gone. Where there was only one before, the largest is
    measured by it, since any other might hide how it has shrunk."""
    were = [key for key in before if key.endswith(f" {kind}")]
    still = [name for name in sources if f"{name} {kind}" in before]
    one = rows.get(kind, 0) if len(sources) == 1 else 0
    of_each = [rows.get(f"{name} {kind}", one) for name in sources]
    if kind in before and (not still or len(still) == len(were)):
        yield _Size(kind, rows.get(kind, 0) if were else max(of_each), before[kind])
    for name, now in zip(sources, of_each, strict=True):
        if name in still:
            yield _Size(f"{name} {kind}", now, before[f"{name} {kind}"])


def _too_old(came: Arrival, rules: Freshness, now: datetime, drops: int) -> Iterator[str]:
    age = now - came.written
    if age > rules.max_age:
        written = came.written.astimezone(now.tzinfo).isoformat(sep=" ", timespec="minutes")
        anyway = (
            "name it with --roster"
            if drops == 1
            else f"raise freshness.max_age for a night ({_NOT_ALL})"
        )
        words = (
            f"the drop is too old: its newest file was written {written}, {_hours(age)} ago, and "
            f"freshness.max_age is {_hours(rules.max_age)} ({rules.line}). Look why no newer drop "
            f"has come; to plan from this one all the same, {anyway}"
        )
        yield problem(came.path.name, words, Code.OLD)


def _shrunk(size: _Size, rules: Freshness, drops: int) -> str:
    anyway = (
        "name it once with --roster"
        if drops == 1
        else f"lower freshness.min_size for a night ({_NOT_ALL})"
    )
    return (
        f"the drop has shrunk: {size.now:,} {size.kind}, and the last that was applied had "
        f"{size.then:,}; freshness.min_size is {rules.min_size:.0%} ({rules.line}). If that is "
        f"right, {anyway}"
    )


def _hours(time: timedelta) -> str:
    hours = int(time.total_seconds() // 3600)
    return f"{hours // 24} days" if hours >= 96 else f"{hours} hours"
