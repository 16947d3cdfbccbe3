"""All files or none, and never over one that is there."""

from pathlib import Path

import pytest

from policy.beginning.placing import place
from policy.errors import InputAtFault

FILES = {"policies/district.yaml": "a\n", ".vscode/settings.json": "b\n", "README.md": "c\n"}


def tree(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8")
        for path in folder.rglob("*")
        if path.is_file()
    }


def fine(_made: Path) -> None:
    """Nothing to say against it."""


def test_into_a_folder_that_is_not_there(tmp_path: Path) -> None:
    place(tmp_path / "some" / "where", FILES, fine)
    assert tree(tmp_path) == {f"some/where/{name}": text for name, text in FILES.items()}


def test_into_one_that_is(tmp_path: Path) -> None:
    (tmp_path / ".vscode").mkdir()
    (tmp_path / ".vscode" / "mine").write_text("m", encoding="utf-8")
    place(tmp_path, FILES, fine)
    assert tree(tmp_path) == {**FILES, ".vscode/mine": "m"}
    assert sorted(path.name for path in tmp_path.iterdir()) == [".vscode", "README.md", "policies"]


def test_what_is_there_is_all_listed_and_nothing_written(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("mine", encoding="utf-8")
    (tmp_path / ".vscode").mkdir()
    (tmp_path / ".vscode" / "settings.json").symlink_to("nowhere")
    with pytest.raises(InputAtFault) as found:
        place(tmp_path, FILES, fine)
    assert f"{tmp_path}/.vscode/settings.json\n  {tmp_path}/README.md\n" in str(found.value)
    assert tree(tmp_path) == {"README.md": "mine"}


@pytest.mark.parametrize("is_there", [True, False])
def test_what_the_check_refuses_leaves_nothing(tmp_path: Path, is_there: bool) -> None:
    def refuse(made: Path) -> None:
        assert tree(made) == FILES
        raise InputAtFault("no")

    folder = tmp_path / "repo"
    if is_there:
        folder.mkdir()
    with pytest.raises(InputAtFault, match="no"):
        place(folder, FILES, refuse)
    assert list(tmp_path.rglob("*")) == ([folder] if is_there else [])


def test_a_file_that_comes_in_between_takes_all_back(tmp_path: Path) -> None:
    def somebody_else(_made: Path) -> None:
        (tmp_path / "README.md").write_text("theirs", encoding="utf-8")

    with pytest.raises(InputAtFault, match="Nothing was written"):
        place(tmp_path, FILES, somebody_else)
    assert tree(tmp_path) == {"README.md": "theirs"}
    assert [path.name for path in tmp_path.iterdir()] == ["README.md"]


def test_a_file_where_the_folder_should_be(tmp_path: Path) -> None:
    (tmp_path / "repo").write_text("x", encoding="utf-8")
    with pytest.raises(InputAtFault, match="is a file; expected a folder"):
        place(tmp_path / "repo", FILES, fine)
    with pytest.raises(InputAtFault, match="can't be written"):
        place(tmp_path / "repo" / "inside", FILES, fine)
