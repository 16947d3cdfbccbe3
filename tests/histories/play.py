"""Plays a history: days on which things happen, and a night after each, after which the laws hold.

    play(History(seed=1, days=(Day(acts=(Drops("s1", "a"),), night=Night()),)))

A history is a plain value that prints as the code that makes it, and plays the same every time.
"""

import random
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from histories.acts import Act
from histories.district import District
from histories.indoors import ADMIN, QUIET, connect, new_google, new_store, transport
from histories.laws import AFTER_EVERY_NIGHT, Law, Told, all_is_explained
from histories.laws_of_classes import OF_CLASSES
from histories.ledger import Ledger
from histories.picture import Fact, Picture, picture
from histories.sis import PREFIX, Sis, first_sis
from histories.together import Memory
from histories.wants import Want, wants
from nights import Killed, Standing, Unhurried, on_paper
from policy import engine
from policy.engine import Inputs, World
from policy.errors import GoogleOutOfReach, GoogleRefused, PlanAtFault, StalePlan
from policy.google.base import Reply, Write
from policy.google.classroom import ClassroomGateway
from policy.google.directory import DirectoryGateway
from policy.google.reports import ReportsGateway
from policy.merge.plan import Kind, Plan
from policy.run.apply import Finished
from policy.run.running import Undone
from policy.settings import read_settings
from policy.simulator.presets import HOSTILE, REALISTIC
from policy.simulator.switches import Switches

DAY = 86_400.0
EXTRA_PEOPLE = ("guest", "newcomer")
SETTINGS = read_settings(
    {
        "ROLLBOOK_GOOGLE_ROOT": "http://indoors",
        "ROLLBOOK_GOOGLE_ADMIN": ADMIN,
        "ROLLBOOK_STATE": str(Path("unused")),
    }
)
# Much worse than any night at Google, since a history has few calls.
STORM = replace(
    HOSTILE,
    create_aborted_rate=0.2,
    server_error_rate=0.03,
    error_after_rate=0.1,
    hang_up_first_rate=0.1,
    hang_up_rate=0.1,
    batch_error_rate=0.1,
    lost_part_rate=0.1,
    known_user_404_rate=0.05,
    too_many_rate=0.02,
)
WEATHER: dict[str, Switches] = {
    "calm": QUIET,
    "realistic": REALISTIC,
    "hostile": HOSTILE,
    "storm": STORM,
}


@dataclass(frozen=True)
class Night:
    """How a night goes. `dies_at` is the write or journal entry at which the process is killed;
    with `consent`, all that the last night held is let go, by kind and count. An early one goes by
    a plan that was made in the morning, before the day's acts."""

    weather: str = "calm"
    dies_at: int | None = None
    consent: bool = False
    hours: int = 24  # since the night before
    is_early: bool = False


@dataclass(frozen=True)
class Day:
    """Things that happen, and a night."""

    acts: tuple[Act, ...] = ()
    night: Night = field(default_factory=Night)


@dataclass(frozen=True)
class Reported:
    """How the Reports API behaves: how late it is, and which share of activities it loses."""

    lag: int = 0  # hours
    lost: float = 0.0


@dataclass(frozen=True)
class History:
    """A whole history. Without `reported`, the Reports API can't be asked."""

    days: tuple[Day, ...]
    seed: int = 0
    district: District = field(default_factory=District)
    reported: Reported | None = None


@dataclass(frozen=True)
class Hour:
    """When a plan is made, what is there and what is wanted then, and the plan, if it was made in
    the morning."""

    now: datetime
    seen: Picture
    district: District
    wants: Mapping[str, Want]
    plan: Plan | None = None


def play(history: History, *, show: Callable[[str], None] = lambda _: None) -> "Play":
    """Play it to its end, and then see that nothing is left to do. Raises AssertionError."""
    state = random.getstate()
    random.seed(history.seed)
    try:
        played = Play(history, show)
        for day in history.days:
            played.day(day)
        played.end()
    finally:
        random.setstate(state)
    return played


class Play:
    """A history that is being played. Acts change its `sis`, `district` and `sim`."""

    def __init__(
        self,
        history: History,
        show: Callable[[str], None] = lambda _: None,
        *,
        sis: Sis | None = None,
    ) -> None:
        self.show = show
        self.clock = Standing()
        self.sis = sis or first_sis()
        self.district = history.district
        people = (*self.sis.people, *EXTRA_PEOPLE)
        self.sim = new_google(self.clock, seed=history.seed, people=people)
        self.reported = history.reported
        self.ledger = Ledger()
        self.laws: Sequence[Law] = (*AFTER_EVERY_NIGHT, *OF_CLASSES)
        self.nights: list[Told] = []
        self.world = self._world(history)
        self.last: Picture = picture(self.sim)

    def _world(self, history: History) -> World:
        pace, sleep, way = Unhurried(self.clock), self.clock.sleep, transport()
        reports = ReportsGateway(way, pace, sleep=sleep) if history.reported else None
        return World(
            store=new_store(),
            classroom=ClassroomGateway(way, pace, sleep=sleep),
            directory=DirectoryGateway(way, pace, sleep=sleep),
            settings=SETTINGS,
            clock=self.clock.now,
            sleep=sleep,
            reports=reports,
        )

    def lose_store(self) -> None:
        self.world = replace(self.world, store=new_store())
        self.ledger = Ledger()
        self.last = picture(self.sim)

    def day(self, day: Day) -> Told:
        """A day and its night; tomorrow's export has no faults any more."""
        self.clock.sleep(day.night.hours * 1800.0)
        morning = self._morning(day.night) if day.night.is_early else None
        self.act(day.acts)
        told = self.night(day.night, morning)
        self.sis.mend()
        return told

    def _morning(self, night: Night) -> Hour:
        """A plan is made, and written to a file, before anything happens."""
        connect(self.sim)
        hour = self._hour()
        inputs = Inputs(self.district.policy(), self.sis.export())
        plan = engine.make_plan(inputs, self.world)
        return replace(hour, plan=on_paper(plan).with_consent(self._consent(night)))

    def _hour(self) -> Hour:
        now = self.clock.now()
        wanted = wants(self.sis, self.district, self.sim, self._memory(), now.date())
        return Hour(now, self.last, self.district, wanted)

    def _memory(self) -> Memory:
        """What the store knows of sections that are one class. Of a course whose creation nobody
        heard of, the journal knows it: the sections that it was made for."""
        stored = {
            head.alias: {
                record.removeprefix("together:"): since
                for record, since in head.kept.items()
                if record.startswith("together:")
            }
            for head in self.world.store.heads()
        }
        unheard = {
            page.alias: dict.fromkeys(sorted(page.stood), self.clock.now().isoformat())
            if page.stood != {page.alias}
            else {}
            for page in self.ledger.pages.values()
            if not page.is_known
        }
        return {**unheard, **stored}

    def act(self, acts: Sequence[Act]) -> None:
        """Things happen."""
        self.sim.switches = self._switches("calm")
        for act in acts:
            self.show(f"  {act}")
            act.do(self)
            now = picture(self.sim)
            self.ledger.hands(self.last, now)
            self.last = now

    def _switches(self, weather: str) -> Switches:
        told = self.reported or Reported()
        return replace(
            WEATHER[weather],
            enforce_quotas=False,
            check_answers=False,
            reports_lag=told.lag * 3600.0,
            reports_shuffled=bool(told.lag),
            reports_lost_rate=told.lost,
        )

    def night(self, night: Night, morning: Hour | None = None) -> Told:
        """One night, and the laws after it; with a plan of the morning, or one of its own."""
        self.clock.sleep(night.hours * 1800.0)
        self.sim.switches = self._switches(night.weather)
        self.sim.calls.clear()
        connect(self.sim)
        hour = morning or self._hour()
        allowed, before = self._consent(night), self.last
        plan, finished = self.sync(night, allowed, hour.plan)
        after = self.last = picture(self.sim)
        calls = dict(self.sim.calls.api)
        told = Told(
            before,
            after,
            hour.seen,
            self._memory(),
            plan,
            finished,
            allowed,
            hour.district,
            hour.wants,
            calls,
            hour.now,
            is_calm=night.weather == "calm" and finished is not None,
        )
        self.show(_words(night, told, {p.id: p.email for p in self.sim.state.people.values()}))
        for law in self.laws:
            law(told, self.ledger)
        self._write_down(told)
        self.nights.append(told)
        return told

    def sync(
        self, night: Night, allowed: Mapping[Kind, int], plan: Plan | None = None
    ) -> tuple[Plan | None, Finished | None]:
        """What Rollbook does: the plan, if it came to one, and how it ended, if it did."""
        plans = [plan] if plan else []
        world = mortal(self.world, night.dies_at) if night.dies_at is not None else self.world
        inputs = Inputs(self.district.policy(), self.sis.export())
        try:
            if plan is not None:
                return plan, engine.apply_shown(plan, world)
            _, finished = engine.sync(inputs, world, allowed=allowed, show=plans.append)
        except Killed:
            return (plans[0] if plans else None), None
        except (StalePlan, PlanAtFault):
            assert plan is not None, "a plan that was made just now is not stale"
            return None, None
        except (GoogleOutOfReach, GoogleRefused):
            if night.weather == "calm":
                raise
            return (plans[0] if plans else None), None
        return plans[0], finished

    def _consent(self, night: Night) -> Mapping[Kind, int]:
        """To just what was held."""
        if not night.consent:
            return {}
        plans = [told.plan for told in self.nights if told.plan]
        count = Counter[Kind]()
        for hold in plans[-1].held if plans else ():
            count[hold.kind] += hold.count if hold.changes else 0
        return {kind: number for kind, number in count.items() if number}

    def _write_down(self, told: Told) -> None:
        undone = told.undone if told.finished else told.planned
        self.ledger.night(
            told.before,
            told.after,
            told.happened,
            told.wants,
            told.plan,
            heard=frozenset(told.happened - undone),
            unread=told.unread,
            calm=told.is_calm,
            now=told.now,
        )

    def end(self) -> None:
        """Two undisturbed nights, the first so late that every term and pause is over, the second
        that every grace is. Then nothing is left to do, and all that is not as the SIS says has
        been explained. Who has just left a class in one role may need a third night to come back
        in the other one, or to own it: its people wait for the class of a section that went apart,
        which takes the first one."""
        self.world = replace(self.world, settings=replace(SETTINGS, full_read_nights=1))
        self.day(Day(night=Night(hours=40 * 24)))
        second, told = self.day(Day(night=Night(hours=4 * 24))), self.day(Day())
        if told.happened and told.happened <= _other_seats(second.happened):
            told = self.day(Day())
        assert not told.happened, f"no end to it: {sorted(told.happened)}"
        refused = told.planned - told.undone
        assert not refused, f"no end to it: {sorted(refused)}"
        all_is_explained(told, self.ledger)


def _other_seats(happened: Iterable[Fact]) -> set[Fact]:
    """The seats that those who were taken out of a class could have there in the other role; who
    was a student there and is to own it needs the seat of a teacher first."""
    other = {"teacher": "student", "student": "teacher"}
    out = [fact for fact in happened if fact[0] == "out"]
    seats: set[Fact] = {("in", course, other[role], user) for _, course, role, user in out}
    return seats | {("owner", course, user) for _, course, role, user in out if role == "student"}


def _words(night: Night, told: Told, emails: Mapping[str, str]) -> str:
    """A night in a few lines, for whoever looks into a failure."""
    aliases = {
        key: "/".join(sorted(seen.aliases)).replace(PREFIX, "") or key
        for key, seen in {**told.before, **told.after}.items()
    }
    plan, undone = told.plan, told.finished.undone if told.finished else ()
    held, kept = (plan.held, plan.kept) if plan else ((), ())
    lines = [
        f"{night}{'' if told.finished else '  did not end'}",
        *(f"    {aliases[f[1]]}: {f[0]} {' '.join(f[2:])}" for f in sorted(told.happened)),
        *(f"    held {h.kind.value} {h.count}: {'; '.join(h.why)}" for h in held),
        *(f"    kept {k.course.alias}: {k.record} {k.what}" for k in kept),
        *(f"    undone {_who(each)}: {each.reason}" for each in undone),
    ]
    words = "\n".join(lines).replace(PREFIX, "")
    for user, email in emails.items():
        words = words.replace(user, email.partition("@")[0])
    return words


def _who(undone: Undone) -> str:
    change = undone.change
    return f"{change.kind.value} {change.person.email if change.person else ''}"


def mortal(world: World, moments: int) -> World:
    """The world of a process that is killed after so many moments: writes at Google and entries in
    the journal, each of which has a before and an after."""
    life = _Life(moments)
    return replace(
        world,
        classroom=_MortalClassroom(world.classroom, life),
        store=_MortalStore(world.store, life),
    )


class _Life:
    def __init__(self, moments: int) -> None:
        self.left = moments

    def spend(self) -> None:
        if self.left <= 0:
            raise Killed
        self.left -= 1


class _MortalClassroom:
    def __init__(self, classroom: object, life: _Life) -> None:
        self._classroom, self._life = classroom, life

    def __getattr__(self, name: str) -> object:
        return getattr(self._classroom, name)

    def write(self, writes: Sequence[Write]) -> Sequence[Reply]:
        """Killed before the call, after some of the batch was done, or before the answer came."""
        if self._life.left <= len(writes):
            if self._life.left:
                self._classroom.write(writes[: self._life.left])
            self._life.left = 0
            raise Killed
        self._life.left -= len(writes)
        return self._classroom.write(writes)


class _MortalStore:
    WRITES = ("keep", "start_run", "start_entries", "finish_entries", "end_run")

    def __init__(self, store: object, life: _Life) -> None:
        self._store, self._life = store, life

    def __getattr__(self, name: str) -> object:
        method = getattr(self._store, name)
        if name not in self.WRITES:
            return method

        def mortal_method(*args: object, **more: object) -> object:
            self._life.spend()
            result = method(*args, **more)
            self._life.spend()
            return result

        return mortal_method
