"""What every method works on: the state with its switches and time, and one call as it came in."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from random import Random
from threading import RLock
from typing import cast
from zlib import crc32

from policy.simulator.clock import Time
from policy.simulator.discovery import Method, Query
from policy.simulator.faults import Ahead
from policy.simulator.refusals import JsonObject
from policy.simulator.state import Person, State
from policy.simulator.switches import Switches
from policy.simulator.weather import Weather


@dataclass(slots=True)
class World:
    """The simulated Google. `domains` are those of the one Workspace account that it has."""

    domains: tuple[str, ...]
    state: State
    switches: Switches
    random: Random
    time: Time
    weather: Weather
    secret: str  # goes into page tokens, so that those of another simulator are refused
    ahead: Ahead = field(default_factory=Ahead)  # faults that were ordered
    lock: RLock = field(default_factory=RLock)  # held for each call and each act by hand

    def at_home(self, person: Person) -> bool:
        """Whether the account belongs to the Workspace account."""
        return person.domain in self.domains

    def befalls(self, rate: float, what: str, who: str) -> bool:
        """Whether something is the lot of this person or course: always of the same ones."""
        return rate > 0 and crc32(f"{self.secret} {what} {who}".encode()) < rate * 2**32

    def new_id(self, start: str, *, digits: int) -> str:
        """A number that no person and no course has yet, as text."""
        while True:
            found = start + "".join(self.random.choices("0123456789", k=digits - len(start)))
            if found not in self.state.people and found not in self.state.courses:
                return found


@dataclass(frozen=True, slots=True)
class Call:
    """One call that has passed the doorkeeper: known method, valid token, checked JSON."""

    world: World
    method: Method
    path: Mapping[str, str]
    query: Query
    body: JsonObject
    caller: Person
    scopes: frozenset[str]
    now: float

    @property
    def state(self) -> State:
        return self.world.state

    @property
    def switches(self) -> Switches:
        return self.world.switches

    def text(self, name: str) -> str | None:
        """A text of the body; None if it is absent."""
        return cast("str | None", self.body.get(name))

    def word(self, name: str) -> str:
        """A text parameter of the query; empty if it is absent."""
        return str(self.query.get(name, ""))

    def size(self, name: str = "pageSize") -> int:
        """A number of the query; 0 if it is absent."""
        return int(cast("int", self.query.get(name, 0)))


Handler = Callable[[Call], JsonObject]
