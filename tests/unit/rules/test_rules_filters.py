"""What each filter of a template makes of a name's values."""

import pytest

from policy.rules.filters import FILTERS, SHORT, filtered


@pytest.mark.parametrize(
    ("filters", "values", "text"),
    [
        pytest.param("", ("3", "4"), "3, 4", id="none"),
        pytest.param("", (), "", id="none of nothing"),
        pytest.param("short", ("x" * 30,), "x" * 30, id="30 stay"),
        pytest.param("short", ("x" * 31,), "x" * 29 + "…", id="a long word is cut within"),
        pytest.param(
            "short",
            ("Advanced Placement United States History",),
            "Advanced Placement United…",
            id="cut after a word",
        ),
        pytest.param(
            "short",
            ("Advanced Placement Chemistry I II",),
            "Advanced Placement Chemistry…",
            id="not after one that fits only without the …",
        ),
        pytest.param(
            "short",
            ("Advanced Placement Geography X and more",),
            "Advanced Placement Geography…",
            id="29 and the … are 30",
        ),
        pytest.param(
            "short",
            ("Introduction to Arts – Watercolours",),
            "Introduction to Arts…",
            id="what joins words goes",
        ),
        pytest.param("short", ("Fall",) * 9, "Fall, Fall, Fall, Fall, Fall…", id="a list"),
        pytest.param("short", ("–" * 40,), "–" * 29 + "…", id="nothing but dashes"),
        pytest.param("title", ("ALGEBRA II HONORS",), "Algebra II Honors", id="Roman stays"),
        pytest.param("title", ("o'brien-smith's 3RD/ap",), "O'brien-Smith's 3rd/Ap", id="words"),
        pytest.param("title", ("CAFE\N{COMBINING ACUTE ACCENT}S",), "Cafe\u0301s", id="accents"),
        pytest.param("title", ("XL MIX IVY",), "Xl Mix Ivy", id="no numerals up to 39"),
        pytest.param("upper", ("Straße", "b"), "STRASSE, B", id="upper"),
        pytest.param("lower", ("ALG",), "alg", id="lower"),
        pytest.param("roman", ("3", "4"), "III, IV", id="each value"),
        pytest.param("roman", ("3, 4",), "III, IV", id="a list in one value"),
        pytest.param("roman", ("1", "9", "14", "39", "40"), "I, IX, XIV, XXXIX, 40", id="to 39"),
        pytest.param(
            "roman", ("03", "0", "3B", "P3", "3-4", "٣"), "III, 0, 3B, P3, 3-4, ٣", id="else"
        ),
        pytest.param("first", ("3", "4"), "3", id="first"),
        pytest.param("first", (), "", id="the first of nothing"),
        pytest.param("roman|first", ("3", "4"), "III", id="one after the other"),
        pytest.param("first|roman", ("3", "4"), "III", id="in any order"),
        pytest.param("title|upper", ("algebra",), "ALGEBRA", id="the last one wins"),
    ],
)
def test_filters(filters: str, values: tuple[str, ...], text: str) -> None:
    assert filtered(values, filters.split("|") if filters else ()) == text


@pytest.mark.parametrize("name", FILTERS)
@pytest.mark.parametrize("text", ["x", "a" * 500, "- " * 40, "é" * 31, "(" * 31, "a – " * 20])
def test_a_value_never_becomes_nothing(name: str, text: str) -> None:
    assert filtered((text,), (name,)).strip()
    assert len(filtered((text,), ("short",))) <= SHORT
