"""What the documents say is true: commands, links, the README's commands and scopes."""

import re
from pathlib import Path

import pytest

from policy.cli import cli
from policy.google.credentials import AUDIT_SCOPE, GROUPS_SCOPE, LICENSING_SCOPE, SCOPES
from policy.merge import versus
from policy.merge.plan import Kind
from script.commands import page

ROOT = Path(__file__).parents[1]
PAGES = sorted(
    p
    for p in (*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("policy/**/*.md"))
    if ".venv" not in p.parts
)


def text(path: str | Path) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


def test_commands_are_documented_as_they_are() -> None:
    assert text("docs/commands.md") == page()


@pytest.mark.parametrize("path", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_links_lead_somewhere(path: Path) -> None:
    targets = re.findall(r"\]\(([^)#\s]+)[^)]*\)|src=\"([^\"]+)\"", text(path))
    local = [a or b for a, b in targets if "://" not in (a or b)]
    missing = [target for target in local if not (path.parent / target).exists()]
    assert missing == []


def test_the_readmes_commands_exist() -> None:
    words = text("README.md")
    assert set(re.findall(r"^make (\w+)$", words, re.MULTILINE)) == {"demo", "test"}
    assert set(re.findall(r"rollbook (\w+)", words)) <= set(cli.commands)


def test_the_readme_names_just_the_scopes_that_the_code_uses() -> None:
    lines = [line for line in text("README.md").splitlines() if "googleapis.com/auth/" in line]
    named = [scope for line in lines for scope in line.strip().split(",")]
    assert named == [*SCOPES, AUDIT_SCOPE, LICENSING_SCOPE, GROUPS_SCOPE]


def test_the_settings_page_names_just_the_scopes_that_the_code_uses() -> None:
    rows = re.findall(r"^\| `([a-z.]+)` \|", text("docs/settings.md"), re.MULTILINE)
    used = [*SCOPES, AUDIT_SCOPE, LICENSING_SCOPE, GROUPS_SCOPE]
    assert rows == [scope.removeprefix("https://www.googleapis.com/auth/") for scope in used]


def test_every_kind_of_change_is_documented() -> None:
    words = text("docs/plans.md")
    assert [kind.value for kind in Kind if f"`{kind.value}`" not in words] == []


def test_every_kind_of_difference_is_documented() -> None:
    words = text("docs/reviewing.md")
    assert [kind.value for kind in versus.Kind if f"`{kind.value}`" not in words] == []


def test_the_changelog_names_this_version() -> None:
    version = re.search(r'^version = "(.+)"$', text("pyproject.toml"), re.MULTILINE)
    assert version is not None
    assert f"## {version[1]}" in text("CHANGELOG.md")
