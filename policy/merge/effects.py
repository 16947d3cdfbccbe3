"""The links of an explanation that come from the journal, from hands, and from what is to come."""

from collections import Counter
from collections.abc import Iterator, Sequence

from policy.merge.chain import Memory, Step, Who, when
from policy.merge.outlook import Outlook, Spot
from policy.merge.plan import ALIAS, FORMER_ALIAS, Change, Kind
from policy.merge.records import Base, Desired
from policy.merge.written import SEATS, UNANSWERED, Written

NEWEST = 6  # writes of one kind of story that are told
SHOWN = 10
_STATES = {
    "done": "done {at}",
    "heard": "sent {at} without an answer, and found out since",
    UNANSWERED: "sent {at}, and no answer so far: the next sync finds out",
    "refused": "refused by Google {at}: {reason}",
    "later": "put off {at}, a later run tries again: {reason}",
}


def history(spot: Spot, memory: Memory) -> list[Written]:
    """All writes to the class, those under the aliases that it had before first."""
    found: list[Written] = []
    alias, seen = spot.alias, set[str]()
    while alias and alias not in seen:
        seen.add(alias)
        own = memory.written(alias)
        found = [*own, *found]
        alias = next((w.before for w in own if w.record == ALIAS and w.before), None)
    return sorted(found, key=lambda write: write.at)


def writes_about(who: Who, spot: Spot, memory: Memory) -> list[Written]:
    if not who.user_id:
        return []
    return [
        write
        for write in history(spot, memory)
        if who.user_id == write.user
        or (write.kind is Kind.COURSE_OWNER and who.user_id in (write.before, write.after))
    ]


def told(writes: Sequence[Written], memory: Memory) -> Iterator[Step]:
    if len(writes) > NEWEST:
        yield Step("write", f"{len(writes) - NEWEST:,} older ones: rollbook history tells them")
    for write in writes[-NEWEST:]:
        yield Step("write", _write_words(write, memory))


def _write_words(write: Written, memory: Memory) -> str:
    what = write.kind.value
    if write.field == FORMER_ALIAS:
        what = f"{what} (it no longer goes by {write.before})"
    elif write.field:
        before = f"{write.before!r} to " if write.before else ""
        what = f"{what} ({write.field}: {before}{write.after!r})"
    elif write.kind is Kind.COURSE_OWNER:
        names = (name_of(write.before, memory), name_of(write.after or write.user, memory))
        what = f"{what} ({names[0]} to {names[1]})"
    at = f"{write.at:%Y-%m-%d %H:%M:%S} UTC"
    how = _STATES[write.state].format(at=at, reason=write.reason)
    run = f"run {write.run_id}, plan {memory.plans.get(write.run_id, '?')}"
    why = f"; because {'; '.join(write.why)}" if write.why else ""
    return f"{what}, {how} ({run}){why}"


def unwritten(who: Who, spot: Spot, memory: Memory) -> Iterator[Step]:
    """A seat of ours that no run has made."""
    base = spot.base
    if base is None or not who.user_id or writes_about(who, spot, memory):
        return
    if who.user_id in base.students | base.teachers:
        yield Step("write", "none: they were in it when Rollbook first looked, and count as ours")


def seats_told(spot: Spot, memory: Memory) -> Iterator[Step]:
    """Seats in numbers, and when the newest was."""
    seats = [w for w in history(spot, memory) if w.kind in SEATS]
    counts = Counter((w.kind.value, w.state) for w in seats)
    for (kind, state), count in sorted(counts.items()):
        newest = max(w.at for w in seats if (w.kind.value, w.state) == (kind, state))
        yield Step("write", f"{count:,} {kind} {state}, the newest {newest:%Y-%m-%d %H:%M:%S} UTC")


def by_hand(who: Who, spot: Spot, outlook: Outlook | None) -> Iterator[Step]:
    """What a hand did to this seat, and since when Rollbook has seen it."""
    if spot.base is None or not who.user_id:
        return
    for record, since in spot.base.kept.items():
        prefix, _, _ = record.rpartition(":")
        if not record.endswith(f":{who.user_id}") or prefix not in ("student", "teacher"):
            continue
        ours = spot.base.students if prefix == "student" else spot.base.teachers
        is_removed = who.user_id in ours
        verb = "removed" if is_removed else "added"
        family = "students" if prefix == "student" else "co_teachers"
        rule = _rule(f"{family}.{verb}_by_hand", spot, outlook)
        yield Step("by hand", f"{verb} in Classroom, first seen {when(since)}: stays so{rule}")
    if "state" in spot.base.kept:
        yield Step("by hand", _state_words(spot.base))


def _rule(field: str, spot: Spot, outlook: Outlook | None) -> str:
    if outlook is None or spot.base is None:
        return ""
    school = spot.section.school.name if spot.section else ""
    return f" ({field}, {outlook.sources.policy.line_of(field, spot.base.school_key, school)})"


def all_by_hand(spot: Spot, memory: Memory) -> Iterator[Step]:
    base = spot.base
    if base is None:
        return
    told = [
        words
        for record, since in base.kept.items()
        if (words := _kept(record, since, base, memory))
    ]
    for words in told[:SHOWN]:
        yield Step("by hand", words)
    if len(told) > SHOWN:
        yield Step("by hand", f"and {len(told) - SHOWN:,} more")


def _kept(record: str, since: str, base: Base, memory: Memory) -> str:
    role, _, user = record.rpartition(":")
    if role in ("student", "teacher"):
        ours = base.students if role == "student" else base.teachers
        verb = "removed" if user in ours else "added"
        return f"{role} {name_of(user, memory)} {verb} in Classroom, first seen {when(since)}"
    if record in ("name", "section", "room", "owner"):
        return f"another {record} in Classroom, first seen {when(since)}: stays so"
    return _state_words(base) if record == "state" else ""


def _state_words(base: Base) -> str:
    since = when(base.kept["state"])
    return f"its state was changed, first seen {since}: nothing in it is changed while that is so"


def next_for(who: Who, spot: Spot, outlook: Outlook | None) -> Iterator[Step]:
    if outlook is None:
        return
    changes = [c for c in spot.changes if c.person and c.person.id == who.user_id]
    stops = [
        s for s in spot.stops if any(c.person and c.person.id == who.user_id for c in s.changes)
    ]
    yield from _coming(changes, spot, outlook)
    for stop in stops:
        yield Step("next", f"{stop.kind.value} is held back: {stop.detail}")
    for kept in spot.waits:
        if kept.person and kept.person.id == who.user_id:
            yield Step("next", f"{kept.what}: {'; '.join(kept.why)}")


def next_in(spot: Spot, outlook: Outlook | None) -> Iterator[Step]:
    if outlook is None:
        return
    yield from _coming(spot.changes[:SHOWN], spot, outlook)
    if len(spot.changes) > SHOWN:
        yield Step("next", f"and {len(spot.changes) - SHOWN:,} more changes")
    for stop in spot.stops[:SHOWN]:
        yield Step("next", f"{stop.kind.value} is held back: {stop.detail}")
    if spot.base is not None and not spot.changes and not spot.stops:
        yield Step("next", "nothing to do, by what is known")


def _coming(changes: Sequence[Change], spot: Spot, outlook: Outlook) -> Iterator[Step]:
    """What the next sync would do by what is known, or what the limits hold."""
    if spot.base is None and isinstance(spot.desired, Desired):
        yield Step("next", "the next sync makes the class, unless Classroom has one just like it")
    for change in changes:
        what = (
            change.kind.value
            if change.person is None
            else f"{change.kind.value} {change.person.email or change.person.id}"
        )
        hold = outlook.hold_of(change)
        if hold is None:
            yield Step("next", f"the next sync does {what}: {change.why[-1]}")
        else:
            allow = f"--allow {hold.kind.value}={hold.count}"
            yield Step("next", f"{what} is held back: {hold.why[0]}; {allow} lets it go")


def name_of(user_id: str, memory: Memory) -> str:
    user = memory.names.get(user_id)
    return user.email if user else f"user {user_id}"
