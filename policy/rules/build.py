"""Checked data -> the typed policy. The schema has made sure of kinds; nothing is checked here."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import cast

from policy.rules.lines import Yaml
from policy.rules.model import (
    AddedByHand,
    AddStudents,
    Allowance,
    Classes,
    CoTeachers,
    District,
    Limit,
    Matcher,
    RemovedByHand,
    SchoolRules,
    Scope,
    StartAs,
    Students,
    WhenIncomplete,
)

BUILT_IN = "built-in default"


def district_of(data: Mapping[str, Yaml]) -> District:
    """The district of a whole policy."""
    district = _map(data, "district")
    return District(
        id=_text(district, "id"),
        name=_text(district, "name"),
        domains=tuple(domain.casefold() for domain in _texts(district, "domains")),
        timezone=_text(district, "timezone"),
    )


def roster_path_of(data: Mapping[str, Yaml], folder: Path) -> str:
    """The path of the one source, made absolute against the policy's folder."""
    source = cast(list[dict[str, Yaml]], data["roster"])[0]
    return os.path.abspath(folder / str(source.get("path", "./roster")))


def rules_of(data: Mapping[str, Yaml], lines: Mapping[str, str]) -> SchoolRules:
    """The rules of a whole policy; `lines` says where each field stands."""
    limits = cast(dict[str, dict[str, Yaml]], data["limits"])
    return SchoolRules(
        classes=_classes(_map(data, "classes")),
        co_teachers=CoTeachers(add=_map(data, "co_teachers")["add"] is True),
        students=_students(_map(data, "students")),
        limits={
            kind: _limit(limit, lines.get(f"limits.{kind}", BUILT_IN))
            for kind, limit in limits.items()
        },
    )


def _classes(data: Mapping[str, Yaml]) -> Classes:
    owner = _text(data, "owner")
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
    )


def _scope(data: Mapping[str, Yaml]) -> Scope:
    return Scope(
        schools=_all_or_texts(data, "schools"),
        terms=() if data["terms"] == "current" else _all_or_texts(data, "terms"),
        grades=_all_or_texts(data, "grades"),
        subjects=_all_or_texts(data, "subjects"),
        exclude=tuple(map(_matcher, cast(list[dict[str, Yaml]], data["exclude"]))),
    )


def _matcher(data: Mapping[str, Yaml]) -> Matcher:
    return Matcher(
        {key: (one,) if isinstance(one := data[key], str) else _texts(data, key) for key in data}
    )


def _students(data: Mapping[str, Yaml]) -> Students:
    return Students(
        add=AddStudents(data["add"]),
        added_by_hand=AddedByHand(data["added_by_hand"]),
        removed_by_hand=RemovedByHand(data["removed_by_hand"]),
    )


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
        return Allowance(share=int(value.removesuffix("%")) / 100)
    return Allowance(count=value) if isinstance(value, int) else None


def _all_or_texts(data: Mapping[str, Yaml], key: str) -> tuple[str, ...] | None:
    return None if data[key] == "all" else _texts(data, key)


def _map(data: Mapping[str, Yaml], key: str) -> dict[str, Yaml]:
    return cast(dict[str, Yaml], data[key])


def _text(data: Mapping[str, Yaml], key: str) -> str:
    return cast(str, data[key])


def _texts(data: Mapping[str, Yaml], key: str) -> tuple[str, ...]:
    return tuple(cast(list[str], data[key]))
