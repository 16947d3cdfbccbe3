"""What every source is to the rest: something that brings the newest whole drop.

A drop is files that `policy.roster.load` reads. What comes over HTTP is written down as OneRoster
1.1 CSV (only the columns that rostering needs), so that rows have lines, an admin can look at them,
and everything behind is the same for all roads.
"""

import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from policy.errors import RosterAtFault
from policy.roster.codes import Code, problem
from policy.rules.sources import Secret


@dataclass(frozen=True, slots=True)
class Arrival:
    """A drop that is here, and when its newest word was given (by the SIS, as far as is known).
    `notes` are things that an admin should know about the way it came: no personal data."""

    path: Path
    written: datetime
    notes: tuple[str, ...] = ()


class Source(Protocol):
    """A road. It keeps its drops and its state (cursors) in a folder of its own, and leaves what
    is at the other end as it was."""

    def fetch(self) -> Arrival:
        """The newest whole drop; the last good one again where nothing newer has come. Raises
        RosterAtFault (codes R301 to R307) where there is none, or the way to it is at fault."""


def revealed(secret: Secret) -> str:
    """The secret itself, without blanks and line ends around it. Raises RosterAtFault (R305)."""
    if secret.env is not None:
        value, where = os.environ.get(secret.env, ""), f"the environment variable {secret.env}"
    else:
        where = f"the file {secret.file}"
        try:
            value = Path(secret.file or "").read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            why = error.strerror if isinstance(error, OSError) else "it is not text"
            words = f"{where} should hold a secret and can't be read ({why})"
            raise RosterAtFault([problem(secret.line, words, Code.SECRET)]) from error
    if not value.strip():
        words = f"{where} should hold a secret and is empty or not set"
        raise RosterAtFault([problem(secret.line, words, Code.SECRET)])
    return value.strip()
