"""The page for people: every course with state, owner and members. Plain HTML, no script."""

from collections.abc import Iterable
from html import escape
from itertools import islice

from policy.simulator.state import Course, Person, Role, State

MOST = 300  # courses on one page; the rest is found by the search field

STYLE = """\
:root { color-scheme: light dark; --line: #8884; --soft: #8882; }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 62rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.4rem; margin: 0 0 .25rem; }
p { margin: .25rem 0 1rem; }
form { margin: 1rem 0; display: flex; gap: .5rem; }
input { font: inherit; padding: .3rem .6rem; flex: 1; max-width: 24rem; }
button { font: inherit; padding: .3rem .9rem; }
article { border: 1px solid var(--line); border-radius: .6rem; margin: .8rem 0; }
article { padding: .8rem 1rem; }
h2 { font-size: 1.05rem; margin: 0; display: flex; gap: .6rem; align-items: baseline; }
h2 span { font-size: .75rem; font-weight: 600; padding: .1rem .5rem; border-radius: 1rem; }
.ACTIVE { background: #1a7f3733; } .PROVISIONED { background: #bf870033; }
.DECLINED { background: #cf222e33; } .ARCHIVED, .SUSPENDED { background: var(--soft); }
dl { display: grid; grid-template-columns: 7rem 1fr; gap: .1rem .8rem; margin: .5rem 0 0; }
dt { color: GrayText; } dd { margin: 0; overflow-wrap: anywhere; }
code { font-size: .85em; }
@media (max-width: 30rem) { dl { grid-template-columns: 1fr; } dt { margin-top: .4rem; } }
"""


def state_page(state: State, *, wanted: str, now: float) -> str:
    """The page, with the courses in which `wanted` occurs, newest first."""
    folded = wanted.strip().casefold()
    courses = [c for c in state.newest_first() if not folded or _fits(state, c, folded)]
    shown = "".join(_article(state, course, now=now) for course in islice(courses, MOST))
    more = f"<p>{len(courses) - MOST} more: search for them.</p>" if len(courses) > MOST else ""
    counts = f"{_count(len(courses), 'course')} and {_count(len(state.people), 'account')}"
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        "<title>Google in a box</title>"
        '<link rel="stylesheet" href="/simulator/style.css"></head><body>'
        "<h1>Google in a box</h1>"
        f"<p>{counts}. The same as JSON: "
        '<a href="/simulator/state">state</a>, <a href="/simulator/calls">calls</a>, '
        '<a href="/simulator/switches">switches</a>.</p>'
        '<form action="/simulator/"><input name="find" aria-label="Find" '
        f'placeholder="name, alias or address" value="{escape(wanted)}">'
        "<button>Find</button></form>"
        f"<main>{shown or '<p>No course.</p>'}{more}</main></body></html>"
    )


def _article(state: State, course: Course, *, now: float) -> str:
    rows = [
        ("id", f"<code>{escape(course.id)}</code>"),
        *((name, escape(text)) for name, text in course.texts.items() if name != "name"),
        ("aliases", _codes(state.course_aliases[course.id])),
        ("owner", _people(state, [course.owner])),
        ("teachers", _people(state, state.seats[Role.TEACHER][course.id])),
        ("students", _people(state, state.seats[Role.STUDENT][course.id])),
    ]
    listed = "".join(f"<dt>{name}</dt><dd>{value}</dd>" for name, value in rows if value)
    word = escape(course.state)
    late = "" if course.state_shown(now) == course.state else " (reads still tell the old state)"
    return (
        f"<article><h2>{escape(course.texts['name'])} "
        f'<span class="{word}">{word}{late}</span></h2><dl>{listed}</dl></article>'
    )


def _people(state: State, users: Iterable[str]) -> str:
    people = [state.people[user] for user in users]
    counted = f"{len(people)}: " if len(people) > 1 else ""
    return counted + ", ".join(_person(person) for person in people) if people else ""


def _person(person: Person) -> str:
    gone = " (deleted)" if person.deleted else " (suspended)" if person.suspended else ""
    return (
        f'<span title="{escape(person.email)}">{escape(person.name or person.email)}</span>{gone}'
    )


def _codes(aliases: Iterable[str]) -> str:
    return ", ".join(f"<code>{escape(alias)}</code>" for alias in aliases)


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _fits(state: State, course: Course, folded: str) -> bool:
    if any(folded in text.casefold() for text in course.texts.values()):
        return True
    if folded == course.id or any(folded in a.casefold() for a in state.course_aliases[course.id]):
        return True
    users = (user for role in Role for user in state.seats[role][course.id])
    return any(
        folded in f"{p.name} {p.email}".casefold() for p in map(state.people.get, users) if p
    )
