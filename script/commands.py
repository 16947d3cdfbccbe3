"""Writes docs/commands.md from the commands' own help: python script/commands.py"""

from pathlib import Path

import click

from policy.cli import cli

HEAD = """\
# Commands

`rollbook` speaks to people on standard error and gives results on standard output. There is no
colour and no progress bar when that is not a terminal.

| exit status | |
| --- | --- |
| 0 | done, or nothing to do; what Google has only put off is told, and later runs try it again |
| 2 | what was handed in is at fault; nothing was planned (`fmt --check`: a file is not tidy) |
| 3 | something is held back (the rest was applied), the plan is stale, or another run is going |
| 3 | of `roster`: rows are left out, or one of two drops looks wrong |
| 4 | Google refused something for good, or the run ended early, as when nobody answers |
| 1 | something unforeseen; `rollbook --debug …` shows where |
| 130 | stopped by Ctrl-C; what is written stays, and the next sync goes on from there |

This page is made from the commands' own `--help`.
"""


def page() -> str:
    """The whole page."""
    context = click.Context(cli, info_name="rollbook", terminal_width=90, **cli.context_settings)
    parts = [HEAD, block("rollbook", cli, context)]
    for name, command in sorted(cli.commands.items()):
        inner = click.Context(command, info_name=name, parent=context, terminal_width=90)
        parts.append(block(f"rollbook {name}", command, inner))
        of_group = command.commands if isinstance(command, click.Group) else {}
        for verb, act in sorted(of_group.items()):
            below = click.Context(act, info_name=verb, parent=inner, terminal_width=90)
            parts.append(block(f"rollbook {name} {verb}", act, below))
    return "\n".join(parts)


def block(title: str, command: click.Command, context: click.Context) -> str:
    return f"## {title}\n\n```\n{command.get_help(context)}\n```\n"


if __name__ == "__main__":
    (Path(__file__).parents[1] / "docs" / "commands.md").write_text(page(), encoding="utf-8")
