"""`python -m bench.pace`: a first night of 300 courses under Google's quotas, by one administrator
and by three, beside the least time that the quotas allow.

The simulator enforces the quotas, by a clock that moves only when somebody waits: so the seconds
are those of a night in which Google answers at once, and nobody has to wait for them.
"""

import json
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bench.simulated import read, write_district
from policy import engine, wiring
from policy.engine import World
from policy.google.classroom import ClassroomGateway
from policy.google.credentials import DelegatedCredentials
from policy.google.directory import DirectoryGateway
from policy.google.http import Answer, Request
from policy.google.lanes import Lane, Lanes
from policy.google.transport import Transport
from policy.run.pace import Budget, Pace
from policy.settings import Settings, read_settings
from policy.simulator.app import Simulator
from policy.simulator.server import serve

DOMAIN = "bench.example"
SECTIONS = 300
ONE_USER, PROJECT = 1_200, 3_000  # Classroom's quotas a minute
START = datetime(2026, 9, 1, 2, 0, tzinfo=UTC)


class Standing:
    """A clock that moves only by waiting, and not while somebody's call is under way. Threads that
    wait at the same time wait together."""

    def __init__(self) -> None:
        self.passed = 0.0
        self._calling: set[int] = set()  # threads
        self._news = threading.Condition()

    def __call__(self) -> float:
        return self.passed

    def sleep(self, seconds: float) -> None:
        with self._news:
            until = self.passed + seconds
            self._news.wait_for(lambda: not self._calling)
            self.passed = max(self.passed, until)

    def now(self) -> datetime:
        return START + timedelta(seconds=self.passed)

    def call_begins(self) -> None:
        with self._news:
            self._calling.add(threading.get_ident())

    def call_ends(self) -> None:
        with self._news:
            self._calling.discard(threading.get_ident())
            self._news.notify_all()


class StandingPace(Pace):
    """A pace that stops the clock from the moment in which a call may go."""

    def __init__(self, calls: int, clock: Standing, project: Budget | None = None) -> None:
        super().__init__(calls, project=project, clock=clock, sleep=clock.sleep)
        self._standing = clock

    def try_take(self, calls: int) -> float:
        wait = super().try_take(calls)
        if wait <= 0:
            self._standing.call_begins()
        return wait


class StandingTransport(Transport):
    """A transport that lets the clock go on once the answer is there."""

    def __init__(self, settings: Settings, admin: str, clock: Standing) -> None:
        key, root = settings.google_credentials, settings.google_root
        super().__init__(root, DelegatedCredentials(key, admin=admin, root=root))
        self._standing = clock

    def ask(self, request: Request) -> Answer:
        try:
            return super().ask(request)
        finally:
            self._standing.call_ends()

    def ask_together(self, requests: Sequence[Request]) -> Sequence[Answer]:
        try:
            return super().ask_together(requests)
        finally:
            self._standing.call_ends()


@dataclass(frozen=True, slots=True)
class Load:
    """A first night: what it asked of Classroom, and how long it took."""

    admins: int
    seats: int
    calls: int
    refused: int
    seconds: float

    @property
    def floor(self) -> float:
        """Seconds for so many calls, at just the quota."""
        return self.calls * 60 / min(self.admins * ONE_USER, PROJECT)


def main() -> None:
    for admins in (1, 2, 3):
        load = first_night(admins)
        sys.stdout.write(
            f"first night, {SECTIONS} courses, {load.seats:,} seats, {admins} administrators: "
            f"{load.calls:,} calls in {load.seconds:.0f} s of Google's clock, "
            f"{load.seconds / load.floor:.3f} x the quota's floor, {load.refused} refused\n"
        )


def first_night(admins: int, *, sections: int = SECTIONS) -> Load:
    """A whole sync of an empty Classroom."""
    clock = Standing()
    with tempfile.TemporaryDirectory() as name:
        policy, drop = write_district(Path(name), sections=sections)
        sim = _google(drop, admins, clock)
        with serve(sim, port=0) as url, _world(Path(name), sim, url, admins, clock) as world:
            _plan, finished = engine.sync(read(policy, drop), world, allowed={})
    calls = sum(n for method, n in sim.calls.api.items() if method.startswith("classroom."))
    seats = sum(n for kind, n in finished.record.counts.items() if kind.endswith(".add"))
    return Load(admins, seats, calls, sim.calls.refused[429], clock.passed)


def emails(admins: int) -> list[str]:
    return [f"admin{number}@{DOMAIN}" for number in range(admins)]


def classroom(settings: Settings, clock: Standing) -> ClassroomGateway:
    """Classroom as `wiring` opens it, by this clock."""
    project = Budget(settings.project_calls_per_minute)
    lanes = [
        Lane(
            admin,
            StandingTransport(settings, admin, clock),
            StandingPace(settings.calls_per_minute, clock, project),
        )
        for admin in settings.google_admins
    ]
    if len(lanes) > 1:
        return ClassroomGateway(Lanes(lanes, sleep=clock.sleep), sleep=clock.sleep)
    return ClassroomGateway(lanes[0].transport, lanes[0].pace, sleep=clock.sleep)


def _google(drop: Path, admins: int, clock: Standing) -> Simulator:
    sim = Simulator(DOMAIN, clock=clock)
    for email in emails(admins):
        sim.add_user(email, admin=True)
    for row in (drop / "users.csv").read_text(encoding="utf-8").splitlines()[1:]:
        sim.add_user(row.rpartition(",")[2])
    return sim


@contextmanager
def _world(folder: Path, sim: Simulator, url: str, admins: int, clock: Standing) -> Iterator[World]:
    (folder / "key.json").write_text(json.dumps(sim.key_file()), encoding="utf-8")
    settings = read_settings(
        {
            "ROLLBOOK_STATE": str(folder / "state"),
            "ROLLBOOK_GOOGLE_ROOT": url,
            "ROLLBOOK_GOOGLE_CREDENTIALS": str(folder / "key.json"),
            "ROLLBOOK_GOOGLE_ADMIN": ",".join(emails(admins)),
            "ROLLBOOK_TODAY": "2026-09-01",
        }
    )
    first = StandingTransport(settings, settings.google_admins[0], clock)
    people = DirectoryGateway(first, StandingPace(wiring.ADMIN_CALLS_PER_MINUTE, clock))
    with (
        closing(wiring.open_store(settings)) as store,
        closing(classroom(settings, clock)) as rooms,
        closing(people),
    ):
        yield World(
            store=store,
            classroom=rooms,
            directory=people,
            settings=settings,
            clock=clock.now,
            sleep=clock.sleep,
        )


if __name__ == "__main__":
    main()
