"""Values as YAML: read back, they are the same to us and to other readers of YAML."""

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from policy.rules.lines import read_yaml
from policy.rules.writing import text, written

texts = st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=12)
values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-(10**9), 10**9), texts),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(texts, inner, max_size=3)),
    max_leaves=6,
)


@given(values)
def test_what_is_written_is_read_back(value: object) -> None:
    whole = f"value: {written(value)}\n"  # type: ignore[arg-type]
    assert yaml.safe_load(whole) == {"value": value}
    document, problems = read_yaml("", whole)
    assert problems == []
    assert document is not None
    assert (document.data, document.quirks) == ({"value": value}, {})


@pytest.mark.parametrize(
    "plain", ["keep", "10%", "36h", "./roster", "Homeroom/advisory", "pat@maple.example", "A - b"]
)
def test_plain(plain: str) -> None:
    assert text(plain) == plain


@pytest.mark.parametrize(
    "other",
    ["", "09", "NO", "true", "y", "*a", "a: b", "a #b", "a ", "{x}", "1:30", ".5", "~"],
)
def test_in_quotes(other: str) -> None:
    assert text(other) == f'"{other}"'


def test_nothing_invisible() -> None:
    assert text("a\u00a0b\u200d") == '"a\\u00a0b\\u200d"'
