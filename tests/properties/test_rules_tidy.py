"""Whatever a policy looks like: tidied, it says the same, has the same comments, and is tidy."""

import json
from pathlib import Path
from tempfile import TemporaryDirectory

import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from policy.errors import InputAtFault, PolicyAtFault
from policy.rules.lines import read_yaml
from policy.rules.load import load_policy
from policy.rules.tidy import tidied
from policy.rules.tidy_folder import tidy_folder
from valid_policies import Sprinkled, districts, school_files, sprinkled

unhurried = settings(deadline=None, max_examples=150, suppress_health_check=list(HealthCheck))


def says(text: str) -> str:
    document, problems = read_yaml("", text)
    assert document is not None
    assert problems == []
    return json.dumps(document.data, sort_keys=True)


def check(policy: Sprinkled, *, school_file: bool) -> None:
    said = json.dumps(policy.data, sort_keys=True)
    assert says(policy.text) == said
    tidy = tidied("a file", policy.text, school_file=school_file)
    assert says(tidy) == said
    for comment in policy.comments:
        assert sum(row.endswith(comment.rstrip()) for row in tidy.splitlines()) >= 1
    assert tidy.count("#") == policy.text.count("#")
    assert tidied("a file", tidy, school_file=school_file) == tidy
    assert yaml.safe_load(tidy) == yaml.safe_load(policy.text)


@unhurried
@given(sprinkled(districts))
def test_a_district(policy: Sprinkled) -> None:
    check(policy, school_file=False)


@unhurried
@given(sprinkled(school_files))
def test_a_file_of_schools(policy: Sprinkled) -> None:
    check(policy, school_file=True)


PIECES = [
    *("\n", "  ", "\t", "#", " # ", "- ", ": ", "? ", "{", "}", "[", "]", ",", '"', "'", "|", ">-"),
    *("&a ", "*a", "!x ", "---\n", "...\n", "%YAML 1.2\n", "<<: ", "\r", "\r\n", "\x85", "\u2028"),
    *("\ufeff", "\x00", "09", "null", "~", "true", "version: 1\n", "\n\n\n", "😀", "x" * 300),
]


@unhurried
@given(
    sprinkled(districts),
    sprinkled(school_files),
    st.floats(0, 1),
    st.integers(0, 12),
    st.sampled_from(PIECES),
    st.booleans(),
)
def test_a_policy_with_one_change(
    district: Sprinkled, school: Sprinkled, where: float, cut: int, piece: str, at_school: bool
) -> None:
    """It loads, or PolicyAtFault says why. What loads can be tidied, or is left as it is; and it
    loads to the same rules then."""
    texts = [district.text, school.text]
    old = texts[at_school]
    place = int(where * len(old))
    texts[at_school] = old[:place] + piece + old[place + cut :]
    with TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "schools").mkdir()
        for file, text in zip(("district.yaml", "schools/a.yaml"), texts, strict=True):
            (folder / file).write_bytes(text.encode())
        try:
            before = load_policy(folder)
            tidy_folder(folder, write=True)
        except (PolicyAtFault, InputAtFault):
            return
        after = load_policy(folder)
        assert after.district == before.district
        assert set(after.schools) == set(before.schools)
        assert tidy_folder(folder, write=True).untidy == ()
