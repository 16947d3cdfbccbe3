"""Each file or folder in policy/ is a policy with one mistake, beside its exact message.

NAME.yaml stands for a policy of that one district.yaml; a folder NAME for a whole policy folder.
"""

import shutil
from pathlib import Path

import pytest

from policy.errors import PolicyAtFault
from policy.rules.load import load_policy

HERE = Path(__file__).parent / "policy"
MISTAKES = sorted(path for path in HERE.iterdir() if path.suffix != ".txt")
MESSAGES = sorted(HERE.glob("*.txt"))


def lay_out(mistake: Path, folder: Path) -> None:
    if mistake.is_dir():
        shutil.copytree(mistake, folder)
        return
    folder.mkdir()
    shutil.copy(mistake, folder / "district.yaml")


def message_of(mistake: Path) -> Path:
    return HERE / f"{mistake.name.removesuffix('.yaml')}.txt"


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda path: path.name.removesuffix(".yaml"))
def test_a_mistake_gives_its_message(
    mistake: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    lay_out(mistake, tmp_path / "policies")
    with pytest.raises(PolicyAtFault) as raised:
        load_policy(Path("policies"))
    assert f"{raised.value}\n" == message_of(mistake).read_text(encoding="utf-8")


def test_every_message_has_its_mistake() -> None:
    assert sorted(map(message_of, MISTAKES)) == MESSAGES


def test_a_message_that_is_off_by_a_blank_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    text = (HERE / "yes-for-true.yaml").read_text(encoding="utf-8").replace("add: yes", "add:  yes")
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies" / "district.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(PolicyAtFault) as raised:
        load_policy(Path("policies"))
    assert f"{raised.value}\n" != (HERE / "yes-for-true.txt").read_text(encoding="utf-8")
