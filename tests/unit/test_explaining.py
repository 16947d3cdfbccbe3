"""Whom and what somebody means by what they type, and what is done when not all can be asked."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from nights import district, night
from policy.engine import World
from policy.errors import GoogleOutOfReach, InputAtFault
from policy.explaining import Question, Sight, explain
from policy.google.base import Account
from policy.merge.chain import Explanation
from policy.sources.folder import open_folder
from telling import NO_QUOTAS, Story, address

CHORUS = "d:rollbook.maple.2027.chorus"


@contextmanager
def after_a_night(folder: Path) -> Iterator[tuple[Story, World]]:
    with district(folder, NO_QUOTAS) as (story, world):
        night(story, world)
        yield story, world


def ask(
    story: Story,
    world: World,
    person: str | None = None,
    course: str | None = None,
    *,
    is_bare: bool = False,
) -> Explanation:
    story.write_inputs()
    policies = None if is_bare else story.folder / "policies"
    sight = Sight(world.store, world.directory, world.settings, world.clock(), open_folder)
    return explain(Question(person, course, policies, None), sight)


def ids(world: World) -> dict[str, str]:
    return {account.emails[0]: account.id for account in world.directory.accounts()}


def test_a_class_by_all_its_names(tmp_path: Path) -> None:
    with after_a_night(tmp_path) as (story, world):
        [course] = [c for c in world.store.base() if c.alias == CHORUS]
        for is_bare in (False, True):
            for name in (CHORUS, course.course_id, "chorus", "Chorus", " CHORUS "):
                [told] = ask(story, world, course=name, is_bare=is_bare).stories
                assert (told.alias, told.course_id) == (CHORUS, course.course_id)


def test_a_section_without_a_class(tmp_path: Path) -> None:
    with after_a_night(tmp_path) as (story, world):
        story.roster.section("drama", teachers=["nobody"], students=["s1"])
        for name in ("drama", "DRAMA", "d:rollbook.maple.2027.drama"):
            [told] = ask(story, world, course=name).stories
            assert (told.section, told.verdict) == ("drama", "there is no class of ours")


def test_several_classes_of_one_name_are_listed(tmp_path: Path) -> None:
    with after_a_night(tmp_path) as (story, world):
        rows = [replace(row, name="Choir") for row in world.store.base()]
        world.store.keep(rows)
        with pytest.raises(
            InputAtFault, match=r"'choir' names 3 classes: d:rollbook\S+algebra, d:"
        ):
            ask(story, world, course="choir")


def test_a_class_that_is_ours_no_longer_is_known_by_its_writes(tmp_path: Path) -> None:
    with after_a_night(tmp_path) as (story, world):
        world.store.keep([], forget=[CHORUS])
        del story.roster.teachers["chorus"], story.roster.students["chorus"]
        [told] = ask(story, world, course=CHORUS).stories
        assert told.verdict == "there is no class of ours"
        assert told.steps[-1].words.startswith("6 student.add done, the newest 2026-09-01")
        had = ask(story, world, person="s5").stories
        assert CHORUS in {told.alias for told in had}


@pytest.mark.parametrize("is_bare", [False, True], ids=["with the roster", "the store alone"])
def test_a_person_by_all_their_names(tmp_path: Path, is_bare: bool) -> None:
    with after_a_night(tmp_path) as (story, world):
        user_id = ids(world)[address("s9")]
        for name in ("s9", address("s9"), "S9@Maple.Example", user_id):
            found = ask(story, world, person=name, is_bare=is_bare)
            assert found.about == f"S9 Maple (s9@maple.example), Google's user {user_id}"
            assert {told.title for told in found.stories} == {"“Algebra”", "“Chorus”"}


def test_a_person_by_an_alias_of_their_account(tmp_path: Path) -> None:
    with after_a_night(tmp_path) as (story, world):

        class Renamed:
            def accounts(self) -> Iterable[Account]:
                for account in world.directory.accounts():
                    yield replace(account, emails=(*account.emails, f"old.{account.emails[0]}"))

        found = ask(story, replace(world, directory=Renamed()), person="old.s9@maple.example")
        assert {told.title for told in found.stories} == {"“Algebra”", "“Chorus”"}


def test_somebody_whose_account_is_gone_is_known_by_its_id(tmp_path: Path) -> None:
    with after_a_night(tmp_path) as (story, world):
        story.by_hand("chorus", "accept")
        story.by_hand("chorus", "add", email=address("guest"), role="STUDENT")
        night(story, world)
        user_id = ids(world)[address("guest")]

        class Without:
            def accounts(self) -> Iterable[Account]:
                return [a for a in world.directory.accounts() if a.id != user_id]

        found = ask(story, replace(world, directory=Without()), person=user_id)
        assert found.about == f"{user_id}, Google's user {user_id}"
        [told] = found.stories
        assert told.verdict == "they are in it as a student, put in by hand"


def test_somebody_with_an_account_and_no_class(tmp_path: Path) -> None:
    with after_a_night(tmp_path) as (story, world):
        assert ask(story, world, person=address("guest")).stories == ()


@pytest.mark.parametrize("person", ["", "nobody", "nobody@maple.example", "123"])
def test_who_is_nobody(tmp_path: Path, person: str) -> None:
    with (
        after_a_night(tmp_path) as (story, world),
        pytest.raises(InputAtFault, match=f"nothing is known of '{person}'"),
    ):
        ask(story, world, person=person)


def test_google_out_of_reach(tmp_path: Path) -> None:
    class Silent:
        def accounts(self) -> Iterable[Account]:
            raise GoogleOutOfReach("Google can't be reached: no route")

    with after_a_night(tmp_path) as (story, world):
        found = ask(story, replace(world, directory=Silent()), person="s9", course="chorus")
        assert found.stories[0].verdict == "they are its student"
        assert found.unasked == (
            "the Directory could not be asked: Google can't be reached: no route: people are "
            "matched as in earlier runs",
        )
