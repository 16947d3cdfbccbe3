"""The file of people.identities, as it is read with the policy. Mistakes: tests/mistakes."""

from pathlib import Path

import pytest

from policy.errors import PolicyAtFault
from policy.rules import identities
from policy.rules.load import load_policy
from policy.rules.model import Identity, Policy

POLICY = """\
version: 1
district:
  id: springfield
  name: Springfield Public Schools
  domains: [springfield.example]
  timezone: America/Chicago
people:
  identities: {}
"""


def folder(place: Path, text: str, *, named: str = "./identities.csv") -> Path:
    policies = place / "policies"
    policies.mkdir(exist_ok=True)
    (policies / "district.yaml").write_text(POLICY.format(named), encoding="utf-8")
    (policies / "identities.csv").write_bytes(text.encode())
    return policies


def load(place: Path, text: str, **more: str) -> Policy:
    return load_policy(folder(place, text, **more))


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("sis_key,email\nt-1,Ada@Springfield.Example\n", id="plain"),
        pytest.param("sis_key,email\r\nt-1,ada@springfield.example\r\n", id="as Windows writes it"),
        pytest.param(
            '\ufeff"sis_key","email"\n"t-1","ada@springfield.example"', id="as Excel does"
        ),
        pytest.param("sis_key,email\n t-1 , ada@springfield.example \n\n", id="blanks"),
    ],
)
def test_a_row(text: str, tmp_path: Path) -> None:
    one = Identity("ada@springfield.example", "policies/identities.csv:2")
    assert load(tmp_path, text).identities == {"t-1": one}


def test_two_keys_of_one_person_and_lines_that_count_blank_ones(tmp_path: Path) -> None:
    found = load(
        tmp_path, 'sis_key,email\n\n"t,1",a@springfield.example\nt-2,a@springfield.example\n'
    )
    assert {key: one.line[-2:] for key, one in found.identities.items()} == {
        "t,1": ":3",
        "t-2": ":4",
    }


def test_no_rows_and_no_file(tmp_path: Path) -> None:
    assert load(tmp_path, "sis_key,email\n").identities == {}
    policies = tmp_path / "policies"
    (policies / "district.yaml").write_text(POLICY.partition("people")[0], encoding="utf-8")
    assert load_policy(policies).identities == {}


def test_its_bytes_are_part_of_the_digest(tmp_path: Path) -> None:
    one = load(tmp_path, "sis_key,email\nt-1,a@springfield.example\n")
    same = load(tmp_path, "sis_key,email\nt-1,a@springfield.example\n")
    other = load(tmp_path, "sis_key,email\nt-1,b@springfield.example\n")
    assert one.digest == same.digest != other.digest


def test_a_link_that_leads_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "elsewhere.csv").write_text("sis_key,email\n", encoding="utf-8")
    policies = folder(tmp_path, "")
    (policies / "identities.csv").unlink()
    (policies / "identities.csv").symlink_to(tmp_path / "elsewhere.csv")
    with pytest.raises(PolicyAtFault, match="should be a file in the policy's folder"):
        load_policy(policies)


@pytest.mark.parametrize("named", [".", "./schools", "C:\\identities.csv", "\\\\host\\x.csv"])
def test_what_is_no_file_of_the_folder(named: str, tmp_path: Path) -> None:
    policies = folder(tmp_path, "", named=f"'{named}'")
    (policies / "schools").mkdir()
    with pytest.raises(PolicyAtFault, match=r"P10[17]"):
        load_policy(policies)


def test_a_file_that_is_too_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(identities, "LARGEST", 10)
    with pytest.raises(PolicyAtFault, match="is too large; the most is 10 bytes"):
        load(tmp_path, "sis_key,email\n")


@pytest.mark.parametrize(
    "row",
    ['"t\n1",a@springfield.example', "t\x001,a@springfield.example", '"t"1,a@springfield.example'],
)
def test_odd_rows_are_problems_with_their_line(row: str, tmp_path: Path) -> None:
    with pytest.raises(PolicyAtFault, match=r"identities\.csv:[23]:\d+  .*"):
        load(tmp_path, f"sis_key,email\n{row}\n")
