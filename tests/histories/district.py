"""What the district wants, as few plain values, of which each can be changed overnight."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from zlib import crc32

from building import policy as make_policy
from building import rules as make_rules
from policy.rules.model import (
    BUILT_IN,
    AddedByHand,
    AddStudents,
    Adopt,
    Allowance,
    Combine,
    Extra,
    FormerOwner,
    Keep,
    Limit,
    Matcher,
    Pause,
    Policy,
    RemovedByHand,
    Scope,
    SeatException,
    StartAs,
    WhenIncomplete,
)

EVERYWHERE = Matcher({})
PAUSE = (date(2026, 9, 3), date(2026, 9, 5))


@dataclass(frozen=True)
class District:
    """The policy's fields that histories turn on and off; the defaults are the language's, but for
    the grace, without which more happens in fewer nights."""

    protect: tuple[str, ...] = ("name", "section", "room")
    terms: str = "all"  # or current
    when_incomplete: str = "wait"
    start_as: str = "provisioned"
    owner: str = ""
    offer_again: int | None = None  # days
    archive_after: int | None = None  # days
    adopt: str = ""  # a glob of aliases
    combine: tuple[str, ...] = ()  # what sections of one class have in common
    co_teachers: bool = True
    at_most: int = 20
    former: str = "keep"
    extra: str = ""  # a teacher's e-mail
    teachers_added: str = "keep"
    teachers_removed: str = "keep"
    add: str = "at_once"
    students_added: str = "keep"
    students_removed: str = "keep"
    grace: int = 0  # hours
    exception: tuple[str, str] = ("", "out")
    limits: str = "class"  # none, class, all
    paused: bool = False

    def is_paused(self, day: date) -> bool:
        return self.paused and PAUSE[0] <= day <= PAUSE[1]

    def policy(self) -> Policy:
        rules = make_rules(protect=self.protect)
        email, keep = self.exception
        rules = replace(
            rules,
            classes=replace(
                rules.classes,
                scope=Scope(None, () if self.terms == "current" else None, None, None, ()),
                when_incomplete=WhenIncomplete(self.when_incomplete),
                start_as=StartAs(self.start_as),
                owner=self.owner or None,
                offer_again=_days(self.offer_again),
                archive_after=_days(self.archive_after),
                adopt=(Adopt(self.adopt, None, BUILT_IN),) if self.adopt else (),
                combine=(Combine(self.combine, EVERYWHERE, BUILT_IN),) if self.combine else (),
            ),
            co_teachers=replace(
                rules.co_teachers,
                add=self.co_teachers,
                at_most=self.at_most,
                former_owner=FormerOwner(self.former),
                extra=(Extra(EVERYWHERE, (self.extra,), BUILT_IN),) if self.extra else (),
                added_by_hand=AddedByHand(self.teachers_added),
                removed_by_hand=RemovedByHand(self.teachers_removed),
            ),
            students=replace(
                rules.students,
                add=AddStudents(self.add),
                added_by_hand=AddedByHand(self.students_added),
                removed_by_hand=RemovedByHand(self.students_removed),
                removal_grace=timedelta(hours=self.grace),
                exceptions=(SeatException(email, EVERYWHERE, Keep(keep), BUILT_IN),)
                if email
                else (),
            ),
            limits=LIMITS[self.limits],
        )
        pause = (Pause(*PAUSE, BUILT_IN),) if self.paused else ()
        return replace(make_policy(rules), pause=pause, digest=f"{crc32(repr(self).encode()):x}")


def _days(number: int | None) -> timedelta | None:
    return None if number is None else timedelta(days=number)


def _limit(
    *,
    district: float | None = None,
    school: float | None = None,
    class_: float | None = None,
    at_least: int = 0,
) -> Limit:
    def share(value: float | None) -> Allowance | None:
        return None if value is None else Allowance(share=value)

    return Limit(share(district), share(school), share(class_), at_least, BUILT_IN)


LIMITS: dict[str, dict[str, Limit]] = {
    "none": {},
    "class": {
        "student.remove": _limit(class_=0.5, at_least=1),
        "teacher.remove": _limit(class_=0.5, at_least=1),
    },
    "all": {
        "student.remove": _limit(district=0.3, school=0.4, class_=0.5, at_least=1),
        "teacher.remove": _limit(district=0.5, class_=0.5, at_least=1),
        "course.update": _limit(district=0.5, at_least=1),
        "course.archive": _limit(district=0.5, at_least=1),
        "course.create": _limit(district=0.4, at_least=1),
    },
}
COMBINE = (("primary_teacher", "course"), ("course",), ("primary_teacher", "period"))
# Every value that a field may be changed to.
VALUES: dict[str, tuple[object, ...]] = {
    "protect": (("name", "section", "room"), (), ("name",)),
    "terms": ("all", "current"),
    "when_incomplete": ("wait", "create"),
    "start_as": ("provisioned", "active"),
    "owner": ("", "admin@demo.example", "t2@demo.example"),
    "offer_again": (None, 1),
    "archive_after": (None, 0, 1),
    "adopt": ("", "d:other-*"),
    "combine": ((), *COMBINE),
    "co_teachers": (True, False),
    "at_most": (20, 1, 0),
    "former": ("keep", "remove"),
    "extra": ("", "t2@demo.example"),
    "teachers_added": ("keep", "remove"),
    "teachers_removed": ("keep", "restore"),
    "add": ("at_once", "after_accept"),
    "students_added": ("keep", "remove"),
    "students_removed": ("keep", "restore"),
    "grace": (0, 24, 48),
    "exception": (("", "out"), ("s1@demo.example", "out"), ("s2@demo.example", "in")),
    "limits": ("class", "none", "all"),
    "paused": (False, True),
}
