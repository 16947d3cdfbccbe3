"""The teacher's card: which classes wait, which are accepted, and what can be done about it."""

from collections.abc import Iterable, Sequence

from addon.viewmodels.home import ClassLine, Home
from addon.widgets import (
    Action,
    Button,
    ButtonRow,
    Card,
    Divider,
    Item,
    Link,
    Section,
    Show,
    Style,
    Text,
    Tone,
    Way,
    Widget,
)

NAME = "home"
TITLE = "Your classes"

# Google drops what goes beyond 100 widgets in a card, without a word. A waiting class takes three.
MOST_WAITING = 20
MOST_ACCEPTED = 25
MOST_DECLINED = 4  # two each
MOST_PROBLEMS = 3

# Classroom takes names of 750 characters and sections of 2,800; a card holds each several times.
LONGEST_NAME = 80
LONGEST_SECTION = 40


def home_card(home: Home) -> Card:
    """The card of a teacher whose classes could be read."""
    sections = (
        _door(may_look=home.may_look),
        _problems(home.problems),
        _waiting(home.waiting),
        _accepted(home.accepted),
        _declined(home.declined),
    )
    shown = tuple(section for section in sections if section.widgets)
    if home.is_empty:
        shown = (*shown, _empty())
    return Card(NAME, TITLE, _subtitle(home), (*shown, _foot()))


def trouble_card(what: str, *, may_look: bool = False) -> Card:
    """The card that is shown when the classes can't be read, or nothing can be done."""
    again = Button("Try again", Action("refresh"), Style.FILLED)
    trouble = Section((Text(what, Tone.WARNING), ButtonRow((again,))))
    door = _door(may_look=may_look)
    return Card(NAME, TITLE, "", (door, trouble) if door.widgets else (trouble,))


def _door(*, may_look: bool) -> Section:
    """The way to the administrator's card, for those whom it is open to."""
    if not may_look:
        return Section(())
    last_run = Button("Last run and policy", Show("administration", Way.OPEN), Style.PLAIN)
    return Section((ButtonRow((last_run,)),))


def _subtitle(home: Home) -> str:
    if home.waiting:
        return f"{count(len(home.waiting), 'class waits', 'classes wait')} for you"
    return "Nothing waits for you"


def _problems(problems: Sequence[str]) -> Section:
    texts = [Text(problem, Tone.WARNING) for problem in problems[:MOST_PROBLEMS]]
    return Section((*texts, *_more(len(problems) - MOST_PROBLEMS)))


def _waiting(lines: Sequence[ClassLine]) -> Section:
    widgets: list[Widget] = []
    if len(lines) > 1:
        everything = Button(f"Accept all {len(lines)}", Action("accept-all"), Style.FILLED)
        widgets += [ButtonRow((everything,)), Divider()]
    shown = lines[:MOST_WAITING]
    for number, line in enumerate(shown):
        widgets += [Divider()] if number else []
        widgets += [_item(line), _choice(line, loud=len(lines) == 1)]
    widgets += _more(len(lines) - len(shown), after="; Accept all takes them too")
    return Section(tuple(widgets), "Waiting")


def _choice(line: ClassLine, *, loud: bool) -> ButtonRow:
    parameters = {"course": line.course_id}
    accept = Button(
        "Accept",
        Action("accept", parameters),
        Style.FILLED if loud else Style.OUTLINED,
        label=f"Accept {spoken(line)}",
    )
    decline = Button(
        "Decline", Action("decline", parameters), Style.PLAIN, label=f"Decline {spoken(line)}"
    )
    return ButtonRow((accept, decline), label=spoken(line))


def _accepted(lines: Sequence[ClassLine]) -> Section:
    items = [_item(line, _open(line)) for line in lines[:MOST_ACCEPTED]]
    return Section((*items, *_more(len(lines) - MOST_ACCEPTED)), "Accepted")


def _declined(lines: Sequence[ClassLine]) -> Section:
    items = [_item(line, _after_all(line)) for line in lines[:MOST_DECLINED]]
    return Section((*items, *_more(len(lines) - MOST_DECLINED)), "Declined")


def _open(line: ClassLine) -> Button | None:
    if not line.link:
        return None
    return Button("Open", Link(line.link), Style.PLAIN, label=f"Open {spoken(line)} in Classroom")


def _after_all(line: ClassLine) -> Button:
    action = Action("accept", {"course": line.course_id})
    return Button("Accept", action, Style.PLAIN, label=f"Accept {spoken(line)} after all")


def _empty() -> Section:
    return Section(
        (
            Text("No class of yours is here yet."),
            Text(
                "Classes appear overnight, when the school's records name you as the teacher. "
                "If one is missing, ask your school's office.",
                Tone.QUIET,
            ),
        )
    )


def _foot() -> Section:
    return Section((ButtonRow((Button("Refresh", Action("refresh"), Style.PLAIN),)),))


def _item(line: ClassLine, button: Button | None = None) -> Item:
    name, section = _short(line)
    parts = (section, count(line.students, "student", "students"))
    return Item(name, " · ".join(part for part in parts if part), button)


def _more(left: int, *, after: str = "") -> Iterable[Widget]:
    return (Text(f"and {left} more{after}", Tone.QUIET),) if left > 0 else ()


def spoken(line: ClassLine) -> str:
    """A class in a sentence."""
    name, section = _short(line)
    return f"{name}, {section}" if section else name


def _short(line: ClassLine) -> tuple[str, str]:
    """The class's name and section, cut where they are longer than anybody reads."""
    return _cut(line.name, LONGEST_NAME), _cut(line.section, LONGEST_SECTION)


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"


def count(number: int, one: str, many: str) -> str:
    """A number and its noun."""
    return f"{number:,} {one if number == 1 else many}"
