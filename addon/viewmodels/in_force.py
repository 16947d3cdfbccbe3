"""Which policy is in force in this server, and what is wrong with its folder."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from policy.in_force import InForce
from policy.render.words import COMMIT, commit_words
from policy.rules.model import Policy

SHOWN = 3


@dataclass(frozen=True, slots=True)
class Fault:
    """One problem of the folder: where ("policies/district.yaml:4:11"), and what."""

    place: str
    words: str


@dataclass(frozen=True, slots=True)
class PolicySeen:
    """What is told of the policy. `known_as` is "commit 0a1b2c3d4e", the same "and changes", or
    "digest 9f8e7d6c5b", empty when none is in force. `faults` are the first ones of a folder that
    is at fault."""

    folder: str
    known_as: str = ""
    since: datetime | None = None
    files: int = 0
    tests: int = 0
    at_fault_since: datetime | None = None
    faults: tuple[Fault, ...] = ()
    has_more: bool = False


def see_policy(found: InForce | None) -> PolicySeen | None:
    """The policy as the card shows it; None where the server is told of none."""
    if found is None:
        return None
    policy = found.policy
    faults = list(_faults(found.problems, found.folder))
    return PolicySeen(
        folder=str(found.folder),
        known_as="" if policy is None else _known_as(policy),
        since=found.since,
        files=0 if policy is None else len(policy.files),
        tests=0 if policy is None else len(policy.trials),
        at_fault_since=found.at_fault_since,
        faults=tuple(faults[:SHOWN]),
        has_more=len(faults) > SHOWN,
    )


def _known_as(policy: Policy) -> str:
    if policy.commit is None:
        return f"digest {policy.digest[:COMMIT]}"
    return f"commit {commit_words(policy.commit, is_clean=policy.clean)}"


def _faults(problems: Sequence[str], folder: Path) -> Iterator[Fault]:
    """Place and words of each problem, from its first line; what follows (an excerpt, how to write
    it) is for `rollbook validate`. A line without a place is the closing one, which is left out."""
    way = f"{folder.parent}/"
    for problem in problems:
        place, found, words = problem.partition("\n")[0].partition("  ")
        if found:
            yield Fault(place.removeprefix(way), words)
