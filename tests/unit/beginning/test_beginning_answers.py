"""The answers: judged as the policy judges them, and what is proposed for one."""

import json
from pathlib import Path

import pytest

from policy.beginning.answers import (
    faults_of,
    id_from,
    installed_from,
    name_from,
    roster_paths,
    system_timezone,
)
from policy.rules.naming import alias


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "Springfield: the “best” \\ schools #1"),
        ("id", "springfield_2-b"),
        ("domains", ["a.example", "students.a.example"]),
        ("timezone", "America/Argentina/Buenos_Aires"),
    ],
)
def test_what_a_policy_takes(field: str, value: str | list[str]) -> None:
    assert faults_of(field, value) == []


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("name", "", "district.name should be"),
        ("id", "Spring Field", "district.id should be 1 to 40 lower-case letters"),
        ("domains", ["@a.example"], "district.domains[0] should be"),
        ("domains", [], "district.domains should be"),
        ("timezone", "Chicago", "did you mean America/Chicago?"),
    ],
)
def test_what_a_policy_refuses(field: str, value: str | list[str], words: str) -> None:
    [fault] = faults_of(field, value)
    assert words in fault


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Springfield Public Schools", "springfield-public-schools"),
        ("École Saint-Étienne (75)", "ecole-saint-etienne-75"),
        ("三鷹市", ""),
        ("A very long name " * 9, "a-very-long-name-a-very-long-name-a-very"),
    ],
)
def test_an_id_from_a_name(name: str, expected: str) -> None:
    assert id_from(name) == expected
    if expected:
        assert faults_of("id", expected) == []
        assert alias(expected, "k")


@pytest.mark.parametrize(
    ("folder", "name"),
    [("springfield-policies", "Springfield"), ("x/lake_view", "Lake View"), ("policies", "")],
)
def test_a_name_from_a_folder(folder: str, name: str) -> None:
    assert name_from(Path(folder)) == name


class TestTimeZone:
    def test_the_environments_is_first(self, tmp_path: Path) -> None:
        assert self.found(tmp_path, "Asia/Tokyo", TZ="Europe/Paris") == "Europe/Paris"

    def test_then_the_files(self, tmp_path: Path) -> None:
        assert self.found(tmp_path, "Asia/Tokyo\n") == "Asia/Tokyo"

    def test_then_the_links(self, tmp_path: Path) -> None:
        zone = tmp_path / "zoneinfo" / "America" / "Denver"
        zone.parent.mkdir(parents=True)
        zone.touch()
        (tmp_path / "localtime").symlink_to(zone)
        assert self.found(tmp_path, "") == "America/Denver"

    @pytest.mark.parametrize("said", ["UTC", "Etc/UTC", "nonsense", ""])
    def test_what_says_nothing_proposes_nothing(self, tmp_path: Path, said: str) -> None:
        assert self.found(tmp_path, said) == ""

    def found(self, folder: Path, file: str, **environment: str) -> str:
        (folder / "timezone").write_text(file, encoding="utf-8")
        return system_timezone(environment, folder / "timezone", folder / "localtime")


@pytest.mark.parametrize(
    ("roster", "expected"),
    [
        (None, ("../roster", "roster")),
        (Path("/srv/drop.zip"), ("/srv/drop.zip", "/srv/drop.zip")),
        (Path("drop"), ("../../drop", "../drop")),
        (Path("repo/roster"), ("../roster", "roster")),
    ],
)
def test_the_rosters_path(roster: Path | None, expected: tuple[str, str]) -> None:
    assert roster_paths(roster, Path("repo")) == expected


COMMIT = "0123456789" * 4


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (None, ""),
        ({"url": "file:///home/me/rollbook", "dir_info": {"editable": True}}, ""),
        (
            {
                "url": "https://git.example.org/a/rollbook.git",
                "vcs_info": {"vcs": "git", "commit_id": COMMIT},
            },
            f"rollbook @ git+https://git.example.org/a/rollbook.git@{COMMIT}",
        ),
        (
            {
                "url": "https://me:secret@git.example.org/r",
                "vcs_info": {"vcs": "git", "commit_id": COMMIT},
            },
            "",
        ),
        (
            {
                "url": "https://git.example.org/$(id)'",
                "vcs_info": {"vcs": "git", "commit_id": COMMIT},
            },
            "",
        ),
    ],
    ids=["index", "local", "git", "with-a-password", "no-plain-address"],
)
def test_where_this_rollbook_comes_from(found: dict[str, object] | None, expected: str) -> None:
    assert installed_from(json.dumps(found) if found else None) == expected
