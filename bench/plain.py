"""The plain way, as a yardstick: `csv`, sets of tuples, and a three-way comparison of them.

It knows no faults, no limits and no reasons, and holds everything at once.
"""

import csv
from collections.abc import Iterator
from operator import itemgetter
from pathlib import Path

from bench.districts import TODAY
from bench.doors import AllAccounts

Seat = tuple[str, str, str]  # section, user id, role


def plan_plainly(drop: Path, base_file: Path, live_file: Path) -> dict[str, int]:
    """How many seats would be added and removed."""
    wanted = _wanted(drop)
    base, live = _seats(base_file), _seats(live_file)
    return {
        "add": len(wanted - base - live),
        "remove": len((base & live) - wanted),
        "kept": len((live - base) - wanted) + len((base - live) & wanted),
    }


def write_seats(drop: Path, path: Path) -> None:
    """What the plain way takes for a base: who has a seat by a drop."""
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(sorted(_wanted(drop)))


def _wanted(drop: Path) -> set[Seat]:
    ids = {account.emails[0]: account.id for account in AllAccounts(drop / "users.csv").accounts()}
    people = {
        key: ids[email.casefold()]
        for key, email in _columns(drop / "users.csv", "sourcedId", "email")
        if email
    }
    wanted = ("classSourcedId", "userSourcedId", "role", "beginDate", "endDate")
    return {
        (section, people[user], role)
        for section, user, role, begin, end in _columns(drop / "enrollments.csv", *wanted)
        if begin <= TODAY < end and user in people
    }


def _columns(path: Path, *names: str) -> Iterator[tuple[str, ...]]:
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.reader(file)
        header = next(rows)
        yield from map(itemgetter(*map(header.index, names)), rows)


def _seats(path: Path) -> set[Seat]:
    if not path.exists():
        return set()
    with path.open(encoding="utf-8", newline="") as file:
        return {(section, user, role) for section, user, role in csv.reader(file)}
