"""What is Rollbook's and what is a hand's, kept by looking on: what becomes other during a night is
Rollbook's doing, what becomes other between two nights is somebody's hand.

Where a night was killed, or Google's answers were lost, nobody could tell for certain; then a thing
counts as neither, and `sure` has less than `maybe`.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from histories.picture import TEXTS, Fact, Picture, Seat, Seen
from histories.wants import Want
from policy.merge.plan import Plan


@dataclass
class Page:
    """A course of ours."""

    alias: str
    texts: dict[str, set[str]]  # what may count as ours, by field
    owners: set[str]  # the same
    maybe: set[Seat] = field(default_factory=set)  # seats that may count as ours
    sure: set[Seat] = field(default_factory=set)  # those that do
    taken_out: set[Seat] = field(default_factory=set)  # by hand, and to stay so
    put_in: set[Seat] = field(default_factory=set)  # by hand, and to stay so
    unlisted: dict[Seat, datetime] = field(default_factory=dict)  # since when, of seats there
    is_known: bool = False  # the store knows that it was made
    archived: bool = False  # by us
    opened_again: bool = False  # by hand, after that
    # The sections that it stands for, or stood for until some of their people are elsewhere, by
    # their own aliases; and those of them that are in no roster or scope, since when.
    stood: set[str] = field(default_factory=set)
    stands: set[str] = field(default_factory=set)  # those of the last night, beyond doubt
    missed: dict[str, datetime] = field(default_factory=dict)


class Ledger:
    """Pages of all courses of ours, by course id, and the aliases of those that a hand deleted."""

    def __init__(self) -> None:
        self.pages: dict[str, Page] = {}
        self.gone: set[str] = set()

    # Between two nights

    def hands(self, before: Picture, after: Picture) -> None:
        """Take down what hands have done since the last night."""
        for key in list(self.pages):
            page, old, new = self.pages[key], before[key], after.get(key)
            if new is None:
                self.gone |= {page.alias} if page.is_known else set()
                del self.pages[key]
                continue
            for seat in new.seats - old.seats:
                if seat in page.taken_out:
                    page.taken_out.discard(seat)
                    page.put_in |= {seat} - page.sure  # the SIS does not list it: a hand's alone
                elif seat not in page.maybe:
                    page.put_in.add(seat)
            for seat in old.seats - new.seats:
                page.put_in.discard(seat)
                if seat in page.sure:
                    page.taken_out.add(seat)
            if new.course.state == "ARCHIVED" != old.course.state:
                page.archived = page.opened_again = False
            elif old.course.state == "ARCHIVED" != new.course.state:
                page.opened_again = page.archived

    # A night

    def night(
        self,
        before: Picture,
        after: Picture,
        happened: Iterable[Fact],
        wants: Mapping[str, Want],
        plan: Plan | None,
        *,
        heard: frozenset[Fact],
        unread: Collection[str],
        calm: bool,
        now: datetime,
    ) -> None:
        """Take down what a night has done. `heard` are the facts that Rollbook knows of; `unread`
        are courses that Google would not tell of; `calm` says that it went to its end."""
        known = set(happened)
        for fact in known:
            if fact[0] == "created":
                self._open(fact[1], after[fact[1]], wants)
        self._claims(plan, after, wants)
        for fact in sorted(known):
            if fact[1] in self.pages:
                self._take(self.pages[fact[1]], fact, is_heard=fact in heard)
        for key, page in self.pages.items():
            page.is_known |= calm or ("created", key) in heard
            self._look(page, before.get(key), after[key], wants.get(page.alias), calm=calm)
            self._listed(page, after[key], wants.get(page.alias), now)
            if page.alias in wants and wants[page.alias].in_scope:
                is_sure = calm and key not in unread
                self._sections(page, after[key], wants, is_sure=is_sure, now=now)
        self.gone = {alias for alias in self.gone if alias in wants and wants[alias].in_scope}

    def _open(self, key: str, new: Seen, wants: Mapping[str, Want]) -> None:
        alias = next(iter(new.aliases), "")
        texts = {name: {new.text(name)} for name in TEXTS}
        self.pages[key] = page = Page(alias, texts, {new.course.owner})
        page.stands |= wants[alias].owns if alias in wants else set()
        page.stood |= page.stands

    def _claims(self, plan: Plan | None, after: Picture, wants: Mapping[str, Want]) -> None:
        """Courses that consent has made ours, or given another section."""
        for change in plan.changes if plan else ():
            key = change.course.id
            if change.claim is None or key is None or change.course.alias not in after[key].aliases:
                continue
            want = wants[change.course.alias]
            if key in self.pages:
                self._renamed(self.pages[key], want)
                continue
            page = Page(want.alias, {n: {want.texts[n]} for n in TEXTS}, {after[key].course.owner})
            if want.owner:
                page.owners.add(want.owner)
            page.maybe = set(after[key].seats & want.may)
            page.put_in = set(after[key].seats - want.may)
            page.stood, page.stands = set(want.owns), set(want.owns)
            self.pages[key] = page

    def _renamed(self, page: Page, want: Want) -> None:
        """A class of ours goes on under another alias. As many sections as it stood for are the
        same ones under new aliases; the one that had it for itself is not waited for either."""
        if len(page.stands) in (1, len(want.owns)):
            page.stood = page.stood - page.stands | want.owns
        page.alias = want.alias

    def _take(self, page: Page, fact: Fact, *, is_heard: bool) -> None:
        match fact:
            case ("text", _, name, text) if name in TEXTS:
                page.texts[name] = {text} if is_heard else {*page.texts[name], text}
            case ("owner", _, owner):
                page.owners = {owner} if is_heard else {*page.owners, owner}
            case ("state", _, state):
                page.archived, page.opened_again = state == "ARCHIVED", False
            case ("in", _, role, user):
                page.maybe.add((role, user))
                page.taken_out.discard((role, user))
                if is_heard:
                    page.sure.add((role, user))
            case ("out", _, role, user):
                page.sure.discard((role, user))
                page.put_in.discard((role, user))
                if is_heard:
                    page.maybe.discard((role, user))

    def _look(
        self, page: Page, old: Seen | None, new: Seen, want: Want | None, *, calm: bool
    ) -> None:
        """What the SIS says of a course makes some of it ours, and lets go of some."""
        if want is None:
            return
        for name in TEXTS:
            if new.text(name) == want.texts[name]:
                page.texts[name].add(want.texts[name])
        if want.owner == new.course.owner:
            page.owners.add(new.course.owner)
        page.maybe |= new.seats & want.may
        page.put_in -= want.may
        let_go = {seat for seat in page.sure | page.taken_out if seat not in want.sure}
        page.taken_out -= let_go
        page.sure -= let_go - new.seats
        if calm and old is not None and old.is_open and not want.is_over:
            page.sure |= {s for s in old.seats & new.seats & want.sure if s[0] == "student"}
        if old is not None and old.is_open and not want.is_over:
            page.archived = page.opened_again = False

    def _listed(self, page: Page, new: Seen, want: Want | None, now: datetime) -> None:
        """Since when seats are there that the SIS does not list."""
        gone = page.unlisted.keys() - new.seats
        back = want.sure if want else frozenset()
        page.unlisted = {s: at for s, at in page.unlisted.items() if s not in gone | back}
        for seat in new.seats - (want.listed if want else new.seats):
            page.unlisted.setdefault(seat, now)

    def _sections(
        self, page: Page, new: Seen, wants: Mapping[str, Want], *, is_sure: bool, now: datetime
    ) -> None:
        """For whom it stands, as far as the night could look. One that has another class by now is
        forgotten once nobody is left here whom the SIS does not list; one that has gone is waited
        for."""
        homes = {own: want for want in wants.values() if want.in_scope for own in want.owns}
        want = wants[page.alias]
        if is_sure:
            page.stands = set(want.owns)
            page.stood |= want.owns
        page.stands &= want.owns
        for own in page.stood - want.owns:
            if own in homes and is_sure and not (page.sure & new.seats) - want.may:
                page.stood.discard(own)
            elif own not in homes:
                page.missed.setdefault(own, now)
        page.missed = {own: since for own, since in page.missed.items() if own not in homes}
