"""An admin says it more exactly: another e-mail for one person, all classes but some, names through
filters, classes before their term, and who has a role."""

from pathlib import Path

import pytest

from telling import POLICY, Story

IDENTITIES = "people: {identities: ./identities.csv}\n"
NOT = "classes: {scope: {exclude: [{not: {name: [Algebra, Chorus]}}]}}\n"
FILTERS = 'classes: {name: "{school.name|upper|short} {section.key|title}"}\n'
ONE_NAME = 'classes: {name: "{teacher.family_name}"}\n'
LEAD = "classes: {scope: {terms: {current_or_starts_within: 14d}}}\n"
ROLES = """\
roles:
  admin: [group:admins@maple.example]
  approver: [okafor@maple.example]
"""


def identities(story: Story, *rows: str) -> Path:
    file = story.folder / "policies" / "identities.csv"
    file.parent.mkdir(exist_ok=True)
    file.write_text("\n".join(("sis_key,email", *rows, "")), encoding="utf-8")
    return file


def test_somebody_has_another_email_at_google(story: Story) -> None:
    story.policy += IDENTITIES
    file = identities(story, "s3,newcomer@maple.example", "s99,guest@maple.example")
    said = story.sync()
    assert said.status == 0, said.err
    assert "newcomer" in story.classes()["algebra"]["students"]
    assert "s3" not in story.classes()["algebra"]["students"]
    assert "policies/identities.csv:3 people.identities has the key s99" in said.words
    told = story.run("explain", "s3", "--course", "algebra").out
    assert "newcomer@maple.example holds: people.identities has another e-mail" in told
    assert "(policies/identities.csv:2)" in told
    assert "newcomer@maple.example is Google's user" in told
    assert max(map(len, told.splitlines())) <= 80

    file.write_text("sis_key,email\n", encoding="utf-8")
    assert story.sync().status == 0
    assert story.agrees()


def test_all_classes_but_some(story: Story) -> None:
    story.policy += NOT
    assert story.sync().status == 0
    assert set(story.classes()) == {"algebra", "chorus"}


def test_names_through_filters(story: Story) -> None:
    story.policy += FILTERS
    assert story.sync().status == 0
    names = {found["name"] for found in story.classes().values()}
    assert names == {"MAPLE HIGH Algebra", "MAPLE HIGH Biology", "MAPLE HIGH Chorus"}


def test_classes_of_one_name(story: Story) -> None:
    story.policy += ONE_NAME
    story.roster.teachers["chorus"] = ["rivera"]
    said = story.sync()
    assert "sections algebra, chorus have one teacher" in said.words
    assert "[M312]" in said.err
    assert {found["name"] for found in story.classes().values()} == {"Maple"}


@pytest.mark.parametrize(("today", "classes"), [("2026-07-31", 0), ("2026-08-01", 3)])
def test_classes_before_their_term(story: Story, today: str, classes: int) -> None:
    story.policy += LEAD
    assert story.sync(today=today).status == 0
    assert len(story.classes()) == classes
    if classes:
        told = story.run("explain", "--course", "algebra", today=today).out
        assert "classes.scope.terms: current or starts within 14d" in " ".join(told.split())


def test_roles_are_data(story: Story) -> None:
    story.policy += ROLES
    assert story.run("validate", "policies").status == 0
    story.policy = POLICY + ROLES.replace("maple", "elm")
    said = story.run("validate", "policies")
    assert (said.status, said.words.count("#P114")) == (2, 2)
