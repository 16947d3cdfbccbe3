"""A simulator filled with accounts: what `rollbook simulator` and `rollbook demo` start from."""

import csv
import errno
import json
import os
import socket
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from shlex import quote

from policy.errors import InputAtFault
from policy.roster.load import load_roster
from policy.simulator.app import Simulator
from policy.simulator.clock import FastClock
from policy.simulator.presets import preset
from policy.simulator.server import serve_forever

ADMIN = "admin"
COLUMNS = ("email", "given", "family", "aliases", "suspended", "admin")


@dataclass(frozen=True, slots=True)
class Stage:
    """What the simulator starts with."""

    domain: str
    state: Path | None = None
    accounts: Path | None = None
    roster: Path | None = None
    quotas: bool = True
    preset: str = "calm"
    seed: int = 0
    speed: float = 1.0  # of its clock, beside the machine's


@dataclass(frozen=True, slots=True)
class NewAccount:
    """One account to make."""

    email: str
    given: str
    family: str
    aliases: tuple[str, ...] = ()
    suspended: bool = False
    admin: bool = False


def open_stage(
    stage: Stage, *, host: str, port: int, key: Path | None, say: Callable[[str], None]
) -> None:
    """Serve until interrupted; says how to point Rollbook at it, once the port is ours."""
    check_port(host, port)  # a roster takes its time to read
    sim = set_stage(stage)

    def tell(bound: int) -> None:
        url = f"http://{_reached_at(host)}:{bound}"
        settings = f"ROLLBOOK_GOOGLE_ROOT={url} ROLLBOOK_GOOGLE_ADMIN={admin_of(stage)}"
        if key is not None:
            settings += f" ROLLBOOK_GOOGLE_CREDENTIALS={quote(str(key.absolute()))}"
            sim.base_url = url
            write_key(sim, key)
            say(f"A service account's key is in {key}.")
        say(f"Google in a box answers at {url} (by hand: {url}/simulator/). Stop it with Ctrl-C.")
        say(f"  export {settings}")

    serve_forever(sim, host=host, port=port, bound=tell)


def write_key(sim: Simulator, path: Path) -> None:
    """A service account's key file that nobody else on this machine can read."""
    text = json.dumps(sim.key_file(), indent=1) + "\n"
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with open(descriptor, "w", encoding="utf-8") as file:
            os.fchmod(descriptor, 0o600)  # it may have been there
            file.write(text)
    except OSError as error:
        raise InputAtFault(f"--key {path} can't be written: {error.strerror}") from error


def check_port(host: str, port: int) -> None:
    """Refuse, in words, a port that can't be bound to; for who binds to it later."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as door:
        door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            door.bind((host, port))
        except OSError as error:
            raise port_at_fault(host, port, error) from error


def port_at_fault(host: str, port: int, error: OSError) -> InputAtFault:
    """Why a port can't be bound to."""
    if error.errno == errno.EADDRINUSE:
        return InputAtFault(
            f"port {port} of {host} is in use by another program; stop that, or choose another "
            "with --port"
        )
    return InputAtFault(f"port {port} of {host} can't be served: {error.strerror or error}")


def admin_of(stage: Stage) -> str:
    """The administrator whom every stage has."""
    return f"{ADMIN}@{stage.domain}"


def set_stage(stage: Stage) -> Simulator:
    """A simulator with an administrator and the accounts that the stage names. Accounts that its
    state file has already stay as they are."""
    named = [*(_from_file(stage.accounts) if stage.accounts else ())]
    named += _from_roster(stage.roster) if stage.roster else ()
    people = [_admin(stage, named), *named]
    domains = dict.fromkeys(person.email.rpartition("@")[2].casefold() for person in people)
    sim = Simulator(
        stage.domain,
        switches=replace(preset(stage.preset), enforce_quotas=stage.quotas),
        clock=time.monotonic if stage.speed == 1 else FastClock(stage.speed),
        state_file=stage.state,
        seed=stage.seed,
        other_domains=[domain for domain in domains if domain != stage.domain.casefold()],
    )
    _save(sim, stage)
    for person in people:
        if sim.state.person(person.email) is None:
            sim.add_user(
                person.email,
                given=person.given,
                family=person.family,
                aliases=person.aliases,
                suspended=person.suspended,
                admin=person.admin,
            )
    return sim


def _admin(stage: Stage, named: Iterable[NewAccount]) -> NewAccount:
    """The administrator, as the accounts have them if they do."""
    email = admin_of(stage)
    same = (person for person in named if person.email.casefold() == email.casefold())
    return replace(next(same, NewAccount(email, "Robin", "Castellano")), admin=True)


def _save(sim: Simulator, stage: Stage) -> None:
    """Write the state file, if there is to be one, while somebody looks."""
    try:
        sim.close()
    except OSError as error:
        raise InputAtFault(f"--state {stage.state} can't be written: {error.strerror}") from error


def _reached_at(host: str) -> str:
    """Where this machine reaches what is bound to a host; 0.0.0.0 is bound to, never called."""
    found = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    return f"[{found}]" if ":" in found else found


def _from_roster(path: Path) -> Iterator[NewAccount]:
    for person in load_roster(path).people.values():
        if "@" in person.email:
            yield NewAccount(person.email, person.given_name, person.family_name)


def _from_file(path: Path) -> Iterator[NewAccount]:
    """Accounts from a CSV file with the columns of COLUMNS; `aliases` parted by spaces."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = csv.DictReader(file, strict=True)
            if tuple(rows.fieldnames or ()) != COLUMNS:
                raise InputAtFault(f"{path}:1  expected the header {','.join(COLUMNS)}")
            for row in rows:
                yield NewAccount(
                    email=row["email"],
                    given=row["given"],
                    family=row["family"],
                    aliases=tuple(row["aliases"].split()),
                    suspended=row["suspended"] == "true",
                    admin=row["admin"] == "true",
                )
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputAtFault(f"{path} can't be read: {error}") from error
