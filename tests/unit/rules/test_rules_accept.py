"""An entry is added to a list of a policy file, and nothing else of the file changes."""

import shutil
from pathlib import Path

import pytest
import yaml

from policy.errors import InputAtFault, PolicyAtFault
from policy.rules.accept import Acceptance, accept, file_for, with_entry
from policy.rules.load import load_policy
from policy.rules.model import Matcher

EXAMPLE = Path(__file__).resolve().parents[3] / "policy" / "examples" / "springfield"
TRAIL = ("students", "exceptions")
PAT = "pat@springfield.example"
ENTRY = f"{{person: {PAT}, where: {{section: s1}}, keep: in}}"
CASES = {
    "into a block": (
        "a: 1\nstudents:\n  exceptions:\n    - {x: 1}   # one\n\n# next\nlimits: {}\n",
        f"a: 1\nstudents:\n  exceptions:\n    - {{x: 1}}   # one\n    - {ENTRY}\n\n"
        "# next\nlimits: {}\n",
    ),
    "into a block of maps, before a comment": (
        "students:\n  exceptions:\n  - x: 1\n    y: 2\n\n  # c\n  add: x\n",
        f"students:\n  exceptions:\n  - x: 1\n    y: 2\n  - {ENTRY}\n\n  # c\n  add: x\n",
    ),
    "into an empty list": (
        "students:\n  exceptions: []  # none\n",
        f"students:\n  exceptions: [{ENTRY}]  # none\n",
    ),
    "into a list on one line": (
        "students:\n  exceptions: [{x: 1}]\n",
        f"students:\n  exceptions: [{{x: 1}}, {ENTRY}]\n",
    ),
    "a map that has no such list": (
        "students:\n    add: at_once\n\nlimits: {}\n",
        f"students:\n    add: at_once\n    exceptions:\n      - {ENTRY}\n\nlimits: {{}}\n",
    ),
    "a map on one line": (
        "students: {add: at_once}\n",
        f"students: {{add: at_once, exceptions: [{ENTRY}]}}\n",
    ),
    "no such map": ("a: 1\n", f"a: 1\nstudents:\n  exceptions:\n    - {ENTRY}\n"),
    "lines that end as on Windows": (
        "a: 1\r\nstudents:\r\n  add: x\r\n",
        f"a: 1\r\nstudents:\r\n  add: x\r\n  exceptions:\r\n    - {ENTRY}\r\n",
    ),
}


@pytest.mark.parametrize(("before", "after"), CASES.values(), ids=CASES)
def test_one_entry_more_and_nothing_else(before: str, after: str) -> None:
    assert with_entry(before, TRAIL, ENTRY) == after
    items = yaml.safe_load(after)["students"]["exceptions"]
    assert items[-1] == {
        "person": PAT,
        "where": {"section": "s1"},
        "keep": "in",
    }


@pytest.mark.parametrize("text", ["students: all\n", "students:\n", "students:\n  exceptions: x\n"])
def test_what_is_no_list_is_left_alone(text: str) -> None:
    with pytest.raises(InputAtFault):
        with_entry(text, TRAIL, ENTRY)


def test_the_file_whose_list_is_in_force_gets_it(tmp_path: Path) -> None:
    folder = tmp_path / "policies"
    shutil.copytree(EXAMPLE, folder)
    (folder / "schools" / "own.yaml").write_text(
        'schools: ["s-own"]\nstudents:\n  exceptions: []\n', encoding="utf-8"
    )
    policy = load_policy(folder)
    in_school = Acceptance("students.exceptions", ENTRY, "s-own", "Own School")
    elsewhere = Acceptance("students.exceptions", ENTRY, "s-other", "Other School")
    assert file_for(policy, in_school) == folder / "schools" / "own.yaml"
    assert accept(policy, in_school) == folder / "schools" / "own.yaml"
    assert accept(policy, elsewhere) == folder / "district.yaml"
    loaded = load_policy(folder)
    assert [e.person for e in loaded.rules_of("s-own", "").students.exceptions] == [PAT]
    assert [e.person for e in loaded.defaults.students.exceptions] == [PAT]


def test_an_entry_beside_matchers_with_not_and_with_one(tmp_path: Path) -> None:
    folder = tmp_path / "policies"
    shutil.copytree(EXAMPLE, folder)
    (folder / "schools" / "own.yaml").write_text(
        'schools: ["s-own"]\nstudents:\n  exceptions:\n'
        f"    - {{person: {PAT}, where: {{not: {{grade: ['09']}}}}, keep: out}}\n",
        encoding="utf-8",
    )
    entry = f"{{person: {PAT}, where: {{section: s1, not: {{term: fall}}}}, keep: in}}"
    accept(load_policy(folder), Acceptance("students.exceptions", entry, "s-own", ""))
    before, added = load_policy(folder).rules_of("s-own", "").students.exceptions
    assert before.where == Matcher({}, Matcher({"grade": ("09",)}))
    assert added.where == Matcher({"section": ("s1",)}, Matcher({"term": ("fall",)}))


def test_a_policy_that_would_not_load_stays_as_it_was(tmp_path: Path) -> None:
    folder = tmp_path / "policies"
    shutil.copytree(EXAMPLE, folder)
    before = (folder / "district.yaml").read_bytes()
    wrong = Acceptance("students.exceptions", f"{{person: {PAT}, keep: maybe}}", "s", "")
    with pytest.raises(PolicyAtFault):
        accept(load_policy(folder), wrong)
    assert (folder / "district.yaml").read_bytes() == before
