"""What `rollbook init` has to know of a district: the answers, what is wrong with one, and what
can be proposed for one."""

import json
import os
import re
import unicodedata
import zoneinfo
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from policy.rules.check import check
from policy.rules.contradictions import contradictions
from policy.rules.lines import read_yaml
from policy.rules.problems import in_quotes

LONGEST_ID = 40
NO_SCHOOLS_ZONE = ("UTC", "Etc/UTC", "Etc/GMT", "GMT", "Zulu", "Universal", "Factory", "localtime")
GOOD: Mapping[str, str | list[str]] = {
    "id": "a",
    "name": "A",
    "domains": ["a.example"],
    "timezone": "UTC",
}


@dataclass(frozen=True, slots=True)
class Answers:
    """What the policy says of the district. `roster` is seen from the policy's folder, as it is
    written into it; `roster_here` is the same, seen from the repository's."""

    name: str
    id: str
    domains: tuple[str, ...]
    timezone: str
    roster: str
    roster_here: str


def faults_of(field: str, value: str | list[str]) -> list[str]:
    """What is wrong with one field of `district`, in a policy's words: the policy's own checks
    are asked."""
    district = "\n".join(f"  {key}: {_yaml(v)}" for key, v in ({**GOOD, field: value}).items())
    document, unread = read_yaml("", f"version: 1\ndistrict:\n{district}\n")
    found = list(unread)
    if document is not None:
        found += [*check(document, school_file=False), *contradictions(document, [])]
    return [problem.message for problem in found]


def _yaml(value: str | list[str]) -> str:
    if isinstance(value, str):
        return in_quotes(value)
    return f"[{', '.join(map(in_quotes, value))}]"


def id_from(name: str) -> str:
    """An id such as `springfield-public-schools`; "" where nothing of the name can be in one."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().casefold()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:LONGEST_ID].strip("-")


def name_from(folder: Path) -> str:
    """A name from a folder's: `springfield-policies` is Springfield; "" where it says nothing."""
    words = re.split(r"[-_. ]+", Path(os.path.abspath(folder)).name)
    kept = [w for w in words if w and w.casefold() not in ("policy", "policies", "rollbook")]
    return " ".join(word[:1].upper() + word[1:] for word in kept)


def system_timezone(
    environment: Mapping[str, str],
    named: Path = Path("/etc/timezone"),
    linked: Path = Path("/etc/localtime"),
) -> str:
    """The machine's time zone, where it has one that a school may be in; else "". A machine that
    goes by UTC says nothing about the school."""
    known = zoneinfo.available_timezones() - set(NO_SCHOOLS_ZONE)
    written = named.read_text(encoding="utf-8").strip() if named.is_file() else ""
    target = os.path.realpath(linked).partition("/zoneinfo/")[2]
    found = environment.get("TZ", "").lstrip(":"), target, written
    return next((zone for zone in found if zone in known), "")


def roster_paths(roster: Path | None, folder: Path) -> tuple[str, str]:
    """A roster's path as seen from the policy's folder, and from the repository's. An absolute
    one stays as it is; without one, a folder in the repository that git ignores."""
    if roster is None:
        return "../roster", "roster"
    if roster.is_absolute():
        return str(roster), str(roster)
    return os.path.relpath(roster, folder / "policies"), os.path.relpath(roster, folder)


def installed_from(direct_url: str | None) -> str:
    """What pip would install this very Rollbook from, where it was installed from a git repository
    that others reach: from what pip has written down (direct_url.json, PEP 610). Else ""."""
    found = json.loads(direct_url) if direct_url else {}
    address, git = str(found.get("url", "")), found.get("vcs_info", {})
    commit = str(git.get("commit_id", ""))
    is_plain = re.fullmatch(r"https://[\w.-]+(:\d+)?/[\w./~-]+", address)
    if git.get("vcs") != "git" or not is_plain or not re.fullmatch(r"[0-9a-f]{40,64}", commit):
        return ""
    return f"rollbook @ git+{address}@{commit}"
