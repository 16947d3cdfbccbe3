"""The commands that look back: history, explain, undo."""

import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import click

from policy import engine, explaining, looking_back, wiring
from policy.cli_editing import POLICY_IN_FORCE, SCHOOL, explain_policy
from policy.cli_options import ALLOW, FORMAT, OUT, ROSTER, show_plan
from policy.errors import InputAtFault
from policy.explaining import Question, Sight
from policy.merge.plan import Kind
from policy.render.explanation import explanation_json, print_explanation
from policy.render.history import print_run, print_runs, run_json, runs_json
from policy.settings import Settings, read_settings
from policy.store.base import Store

TEXT_OR_JSON = click.option(
    "--format", "form", type=click.Choice(("text", "json")), default="text", show_default=True
)
POLICIES = click.option(
    "--policies",
    type=click.Path(path_type=Path),
    help="The policy folder; default: policies, or the current folder if it is one.",
)


@click.command()
@click.argument("run", required=False)
@click.option("--runs", "newest", type=click.IntRange(1), default=20, show_default=True)
@TEXT_OR_JSON
def history(run: str | None, newest: int, form: str) -> None:
    """Tell of the runs, newest first; of one RUN, what it wrote to which class.

    People are shown by Google's user ids: the store knows no names.
    """
    settings = read_settings(os.environ)
    if run is None and _is_missing(settings):
        click.echo(runs_json([]) if form == "json" else print_runs([]), nl=False)
        return
    with _store(settings) as store:
        if run is None:
            runs = looking_back.runs_of(store, newest)
            is_running = engine.is_running(store)
            click.echo(
                runs_json(runs) if form == "json" else print_runs(runs, is_running=is_running),
                nl=False,
            )
            return
        found = looking_back.run_named(run, store)
        writes = looking_back.writes_of(found, store)
        if form == "json":
            for piece in run_json(found, writes):
                click.echo(piece, nl=False)
        else:
            names = looking_back.names_of_classes(store)
            shown = print_run(found, writes, names, is_running=engine.is_running(store))
            click.echo(shown, nl=False)


@click.command()
@click.argument("person", required=False)
@click.option("--course", help="A class: its alias, course id, section's key, or name.")
@POLICY_IN_FORCE
@SCHOOL
@POLICIES
@ROSTER
@TEXT_OR_JSON
def explain(
    person: str | None,
    course: str | None,
    policy: str | None,
    school: str | None,
    policies: Path | None,
    roster: Path | None,
    form: str,
) -> None:
    """Tell why PERSON is in a class, or is not; or how a class came to be as it is.

    PERSON is an e-mail, the SIS's key, or Google's user id. The answer is as of the last run:
    Classroom is not asked.

    With --policy: the policy itself, as it holds in a --school or else in the district, as YAML
    with the file and line that each value comes from.
    """
    if policy is not None:
        if person is not None or course is not None:
            raise InputAtFault("explain --policy tells of the policy, so of no PERSON or --course")
        if policy and policies:
            raise InputAtFault("--policy names the folder already; leave --policies out")
        explain_policy(policy_folder(Path(policy) if policy else policies), school, roster, form)
        return
    if school is not None:
        raise InputAtFault("--school goes with --policy: rollbook explain --policy --school 0042")
    if person is None and course is None:
        raise InputAtFault("explain needs a PERSON, a --course, or both; or --policy")
    settings = read_settings(os.environ)
    question = Question(person, course, policy_folder(policies), roster)
    with _sight(settings) as sight:
        found = explaining.explain(question, sight)
    shown = explanation_json(found) if form == "json" else print_explanation(found)
    click.echo(shown, nl=False)


@click.command()
@click.argument("run")
@click.option("--school", help="Only what the run wrote there: a school's key or name.")
@click.option("--course", help="Only this class: its alias, course id, section's key, or name.")
@POLICIES
@OUT
@FORMAT
@ALLOW
def undo(
    run: str,
    school: str | None,
    course: str | None,
    policies: Path | None,
    out: Path | None,
    form: str | None,
    allow: tuple[tuple[Kind, int], ...],
) -> int:
    """Make a plan that takes RUN back. Nothing is written: `rollbook apply FILE` applies it.

    What a teacher or a later run has changed since stays. A class that the run made is archived,
    never deleted.
    """
    folder = policy_folder(policies)
    if folder is None:
        raise InputAtFault(
            "undo needs the policy, for its limits: name its folder with --policies DIR"
        )
    policy = engine.validate(folder)
    settings = read_settings(os.environ)
    with wiring.open_world(settings) as world:
        found = looking_back.run_named(run, world.store)
        part, sources = looking_back.Part(school, course), wiring.sources(settings)
        made = looking_back.plan_undo(found, part, policy, world, sources).with_consent(dict(allow))
    return show_plan(made, f"rollbook apply {out or 'FILE'}", form=form, out=out)


def policy_folder(named: Path | None) -> Path | None:
    """The policy folder that is named, or that is found here; None when there is none."""
    if named is not None:
        return named
    here = (Path("policies"), Path())
    return next((folder for folder in here if (folder / "district.yaml").is_file()), None)


@contextmanager
def _sight(settings: Settings) -> Iterator[Sight]:
    """The store, and the Directory where the settings name somebody to act for."""
    now = datetime.now(UTC)
    if not settings.google_admins:
        with _store(settings) as store:
            yield Sight(store, None, settings, now, wiring.sources(settings))
        return
    with (
        _store(settings) as store,
        closing(wiring.directory(settings)) as directory,
    ):
        yield Sight(store, directory, settings, now, wiring.sources(settings))


@contextmanager
def _store(settings: Settings) -> Iterator[Store]:
    """The store, which must be there: to look back makes none."""
    if _is_missing(settings):
        raise InputAtFault(f"there is no store at {settings.store_file}: no run so far")
    with closing(wiring.open_store(settings)) as store:
        yield store


def _is_missing(settings: Settings) -> bool:
    return settings.store_file is not None and not settings.store_file.exists()
