"""The policy that holds in a school, with the line of each value; and it loads again."""

import json
from pathlib import Path

import pytest

from policy.rules.effective import Effective, effective, effective_json, print_effective
from policy.rules.load import load_policy
from policy.rules.schema import defaults, fields

DISTRICT = """\
version: 1
district: {id: maple, name: Maple, domains: [maple.example], timezone: UTC}
classes:
  scope:
    exclude:
      - {name: "*lunch*"}
      - {subject: Advisory}
  after_term: {archive_after: 14d}
students:
  exceptions:
    - {person: pat.with.a.long.name@maple.example, where: {name: "Chorus*"}, keep: out}
pause:
  - {from: 2027-06-10, to: 2027-08-20}
"""
SCHOOL = """\
schools: ["0042", Lincoln]
classes:
  name: "{course.name}"
  after_term: keep
  scope:
    exclude: [{name: "*recess*"}]
limits:
  student.remove: {class: 5}
"""


@pytest.fixture
def policies(tmp_path: Path) -> Path:
    folder = tmp_path / "policies"
    (folder / "schools").mkdir(parents=True)
    (folder / "district.yaml").write_text(DISTRICT, encoding="utf-8")
    (folder / "schools" / "lincoln.yaml").write_text(SCHOOL, encoding="utf-8")
    return folder


def origins(found: Effective) -> dict[str, str]:
    return {row.field: row.origin for row in found.rows if row.field and row.origin}


def test_each_value_says_where_it_is_from(policies: Path) -> None:
    of_school = origins(effective(policies, ["0042"]))
    assert of_school["district.id"] == "policies/district.yaml:2"
    assert of_school["classes.name"] == "policies/schools/lincoln.yaml:3"
    assert of_school["classes.after_term"] == "policies/schools/lincoln.yaml:4"
    assert of_school["classes.scope.exclude[0]"] == "policies/schools/lincoln.yaml:6"
    assert of_school["classes.scope.terms"] == "built-in default"
    assert of_school["limits.student.remove.class"] == "policies/schools/lincoln.yaml:8"
    assert of_school["limits.student.remove.school"] == "built-in default"
    assert "classes.scope.exclude[1]" not in of_school
    of_district = origins(effective(policies))
    assert of_district["classes.after_term.archive_after"] == "policies/district.yaml:8"
    assert of_district["classes.scope.exclude[1]"] == "policies/district.yaml:7"
    assert of_district["limits.student.remove.class"] == "built-in default"


def test_every_value_is_there_in_the_schemas_order(policies: Path) -> None:
    found = effective(policies)
    assert list(found.data) == [field[0] for field in fields(school_file=False) if len(field) == 1]
    assert set(found.data) == {"version", "district", *defaults()}
    values = {row.text.split(":")[0].strip() for row in found.rows}
    assert {key for part in ("classes", "students") for key in defaults()[part]} <= values


@pytest.mark.parametrize(
    ("school", "claimed"),
    [(["0042"], "0042"), (["Lincoln"], "Lincoln"), (["77", "Lincoln"], "Lincoln"), (["77"], None)],
)
def test_whose_rules_hold(policies: Path, school: list[str], claimed: str | None) -> None:
    found = effective(policies, school)
    assert found.claimed == claimed
    assert found.claims == ("0042", "Lincoln")
    is_lincoln = found.data["classes"]["name"] == "{course.name}"
    assert is_lincoln == (claimed is not None)


@pytest.mark.parametrize("school", [[], ["0042"]])
def test_it_loads_again_to_the_same_rules(
    policies: Path, tmp_path: Path, school: list[str]
) -> None:
    text = print_effective(effective(policies, school), "Title.")
    again = tmp_path / "again"
    again.mkdir()
    (again / "district.yaml").write_text(text, encoding="utf-8")
    whole, shown = load_policy(policies), load_policy(again)
    rules = whole.rules_of("0042", "") if school else whole.defaults
    assert shown.defaults.classes == rules.classes
    assert shown.defaults.co_teachers == rules.co_teachers
    assert shown.district == whole.district
    assert shown.freshness.max_age == whole.freshness.max_age
    assert [(p.start, p.end) for p in shown.pause] == [(p.start, p.end) for p in whole.pause]
    for kind, limit in rules.limits.items():
        assert shown.defaults.limits[kind].class_ == limit.class_
    assert {"classes.scope.grades", "limits.course.create.at_least"} <= set(shown.lines)


def test_it_is_aligned_and_fits_80_columns(policies: Path) -> None:
    rows = print_effective(effective(policies, ["0042"]), "Title.").splitlines()
    assert rows[0] == "# Title."
    columns = [row.index(" # ") for row in rows if " # " in row.lstrip()]
    assert len(set(columns)) <= 3
    assert max(columns, key=columns.count) == columns[0]
    wide = [row for row in rows if len(row) > 80]
    assert [row.strip()[:10] for row in wide] == ["- {person:"]
    assert rows[rows.index(wide[0]) - 1] == "    # policies/district.yaml:11"


def test_as_json(policies: Path) -> None:
    found = effective(policies, ["0042"])
    shown = json.loads(effective_json(found, "Title."))
    assert shown == {"title": "Title.", "policy": found.data, "origins": origins(found)}
