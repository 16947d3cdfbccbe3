"""The files of a policy folder, tidied where they stand."""

import os
import stat
from pathlib import Path

import pytest

from policy.errors import InputAtFault, PolicyAtFault
from policy.rules import tidy_folder as module
from policy.rules.tidy_folder import Tidying, tidy_folder

TIDY = """\
version: 1

district: {id: maple, name: Maple, domains: [maple.example], timezone: UTC}
"""
UNTIDY = TIDY.replace("\n\n", "\n")
SCHOOL = "classes:  {protect: []}\nschools: ['0042']  # Lincoln\n"
SCHOOL_TIDY = 'schools: ["0042"]  # Lincoln\n\nclasses: {protect: []}\n'
EXAMPLES = Path(__file__).resolve().parents[3] / "policy" / "examples"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "schools").mkdir()
    (tmp_path / "district.yaml").write_text(UNTIDY, encoding="utf-8")
    (tmp_path / "schools" / "lincoln.yaml").write_text(SCHOOL, encoding="utf-8")
    return tmp_path


def contents(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_every_file_is_tidied_once(folder: Path) -> None:
    names = (str(folder / "district.yaml"), str(folder / "schools" / "lincoln.yaml"))
    before = contents(folder)
    assert tidy_folder(folder, write=False) == Tidying(2, names)
    assert contents(folder) == before
    assert tidy_folder(folder, write=True) == Tidying(2, names)
    assert contents(folder) == {
        "district.yaml": TIDY.encode(),
        "schools/lincoln.yaml": SCHOOL_TIDY.encode(),
    }
    assert tidy_folder(folder, write=True) == Tidying(2, ())


def test_a_byte_order_mark_goes(folder: Path) -> None:
    (folder / "district.yaml").write_bytes(b"\xef\xbb\xbf" + TIDY.encode())
    tidy_folder(folder, write=True)
    assert (folder / "district.yaml").read_bytes() == TIDY.encode()


def test_a_policy_with_a_problem_is_left_alone(folder: Path) -> None:
    (folder / "schools" / "b.yaml").write_text("schools: ['0042']\n", encoding="utf-8")
    before = contents(folder)
    with pytest.raises(PolicyAtFault, match="claimed already"):
        tidy_folder(folder, write=True)
    assert contents(folder) == before


def test_rights_and_links_stay(folder: Path, tmp_path: Path) -> None:
    real = tmp_path / "elsewhere.txt"
    (folder / "district.yaml").rename(real)
    real.chmod(0o640)
    (folder / "district.yaml").symlink_to(real)
    tidy_folder(folder, write=True)
    assert (folder / "district.yaml").is_symlink()
    assert real.read_text(encoding="utf-8") == TIDY
    assert stat.S_IMODE(real.stat().st_mode) == 0o640


def test_what_cannot_be_written_is_as_it_was(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    before = contents(folder)
    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(InputAtFault, match=r"district\.yaml can't be written: No space left"):
        tidy_folder(folder, write=True)
    assert contents(folder) == before


def test_a_file_that_somebody_saves_meanwhile_is_theirs(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def saved_meanwhile(file: module.PolicyFile) -> bytes:
        (folder / file.name).write_text("# new\n" + file.text, encoding="utf-8")
        return b"tidied"

    monkeypatch.setattr(module, "_tidied", saved_meanwhile)
    with pytest.raises(InputAtFault, match="has changed meanwhile"):
        tidy_folder(folder, write=True)
    assert (folder / "district.yaml").read_text(encoding="utf-8") == "# new\n" + UNTIDY


@pytest.mark.parametrize("example", sorted(path.name for path in EXAMPLES.iterdir()))
def test_our_examples_are_tidy(example: str) -> None:
    assert tidy_folder(EXAMPLES / example, write=False).untidy == ()
