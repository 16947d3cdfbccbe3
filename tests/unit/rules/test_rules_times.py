"""Times, days and shares, lists with their lines, and pairs of values that may stand together."""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy.errors import PolicyAtFault
from policy.rules.build import time_of
from policy.rules.load import load_policy
from policy.rules.model import (
    Adopt,
    Allowance,
    Extra,
    Keep,
    Limit,
    Matcher,
    Pause,
    Policy,
    SeatException,
)

SHORTEST = """\
version: 1
district:
  id: springfield
  name: Springfield Public Schools
  domains: [springfield.example]
  timezone: America/Chicago
"""


def load(folder: Path, district: str = "", school: str = "") -> Policy:
    policies = folder / "policies"
    (policies / "schools").mkdir(parents=True)
    (policies / "district.yaml").write_text(SHORTEST + district, encoding="utf-8")
    if school:
        text = f'schools: ["0042"]\n{school}'
        (policies / "schools" / "lincoln.yaml").write_text(text, encoding="utf-8")
    return load_policy(policies)


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("0h", timedelta(0)),
        ("0m", timedelta(0)),
        ("30m", timedelta(minutes=30)),
        ("90m", timedelta(hours=1, minutes=30)),
        ("48h", timedelta(days=2)),
        ("2d", timedelta(hours=48)),
        ("007d", timedelta(days=7)),
        ("99999d", timedelta(days=99999)),
    ],
)
@pytest.mark.parametrize("quote", ["", '"'], ids=["plain", "quoted"])
def test_a_time(text: str, quote: str, time: timedelta, tmp_path: Path) -> None:
    written = f"{quote}{text}{quote}"
    more = (
        f"freshness: {{max_age: {written}}}\n"
        f"classes: {{offer_again: {written}, after_term: {{archive_after: {written}}}}}\n"
        f"students: {{removal_grace: {written}}}\n"
    )
    policy = load(tmp_path, more)
    rules = policy.defaults
    assert policy.freshness.max_age == time
    assert (rules.classes.offer_again, rules.classes.archive_after) == (time, time)
    assert rules.students.removal_grace == time


@given(st.integers(0, 99999), st.sampled_from("mhd"))
def test_times_add_up(number: int, unit: str) -> None:
    assert time_of(f"{number}{unit}") == number * time_of(f"1{unit}")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "h",
        "48",
        "48s",
        "2w",
        "4 h",
        "1.5h",
        "-1h",
        "+1h",
        "1h30m",
        "48H",
        "100000d",
        "٤h",
        "1e3h",
    ],
)
def test_what_is_no_time(text: str, tmp_path: Path) -> None:
    with pytest.raises(PolicyAtFault) as raised:
        load(tmp_path, f'students:\n  removal_grace: "{text}"\n')
    assert "students.removal_grace should be a time such as 48h or 2d, not " in str(raised.value)


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("2027-06-10", date(2027, 6, 10)),
        ('"2027-06-10"', date(2027, 6, 10)),
        ("'2028-02-29'", date(2028, 2, 29)),
    ],
)
def test_a_day_needs_no_quotes(written: str, day: date, tmp_path: Path) -> None:
    policy = load(tmp_path, f"pause:\n  - from: {written}\n    to: {written}\n")
    assert policy.pause == (Pause(day, day, "policies/district.yaml:8"),)


@pytest.mark.parametrize(
    "written",
    [
        *("2027-02-29", "2027-13-01", "0000-01-01", "2027-6-10", "27-06-10", "20270610"),
        *("2027-06-10 08:00", "2027-06-10T08:00:00Z", "June 10", "2027-W23-4", "yes", "null"),
    ],
)
def test_what_is_no_day(written: str, tmp_path: Path) -> None:
    with pytest.raises(PolicyAtFault) as raised:
        load(tmp_path, f"pause:\n  - from: {written}\n    to: 2027-08-20\n")
    assert "pause[0].from should be a date such as 2027-06-10, not " in str(raised.value)
    assert len(raised.value.problems) == 2  # it, and "Nothing was planned."


class TestSchools:
    """Each rule has the line of the file in which it stands."""

    def test_a_schools_lists_replace_the_districts(self, tmp_path: Path) -> None:
        district = (
            "classes:\n  adopt:\n    - {name: '*'}\n    - {alias: 'd:x*'}\n"
            "co_teachers:\n  extra:\n"
            "    - {where: {grade: '9'}, teachers: [a@springfield.example]}\n"
            "    - {where: {grade: '10'}, teachers: [b@springfield.example]}\n"
        )
        school = (
            "classes:\n  adopt: [{name: Algebra}]\n"
            "co_teachers:\n  extra:\n"
            "    - {where: {grade: '8'}, teachers: [c@springfield.example]}\n"
        )
        policy = load(tmp_path, district, school)
        at, there = "policies/district.yaml", "policies/schools/lincoln.yaml"
        assert policy.defaults.classes.adopt == (
            Adopt(None, "*", f"{at}:9"),
            Adopt("d:x*", None, f"{at}:10"),
        )
        assert policy.schools["0042"].classes.adopt == (Adopt(None, "Algebra", f"{there}:3"),)
        assert policy.schools["0042"].co_teachers.extra == (
            Extra(Matcher({"grade": ("8",)}), ("c@springfield.example",), f"{there}:6"),
        )

    def test_what_a_school_leaves_out_stays_at_the_districts_line(self, tmp_path: Path) -> None:
        district = (
            "students:\n  exceptions:\n"
            "    - {person: pat@springfield.example, where: {name: Chorus}, keep: out}\n"
        )
        policy = load(tmp_path, district, "students: {removal_grace: 0h}\n")
        exception = SeatException(
            "pat@springfield.example",
            Matcher({"name": ("Chorus",)}),
            Keep.OUT,
            "policies/district.yaml:9",
        )
        students = policy.defaults.students
        assert students.exceptions == (exception,)
        assert policy.schools["0042"].students == replace(students, removal_grace=timedelta(0))

    def test_an_empty_list_takes_the_districts_away(self, tmp_path: Path) -> None:
        policy = load(tmp_path, "classes: {adopt: [{name: '*'}]}\n", "classes: {adopt: []}\n")
        assert policy.schools["0042"].classes.adopt == ()

    @pytest.mark.parametrize(
        ("district", "school", "expected"),
        [
            ("{archive_after: 14d}", "keep", None),
            ("keep", "{archive_after: 14d}", timedelta(days=14)),
            ("{archive_after: 14d}", "{archive_after: 1d}", timedelta(days=1)),
        ],
    )
    def test_after_term_is_one_or_the_other(
        self, district: str, school: str, expected: timedelta | None, tmp_path: Path
    ) -> None:
        policy = load(
            tmp_path,
            f"classes: {{after_term: {district}}}\n",
            f"classes: {{after_term: {school}}}\n",
        )
        assert policy.schools["0042"].classes.archive_after == expected

    def test_a_limit_of_courses_merges_key_by_key(self, tmp_path: Path) -> None:
        policy = load(
            tmp_path,
            "limits: {course.create: {district: 50}}\n",
            "limits:\n  course.create: {school: 5, at_least: 2}\n",
        )
        at = "policies/schools/lincoln.yaml:3"
        assert policy.schools["0042"].limits["course.create"] == Limit(
            Allowance(count=50), Allowance(count=5), None, 2, at
        )


EXCEPTION = "{{person: {}@springfield.example, where: {{name: '{}'}}, keep: {}}}"


@pytest.mark.parametrize(
    ("district", "school"),
    [
        pytest.param(
            f"students: {{exceptions: [{EXCEPTION.format('pat', 'Chorus', 'in')}, "
            f"{EXCEPTION.format('pat', 'Band', 'out')}]}}\n",
            "",
            id="in here, out there",
        ),
        pytest.param(
            f"students: {{exceptions: [{EXCEPTION.format('pat', 'Chorus', 'in')}, "
            f"{EXCEPTION.format('lee', 'Chorus', 'out')}]}}\n",
            "",
            id="one in, another out",
        ),
        pytest.param(
            f"students: {{exceptions: [{EXCEPTION.format('pat', 'Chorus', 'in')}]}}\n",
            f"students: {{exceptions: [{EXCEPTION.format('pat', 'Chorus', 'out')}]}}\n",
            id="a school's list replaces the district's",
        ),
        pytest.param(
            "students: {exceptions: [{person: x@else.example, where: {name: x}, keep: out}]}\n",
            "",
            id="out, and from outside",
        ),
        pytest.param("freshness: {min_size: 100%}\n", "", id="100%"),
        pytest.param("co_teachers: {at_most: 0}\n", "co_teachers: {at_most: 49}\n", id="at most"),
        pytest.param(
            "classes: {start_as: active, offer_again: 7d}\n",
            "",
            id="active now, with classes that were declined before",
        ),
        pytest.param(
            "pause: [{from: 2027-06-10, to: 2027-08-20}, {from: 2027-07-01, to: 2027-07-02}]\n",
            "",
            id="pauses that meet",
        ),
    ],
)
def test_what_is_no_contradiction(district: str, school: str, tmp_path: Path) -> None:
    assert load(tmp_path, district, school).district.id == "springfield"


@pytest.mark.parametrize(
    "school",
    [
        pytest.param(
            "co_teachers: {extra: [{where: {name: x}, teachers: [x@elsewhere.example]}]}\n",
            id="an extra co-teacher",
        ),
        pytest.param(
            "students: {exceptions: [{person: x@elsewhere.example, where: {name: x}, keep: in}]}\n",
            id="a student who is kept in",
        ),
    ],
)
def test_nobody_from_outside_in_a_schools_file_either(school: str, tmp_path: Path) -> None:
    with pytest.raises(PolicyAtFault) as raised:
        load(tmp_path, "", school)
    assert "should be an account of the district's domains (springfield.example)" in str(
        raised.value
    )


def test_in_and_out_in_a_schools_file(tmp_path: Path) -> None:
    both = ", ".join(EXCEPTION.format("pat", "Chorus", keep) for keep in ("in", "out"))
    with pytest.raises(PolicyAtFault) as raised:
        load(tmp_path, "", f"students: {{exceptions: [{both}]}}\n")
    assert "students.exceptions[1].keep should be in, not out" in str(raised.value)
