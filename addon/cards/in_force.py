"""A part of the administrator's card: which policy is in force, what is wrong with its folder."""

from collections.abc import Iterator
from datetime import datetime

from addon.viewmodels.in_force import Fault, PolicySeen
from addon.widgets import Item, Section, Text, Tone, Widget

HEADER = "Policy"
LONGEST = 200  # letters of a problem


def policy_section(policy: PolicySeen | None) -> tuple[Section, ...]:
    """The section; none where the server is told of no policy."""
    return () if policy is None else (Section(tuple(_widgets(policy)), HEADER),)


def is_urgent(policy: PolicySeen | None) -> bool:
    """Is there something that the administrator should see before all else?"""
    return policy is not None and policy.at_fault_since is not None


def _widgets(policy: PolicySeen) -> Iterator[Widget]:
    yield _in_force(policy)
    if policy.at_fault_since is None:
        return
    stays = " The policy above stays in force." if policy.known_as else ""
    since = f"since {_time(policy.at_fault_since)}"
    yield Text(f"The folder “{policy.folder}” has been at fault {since}.{stays}", Tone.WARNING)
    yield from map(_fault, policy.faults)
    which = "All of it" if policy.has_more else "How to write it"
    yield Text(f"{which}: rollbook validate {policy.folder}", Tone.QUIET)


def _in_force(policy: PolicySeen) -> Widget:
    if policy.since is not None:
        tests = f", {_counted(policy.tests, 'test')}" if policy.tests else ""
        of = f"{_counted(policy.files, 'file')}{tests}"
        return Item(policy.known_as.capitalize(), f"in force since {_time(policy.since)} · {of}")
    if policy.at_fault_since is not None:
        return Text("No policy is in force: none could be loaded since this server started.")
    return Text(f"No policy is in force yet: “{policy.folder}” is being changed just now.")


def _fault(fault: Fault) -> Item:
    words = fault.words
    return Item(fault.place, words if len(words) <= LONGEST else f"{words[: LONGEST - 1]}…")


def _counted(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _time(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} {moment.tzname() or ''}".strip()
