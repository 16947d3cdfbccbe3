"""All courses of a night: wishes, base and live become one Plan."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from policy.merge.compare import Compared, Setting, Stop, compare_course
from policy.merge.desire import Wishes
from policy.merge.limits import judge_limits, take_census
from policy.merge.plan import (
    Change,
    HeldFor,
    Hold,
    Kind,
    Plan,
    PolicySummary,
    RosterSummary,
    Settle,
    StoreMark,
    in_order,
)
from policy.merge.records import Base, Desired, Live
from policy.merge.why import Reasons
from policy.merge.wish import Sources
from policy.rules.model import Policy

SHOWN = 5
_HEADLINES = {  # of one, of several
    HeldFor.ALREADY_THERE: (
        "1 class is already in Classroom under our alias, but this store did not make it: "
        "nothing is written to it",
        "{count} classes are already in Classroom under our aliases, but this store did not "
        "make them: nothing is written to them",
    ),
    HeldFor.GONE: (
        "1 class that we made was removed from Classroom by hand: it is not made again "
        "without consent",
        "{count} classes that we made were removed from Classroom by hand: they are not made "
        "again without consent",
    ),
    HeldFor.DOUBT: (
        "1 seat would go, but whether it should can't be told for certain",
        "{count} seats would go, but whether they should can't be told for certain",
    ),
    HeldFor.REKEYED: (
        "1 class would be made a second time, since what its key is made from has changed",
        "{count} classes would be made a second time, since what their keys are made from has "
        "changed",
    ),
    HeldFor.UNREADABLE: (
        "1 class can't be read: nothing in it is changed",
        "{count} classes can't be read: nothing in them is changed",
    ),
}


_ADVICE = {
    HeldFor.ALREADY_THERE: (
        "most often this is another store than the one used before (ROLLBOOK_STATE, "
        "ROLLBOOK_STORE); --allow does not let these through",
    ),
}


@dataclass(frozen=True, slots=True)
class Evening:
    """What the world looks like before the night: the store's side and Classroom's.

    `bases`, by alias, are as the store has them, save for records whose last write was never
    answered: for those the base is what Classroom has. `stored` are just as the store has them."""

    bases: Mapping[str, Base]
    stored: Mapping[str, Base]
    lives: Mapping[str, Live]  # by alias, of courses that are wanted
    unreadable: Mapping[str, str]  # alias -> Google's words
    gone: frozenset[str]  # aliases of bases whose course is not wanted and not in Classroom
    heard: tuple[tuple[str, int], ...]  # journal entries whose outcome has been read
    keyed_by: str  # what the store's classes' keys were made from; "" for a new store
    mark: StoreMark


def judge(
    sources: Sources, wishes: Wishes, evening: Evening, *, now: datetime, plan_id: str
) -> Plan:
    """Compare every wanted course, apply the limits, and gather the plan."""
    policy, roster = sources.policy, sources.roster
    settings = _settings(sources, wishes.schools, now.isoformat(timespec="seconds"))
    compared = [_compare(want, evening, settings[want.school_key]) for want in wishes.desired]
    keyed_by = keys_made_from(policy)
    if evening.keyed_by not in ("", keyed_by):
        compared = _hold_rekeyed(compared, evening, keyed_by)
    going, holds = judge_limits(
        [change for found in compared for change in found.changes],
        take_census(_ours(wishes, evening)),
        rules_of=lambda key: settings[key].rules,
        defaults=policy.defaults,
    )
    source = roster.source
    return Plan(
        id=plan_id,
        created=now,
        district=policy.district.id,
        district_name=policy.district.name,
        roster=RosterSummary(source.name, source.digest, source.counts),
        policy=PolicySummary(policy.digest, policy.commit),
        store=evening.mark,
        changes=in_order(going),
        held=(*_holds(stop for found in compared for stop in found.stops), *holds),
        kept=tuple(kept for found in compared for kept in found.kept),
        unmatched=tuple(wishes.unmatched),
        waiting=tuple(wishes.waiting),
        notices=tuple(wishes.notices),
        courses=len(wishes.desired),
        schools=wishes.schools,
        settle=_settle(compared, sources, evening, keyed_by),
    )


def keys_made_from(policy: Policy) -> str:
    """What makes a class the same one every night; when it changes, all classes change."""
    return f"{policy.district.id} {policy.defaults.classes.key}"


def _compare(want: Desired, evening: Evening, setting: Setting) -> Compared:
    base = evening.bases.get(want.alias)
    if want.alias in evening.unreadable:
        course = setting.reasons.course(want, base)
        words = evening.unreadable[want.alias]
        return Compared(
            stops=(Stop(HeldFor.UNREADABLE, Kind.COURSE_UPDATE, course, words),), base=base
        )
    return compare_course(base, want, evening.lives.get(want.alias), setting)


def _hold_rekeyed(compared: Sequence[Compared], evening: Evening, keyed_by: str) -> list[Compared]:
    """Creations of classes for sections that have one under another key are held."""
    have = {base.section_key for base in evening.stored.values()}
    detail = f"keys were made from {evening.keyed_by!r}, and now from {keyed_by!r}"
    result: list[Compared] = []
    for found in compared:
        first = found.changes[0] if found.changes else None
        if first and first.kind is Kind.COURSE_CREATE and first.section in have:
            stop = Stop(HeldFor.REKEYED, first.kind, first.course, detail, found.changes)
            found = replace(found, changes=(), stops=(*found.stops, stop))
        result.append(found)
    return result


def _ours(wishes: Wishes, evening: Evening) -> Iterable[Base]:
    """The wanted courses that are ours, in the school that the roster has them in now."""
    for want in wishes.desired:
        base = evening.bases.get(want.alias)
        if base is not None:
            yield replace(base, school_key=want.school_key)


def _settings(sources: Sources, schools: Mapping[str, str], now: str) -> Mapping[str, Setting]:
    """What holds in each school."""
    return {
        key: Setting(
            rules=sources.policy.rules_of(key, name),
            reasons=Reasons(sources.policy, key, name),
            names=sources.matches.accounts,
            vanished=sources.matches.vanished,
            now=now,
        )
        for key, name in schools.items()
    }


def _settle(
    compared: Iterable[Compared], sources: Sources, evening: Evening, keyed_by: str
) -> Settle:
    """What the store does not know yet."""
    settled = {**evening.bases, **{f.base.alias: f.base for f in compared if f.base}}
    return Settle(
        keep=tuple(base for alias, base in settled.items() if evening.stored.get(alias) != base),
        forget=tuple(sorted(evening.gone)),
        matches=sources.matches.learned,
        heard=evening.heard,
        keyed_by=keyed_by,
    )


def _holds(stops: Iterable[Stop]) -> list[Hold]:
    """Stops of one reason and kind are one Hold, with a few examples."""
    groups: dict[tuple[HeldFor, str, str], list[Stop]] = {}
    for stop in stops:
        shared = stop.reason in (HeldFor.DOUBT, HeldFor.REKEYED)
        key = (stop.reason, stop.kind.value, stop.detail if shared else "")
        groups.setdefault(key, []).append(stop)
    return [_hold(group, shared=bool(key[2])) for key, group in groups.items()]


def _hold(group: Sequence[Stop], *, shared: bool) -> Hold:
    """`shared`: the detail is the same for all of them, and is told once."""
    first, count = group[0], len(group)
    headline = _HEADLINES[first.reason][count > 1].format(count=f"{count:,}")
    examples = [first.detail] if shared else [_example(stop) for stop in group[:SHOWN]]
    more = [f"and {count - SHOWN:,} more"] if not shared and count > SHOWN else []
    changes: tuple[Change, ...] = tuple(change for stop in group for change in stop.changes)
    advice = _ADVICE.get(first.reason, ())
    why = (headline, *examples, *more, *advice)
    return Hold(first.kind, count, first.reason, None, why, changes)


def _example(stop: Stop) -> str:
    return f"“{stop.course.name}” at {stop.course.school}: {stop.detail}"
