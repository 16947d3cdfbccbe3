"""Headers: which column is which, and what an admin should hear about them."""

import pytest

from policy.roster.header import Table, judge_header

TABLE = Table(
    "users.csv",
    ("sourcedId", "status", "givenName"),
    frozenset(("sourcedId", "givenName")),
    frozenset(("phone",)),
)


@pytest.mark.parametrize(
    ("header", "columns"),
    [
        pytest.param("sourcedId,status,givenName,phone", (0, 1, 2), id="in-order"),
        pytest.param("phone,givenName,sourcedId,status", (2, 3, 1), id="in-another-order"),
        pytest.param("sourcedId,givenName", (0, None, 1), id="without-an-optional-one"),
        pytest.param("sourcedId,status,givenName,metadata.x,ext_y", (0, 1, 2), id="extensions"),
    ],
)
def test_columns_are_found(header: str, columns: tuple[int | None, ...]) -> None:
    found = judge_header(header.split(","), TABLE, "OneRoster 1.1")
    assert (found.columns, found.problems, found.notes) == (columns, (), ())


@pytest.mark.parametrize(
    ("header", "notes"),
    [
        pytest.param(
            "SourcedID,given name",
            [
                "the column 'SourcedID' is read as sourcedId; its name should be just that  [R222]",
                "the column 'given name' is read as givenName; its name should be just that"
                "  [R222]",
            ],
            id="case-and-spaces",
        ),
        pytest.param(
            "\u200bsourcedId,given_name",
            [
                "the column '\\u200bsourcedId' is read as sourcedId; its name should be just that"
                "  [R222]",
                "the column 'given_name' is read as givenName; its name should be just that"
                "  [R222]",
            ],
            id="what-can-not-be-seen",
        ),
        pytest.param(
            "sourcedId,givenName,fone,colour",
            [
                "the column 'fone' is none of OneRoster's and is not read (did you mean phone?)"
                "  [R221]",
                "the column 'colour' is none of OneRoster's and is not read  [R221]",
            ],
            id="unknown",
        ),
    ],
)
def test_odd_headers_are_noted(header: str, notes: list[str]) -> None:
    found = judge_header(header.split(","), TABLE, "OneRoster 1.1")
    assert found.problems == ()
    assert [str(note) for note in found.notes] == [f"users.csv:1  {note}" for note in notes]


def test_an_exact_name_wins_over_a_similar_one() -> None:
    found = judge_header(["SOURCEDID", "givenName", "sourcedId"], TABLE, "OneRoster 1.1")
    assert found.columns == (2, None, 1)
    assert found.problems == (
        "users.csv  has the column sourcedId more than once; expected it once  [R105]",
    )


@pytest.mark.parametrize(
    ("header", "problems"),
    [
        pytest.param(
            "sourcedId,status,givnName",
            [
                "has no column givenName; did you mean its column givnName? Export it with "
                "OneRoster 1.1's header  [R105]"
            ],
            id="did-you-mean",
        ),
        pytest.param(
            "a,b,c",
            [
                "has no column sourcedId; the export must have it  [R105]",
                "has no column givenName; the export must have it  [R105]",
            ],
            id="all-at-once",
        ),
        pytest.param(
            "sourcedId,givenName,givenName",
            ["has the column givenName more than once; expected it once  [R105]"],
            id="twice",
        ),
    ],
)
def test_wrong_headers_are_problems(header: str, problems: list[str]) -> None:
    found = judge_header(header.split(","), TABLE, "OneRoster 1.1")
    assert list(found.problems) == [f"users.csv  {problem}" for problem in problems]
