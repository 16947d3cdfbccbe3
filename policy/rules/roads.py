"""The entries of `roster`: which keys each kind of source has, what contradicts what, as values."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import cast

from policy.rules.build import time_of
from policy.rules.lines import Document, Trail, Yaml, dotted
from policy.rules.model import BUILT_IN
from policy.rules.problems import Code, Problem, did_you_mean, one_of
from policy.rules.sources import (
    CleverSource,
    FolderSource,
    OneRosterSource,
    Provides,
    Road,
    Secret,
    SftpSource,
    SourceRule,
    TokenParameters,
)

COMMON = ("source", "provides", "name")
NEEDED: Mapping[str, tuple[str, ...]] = {
    "folder": (),
    "sftp": ("host", "user", "path", "host_key"),
    "clever": ("token",),
    "oneroster": ("url", "version", "client_id", "client_secret"),
}
OPTIONAL: Mapping[str, tuple[str, ...]] = {
    "folder": ("path",),
    "sftp": ("port", "key", "passphrase", "password", "marker", "quiet"),
    "clever": ("url", "full_read"),
    "oneroster": ("token_url", "token_parameters", "scope", "page_size", "full_read"),
}
SCOPES = {
    "1.1": "https://purl.imsglobal.org/spec/or/v1p1/scope/roster-core.readonly",
    "1.2": "https://purl.imsglobal.org/spec/or/v1p2/scope/roster-core.readonly",
}
CLEVER = "https://api.clever.com"
WHOLE = frozenset({Provides.CLASSES, Provides.TEACHERS, Provides.STUDENTS})


def source_problems(document: Document) -> Iterator[Problem]:
    """What a district's sources lack, hold too much or contradict each other in."""
    entries = _entries(document)
    for trail, entry in entries:
        kind = entry.get("source")
        if isinstance(kind, str) and kind in NEEDED:
            yield from _keys(document, trail, entry, kind)
            yield from _ways_in(document, trail, entry, kind)
    yield from _names(document, entries)
    yield from _left_out(document, entries)


def sources_of(
    data: Mapping[str, Yaml], folder: Path, lines: Mapping[str, str]
) -> tuple[SourceRule, ...]:
    """The sources of a whole policy, in their order."""
    entries = cast(list[dict[str, Yaml]], data["roster"])
    start = lines.get("roster", BUILT_IN)
    return tuple(
        SourceRule(
            road=_road(entry, folder, lines.get(f"roster[{number}]", start)),
            line=lines.get(f"roster[{number}]", start),
            provides=frozenset(map(Provides, cast(list[str], entry.get("provides", [])))),
            name=_name(entry),
        )
        for number, entry in enumerate(entries)
    )


def _entries(document: Document) -> list[tuple[Trail, dict[str, Yaml]]]:
    data = document.data
    listed = data.get("roster") if isinstance(data, dict) else None
    return [
        (("roster", number), entry)
        for number, entry in enumerate(listed if isinstance(listed, list) else ())
        if isinstance(entry, dict)
    ]


def _keys(
    document: Document, trail: Trail, entry: Mapping[str, Yaml], kind: str
) -> Iterator[Problem]:
    known = (*NEEDED[kind], *OPTIONAL[kind])
    every = {key for keys in (NEEDED, OPTIONAL) for some in keys.values() for key in some}
    for key in entry:
        if key in every and key not in known:
            message = (
                f"{dotted((*trail, key))} is no key of source: {kind}; it has "
                f"{one_of([*COMMON[1:], *known])}"
            )
            yield document.at_key(Code.UNKNOWN_KEY, (*trail, key), message)
    for key in NEEDED[kind]:
        if key not in entry and not did_you_mean(key, [k for k in entry if k not in every]):
            message = f"{dotted((*trail, key))} is missing; source: {kind} needs it"
            yield document.at_key(Code.KEY_MISSING, trail, message, write=f"{key}:")


def _ways_in(
    document: Document, trail: Trail, entry: Mapping[str, Yaml], kind: str
) -> Iterator[Problem]:
    """Keys that hang on each other."""
    if kind == "sftp":
        if "key" not in entry and "password" not in entry:
            message = f"{dotted(trail)} needs a key or a password to be let in with"
            write = "password: {env: SFTP_PASSWORD}"
            yield document.at_key(Code.KEY_MISSING, trail, message, write=write)
        if "passphrase" in entry and "key" not in entry:
            at = (*trail, "passphrase")
            message = f"{dotted(at)} is of a private key, and there is no key"
            yield document.at_key(Code.CONTRADICTION, at, message)
    if kind == "oneroster" and "token_url" not in entry:
        for key in ("token_parameters", "scope"):
            if key in entry:
                at = (*trail, key)
                message = f"{dotted(at)} is of a token endpoint, and there is no token_url"
                yield document.at_key(Code.CONTRADICTION, at, message)
        if entry.get("version") == "1.2":
            message = f"{dotted((*trail, 'token_url'))} is missing; OneRoster 1.2 has OAuth 2 only"
            write = "token_url: https://sis.springfield.example/token"
            yield document.at_key(Code.KEY_MISSING, trail, message, write=write)


def _names(document: Document, entries: list[tuple[Trail, dict[str, Yaml]]]) -> Iterator[Problem]:
    seen: dict[str, Trail] = {}
    for trail, entry in entries:
        if not isinstance(entry.get("source"), str):
            continue
        name = _name(entry)
        if name in seen:
            message = (
                f"{dotted(trail)} is called {name}, as {dotted(seen[name])} is; give it a name"
            )
            yield document.at_value(Code.CONTRADICTION, trail, message, write=f"name: {name}-2")
        seen.setdefault(name, trail)


def _left_out(
    document: Document, entries: list[tuple[Trail, dict[str, Yaml]]]
) -> Iterator[Problem]:
    """What no source is asked for, though there is no roster without it."""
    asked: set[str] = set()
    for _, entry in entries:
        provides = entry.get("provides", [part.value for part in WHOLE])
        if not isinstance(provides, list):
            return  # told by the schema
        asked.update(part for part in provides if isinstance(part, str))
    missing = [part.value for part in Provides if part in WHOLE and part.value not in asked]
    if entries and missing:
        message = (
            f"roster: no source is asked for {', '.join(missing)}; one without provides gives "
            "everything"
        )
        yield document.at_key(Code.CONTRADICTION, ("roster",), message)


def _name(entry: Mapping[str, Yaml]) -> str:
    """As it is given, else the path's last part, else the kind of source; fit for a folder."""
    if "name" in entry:
        return str(entry["name"])
    path = str(entry.get("path", "")).replace("\\", "/").rstrip("/").rpartition("/")[2]
    stem = path.casefold().removesuffix(".zip")
    plain = "".join(c if c.isascii() and (c.isalnum() or c in "_-") else "-" for c in stem)
    kind = "roster" if entry["source"] == "folder" else str(entry["source"])
    return plain.strip("-_")[:40] or kind


def _road(entry: Mapping[str, Yaml], folder: Path, line: str) -> Road:
    kind = entry["source"]

    def secret(key: str) -> Secret | None:
        where = cast(dict[str, str] | None, entry.get(key))
        if where is None:
            return None
        file = os.path.abspath(folder / where["file"]) if "file" in where else None
        return Secret(where.get("env"), file, line)

    def needed(key: str) -> Secret:
        found = secret(key)
        assert found is not None
        return found

    def text(key: str, default: str = "") -> str:
        return str(entry.get(key, default))

    if kind == "sftp":
        return SftpSource(
            host=text("host"),
            user=text("user"),
            path=text("path"),
            host_key=text("host_key"),
            port=cast(int, entry.get("port", 22)),
            key=secret("key"),
            passphrase=secret("passphrase"),
            password=secret("password"),
            marker=text("marker") or None,
            quiet=time_of(text("quiet", "10m")),
        )
    if kind == "clever":
        url = text("url", CLEVER).rstrip("/")
        return CleverSource(needed("token"), url, time_of(text("full_read", "7d")))
    if kind == "oneroster":
        return OneRosterSource(
            url=text("url").rstrip("/"),
            version=text("version"),
            client_id=text("client_id"),
            client_secret=needed("client_secret"),
            token_url=text("token_url") or None,
            token_parameters=TokenParameters(text("token_parameters", "header")),
            scope=text("scope", SCOPES[text("version")]),
            page_size=cast(int, entry.get("page_size", 1000)),
            full_read=time_of(text("full_read", "7d")),
        )
    return FolderSource(os.path.abspath(folder / text("path", "./roster")))
