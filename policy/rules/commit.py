"""The git commit that a policy folder stands at. Git is asked, never changed; it may be absent."""

import os
import subprocess
from pathlib import Path

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
    # In a git hook GIT_DIR points to the hook's repository. A repository's own settings may name
    # a program to run (core.fsmonitor); a policy folder is data.
    environment = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
    command = ["git", "-C", str(folder), "-c", "core.fsmonitor=false", *arguments]
    try:
        done = subprocess.run(
            command,
            env=environment | {"GIT_OPTIONAL_LOCKS": "0"},
            capture_output=True,
            text=True,
            errors="replace",
            timeout=SECONDS,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None  # no commit to name: plans then show the digest alone
    return done.stdout
