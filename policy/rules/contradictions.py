"""What no schema can see: values that contradict each other, templates, time zones, shares.

Each check looks at what is there and of the right kind; the rest the schema has told already.
"""

import zoneinfo
from collections.abc import Iterator, Sequence
from datetime import date
from functools import lru_cache

from policy.rules.lines import Document, Trail, Yaml, dotted
from policy.rules.naming import LONGEST_NAME, name_problem, names_in, template_problems
from policy.rules.problems import Code, Problem, did_you_mean, in_quotes, quoted
from policy.rules.roads import source_problems

TEMPLATES = ("key", "name", "section", "room")  # under classes
ALIKE = 0.75  # zones: there are 600, so something is always a little like it
GROWING = frozenset({"course.create"})  # of these there may be more than there are classes now
KEY_HOLDS_ONE_OF = frozenset({"section.key", "section.code"})


def contradictions(district: Document | None, schools: Sequence[Document]) -> Iterator[Problem]:
    """All contradictions in a policy's files, as far as these could be read."""
    if district:
        yield from source_problems(district)
        yield from _timezone(district)
        yield from _pauses(district)
        yield from _outsiders(district, district)
        yield from _twice_in_a_role(district)
        yield from _never_accepted(district, None)
    for document in [district, *schools]:
        if document:
            yield from _templates(document)
            yield from _shares(document)
            yield from _in_and_out(document)
    for document in schools:
        yield from _never_accepted(district, document)
        if district:
            yield from _outsiders(district, document)
    yield from _claimed_twice(schools)


def value_at(document: Document | None, trail: Trail) -> Yaml:
    """The value at a trail of keys; None where there is none."""
    data = document.data if document else None
    for step in trail:
        if not isinstance(data, dict) or not isinstance(step, str):
            return None
        data = data.get(step)
    return data


def _entries(document: Document, *trail: str) -> Iterator[tuple[Trail, dict[str, Yaml]]]:
    """The maps of the list at a trail, and the trail of each."""
    listed = value_at(document, trail)
    for number, entry in enumerate(listed if isinstance(listed, list) else ()):
        if isinstance(entry, dict):
            yield (*trail, number), entry


def _timezone(document: Document) -> Iterator[Problem]:
    trail = ("district", "timezone")
    name = value_at(document, trail)
    if not isinstance(name, str) or not name or name in _timezones():
        return
    close = _like_timezone(name)
    hint = f"; did you mean {close}?" if close else ""
    message = f"district.timezone should be a time zone such as America/Chicago, not {quoted(name)}"
    write = f"timezone: {close}" if close else "timezone: America/Chicago"
    yield document.at_value(Code.UNKNOWN_TIMEZONE, trail, f"{message}{hint}", write=write)


@lru_cache(maxsize=1)
def _timezones() -> frozenset[str]:
    return frozenset(zoneinfo.available_timezones())


def _like_timezone(name: str) -> str | None:
    """A zone spelled alike, else one whose city is spelled alike."""
    cities = {zone.rpartition("/")[2]: zone for zone in sorted(_timezones(), reverse=True)}
    city = did_you_mean(name.rpartition("/")[2].replace(" ", "_"), cities, alike=ALIKE)
    return did_you_mean(name, _timezones(), alike=ALIKE) or (cities[city] if city else None)


def _templates(document: Document) -> Iterator[Problem]:
    for key in TEMPLATES:
        trail = ("classes", key)
        template = value_at(document, trail)
        if not isinstance(template, str):
            continue
        for fault in template_problems(template, with_filters=key != "key"):
            write = f"{key}: {in_quotes(fault.write)}" if fault.write else None
            message = f"{dotted(trail)}: {fault.message}"
            yield document.inside_value(
                Code.TEMPLATE, trail, message, within=fault.part, write=write
            )
        yield from _whole_template(document, trail, template)


def _whole_template(document: Document, trail: Trail, template: str) -> Iterator[Problem]:
    if trail[-1] == "key" and not names_in(template) & KEY_HOLDS_ONE_OF:
        message = (
            "classes.key should hold {section.key} or {section.code}: without one, "
            "two sections could get one class"
        )
        write = 'key: "{school_year}.{section.key}"'
        yield document.at_value(Code.TEMPLATE, trail, message, write=write)
    is_name = trail[-1] == "name" and template.strip() and len(template) <= LONGEST_NAME
    if is_name and (problem := name_problem(template)):
        yield document.at_value(Code.TEMPLATE, trail, f"classes.name: {problem}")


def _shares(document: Document) -> Iterator[Problem]:
    yield from _share(document, ("freshness", "min_size"))
    limits = value_at(document, ("limits",))
    for kind, limit in limits.items() if isinstance(limits, dict) else ():
        for level in limit if isinstance(limit, dict) else ():
            yield from _share(document, ("limits", kind, level))


def _share(document: Document, trail: tuple[str, ...]) -> Iterator[Problem]:
    value = value_at(document, trail)
    if not isinstance(value, str) or not value.removesuffix("%").isascii():
        return
    share = value.removesuffix("%")
    if value.endswith("%") and share.isdigit() and len(share) < 7 and int(share) > 100:
        is_limit = trail[0] == "limits" and trail[1] not in GROWING
        most, write = ("less than 100%", "99%") if is_limit else ("at most 100%", "100%")
        message = f"{dotted(trail)} should be {most}, not {value}"
        write = f"{trail[-1]}: {write}"
        yield document.at_value(Code.OVER_100_PERCENT, trail, message, write=write)


def _pauses(document: Document) -> Iterator[Problem]:
    for trail, entry in _entries(document, "pause"):
        start, end = _day(entry.get("from")), _day(entry.get("to"))
        if start and end and end < start:
            at = (*trail, "to")
            message = f"{dotted(at)} should be a day from {start} on, not {end}: both are in it"
            yield document.at_value(Code.CONTRADICTION, at, message)


def _day(value: Yaml) -> date | None:
    """The date that a text is, if it is one. What is none the schema has told."""
    try:
        return date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _in_and_out(document: Document) -> Iterator[Problem]:
    """One person kept both in and out of the same classes."""
    said: dict[str, tuple[Trail, Yaml]] = {}
    for trail, entry in _entries(document, "students", "exceptions"):
        person, keep, where = entry.get("person"), entry.get("keep"), entry.get("where")
        if not isinstance(person, str) or keep not in ("in", "out"):
            continue
        first, other = said.setdefault(f"{person.casefold()} {where}", (trail, keep))
        if other != keep:
            at = (*trail, "keep")
            message = (
                f"{dotted(at)} should be {other}, not {keep}: for this person and these classes "
                f"{dotted(first)} says so, in line {document.line(first)}"
            )
            yield document.at_value(Code.CONTRADICTION, at, message)


def _never_accepted(district: Document | None, school: Document | None) -> Iterator[Problem]:
    """Classes that start active are never accepted, so students would never be added."""
    state, add = ("classes", "start_as"), ("students", "add")
    files = [document for document in (school, district) if document]
    holders = [
        next((file for file in files if value_at(file, trail) is not None), None)
        for trail in (state, add)
    ]
    if value_at(holders[0], state) != "active" or value_at(holders[1], add) != "after_accept":
        return
    holder = school if school in holders else district
    if holder is None or (school is not None and holder is not school):
        return  # told once, for district.yaml
    trail = add if holder is holders[1] else state
    message = (
        "students.add: after_accept and classes.start_as: active contradict each other: a class "
        "that starts active is never accepted, so its students would never be added"
    )
    write = "add: at_once" if trail == add else "start_as: provisioned"
    yield holder.at_value(Code.CONTRADICTION, trail, message, write=write)


def _outsiders(district: Document, document: Document) -> Iterator[Problem]:
    """Accounts outside the district's domains, where only its own can do what is asked."""
    domains = value_at(district, ("district", "domains"))
    if not isinstance(domains, list):
        return
    known = [domain for domain in domains if isinstance(domain, str)]
    folded = {domain.casefold() for domain in known}
    for trail, account in _accounts(document):
        if "@" in account and account.rpartition("@")[2].casefold() not in folded:
            message = (
                f"{dotted(trail)} should be an account of the district's domains "
                f"({', '.join(known)}), not {quoted(account)}"
            )
            yield document.at_value(Code.CONTRADICTION, trail, message)


def _accounts(document: Document) -> Iterator[tuple[Trail, str]]:
    """The accounts that a file wants in classes (owner, extra co-teachers, who is kept in), and
    those who have a role."""
    wanted: list[tuple[Trail, Yaml]] = [(owner := ("classes", "owner"), value_at(document, owner))]
    for trail, entry in _entries(document, "co_teachers", "extra"):
        teachers = entry.get("teachers")
        for number, teacher in enumerate(teachers if isinstance(teachers, list) else ()):
            wanted.append(((*trail, "teachers", number), teacher))
    for trail, entry in _entries(document, "students", "exceptions"):
        if entry.get("keep") == "in":
            wanted.append(((*trail, "person"), entry.get("person")))
    wanted += _holders(document)
    yield from ((trail, account) for trail, account in wanted if isinstance(account, str))


def _holders(document: Document) -> Iterator[tuple[Trail, Yaml]]:
    """Who has a role, by a file."""
    roles = value_at(document, ("roles",))
    for role, holders in roles.items() if isinstance(roles, dict) else ():
        for number, holder in enumerate(holders if isinstance(holders, list) else ()):
            yield ("roles", role, number), holder


def _twice_in_a_role(district: Document) -> Iterator[Problem]:
    seen: dict[tuple[Trail, str], Trail] = {}
    for trail, holder in _holders(district):
        if not isinstance(holder, str):
            continue
        first = seen.setdefault((trail[:-1], holder.casefold()), trail)
        if first != trail:
            message = f"{dotted(trail)}: {holder} is in this list already, as {dotted(first)}"
            yield district.at_value(Code.CONTRADICTION, trail, message)


def _claimed_twice(schools: Sequence[Document]) -> Iterator[Problem]:
    claims: dict[str, tuple[Document, Trail]] = {}
    for document in schools:
        claimed = value_at(document, ("schools",))
        for number, name in enumerate(claimed if isinstance(claimed, list) else ()):
            if not isinstance(name, str):
                continue
            trail = ("schools", number)
            first, at = claims.setdefault(name.casefold(), (document, trail))
            if (first, at) != (document, trail):
                place = f"{first.source.file}:{first.line(at)}"
                message = f"the school {quoted(name)} is claimed already, at {place}"
                yield document.at_value(Code.SCHOOL_CLAIMED_TWICE, trail, message)
