"""All courses of a night: wishes, base and live become one Plan."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from policy.merge.absent import Absent, compare_absent, is_early
from policy.merge.claims import Claim, claim_course, is_for_several
from policy.merge.combine import Combined, OneClass
from policy.merge.compare import OPEN, compare_course, still_leaving
from policy.merge.desire import Wishes
from policy.merge.holds import holds_of
from policy.merge.limits import judge_limits, take_census
from policy.merge.outcome import Compared, Stop
from policy.merge.parting import until_seated
from policy.merge.plan import (
    Change,
    HeldFor,
    Kind,
    Notice,
    Plan,
    PolicySummary,
    RosterSummary,
    Settle,
    StoreMark,
    in_order,
)
from policy.merge.records import TOGETHER, UNREADABLE, Base, Desired, Live, Seat, last_seated
from policy.merge.setting import Setting
from policy.merge.why import Reasons
from policy.merge.wish import Sources
from policy.roster.model import Role
from policy.rules.model import Policy
from policy.rules.naming import is_rollbooks

SHOWN = 3


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
    claims: Mapping[str, Claim] = field(default_factory=dict)  # by alias of the wanted course
    absent: Sequence[Absent] = ()
    is_first_load: bool = False  # no run on this store has come to its end yet
    read: frozenset[str] = frozenset()  # aliases whose members were read from Classroom tonight
    read_at: str = ""  # when (RFC 3339)
    compared: Mapping[str, Compared] = field(default_factory=dict)  # those that were not read
    reported: str = ""  # up to when Classroom's activities were read, if they were
    notices: tuple[Notice, ...] = ()  # of what could not be read


class Comparing:
    """Compares single courses, with what holds in each school tonight."""

    def __init__(self, sources: Sources, schools: Mapping[str, str], now: datetime) -> None:
        self.policy = sources.policy
        self._sources = sources
        self._now = now
        self.today = now.date()
        self.stamp = now.isoformat(timespec="seconds")
        self._settings = {key: self._make(key, name) for key, name in schools.items()}

    def setting(self, school_key: str) -> Setting:
        """What holds in a school, which may be one that the roster doesn't have any more."""
        if school_key not in self._settings:
            school = self._sources.roster.schools.get(school_key)
            name = school.name if school else school_key
            self._settings[school_key] = self._make(school_key, name)
        return self._settings[school_key]

    def compare(self, want: Desired, base: Base | None, live: Live | None) -> Compared:
        """A wanted course that is ours, or not there."""
        return compare_course(base, want, live, self.setting(want.school_key))

    def _make(self, key: str, name: str) -> Setting:
        policy, today = self._sources.policy, self._now.date()
        return Setting(
            rules=policy.rules_of(key, name),
            reasons=Reasons(policy, key, name),
            names=self._sources.matches.accounts,
            vanished=self._sources.matches.vanished,
            now=self._now,
            pause=next((p for p in policy.pause if p.start <= today <= p.end), None),
        )


def summary_of(policy: Policy) -> PolicySummary:
    """What a plan tells of its policy."""
    return PolicySummary(
        policy.digest, policy.commit, policy.clean, policy.folder, dict(policy.files)
    )


def judge(
    sources: Sources, wishes: Wishes, evening: Evening, *, now: datetime, plan_id: str
) -> Plan:
    """Compare every course, apply the limits, and gather the plan. Classes of another district on
    the same store are nothing to this one."""
    policy, roster = sources.policy, sources.roster
    comparing = Comparing(sources, wishes.schools, now)
    absent = [a for a in evening.absent if is_rollbooks(a.base.alias, policy.district.id)]
    has_seat = _seats_in(evening)
    compared = [
        until_seated(_compare(want, evening, comparing), want, has_seat, now=comparing.stamp)
        for want in wishes.desired
    ]
    compared += [compare_absent(a, comparing.setting(a.base.school_key)) for a in absent]
    early = _early(absent, evening.claims.values(), comparing)
    instead = _instead(absent, early, wishes.combined)
    early = [one for one in early if one.base.alias not in instead]
    going, holds = judge_limits(
        [change for found in compared for change in found.changes],
        take_census(
            _ours(wishes, evening),
            wishes.desired,
            [one.base for one in absent if one.state in OPEN],
            wishes.quiet.values(),
            deserted=len(early),
        ),
        rules_of=lambda key: comparing.setting(key).rules,
        defaults=policy.defaults,
        is_first_load=evening.is_first_load,
        in_grace={f.base.alias: _students_leaving(f.base) for f in compared if f.base},
    )
    source = roster.source
    return Plan(
        id=plan_id,
        created=now,
        district=policy.district.id,
        district_name=policy.district.name,
        roster=RosterSummary(source.name, source.digest, source.counts),
        policy=summary_of(policy),
        store=evening.mark,
        changes=in_order(going),
        held=(*holds_of(stop for found in compared for stop in found.stops), *holds),
        kept=tuple(kept for found in compared for kept in found.kept),
        unmatched=tuple(wishes.unmatched),
        waiting=tuple(wishes.waiting),
        notices=(
            *evening.notices,
            *wishes.notices,
            *_deserted(early),
            *_left_without(absent, instead),
        ),
        courses=len(wishes.desired) + len(wishes.quiet),
        schools=wishes.schools,
        settle=_settle(compared, sources, evening),
    )


def keys_made_from(policy: Policy) -> str:
    """What makes a class the same one every night; when it changes, all classes change."""
    return f"{policy.district.id} {policy.defaults.classes.key}"


def _compare(want: Desired, evening: Evening, comparing: Comparing) -> Compared:
    base, setting = evening.bases.get(want.alias), comparing.setting(want.school_key)
    claim, live = evening.claims.get(want.alias), evening.lives.get(want.alias)
    if want.alias in evening.unreadable:
        course = setting.reasons.course(want, base or (claim.old if claim else None))
        words = evening.unreadable[want.alias]
        stop = Stop(HeldFor.UNREADABLE, Kind.COURSE_UPDATE, course, words)
        return Compared(stops=(stop,), base=_unreadable(base, want, setting) if base else None)
    if base is None and claim is not None and live is not None:
        return claim_course(want, live, claim, setting)
    found = evening.compared.get(want.alias) or compare_course(base, want, live, setting)
    if found.base is None:
        return found
    read = evening.read_at if want.alias in evening.read else found.base.read
    settled = want.digest if live and _is_settled(found, live) else ""
    return replace(found, base=replace(found.base, read=read, settled=settled))


def _is_settled(found: Compared, live: Live) -> bool:
    """Is there nothing to do for this course, nothing to say, and nothing to wait for?"""
    is_quiet = not (found.changes or found.stops or found.kept)
    base = found.base
    if not is_quiet or base is None or base.leaving or live.state not in OPEN:
        return False
    return all(record.startswith(TOGETHER) for record in base.kept)


def _unreadable(base: Base, want: Desired, setting: Setting) -> Base:
    """Remembered, since such a course is asked for every night, beside the rolling part."""
    kept = {**base.kept, UNREADABLE: base.kept.get(UNREADABLE, setting.stamp)}
    return replace(base, kept=kept, leaving=still_leaving(base, want))


def _students_leaving(base: Base) -> int:
    return sum(record.startswith("student:") for record in base.leaving)


def _early(absent: Sequence[Absent], claims: Iterable[Claim], comparing: Comparing) -> list[Absent]:
    """Classes whose section is gone though its term is not over."""
    claimed = {claim.course_id for claim in claims}
    return [
        one
        for one in absent
        if one.state in OPEN
        and one.base.course_id not in claimed
        and is_early(one.base, comparing.setting(one.base.school_key))
    ]


def _seats_in(evening: Evening) -> Callable[[Seat, str], bool]:
    """Is somebody in a class (by its alias) that is open? Those that are asked about were read."""

    def has_seat(seat: Seat, alias: str) -> bool:
        live = evening.lives.get(alias)
        if live is None or live.state not in OPEN or alias not in evening.bases:
            return False
        return seat.user_id in (live.students if seat.role is Role.STUDENT else live.teachers)

    return has_seat


def _instead(
    absent: Iterable[Absent], early: Iterable[Absent], combined: Combined
) -> Mapping[str, OneClass]:
    """By alias of classes that sections had for themselves before they were combined with others:
    the ones that they are in now. Where keys have changed since, the section's id tells it."""
    left = combined.left_without()
    found = {one.base.alias: left[one.base.alias] for one in absent if one.base.alias in left}
    for one in early:
        home = combined.classes.get(one.base.section_key)
        if home is not None and len(home.sections) > 1 and not is_for_several(one.base):
            found.setdefault(one.base.alias, home)
    return found


def _left_without(absent: Iterable[Absent], instead: Mapping[str, OneClass]) -> Iterator[Notice]:
    """Classes that sections had for themselves before they were combined with others: `instead`."""
    for one in absent:
        home = instead.get(one.base.alias)
        if home is None or one.state not in OPEN:
            continue
        keys = ", ".join(section.key for section in home.sections)
        words = (
            f"“{one.name}” was the class of section {one.base.section_key}, which is in one class "
            f"with others now (sections {keys}; classes.combine, {home.line}): it stays as it is, "
            "with everybody in it"
        )
        yield Notice(one.base.alias, words, "M334")


def _deserted(early: Sequence[Absent]) -> list[Notice]:
    if not early:
        return []
    some = ", ".join(
        f"“{absent.name}” (section {absent.base.section_key})" for absent in early[:SHOWN]
    )
    more = f" and {len(early) - SHOWN:,} more" if len(early) > SHOWN else ""
    classes = (
        "1 class has lost its section"
        if len(early) == 1
        else f"{len(early):,} classes have lost their section"
    )
    words = (
        f"{classes} before the term was over (it left the roster, or the scope); nobody is taken "
        f"out, and nothing is changed: {some}{more}"
    )
    return [Notice("", words, "M310")]


def _ours(wishes: Wishes, evening: Evening) -> Iterable[Base]:
    """The wanted courses that are ours and there, in the school that the roster has them in now,
    with our seats that are there. A course that a hand deleted and a seat that a hand emptied can't
    go: with them, too large a share of the others could."""
    for want in wishes.desired:
        base, live = evening.bases.get(want.alias), evening.lives.get(want.alias)
        if base is None or (live is None and want.alias not in evening.unreadable):
            continue
        there = (live.teachers, live.students) if live else last_seated(base)
        yield replace(
            base,
            school_key=want.school_key,
            teachers=base.teachers & there[0],
            students=base.students & there[1],
        )


def _settle(compared: Iterable[Compared], sources: Sources, evening: Evening) -> Settle:
    """What the store does not know yet."""
    settled = {**evening.bases, **{f.base.alias: f.base for f in compared if f.base}}
    is_rekeyed = any(claim.reason is HeldFor.REKEYED for claim in evening.claims.values())
    return Settle(
        keep=tuple(base for alias, base in settled.items() if evening.stored.get(alias) != base),
        forget=tuple(sorted(evening.gone)),
        matches=sources.matches.learned,
        heard=evening.heard,
        keyed_by="" if is_rekeyed else keys_made_from(sources.policy),
        reported=evening.reported,
        roster=sources.roster.source.counts,
    )


def changes_in(compared: Compared) -> Iterable[Change]:
    """What would be written, or would be if somebody let it."""
    yield from compared.changes
    for stop in compared.stops:
        yield from stop.changes
