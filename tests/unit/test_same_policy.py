"""A plan is applied only while its policy is the one that it was made by."""

from dataclasses import replace
from pathlib import Path

import pytest

from building import plan
from policy.errors import InputAtFault, PolicyAtFault, StalePlan
from policy.merge.judge import summary_of
from policy.merge.plan import Plan, PolicySummary
from policy.rules.load import load_policy
from policy.same_policy import refuse_another_policy

DISTRICT = """\
version: 1
district:
  id: maple
  name: Maple Schools
  domains: [maple.example]
  timezone: America/Chicago
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "policies"
    (folder / "schools").mkdir(parents=True)
    (folder / "district.yaml").write_text(DISTRICT, encoding="utf-8")
    for name in ("north", "south"):
        text = f"schools: [{name}]\n"
        (folder / "schools" / f"{name}.yaml").write_text(text, encoding="utf-8")
    return folder


def made_by(folder: Path) -> Plan:
    return replace(plan(), policy=summary_of(load_policy(folder)))


def edit(file: Path) -> None:
    file.write_text(file.read_text(encoding="utf-8") + "# a word\n", encoding="utf-8")


def test_the_same_policy(folder: Path, tmp_path: Path) -> None:
    made = made_by(folder)
    refuse_another_policy(made, None)
    moved = folder.rename(tmp_path / "elsewhere")
    refuse_another_policy(made, moved)


def test_other_files_do_not_matter(folder: Path) -> None:
    made = made_by(folder)
    (folder / "README.md").write_text("of the roster", encoding="utf-8")
    (folder / "roster").mkdir()
    refuse_another_policy(made, None)


def test_the_files_that_have_changed_are_named(folder: Path) -> None:
    made = made_by(folder)
    edit(folder / "district.yaml")
    (folder / "schools" / "south.yaml").rename(folder / "schools" / "west.yaml")
    with pytest.raises(StalePlan) as raised:
        refuse_another_policy(made, None)
    assert str(raised.value).splitlines() == [
        f"plan {made.id} was made by another policy than is now in {folder}",
        "  district.yaml is changed",
        "  schools/south.yaml is gone",
        "  schools/west.yaml is new",
        "Nothing was written. Make a new plan.",
    ]


def test_of_many_files_some_are_named(folder: Path) -> None:
    made = made_by(folder)
    for number in range(7):
        (folder / "schools" / f"w{number}.yaml").write_text(f"schools: [w{number}]\n")
    with pytest.raises(StalePlan, match=r"schools/w4.yaml is new\n  and 2 more\nNothing"):
        refuse_another_policy(made, None)


def test_the_file_of_identities_belongs_to_it(folder: Path) -> None:
    named = DISTRICT + "people: {identities: ./identities.csv}\n"
    (folder / "district.yaml").write_text(named, encoding="utf-8")
    (folder / "identities.csv").write_text("sis_key,email\n", encoding="utf-8")
    made = made_by(folder)
    refuse_another_policy(made, None)
    (folder / "identities.csv").write_text("sis_key,email\n7,a@maple.example\n", encoding="utf-8")
    with pytest.raises(StalePlan, match=r"identities\.csv is changed\n"):
        refuse_another_policy(made, None)


def test_a_policy_that_is_broken_since(folder: Path) -> None:
    made = made_by(folder)
    (folder / "district.yaml").write_text("version: [", encoding="utf-8")
    with pytest.raises(PolicyAtFault, match=r"district\.yaml:1"):
        refuse_another_policy(made, None)


def test_it_is_not_known_which_files_there_were(folder: Path) -> None:
    made = made_by(folder)
    made = replace(made, policy=PolicySummary(made.policy.digest, None))
    refuse_another_policy(made, folder)
    edit(folder / "district.yaml")
    with pytest.raises(StalePlan, match=r"in .*policies\nNothing was written"):
        refuse_another_policy(made, folder)


def test_the_folder_is_not_here(folder: Path, tmp_path: Path) -> None:
    made = made_by(folder)
    folder.rename(tmp_path / "elsewhere")
    words = r"policies has no district\.yaml\n.* Nothing was written\.\n  Name .*  --policies DIR"
    with pytest.raises(InputAtFault, match=words) as raised:
        refuse_another_policy(made, None)
    assert raised.value.exit_status == 2
    with pytest.raises(InputAtFault, match="nowhere has no"):
        refuse_another_policy(made, tmp_path / "nowhere")
    with pytest.raises(InputAtFault, match="the plan does not say where it was"):
        refuse_another_policy(plan(), None)
