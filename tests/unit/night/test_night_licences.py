"""What is told of those who get a seat and lack the licence that is needed."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date

import pytest

from building import desired, person, policy, roster, rules, section, student, teacher, user, wanted
from policy.errors import GoogleOutOfReach, GoogleRefused, RollbookError
from policy.google.base import Edition, LicenseHeld
from policy.merge.people import AccountFacts, match_people
from policy.merge.plan import Notice
from policy.merge.records import Desired, Wanted
from policy.merge.wish import Sources
from policy.night.licences import check_licences
from policy.roster.model import Place
from policy.rules.model import License

PEOPLE = ("t1", "t2", *(f"s{n}" for n in range(8)))
DEFAULT = "(people.license, built-in default)"


@dataclass
class Licences:
    """Google's list of licences, or why it can't be had; says how often it was asked for."""

    held: Iterable[LicenseHeld] = ()
    error: RollbookError | None = None
    asked: int = 0

    def licenses(self) -> Iterator[LicenseHeld]:
        self.asked += 1
        if self.error:
            raise self.error
        yield from self.held


def held(*keys: str, edition: Edition = Edition.PLUS, name: str = "Plus (1)") -> list[LicenseHeld]:
    return [LicenseHeld(user(key).email, edition, name) for key in keys]


def sources(needed: License = License.EDUCATION_PLUS) -> Sources:
    """Everybody has an account, `admin` too; sis-t1 is in users.csv:2, sis-t2 in :3, and so on."""
    people = tuple(
        replace(person(f"sis-{key}", email=user(key).email), place=Place("users.csv", line))
        for line, key in enumerate(PEOPLE, 2)
    )
    drop = roster({section(): (teacher("sis-t1"), student("sis-s1"))}, people)
    accounts = [
        AccountFacts(user(k), (user(k).email,), suspended=False) for k in (*PEOPLE, "admin")
    ]
    matches = match_people(drop, accounts, domains=("demo.example",), remembered={})
    wants = replace(policy(rules()), license=needed)
    return Sources(drop, wants, matches, date(2026, 9, 1))


def told(
    *held_by: LicenseHeld,
    of: tuple[Desired, ...],
    needed: License = License.EDUCATION_PLUS,
) -> tuple[Notice, ...]:
    return check_licences(Licences(held_by), sources(needed), of)


def course(*students: str, teachers: tuple[str, ...] = ("t1",), owner: str = "t1") -> Desired:
    return desired(teachers=teachers, students=students, owner=owner)


def test_who_has_it_is_not_told_of() -> None:
    assert told(*held("t1", "s1", "s2"), of=(course("s1", "s2"),)) == ()


def test_teachers_and_students_are_told_of_apart_and_each_person_once() -> None:
    """Who teaches somewhere is a teacher."""
    courses = course("s1", "s2", "t2"), course("s1", "s3", teachers=("t1", "t2"))
    assert told(*held("t1", "s3"), of=courses) == (
        Notice(
            "",
            f"1 of 2 teachers has no licence of Education Plus {DEFAULT}; they get their seats all "
            "the same: users.csv:3",
            "M330",
        ),
        Notice(
            "",
            f"2 of 3 students have no licence of Education Plus {DEFAULT}; they get their seats "
            "all the same: users.csv:5, users.csv:6",
            "M330",
        ),
    )


def test_of_many_the_first_are_shown() -> None:
    [notice] = told(*held("t1"), of=(course(*(f"s{n}" for n in range(7))),))
    assert notice.message.endswith(
        "users.csv:4, users.csv:5, users.csv:6, users.csv:7, users.csv:8 and 2 more"
    )


@pytest.mark.parametrize(
    ("edition", "needed", "is_enough"),
    [
        (Edition.PLUS, License.EDUCATION_PLUS, True),
        (Edition.STANDARD, License.EDUCATION_PLUS, False),
        (Edition.PLUS, License.EDUCATION_STANDARD, True),
        (Edition.STANDARD, License.EDUCATION_STANDARD, True),
    ],
)
def test_plus_stands_for_standard_too(edition: Edition, needed: License, is_enough: bool) -> None:
    notices = told(*held("t1", edition=edition), of=(course(),), needed=needed)
    assert (notices == ()) is is_enough
    asked_for = {License.EDUCATION_PLUS: "Education Plus"}.get(needed, "Education Standard")
    assert all(f"1 of 1 teacher has no licence of {asked_for} " in n.message for n in notices)


def test_a_licence_that_is_not_known_is_told_apart() -> None:
    """Beside one that is enough it matters to nobody."""
    new = held("t1", "s1", "s2", edition=Edition.UNKNOWN, name="Education Next (9)")
    assert told(*new, *held("s2"), of=(course("s1", "s2", "s3"),)) == (
        Notice(
            "",
            f"1 of 3 students has no licence of Education Plus {DEFAULT}; they get their seats all "
            "the same: users.csv:7",
            "M330",
        ),
        Notice(
            "",
            "2 people have a licence that this version of Rollbook doesn't know: Education Next "
            f"(9). It may stand for Education Plus {DEFAULT}, or not: users.csv:5, users.csv:2",
            "M331",
        ),
    )


def test_people_whom_only_the_policy_names_have_its_line() -> None:
    extra = Wanted(user("t2"), "", "district.yaml:31")
    want = replace(course(owner="admin"), teachers={**wanted("t1"), "t2": extra})
    [notice] = told(*held("t1"), of=(want,))
    assert notice.message.endswith("same: district.yaml:12, district.yaml:31")


def test_an_owner_who_is_not_in_the_directory_is_passed_over() -> None:
    assert told(*held("t1"), of=(course(owner="gone"),)) == ()


@pytest.mark.parametrize(
    ("needed", "courses"),
    [(License.NONE, (course("s1"),)), (License.EDUCATION_PLUS, ())],
    ids=["no licence is needed", "nobody gets a seat"],
)
def test_where_there_is_nothing_to_check_nobody_is_asked(
    needed: License, courses: tuple[Desired, ...]
) -> None:
    google = Licences()
    assert check_licences(google, sources(needed), courses) == ()
    assert google.asked == 0


@pytest.mark.parametrize(
    "error",
    [GoogleRefused("the scope is missing", status=403, reason=""), GoogleOutOfReach("no answer")],
)
def test_who_can_not_be_asked_stops_nothing(error: RollbookError) -> None:
    words = f"nobody can be asked who has a licence of Education Plus {DEFAULT}: {error}"
    notices = check_licences(Licences(error=error), sources(), (course("s1"),))
    assert notices == (Notice("", words, "M332"),)
