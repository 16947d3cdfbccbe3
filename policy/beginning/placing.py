"""Files into a folder, all or none, and never over one that is there."""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from pathlib import Path

from policy.errors import InputAtFault


def refuse_what_is_there(folder: Path, names: Iterable[str]) -> None:
    """Raise InputAtFault that lists each of the names that are in the folder already."""
    if os.path.lexists(folder) and not folder.is_dir():
        raise InputAtFault(f"{folder} is a file; expected a folder, or a name that is free")
    there = [name for name in names if os.path.lexists(folder / name)]
    if there:
        listed = "".join(f"\n  {folder / name}" for name in there)
        raise InputAtFault(
            f"init never overwrites, and these are there already:{listed}\n"
            "Nothing was written. Take a folder that has none of them, or move them away."
        )


def place(folder: Path, files: Mapping[str, str], check: Callable[[Path], object]) -> None:
    """Write the files (by their names within the folder), or none of them: they are written into
    a folder of their own on the same disk, checked there, and moved. Raises InputAtFault."""
    refuse_what_is_there(folder, files)
    try:
        is_new = not folder.exists()
        if is_new:
            folder.parent.mkdir(parents=True, exist_ok=True)
        beside = folder.parent if is_new else folder
        aside = Path(tempfile.mkdtemp(prefix=".rollbook-init-", dir=beside))
        try:
            made = aside / "made"
            _write(made, files)
            check(made)
            if is_new:
                made.rename(folder)
            else:
                _move(made, folder, files)
        finally:
            shutil.rmtree(aside)
    except OSError as error:
        where = error.filename or folder
        raise InputAtFault(
            f"{where} can't be written: {error.strerror}. Nothing was written"
        ) from error


def _write(folder: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")


def _move(made: Path, folder: Path, names: Iterable[str]) -> None:
    """A link fails where a file has come in between; then what has been linked is taken back."""
    done: list[Path] = []
    made_folders: list[Path] = []
    try:
        for name in names:
            path = folder / name
            for above in reversed(path.relative_to(folder).parents[:-1]):
                if not (folder / above).exists():
                    (folder / above).mkdir()
                    made_folders.append(folder / above)
            os.link(made / name, path)
            done.append(path)
    except OSError:
        for path in done:
            path.unlink()
        for path in reversed(made_folders):
            with suppress(OSError):  # somebody else's file is in it now
                path.rmdir()
        raise
