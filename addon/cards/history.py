"""The administrator's card: what the last run did, held back and put off, what Google refused."""

from collections.abc import Mapping
from datetime import datetime

from addon.cards.in_force import is_urgent, policy_section
from addon.viewmodels.history import History
from addon.viewmodels.in_force import PolicySeen
from addon.widgets import (
    Action,
    Button,
    ButtonRow,
    Card,
    Item,
    Section,
    Show,
    Style,
    Text,
    Tone,
    Way,
    Widget,
)

NAME = "history"
TITLE = "Last run"
SCREEN = "administration"
BACK = Button("Your classes", Show("home", Way.BACK), Style.PLAIN)

# Kinds of change as the plan names them, in words that fit what was done and what was not.
KINDS = {
    "course.create": ("new class", "new classes"),
    "course.update": ("class change", "class changes"),
    "course.owner": ("change of owner", "changes of owner"),
    "course.archive": ("class archival", "class archivals"),
    "course.restore": ("class restoral", "class restorals"),
    "teacher.add": ("co-teacher addition", "co-teacher additions"),
    "teacher.remove": ("co-teacher removal", "co-teacher removals"),
    "student.add": ("student addition", "student additions"),
    "student.remove": ("student removal", "student removals"),
}


def history_card(
    history: History, policy: PolicySeen | None = None, *, is_first: bool = False
) -> Card:
    """The card of an administrator; of the policy nothing where the server is told of none. With
    `is_first` there is no card below it to go back to."""
    foot = _foot(is_first=is_first)
    in_force = policy_section(policy)
    first, last = (in_force, ()) if is_urgent(policy) else ((), in_force)
    if history.state is None or history.started is None:
        nothing = Section((Text("No run yet. Plan one with: rollbook plan policies"),))
        return Card(NAME, TITLE, "", (*first, nothing, *last, foot))
    sections = (
        *first,
        Section((_when(history.started), _classes(history.classes))),
        _section("Done", history.done, nothing="Nothing to do: all was as it should be."),
        _section("Held back, waiting for consent", history.held),
        _section("Refused by Google", history.refused),
        _section("Put off until a later run", history.later),
        *last,
        foot,
    )
    shown = tuple(section for section in sections if section.widgets)
    return Card(NAME, TITLE, history.state.value.capitalize(), shown)


def _when(started: datetime) -> Item:
    return Item(f"{started:%Y-%m-%d %H:%M} {started.tzname() or ''}".strip(), "started")


def _classes(number: int) -> Item:
    return Item(f"{number:,} {'class' if number == 1 else 'classes'}", "kept by Rollbook")


def _section(header: str, counts: Mapping[str, int] | None, *, nothing: str = "") -> Section:
    widgets: tuple[Widget, ...] = tuple(
        Item(f"{number:,} {_kind(kind, number)}") for kind, number in (counts or {}).items()
    )
    if not widgets and nothing:
        widgets = (Text(nothing, Tone.QUIET),)
    return Section(widgets, header)


def _kind(kind: str, number: int) -> str:
    one, many = KINDS.get(kind, (kind, kind))
    return one if number == 1 else many


def refused_card() -> Card:
    """What somebody sees who holds no role and asks for the card of an administrator."""
    words = (
        Text(
            "Only those see this card to whom the district's policy gives a role: admin, approver "
            "or viewer."
        ),
        Text("If you should have one, ask whoever looks after Rollbook.", Tone.QUIET),
    )
    return Card("refused", TITLE, "Not open to you", (Section((*words, ButtonRow((BACK,)))),))


def _foot(*, is_first: bool) -> Section:
    if is_first:  # it may be a teacher's card by now
        return Section((ButtonRow((Button("Refresh", Action("refresh"), Style.PLAIN),)),))
    again = Button("Refresh", Show(SCREEN, Way.AGAIN), Style.PLAIN)
    return Section((ButtonRow((BACK, again)),))
