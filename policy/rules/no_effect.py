"""Values that can never do anything: a limit that nothing exceeds, a list whose values `exclude`
takes out again. They are refused, for somebody relies on them.

Told is only what the policy alone makes certain, whatever the roster holds.
"""

from collections.abc import Iterator, Sequence
from typing import cast

from policy.rules.contradictions import GROWING, value_at
from policy.rules.lines import Document, Trail, Yaml, dotted
from policy.rules.problems import Code, Problem
from policy.rules.schema import defaults
from policy.rules.scope import bare_grade, is_like

LEVELS = ("district", "school", "class")
SCOPE: Trail = ("classes", "scope")
EXCLUDE: Trail = (*SCOPE, "exclude")
LISTS = {"schools": "school", "terms": "term", "grades": "grade", "subjects": "subject"}


def without_effect(district: Document | None, schools: Sequence[Document]) -> Iterator[Problem]:
    """All that can have no effect, in each file as it stands over the layers beneath."""
    if district:
        yield from _limits(district, None)
        yield from _excluded_again(district, None)
    for document in schools:
        yield from _limits(document, district)
        yield from _excluded_again(document, district)


def _limits(document: Document, beneath: Document | None) -> Iterator[Problem]:
    limits = value_at(document, ("limits",))
    for kind, limit in limits.items() if isinstance(limits, dict) else ():
        for level in LEVELS if isinstance(limit, dict) else ():
            trail = ("limits", kind, level)
            if value_at(document, trail) == "100%" and kind not in GROWING:
                message = f"{dotted(trail)}: 100% holds nothing back, for all that is there may go"
                write = f"{level}: 99%"
                yield document.at_value(Code.NO_EFFECT, trail, message, write=write)
            yield from _below_at_least(document, beneath, trail)


def _below_at_least(
    document: Document, beneath: Document | None, trail: tuple[str, ...]
) -> Iterator[Problem]:
    """A count that `at_least` exceeds: that many may go in any case."""
    level, of_least = trail[-1], (*trail[:-1], "at_least")
    count, least = value_at(document, trail), _in_force(document, beneath, of_least)
    count = 0 if count == "0%" else count
    if type(count) is not int or type(least) is not int or not 0 <= count < least:
        return
    place = _place(document, beneath, of_least)
    written = document.written(trail)
    message = f"{dotted(trail)}: {written} has no effect: at_least ({least}{place}) lets more go"
    is_beside = of_least in document.values
    write = f"at_least: {count}" if is_beside else f"{level}: {written}, at_least: {count}"
    yield document.at_value(Code.NO_EFFECT, trail, message, write=write)


def _in_force(document: Document, beneath: Document | None, trail: Trail) -> Yaml:
    """The value of a field in a file, else in the one beneath, else by default."""
    for file in (document, beneath):
        if file is not None and trail in file.values:
            return value_at(file, trail)
    value: Yaml = cast(Yaml, defaults())
    for step in trail:
        value = value.get(str(step)) if isinstance(value, dict) else None
    return value


def _place(document: Document, beneath: Document | None, trail: Trail) -> str:
    """Where the other one of two values stands, for a message."""
    if trail in document.values:
        return f", in line {document.line(trail)}"
    if beneath is not None and trail in beneath.values:
        return f", {beneath.source.file}:{beneath.line(trail)}"
    return " by default"


def _excluded_again(document: Document, beneath: Document | None) -> Iterator[Problem]:
    """Values of a scope's lists of which `exclude` takes out every section again."""
    holder = document if EXCLUDE in document.values else beneath
    entries = value_at(holder, EXCLUDE)
    if holder is None or not isinstance(entries, list):
        return
    for name, key in LISTS.items():
        listed = value_at(document, (*SCOPE, name))
        for number, value in enumerate(listed if isinstance(listed, list) else ()):
            found = next((n for n, e in enumerate(entries) if _takes_out(e, key, value)), None)
            if found is not None:
                trail, by = (*SCOPE, name, number), (*EXCLUDE, found)
                place = f"{holder.source.file}:" if holder is not document else "line "
                message = (
                    f"{dotted(trail)} brings nothing into scope: exclude[{found}] "
                    f"({place}{holder.line(by)}) leaves it all out"
                )
                yield document.at_value(Code.NO_EFFECT, trail, message)


def _takes_out(entry: Yaml, key: str, value: Yaml) -> bool:
    """Does an entry of `exclude` match each section that this value of a list lets in?"""
    if not isinstance(entry, dict) or set(entry) != {key} or not isinstance(value, str):
        return False
    said = entry[key]
    globs = said if isinstance(said, list) else [said]
    return any(isinstance(glob, str) and _covers(glob, value, key) for glob in globs)


def _covers(glob: str, value: str, key: str) -> bool:
    """Does one glob match all that another one matches? Told for equal ones, for texts, and `*`."""
    if key == "grade":
        glob, value = bare_grade(glob), bare_grade(value)
    is_text = not set(value) & set("*?[")
    return glob.casefold() == value.casefold() or glob == "*" or (is_text and is_like(value, glob))
