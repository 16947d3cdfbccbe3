"""Git, asked about a policy's folder and never told to change anything. The folder is data: its
repository may not have a program run, nor be asked for more than is here.
"""

import os
import subprocess
from pathlib import Path

_SAFE = ("-c", "core.fsmonitor=false", "-c", "protocol.allow=never")
_QUIET = {"GIT_OPTIONAL_LOCKS": "0", "GIT_NO_LAZY_FETCH": "1", "LC_ALL": "C"}


def ask_git(
    folder: Path, *arguments: str, seconds: float, asked: bytes = b""
) -> "subprocess.CompletedProcess[bytes]":
    """What git says, whatever its status; `asked` is what it reads. Raises FileNotFoundError where
    there is no git, else OSError, subprocess.TimeoutExpired."""
    # In a git hook GIT_DIR points to the hook's repository.
    environment = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
    return subprocess.run(
        ["git", "-C", str(folder), *_SAFE, *arguments],
        env=environment | _QUIET,
        input=asked,
        capture_output=True,
        timeout=seconds,
        check=False,
    )
