"""A card as a page: the same tree, in HTML that needs no script. It knows nothing of classes.

jinja2 escapes every value; no value ever becomes an attribute name, a tag or a style.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from addon.widgets import Card


@dataclass(frozen=True, slots=True)
class Choice:
    """Somebody whom the visitor may be."""

    value: str
    text: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class Bar:
    """The bar on top of a demonstration's page. `groups` is a label and its people, each."""

    groups: Sequence[tuple[str, Sequence[Choice]]]


@dataclass(frozen=True, slots=True)
class Page:
    """All that a page shows. `do` is where the buttons' forms go, and `hidden` goes with them.
    Another card is at `show`, a GET, and `kept` goes there."""

    card: Card
    do: str = ""
    hidden: Sequence[tuple[str, str]] = ()
    notice: str = ""
    bar: Bar | None = None
    show: str = ""
    kept: Sequence[tuple[str, str]] = ()


def html(page: Page) -> str:
    """The page as text."""
    return _environment().get_template("page.html").render(page=page)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("addon"),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["kind"] = lambda value: type(value).__name__
    return environment
