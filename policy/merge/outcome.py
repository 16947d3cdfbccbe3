"""What may come of one course: changes, stops, kept things, and the base as it should stand."""

from dataclasses import dataclass

from policy.merge.plan import Change, CourseRef, HeldFor, Kept, Kind
from policy.merge.records import Base


@dataclass(frozen=True, slots=True)
class Stop:
    """One change of a kind that is held. `changes` are what consent would let through: the change,
    and what hangs on it; nothing where consent can't help."""

    reason: HeldFor
    kind: Kind
    course: CourseRef
    detail: str
    changes: tuple[Change, ...] = ()


@dataclass(frozen=True, slots=True)
class Compared:
    """What came of one course. `base` is how the base row should stand now, before any write
    (None: no row)."""

    changes: tuple[Change, ...] = ()
    stops: tuple[Stop, ...] = ()
    kept: tuple[Kept, ...] = ()
    base: Base | None = None
