"""The roster of a night: from all sources of a policy, or from the one drop that somebody names."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from policy.errors import InputAtFault, RosterAtFault
from policy.roster.asked import Given, asked_for
from policy.roster.load import join_rosters, load_roster
from policy.roster.model import Roster
from policy.rules.model import Policy
from policy.rules.sources import SourceRule
from policy.sources.base import Arrival, Source

OpenSource = Callable[[SourceRule], Source]


@dataclass(frozen=True, slots=True)
class Arrived:
    """A roster, and the drops of the policy's sources that it was read from: none of a drop that
    somebody named."""

    roster: Roster
    drops: Sequence[Arrival] = ()


def arrive(policy: Policy, named: Path | None, open_source: OpenSource) -> Arrived:
    """Fetch and read. Raises RosterAtFault where one source, or what it brings, is at fault: a
    roster without one of its sources would look as if many had left."""
    if named is not None:
        return Arrived(load_roster(named))
    drops = list(_fetched(policy, open_source))
    given = [
        Given(drop.path, rule.name, asked_for(part.value for part in rule.provides))
        for rule, drop in zip(policy.sources, drops, strict=True)
    ]
    return Arrived(join_rosters(given), drops)


def refuse_one_for_several(policy: Policy, named: Path | None) -> None:
    """One named drop can't be planned from in place of several sources: whom only the others give
    would look as if they had left. Raises InputAtFault."""
    if named is not None and len(policy.sources) > 1:
        names = ", ".join(rule.name for rule in policy.sources)
        raise InputAtFault(
            f"--roster {named} would stand for all {len(policy.sources)} sources of the policy "
            f"({names}; {policy.line_of('roster')}), and whoever is only in the others would be "
            "taken out of classes. Nothing was planned. To plan from another drop of one source, "
            "let that source be {source: folder, path: …} for a night"
        )


def _fetched(policy: Policy, open_source: OpenSource) -> Iterator[Arrival]:
    """The drops; what is wrong on any of the roads is said at once."""
    problems: list[str] = []
    for rule in policy.sources:
        try:
            yield open_source(rule).fetch()
        except RosterAtFault as fault:
            problems += fault.problems
    if problems:
        names = " + ".join(rule.name for rule in policy.sources)
        raise RosterAtFault(problems, drop=names)
