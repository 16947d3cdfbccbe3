"""What is held other than by limits: stops of one reason and kind become one Hold, in words."""

from collections.abc import Iterable, Sequence

from policy.merge.outcome import Stop
from policy.merge.plan import ALIAS, Change, HeldFor, Hold

SHOWN = 5
_HEADLINES = {  # of one, of several
    HeldFor.ALREADY_THERE: (
        "1 class is already in Classroom under our alias, but this store did not make it: "
        "nothing is written to it",
        "{count} classes are already in Classroom under our aliases, but this store did not "
        "make them: nothing is written to them",
    ),
    HeldFor.GONE: (
        "1 class that we made was removed from Classroom by hand: it is not made again "
        "without consent",
        "{count} classes that we made were removed from Classroom by hand: they are not made "
        "again without consent",
    ),
    HeldFor.DOUBT: (
        "1 seat would go, but whether it should can't be told for certain",
        "{count} seats would go, but whether they should can't be told for certain",
    ),
    HeldFor.REKEYED: (
        "1 section has its class under another key, since what keys are made from has changed: "
        "nothing is written to it",
        "{count} sections have their classes under other keys, since what keys are made from has "
        "changed: nothing is written to them",
    ),
    HeldFor.RENUMBERED: (
        "1 section is new by its id, and just like one that has gone: most likely the SIS has "
        "renumbered it, so no second class is made",
        "{count} sections are new by their ids, and just like ones that have gone: most likely "
        "the SIS has renumbered them, so no second classes are made",
    ),
    HeldFor.ADOPT: (
        "1 section has a class that another tool made, by all signs: it is not made again",
        "{count} sections have classes that another tool made, by all signs: they are not made "
        "again",
    ),
    HeldFor.UNREADABLE: (
        "1 class can't be read: nothing in it is changed",
        "{count} classes can't be read: nothing in them is changed",
    ),
}
_TAKEN = (
    "1 section's alias is on a class that is another section's: no class is made for it",
    "the aliases of {count} sections are on classes that are other sections': no classes are made "
    "for them",
)
_MAYBE = {  # where it can't be told which course it is
    HeldFor.ALREADY_THERE: (
        "1 section may have a class that Rollbook made, and this store did not: no other one is "
        "made",
        "{count} sections may each have a class that Rollbook made, and this store did not: no "
        "other ones are made",
    ),
    HeldFor.REKEYED: (
        "1 section may have one of several classes that were made for its id under other keys: "
        "no other one is made",
        "{count} sections may each have one of several classes that were made for their ids under "
        "other keys: no other ones are made",
    ),
    HeldFor.RENUMBERED: (
        "1 section is new by its id, and may be one that has gone, with another id now: no class "
        "is made for it",
        "{count} sections are new by their ids, and may be ones that have gone, with other ids "
        "now: no classes are made for them",
    ),
    HeldFor.ADOPT: (
        "1 section may have a class that another tool made: no other one is made",
        "{count} sections may have classes that another tool made: no other ones are made",
    ),
}
_ADVICE = {
    HeldFor.ALREADY_THERE: (
        "most likely this is another store than the one used before (ROLLBOOK_STATE, "
        "ROLLBOOK_STORE), or that one was lost. With consent the classes are taken over: who is "
        "in them and on the roster counts as ours, everybody and everything else as made by hand. "
        "Who is on the roster and not in them is added, for what hands took out is not known here",
    ),
    HeldFor.REKEYED: (
        "with consent each class gets its new key, and stays what it is. If the change was a "
        "mistake, take it back in the policy",
    ),
    HeldFor.RENUMBERED: (
        "with consent each class goes on under its section's new id. Where it is another class, "
        "let the old one go first (rollbook release ID), and the section gets one of its own",
    ),
    HeldFor.ADOPT: (
        "with consent each class becomes its section's: who is in it and on the roster counts as "
        "ours, everybody and everything else as made by hand. Where it is another class, narrow "
        "classes.adopt, and the section gets one of its own",
    ),
}
_UNCLEAR = (
    "which class belongs to which section can't be told; consent to course.create makes new ones"
)


def holds_of(stops: Iterable[Stop]) -> list[Hold]:
    """Stops of one reason and kind are one Hold, with a few examples."""
    groups: dict[tuple[HeldFor, str, str], list[Stop]] = {}
    for stop in stops:
        shared = stop.detail if stop.reason is HeldFor.DOUBT else ""
        groups.setdefault((stop.reason, stop.kind.value, shared), []).append(stop)
    return [_hold(group, shared=bool(key[2])) for key, group in groups.items()]


def _hold(group: Sequence[Stop], *, shared: bool) -> Hold:
    """`shared`: the detail is the same for all of them, and is told once."""
    first, count = group[0], len(group)
    headlines = _HEADLINES[first.reason]
    if _is_taken(first):
        headlines = _TAKEN
    elif _is_unclear(first):
        headlines = _MAYBE[first.reason]
    headline = headlines[count > 1].format(count=f"{count:,}")
    examples = [first.detail] if shared else [_example(stop) for stop in group[:SHOWN]]
    more = [f"and {count - SHOWN:,} more"] if not shared and count > SHOWN else []
    changes: tuple[Change, ...] = tuple(change for stop in group for change in stop.changes)
    why = (headline, *examples, *more, *_advice(first))
    return Hold(first.kind, count, first.reason, None, why, changes)


def _is_taken(stop: Stop) -> bool:
    return stop.reason is HeldFor.ALREADY_THERE and not stop.changes


def _is_unclear(stop: Stop) -> bool:
    """Would consent make a new class, since it can't be told which one it has?"""
    return stop.reason in _MAYBE and bool(stop.changes) and stop.changes[0].field != ALIAS


def _advice(stop: Stop) -> tuple[str, ...]:
    if _is_taken(stop):
        return ()
    if _is_unclear(stop):
        return (_UNCLEAR,)
    return _ADVICE.get(stop.reason, ())


def _example(stop: Stop) -> str:
    return f"“{stop.course.name}” at {stop.course.school}: {stop.detail}"
