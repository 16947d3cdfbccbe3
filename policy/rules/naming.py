"""Names and keys of classes: templates over a section's facts, Classroom's limits, the alias. Pure.

A template may use the listed names and nothing else: there is no code in it to run.
"""

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import quote

from policy.rules.filters import FILTERS, JOIN, filtered
from policy.rules.model import Classes
from policy.rules.problems import did_you_mean, one_of, quoted
from policy.rules.scope import SectionFacts

LONGEST_NAME, LONGEST_SECTION, LONGEST_ROOM = 750, 2800, 650  # Classroom's, in UTF-16 units
LONGEST_ALIAS = 256

NAMES: Mapping[str, Callable[[SectionFacts], tuple[str, ...]]] = {  # the values of each name
    "section.name": lambda facts: (facts.section_title,),
    "section.key": lambda facts: (facts.section_key,),
    "section.code": lambda facts: (facts.section_code,),
    "section.period": lambda facts: facts.periods,
    "section.room": lambda facts: (facts.room,),
    "course.name": lambda facts: (facts.course_title,),
    "course.code": lambda facts: (facts.course_code,),
    "term.name": lambda facts: tuple(term.name for term in facts.terms),
    "teacher.family_name": lambda facts: facts.teacher_family_names[:1],
    "teacher.name": lambda facts: facts.teacher_names[:1],
    "grade": lambda facts: facts.grades,
    "school.name": lambda facts: (facts.school_name,),
    "school_year": lambda facts: (facts.school_year,),
}


class Texts(NamedTuple):
    """The three texts of a class that a template makes."""

    name: str
    section: str
    room: str


def texts(classes: Classes, facts: SectionFacts) -> Texts:
    """A class's name, section and room, within Classroom's limits. An empty name falls back to
    the section's title, then to its key."""
    name = render(classes.name, facts) or _flat(facts.section_title) or _flat(facts.section_key)
    return Texts(
        name=cut(name, LONGEST_NAME),
        section=cut(render(classes.section, facts), LONGEST_SECTION),
        room=cut(render(classes.room, facts), LONGEST_ROOM),
    )


def render(template: str, facts: SectionFacts) -> str:
    """A template's text for a section. A missing value takes the separators and brackets around
    it along: "{course.name} – {section.period}" is "Algebra" where there is no period."""
    pieces = [""]
    for part in _parts(template):
        if part.kind is not _Kind.NAME:
            pieces[-1] += re.sub(r"\s+", " ", part.written)
        elif value := _flat(_value(part, facts)):
            pieces[-1] += value
        else:
            pieces.append("")
    return _flat(_closed_up(pieces))


def render_key(template: str, facts: SectionFacts) -> str | None:
    """A class's key for a section, exactly as the values are; None when one of them is missing
    (see `missing_values`): a key with a hole in it could be another section's."""
    if missing_values(template, facts):
        return None
    return "".join(
        _value(part, facts) if part.kind is _Kind.NAME else part.written
        for part in _parts(template)
    )


def missing_values(template: str, facts: SectionFacts) -> tuple[str, ...]:
    """The names in a template for which a section has no value."""
    used = dict.fromkeys(part.text for part in _parts(template) if part.kind is _Kind.NAME)
    return tuple(name for name in used if not JOIN.join(NAMES[name](facts)).strip())


def _value(part: "_Part", facts: SectionFacts) -> str:
    values = NAMES[part.text](facts)
    return filtered(values, part.filters) if part.filters else JOIN.join(values)


def name_problem(text: str) -> str | None:
    """Why Classroom would refuse a class's name, or None."""
    if not text.strip():
        return "a class needs a name"
    if _units(text) > LONGEST_NAME:
        return f"a class's name may have {LONGEST_NAME} characters; this one has {_units(text)}"
    address = _ADDRESS.search(text)
    if address:
        return f"Classroom refuses a web address in a class's name, and {quoted(address[0])} is one"
    return None


_ADDRESS = re.compile(r"(?:\bhttps?://|\bftp://|\bwww\.)\S*", re.IGNORECASE)


def cut(text: str, longest: int) -> str:
    """Text cut to so many UTF-16 units (Google counts as Java does), never within a character."""
    if _units(text) <= longest:
        return text
    whole = text.encode("utf-16-le", "surrogatepass")[: longest * 2]
    if 0xD8 <= whole[-1] <= 0xDB and len(whole) >= 2:  # the first half of a pair
        whole = whole[:-2]
    return whole.decode("utf-16-le", "surrogatepass").rstrip()


def _units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def alias(district_id: str, key: str) -> str:
    """The alias of the class with a key: the same for ever, and never that of another key.

    Letters, digits and . _ - ~ of the key stand as they are, all else percent-escaped (UTF-8,
    upper case). A key that is too long ends in a digest after %7E, which no escaped key holds
    (~ is not escaped), so that cut keys and whole ones can't meet.
    """
    whole = f"d:rollbook.{district_id}.{_escaped(key)}"
    if len(whole) <= LONGEST_ALIAS:
        return whole
    digest = hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()[:DIGEST_LENGTH]
    end = f"{DIGEST_MARK}{digest}"
    head = f"d:rollbook.{district_id}."
    for mark in key:
        if len(head) + len(_escaped(mark)) + len(end) > LONGEST_ALIAS:
            break
        head += _escaped(mark)
    return f"{head}{end}"


def is_rollbooks(name: str, district_id: str = "") -> bool:
    """Is this the alias of a class that Rollbook made, for a district or any?"""
    return name.startswith(f"d:rollbook.{district_id}." if district_id else "d:rollbook.")


DIGEST_MARK = "%7E"
DIGEST_LENGTH = 32


def _escaped(key: str) -> str:
    return quote(key, safe="", encoding="utf-8", errors="surrogatepass")


@dataclass(frozen=True, slots=True)
class TemplateProblem:
    """What is wrong with a template: the part at fault, words, and the template to write."""

    part: str
    message: str
    write: str | None = None


def template_problems(template: str, *, with_filters: bool = True) -> Iterator[TemplateProblem]:
    """All that is wrong with a template, which may have filters or not."""
    for part in _parts(template):
        if part.kind is _Kind.STRAY:
            message = f"{part.text} has no partner; {part.text * 2} stands for the character itself"
            yield TemplateProblem(part.text, message)
        elif part.kind is _Kind.UNKNOWN:
            yield _unknown_name(part, template, with_filters=with_filters)
        elif part.filters and not with_filters:
            name = f"{{{part.text}}}"
            message = f"{part.written}: a key has no filters, it is made of values as they are"
            yield TemplateProblem(part.written, message, template.replace(part.written, name))
        elif part.kind is _Kind.BAD_FILTER:
            yield _unknown_filter(part, template)


def _unknown_name(part: "_Part", template: str, *, with_filters: bool) -> TemplateProblem:
    close = did_you_mean(part.text, NAMES)
    filters = [_like_a_filter(one) for one in part.filters] if with_filters else []
    mended = "{" + "|".join([close or "", *filter(None, filters)]) + "}"
    hint = f"did you mean {mended}?" if close else f"expected one of {_listed()}"
    message = f"{part.written} is not a name that can be used here; {hint}"
    is_whole = close is not None and None not in filters
    return TemplateProblem(
        part.written, message, template.replace(part.written, mended) if is_whole else None
    )


def _like_a_filter(word: str) -> str | None:
    """The filter that a word is or is meant to be."""
    bare = word.strip()
    return bare if bare in FILTERS else did_you_mean(bare, FILTERS)


def _unknown_filter(part: "_Part", template: str) -> TemplateProblem:
    wrong = next(one for one in part.filters if one not in FILTERS)
    close = did_you_mean(wrong, FILTERS)
    hint = f"did you mean {close}? Filters: {', '.join(FILTERS)}"
    hint = hint if close else f"expected {one_of(list(FILTERS))}"
    message = f"{part.written}: |{wrong} is not a filter; {hint}"
    mended = part.written.replace(f"|{wrong}", f"|{close}")
    write = template.replace(part.written, mended) if close else None
    return TemplateProblem(part.written, message, write)


def names_in(template: str) -> frozenset[str]:
    """The names that a template uses."""
    kinds = (_Kind.NAME, _Kind.BAD_FILTER)
    return frozenset(part.text for part in _parts(template) if part.kind in kinds)


class _Kind(Enum):
    TEXT = "text"
    NAME = "name"
    UNKNOWN = "unknown"  # a name that is not in NAMES
    BAD_FILTER = "bad filter"  # a name with a filter that is not in FILTERS
    STRAY = "stray"  # a brace without a partner


@dataclass(frozen=True, slots=True)
class _Part:
    """A piece of a template: text as it comes out, or a name, its filters, and how it is written,
    braces and all. What is at fault stands as it is written, so that rendering never fails."""

    kind: _Kind
    text: str
    written: str
    filters: tuple[str, ...] = ()


_PART = re.compile(r"(?P<two>\{\{|\}\})|\{(?P<name>[^{}]*)\}|(?P<stray>[{}])|(?P<text>[^{}]+)")


@lru_cache(maxsize=1024)
def _parts(template: str) -> tuple[_Part, ...]:
    return tuple(_part(found) for found in _PART.finditer(template))


def _part(found: re.Match[str]) -> _Part:
    if found["name"] is not None:
        name, *filters = (piece.strip() for piece in found["name"].split("|"))
        return _Part(_kind(found["name"]), name, found[0], tuple(filters))
    if found["stray"]:
        return _Part(_Kind.STRAY, found[0], found[0])
    text = found[0][0] if found["two"] else found[0]
    return _Part(_Kind.TEXT, text, text)


def _kind(written: str) -> _Kind:
    """Blanks are not left out: what is almost right gets a message that shows how to write it."""
    name, *filters = written.split("|")
    if name not in NAMES or any(one != one.strip() for one in filters):
        return _Kind.UNKNOWN
    return _Kind.NAME if all(one in FILTERS for one in filters) else _Kind.BAD_FILTER


def _listed() -> str:
    return ", ".join(f"{{{name}}}" for name in NAMES)


def _flat(text: str) -> str:
    """Text with each run of white space made one space, and none at its ends."""
    return " ".join(text.split())


_SEPARATORS = "-–—:|/,;·•・：" + " "
_SEPARATOR = re.compile(rf" ?[{re.escape(_SEPARATORS.strip())}]+ ?")
_BRACKETS = {"(": ")", "[": "]", "{": "}", "（": "）"}


def _closed_up(pieces: list[str]) -> str:
    """Pieces of text joined where a value is missing between each two."""
    text, gap = pieces[0], ""
    for piece in pieces[1:]:
        text, between, rest = _apart(text, piece)
        gap += between
        while text and rest and _BRACKETS.get(text[-1]) == rest[0]:  # nothing is left in them
            text, gap, rest = _apart(text[:-1], rest[1:])
        if rest:
            text, gap = text + _glue(text, gap, rest) + rest, ""
    return text


def _apart(left: str, right: str) -> tuple[str, str, str]:
    """Two texts without the separators where they meet, and those between them."""
    kept, rest = left.rstrip(_SEPARATORS), right.lstrip(_SEPARATORS)
    return kept, left[len(kept) :] + right[: len(right) - len(rest)], rest


def _glue(left: str, gap: str, right: str) -> str:
    """What stands between two texts: the first separator of the gap, else its space."""
    if not left or left[-1] in _BRACKETS or right[0] in _BRACKETS.values():
        return ""
    found = _SEPARATOR.search(gap)
    return found[0] if found else gap[:1]
