"""The schema, the docs and the code name the same keys, defaults, codes and examples."""

import json
import re
from pathlib import Path
from typing import cast

import pytest
from jsonschema import Draft202012Validator

from policy.rules.filters import FILTERS
from policy.rules.lines import Yaml, dotted, read_yaml
from policy.rules.load import load_policy, merged
from policy.rules.naming import NAMES
from policy.rules.problems import Code
from policy.rules.roads import COMMON, NEEDED, OPTIONAL
from policy.rules.schema import (
    Field,
    Schema,
    defaults,
    fields,
    schema,
)
from policy.rules.scope import FACTS_OF_MATCHER

ROOT = Path(__file__).resolve().parents[3]
POLICY_PAGE = (ROOT / "docs/policy.md").read_text(encoding="utf-8")
ERRORS_PAGE = (ROOT / "docs/errors.md").read_text(encoding="utf-8")
YAML_BLOCKS = re.findall(r"```yaml\n(.*?)```", POLICY_PAGE, flags=re.DOTALL)
MESSAGES = sorted((ROOT / "tests/mistakes/policy").glob("*.txt"))
DISTRICT, SCHOOL = fields(school_file=False), fields(school_file=True)
EITHER = {**DISTRICT, **SCHOOL}
KEYS_OF_SOURCES = (
    *COMMON,
    *dict.fromkeys(k for keys in (NEEDED, OPTIONAL) for some in keys.values() for k in some),
)
SECRETS = {"key", "passphrase", "password", "token", "client_secret"}  # told in one row each
NO_DEFAULT = {"limits": "(no limit)", "people": "(none)"}  # else it is needed
LISTS: set[Field] = {  # of maps; each has a row of its own beside those of its entries' keys
    ("pause",),
    ("classes", "combine"),
    ("co_teachers", "extra"),
    ("students", "exceptions"),
}
WHOLE: set[Field] = {  # matchers are told in a table of their own, the others in one row
    ("classes", "scope", "exclude"),
    ("classes", "scope", "exclude", "not"),
    ("classes", "scope", "terms"),
    ("co_teachers", "extra", "where", "not"),
    ("students", "exceptions", "where", "not"),
    ("classes", "combine", "where"),
    ("classes", "combine", "where", "not"),
    ("co_teachers", "extra", "where"),
    ("students", "exceptions", "where"),
    ("classes", "adopt"),
    ("classes", "after_term"),
    ("tests",),
}
TESTS: set[Field] = {f for f in EITHER if f[0] == "tests"}  # told in tables of their own


def leaves(known: dict[Field, Schema]) -> list[Field]:
    """The keys that have a row in the table: those that hold a value rather than more keys."""
    whole = WHOLE | {("roster", key) for key in SECRETS}
    maps = {field[:-1] for field in known} - LISTS - whole
    inside_tests = TESTS - {("tests",)}
    return [
        field for field in known if field not in maps | inside_tests and field[:-1] not in whole
    ]


def section(page: str, title: str) -> str:
    return page.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def rows(text: str) -> list[list[str]]:
    """The rows of a Markdown table that begin with something in backticks."""
    return [
        [cell.strip() for cell in line.strip("|").split(" | ")]
        for line in text.splitlines()
        if line.startswith("| `")
    ]


def as_field(text: str) -> str:
    return text.strip("` |").replace("[]", "")


def test_the_schema_is_a_schema() -> None:
    Draft202012Validator.check_schema(cast(dict[str, object], schema()))


@pytest.mark.parametrize("field", EITHER, ids=dotted)
def test_every_key_tells_an_editor_what_it_is(field: Field) -> None:
    part = EITHER[field]
    assert part.get("title")
    assert part.get("description") or field[-1] in ("student.remove", "teacher.remove")


def test_every_time_is_told_alike() -> None:
    times = [f for f in DISTRICT if "a time such" in str(DISTRICT[f].get("x-expected"))]
    assert {f: DISTRICT[f]["x-expected"] for f in times} == {
        ("roster", "quiet"): "a time such as 48h or 2d",
        ("roster", "full_read"): "a time such as 48h or 2d",
        ("freshness", "max_age"): "a time such as 48h or 2d",
        ("classes", "offer_again"): "never, or a time such as 48h or 2d",
        ("classes", "after_term", "archive_after"): "a time such as 48h or 2d",
        ("students", "removal_grace"): "a time such as 48h or 2d",
    }


@pytest.mark.parametrize("field", [f for f in DISTRICT if "examples" in DISTRICT[f]], ids=dotted)
def test_every_example_and_default_is_allowed(field: Field) -> None:
    part = DISTRICT[field]
    validator = Draft202012Validator({**part, "$defs": schema()["$defs"]})
    for value in [*cast(list[Yaml], part["examples"]), part.get("default", part["examples"][0])]:  # type: ignore[index]
        assert list(validator.iter_errors(value)) == []


def test_the_defaults() -> None:
    assert defaults() == {
        "roster": [{"source": "folder", "path": "./roster"}],
        "freshness": {"max_age": "36h", "min_size": "80%"},
        "people": {"match": "email", "license": "education_plus"},
        "classes": {
            "scope": {
                "schools": "all",
                "terms": "current",
                "grades": "all",
                "subjects": "all",
                "exclude": [],
            },
            "key": "{school_year}.{section.key}",
            "name": "{section.name}",
            "section": "{section.period}",
            "room": "{section.room}",
            "protect": ["name", "section", "room"],
            "when_incomplete": "wait",
            "start_as": "provisioned",
            "offer_again": "never",
            "owner": "primary_teacher",
            "combine": [],
            "adopt": [],
            "after_term": "keep",
        },
        "co_teachers": {
            "add": True,
            "at_most": 20,
            "when_primary_changes": "keep",
            "extra": [],
            "added_by_hand": "keep",
            "removed_by_hand": "keep",
        },
        "students": {
            "add": "at_once",
            "added_by_hand": "keep",
            "removed_by_hand": "keep",
            "removal_grace": "48h",
            "exceptions": [],
        },
        "limits": {
            "student.remove": {"district": "10%", "school": "25%", "class": "50%", "at_least": 3},
            "teacher.remove": {"district": "10%", "class": "50%", "at_least": 2},
            "course.update": {"district": "75%", "at_least": 0},
            "course.owner": {"district": "10%", "at_least": 3},
            "course.restore": {"district": "10%", "at_least": 3},
            "course.archive": {"district": "10%", "at_least": 0},
            "course.create": {"district": 200, "at_least": 0},
        },
        "pause": [],
        "roles": {"admin": [], "approver": [], "viewer": []},
        "tests": [],
    }


def test_what_a_school_may_hold() -> None:
    assert set(SCHOOL) - set(DISTRICT) == {("schools",)}
    assert set(leaves(dict(DISTRICT))) - set(SCHOOL) == {
        ("version",),
        ("district", "id"),
        ("district", "name"),
        ("district", "domains"),
        ("district", "timezone"),
        *(("roster", key) for key in KEYS_OF_SOURCES),
        ("freshness", "max_age"),
        ("freshness", "min_size"),
        ("people", "match"),
        ("people", "identities"),
        ("people", "license"),
        ("classes", "key"),
        ("limits", "student.remove", "district"),
        ("limits", "teacher.remove", "district"),
        ("limits", "course.update", "district"),
        ("limits", "course.owner", "district"),
        ("limits", "course.restore", "district"),
        ("limits", "course.archive", "district"),
        ("limits", "course.create", "district"),
        ("pause",),
        ("pause", "from"),
        ("pause", "to"),
        ("roles", "admin"),
        ("roles", "approver"),
        ("roles", "viewer"),
    }


class TestPolicyPage:
    def test_it_names_every_key_once(self) -> None:
        named = [as_field(row[0]) for row in rows(section(POLICY_PAGE, "Keys"))]
        assert sorted(named) == sorted(map(dotted, leaves(dict(DISTRICT))))

    @pytest.mark.parametrize(
        "row", rows(section(POLICY_PAGE, "Keys")), ids=lambda row: as_field(row[0])
    )
    def test_it_tells_each_default_and_whether_schools_may_set_it(self, row: list[str]) -> None:
        field = next(f for f in DISTRICT if dotted(f) == as_field(row[0]))
        value: object = defaults()
        for step in field:
            value = value[0] if isinstance(value, list) and value else value
            value = value.get(step) if isinstance(value, dict) else None
        told = row[2].strip("`")
        if value is None or field[0] == "roster":
            optional = {**NO_DEFAULT, "classes.combine.where": "(all)"}
            if field[0] == "roster" and told != "(needed)":
                assert told == str(DISTRICT[field].get("default", "(none)"))
                return
            assert told == optional.get(dotted(field), optional.get(field[0], "(needed)"))
        else:
            document, problems = read_yaml("docs/policy.md", f"value: {told}")
            assert (problems, document and document.data) == ([], {"value": value})
        assert row[3].strip(" |") == ("yes" if field in SCHOOL else "no")

    def test_it_names_every_key_of_a_matcher(self) -> None:
        named = [as_field(row[0]) for row in rows(section(POLICY_PAGE, "Matchers and globs"))]
        assert named == [*FACTS_OF_MATCHER, "not"]

    def test_it_names_every_name_of_a_template(self) -> None:
        named = [row[0].strip("` ") for row in rows(section(POLICY_PAGE, "Templates"))]
        assert named == [*(f"{{{name}}}" for name in NAMES), *FILTERS]

    def test_its_examples_load(self, tmp_path: Path) -> None:
        shortest, whole, school, sources, *tests = YAML_BLOCKS
        (tmp_path / "schools").mkdir()
        (tmp_path / "schools" / "lincoln.yaml").write_text(school, encoding="utf-8")
        for number, text in enumerate(tests):
            (tmp_path / f"{number}.test.yaml").write_text(text, encoding="utf-8")
        for text in (shortest, whole, shortest + sources):
            (tmp_path / "district.yaml").write_text(text, encoding="utf-8")
            policy = load_policy(tmp_path)
            assert set(policy.schools) == {"0042", "0043"}
            assert len(policy.trials) == 6

    def test_its_tables_name_every_key_of_a_test(self) -> None:
        page = section(POLICY_PAGE, "Tests of a policy")
        of_tests, of_sections = page.split("\n| Key of a section |")
        made_up = ("tests", "given", "section")
        within = [dotted(f[3:]) for f in DISTRICT if f[:3] == made_up and len(f) == 4]
        assert [as_field(row[0]) for row in rows(of_sections)] == within
        others = [f for f in DISTRICT if f[0] == "tests" and len(f) > 1]
        others = [f for f in others if len(f) < 4 or f[:2] == ("tests", "expect")]
        maps = {("tests", "given"), ("tests", "expect")}
        named = [as_field(row[0]) for row in rows(of_tests)]
        assert named == [dotted(f[1:]) for f in others if f not in maps]

    def test_its_whole_example_shows_the_defaults(self) -> None:
        _, whole, *_ = YAML_BLOCKS
        document, _ = read_yaml("docs/policy.md", whole)
        assert document is not None
        data = cast(dict[str, Yaml], document.data)
        empty: dict[str, Yaml] = {
            "classes": {"scope": {"exclude": []}, "combine": [], "adopt": []},
            "co_teachers": {"extra": []},
            "students": {"exceptions": []},
            "pause": [],
            "roles": {"admin": [], "approver": []},
            "tests": [],
        }
        shown = merged(data, empty)
        assert {key: shown[key] for key in defaults()} == defaults()


class TestErrorsPage:
    def test_it_has_a_heading_for_each_code_and_no_other(self) -> None:
        headings = re.findall(r"^### (P\d+)$", ERRORS_PAGE, flags=re.MULTILINE)
        assert headings == [code.value for code in Code]

    def test_each_code_is_shown_by_a_mistake(self) -> None:
        text = "".join(path.read_text(encoding="utf-8") for path in MESSAGES)
        shown = set(re.findall(r"docs/errors\.md#(P\d+)$", text, flags=re.MULTILINE))
        assert shown == {code.value for code in Code}


def test_the_schema_file_is_written_as_json_and_nothing_is_written_twice() -> None:
    def refuse_twins(pairs: list[tuple[str, object]]) -> dict[str, object]:
        names = [name for name, _ in pairs]
        assert sorted(names) == sorted(set(names))
        return dict(pairs)

    text = (ROOT / "policy/schema/policy.schema.json").read_text(encoding="utf-8")
    assert json.loads(text, object_pairs_hook=refuse_twins) == schema()
