"""`rollbook init`: asks what a policy needs to say of a district, and writes its repository."""

import os
import shlex
import sys
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib.metadata import distribution
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from policy.beginning.answers import (
    Answers,
    faults_of,
    id_from,
    installed_from,
    name_from,
    roster_paths,
    system_timezone,
)
from policy.beginning.placing import place, refuse_what_is_there
from policy.beginning.proposing import Proposal, likely_domains, propose
from policy.beginning.texts import CLAIMED, WIDTH, files_for, told
from policy.errors import InputAtFault, RosterAtFault
from policy.roster.load import load_roster
from policy.roster.model import Roster
from policy.rules.load import load_policy
from policy.settings import read_settings

EXAMPLES = {
    "name": ("Springfield Public Schools", "the district's name, for people to read"),
    "id": ("springfield", "part of every class's alias: for good"),
    "domain": ("springfield.example", "of the e-mails; may be given again"),
    "timezone": ("America/Chicago", "terms begin and end by its clock"),
}


@dataclass(frozen=True, slots=True)
class Given:
    """What the options say so far; "" and () where they say nothing."""

    name: str
    id: str
    domains: tuple[str, ...]
    timezone: str
    roster: Path | None


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--name", default="", help="The district's name.")
@click.option("--id", "key", default="", help="Part of every class's alias: never to be changed.")
@click.option(
    "--domain",
    "domains",
    multiple=True,
    help="An e-mail domain of the Workspace account; may be given again.",
)
@click.option("--timezone", default="", help="Such as America/Chicago.")
@click.option(
    "--roster",
    type=click.Path(path_type=Path),
    help="A folder or zip with OneRoster CSV, to propose a scope from.",
)
def init(
    folder: Path,
    name: str,
    key: str,
    domains: tuple[str, ...],
    timezone: str,
    roster: Path | None,
) -> int:
    """Make a policy repository in DIR: policies, checks for git, help for editors.

    At a terminal it asks for what the options don't say. It never overwrites a file.
    """
    refuse_what_is_there(folder, CLAIMED)
    settings = read_settings(os.environ)
    given = Given(name, key, domains, timezone, roster)
    seen = None
    if sys.stdin.isatty() and sys.stderr.isatty():
        _refuse(_faults(given))
        try:
            given, seen = _ask(given, folder)
        except click.Abort:
            click.echo("\nStopped. Nothing was written.", err=True)
            return 130
    else:
        _refuse(_faults(given), _missing(given))
        seen = load_roster(given.roster) if given.roster else None
    now = settings.now(ZoneInfo(given.timezone), datetime.now(UTC))
    proposal = propose(seen, domains=given.domains, day=now.date()) if seen else None
    _write(folder, given, proposal)
    return 0


def _write(folder: Path, given: Given, proposal: Proposal | None) -> None:
    """The files, and what to do next."""
    in_policies, here = roster_paths(given.roster, folder)
    answers = Answers(
        name=given.name,
        id=given.id,
        domains=given.domains,
        timezone=given.timezone,
        roster=in_policies,
        roster_here=here,
    )
    install = installed_from(distribution("rollbook").read_text("direct_url.json"))
    files = files_for(answers, proposal, install=install)
    place(folder, files, lambda made: load_policy(made / "policies"))
    lines = list(told(proposal, given.domains)) if proposal else _without(here)
    say("\n".join([*lines, "", *_next(folder, len(files), given.roster, here)]))


def _without(here: str) -> list[str]:
    return [
        "No roster was looked at, so the policy leaves out what many call homeroom,",
        f"advisory, lunch or study hall. Put the SIS's export into {here}/, and see.",
    ]


def _next(folder: Path, count: int, roster: Path | None, here: str) -> Iterator[str]:
    yield f"{count} files are in {folder}. Next:"
    yield f"  cd {shlex.quote(str(folder))}"
    yield "  rollbook validate policies"
    if roster is not None:
        yield f"  rollbook plan policies --roster {shlex.quote(here)}"
    yield "README.md tells the rest: rehearsing without Google, checks in git, every night."


def _faults(given: Given) -> list[str]:
    """What is wrong with the options that are given."""
    values: dict[str, str | list[str]] = {
        "name": given.name,
        "id": given.id,
        "domains": list(given.domains),
        "timezone": given.timezone,
    }
    return [fault for field, value in values.items() if value for fault in faults_of(field, value)]


def _missing(given: Given) -> list[str]:
    """The options that are missing, each as it is written, with a proposal where there is one."""
    there = {
        "name": given.name,
        "id": given.id,
        "domain": given.domains,
        "timezone": given.timezone,
    }
    proposed = {"id": id_from(given.name), "timezone": system_timezone(os.environ)}
    lines = []
    for option, (example, meaning) in EXAMPLES.items():
        if not there[option]:
            written = f"--{option} {shlex.quote(proposed.get(option) or example)}"
            lines.append(f"  {written:<36}  {meaning}")
    return lines


def _refuse(faults: list[str], missing: list[str] | None = None) -> None:
    """Raise InputAtFault with all of it, if there is any."""
    parts: list[str] = []
    if faults:
        parts += ["what init was told can't be used:"]
        parts += [
            textwrap.fill(fault, WIDTH, initial_indent="  ", subsequent_indent="    ")
            for fault in faults
        ]
    if missing:
        parts += ["init asks only at a terminal; here it needs to be told:", *missing]
    if parts:
        raise InputAtFault("\n".join([*parts, "Nothing was written."]))


def _ask(given: Given, folder: Path) -> tuple[Given, Roster | None]:
    """Ask for what is not given. The roster comes first: it may propose the domains."""
    say(f"A policy repository in {folder}. Enter takes what stands in brackets.")
    if given.roster is None:
        seen = _ask_roster()
        given = replace(given, roster=seen[0] if seen else None)
        roster = seen[1] if seen else None
    else:
        roster = load_roster(given.roster)
    if not given.name:
        given = replace(given, name=_prompt("The district's name", name_from(folder), "name"))
    if not given.id:
        words = "Its id, part of every class's alias: for good"
        given = replace(given, id=_prompt(words, id_from(given.name), "id"))
    if not given.domains:
        words = "E-mail domains of the Workspace account, parted by commas"
        proposed = ", ".join(likely_domains(roster)) if roster else ""
        answer = _prompt(words, proposed, "domains", read=_parted)
        given = replace(given, domains=tuple(_parted(answer)))
    if not given.timezone:
        words = "Time zone, such as America/Chicago"
        given = replace(given, timezone=_prompt(words, system_timezone(os.environ), "timezone"))
    return given, roster


def _parted(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _prompt(
    words: str,
    proposed: str,
    field: str,
    read: Callable[[str], str | list[str]] = str.strip,
) -> str:
    """Ask until the policy would take the answer."""

    def judged(text: str) -> str:
        if faults := faults_of(field, read(text)):
            raise click.UsageError("\n".join(faults))
        return text.strip()

    answer: str = click.prompt(words, default=proposed or None, value_proc=judged, err=True)
    return answer


def _ask_roster() -> tuple[Path, Roster] | None:
    """Ask until there is a roster at the path, or the answer is none."""

    def read(text: str) -> tuple[Path, Roster] | None:
        if not text.strip():
            return None
        path = Path(text.strip()).expanduser()
        try:
            return path, load_roster(path)
        except RosterAtFault as fault:
            raise click.UsageError(str(fault)) from fault

    words = "The roster, a folder or zip with OneRoster CSV (Enter: none yet)"
    found: tuple[Path, Roster] | None = click.prompt(
        words, default="", show_default=False, value_proc=read, err=True
    )
    return found


def say(words: str) -> None:
    """Words for people, on standard error."""
    click.echo(words, err=True)
