"""Somebody writes a policy: the editor's schema, what holds in one school, and a tidy folder."""

import json

from jsonschema import Draft202012Validator

from telling import Story

SCHOOL = "classes: {start_as: 'active'} # no waiting\nschools: [north]\n"


def test_the_schema_for_an_editor(story: Story) -> None:
    said = story.run_as_it_is("schema")
    assert (said.status, said.err) == (0, "")
    whole = json.loads(said.out)
    Draft202012Validator.check_schema(whole)
    assert whole["$defs"]["start_as"]["title"] == "Start as"
    of_schools = json.loads(story.run_as_it_is("schema", "--school-file").out)
    checker = Draft202012Validator(of_schools)
    assert list(checker.iter_errors({"schools": ["0042"]})) == []
    assert len(list(checker.iter_errors({"schools": ["0042"], "version": 1}))) == 1


def test_the_policy_in_one_school(story: Story) -> None:
    story.write_inputs()
    schools = story.folder / "policies" / "schools"
    schools.mkdir()
    (schools / "north.yaml").write_text(SCHOOL, encoding="utf-8")
    said = story.run_as_it_is("explain", "--policy", "--school", "north")
    assert (said.status, said.err) == (0, "")
    assert said.out.startswith("# The policy in school north.\nversion: 1 ")
    line = next(row for row in said.out.splitlines() if "start_as" in row)
    assert line.split("#") == [line.partition("#")[0], " policies/schools/north.yaml:1"]
    named = story.run_as_it_is("explain", "--policy", "policies", "--school", "north")
    assert named.out == said.out
    as_json = json.loads(
        story.run_as_it_is("explain", "--policy", "--school", "north", "--format", "json").out
    )
    assert as_json["policy"]["classes"]["start_as"] == "active"
    assert as_json["origins"]["classes.start_as"] == "policies/schools/north.yaml:1"


def test_a_school_without_a_file_has_the_districts_rules(story: Story) -> None:
    said = story.run("explain", "--policy", "--school", "0077")
    assert said.status == 0
    assert said.err == (
        "No file claims the school 0077, so the district's rules hold there.\n"
        "  Claimed, as they are spelled: none. With --roster, key and name are one.\n"
    )
    district = story.run("explain", "--policy")
    assert district.err == ""
    assert said.out.splitlines()[1:] == district.out.splitlines()[1:]
    asked = story.run("explain", "--policy", "--school", "0077", "--roster", "policies/roster")
    assert asked.status == 2
    assert asked.err == "rollbook: the roster has no school with the key or name 0077\n"


def test_a_name_leads_to_the_key_by_the_roster(story: Story) -> None:
    story.write_inputs()
    rows = (story.folder / "policies/roster/orgs.csv").read_text(encoding="utf-8").splitlines()
    header = rows[0].replace('"', "").split(",")
    cells = dict(zip(header, rows[-1].replace('"', "").split(","), strict=True))
    schools = story.folder / "policies" / "schools"
    schools.mkdir()
    text = f'schools: ["{cells["sourcedId"]}"]\nclasses: {{start_as: active}}\n'
    (schools / "north.yaml").write_text(text, encoding="utf-8")
    options = ("--school", cells["name"], "--roster", "policies/roster")
    said = story.run_as_it_is("explain", "--policy", *options)
    assert (said.status, said.err) == (0, "")
    assert "  start_as: active" in said.out


def test_what_explain_cannot_do_at_once(story: Story) -> None:
    for words, why in (
        (("pat@maple.example", "--policy"), "explain --policy tells of the policy"),
        (("pat@maple.example", "--school", "north"), "--school goes with --policy"),
        (("--policy", "policies", "--policies", "policies"), "leave --policies out"),
        ((), "explain needs a PERSON, a --course, or both; or --policy"),
    ):
        said = story.run("explain", *words)
        assert said.status == 2
        assert why in said.err


def test_a_folder_is_tidied(story: Story) -> None:
    story.write_inputs()
    schools = story.folder / "policies" / "schools"
    schools.mkdir()
    (schools / "north.yaml").write_text(SCHOOL, encoding="utf-8")
    before = story.run_as_it_is("explain", "--policy", "--school", "north", "--format", "json").out
    names = ["policies/district.yaml", "policies/schools/north.yaml"]
    checked = story.run_as_it_is("fmt", "policies", "--check")
    assert (checked.status, checked.out.split()) == (2, names)
    assert checked.err == "policies: 2 of 2 files not tidy; rollbook fmt policies tidies.\n"
    assert (schools / "north.yaml").read_text(encoding="utf-8") == SCHOOL
    done = story.run_as_it_is("fmt", "policies")
    assert (done.status, done.out.split(), done.err) == (
        0,
        names,
        "policies: 2 of 2 files tidied.\n",
    )
    assert (schools / "north.yaml").read_text(encoding="utf-8") == (
        "schools: [north]\n\nclasses: {start_as: active}  # no waiting\n"
    )
    again = story.run_as_it_is("fmt", "policies", "--check")
    assert (again.status, again.out, again.err) == (0, "", "policies: all files are tidy.\n")
    after = story.run_as_it_is("explain", "--policy", "--school", "north", "--format", "json").out
    assert json.loads(after)["policy"] == json.loads(before)["policy"]


def test_a_policy_at_fault_is_not_tidied(story: Story) -> None:
    story.policy += "clases: {}\n"
    said = story.run("fmt", "policies")
    assert said.status == 2
    assert "clases is not a key that is known here; did you mean classes?" in said.err
