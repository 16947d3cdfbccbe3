"""Many rows at once: what a block takes, and what it leaves to the strict reader."""

import csv

import pytest

from policy.roster.blocks import read_block

WHOLE = {
    "plain": ("1,a,m\n2,b,n\n", [("1", "m"), ("2", "n")]),
    "crlf": ("1,a,m\r\n2,b,n\r\n", [("1", "m"), ("2", "n")]),
    "bare-cr": ("1,a,m\r2,b,n\r", [("1", "m"), ("2", "n")]),
    "bare-cr-all-quoted": ('"1","a","m"\r"2","","n"\r', [("1", "m"), ("2", "n")]),
    "spaces": (" 1 ,a, m\n", [("1", "m")]),
    "all-quoted": ('"1","a","m"\n"2","","n"\n', [("1", "m"), ("2", "n")]),
    "comma-in-quotes": ('1,"a,b","m,n"\n', [("1", "m,n")]),
    "doubled-quotes": ('1,a,"5"" pipe"\n', [("1", '5" pipe')]),
    "accents": ("1,é,漢\n", [("1", "漢")]),
    "one-cell-empty": ("1,,\n", [("1", "")]),
}


@pytest.mark.parametrize(("text", "rows"), WHOLE.values(), ids=WHOLE)
def test_whole_lines_are_a_block(text: str, rows: list[tuple[str, ...]]) -> None:
    block = read_block(text, 7, width=3, columns=(0, 2))
    assert block is not None
    assert list(block.rows()) == [(line, cells, None) for line, cells in enumerate(rows, 7)]
    assert [block.row(n) for n in range(len(block))] == list(enumerate(rows, 7))


def test_a_column_that_the_file_lacks_is_empty() -> None:
    block = read_block("1,a,m\n2,b,n\n", 2, width=3, columns=(0, None, 1))
    assert block is not None
    assert [cells for _, cells, _ in block.rows()] == [("1", "", "a"), ("2", "", "b")]


ODD = {
    "no-line-end": "1,a,m\n2,b,n",
    "short-row": "1,a,m\n2,b\n",
    "long-row": "1,a,m\n2,b,n,o\n",
    "short-and-long": "1,a\n2,b,n,o\n",
    "two-short-rows-as-long-as-one": "1\na\n",
    "blank-line": "1,a,m\n\n2,b,n\n",
    "only-commas": "1,a,m\n,,\n",
    "blank-key": "1,a,m\n ,b,n\n",
    "bare-cr-and-lf": "1,a,m\r2,b,n\n",
    "bare-cr-in-quotes": '1,"a\rb",m\r2,b,n\r',
    "bare-cr-and-no-line-end": "1,a,m\r2,b,n",
    "nul": "1,a\0,m\n",
    "not-utf8": "1,a\udcff,m\n",
    "open-quote": '1,a,"m\n2,b,n\n',
    "quote-over-two-lines": '1,"a\nb",m\n2,b,n\n',
    "text-after-a-quote": '1,"a"b,m\n',
    "cell-too-long": f"1,{'a' * (csv.field_size_limit() + 1)},m\n",
    "quoted-cell-too-long": f'"1","{"a" * (csv.field_size_limit() + 1)}",m\n',
}


@pytest.mark.parametrize("text", ODD.values(), ids=ODD)
def test_anything_odd_is_no_block(text: str) -> None:
    assert read_block(text, 2, width=3, columns=(0, 2)) is None
