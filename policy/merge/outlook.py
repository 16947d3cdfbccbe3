"""What the next night would do, by what is known without asking Classroom: section by section, each
course as it was when it was last read.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from policy.merge.combine import Combined, OneClass, combine
from policy.merge.judge import Comparing
from policy.merge.limits import LIMITED, judge_limits, take_census
from policy.merge.outcome import Compared, Stop
from policy.merge.parting import until_seated, with_parted
from policy.merge.plan import Change, Hold, Kept, Kind
from policy.merge.records import Base, Desired, Head, Live, Seat, Staff, last_seated, staff_of
from policy.merge.wish import Sources, Wish, wish_for
from policy.roster.model import Role, Section
from policy.rules.model import SchoolRules
from policy.rules.scope import Verdict

_NOTHING = Compared()


@dataclass(frozen=True, slots=True)
class Spot:
    """One section, one course of ours, or both. `desired` is the wanted course, or why its section
    waits for one; `changes`, `stops` and `waits` are what the next night would make of it."""

    name: str
    alias: str | None
    section: Section | None = None
    base: Base | None = None
    wish: Wish | None = None
    verdict: Verdict | None = None
    desired: Desired | str | None = None
    changes: tuple[Change, ...] = ()
    stops: tuple[Stop, ...] = ()
    waits: tuple[Kept, ...] = ()
    one: OneClass | None = None  # with the other sections of its class


class Outlook:
    """All sections, seen from the store."""

    def __init__(
        self,
        sources: Sources,
        bases: Mapping[str, Base],
        *,
        heads: Mapping[str, Head],
        released: frozenset[str],
        comparing: Comparing,
        is_first_load: bool,
    ) -> None:
        self.sources = sources
        self._bases = bases
        self._heads = heads
        self._released = released
        self._comparing = comparing
        self._is_first_load = is_first_load

    def rules_of(self, school_key: str, school_name: str) -> SchoolRules:
        """The policy's rules in a school."""
        return self.sources.policy.rules_of(school_key, school_name)

    @cached_property
    def combined(self) -> Combined:
        """Which sections are one class."""
        return combine(self.sources, self._heads, self._released)

    def alias_of(self, section: Section) -> str | None:
        """The alias of a section's class; None if it lacks what its key is made from."""
        return self.combined.alias_of(section, wish_for(section, self.sources))

    def at_section(self, section: Section) -> Spot:
        """A section of the roster, with its course if it has one."""
        one, alone = self.combined.of(section), wish_for(section, self.sources)
        wish = one.wish(self.sources) if one else alone
        verdict, name = alone.verdict(), self.combined.alias_of(section, alone)
        if name is None:
            return Spot(section.title, None, section, None, wish, verdict, wish.why_no_key())
        base = self._bases.get(name)
        if not verdict.inside or name in self._released:
            title = base.fields.name if base else section.title
            return Spot(title, name, section, base, wish, verdict)
        head, staff = (base.head, staff_of(base)) if base else (None, Staff())
        desired = wish.desired(name, head, lambda _: staff)
        if isinstance(desired, Desired):
            desired = with_parted(desired, head, self.combined, self.sources)
        compared = self._compare(desired, base) if isinstance(desired, Desired) else _NOTHING
        return Spot(
            name=base.fields.name if base else _title(desired, section),
            alias=name,
            section=section,
            base=base,
            wish=wish,
            verdict=verdict,
            desired=desired,
            changes=compared.changes,
            stops=compared.stops,
            waits=tuple(kept for kept in compared.kept if kept.is_for_now),
            one=one,
        )

    def sections_under(self, name: str) -> Iterator[Section]:
        """The sections whose class has, or would have, this alias. Only the likely ones are looked
        at: that of the course's base, else every one."""
        base, sections = self._bases.get(name), self.sources.roster.sections
        likely = [sections[base.section_key]] if base and base.section_key in sections else []
        for section in likely or ([] if base else sections.values()):
            if self.alias_of(section) == name:
                yield section

    def hold_of(self, change: Change) -> Hold | None:
        """What a limit would hold it with."""
        if change.kind not in LIMITED:
            return None
        return next((hold for hold in self._holds if change in hold.changes), None)

    @cached_property
    def _holds(self) -> list[Hold]:
        """What the limits would hold of all that is to do: of every section, so not for nothing."""
        spots = [
            self.at_section(section)
            for section in self.sources.roster.sections.values()
            if (one := self.combined.of(section)) is None or section.key == one.sections[0].key
        ]
        wanted = [spot.desired for spot in spots if isinstance(spot.desired, Desired)]
        ours = [spot.base for spot in spots if spot.base and isinstance(spot.desired, Desired)]
        _, holds = judge_limits(
            [change for spot in spots for change in spot.changes],
            take_census(ours, wanted),
            rules_of=lambda key: self._comparing.setting(key).rules,
            defaults=self.sources.policy.defaults,
            is_first_load=self._is_first_load,
        )
        return holds

    def _compare(self, desired: Desired, base: Base | None) -> Compared:
        if base is None or "state" in base.kept:
            return _NOTHING
        compared = self._comparing.compare(desired, base, _last_known(base))
        compared = until_seated(compared, desired, self._has_seat, now=self._comparing.stamp)
        return _without_texts_by_hand(compared, base)

    def _has_seat(self, seat: Seat, alias: str) -> bool:
        base = self._bases.get(alias)
        if base is None or "state" in base.kept:
            return False
        live = _last_known(base)
        return seat.user_id in (live.students if seat.role is Role.STUDENT else live.teachers)


def _last_known(base: Base) -> Live:
    """The course as it was when it was last read. What a hand has written into its texts is not in
    the store."""
    teachers, students = last_seated(base)
    return Live(
        course_id=base.course_id,
        fields=base.fields,
        state=base.state,
        owner=base.owner,
        teachers=teachers | {base.owner},
        students=students,
    )


def _without_texts_by_hand(found: Compared, base: Base) -> Compared:
    changes = tuple(
        c
        for c in found.changes
        if not (c.kind is Kind.COURSE_UPDATE and c.field in base.kept)
        and not (c.kind is Kind.COURSE_OWNER and "owner" in base.kept)
    )
    return Compared(changes=changes, stops=found.stops, kept=found.kept, base=found.base)


def _title(desired: Desired | str | None, section: Section) -> str:
    return desired.fields.name if isinstance(desired, Desired) else section.title
