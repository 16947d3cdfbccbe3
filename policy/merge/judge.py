"""All courses of a night: wishes, base and live become one Plan and the base as it now stands."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from policy.merge.compare import Compared, Setting, Stop, StopReason, compare_course
from policy.merge.desire import Wishes
from policy.merge.limits import judge_limits, take_census
from policy.merge.people import Matches
from policy.merge.plan import Change, Hold, Kept, Plan, PolicySummary, RosterSummary, in_order
from policy.merge.records import Base, Live
from policy.merge.why import Reasons
from policy.roster.model import Roster
from policy.rules.model import Policy

SHOWN = 5
_HEADLINES = {  # of one, of several
    StopReason.ALREADY_THERE: (
        "1 class is already in Classroom under our alias, but this store did not make it: "
        "nothing is written to it",
        "{count} classes are already in Classroom under our aliases, but this store did not "
        "make them: nothing is written to them",
    ),
    StopReason.GONE: (
        "1 class that we made was removed from Classroom by hand: it is not made again "
        "without consent",
        "{count} classes that we made were removed from Classroom by hand: they are not made "
        "again without consent",
    ),
    StopReason.DOUBT: (
        "1 seat would go, but a faulty row could be the one that names it",
        "{count} seats would go, but a faulty row could be the one that names them",
    ),
}


@dataclass(frozen=True, slots=True)
class Evening:
    """What the world looks like before the night: the store's side and Classroom's."""

    bases: Mapping[str, Base]  # by alias
    lives: Mapping[str, Live]  # by alias, of courses that are wanted
    gone: frozenset[str]  # aliases of bases whose course is not wanted and not in Classroom
    revision: int


@dataclass(frozen=True, slots=True)
class Judged:
    """The plan, and what the store should know before it is applied."""

    plan: Plan
    keep: Sequence[Base]  # base rows that differ from the store's
    forget: Sequence[str]  # aliases


def judge(
    roster: Roster,
    policy: Policy,
    matches: Matches,
    *,
    wishes: Wishes,
    evening: Evening,
    now: datetime,
    plan_id: str,
) -> Judged:
    """Compare every wanted course, apply the limits, and gather the plan."""
    settings = _settings(policy, wishes.schools, matches, now.isoformat(timespec="seconds"))
    compared = [
        (
            wanted,
            compare_course(
                evening.bases.get(wanted.alias),
                wanted,
                evening.lives.get(wanted.alias),
                settings[wanted.school_key],
            ),
        )
        for wanted in wishes.desired
    ]
    changes = [change for _, found in compared for change in found.changes]
    census = take_census(evening.bases[w.alias] for w, _ in compared if w.alias in evening.bases)
    going, holds = judge_limits(
        changes,
        census,
        rules_of=lambda key: settings[key].rules,
        defaults=policy.defaults,
    )
    plan = Plan(
        id=plan_id,
        created=now,
        district=policy.district.id,
        district_name=policy.district.name,
        roster=RosterSummary(roster.source.name, roster.source.digest, roster.source.counts),
        policy=PolicySummary(policy.digest, policy.commit),
        revision=evening.revision,
        changes=in_order(going),
        held=(*_stops(stop for _, found in compared for stop in found.stops), *holds),
        kept=_kept(found for _, found in compared),
        unmatched=tuple(wishes.unmatched),
        waiting=tuple(wishes.waiting),
        notices=tuple(wishes.notices),
        courses=len(wishes.desired),
        schools=wishes.schools,
    )
    settled = [found.base for _, found in compared if found.base is not None]
    keep = [base for base in settled if evening.bases.get(base.alias) != base]
    return Judged(plan, keep, sorted(evening.gone))


def _settings(
    policy: Policy, schools: Mapping[str, str], matches: Matches, now: str
) -> Mapping[str, Setting]:
    """What holds in each school."""
    return {
        key: Setting(
            rules=policy.rules_of(key, name),
            reasons=Reasons(policy, key, name),
            names=matches.accounts,
            now=now,
        )
        for key, name in schools.items()
    }


def _kept(found: Iterable[Compared]) -> tuple[Kept, ...]:
    return tuple(kept for compared in found for kept in compared.kept)


def _stops(stops: Iterable[Stop]) -> list[Hold]:
    """Stops of one reason and kind are one Hold, with a few examples."""
    groups: dict[tuple[StopReason, str, str], list[Stop]] = {}
    for stop in stops:
        detail = stop.detail if stop.reason is StopReason.DOUBT else ""
        groups.setdefault((stop.reason, stop.kind.value, detail), []).append(stop)
    return [_hold(group) for group in groups.values()]


def _hold(group: Sequence[Stop]) -> Hold:
    first, count = group[0], len(group)
    headline = _HEADLINES[first.reason][count > 1].format(count=f"{count:,}")
    examples = [
        f"“{stop.course.name}” at {stop.course.school}: {stop.detail}" for stop in group[:SHOWN]
    ]
    if first.reason is StopReason.DOUBT:
        examples = [first.detail]
    more = [f"and {count - SHOWN:,} more"] if len(group) > SHOWN and len(examples) > 1 else []
    changes: tuple[Change, ...] = tuple(s.change for s in group if s.change is not None)
    return Hold(first.kind, count, None, (headline, *examples, *more), changes)
