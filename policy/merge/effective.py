"""What a policy says in one school, field by field and in the language's own words, and which of it
differs between two policies. Pure.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import timedelta
from enum import Enum
from typing import TypeGuard

from policy.rules.model import (
    BUILT_IN,
    Allowance,
    Matcher,
    Policy,
    SchoolRules,
    Scope,
)

Who = Callable[[str], str]  # somebody whom a policy names -> how they are shown
Value = str | tuple[str, ...]  # a list's entries, each for itself

# Fields whose name in the model is not the language's.
_NAMES = {
    "classes.archive_after": "classes.after_term",
    "co_teachers.former_owner": "co_teachers.when_primary_changes",
}
# What the model holds as None (or empty), in the language's words.
_NOTHING = {
    "classes.owner": "primary_teacher",
    "classes.offer_again": "never",
    "classes.after_term": "keep",
    "classes.scope.schools": "all",
    "classes.scope.terms": "all",
    "classes.scope.grades": "all",
    "classes.scope.subjects": "all",
}
EVERYTHING = Matcher({})  # a `where` that nobody wrote
_OF_PEOPLE = ("teacher", "teachers", "person", "owner")


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a policy. `is_old`: of the policy that is compared with."""

    text: str  # "policies/district.yaml:14", or BUILT_IN
    is_old: bool = False

    @property
    def is_built_in(self) -> bool:
        """Is it none at all, since no file says anything?"""
        return self.text == BUILT_IN


@dataclass(frozen=True, slots=True)
class RuleChange:
    """A field that says something else. Of a list, only the entries that the other one lacks.
    `schools` are names; empty for what holds in the district as a whole."""

    field: str
    before: str
    after: str
    line_before: Line
    line_after: Line
    schools: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Pair:
    """The two policies in one school."""

    old: Policy
    new: Policy
    school_key: str = ""
    school: str = ""

    def line(self, field: str) -> Line:
        """Where a field stands now; where it no longer stands anywhere, where it stood."""
        now, before = self.new_line(field), self.old_line(field)
        return now if before.is_built_in or not now.is_built_in else before

    def new_line(self, field: str) -> Line:
        return Line(self.new.line_of(field, self.school_key, self.school))

    def old_line(self, field: str) -> Line:
        return Line(self.old.line_of(field, self.school_key, self.school), is_old=True)

    def changes(self, who: Who) -> Iterator[RuleChange]:
        """The rules of the school that differ; people in them as `who` shows them."""
        old = self.old.rules_of(self.school_key, self.school)
        new = self.new.rules_of(self.school_key, self.school)
        shown = rules_values(old, who), rules_values(new, who)
        yield from self._compared(rules_values(old), rules_values(new), *shown)

    def district_changes(self, who: Who) -> Iterator[RuleChange]:
        """What differs for the district as a whole; people in it as `who` shows them."""
        shown = _district_values(self.old, who), _district_values(self.new, who)
        yield from self._compared(_district_values(self.old), _district_values(self.new), *shown)

    def _compared(
        self,
        old: Mapping[str, Value],
        new: Mapping[str, Value],
        shown_old: Mapping[str, Value],
        shown_new: Mapping[str, Value],
    ) -> Iterator[RuleChange]:
        for field in {**old, **new}:
            before, after = old.get(field, ()), new.get(field, ())
            if before != after:
                yield RuleChange(
                    field=field,
                    before=_without(shown_old.get(field, ()), before, after),
                    after=_without(shown_new.get(field, ()), after, before),
                    line_before=self.old_line(field),
                    line_after=self.new_line(field),
                )


def rules_values(rules: SchoolRules, who: Who = str) -> Mapping[str, Value]:
    """What holds in a school, by field: "classes.name", "limits.student.remove", …"""
    found: dict[str, Value] = {}
    for part in ("classes", "co_teachers", "students"):
        found.update(_values(getattr(rules, part), part, who))
    found |= {f"limits.{kind}": _one(limit, "", who) for kind, limit in rules.limits.items()}
    return found


def _district_values(policy: Policy, who: Who = str) -> Mapping[str, Value]:
    district, identities = policy.district, policy.identities.values()
    return {
        "district.name": district.name,
        "district.domains": district.domains,
        "district.timezone": district.timezone,
        "roster": tuple(
            f"{source.name} ({', '.join(sorted(part.value for part in source.provides)) or 'all'})"
            for source in policy.sources
        ),
        **dict(_values(policy.freshness, "freshness", str)),
        "pause": tuple(_one(pause, "", str) for pause in policy.pause),
        "people.license": policy.license.value,
        "people.identities": tuple(who(one.email) for one in identities),
        **{f"roles.{name}": _holders(some, who) for name, some in _named(policy.roles)},
    }


def _holders(some: object, who: Who) -> Value:
    """Who has a role, as the language writes it."""
    holders = some if isinstance(some, tuple) else ()
    return tuple(f"group:{one.email}" if one.is_group else who(one.email) for one in holders)


def _values(rules: object, under: str, who: Who) -> Iterator[tuple[str, Value]]:
    """The fields of a part of the rules. A part within it has its fields told one by one."""
    for name, value in _named(rules):
        field = _NAMES.get(f"{under}.{name}", f"{under}.{name}")
        if isinstance(value, Scope):
            yield from _scope(value, field, who)
        elif value is None or (value == () and field == "classes.scope.terms"):
            yield field, "current" if value == () else _NOTHING.get(field, "none")
        elif isinstance(value, tuple | frozenset):
            entries = sorted(value) if isinstance(value, frozenset) else value
            yield field, tuple(_one(entry, name, who) for entry in entries)
        else:
            yield field, _one(value, name, who)


def _scope(scope: Scope, field: str, who: Who) -> Iterator[tuple[str, Value]]:
    """The fields of a scope; its lead time is a way of naming terms."""
    for name, value in _values(scope, field, who):
        if name == f"{field}.terms" and scope.lead:
            yield name, f"{{current_or_starts_within: {_time(scope.lead)}}}"
        elif name != f"{field}.lead":
            yield name, value


def _named(thing: object) -> Iterator[tuple[str, object]]:
    """A value's fields; in which line it stands is none of what it says."""
    if is_dataclass(thing):
        for each in fields(thing):
            if each.name != "line":
                yield each.name.rstrip("_"), getattr(thing, each.name)


def _one(value: object, name: str, who: Who) -> str:
    """A value as the language writes it. `name` tells whose: a person's is shown as `who` does."""
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return f"{value:.0%}"
    if isinstance(value, timedelta):
        return _time(value)
    if isinstance(value, Allowance):
        return str(value)
    if isinstance(value, Matcher):
        return _map([*value.keys.items(), ("not", value.unless)], who)
    if isinstance(value, tuple):
        return f"[{', '.join(_one(entry, name, who) for entry in value)}]"
    if is_dataclass(value):
        return _map(_named(value), who)
    return who(str(value)) if name in _OF_PEOPLE else str(value)


def _map(entries: Iterable[tuple[str, object]], who: Who) -> str:
    """A map on one line; what it leaves open, and lists of one, are not shown as such."""
    parts = (
        f"{key}: {_one(value[0] if _is_single(value) else value, key, who)}"
        for key, value in entries
        if value is not None and value != EVERYTHING
    )
    return f"{{{', '.join(parts)}}}"


def _is_single(value: object) -> TypeGuard[tuple[object]]:
    return isinstance(value, tuple) and len(value) == 1


def _time(time: timedelta) -> str:
    hours, rest = divmod(int(time.total_seconds()), 3600)
    if rest:
        return f"{int(time.total_seconds()) // 60}m"
    return f"{hours // 24}d" if hours and hours % 24 == 0 else f"{hours}h"


def _without(shown: Value, value: Value, other: Value) -> str:
    """A value for showing; of two lists that differ in some entries, only these."""
    if isinstance(shown, str):
        return shown
    others = other if isinstance(other, tuple) else ()
    apart = [text for text, entry in zip(shown, value, strict=True) if entry not in others]
    if set(value) == set(others):  # the same in another order
        apart = list(shown)
    return ", ".join(apart) or "nothing"
