"""Which policy is in force in a server that runs on while its folder is edited.

A changed folder is picked up only when it is fine as a whole; until then the policy from before
stays. It is looked at when somebody asks, and not more often than every few seconds.
"""

import logging
import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta, tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo

from policy.errors import PolicyAtFault
from policy.rules.load import load_policy
from policy.rules.model import Policy
from policy.trying import try_policy

EVERY = timedelta(seconds=5)
ENDINGS = (".yaml", ".yml", ".csv")

# What tells one state of a folder from another: of each file its name, and what the system says.
Marks = frozenset[tuple[str, int, int, int, int]]

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class InForce:
    """How things stand. `policy` is the one in force, and `since` when this server has it; None
    when the folder has never been fine since the server started. `problems` are those of the folder
    as it is now, each in the words of PolicyAtFault, and `at_fault_since` when that was seen."""

    folder: Path
    policy: Policy | None = None
    since: datetime | None = None
    problems: tuple[str, ...] = ()
    at_fault_since: datetime | None = None


class Watched:
    """A policy folder that is looked at again and again. Threads may share it: while one reads the
    folder, the others get what was in force."""

    def __init__(
        self,
        folder: Path,
        *,
        clock: Callable[[], datetime],
        load: Callable[[Path], Policy] = load_policy,
    ) -> None:
        """Reads the folder. One that is at fault is no error: the server starts all the same."""
        self._clock = clock
        self._load = load
        self._lock = threading.Lock()
        self._looked = clock()
        self._seen: Marks | None = None  # at the last look
        self._taken: Marks | None = None  # when the folder was last read; None: it is to be read
        self._now = InForce(folder)
        self._read(marks_of(folder))

    def now(self) -> InForce:
        """What is in force, after a look at the folder if the last one is some seconds ago."""
        if self._lock.acquire(blocking=False):
            try:
                self._look()
            finally:
                self._lock.release()
        return self._now

    def _look(self) -> None:
        """A folder that has changed is read once it is the same at two looks: until then somebody
        (an editor, git pull) is still writing."""
        now = self._clock()
        if timedelta() <= now - self._looked < EVERY:
            return
        self._looked = now
        before, marks = self._seen, marks_of(self._now.folder)
        self._seen = marks
        if before == marks != self._taken:
            self._read(marks)

    def _read(self, marks: Marks) -> None:
        """Read the folder. What has changed meanwhile is left for later: it may be half of both."""
        folder = self._now.folder
        try:
            found: Policy | PolicyAtFault = self._load(folder)
        except PolicyAtFault as error:
            found = error
        self._seen = marks_of(folder)
        if self._seen != marks:
            return
        self._taken = marks
        if isinstance(found, Policy):
            self._put_in_force(found)
        else:
            self._keep(found)

    def _put_in_force(self, policy: Policy) -> None:
        now = self._now
        is_new = now.policy is None or now.policy.digest != policy.digest
        since = self._clock() if is_new else now.since
        self._now = InForce(now.folder, policy, since)
        if is_new or now.problems:
            log.info("the policy %s is in force: its folder is fine", policy.digest[:12])

    def _keep(self, error: PolicyAtFault) -> None:
        """The log tells where the first problem is, no more: its words may quote an e-mail."""
        since = self._now.at_fault_since or self._clock()
        self._now = replace(self._now, problems=error.problems, at_fault_since=since)
        stays = "the one from before stays in force" if self._now.policy else "none is in force"
        place, found, _ = error.problems[0].partition("  ")
        at = f" at {place}" if found else ""
        log.warning("the policy folder is at fault%s; %s", at, stays)


def load_whole(folder: Path, today: Callable[[tzinfo], date]) -> Policy:
    """The policy in a folder, which passes its own tests; `today`, in the district's time zone, is
    for those that name no date. Raises PolicyAtFault with all problems, or all tests that fail."""
    policy = load_policy(folder)
    failed = [
        f"{outcome.trial.place}  the test “{outcome.trial.name}” fails, in "
        f"{', '.join(difference.field for difference in outcome.differences)}"
        for outcome in try_policy(policy, today(ZoneInfo(policy.district.timezone)))
        if not outcome.has_passed
    ]
    if failed:
        raise PolicyAtFault(failed)
    return policy


def marks_of(folder: Path) -> Marks:
    """The state of all that may be part of a policy: YAML and CSV, in its folder and below. What
    can't be looked at has no marks; to read the folder tells why."""
    return frozenset(mark for path in _files(folder) if (mark := _mark(path)))


def _files(folder: Path) -> Iterator[Path]:
    """A link to a folder is followed where it stands in the policy's folder itself, as `schools`
    may be one; names that begin with a dot (.git) are left out."""
    for start in (folder, *(path for path in _inside(folder) if path.is_symlink())):
        for at, folders, names in os.walk(start):
            folders[:] = [name for name in folders if not name.startswith(".")]
            yield from (Path(at, name) for name in names if name.casefold().endswith(ENDINGS))


def _inside(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError:
        return []


def _mark(path: Path) -> tuple[str, int, int, int, int] | None:
    try:
        found = path.stat()
    except OSError:  # gone since it was listed, or it can't be read
        return None
    return str(path), found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino
