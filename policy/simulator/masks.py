"""Field masks: `fields=a,b(c/d,e)` on answers, and the flat `updateMask` on patches."""

import re
from collections.abc import Mapping
from functools import lru_cache

from policy.simulator.refusals import JsonObject, invalid

# What is left of each field: None stands for all of it.
Mask = Mapping[str, "Mask | None"]

TOKEN = re.compile(r"[A-Za-z_@$*][\w.@$*-]*|[(),/]")


@lru_cache(maxsize=512)
def read_mask(text: str) -> Mask:
    """The mask in a `fields` parameter; an empty one selects nothing. Raises Refusal (400)."""
    if not text.strip():
        return {}
    tokens = TOKEN.findall(text)
    if "".join(tokens) != "".join(text.split()):
        raise invalid(f"Invalid field selection {text}")
    try:
        mask, rest = _fields(tokens, text)
    except RecursionError:
        raise invalid("Invalid field selection: nested too deep") from None
    if rest:
        raise invalid(f"Invalid field selection {text}")
    return mask


def select(mask: Mask, value: JsonObject) -> JsonObject:
    """What the mask leaves of an answer."""
    return {
        name: _select(inner, value[name])
        for name, inner in _wanted(mask, value)
        if inner is None or isinstance(value[name], dict | list)
    }


def update_fields(text: str, *, known: frozenset[str]) -> tuple[str, ...]:
    """The fields named by an updateMask, in camelCase. Raises Refusal (400) on an unknown one."""
    names = tuple(_camel(name.strip()) for name in text.split(",") if name.strip())
    if not names or not known.issuperset(names):
        raise invalid()
    return names


def _wanted(mask: Mask, value: JsonObject) -> list[tuple[str, Mask | None]]:
    if "*" in mask:
        return [(name, mask.get(name, mask["*"])) for name in value]
    return [(name, inner) for name, inner in mask.items() if name in value]


def _select(mask: Mask | None, value: object) -> object:
    if mask is None:
        return value
    if isinstance(value, list):
        return [_select(mask, item) for item in value]
    return select(mask, value) if isinstance(value, dict) else value


def _fields(tokens: list[str], text: str) -> tuple[Mask, list[str]]:
    """One list of fields, up to its end; and the tokens that are left."""
    found: dict[str, Mask | None] = {}
    while True:
        name, inner, tokens = _field(tokens, text)
        found[name] = _union(found[name], inner) if name in found else inner
        if not tokens or tokens[0] != ",":
            return found, tokens
        tokens = tokens[1:]


def _field(tokens: list[str], text: str) -> tuple[str, Mask | None, list[str]]:
    if not tokens or tokens[0] in "(),/":
        raise invalid(f"Invalid field selection {text}")
    name, rest = tokens[0], tokens[1:]
    if rest[:1] == ["/"]:
        inner_name, inner, rest = _field(rest[1:], text)
        return name, {inner_name: inner}, rest
    if rest[:1] == ["("]:
        mask, rest = _fields(rest[1:], text)
        if rest[:1] != [")"]:
            raise invalid(f"Invalid field selection {text}")
        return name, mask, rest[1:]
    return name, None, rest


def _union(one: Mask | None, other: Mask | None) -> Mask | None:
    if one is None or other is None:
        return None
    joined = dict(one)
    for name, inner in other.items():
        joined[name] = _union(joined[name], inner) if name in joined else inner
    return joined


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(part[:1].upper() + part[1:] for part in others)
