"""What several commands take and do: consent, the formats of a plan, and where it is written."""

from collections.abc import Callable, Mapping
from pathlib import Path

import click

from policy.errors import InputAtFault
from policy.merge.plan import Kind, Plan
from policy.render.plan_json import print_json
from policy.render.plan_markdown import print_markdown
from policy.render.plan_text import print_text
from policy.render.words import counted

FORMATS: Mapping[str, Callable[[Plan, str], str]] = {
    "text": print_text,
    "markdown": print_markdown,
    "json": lambda plan, _command: print_json(plan),
}
ENDINGS = {".json": "json", ".md": "markdown"}
ROSTER = click.option(
    "--roster",
    type=click.Path(path_type=Path),
    help="A folder or zip to read instead of the policy's source.",
)
FORMAT = click.option(
    "--format",
    "form",
    type=click.Choice(list(FORMATS)),
    help="Default: text, or what the file's ending says.",
)
OUT = click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Write it there.")


class _Allowed(click.ParamType[tuple[Kind, int]]):
    """KIND=COUNT, such as student.remove=412."""

    name = "KIND=COUNT"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[Kind, int]:
        kind, _, count = str(value).partition("=")
        kinds = [known.value for known in Kind]
        if kind not in kinds:
            self.fail(f"{kind!r} is no kind of change; expected one of {', '.join(kinds)}")
        if not count.isdecimal():
            self.fail(f"{count!r} is no count; write it like {kind}=412", param, ctx)
        return Kind(kind), int(count)


ALLOW = click.option(
    "--allow",
    type=_Allowed(),
    multiple=True,
    help="Let up to COUNT held changes of KIND through, this once. Covers all of them or none.",
)


def show_plan(plan: Plan, command: str, *, form: str | None, out: Path | None) -> int:
    """The plan on standard output or in a file; 3 if something in it is held. `command` is what
    consent is given with."""
    chosen = format_of(form, out)
    text = FORMATS[chosen](plan, command)
    if out is None:
        click.echo(text, nl=False)
    else:
        _write(out, text)
        changes = counted(sum(plan.summary().values()), "change", "changes")
        click.echo(f"The plan is in {out}: {changes}.", err=True)
    return 3 if plan.held else 0


def format_of(form: str | None, out: Path | None) -> str:
    """The format that is asked for, or that the file's ending says."""
    return form or ENDINGS.get(out.suffix if out else "", "text")


def _write(file: Path, text: str) -> None:
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise InputAtFault(f"{file} can't be written: {error.strerror}") from error
