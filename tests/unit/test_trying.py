"""A policy's tests, tried: each given section and roster goes the way of a night; what differs is
told with the policy's word on it."""

import re
from datetime import date
from pathlib import Path

import pytest

from policy.rules.load import load_policy
from policy.trying import Outcome, try_policy
from telling import three_sections

TODAY = date(2026, 9, 1)
HEAD = """\
version: 1
district: {id: maple, name: Maple, domains: [maple.example, m.example], timezone: UTC}
"""
DOCS = (Path(__file__).parents[2] / "docs/policy.md").read_text(encoding="utf-8")


def tried(tmp_path: Path, given: str, expect: str, policy: str = "") -> Outcome:
    """One test, of a policy with these lines."""
    test = f"tests:\n  - name: one\n    given: {given}\n    expect: {expect}\n"
    (tmp_path / "district.yaml").write_text(HEAD + policy + test, encoding="utf-8")
    [outcome] = try_policy(load_policy(tmp_path), TODAY)
    return outcome


def told(outcome: Outcome) -> list[str]:
    return [
        f"{difference.field}: {word} {text}"
        for difference in outcome.differences
        for word, text in difference.rows
    ]


EXCLUDE = "classes: {scope: {exclude: [{name: '*lunch*'}]}}\n"


class TestWhatBecomesOfASection:
    def test_nothing_is_said_of_it_and_it_is_a_normal_one(self, tmp_path: Path) -> None:
        outcome = tried(
            tmp_path,
            "{section: {}}",
            "{class: {name: Section, section: '', room: '', owner: teacher@maple.example, "
            "co_teachers: [], students: [Student@Maple.example]}}",
        )
        assert outcome.has_passed, told(outcome)

    @pytest.mark.parametrize(
        ("given", "fate"),
        [
            ('{name: "Lunch A"}', "none"),
            ("{teacher: []}", "waits"),
            ("{students: []}", "waits"),
            ("{teacher: ada@elsewhere.example}", "waits"),
            ("{ends: 2026-08-31}", "none"),
            ("{ends: 2026-09-01}", "class"),
            ("{starts: 2026-09-02}", "none"),
            ("{starts: 2026-09-01}", "class"),
            ("{name: Algebra}", "class"),
        ],
    )
    def test_its_fate(self, tmp_path: Path, given: str, fate: str) -> None:
        words = {"none": "no class", "waits": "no class yet, it waits for one"}
        for expected in ("none", "waits"):
            outcome = tried(tmp_path, f"{{section: {given}}}", f"{{class: {expected}}}", EXCLUDE)
            assert outcome.has_passed == (expected == fate)
            if expected != fate:
                assert f"class: expected {words[expected]}" in told(outcome)
        outcome = tried(tmp_path, f"{{section: {given}}}", "{class: {room: ''}}", EXCLUDE)
        assert outcome.has_passed == (fate == "class")

    def test_why_it_has_none(self, tmp_path: Path) -> None:
        outcome = tried(tmp_path, '{section: {name: "Lunch A"}}', "{class: waits}", EXCLUDE)
        [words] = outcome.reasons
        assert words.startswith("section section-1 is out of scope by classes.scope.exclude[0] (")
        assert words.endswith("/district.yaml:3)")

    def test_why_it_waits(self, tmp_path: Path) -> None:
        outcome = tried(tmp_path, "{section: {teacher: []}}", "{class: none}")
        assert "section section-1 waits for its class: it has no teacher" in outcome.reasons

    def test_two_sections_with_one_alias_wait(self, tmp_path: Path) -> None:
        keyed = "classes: {key: '{section.code}'}\n"
        given = "{sections: [{code: a}, {code: a}], section: section-2}"
        assert tried(tmp_path, given, "{class: waits}", keyed).has_passed
        [words] = tried(tmp_path, given, "{class: none}", keyed).reasons[1:]
        assert "gives it the same key as section section-1" in words

    def test_the_day_is_the_one_that_is_given(self, tmp_path: Path) -> None:
        given = "{section: {starts: 2027-01-04, ends: 2027-05-28}, date: %s}"
        assert tried(tmp_path, given % "2027-01-03", "{class: none}").has_passed
        assert tried(tmp_path, given % "2027-01-04", "{class: {room: ''}}").has_passed
        assert tried(tmp_path, given % "2027-05-28", "{class: {room: ''}}").has_passed
        assert tried(tmp_path, given % "2027-05-29", "{class: none}").has_passed


class TestWhatItsClassIsLike:
    def test_all_that_is_given_is_what_names_are_made_from(self, tmp_path: Path) -> None:
        names = (
            "section.name section.key section.code section.period section.room course.name "
            "course.code term.name teacher.family_name teacher.name grade school.name school_year"
        )
        template = "|".join(f"{{{name}}}" for name in names.split())
        given = (
            "{name: N, key: k, code: c, period: ['3', '4'], room: '12', course: C, "
            "course_code: CC, term: Fall, teacher: Ada King Byron <ada@maple.example>, "
            "grade: '09', school: s, school_name: School S, school_year: '2031'}"
        )
        outcome = tried(
            tmp_path,
            f"{{section: {given}}}",
            '{class: {name: "N|k|c|3, 4|12|C|CC|Fall|Byron|Ada King Byron|09|School S|2031"}}',
            f'classes: {{name: "{template}"}}\n',
        )
        assert outcome.has_passed, told(outcome)

    def test_a_person_without_a_name_is_called_by_their_e_mail(self, tmp_path: Path) -> None:
        policy = 'classes: {name: "{teacher.family_name}, {school_year}"}\n'
        given = "{section: {teacher: ada@m.example}, date: 2026-12-20}"
        outcome = tried(tmp_path, given, "{class: {name: 'ada, 2027'}}", policy)
        assert outcome.has_passed, told(outcome)

    def test_each_text_that_differs_and_the_template_it_is_made_by(self, tmp_path: Path) -> None:
        outcome = tried(
            tmp_path,
            "{section: {name: Algebra, period: '3', room: '12'}}",
            "{class: {name: Geometry, section: '', room: '13', owner: x@maple.example}}",
            'classes:\n  name: "{section.name}"\n',
        )
        assert told(outcome) == [
            "name: expected Geometry",
            "name: found Algebra",
            "section: expected nothing",
            "section: found 3",
            "room: expected 13",
            "room: found 12",
            "owner: expected x@maple.example",
            "owner: found teacher@maple.example",
        ]
        assert [re.sub(r"\(.*/", "(", words) for words in outcome.reasons] == [
            'classes.name: "{section.name}" (district.yaml:4)',
            'classes.section: "{section.period}" (built-in default)',
            'classes.room: "{section.room}" (built-in default)',
            "classes.owner: primary_teacher (built-in default)",
        ]

    def test_members_that_differ_and_the_policys_word_on_them(self, tmp_path: Path) -> None:
        outcome = tried(
            tmp_path,
            "{section: {teacher: [a@maple.example, b@maple.example], "
            "students: [pat@maple.example, kim@maple.example, q@elsewhere.example]}}",
            "{class: {co_teachers: [c@maple.example], "
            "students: [PAT@maple.example, kim@maple.example, q@elsewhere.example]}}",
            "students:\n  exceptions:\n"
            "    - {person: kim@maple.example, where: {name: '*'}, keep: out}\n",
        )
        assert told(outcome) == [
            "co_teachers: missing c@maple.example",
            "co_teachers: too many b@maple.example",
            "students: missing kim@maple.example, q@elsewhere.example",
        ]
        words = [re.sub(r"/\S*/", "", each) for each in outcome.reasons]
        assert words == [
            "c@maple.example: no row lists them in section section-1 (district.yaml:8)",
            "b@maple.example: district.yaml:8 lists them in section section-1 as teacher",
            "kim@maple.example: students.exceptions keeps them out "
            f"({tmp_path.name}/district.yaml:5)",
            "q@elsewhere.example: their e-mail is outside the district's domains "
            "(maple.example, m.example)",
        ]

    def test_co_teachers_whom_the_policy_does_not_add(self, tmp_path: Path) -> None:
        given = "{section: {teacher: [a@maple.example, b@maple.example]}}"
        no_co_teachers = "co_teachers: {add: false}\n"
        outcome = tried(tmp_path, given, "{class: {co_teachers: []}}", no_co_teachers)
        assert outcome.has_passed, told(outcome)
        outcome = tried(
            tmp_path, given, "{class: {co_teachers: [b@maple.example]}}", no_co_teachers
        )
        [words] = outcome.reasons
        assert words.startswith(
            "b@maple.example: co-teachers are not added: co_teachers.add: false"
        )

    def test_accounts_that_the_policy_names(self, tmp_path: Path) -> None:
        policy = (
            "classes: {owner: it@maple.example}\n"
            "co_teachers: {extra: [{where: {name: '*'}, teachers: [Coach@maple.example]}]}\n"
        )
        expect = (
            "{class: {owner: IT@maple.example, "
            "co_teachers: [coach@maple.example, teacher@maple.example]}}"
        )
        outcome = tried(tmp_path, "{section: {}}", expect, policy)
        assert outcome.has_passed, told(outcome)

    def test_many_members_are_not_all_told(self, tmp_path: Path) -> None:
        students = ", ".join(f"s{number}@maple.example" for number in range(9))
        outcome = tried(
            tmp_path, f"{{section: {{students: [{students}]}}}}", "{class: {students: []}}"
        )
        assert outcome.reasons[-1] == "and 4 more"
        assert len(outcome.reasons) == 6


class TestWhatAPersonGets:
    SECTIONS = (
        "[{name: Algebra, students: [pat@maple.example]}, "
        "{name: Biology, teacher: [ada@maple.example, pat@maple.example]}, "
        "{name: Lunch A, students: [Pat@Maple.example]}, "
        "{name: Waits, students: [pat@maple.example], teacher: []}, {name: Other}]"
    )

    def test_their_classes(self, tmp_path: Path) -> None:
        given = f"{{sections: {self.SECTIONS}, person: PAT@maple.example}}"
        outcome = tried(tmp_path, given, "{classes: [Algebra], teaches: [Biology]}", EXCLUDE)
        assert outcome.has_passed, told(outcome)
        given = f"{{sections: {self.SECTIONS}, person: ada@maple.example}}"
        outcome = tried(tmp_path, given, "{classes: [], teaches: [Biology]}", EXCLUDE)
        assert outcome.has_passed, told(outcome)

    def test_what_differs_and_why(self, tmp_path: Path) -> None:
        given = f"{{sections: {self.SECTIONS}, person: pat@maple.example}}"
        expect = "{classes: [Lunch A, Waits], teaches: []}"
        outcome = tried(tmp_path, given, expect, EXCLUDE)
        assert told(outcome) == [
            "classes: missing Lunch A, Waits",
            "classes: too many Algebra",
            "teaches: too many Biology",
        ]
        words = "\n".join(outcome.reasons)
        assert "“Algebra”, section section-1: " in words
        assert "section section-3 is out of scope by classes.scope.exclude[0]" in words
        assert "section section-4 waits for its class: it has no teacher" in words
        assert "section-5" not in words

    def test_two_classes_of_one_name_are_two(self, tmp_path: Path) -> None:
        given = "{sections: [{name: A}, {name: A}], person: student@maple.example}"
        assert tried(tmp_path, given, "{classes: [A, A]}").has_passed
        assert told(tried(tmp_path, given, "{classes: [A]}")) == ["classes: too many A"]

    def test_a_co_teacher_who_is_not_added_teaches_nothing(self, tmp_path: Path) -> None:
        given = f"{{sections: {self.SECTIONS}, person: pat@maple.example}}"
        no_co_teachers = "co_teachers: {add: false}\n"
        assert tried(tmp_path, given, "{teaches: []}", no_co_teachers).has_passed
        outcome = tried(tmp_path, given, "{teaches: [Biology]}", no_co_teachers)
        words = "“Biology”, section section-2: co-teachers are not added: co_teachers.add: false"
        assert any(reason.startswith(words) for reason in outcome.reasons)

    def test_a_misspelled_person_is_no_pass(self, tmp_path: Path) -> None:
        given = f"{{sections: {self.SECTIONS}, person: pad@maple.example}}"
        outcome = tried(tmp_path, given, "{classes: []}")
        assert told(outcome) == [
            "given.person: expected somebody of the roster",
            "given.person: found nobody with the e-mail pad@maple.example; did you mean "
            "pat@maple.example?",
        ]


class TestRosters:
    def test_a_roster_beside_the_policy(self, tmp_path: Path) -> None:
        three_sections().write(tmp_path / "fixtures")
        given = "{roster: ./fixtures, person: s9@maple.example}"
        outcome = tried(tmp_path, given, "{classes: [Chorus, Algebra]}")
        assert outcome.has_passed, told(outcome)
        given = "{roster: ./fixtures, section: biology}"
        expect = "{class: {owner: chen@maple.example, co_teachers: [rivera@maple.example]}}"
        assert tried(tmp_path, given, expect).has_passed

    def test_a_section_that_it_does_not_have(self, tmp_path: Path) -> None:
        three_sections().write(tmp_path / "fixtures")
        outcome = tried(tmp_path, "{roster: ./fixtures, section: biologie}", "{class: none}")
        assert told(outcome)[1] == (
            "given.section: found no section with the key biologie; did you mean biology?"
        )

    def test_a_roster_that_is_not_there(self, tmp_path: Path) -> None:
        outcome = tried(tmp_path, "{roster: ./fixtures, section: biology}", "{class: none}")
        expected, found = told(outcome)
        assert expected == "given.roster: expected a roster that can be read"
        assert f"{tmp_path}/fixtures  there is no such folder or zip" in found


def test_the_school_of_a_file_is_the_school_of_its_tests(tmp_path: Path) -> None:
    (tmp_path / "district.yaml").write_text(HEAD, encoding="utf-8")
    (tmp_path / "schools").mkdir()
    (tmp_path / "schools" / "lincoln.yaml").write_text(
        'schools: ["0042", "0043"]\n'
        'classes: {name: "{school.name}: {section.name}"}\n'
        "tests:\n"
        "  - name: ours\n"
        "    given: {section: {name: A}}\n"
        '    expect: {class: {name: "0042: A"}}\n'
        "  - name: of another school\n"
        '    given: {section: {name: A, school: "0044"}}\n'
        "    expect: {class: {name: A}}\n",
        encoding="utf-8",
    )
    outcomes = try_policy(load_policy(tmp_path), TODAY)
    assert [told(outcome) for outcome in outcomes] == [[], []]


def test_the_tests_that_the_page_on_policies_shows_pass(tmp_path: Path) -> None:
    _, whole, school, _, tests, _ = re.findall(r"```yaml\n(.*?)```", DOCS, flags=re.DOTALL)
    (tmp_path / "district.yaml").write_text(whole, encoding="utf-8")
    (tmp_path / "schools").mkdir()
    (tmp_path / "schools" / "lincoln.yaml").write_text(school, encoding="utf-8")
    (tmp_path / "lunch.test.yaml").write_text(tests, encoding="utf-8")
    outcomes = try_policy(load_policy(tmp_path), TODAY)
    assert [told(outcome) for outcome in outcomes] == [[]] * 4
