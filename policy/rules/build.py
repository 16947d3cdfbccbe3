"""Checked data -> the typed policy. The schema has made sure of kinds; nothing is checked here."""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import cast

from policy.rules.lines import Yaml
from policy.rules.model import (
    BUILT_IN,
    AddedByHand,
    AddStudents,
    Adopt,
    Allowance,
    Classes,
    Combine,
    CoTeachers,
    District,
    Extra,
    FormerOwner,
    Freshness,
    Holder,
    Keep,
    License,
    Limit,
    Matcher,
    Pause,
    RemovedByHand,
    Roles,
    SchoolRules,
    Scope,
    SeatException,
    StartAs,
    Students,
    WhenIncomplete,
)

LEAD_TIME = "current_or_starts_within"  # under classes.scope.terms
GROUP = "group:"  # before a Google group's address, in roles
UNITS = {"m": "minutes", "h": "hours", "d": "days"}  # of times such as 48h


def district_of(data: Mapping[str, Yaml]) -> District:
    """The district of a whole policy."""
    district = _map(data, "district")
    return District(
        id=_text(district, "id"),
        name=_text(district, "name"),
        domains=_folded(district, "domains"),
        timezone=_text(district, "timezone"),
    )


def license_of(data: Mapping[str, Yaml]) -> License:
    """The licence that people need."""
    return License(_map(data, "people")["license"])


def freshness_of(data: Mapping[str, Yaml], lines: Mapping[str, str]) -> Freshness:
    """Which drops are too old or too small."""
    freshness = _map(data, "freshness")
    return Freshness(
        max_age=time_of(_text(freshness, "max_age")),
        min_size=_share(_text(freshness, "min_size")),
        line=lines.get("freshness", BUILT_IN),
    )


def pause_of(data: Mapping[str, Yaml], lines: Mapping[str, str]) -> tuple[Pause, ...]:
    """The stretches of days in which nothing is taken away."""
    return tuple(
        Pause(date.fromisoformat(_text(entry, "from")), date.fromisoformat(_text(entry, "to")), at)
        for entry, at in _entries(data, "pause", lines, field="pause")
    )


def roles_of(data: Mapping[str, Yaml]) -> Roles:
    """Who may do what."""
    roles = _map(data, "roles")
    return Roles(
        admin=_holders(roles, "admin"),
        approver=_holders(roles, "approver"),
        viewer=_holders(roles, "viewer"),
    )


def _holders(data: Mapping[str, Yaml], key: str) -> tuple[Holder, ...]:
    return tuple(
        Holder(text.removeprefix(GROUP), is_group=text.startswith(GROUP))
        for text in _folded(data, key)
    )


def time_of(text: str) -> timedelta:
    """A time as a policy writes it: 30m, 48h or 2d."""
    return timedelta(**{UNITS[text[-1]]: int(text[:-1])})


def rules_of(data: Mapping[str, Yaml], lines: Mapping[str, str]) -> SchoolRules:
    """The rules of a whole policy; `lines` says where each field stands."""
    limits = cast(dict[str, dict[str, Yaml]], data["limits"])
    return SchoolRules(
        classes=_classes(_map(data, "classes"), lines),
        co_teachers=_co_teachers(_map(data, "co_teachers"), lines),
        students=_students(_map(data, "students"), lines),
        limits={
            kind: _limit(limit, lines.get(f"limits.{kind}", BUILT_IN))
            for kind, limit in limits.items()
        },
    )


def _classes(data: Mapping[str, Yaml], lines: Mapping[str, str]) -> Classes:
    owner, again, after = _text(data, "owner"), _text(data, "offer_again"), data["after_term"]
    return Classes(
        scope=_scope(_map(data, "scope")),
        key=_text(data, "key"),
        name=_text(data, "name"),
        section=_text(data, "section"),
        room=_text(data, "room"),
        protect=frozenset(_texts(data, "protect")),
        when_incomplete=WhenIncomplete(data["when_incomplete"]),
        start_as=StartAs(data["start_as"]),
        owner=None if owner == "primary_teacher" else owner,
        offer_again=None if again == "never" else time_of(again),
        archive_after=time_of(_text(after, "archive_after")) if isinstance(after, dict) else None,
        adopt=tuple(
            Adopt(cast(str | None, entry.get("alias")), cast(str | None, entry.get("name")), at)
            for entry, at in _entries(data, "adopt", lines, field="classes.adopt")
        ),
        combine=tuple(
            Combine(
                _texts(entry, "by"), _matcher(cast(dict[str, Yaml], entry.get("where", {}))), at
            )
            for entry, at in _entries(data, "combine", lines, field="classes.combine")
        ),
    )


def _scope(data: Mapping[str, Yaml]) -> Scope:
    terms = data["terms"]
    lead = _text(terms, LEAD_TIME) if isinstance(terms, dict) else "0d"
    is_current = terms == "current" or isinstance(terms, dict)
    return Scope(
        schools=_all_or_texts(data, "schools"),
        terms=() if is_current else _all_or_texts(data, "terms"),
        grades=_all_or_texts(data, "grades"),
        subjects=_all_or_texts(data, "subjects"),
        exclude=tuple(map(_matcher, cast(list[dict[str, Yaml]], data["exclude"]))),
        lead=time_of(lead),
    )


def _matcher(data: Mapping[str, Yaml]) -> Matcher:
    keys = [key for key in data if key != "not"]
    return Matcher(
        {key: (one,) if isinstance(one := data[key], str) else _texts(data, key) for key in keys},
        unless=_matcher(_map(data, "not")) if "not" in data else None,
    )


def _co_teachers(data: Mapping[str, Yaml], lines: Mapping[str, str]) -> CoTeachers:
    return CoTeachers(
        add=data["add"] is True,
        at_most=cast(int, data["at_most"]),
        former_owner=FormerOwner(data["when_primary_changes"]),
        extra=tuple(
            Extra(_matcher(_map(entry, "where")), _folded(entry, "teachers"), at)
            for entry, at in _entries(data, "extra", lines, field="co_teachers.extra")
        ),
        added_by_hand=AddedByHand(data["added_by_hand"]),
        removed_by_hand=RemovedByHand(data["removed_by_hand"]),
    )


def _students(data: Mapping[str, Yaml], lines: Mapping[str, str]) -> Students:
    return Students(
        add=AddStudents(data["add"]),
        added_by_hand=AddedByHand(data["added_by_hand"]),
        removed_by_hand=RemovedByHand(data["removed_by_hand"]),
        removal_grace=time_of(_text(data, "removal_grace")),
        exceptions=tuple(
            SeatException(
                person=_text(entry, "person").casefold(),
                where=_matcher(_map(entry, "where")),
                keep=Keep(entry["keep"]),
                line=at,
            )
            for entry, at in _entries(data, "exceptions", lines, field="students.exceptions")
        ),
    )


def _entries(
    data: Mapping[str, Yaml], key: str, lines: Mapping[str, str], *, field: str
) -> Iterator[tuple[dict[str, Yaml], str]]:
    """The maps of a list, each with its line."""
    for number, entry in enumerate(cast(list[dict[str, Yaml]], data[key])):
        yield entry, lines.get(f"{field}[{number}]", BUILT_IN)


def _limit(data: Mapping[str, Yaml], line: str) -> Limit:
    return Limit(
        district=_allowance(data.get("district")),
        school=_allowance(data.get("school")),
        class_=_allowance(data.get("class")),
        at_least=cast(int, data["at_least"]),
        line=line,
    )


def _allowance(value: Yaml) -> Allowance | None:
    if isinstance(value, str):
        return Allowance(share=_share(value))
    return Allowance(count=value) if isinstance(value, int) else None


def _share(text: str) -> float:
    return int(text.removesuffix("%")) / 100


def _all_or_texts(data: Mapping[str, Yaml], key: str) -> tuple[str, ...] | None:
    return None if data[key] == "all" else _texts(data, key)


def _map(data: Mapping[str, Yaml], key: str) -> dict[str, Yaml]:
    return cast(dict[str, Yaml], data[key])


def _text(data: Mapping[str, Yaml], key: str) -> str:
    return cast(str, data[key])


def _texts(data: Mapping[str, Yaml], key: str) -> tuple[str, ...]:
    return tuple(cast(list[str], data[key]))


def _folded(data: Mapping[str, Yaml], key: str) -> tuple[str, ...]:
    return tuple(text.casefold() for text in _texts(data, key))
