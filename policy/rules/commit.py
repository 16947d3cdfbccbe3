"""The git commit that a policy folder stands at. Git is asked, never changed; it may be absent."""

import subprocess
from pathlib import Path

from policy.rules.git import ask_git

SECONDS = 10


def commit_of(folder: Path, files: tuple[str, ...]) -> tuple[str | None, bool]:
    """The commit that a folder is at (None: not in git, nothing committed yet, or no git here), and
    whether it holds the folder's policy files just as they are."""
    commit = _git(folder, "rev-parse", "--verify", "HEAD")
    if not commit:
        return None, False
    changed = _git(
        folder, "status", "--porcelain", "--untracked-files=all", "--ignored=matching", "--", *files
    )
    return commit.strip(), changed is not None and not changed.strip()


def _git(folder: Path, *arguments: str) -> str | None:
    try:
        said = ask_git(folder, *arguments, seconds=SECONDS)
    except (OSError, subprocess.SubprocessError):
        return None  # no commit to name: plans then show the digest alone
    return said.stdout.decode(errors="replace") if said.returncode == 0 else None
