"""The commands for what is held or kept: overwrite, release, accept."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from policy import engine, ways_out, wiring
from policy.engine import World
from policy.errors import InputAtFault
from policy.finding import course_named, row_named, user_named
from policy.rules.accept import accept as write_into
from policy.settings import read_settings

CLASS = click.option(
    "--course",
    required=True,
    metavar="COURSE",
    help="A class: its alias, course id, section's key, or name.",
)
PERSON = click.option("--person", help="An e-mail, the SIS's key, or Google's user id.")


@click.command()
@CLASS
@PERSON
@click.option("--field", type=click.Choice(ways_out.FIELDS), help="What of the class.")
def overwrite(course: str, person: str | None, field: str | None) -> None:
    """Let the roster have something again that a hand has changed; the next plan shows it.

    Without --person and --field: a class that was deleted by hand is made again.
    """
    if person and field:
        raise InputAtFault("--person and --field can't be had together; name one of them")
    with _world() as world:
        row = row_named(course, world.store)
        if field:
            told = ways_out.overwrite_field(world, row, field)
        elif person:
            told = ways_out.overwrite_seat(world, row, _user(world, person))
        else:
            told = ways_out.overwrite_course(world, row)
    click.echo(f"{told}. Nothing is written to Google before the next sync.")


@click.command()
@click.argument("course")
@PERSON
@click.option("--undo", is_flag=True, help="Take back the release of a class.")
def release(course: str, person: str | None, undo: bool) -> None:
    """Let go of COURSE (or of one person's seat in it): Rollbook leaves it alone from now on."""
    with _world() as world:
        if undo:
            told = ways_out.take_back(world, course)
        elif person:
            row = row_named(course, world.store)
            told = ways_out.release_seat(world, row, _user(world, person))
        else:
            told = ways_out.release_course(world, _alias(world, course))
    click.echo(f"{told}.")


@click.command()
@click.argument("policy", type=click.Path(path_type=Path))
@CLASS
@PERSON
@click.option("--write", is_flag=True, help="Write it into the policy's file.")
def accept(policy: Path, course: str, person: str | None, write: bool) -> None:
    """Take what a hand has made into the policy: somebody who was added to a class or removed
    from it; without --person, that a section has no class of ours.

    Shows what to write, and where; writes it with --write.
    """
    loaded = engine.validate(policy)
    with _world() as world:
        row = row_named(course, world.store)
        if person is None:
            acceptance = ways_out.without_class(row, loaded)
        else:
            acceptance = ways_out.seat_as_it_is(world, row, _user(world, person), loaded)
    if not write:
        click.echo(ways_out.proposal(loaded, acceptance), nl=False)
        return
    file = write_into(loaded, acceptance)
    click.echo(f"{acceptance.field} in {file} has a new entry: {acceptance.entry}")


def _alias(world: World, course: str) -> str:
    """The alias of a class of ours, or of one that is held and not ours yet."""
    if course.startswith("d:rollbook."):
        return course
    return course_named(course, world.store.heads()).alias


def _user(world: World, person: str) -> str:
    return user_named(person, world.store.matches(), world.directory.accounts())


@contextmanager
def _world() -> Iterator[World]:
    with wiring.open_world(read_settings(os.environ)) as world:
        yield world
