"""Tidies the files of a policy folder; each is replaced as a whole or stays as it was."""

import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from policy.errors import InputAtFault
from policy.rules.folder import PolicyFile
from policy.rules.load import load_whole
from policy.rules.tidy import tidied


@dataclass(frozen=True, slots=True)
class Tidying:
    """How many files a folder has, and the names (as messages show them) of those that were not
    tidy."""

    files: int
    untidy: tuple[str, ...]


def tidy_folder(folder: Path, *, write: bool) -> Tidying:
    """Tidy a policy's files; without `write`, only say which are not tidy. All are looked at
    before the first is written.

    Raises PolicyAtFault where the policy has problems, InputAtFault where a file can't be tidied
    or written.
    """
    files = load_whole(folder).files
    changed = [(file, content) for file in files if (content := _tidied(file)) != file.content]
    for file, content in changed if write else ():
        _replace(folder / file.name, file, content)
    return Tidying(len(files), tuple(file.shown for file, _ in changed))


def _tidied(file: PolicyFile) -> bytes:
    return tidied(file.shown, file.text, school_file=file.of_schools).encode()


def _replace(path: Path, file: PolicyFile, content: bytes) -> None:
    """Put the new content in place of what was read. A link stays one; so do the file's rights."""
    real = path.resolve()
    try:
        if real.read_bytes() != file.content:
            raise InputAtFault(f"{file.shown} has changed meanwhile, so it is left as it is")
        # A name that begins with a dot is never read as policy.
        handle, name = tempfile.mkstemp(prefix=".", suffix=".tidy", dir=real.parent)
        new = Path(name)
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(content)
            shutil.copymode(real, new)
            os.replace(new, real)
        finally:
            new.unlink(missing_ok=True)
    except OSError as error:
        raise InputAtFault(f"{file.shown} can't be written: {error.strerror}") from error
