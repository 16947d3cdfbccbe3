"""School Data Sync's dates, and things without a row of their own."""

from datetime import date

import pytest

from policy.roster.rows import RowUnfit
from policy.roster.sds import Days, Firsts, Slashes, days, e_mail

COLUMNS = ("Term StartDate", "Term EndDate")


@pytest.mark.parametrize(
    ("first", "last", "slashes", "days_read"),
    [
        ("7/1/2017", "6/30/2018", Slashes.MONTH_FIRST, (date(2017, 7, 1), date(2018, 6, 30))),
        ("2017-07-01", "20180630", Slashes.MONTH_FIRST, (date(2017, 7, 1), date(2018, 6, 30))),
        ("2017-07-01", "2018-06-30T00:00:00Z", Slashes.NONE, (date(2017, 7, 1), date(2018, 6, 30))),
        ("1/9/2017", "20/7/2018", Slashes.BY_SENSE, (date(2017, 9, 1), date(2018, 7, 20))),
        ("9/1/2016", "6/15/2017", Slashes.BY_SENSE, (date(2016, 9, 1), date(2017, 6, 15))),
        ("8/8/2026", "9/9/2026", Slashes.BY_SENSE, (date(2026, 8, 8), date(2026, 9, 9))),
        # Only with the day first is the end after the start.
        ("1/9/2026", "7/2/2026", Slashes.MONTH_FIRST, (date(2026, 1, 9), date(2026, 7, 2))),
        ("1/9/2026", "2/10/2026", Slashes.MONTH_FIRST, (date(2026, 1, 9), date(2026, 2, 10))),
    ],
)
def test_dates(first: str, last: str, slashes: Slashes, days_read: tuple[date, date]) -> None:
    assert days(COLUMNS, first, last, slashes) == Days(*days_read)


@pytest.mark.parametrize(
    ("first", "last", "slashes", "code", "words"),
    [
        ("", "6/30/2018", Slashes.MONTH_FIRST, "R207", "Term StartDate is empty"),
        ("7/1/2017", "", Slashes.MONTH_FIRST, "R207", "Term EndDate is empty"),
        ("7/1/2017", "30/6/2018", Slashes.MONTH_FIRST, "R207", "Term EndDate is '30/6/2018'"),
        ("7/1/2017", "2018-06-30", Slashes.NONE, "R207", "Term StartDate is '7/1/2017'"),
        ("7/1/17", "2018-06-30", Slashes.MONTH_FIRST, "R207", "Term StartDate is '7/1/17'"),
        ("2018-02-30", "2018-06-30", Slashes.NONE, "R207", "Term StartDate is '2018-02-30'"),
        ("1/9/2016", "6/7/2017", Slashes.BY_SENSE, "R207", "can be read in two ways"),
        ("7/2/2018", "7/1/2018", Slashes.MONTH_FIRST, "R208", "7/1/2018 is before"),
    ],
)
def test_dates_that_are_none(
    first: str, last: str, slashes: Slashes, code: str, words: str
) -> None:
    with pytest.raises(RowUnfit, match=words) as caught:
        days(COLUMNS, first, last, slashes)
    assert caught.value.code.value == code


def test_the_last_day_belongs_to_the_term() -> None:
    read = Days(date(2026, 8, 17), date(2026, 12, 31))
    assert read.cells == ("2026-08-17", "2027-01-01", "2026")


def test_things_of_one_key() -> None:
    firsts = Firsts()
    algebra, other = ("alg", "", "Algebra", "M1"), ("alg", "", "Algebra (honors)", "")
    assert [firsts.add(cells) for cells in (algebra, other, algebra, other)] == [
        ("alg", True),
        ("alg (Algebra (honors))", True),
        ("alg", False),
        ("alg (Algebra (honors))", False),
    ]


def test_which_cell_is_the_e_mail() -> None:
    assert e_mail("", "ann", "ann@maple.example") == "ann@maple.example"
    assert e_mail("", "ann", "") == "ann"
    assert e_mail("", "") == ""
