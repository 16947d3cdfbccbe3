"""The commands for those who write policies: schema, fmt, and what explain tells of a policy."""

import json
from collections.abc import Sequence
from pathlib import Path

import click

from policy.errors import InputAtFault
from policy.roster.load import load_roster
from policy.rules.effective import Effective, effective, effective_json, print_effective
from policy.rules.schema import SCHEMA_FILE, schema_of_school_files
from policy.rules.tidy_folder import tidy_folder

POLICY_IN_FORCE = click.option(
    "--policy",
    is_flag=False,
    flag_value="",
    metavar="[FOLDER]",
    help="Tell of the policy instead; its folder may follow.",
)
SCHOOL = click.option(
    "--school", help="With --policy: a school's key or name, as the files of schools claim it."
)


@click.command()
@click.option("--school-file", is_flag=True, help="The schema of a file in schools/.")
def schema(school_file: bool) -> None:
    """Print the JSON Schema of the policy language, for editors.

    It explains and completes every key of district.yaml; the first line of a file names it:
    # yaml-language-server: $schema=./policy.schema.json
    """
    if school_file:
        click.echo(json.dumps(schema_of_school_files(), ensure_ascii=False, indent=2))
    else:
        click.echo(SCHEMA_FILE.read_text(encoding="utf-8"), nl=False)


@click.command()
@click.argument("policy", type=click.Path(path_type=Path))
@click.option("--check", is_flag=True, help="Write nothing; status 2 if a file is not tidy.")
def fmt(policy: Path, check: bool) -> int:
    """Tidy the files of a POLICY folder: their form, not what they say; comments stay.

    Prints the files that it has tidied (with --check: would tidy). A policy with problems is
    refused, as validate does.
    """
    done = tidy_folder(policy, write=not check)
    for name in done.untidy:
        click.echo(name)
    count = len(done.untidy)
    words = f"{count} of {done.files} {'file' if done.files == 1 else 'files'}"
    if not count:
        click.echo(f"{policy}: all files are tidy.", err=True)
    elif check:
        click.echo(f"{policy}: {words} not tidy; rollbook fmt {policy} tidies.", err=True)
    else:
        click.echo(f"{policy}: {words} tidied.", err=True)
    return 2 if check and count else 0


def explain_policy(folder: Path | None, school: str | None, roster: Path | None, form: str) -> None:
    """What `explain --policy` prints: the policy that holds in a school, or in the district."""
    if folder is None:
        raise InputAtFault("there is no policy here: name its folder, as in --policy policies")
    found = effective(folder, _names(school, roster))
    if school is not None and found.claimed is None:
        click.echo(_unclaimed(school, found, knows_roster=roster is not None), err=True)
    title = "The district's policy." if school is None else f"The policy in school {school}."
    shown = effective_json if form == "json" else print_effective
    click.echo(shown(found, title), nl=False)


def _names(school: str | None, roster: Path | None) -> Sequence[str]:
    """A school's key and name, as far as they are known."""
    if school is None or roster is None:
        return [] if school is None else [school]
    for known in load_roster(roster).schools.values():
        if school in (known.key, known.name):
            return [known.key, known.name]
    raise InputAtFault(f"the roster has no school with the key or name {school}")


def _unclaimed(school: str, found: Effective, *, knows_roster: bool) -> str:
    claims = ", ".join(found.claims) or "none"
    words = f"No file claims the school {school}, so the district's rules hold there.\n"
    words += f"  Claimed, as they are spelled: {claims}."
    return words if knows_roster else f"{words} With --roster, key and name are one."
