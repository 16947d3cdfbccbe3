"""Which course of ours, or whose account, somebody means by what they type."""

from collections.abc import Iterable, Mapping

from policy.errors import InputAtFault
from policy.google.base import Account
from policy.store.base import BaseCourse, CourseHead, Match, Store

SHOWN = 5


def course_named(text: str, heads: Iterable[CourseHead]) -> CourseHead:
    """The one course of ours with this alias, course id, section key or name. Raises InputAtFault
    when there is none, or several."""
    wanted = text.strip()
    found = [
        row
        for row in heads
        if wanted in (row.alias, row.course_id, row.section_key)
        or row.name.casefold() == wanted.casefold()
    ]
    exact = [row for row in found if wanted in (row.alias, row.course_id)] or found
    if not exact:
        raise InputAtFault(
            f"{text!r} is no class of ours: name it by its alias, its course id, its section's key "
            "or its name"
        )
    if len(exact) > 1:
        some = ", ".join(f"{row.alias} (“{row.name}”)" for row in exact[:SHOWN])
        more = f" and {len(exact) - SHOWN:,} more" if len(exact) > SHOWN else ""
        raise InputAtFault(f"{text!r} names {len(exact)} classes: {some}{more}; name one's alias")
    return exact[0]


def row_named(text: str, store: Store) -> BaseCourse:
    """The same, whole."""
    alias = course_named(text, store.heads()).alias
    return store.base_under([alias])[alias]


def user_named(text: str, matches: Mapping[str, Match], accounts: Iterable[Account]) -> str:
    """The Google user id of whom this names: an e-mail (aliases too), the SIS's key, or the id
    itself. `accounts` is only looked through for an e-mail. Raises InputAtFault."""
    wanted = text.strip().casefold()
    if "@" in wanted:
        for account in accounts:
            if wanted in account.emails:
                return account.id
        raise InputAtFault(f"no Google account has the e-mail {text}, as its address or an alias")
    if text.strip() in matches:
        return matches[text.strip()].user_id
    if wanted.isdecimal():
        return wanted
    raise InputAtFault(
        f"{text!r} is nobody that is known: name a person by e-mail, by the SIS's key, or by "
        "Google's user id"
    )
