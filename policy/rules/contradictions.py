"""What no schema can see: values that contradict each other, templates, time zones, shares.

Each check looks at what is there and of the right kind; the rest the schema has told already.
"""

import zoneinfo
from collections.abc import Iterator, Sequence
from functools import lru_cache

from policy.rules.lines import Document, Trail, Yaml, dotted
from policy.rules.naming import LONGEST_NAME, name_problem, names_in, template_problems
from policy.rules.problems import Code, Problem, did_you_mean, in_quotes, quoted

TEMPLATES = ("key", "name", "section", "room")  # under classes
ALIKE = 0.75  # zones: there are 600, so something is always a little like it
KEY_HOLDS_ONE_OF = frozenset({"section.key", "section.code"})


def contradictions(district: Document | None, schools: Sequence[Document]) -> Iterator[Problem]:
    """All contradictions in a policy's files, as far as these could be read."""
    if district:
        yield from _timezone(district)
        yield from _domains_of_owner(district, district)
        yield from _never_accepted(district, None)
    for document in [district, *schools]:
        if document:
            yield from _templates(document)
            yield from _shares(document)
    for document in schools:
        yield from _never_accepted(district, document)
        if district:
            yield from _domains_of_owner(district, document)
    yield from _claimed_twice(schools)


def value_at(document: Document | None, trail: Trail) -> Yaml:
    """The value at a trail; None where there is none."""
    data = document.data if document else None
    for step in trail:
        if not isinstance(data, dict) or not isinstance(step, str):
            return None
        data = data.get(step)
    return data


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
        for fault in template_problems(template):
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
    limits = value_at(document, ("limits",))
    for kind, limit in limits.items() if isinstance(limits, dict) else ():
        for level, value in limit.items() if isinstance(limit, dict) else ():
            if not isinstance(value, str) or not value.removesuffix("%").isascii():
                continue
            share = value.removesuffix("%")
            if value.endswith("%") and share.isdigit() and len(share) < 7 and int(share) > 100:
                trail = ("limits", kind, level)
                message = f"{dotted(trail)} should be at most 100%, not {value}"
                yield document.at_value(
                    Code.OVER_100_PERCENT, trail, message, write=f"{level}: 100%"
                )


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


def _domains_of_owner(district: Document, document: Document) -> Iterator[Problem]:
    trail = ("classes", "owner")
    owner, domains = value_at(document, trail), value_at(district, ("district", "domains"))
    if not isinstance(owner, str) or "@" not in owner or not isinstance(domains, list):
        return
    known = [domain for domain in domains if isinstance(domain, str)]
    if owner.rpartition("@")[2].casefold() in {domain.casefold() for domain in known}:
        return
    message = (
        f"classes.owner should be an account of the district's domains ({', '.join(known)}), "
        f"not {quoted(owner)}"
    )
    yield document.at_value(Code.CONTRADICTION, trail, message)


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
