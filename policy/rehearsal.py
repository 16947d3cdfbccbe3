"""A simulator filled with accounts: what `rollbook simulator` and `rollbook demo` start from."""

import csv
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from shlex import quote

from policy.errors import InputAtFault
from policy.roster.load import load_roster
from policy.simulator.app import Simulator
from policy.simulator.server import serve_forever
from policy.simulator.switches import Switches

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
    """Serve until interrupted; says how to point Rollbook at it."""
    sim = set_stage(stage)
    url = f"http://{_reached_at(host)}:{port}"
    settings = f"ROLLBOOK_GOOGLE_ROOT={url} ROLLBOOK_GOOGLE_ADMIN={admin_of(stage)}"
    if key is not None:
        settings += f" ROLLBOOK_GOOGLE_CREDENTIALS={quote(str(key.absolute()))}"
        sim.base_url = url
        key.write_text(json.dumps(sim.key_file(), indent=1) + "\n", encoding="utf-8")
        say(f"A service account's key is in {key}.")
    say(f"Google in a box answers at {url} (by hand: {url}/simulator/). Stop it with Ctrl-C.")
    say(f"  export {settings}")
    serve_forever(sim, host=host, port=port)


def admin_of(stage: Stage) -> str:
    """The administrator whom every stage has."""
    return f"{ADMIN}@{stage.domain}"


def set_stage(stage: Stage) -> Simulator:
    """A simulator with an administrator and the accounts that the stage names. Accounts that its
    state file has already stay as they are."""
    people = [NewAccount(admin_of(stage), "Admin", "Istrator", admin=True)]
    people += _from_file(stage.accounts) if stage.accounts else []
    people += _from_roster(stage.roster) if stage.roster else []
    domains = dict.fromkeys(person.email.rpartition("@")[2].casefold() for person in people)
    sim = Simulator(
        stage.domain,
        switches=Switches(enforce_quotas=stage.quotas),
        state_file=stage.state,
        other_domains=[domain for domain in domains if domain != stage.domain.casefold()],
    )
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
