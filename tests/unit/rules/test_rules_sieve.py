"""The sieve never loses a matcher: what matches one by one is always among its candidates."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from policy.rules.model import Matcher
from policy.rules.scope import is_like
from policy.rules.sieve import Globs, sieve_of

texts = st.text("aBß*?[]!- ", max_size=6)


@given(texts, texts)
@example("[]", "[]")
@example("a]b", "a[]]b")
@example("ss*", "ß*")
def test_what_a_glob_matches_may_match(text: str, glob: str) -> None:
    if is_like(text, glob):
        assert Globs([glob]).may_match([text])


@given(texts.flatmap(lambda text: st.tuples(st.just(text), st.permutations(list(text)))))
def test_what_is_made_from_a_text_may_match(both: tuple[str, list[str]]) -> None:
    text, marks = both
    for glob in (text, f"{text[:3]}*", f"*{text[2:]}", f"*{text[1:3]}*", "".join(marks)):
        if is_like(text, glob):
            assert Globs(["other", glob]).may_match(["nothing", text])


@pytest.mark.parametrize("glob", ["*lunch*", "lunch*", "*lunch", "lunch", "*l?nch*x*"])
def test_what_is_unlike_is_sorted_out(glob: str) -> None:
    assert not Globs([glob]).may_match(["Algebra", "Study hall"])


def test_the_candidates() -> None:
    matchers = (
        Matcher({"name": ("*lunch*",)}),
        Matcher({"name": ("*lunch*",), "subject": ("Advisory",)}),
        Matcher({"grade": ("9",)}),
        Matcher({"subject": ("Math*",), "grade": ("9",)}),
    )
    sieve = sieve_of(matchers, skip=frozenset({"grade"}))
    assert sieve_of(matchers, skip=frozenset({"grade"})) is sieve

    def candidates(name: str, subject: str) -> list[int]:
        texts_of = {"name": lambda _: (name,), "subject": lambda _: (subject,)}
        return list(sieve.candidates(texts_of, None))

    assert candidates("Early LUNCH", "Advisory") == [0, 1, 2, 3]  # the last one only may
    assert candidates("Early LUNCH", "Art") == [0, 2]
    assert candidates("Algebra", "Mathematics") == [2, 3]
    assert candidates("Algebra", "Art") == [2]
