"""`rollbook plan --against REF`: its options, and where the comparison goes."""

from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import click

from policy import wiring
from policy.cli_options import format_of
from policy.comparing import Comparison, Question, compare
from policy.errors import InputAtFault
from policy.merge.comparison import Tally, told
from policy.merge.plan import Kind
from policy.render.comparison_json import comparison_json
from policy.render.comparison_markdown import print_comparison_markdown
from policy.render.comparison_text import print_comparison
from policy.settings import Settings
from policy.store.base import Store

AGAINST = click.option(
    "--against",
    metavar="REF",
    help="Compare with the policy at this git ref: a branch, tag or commit.",
)
NAMES = click.option(
    "--names",
    is_flag=True,
    help="With --against: show people by name and e-mail, not under pseudonyms.",
)


def refuse_consent(allow: tuple[tuple[Kind, int], ...]) -> None:
    """A comparison changes nothing, and holds nothing back."""
    if allow:
        raise click.UsageError("--allow can't be used with --against: nothing is held back there.")


def show_comparison(
    question: Question, settings: Settings, *, form: str | None, out: Path | None
) -> int:
    """The comparison on standard output or in a file; always 0."""
    with _store(settings) as store:
        found = compare(question, store, wiring.clock(settings), wiring.sources(settings))
        pieces = _pieces(found, format_of(form, out))
        if out is None:
            for piece in pieces:
                click.echo(piece, nl=False)
        else:
            _write(out, pieces)
            click.echo(f"The comparison is in {out}.", err=True)
    return 0


def _pieces(found: Comparison, form: str) -> Iterator[str]:
    if form == "json":
        tally = Tally()
        changes = told(found.differences, found.veil, tally)
        yield from comparison_json(found.compared, changes, tally)
    elif form == "markdown":
        yield print_comparison_markdown(found.compared, found.tally())
    else:
        yield print_comparison(found.compared, found.tally())


@contextmanager
def _store(settings: Settings) -> Iterator[Store | None]:
    """The store, if there is one: where policies are reviewed there is none, and none is made."""
    if settings.store_file is not None and not settings.store_file.exists():
        yield None
        return
    with closing(wiring.open_store(settings)) as store:
        yield store


def _write(file: Path, pieces: Iterable[str]) -> None:
    try:
        with file.open("w", encoding="utf-8") as stream:
            stream.writelines(pieces)
    except OSError as error:
        raise InputAtFault(f"{file} can't be written: {error.strerror}") from error
