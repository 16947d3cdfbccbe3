"""Rules that say something else, in the language's own words; the veil; the tally's few samples."""

from dataclasses import replace
from datetime import timedelta

import pytest

from building import ALL, limit, person, policy, roster, rules, section, student, teacher
from policy.merge.comparison import SAMPLES, Tally, rule_changes, shown
from policy.merge.effective import Line, rules_values
from policy.merge.veil import Veil
from policy.merge.versus import Cause, Difference, Kind, Somebody
from policy.roster.model import Role, School, Source
from policy.rules.build import rules_of
from policy.rules.lines import Yaml
from policy.rules.load import merged
from policy.rules.model import Combine, Extra, Holder, Identity, Matcher, Policy, Roles, SchoolRules
from policy.rules.schema import defaults

ANN = person("ann", name="Ann")
SMITH = replace(person("t1", name="Jo"), family_name="Smith")
ROSTER = roster({section(): (teacher("t1"), student("ann"))}, (SMITH, ANN))
VEIL = Veil(ROSTER)


def changed(old: SchoolRules, new: SchoolRules) -> list[tuple[str, str, str]]:
    found = rule_changes(policy(old), policy(new), ROSTER, VEIL)
    return [(one.field, one.before, one.after) for one in found]


def test_every_rule_with_a_default_is_told_by_its_name_in_the_language() -> None:
    values = rules_values(rules_of(defaults(), {}))
    written: dict[str, Yaml] = {}
    for part in ("classes", "co_teachers", "students"):
        whole = merged({}, defaults()[part])
        scope = whole.pop("scope", {})
        written |= {f"{part}.{key}": value for key, value in whole.items()}
        written |= {f"{part}.scope.{key}": value for key, value in merged({}, scope).items()}
    written |= {f"limits.{kind}": "" for kind in merged({}, defaults()["limits"])}
    assert set(values) == set(written)
    plain = {key: value for key, value in written.items() if isinstance(value, str) and value}
    # 48h and 2d are the same
    assert {key: values[key] for key in plain} == plain | {"students.removal_grace": "2d"}


@pytest.mark.parametrize(
    ("new", "told"),
    [
        pytest.param(rules(), [], id="the same"),
        pytest.param(
            rules(offer_again=timedelta(days=7)),
            [("classes.offer_again", "never", "7d")],
            id="time",
        ),
        pytest.param(
            rules(archive_after=timedelta(hours=36)),
            [("classes.after_term", "keep", "36h")],
            id="h",
        ),
        pytest.param(
            rules(protect=("name",)), [("classes.protect", "room, section", "nothing")], id="list"
        ),
        pytest.param(
            rules(scope=replace(ALL, schools=("a", "l"))),
            [("classes.scope.schools", "all", "a, l")],
            id="all",
        ),
        pytest.param(
            rules(scope=replace(ALL, terms=())),
            [("classes.scope.terms", "all", "current")],
            id="terms",
        ),
        pytest.param(
            rules(scope=replace(ALL, terms=(), lead=timedelta(days=14))),
            [("classes.scope.terms", "all", "{current_or_starts_within: 14d}")],
            id="lead",
        ),
        pytest.param(
            rules(
                scope=replace(ALL, exclude=(Matcher({"name": ("a",)}, Matcher({"grade": ("9",)})),))
            ),
            [("classes.scope.exclude", "nothing", "{name: a, not: {grade: 9}}")],
            id="not",
        ),
        pytest.param(
            rules(combine=(Combine(("course", "period"), Matcher({}), "x:1"),)),
            [("classes.combine", "nothing", "{by: [course, period]}")],
            id="where-left-out",
        ),
        pytest.param(
            rules(scope=replace(ALL, exclude=(Matcher({"name": ("a", "b"), "grade": ("9",)}),))),
            [("classes.scope.exclude", "nothing", "{name: [a, b], grade: 9}")],
            id="matcher",
        ),
        pytest.param(
            rules(limits={"student.remove": limit(district=0.1, at_least=3)}),
            [("limits.student.remove", "nothing", "{district: 10%, at_least: 3}")],
            id="limit",
        ),
    ],
)
def test_a_rule_that_changed(new: SchoolRules, told: list[tuple[str, str, str]]) -> None:
    assert changed(rules(), new) == told


def test_a_list_in_another_order_is_told_whole() -> None:
    one, two = Matcher({"name": ("a",)}), Matcher({"name": ("b",)})
    old, new = (rules(scope=replace(ALL, exclude=e)) for e in ((one, two), (two, one)))
    assert changed(old, new) == [
        ("classes.scope.exclude", "{name: a}, {name: b}", "{name: b}, {name: a}")
    ]


def test_whom_a_rule_names_is_not_shown() -> None:
    extra = Extra(Matcher({"teacher": ("Jo Smith",)}), ("jo@x.example",), "x:1")
    [(_, _, after)] = changed(rules(), rules(extra=(extra,), owner=None))
    assert "mith" not in after
    assert "jo@" not in after
    assert after.startswith("{where: {teacher: person ")
    found = rule_changes(
        policy(rules()), policy(rules(extra=(extra,))), ROSTER, Veil(ROSTER, is_lifted=True)
    )
    assert found[0].after == "{where: {teacher: Jo Smith}, teachers: jo@x.example}"


def test_the_schools_where_it_changed() -> None:
    north = School("n", "North", section().school.place)
    rolls = roster({section(): (), section("s2", school=north): ()}, ())
    old, new = policy(), policy(schools={"n": rules(name="x")})
    new = replace(new, school_lines={"n": {"classes.name": "p/schools/n.yaml:3"}})
    [change] = rule_changes(old, new, rolls, Veil(rolls))
    assert change.schools == ("North",)
    assert (change.line_before.text, change.line_after.text) == (
        "built-in default",
        "p/schools/n.yaml:3",
    )


def test_what_changed_for_the_district() -> None:
    def zoned(zone: str) -> Policy:
        return replace(policy(), district=replace(policy().district, timezone=zone))

    [change] = rule_changes(zoned("UTC"), zoned("Europe/Paris"), ROSTER, VEIL)
    assert (change.field, change.after) == ("district.timezone", "Europe/Paris")
    assert change.schools == ()


def test_whom_the_district_names_is_not_shown() -> None:
    both = Roles(viewer=(Holder("jo@x.example", False), Holder("all@x.example", True)))
    new = replace(policy(), roles=both, identities={"k1": Identity("ann@x.example", "i.csv:2")})
    by_field = {c.field: c.after for c in rule_changes(policy(), new, ROSTER, VEIL)}
    assert by_field.keys() == {"roles.viewer", "people.identities"}
    assert by_field["roles.viewer"].endswith(", group:all@x.example")
    assert "jo@" not in by_field["roles.viewer"]
    assert "ann" not in by_field["people.identities"]


class TestVeil:
    def test_a_pseudonym_is_the_same_in_one_drop_and_another_one_in_the_next(self) -> None:
        first = VEIL.person(Role.STUDENT, "ann", "ann@demo.example")
        assert first == VEIL.person(Role.STUDENT, "ann", "ann@demo.example")
        assert first != VEIL.person(Role.STUDENT, "t1", "t1@demo.example")
        next_drop = replace(ROSTER, source=Source("roster", "r1", {}))
        assert first != Veil(next_drop).person(Role.STUDENT, "ann", "ann@demo.example")
        assert "ann" not in first

    def test_one_person_has_one_pseudonym_however_they_are_named(self) -> None:
        by_key = VEIL.person(Role.STUDENT, "ann", "ann@demo.example").split()[1]
        by_email = VEIL.person(Role.STUDENT, "", "Ann@demo.example").split()[1]
        in_text = VEIL.text("with ann@demo.example", "s1").split()[2]
        assert by_key == by_email == in_text

    @pytest.mark.parametrize(
        "text",
        ["Algebra Smith", "SMITH: Algebra", "Jo Smith", "Smith, Jo", "(smith)", "t1@demo.example"],
    )
    def test_no_teacher_is_named_in_a_text(self, text: str) -> None:
        hidden = VEIL.text(text, "s1")
        assert "mith" not in hidden.casefold()
        assert "t1@" not in hidden
        assert VEIL.person(Role.TEACHER, "t1", "").split()[1] in hidden

    def test_words_in_which_a_name_is_stay(self) -> None:
        assert VEIL.text("Blacksmithing", "s1") == "Blacksmithing"

    def test_students_whole_names_are_hidden(self) -> None:
        assert "Ann" not in VEIL.text("Study of Ann Example", "s1")
        assert VEIL.text("Example 9", "s1") == "Example 9"

    def test_a_name_in_two_words_however_it_is_spaced(self) -> None:
        cruz = replace(SMITH, family_name="De  La Cruz")
        veil = Veil(replace(ROSTER, people={"t1": cruz}))
        assert "Cruz" not in veil.text("Art De La Cruz", "s1")

    def test_lifted_it_shows_all(self) -> None:
        veil = Veil(ROSTER, is_lifted=True)
        assert veil.text("Smith, t1@x.example", "s1") == "Smith, t1@x.example"
        assert veil.person(Role.TEACHER, "t1", "t1@x.example") == "Jo Smith (t1@x.example)"
        assert veil.person(Role.TEACHER, "", "c@x.example") == "c@x.example"


def test_a_key_made_from_a_name_is_veiled_too() -> None:
    cause = Cause("classes.key", Line("x:1"))
    key = Difference(Kind.KEY, section(), cause, before="d:a.Jo%20Smith", after="d:a.1")
    assert "mith" not in shown(key, VEIL).before
    assert shown(key, VEIL).after == "d:a.1"


def test_a_tally_counts_everything_and_keeps_few() -> None:
    tally = Tally()
    for number in range(100):
        cause = Cause(f"field{number // 50}", Line("x:1"))
        who = Somebody(Role.STUDENT, f"s{number}", "")
        tally.add(Difference(Kind.STUDENT_IN, section(), cause, person=who), VEIL)
    assert tally.counts() == {Kind.STUDENT_IN: 100}
    assert [n for _, n in tally.causes_of(Kind.STUDENT_IN)] == [50, 50]
    assert len(tally.samples[Kind.STUDENT_IN]) == SAMPLES
    assert [s.cause.field for s in tally.samples[Kind.STUDENT_IN]] == ["field0"] * 3 + [
        "field1"
    ] * 3
