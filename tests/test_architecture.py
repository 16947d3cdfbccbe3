"""The house rules as a table: who may import whom, where each library lives, what is forbidden."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("policy", "addon")
CODE = sorted(p for package in PACKAGES for p in (ROOT / package).rglob("*.py"))

# What a room may import besides the standard library, errors and itself. The longest prefix of a
# module's name decides. Data flows down the list: nothing here points upward.
ROOMS: dict[str, tuple[str, ...]] = {
    "policy.errors": (),
    "policy.settings": (),
    "policy.roster": (),
    "policy.rules": (),
    "policy.sources": ("policy.roster", "policy.rules.sources"),
    "policy.google": (),
    "policy.store": (),
    "policy.simulator": (),
    "policy.merge": (
        "policy.roster.model",
        "policy.rules.model",
        "policy.rules.naming",
        "policy.rules.scope",
    ),
    "policy.run": (
        "policy.merge.plan",
        "policy.merge.records",
        "policy.google.base",
        "policy.store.base",
    ),
    "policy.render": (
        "policy.merge.chain",
        "policy.merge.comparison",
        "policy.merge.effective",
        "policy.merge.plan",
        "policy.merge.records",
        "policy.merge.versus",
        "policy.merge.written",
        "policy.roster.codes",
        "policy.roster.dialect",
        "policy.roster.difference",
        "policy.roster.rows",
        "policy.roster.survey",
        "policy.run.apply",
        "policy.store.base",
        "policy.trying",
    ),
    "policy.wiring": (
        "policy.engine",
        "policy.google",
        "policy.rules.sources",
        "policy.run.pace",
        "policy.settings",
        "policy.sources",
        "policy.store",
    ),
    "policy.in_force": ("policy.rules", "policy.trying"),
    "policy.same_policy": ("policy.merge.plan", "policy.rules"),
    "policy.arriving": ("policy.roster", "policy.rules", "policy.sources.base"),
    "policy.engine": (
        "policy.arriving",
        "policy.sources.base",
        "policy.night",
        "policy.same_policy",
        "policy.google.base",
        "policy.merge",
        "policy.roster.load",
        "policy.roster.model",
        "policy.rules.load",
        "policy.rules.model",
        "policy.run",
        "policy.settings",
        "policy.store.base",
    ),
    "policy.looking_back": (
        "policy.arriving",
        "policy.night",
        "policy.engine",
        "policy.finding",
        "policy.google.base",
        "policy.merge",
        "policy.roster.load",
        "policy.rules.model",
        "policy.run.rows",
        "policy.store.base",
    ),
    "policy.explaining": (
        "policy.arriving",
        "policy.night",
        "policy.google.base",
        "policy.looking_back",
        "policy.merge",
        "policy.roster",
        "policy.rules",
        "policy.run.rows",
        "policy.settings",
        "policy.store.base",
    ),
    "policy.trying": ("policy.merge", "policy.roster", "policy.rules", "policy.trying_given"),
    "policy.trying_given": ("policy.roster.model", "policy.rules.trials"),
    "policy.comparing": (
        "policy.arriving",
        "policy.merge",
        "policy.night.reading",
        "policy.roster",
        "policy.rules",
        "policy.run.rows",
        "policy.store.base",
    ),
    "policy.cli_comparing": ("policy",),
    "policy.cli_editing": ("policy.roster.load", "policy.rules"),
    "policy.beginning": ("policy.roster.model", "policy.rules"),
    "policy.cli_init": ("policy",),
    "policy.cli_looking_back": ("policy",),
    "policy.cli_options": ("policy.merge.plan", "policy.render"),
    "policy.cli_roster": ("policy.render", "policy.roster"),
    "policy.night": (
        "policy.google.base",
        "policy.merge",
        "policy.roster.codes",
        "policy.rules.model",
        "policy.rules.naming",
        "policy.rules.scope",
        "policy.run.journal",
        "policy.sources.base",
        "policy.run.rows",
        "policy.store.base",
    ),
    "policy.finding": ("policy.google.base", "policy.merge.people", "policy.store.base"),
    "policy.ways_out": (
        "policy.engine",
        "policy.google.base",
        "policy.rules",
        "policy.run.rows",
        "policy.store.base",
    ),
    "policy.cli_ways_out": ("policy",),
    "policy.rehearsal": ("policy.roster.load", "policy.simulator"),
    "policy.demo": ("policy",),
    "policy.cli": ("policy",),
    "addon.widgets": (),
    "addon.viewmodels": (
        "policy.google.base",
        "policy.in_force",
        "policy.render.words",
        "policy.rules.model",
        "policy.store.base",
    ),
    "addon.cards": ("addon.widgets", "addon.viewmodels"),
    "addon.render": ("addon.widgets",),
    "addon": ("addon", "policy"),
}

# Each third-party library has one home; a second one is named here with its reason.
HOMES: dict[str, tuple[str, ...]] = {
    "yaml": ("policy.rules",),
    "jsonschema": ("policy.rules", "policy.render.plan_json"),  # policies; plans that are handed in
    "sqlalchemy": ("policy.store",),
    "googleapiclient": ("policy.google", "policy.simulator"),  # the simulator: discovery documents
    "httplib2": ("policy.google",),
    "google_auth_httplib2": ("policy.google",),
    "google": ("policy.google", "policy.simulator", "addon.verify"),  # tokens: use, give, verify
    "click": (
        "policy.cli",
        "policy.cli_comparing",
        "policy.cli_editing",
        "policy.cli_init",
        "policy.cli_looking_back",
        "policy.cli_options",
        "policy.cli_roster",
        "policy.cli_ways_out",
    ),
    "rich": ("policy.cli",),
    "flask": ("addon.app", "addon.routes", "addon.served"),
    "werkzeug": ("policy.simulator", "addon.app", "addon.routes"),
    "jinja2": ("addon.render",),
    "markupsafe": ("addon.render",),
    "cryptography": ("policy.simulator", "policy.sources.sftp_line"),  # private keys' forms
    "gunicorn": (),
    "httpx": ("policy.sources",),
    "oauthlib": ("policy.sources.oneroster_service",),
    "paramiko": ("policy.sources.sftp_line",),
}
LONGEST_FUNCTION = 60


def module_of(path: Path) -> str:
    parts = list(path.relative_to(ROOT).with_suffix("").parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_of(path): path for path in CODE}


def imports_of(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                full = f"{node.module}.{alias.name}"
                yield full if full in MODULES else node.module


def within(name: str, prefix: str) -> bool:
    return name == prefix or name.startswith(f"{prefix}.")


def room_of(module: str) -> str:
    return max((room for room in ROOMS if within(module, room)), key=len, default="")


@pytest.mark.parametrize("module", [m for m in MODULES if m not in PACKAGES])
def test_rooms(module: str) -> None:
    room = room_of(module)
    assert room, f"{module} is in no room of the table"
    allowed = (*ROOMS[room], room, "policy.errors")
    wrong = [
        name
        for name in imports_of(MODULES[module])
        if name.split(".")[0] in PACKAGES and not any(within(name, ok) for ok in allowed)
    ]
    assert wrong == [], f"{module} may import {allowed}"


@pytest.mark.parametrize("module", list(MODULES))
def test_libraries_have_homes(module: str) -> None:
    wrong = []
    for name in imports_of(MODULES[module]):
        library = name.split(".")[0]
        if library in HOMES and not any(within(module, home) for home in HOMES[library]):
            wrong.append(name)
    assert wrong == []


def test_policy_never_imports_addon() -> None:
    policy = [m for m in MODULES if within(m, "policy")]
    assert [m for m in policy for n in imports_of(MODULES[m]) if within(n, "addon")] == []


def test_only_wiring_names_what_is_concrete() -> None:
    concrete = ("policy.store.sql", "policy.google.classroom", "policy.google.directory")
    allowed = ("policy.wiring", "policy.store", "policy.google")
    wrong = [
        (module, name)
        for module, path in MODULES.items()
        for name in imports_of(path)
        if name in concrete and not any(within(module, ok) for ok in allowed)
    ]
    assert wrong == []


def test_merge_is_pure() -> None:
    impure = {"os", "sys", "time", "logging", "random", "pathlib", "io", "subprocess", "secrets"}
    merge = [m for m in MODULES if within(m, "policy.merge")]
    assert merge
    wrong = [(m, n) for m in merge for n in imports_of(MODULES[m]) if n.split(".")[0] in impure]
    assert wrong == []


def test_no_circles() -> None:
    graph = {m: {n for n in imports_of(p) if n in MODULES and n != m} for m, p in MODULES.items()}
    done: set[str] = set()
    while ready := {m for m, needs in graph.items() if m not in done and needs <= done}:
        done |= ready
    assert set(graph) - done == set()


def test_functions_can_be_seen_at_once() -> None:
    long = [
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"
        for path in CODE
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef)
        and (node.end_lineno or 0) - node.lineno + 1 > LONGEST_FUNCTION
    ]
    assert long == []


# What we'd rather not have is counted, and the count may only fall.
FORBIDDEN = {"# noqa": 0, "# type: ignore": 6, "pragma: no cover": 0, "TODO": 0, "FIXME": 0}


@pytest.mark.parametrize(("text", "most"), FORBIDDEN.items())
def test_what_we_forbid(text: str, most: int) -> None:
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in CODE
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if text in line
    ]
    assert len(found) <= most, found


def committed_texts() -> list[Path]:
    skipped = {".git", ".venv", ".uv", "node_modules", ".rollbook", ".hypothesis"}
    kinds = {".py", ".md", ".toml", ".txt", ".in", ".yaml", ".yml", ".json", ".html", ".css", ""}
    return [
        path
        for path in ROOT.rglob("*")
        if path.is_file()
        and path.suffix in kinds
        and not skipped & set(path.relative_to(ROOT).parts)
        and not any(part.endswith("_cache") for part in path.parts)
    ]


def test_no_machine_path_and_no_registry_is_committed() -> None:
    # Written apart, so that this file doesn't hold what it looks for.
    pattern = re.compile(
        "|".join(["/" + "work/", "/" + "root/", "pypi" + r"\.org", "index-" + "url ="])
    )
    found = [
        f"{path.relative_to(ROOT)}: {match[0]}"
        for path in committed_texts()
        if (match := pattern.search(path.read_text(encoding="utf-8", errors="replace")))
    ]
    assert found == []
