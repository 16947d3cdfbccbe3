"""The file that `people.identities` names: who has another e-mail at Google than in the SIS.

A CSV file in the policy's folder, with the header `sis_key,email`. Whether the roster has a key is
not known here.
"""

import csv
import io
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath, PureWindowsPath

from policy.rules.contradictions import value_at
from policy.rules.folder import PolicyFile, read_file
from policy.rules.lines import Document, Source, Trail, Yaml, read_yaml
from policy.rules.model import Identity
from policy.rules.problems import Code, Problem, Spot, printable, quoted

FIELD: Trail = ("people", "identities")
HEADER = ["sis_key", "email"]
LARGEST = 20_000_000  # bytes; half a million people
_EMAIL = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+")


@dataclass(frozen=True, slots=True)
class Identities:
    """The file, where the policy names one, and what it says of whom, by the SIS's key."""

    file: PolicyFile | None = None
    emails: Mapping[str, Identity] = field(default_factory=dict)


def read_identities(folder: Path, district: Document | None) -> tuple[Identities, list[Problem]]:
    """What the file says, and all that is wrong with it."""
    named = value_at(district, FIELD)
    if district is None or not isinstance(named, str) or not named:
        return Identities(), []
    if not _is_inside(folder, named):
        message = "people.identities should be a file in the policy's folder"
        write = f"identities: ./{PureWindowsPath(named).name or 'identities.csv'}"
        return Identities(), [district.at_value(Code.WRONG_VALUE, FIELD, message, write=write)]
    path = folder / named
    shown = printable(str(Path(district.source.file).parent / named))
    if not path.is_file():
        message = f"there is no such file: {shown}"
        return Identities(), [district.at_value(Code.FILE_MISSING, FIELD, message)]
    if path.stat().st_size > LARGEST:
        message = f"{shown} is too large; the most is {LARGEST:,} bytes"
        return Identities(), [district.at_value(Code.TOO_LARGE, FIELD, message)]
    file = read_file(folder, path, shown)
    if isinstance(file, Problem):
        return Identities(), [file]
    table = _Table(file, value_at(district, ("district", "domains")))
    emails = dict(table.people(f"{folder.absolute().name}/{file.name}"))
    return Identities(file, emails), table.problems


def _is_inside(folder: Path, named: str) -> bool:
    """Is this the path of something in a folder? Links that lead out of it are not."""
    is_absolute = PurePosixPath(named).is_absolute() or PureWindowsPath(named).is_absolute()
    return not is_absolute and (folder / named).resolve().is_relative_to(folder.resolve())


def named_in(district: str) -> str | None:
    """The path of the file, within the folder, that a district.yaml's text names, if it does."""
    document, _ = read_yaml("district.yaml", district)
    named = value_at(document, FIELD)
    if not isinstance(named, str) or PurePosixPath(named).is_absolute():
        return None
    return os.path.normpath(named)


class _Table:
    """The rows of the file while they are read, and what is wrong with them."""

    def __init__(self, file: PolicyFile, domains: Yaml) -> None:
        self._lines = list(io.StringIO(file.text, newline=""))
        rows = tuple(line.rstrip("\r\n") for line in self._lines)
        self._source = Source(file.shown, rows)
        known = domains if isinstance(domains, list) else []
        self._domains = [domain for domain in known if isinstance(domain, str)]
        self.problems: list[Problem] = []

    def people(self, name: str) -> Iterator[tuple[str, Identity]]:
        """Each good row's key and e-mail; `name` is the file's, as whys show it."""
        first: dict[str, int] = {}
        for line, cells in self._rows():
            if words := self._fault(cells):
                self._refuse(line, *words)
                continue
            key, email = cells[0].strip(), cells[1].strip().casefold()
            if key in first:
                message = f"sis_key {quoted(key)} is written twice; it is already in line"
                self._refuse(line, f"{message} {first[key]}", key)
                continue
            first[key] = line
            yield key, Identity(email, f"{name}:{line}")

    def _rows(self) -> Iterator[tuple[int, list[str]]]:
        """The rows under the header, each with its line; blank ones are left out."""
        reader, line = csv.reader(self._lines, strict=True), 0
        try:
            header = next(reader, [])
            if header != HEADER:
                found = f"not {quoted(','.join(header))}" if header else "and it is empty"
                message = f"the first line should be {','.join(HEADER)}, {found}"
                self._refuse(1, message, "", write=",".join(HEADER))
                return
            line = reader.line_num
            for cells in reader:
                line = reader.line_num
                if cells:
                    yield line, cells
        except csv.Error as error:
            message = f"this is not CSV ({error}): most often a quote is never closed"
            self._refuse(line + 1, message, "")

    def _fault(self, cells: list[str]) -> tuple[str, str] | None:
        """What is wrong with a row, and the cell that it is about."""
        if len(cells) != len(HEADER):
            return f"expected a sis_key and an email, found cells: {len(cells)}", ""
        key, email = cells[0].strip(), cells[1].strip()
        if not key or not key.isprintable():
            return f"sis_key should be a person's key in the SIS, not {quoted(key)}", key
        if not _EMAIL.fullmatch(email):
            example = "an account's e-mail such as pat@springfield.example"
            return f"email should be {example}, not {quoted(email)}", email
        folded = {domain.casefold() for domain in self._domains}
        if folded and email.rpartition("@")[2].casefold() not in folded:
            domains = ", ".join(self._domains)
            return f"email should be of the district's domains ({domains})", email
        return None

    def _refuse(self, line: int, message: str, cell: str, *, write: str | None = None) -> None:
        row = self._source.rows[line - 1] if self._source.rows else ""
        spot = Spot(max(line, 1), row.find(cell) + 1 or 1, len(cell) or max(1, len(row)))
        self.problems.append(self._source.problem(Code.IDENTITY, spot, message, write=write))
