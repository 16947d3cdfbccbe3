"""The strict reader: each row once, with its line; each that can't be one, with the reason."""

import io

import pytest

from policy.errors import RosterAtFault
from policy.roster.csv_rows import LINE_LENGTH, CsvFile

HEADER = "id,status,name,note,mail\n"
COLUMNS = (0, 1, 4)  # of id, status, mail; name and note are dropped

QUOTES = '; expected quotes only around a whole cell, and doubled inside it: "5"" pipe"'


def opened(data: bytes) -> CsvFile:
    return CsvFile(io.BufferedReader(io.BytesIO(data)), "users.csv")  # type: ignore[arg-type]


def read(data: str | bytes, columns: tuple[int | None, ...] = COLUMNS) -> list[str]:
    """Each row in short: its line and cells, or its fault."""
    file = opened(data if isinstance(data, bytes) else (HEADER + data).encode())
    return [
        f"{line} {'|'.join(cells)}" if broken is None else str(broken.fault)
        for line, cells, broken in file.rows(columns)
    ]


def refusal(data: bytes) -> list[str]:
    with pytest.raises(RosterAtFault) as caught:
        list(opened(data).rows(COLUMNS))
    return list(caught.value.problems)


WHOLE = {
    "plain": ("1,,N,x,m\n2,,N,x,m\n", ["2 1||m", "3 2||m"]),
    "no-line-end": ("1,,N,x,m", ["2 1||m"]),
    "crlf": ("1,,N,x,m\r\n2,,N,x,m\r\n", ["2 1||m", "3 2||m"]),
    "bare-cr": ("1,,N,x,m\r2,,N,x,m\r", ["2 1||m", "3 2||m"]),
    "mixed-ends": ("1,,N,x,m\r\n2,,N,x,m\n3,,N,x,m\r", ["2 1||m", "3 2||m", "4 3||m"]),
    "all-quoted": ('"1","","N","x","m"\n', ["2 1||m"]),
    "comma-in-quotes": ('1,,"N, O",x,"m,n"\n', ["2 1||m,n"]),
    "doubled-quotes": ('1,,N,x,"5"" pipe"\n', ['2 1||5" pipe']),
    "quote-inside": ('1,,N,x,5" pipe\n', ['2 1||5" pipe']),
    "line-break-in-quotes": ('1,,"N\nO",x,m\n2,,N,x,m\n', ["2 1||m", "4 2||m"]),
    "spaces-around": ("  1 , active,N,x,\tm \n", ["2 1|active|m"]),
    "accents": ("1,,N,x,é漢😀\n", ["2 1||é漢😀"]),
    "blank-lines": ("\n1,,N,x,m\n\n   \n2,,N,x,m\n\n", ["3 1||m", "6 2||m"]),
    "only-commas": ("1,,N,x,m\n,,,,\n ,,,, \n", ["2 1||m"]),
}


@pytest.mark.parametrize(("data", "expected"), WHOLE.values(), ids=WHOLE)
def test_whole_rows(data: str, expected: list[str]) -> None:
    assert read(data) == expected


FAULTY = {
    "short": (
        "1,,N,m\n2,,N,x,m\n",
        [
            "users.csv:2  the row has 4 fields; expected 5, as the header has  [R201]",
            "3 2||m",
        ],
    ),
    "long": (
        "1,,N,x,y,m\n",
        [
            "users.csv:2  the row has 6 fields; expected 5, as the header has. A cell with a comma "
            "in it needs quotes around it  [R202]"
        ],
    ),
    "no-key": (
        " ,,N,x,m\n",
        ["users.csv:2  id is empty; expected the row's own id  [R205]"],
    ),
    "unclosed-quote": (
        '1,,N,x,m\n2,,"N,x,m\n3,,N,x,m\n4,,N,x,m\n',
        [
            "2 1||m",
            f"users.csv:3  a quote opens here and is not closed{QUOTES}  [R203]",
            "4 3||m",
            "5 4||m",
        ],
    ),
    "unclosed-quote-that-a-later-one-closes": (
        '1,,"N,x,m\n2,,"N",x,m\n3,,N,x,m\n',
        [f"users.csv:2  text follows a closing quote{QUOTES}  [R203]", "3 2||m", "4 3||m"],
    ),
    "quote-that-swallows-rows-and-keeps-the-width": (
        '1,,"N,x,m\n2,,N,x,m\n3,,N",x,m\n4,,N,x,m\n',
        [
            f"users.csv:2  a quote opens here and is not closed{QUOTES}  [R203]",
            "3 2||m",
            "4 3||m",
            "5 4||m",
        ],
    ),
    "quote-that-swallows-many-rows": (
        '1,,"N,x,m\n' + "2,,N,x,m\n" * 100,
        [
            f"users.csv:2  a quote opens here and is not closed{QUOTES}  [R203]",
            *[f"{line} 2||m" for line in range(3, 103)],
        ],
    ),
    "text-after-a-quote": (
        '1,,"N" Jr,x,m\n2,,N,x,m\n',
        [f"users.csv:2  text follows a closing quote{QUOTES}  [R203]", "3 2||m"],
    ),
    "field-too-long": (
        f"1,,{'N' * 200_000},x,m\n2,,N,x,m\n",
        [f"users.csv:2  a cell is longer than 131,072 characters{QUOTES}  [R203]", "3 2||m"],
    ),
    "nul": (
        "1,,N,x,m\0m\n2,,N,x,m\n",
        [
            "users.csv:2  mail: bytes that are not UTF-8, or a NUL, stand in this cell; export the "
            "file as UTF-8  [R204]",
            "3 2||m",
        ],
    ),
    "nul-where-nobody-looks": ("1,,N,x\0,m\n", ["2 1||m"]),
}


@pytest.mark.parametrize(("data", "expected"), FAULTY.values(), ids=FAULTY)
def test_faulty_rows(data: str, expected: list[str]) -> None:
    assert read(data) == expected


def test_bytes_that_are_not_utf8_cost_their_row_only() -> None:
    data = (HEADER + "1,,N,x,m\n2,,N,x,ma\xf1ana\n3,,N,x,m\n").encode("latin-1")
    assert read(data) == [
        "2 1||m",
        "users.csv:3  mail: bytes that are not UTF-8, or a NUL, stand in this cell; export the "
        "file as UTF-8  [R204]",
        "4 3||m",
    ]


def test_bytes_that_are_not_utf8_cost_nothing_in_a_column_that_is_dropped() -> None:
    assert read((HEADER + "1,,Nu\xf1ez,x,m\n").encode("latin-1")) == ["2 1||m"]


def test_a_byte_order_mark_is_no_part_of_the_header() -> None:
    file = opened(b"\xef\xbb\xbf" + HEADER.encode())
    assert file.header == ("id", "status", "name", "note", "mail")


def test_a_missing_column_is_empty() -> None:
    assert read("1,,N,x,m\n", (0, None, 4)) == ["2 1||m"]


@pytest.mark.parametrize(
    ("row", "readings"),
    [
        pytest.param("1,a,b,m", [("1", "a", ""), ("", "1", "m")], id="short"),
        pytest.param("1,a,b,c,d,m", [("1", "a", "d"), ("a", "b", "m")], id="long"),
        pytest.param("1", [("1", "", ""), ("", "1", ""), ("", "", ""), ("", "", "")], id="stump"),
    ],
)
def test_a_row_of_a_wrong_width_can_be_read_in_several_ways(
    row: str, readings: list[tuple[str, ...]]
) -> None:
    ((_, _, broken),) = opened((HEADER + row + "\n").encode()).rows(COLUMNS)
    assert broken is not None
    assert list(broken.readings) == readings


def test_what_stands_before_a_broken_quote_can_be_read() -> None:
    rows = list(opened((HEADER + '1,active,"N,x,m\n2,,N,x,m\n').encode()).rows(COLUMNS))
    assert rows[0][2] is not None
    assert rows[0][2].readings == (("1", "active", ""),)


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        pytest.param(
            b"", "is empty; expected a header and rows. Export it again  [R104]", id="empty"
        ),
        pytest.param(
            b" \n", "is empty; expected a header and rows. Export it again  [R104]", id="blank"
        ),
        pytest.param(
            HEADER.encode("utf-16"),
            "is UTF-16 or not text; expected UTF-8. Export it as UTF-8 (CSV UTF-8 in Excel)"
            "  [R107]",
            id="utf-16",
        ),
        pytest.param(
            HEADER.encode("utf-16-le"),
            "is UTF-16 or not text; expected UTF-8. Export it as UTF-8 (CSV UTF-8 in Excel)"
            "  [R107]",
            id="utf-16-without-mark",
        ),
        pytest.param(
            b'"id,name\n1,2\n',
            "the header can't be read (unexpected end of data); expected column names, comma "
            "between them  [R105]",
            id="header-with-an-open-quote",
        ),
        pytest.param(
            HEADER.encode() + b'1,,N,x,m\n2,,"N',
            "ends in line 3 inside a quoted cell, as if cut off; export or fetch it again  [R106]",
            id="cut-in-quotes",
        ),
        pytest.param(
            HEADER.encode() + b'1,,N,x,m\n2,,N,x,"m\n',
            "ends in line 3 inside a quoted cell, as if cut off; export or fetch it again  [R106]",
            id="cut-in-quotes-after-a-line-end",
        ),
        pytest.param(
            HEADER.encode() + b"x" * (LINE_LENGTH + 5),
            "line 2 is longer than 1,048,576 characters; expected one row a line. This is not a "
            "CSV file, or it is broken  [R107]",
            id="endless-line",
        ),
    ],
)
def test_a_file_that_is_none(data: bytes, problem: str) -> None:
    assert refusal(data) == [f"users.csv  {problem}"]


@pytest.mark.parametrize(
    ("end", "line"),
    [
        pytest.param("\n", None, id="lf"),
        pytest.param("\r\n", None, id="crlf"),
        pytest.param("", 3, id="none"),
    ],
)
def test_the_last_line_may_have_no_end(end: str, line: int | None) -> None:
    file = opened((HEADER + "1,,N,x,m\n2,,N,x,m" + end).encode())
    assert len(list(file.rows(COLUMNS))) == 2
    assert (file.count, file.open_end) == (2, line)
