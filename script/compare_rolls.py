"""Does Classroom hold just what a OneRoster 1.1 drop says? A second opinion.

Shares no code with Rollbook: it reads the CSV files and the simulator's state by itself, and knows
only the default policy (current terms, no exclusions, sections without teacher or student wait).

    python script/compare_rolls.py ROSTER_FOLDER SIMULATOR_URL DISTRICT_ID TODAY
"""

import csv
import json
import sys
import urllib.request
from pathlib import Path
from urllib.parse import unquote

Rows = list[dict[str, str]]
Seats = dict[str, tuple[set[str], set[str]]]  # section -> teachers, students, by account


def rows(folder: Path, name: str) -> Rows:
    with (folder / f"{name}.csv").open(encoding="utf-8-sig", newline="") as file:
        return [row for row in csv.DictReader(file) if row["status"] in ("", "active")]


def on_the_rolls(folder: Path, accounts: dict[str, str], today: str) -> Seats:
    """Who should be in each section's class. `accounts` is address (lower case) -> account."""
    terms = {
        row["sourcedId"]
        for row in rows(folder, "academicSessions")
        if row["startDate"] <= today < row["endDate"]
    }
    sections = {
        row["sourcedId"]: (set(), set())
        for row in rows(folder, "classes")
        if terms & {term.strip() for term in row["termSourcedIds"].split(",")}
    }
    people = {
        row["sourcedId"]: accounts.get(row["email"].strip().lower(), "")
        for row in rows(folder, "users")
        if row["enabledUser"].lower() == "true"
    }
    for row in rows(folder, "enrollments"):
        held = (row["beginDate"] or "0") <= today < (row["endDate"] or "9")
        account = people.get(row["userSourcedId"], "")
        if held and account and row["classSourcedId"] in sections:
            sections[row["classSourcedId"]][row["role"] == "student"].add(account)
    for teachers, students in sections.values():
        students -= teachers
    return {key: pair for key, pair in sections.items() if all(pair)}


def in_classroom(url: str, district: str) -> tuple[Seats, dict[str, str], list[str]]:
    """What the simulator has: classes by section, accounts by address, and doubled sections."""
    with urllib.request.urlopen(f"{url}/simulator/state", timeout=60) as answer:
        state = json.load(answer)
    accounts: dict[str, str] = {}
    for person in state["people"]:
        for address in (person["email"], *person["aliases"]):
            accounts[address.lower()] = person["email"]
    seats: Seats = {}
    doubled: list[str] = []
    for course in state["courses"]:
        for alias in course["aliases"]:
            prefix, _, key = alias.partition(f"d:rollbook.{district}.")
            section = unquote(key.partition(".")[2])
            if prefix:
                continue
            if section in seats:
                doubled.append(section)
            seats[section] = (
                {seat["person"] for seat in course["teachers"]},
                {seat["person"] for seat in course["students"]},
            )
    return seats, accounts, doubled


def differences(folder: Path, url: str, district: str, today: str) -> list[str]:
    """What differs, one line each; empty when Classroom agrees. Long section ids are cut."""
    there, accounts, doubled = in_classroom(url, district)
    wanted = on_the_rolls(folder, accounts, today)
    found = [f"{section}: is there twice" for section in doubled]
    for section in sorted(wanted.keys() | there.keys()):
        if section not in there:
            found.append(f"{section[:40]}: has no class")
        elif section not in wanted:
            found.append(f"{section[:40]}: has a class and should not")
        for role, want, have in zip(
            ("teacher", "student"),
            wanted.get(section, (set(), set())),
            there.get(section, (set(), set())),
            strict=True,
        ):
            found += [f"{section[:40]}: {role} missing" for _ in want - have]
            found += [f"{section[:40]}: {role} too many" for _ in have - want]
    return found


def main() -> int:
    folder, url, district, today = sys.argv[1:]
    found = differences(Path(folder), url, district, today)
    for line in found:
        sys.stdout.write(f"{line}\n")
    sys.stdout.write(f"{len(found)} differences\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
