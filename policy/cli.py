"""The `rollbook` command: words for people on standard error, results on standard output.

Exit status: 0 done or nothing to do, 2 input at fault (nothing was planned), 3 something is held
back or the plan is stale, 4 ended with refusals or early, 1 unforeseen. What is only put off until
a later run is told, and is no failure.
"""

import os
import shlex
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from zoneinfo import ZoneInfo

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from policy import engine, wiring
from policy.cli_comparing import AGAINST, NAMES, refuse_consent, show_comparison
from policy.cli_editing import fmt, schema
from policy.cli_init import init
from policy.cli_looking_back import explain, history, undo
from policy.cli_options import ALLOW, FORMAT, OUT, ROSTER, show_plan
from policy.cli_roster import roster
from policy.cli_ways_out import accept, overwrite, release
from policy.comparing import Question
from policy.engine import World
from policy.errors import (
    InputAtFault,
    PlanAtFault,
    PolicyAtFault,
    RollbookError,
    RosterAtFault,
)
from policy.merge.plan import Kind, Plan
from policy.render.outcome_text import print_outcome, print_status
from policy.render.plan_json import read_json
from policy.render.plan_text import print_text
from policy.render.trials_text import print_trials
from policy.run.apply import Finished
from policy.settings import Settings, read_settings
from policy.trying import try_policy

POLICY = click.argument("policy", type=click.Path(path_type=Path))
PORT = click.IntRange(0, 65_535)


def main() -> None:
    """Run the command and leave with its exit status."""
    debug = "--debug" in sys.argv[1:]
    try:
        status = cli.main(standalone_mode=False)
    except click.exceptions.Abort:
        say("Stopped. What is written stays; the next sync goes on from there.")
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except RollbookError as error:
        if debug:
            raise
        located = isinstance(error, PolicyAtFault | RosterAtFault)  # begins with a file's name
        say(str(error) if located else f"rollbook: {error}")
        sys.exit(error.exit_status)
    except Exception as error:
        if debug:
            raise
        kind = type(error).__name__
        say(f"rollbook: something unforeseen: {kind}: {error}\n  --debug shows where.")
        sys.exit(1)
    sys.exit(status if isinstance(status, int) else 0)


def say(words: str) -> None:
    """Words for people, on standard error."""
    click.echo(words, err=True)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 90})
@click.version_option(package_name="rollbook", prog_name="rollbook")
@click.option("--debug", is_flag=True, help="Show where an error comes from.")
def cli(debug: bool) -> None:
    """Keeps Google Classroom's rolls as the school's information system says."""


@cli.command()
@POLICY
def validate(policy: Path) -> int:
    """Check a policy folder and run its tests; say every problem with its line."""
    settings = _settings()
    loaded = engine.validate(policy)
    today = wiring.clock(settings)(ZoneInfo(loaded.district.timezone)).date()
    outcomes = try_policy(loaded, today)
    say(print_trials(str(policy), loaded.district.name, outcomes))
    return 0 if all(outcome.has_passed for outcome in outcomes) else InputAtFault.exit_status


@cli.command()
@POLICY
@ROSTER
@ALLOW
@FORMAT
@OUT
@AGAINST
@NAMES
def plan(
    policy: Path,
    roster: Path | None,
    allow: tuple[tuple[Kind, int], ...],
    form: str | None,
    out: Path | None,
    against: str | None,
    names: bool,
) -> int:
    """Show what a night would do. Nothing is written to Google or to the store.

    With --against: show what the policy does otherwise than the one at a git ref, on the same
    roster, without asking Google.
    """
    if against is not None:
        refuse_consent(allow)
        question = Question(policy, against, roster, with_names=names)
        return show_comparison(question, _settings(), form=form, out=out)
    if names:
        raise click.UsageError("--names is for --against: a plan always shows names.")
    inputs = engine.read_inputs(policy, roster, wiring.sources(_settings(), say))
    with _world() as world:
        made = engine.make_plan(inputs, world).with_consent(dict(allow))
    return show_plan(made, _command("sync", policy, roster), form=form, out=out)


@cli.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--policies",
    type=click.Path(path_type=Path),
    help="The folder of the plan's policy; default: where the plan says it was.",
)
@ALLOW
def apply(file: Path, policies: Path | None, allow: tuple[tuple[Kind, int], ...]) -> int:
    """Apply a plan that `plan --format json` wrote, just as it was shown.

    Refused when its policy has changed since.
    """
    made = _read_plan(file).with_consent(dict(allow))
    with _world() as world:
        finished = engine.apply(made, world, policies=policies)
    return _tell(made, finished, _command("apply", file, policies=policies))


@cli.command()
@POLICY
@ROSTER
@ALLOW
def sync(policy: Path, roster: Path | None, allow: tuple[tuple[Kind, int], ...]) -> int:
    """Plan, judge and apply one night: what is not held is applied without asking."""
    inputs = engine.read_inputs(policy, roster, wiring.sources(_settings(), say))
    command = _command("sync", policy, roster)
    with _world() as world:
        made, finished = engine.sync(
            inputs,
            world,
            allowed=dict(allow),
            show=lambda shown: say(print_text(shown, command)),
        )
    return _tell(made, finished, command)


cli.add_command(init)
cli.add_command(overwrite)
cli.add_command(release)
cli.add_command(accept)
cli.add_command(explain)
cli.add_command(history)
cli.add_command(undo)
cli.add_command(schema)
cli.add_command(fmt)
cli.add_command(roster)


@cli.command()
def status() -> None:
    """Tell how things stand: classes, newest runs."""
    settings = _settings()
    if settings.store_file is not None and not settings.store_file.exists():
        click.echo(f"There is no store at {settings.store_file} yet: no run so far.")
        return
    with closing(wiring.open_store(settings)) as store:
        click.echo(print_status(engine.status(store)), nl=False)


@cli.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", type=PORT, default=8080, show_default=True)
@click.option("--threads", default=8, show_default=True)
def serve(host: str, port: int, threads: int) -> None:
    """Serve the add-on and its page with gunicorn."""
    from policy.rehearsal import check_port

    missing = _settings().addon_missing
    check_port(host, port)
    if missing:
        say(f"The add-on answers nobody until {', '.join(missing)} is set (docs/addon.md).")
    command = [
        *wiring.ADDON_COMMAND,
        wiring.ADDON_APP,
        "--bind",
        f"{host}:{port}",
        "--threads",
        str(threads),
    ]
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, *command])


@cli.command()
@click.option("--once", is_flag=True, help="End after the fourth night, without serving a page.")
@click.option("--port", type=PORT, default=0, help="The page's port; 0 takes a free one.")
def demo(once: bool, port: int) -> int:
    """Run four nights of a sample district against the simulator, then serve the page."""
    from policy.demo import Screen, run_demo

    return run_demo(Screen(say, _progress), once=once, port=port)


@cli.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", type=PORT, default=9000, show_default=True)
@click.option("--domain", default="school.example", show_default=True)
@click.option("--state", type=click.Path(path_type=Path), help="Keep the state in this file.")
@click.option("--accounts", type=click.Path(path_type=Path), help="CSV of accounts to make.")
@click.option(
    "--roster",
    type=click.Path(path_type=Path),
    help="Make an account for everybody in this folder or zip who has an e-mail.",
)
@click.option("--key", type=click.Path(path_type=Path), help="Write a service account key there.")
@click.option("--no-quotas", is_flag=True, help="Refuse nobody for asking too often.")
@click.option(
    "--preset",
    type=click.Choice(("calm", "realistic", "hostile")),
    default="calm",
    show_default=True,
    help="How Google behaves.",
)
@click.option("--seed", type=int, default=0, show_default=True, help="Of its random faults.")
@click.option(
    "--speed",
    type=click.FloatRange(1, 10_000),
    default=1,
    show_default=True,
    help="How many times as fast its clock goes.",
)
def simulator(
    host: str,
    port: int,
    domain: str,
    state: Path | None,
    accounts: Path | None,
    roster: Path | None,
    key: Path | None,
    no_quotas: bool,
    preset: str,
    seed: int,
    speed: float,
) -> None:
    """Run Google in a box: Classroom, Directory, Reports and the token endpoint."""
    from policy.rehearsal import Stage, open_stage

    stage = Stage(
        domain=domain,
        state=state,
        accounts=accounts,
        roster=roster,
        quotas=not no_quotas,
        preset=preset,
        seed=seed,
        speed=speed,
    )
    open_stage(stage, host=host, port=port, key=key, say=say)


def _settings() -> Settings:
    return read_settings(os.environ)


@contextmanager
def _world() -> Iterator[World]:
    """The world that the settings describe, with a progress bar where somebody is looking."""
    settings = _settings()
    with _progress() as progress, wiring.open_world(settings, progress) as world:
        yield world


@contextmanager
def _progress() -> Iterator[Callable[[int, int], None]]:
    """A bar on standard error; nothing at all when that is no terminal."""
    console = Console(stderr=True)
    columns = (TextColumn("Writing"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as bar:
        task = bar.add_task("Writing", total=None, visible=False)

        def advance(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total, visible=True)

        yield advance


def _command(
    verb: str, path: Path, roster: Path | None = None, *, policies: Path | None = None
) -> str:
    """What somebody would type to do this (again)."""
    options = {"--roster": roster, "--policies": policies}
    given = [word for name, value in options.items() if value for word in (name, str(value))]
    return shlex.join(["rollbook", verb, str(path), *given])


def _tell(made: Plan, finished: Finished, command: str) -> int:
    """The outcome on standard output, and the exit status."""
    click.echo(print_outcome(made, finished, command), nl=False)
    if finished.stopped:
        say(f"rollbook: the run ended early. {finished.stopped}")
    if finished.is_refused:
        return 4
    return 3 if made.held else 0


def _read_plan(file: Path) -> Plan:
    try:
        return read_json(_read(file))
    except PlanAtFault as error:
        raise PlanAtFault(
            f"{file}: {error}. Make a plan with: rollbook plan POLICY --out plan.json"
        ) from error


def _read(file: Path) -> str:
    if file.is_dir():
        raise InputAtFault(
            f"{file} is a folder; apply takes the file that `plan --out plan.json` wrote. For a "
            f"policy folder: rollbook sync {file}"
        )
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputAtFault(f"{file} can't be read: {error}") from error
