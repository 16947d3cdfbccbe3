"""A broken export: what is no roster plans nothing; what would empty classes is held."""

import pytest

from telling import Story


def test_a_file_with_a_header_only_plans_nothing(story: Story) -> None:
    story.sync()
    story.writes()
    drop = story.folder / "drop"
    story.roster.write(drop)
    path = drop / "enrollments.csv"
    path.write_text(path.read_text(encoding="utf-8").splitlines()[0] + "\n", encoding="utf-8")
    said = story.sync("--roster", str(drop))
    assert said.status == 2
    assert "enrollments.csv" in said.words
    assert said.out == ""
    assert story.writes() == 0


def test_a_missing_file_plans_nothing(story: Story) -> None:
    drop = story.folder / "drop"
    story.roster.write(drop)
    (drop / "users.csv").unlink()
    said = story.sync("--roster", str(drop))
    assert said.status == 2
    assert "users.csv" in said.words


def test_too_many_removals_are_held_while_additions_flow(story: Story) -> None:
    story.sync()
    story.writes()
    story.roster.students["algebra"] = ["s0", "newcomer"]
    said = story.sync()
    assert said.status == 3
    assert (
        "9 of 24 student seats in the district would go (37.5%); the limit is 10%, at least 3"
        in said.words
    )
    assert "--allow student.remove=9" in said.out
    students = story.classes()["algebra"]["students"]
    assert students == {f"s{n}" for n in range(10)} | {"newcomer"}
    assert story.writes() == 1


@pytest.mark.parametrize(
    ("consent", "status", "left"),
    [
        pytest.param("student.remove=8", 3, 10, id="for-fewer-lets-none-go"),
        pytest.param("student.remove=9", 0, 1, id="for-all-lets-all-go"),
        pytest.param("student.remove=500", 0, 1, id="for-more-lets-all-go"),
        pytest.param("teacher.remove=9", 3, 10, id="of-another-kind-lets-none-go"),
    ],
)
def test_consent(story: Story, consent: str, status: int, left: int) -> None:
    story.sync()
    story.roster.students["algebra"] = ["s0"]
    assert story.sync("--allow", consent).status == status
    assert len(story.classes()["algebra"]["students"]) == left


def test_consent_to_nothing_is_no_error(story: Story) -> None:
    assert story.sync("--allow", "student.remove=5").status == 0


def test_a_section_that_vanishes_leaves_its_class_as_it_is(story: Story) -> None:
    story.sync()
    story.writes()
    del story.roster.teachers["chorus"], story.roster.students["chorus"]
    said = story.sync()
    assert said.status == 0, said.err
    assert story.writes() == 0
    assert len(story.classes()["chorus"]["students"]) == 6


def test_a_file_that_was_cut_off_at_a_lines_end_harms_nobody(story: Story) -> None:
    """No line is faulty, half of them are missing: students, teachers and names stay."""
    story.policy += "classes:\n  name: '{section.name} – {teacher.family_name}'\n"
    story.sync()
    story.writes()
    before = story.classes()
    drop = story.folder / "drop"
    story.roster.write(drop)
    path = drop / "enrollments.csv"
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join(lines[:8]), encoding="utf-8")
    said = story.sync("--roster", str(drop))
    assert said.status == 3
    assert story.writes() == 0
    assert story.classes() == before
    assert "1 teacher seat would go where too many students would go, or soon will" in said.words
