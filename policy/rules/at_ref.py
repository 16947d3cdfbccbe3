"""A policy folder as it was at a commit of git. Its files are read out of git's own storage:
nothing is checked out, no hook or filter runs, and nothing is fetched.
"""

import os
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path, PurePosixPath

from policy.errors import InputAtFault
from policy.rules.folder import DISTRICT, SCHOOLS
from policy.rules.git import ask_git
from policy.rules.identities import named_in
from policy.rules.load import load_policy
from policy.rules.model import Policy
from policy.rules.problems import printable

SECONDS = 60
_FILES = ("100644", "100755")  # modes of git that are files; 120000 is a symbolic link
_LINK = "120000"


def load_policy_at(folder: Path, ref: str) -> Policy:
    """The policy of a folder (which is there now) as it was at a ref: a branch, tag or commit.

    Raises InputAtFault if git, the ref or the folder at it is not there, PolicyAtFault with all
    problems of the files; each names the ref.
    """
    name = Path(os.path.abspath(folder)).name
    prefix = _git(folder, "rev-parse", "--show-prefix")
    inside = os.fsdecode(prefix).rstrip("\n").rstrip("/")
    commit = _commit(folder, ref)
    shown = f"{printable(ref)}:{printable(inside or name)}"
    listed = _listed(folder, commit, inside)
    blobs = dict(_blobs(listed, filter(_is_looked_at, listed), shown))
    if not any(path == DISTRICT or path.startswith(f"{SCHOOLS}/") for path in blobs):
        raise InputAtFault(
            f"--against {ref}: there is no policy in {shown}; the folder may have had another name "
            "then. Name a ref that has it"
        )
    contents = dict(_contents(folder, blobs))
    beside = named_in(contents.get(DISTRICT, b"").decode("utf-8-sig", "replace"))
    if beside is not None and beside in listed:
        contents |= _contents(folder, dict(_blobs(listed, [beside], shown)))
    with tempfile.TemporaryDirectory(prefix="rollbook-") as place:
        copy = Path(place) / (name or "policy")
        copy.mkdir()
        for path, content in contents.items():
            (copy / path).parent.mkdir(parents=True, exist_ok=True)
            (copy / path).write_bytes(content)
        policy = load_policy(copy, shown)
    return replace(policy, folder=shown, commit=commit, clean=True)


def _commit(folder: Path, ref: str) -> str:
    if not ref.strip() or ref.startswith("-") or "\0" in ref:
        raise InputAtFault(
            f"--against {printable(ref)!r} is no name of a branch, a tag or a commit"
        )
    found = _ask(folder, "rev-parse", "--verify", "--quiet", f"{ref}^{{commit}}")
    if found.returncode != 0:
        raise InputAtFault(
            f"--against {printable(ref)}: git knows no such branch, tag or commit here. In a clone "
            "that is not whole (as in CI), fetch it first, such as: git fetch origin main, and "
            "--against origin/main"
        )
    return found.stdout.decode().strip()


def _listed(folder: Path, commit: str, inside: str) -> Mapping[str, tuple[str, str]]:
    """All files of the folder, by their names within it: git's mode and id of each."""
    start = f"{inside}/" if inside else ""
    where = ("--", start) if inside else ()
    listed = _git(folder, "ls-tree", "-r", "-z", "--full-tree", commit, *where)
    found: dict[str, tuple[str, str]] = {}
    for line in filter(None, listed.split(b"\0")):
        head, _, raw = line.partition(b"\t")
        mode, _, blob = head.decode().split()
        found[os.fsdecode(raw).removeprefix(start)] = mode, blob
    return found


def _blobs(
    listed: Mapping[str, tuple[str, str]], paths: Iterable[str], shown: str
) -> Iterator[tuple[str, str]]:
    """Some of the files, and git's ids of what they hold. Raises InputAtFault for a symbolic
    link: what it leads to may be in no commit."""
    for path in paths:
        mode, blob = listed[path]
        if mode == _LINK:
            raise InputAtFault(
                f"--against: {shown}/{printable(path)} is a symbolic link, which is not followed "
                "in git; put the file itself there"
            )
        if mode in _FILES:
            yield path, blob


def _is_looked_at(path: str) -> bool:
    """Is it YAML that the loader would look at in the working tree?"""
    parts = PurePosixPath(path).parts
    is_near = len(parts) == 1 or parts[0].casefold().startswith("school")
    is_plain = not any(part.startswith(".") for part in parts)
    return is_near and is_plain and path.casefold().endswith((".yaml", ".yml"))


def _contents(folder: Path, blobs: Mapping[str, str]) -> Mapping[str, bytes]:
    """What the files hold, all asked for at once. Git answers each with a line
    "id blob size", so many bytes, and a line end."""
    asked = "".join(f"{blob}\n" for blob in blobs.values()).encode()
    answer = _git(folder, "cat-file", "--batch", asked=asked)
    contents: dict[str, bytes] = {}
    start = 0
    for path in blobs:
        end = answer.index(b"\n", start)
        words = answer[start:end].split()
        if len(words) != 3:
            raise InputAtFault(f"--against: git does not have what {printable(path)} held then")
        size = int(words[2])
        contents[path] = answer[end + 1 : end + 1 + size]
        start = end + 1 + size + 1
    return contents


def _git(folder: Path, *arguments: str, asked: bytes = b"") -> bytes:
    """What git says. Raises InputAtFault with git's words."""
    done = _ask(folder, *arguments, asked=asked)
    if done.returncode != 0:
        words = done.stderr.decode(errors="replace").strip().splitlines() or ["no reason given"]
        said = printable(words[0].removeprefix("fatal: "))
        raise InputAtFault(f"--against: git can't look into {printable(str(folder))}: {said}")
    return done.stdout


def _ask(folder: Path, *arguments: str, asked: bytes = b"") -> "subprocess.CompletedProcess[bytes]":
    try:
        return ask_git(folder, *arguments, seconds=SECONDS, asked=asked)
    except FileNotFoundError:
        raise InputAtFault("--against needs git, and there is no program of that name") from None
    except (OSError, subprocess.SubprocessError) as error:
        raise InputAtFault(f"--against: git can't be asked: {error}") from error
