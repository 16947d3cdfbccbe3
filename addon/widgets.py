"""What a card is made of: a small frozen tree of our own, which knows no renderer.

A widget exists here only if both renderers (Google's card, our page) can show it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum


class Style(Enum):
    """How loud a button is."""

    FILLED = "filled"  # what most people want; one a group
    OUTLINED = "outlined"
    PLAIN = "plain"


class Tone(Enum):
    """What a text is for."""

    NORMAL = "normal"
    QUIET = "quiet"  # may be overlooked
    WARNING = "warning"  # something did not work


@dataclass(frozen=True, slots=True)
class Action:
    """Something that Rollbook does when it is asked to: POST …/do/<name>."""

    name: str
    parameters: Mapping[str, str] = field(default_factory=dict)


class Way(Enum):
    """How a screen comes up."""

    OPEN = "open"  # over the card that is shown; Google's arrow leads back to that
    AGAIN = "again"  # in its place
    BACK = "back"  # every card but the first one goes, and the first one is made anew


@dataclass(frozen=True, slots=True)
class Show:
    """A screen of ours, which is to come up: POST …/<way>/<screen>. It changes nothing."""

    screen: str
    way: Way


@dataclass(frozen=True, slots=True)
class Link:
    """A page elsewhere, opened in a window of its own."""

    url: str

    def __post_init__(self) -> None:
        if not self.url.startswith("https://"):
            raise ValueError(f"a link in a card should start with https://, not {self.url!r}")


@dataclass(frozen=True, slots=True)
class Button:
    """A button. `label` is what a screen reader says, where `text` alone would be ambiguous."""

    text: str
    does: Action | Show | Link
    style: Style = Style.OUTLINED
    label: str = ""


@dataclass(frozen=True, slots=True)
class Text:
    """A paragraph."""

    text: str
    tone: Tone = Tone.NORMAL


@dataclass(frozen=True, slots=True)
class Item:
    """One thing of a list: its name, a line below it, perhaps a button beside it."""

    text: str
    below: str = ""
    button: Button | None = None


@dataclass(frozen=True, slots=True)
class ButtonRow:
    """Buttons side by side. `label` tells what they are about."""

    buttons: tuple[Button, ...]
    label: str = ""


@dataclass(frozen=True, slots=True)
class Divider:
    """A line between two things."""


Widget = Text | Item | ButtonRow | Divider


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a card; the header may be left out."""

    widgets: tuple[Widget, ...]
    header: str = ""


@dataclass(frozen=True, slots=True)
class Card:
    """A card. `name` is ours, for going back to it; `title` is what people read."""

    name: str
    title: str
    subtitle: str = ""
    sections: tuple[Section, ...] = ()
