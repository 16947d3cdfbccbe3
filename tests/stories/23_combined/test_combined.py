"""Several sections are one class, sections come and go, and they go apart again: nobody is ever
without a class."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from policy.simulator.server import serve
from telling import SmallRoster, Story, address, google_for

COMBINE = "classes:\n  combine:\n    - by: [primary_teacher, course]\n"
A, B = {"s0", "s1", "s2"}, {"s3", "s4", "s5"}


@pytest.fixture
def story(tmp_path: Path) -> Iterator[Story]:
    """Two sections of one teacher, one of another; all of one course."""
    roster = SmallRoster()
    roster.section("a", teachers=["rivera"], students=sorted(A))
    roster.section("b", teachers=["rivera", "chen"], students=sorted(B))
    roster.section("chorus", teachers=["okafor"], students=["s0", "s3"])
    sim = google_for(roster)
    with serve(sim, port=0) as url:
        (tmp_path / "key.json").write_text(json.dumps(sim.key_file()), encoding="utf-8")
        yield Story(tmp_path, roster, sim, url)


def students(story: Story) -> dict[str, set[str]]:
    return {key: found["students"] for key, found in story.classes().items()}


def is_quiet(story: Story, **settings: str) -> bool:
    story.writes()
    said = story.sync(**settings)
    return said.status == 0 and story.writes() == 0


def test_two_sections_are_one_class(story: Story) -> None:
    plain, story.policy = story.policy, story.policy + COMBINE
    said = story.sync()
    assert said.status == 0, said.err
    assert students(story) == {"a": A | B, "chorus": {"s0", "s3"}}
    assert story.classes()["a"]["teachers"] == {"rivera", "chen"}
    assert is_quiet(story)

    said = story.run("explain", address("s4"), "--course", "a")
    assert "lists them in section b as student" in said.out
    assert "sections a, b are one class (classes.combine, policies/district.yaml:12)" in " ".join(
        said.out.split()
    )
    assert story.run("explain", address("s4")).out.count("they are its student") == 1

    # They go apart: the class stays that of a; b's people leave it once they are in b's.
    story.policy = plain
    said = story.sync()
    assert said.status == 0, said.err
    assert students(story) == {"a": A | B, "b": B, "chorus": {"s0", "s3"}}
    assert "section b, which lists them, has a class of its own now" in said.words
    story.sync()
    assert story.agrees()
    assert is_quiet(story)


def test_sections_with_classes_are_combined_and_go_apart(story: Story) -> None:
    plain = story.policy
    story.sync()
    story.policy += COMBINE
    planned = story.plan()
    assert planned["summary"] == {"student.add": 3, "teacher.add": 1}
    [notice] = [notice for notice in planned["notices"] if notice["code"] == "M334"]
    assert notice["message"].startswith("“B” was the class of section b, which is in one class")
    story.sync()
    assert students(story) == {"a": A | B, "b": B, "chorus": {"s0", "s3"}}
    assert is_quiet(story)

    story.policy = plain  # b has its own class again, as it was
    story.sync()
    story.sync()
    assert story.agrees()
    assert is_quiet(story)


def test_to_undo_the_night_that_combined_them_does_not_part_them(story: Story) -> None:
    plain = story.policy
    story.sync()
    story.policy += COMBINE
    story.sync()
    run = story.run("history", "--runs", "1").out.split()[0]
    words = "“A” (maple.2027.a, maple.2027.b). Undo does not part them"
    assert words in " ".join(story.run("undo", run).out.split())
    assert story.run("undo", run, "--out", "undo.json").status == 0
    assert story.run("apply", "undo.json").status == 0
    assert students(story) == {"a": A, "b": B, "chorus": {"s0", "s3"}}
    story.sync()
    assert students(story) == {"a": A | B, "b": B, "chorus": {"s0", "s3"}}

    # The policy does.
    story.policy = plain
    story.sync()
    story.sync()
    assert story.agrees()


def test_the_first_section_leaves_and_comes_back(story: Story) -> None:
    story.policy += COMBINE
    story.sync()
    teachers, listed = story.roster.teachers.pop("a"), story.roster.students.pop("a")
    said = story.sync()
    assert said.status == 3
    assert "whose class this is too, has left the roster or the scope" in said.words
    assert students(story) == {"a": A | B, "chorus": {"s0", "s3"}}
    story.roster.students["b"].append("newcomer")
    story.sync()
    assert "newcomer" in story.classes()["a"]["students"]

    story.roster.section("a", teachers=teachers, students=listed)
    story.sync()
    assert students(story)["a"] == A | B | {"newcomer"}
    assert is_quiet(story)


def test_a_section_that_is_gone_for_good(story: Story) -> None:
    story.policy += COMBINE
    story.sync()
    del story.roster.teachers["a"], story.roster.students["a"]
    story.roster.students["b"].append("s0")
    story.sync()
    story.sync(today="2026-09-09")
    assert students(story)["a"] == B | {"s0"}
    assert is_quiet(story, today="2026-09-09")


def test_what_a_section_lacks_is_told(story: Story) -> None:
    story.policy += COMBINE.replace("course", "period")
    planned = story.plan()
    told = {notice["message"] for notice in planned["notices"] if notice["code"] == "M333"}
    assert (
        "section a has no period: it is not combined (classes.combine, policies/district.yaml:12)"
        in told
    )
    assert len(told) == 3


def test_a_combined_class_is_released_with_all_its_sections(story: Story) -> None:
    story.policy += COMBINE
    story.sync()
    said = story.run("release", "d:rollbook.maple.2027.a")
    assert "to be taken back alike: d:rollbook.maple.2027.b" in " ".join(said.out.split())
    assert is_quiet(story)
    assert students(story) == {"a": A | B, "chorus": {"s0", "s3"}}


def test_a_section_in_the_class_of_another_is_not_released_by_itself(story: Story) -> None:
    """Its people would have left that class after a week."""
    story.sync()
    story.policy += COMBINE
    story.sync()
    said = story.run("release", "d:rollbook.maple.2027.b")
    assert said.status == 2
    assert "d:rollbook.maple.2027.b is a section of d:rollbook.maple.2027.a, “A”" in said.words
    assert is_quiet(story, today="2026-09-20")
    assert students(story)["a"] == A | B


def test_a_class_under_another_key_knows_its_sections_by_the_new_ones(story: Story) -> None:
    """Else a section that leaves on the next night would have the others make a class anew, and
    nobody could be taken out for a week."""
    story.policy += COMBINE
    story.sync()
    story.policy += "  key: '{school_year}.{section.key}.x'\n"
    assert story.sync("--allow", "course.update=2").status == 0
    assert is_quiet(story)
    assert students(story) == {"a.x": A | B, "chorus.x": {"s0", "s3"}}
    story.roster.students["b"].remove("s5")
    story.sync()
    assert students(story)["a.x"] == (A | B) - {"s5"}

    story.policy = story.policy.replace(".x'", ".y'")
    assert story.sync("--allow", "course.update=2").status == 0
    del story.roster.teachers["a"], story.roster.students["a"]
    story.roster.students["b"].append("newcomer")
    story.sync()
    assert students(story)["a.y"] == (A | B) - {"s5"} | {"newcomer"}


def test_under_another_key_the_first_sections_old_class_is_not_taken_for_theirs(
    story: Story,
) -> None:
    """Sections b and c were one class before a joined them: a's own class stands by."""
    story.roster.section("c", teachers=["rivera"], students=["s0"])
    story.roster.teachers["a"] = ["chen"]
    story.policy += COMBINE
    story.sync()
    assert students(story) == {"a": A, "b": B | {"s0"}, "chorus": {"s0", "s3"}}
    story.roster.teachers["a"] = ["rivera"]
    story.sync()
    assert students(story) == {"a": A, "b": A | B, "chorus": {"s0", "s3"}}

    story.policy += "  key: '{school_year}.{section.key}.x'\n"
    planned = story.plan()
    assert not [notice for notice in planned["notices"] if notice["code"] == "M310"]
    [notice] = [notice for notice in planned["notices"] if notice["code"] == "M334"]
    assert notice["message"].startswith("“A” was the class of section a, which is in one class")
    assert story.sync("--allow", "course.update=2").status == 0
    assert students(story) == {"a": A, "a.x": A | B, "chorus.x": {"s0", "s3"}}
    assert is_quiet(story)


def test_each_sections_own_teacher_is_seated_though_co_teachers_are_not(story: Story) -> None:
    story.roster.teachers["b"] = ["chen", "guest"]
    story.policy += COMBINE.replace("primary_teacher, course", "course")
    story.policy += "    - where: {section: b}\n".replace("    - where: {section: b}\n", "")
    story.policy += "co_teachers: {add: false}\n"
    said = story.sync()
    assert story.classes()["a"]["teachers"] == {"rivera", "chen", "okafor"}
    assert "sections a, b, chorus have 3 primary teachers" in said.words
    assert is_quiet(story)


def test_a_section_whose_students_are_missing_loses_none(story: Story) -> None:
    """They are a small share of the class, and no limit would hold them."""
    story.roster.section("c", teachers=["rivera"], students=["s6", "s7", "s8"])
    for key in ("s6", "s7", "s8"):
        story.sim.add_user(address(key), given=key, family="Maple")
    story.policy += COMBINE
    story.sync()
    everybody = students(story)["a"]
    story.roster.students["c"] = []
    said = story.sync()
    assert said.status == 3
    assert "section c, whose class this is too, has no student in the roster" in said.words
    assert students(story)["a"] == everybody == A | B | {"s6", "s7", "s8"}
