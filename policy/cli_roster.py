"""The commands that look at rosters alone: `roster check` and `roster diff`. They need no policy,
no Google and no store."""

from pathlib import Path

import click

from policy.errors import HeldBack, InputAtFault, RosterAtFault
from policy.render.page import page_markdown, page_text
from policy.render.roster_json import difference_json, survey_json
from policy.render.roster_page import difference_page, survey_page
from policy.roster.difference import difference_of
from policy.roster.load import read_drop
from policy.roster.survey import Severity, Survey, survey_of, survey_of_problems

FORM = click.option(
    "--format",
    "form",
    type=click.Choice(("text", "markdown", "json")),
    default="text",
    show_default=True,
)
PATH = click.Path(path_type=Path)
PAGES = {"text": page_text, "markdown": page_markdown}


@click.group()
def roster() -> None:
    """Look at rosters, before anything is done with them."""


@roster.command()
@click.argument("path", type=PATH)
@FORM
def check(path: Path, form: str) -> int:
    """Tell what is in the roster at PATH, a folder or zip, and all that is wrong with it.

    Shows no names and no addresses. Status 3: rows are left out; 2: it can't be used.
    """
    survey = _survey(path)
    if form == "json":
        click.echo(survey_json(survey), nl=False)
    else:
        click.echo(PAGES[form](survey_page(survey)), nl=False)
    if survey.contents is None:
        return InputAtFault.exit_status
    return HeldBack.exit_status if survey.of(Severity.LEFT_OUT) else 0


@roster.command()
@click.argument("a", type=PATH)
@click.argument("b", type=PATH)
@FORM
def diff(a: Path, b: Path, form: str) -> int:
    """Compare the rosters A and B of one district, by school, and say which looks wrong.

    Shows no names and no addresses. Status 3: one looks wrong; 2: one can't be read.
    """
    found = difference_of(read_drop(a).roster, read_drop(b).roster, (str(a), str(b)))
    if form == "json":
        click.echo(difference_json(found), nl=False)
    else:
        click.echo(PAGES[form](difference_page(found)), nl=False)
    return HeldBack.exit_status if found.suspicions else 0


def _survey(path: Path) -> Survey:
    try:
        return survey_of(str(path), read_drop(path))
    except RosterAtFault as fault:
        return survey_of_problems(str(path), fault.problems)
