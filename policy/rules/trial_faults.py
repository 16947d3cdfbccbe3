"""What is wrong with a policy's tests that no schema can see: keys that don't go together.

Each check looks at what is there and of the right kind; the rest the schema has told already.
"""

from collections.abc import Iterator
from datetime import date

from policy.rules.contradictions import value_at
from policy.rules.lines import Document, Trail, Yaml, dotted
from policy.rules.problems import Code, Problem, did_you_mean, one_of, quoted
from policy.rules.trials import plain_key

_OF_PERSONS = ("classes", "teaches")


def trial_faults(document: Document) -> Iterator[Problem]:
    """All such faults in one file of a policy."""
    listed = value_at(document, ("tests",))
    for number, entry in enumerate(listed if isinstance(listed, list) else ()):
        trail = ("tests", number)
        given = entry.get("given") if isinstance(entry, dict) else None
        expect = entry.get("expect") if isinstance(entry, dict) else None
        if not isinstance(given, dict):
            continue
        yield from _sources(document, (*trail, "given"), given)
        yield from _subject(document, (*trail, "given"), given)
        yield from _sections(document, (*trail, "given"), given)
        if isinstance(expect, dict):
            yield from _expectation(document, (*trail, "expect"), expect, given)


def _sources(document: Document, trail: Trail, given: dict[str, Yaml]) -> Iterator[Problem]:
    """Just one of: a section that is described, sections, a roster."""
    described = ["section"] if isinstance(given.get("section"), dict) else []
    found = described + [key for key in ("sections", "roster") if key in given]
    if not found and not _misspelled(given):
        message = f"{dotted(trail)} should hold a roster, sections, or one section as a map"
        write = "section: {name: Algebra}"
        yield document.at_key(Code.KEY_MISSING, trail, message, write=write)
    for other in found[1:]:
        at = (*trail, other)
        message = f"{dotted(at)} and {found[0]} contradict each other: a test has one of them"
        yield document.at_key(Code.CONTRADICTION, at, message)


def _misspelled(given: dict[str, Yaml]) -> bool:
    """Is a key there that the schema has told to be another one?"""
    return any(key not in ("section", "sections", "roster", "person", "date") for key in given)


def _subject(document: Document, trail: Trail, given: dict[str, Yaml]) -> Iterator[Problem]:
    """Just one of: a section of several (its key), a person."""
    several = next((key for key in ("roster", "sections") if key in given), None)
    is_key = isinstance(given.get("section"), str)
    if several and not is_key and "person" not in given and "section" not in given:
        message = f"{dotted(trail)} should say which section or person of its {several} to look at"
        write = "person: pat@springfield.example"
        yield document.at_key(Code.KEY_MISSING, trail, message, write=write)
    if several and is_key and "person" in given:
        at = (*trail, "person")
        message = f"{dotted(at)} and section contradict each other: a test looks at one of them"
        yield document.at_key(Code.CONTRADICTION, at, message)


def _sections(document: Document, trail: Trail, given: dict[str, Yaml]) -> Iterator[Problem]:
    """Made-up sections: each with a key of its own, in a term that ends after it begins."""
    one, several = given.get("section"), given.get("sections")
    if isinstance(one, dict):
        yield from _term(document, (*trail, "section"), one)
    keys: dict[str, Trail] = {}
    for number, entry in enumerate(several if isinstance(several, list) else ()):
        if not isinstance(entry, dict):
            continue
        at = (*trail, "sections", number)
        yield from _term(document, at, entry)
        key = entry.get("key", plain_key(number + 1))
        if isinstance(key, str) and keys.setdefault(key, at) != at:
            message = f"{dotted(at)} and {dotted(keys[key])} have one key, {quoted(key)}"
            yield document.at_value(
                Code.CONTRADICTION, (*at, "key") if "key" in entry else at, message
            )
    if keys and isinstance(one, str) and one not in keys:
        at = (*trail, "section")
        close = did_you_mean(one, keys)
        hint = f"did you mean {close}?" if close else f"there: {', '.join(keys)}"
        message = f"{dotted(at)}: no section has the key {quoted(one)}; {hint}"
        yield document.at_value(Code.CONTRADICTION, at, message)


def _term(document: Document, trail: Trail, section: dict[str, Yaml]) -> Iterator[Problem]:
    starts, ends = _day(section.get("starts")), _day(section.get("ends"))
    if starts and ends and ends < starts:
        at = (*trail, "ends")
        message = f"{dotted(at)} should be a day from {starts} on, not {ends}"
        yield document.at_value(Code.CONTRADICTION, at, message)


def _day(value: Yaml) -> date | None:
    try:
        return date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None  # the schema has told


def _expectation(
    document: Document, trail: Trail, expect: dict[str, Yaml], given: dict[str, Yaml]
) -> Iterator[Problem]:
    """A person has classes, a section has a class."""
    of_person = "person" in given
    wrong = ("class",) if of_person else _OF_PERSONS
    right = _OF_PERSONS if of_person else ("class",)
    for key in (key for key in wrong if key in expect):
        at = (*trail, key)
        asked, other = ("a person", "a section") if of_person else ("a section", "a person")
        message = f"{dotted(at)} is of {other}; of {asked} expect {one_of(right)}"
        yield document.at_key(Code.CONTRADICTION, at, message)
