"""A comparison of two policies as text for a terminal, 80 columns."""

from collections.abc import Iterator

from policy.merge.comparison import Compared, Shown, Tally
from policy.render.comparison_words import (
    COMPARED,
    UNDER_PSEUDONYMS,
    accounts_words,
    cause_words,
    columns,
    kind_words,
    only_school,
    place_words,
    rule_place,
    rule_words,
    schools_words,
    short,
    shown_parts,
    warning,
)
from policy.render.words import counted, rows_words, wrapped

LISTED = 20
CAUSES = 5


def print_comparison(compared: Compared, tally: Tally) -> str:
    """The comparison as text, ending in a line end."""
    blocks = [
        _head(compared),
        _warning(tally),
        _counts(compared, tally),
        _schools(tally),
        _rules(compared),
        _samples(compared, tally),
        _foot(compared),
    ]
    return "\n\n".join("\n".join(block) for block in map(list, blocks) if block) + "\n"


def _head(compared: Compared) -> Iterator[str]:
    yield from wrapped(f"{short(compared.district_name)}: what the change of policy does", 2)
    at_ref = f"{compared.ref} (git {compared.commit[:12]}), {compared.digest_at_ref[:12]}"
    yield from wrapped(f"  policy    {compared.folder}, {compared.digest[:12]}", 12)
    yield from wrapped(f"  against   {at_ref}", 12)
    rows = rows_words(compared.rows)
    yield from wrapped(f"  drop      {compared.drop}: {rows}", 12)
    yield from wrapped(f"  accounts  {accounts_words(compared)}", 12)


def _warning(tally: Tally) -> Iterator[str]:
    if words := warning(tally):
        yield from wrapped(f"WARNING: {words}", 2)


def _counts(compared: Compared, tally: Tally) -> Iterator[str]:
    counts = tally.counts()
    if not counts:
        looked = counted(compared.sections, "section", "sections")
        yield f"Nothing changes: {looked} looked at."
        return
    yield "What changes, and by which field of the policy"
    for kind, count in counts.items():
        yield f"  {count:>9,}  {kind_words(kind, count)}"
        causes = tally.causes_of(kind)
        for cause, number in causes[:CAUSES]:
            of_them = f"{number:,} by " if len(causes) > 1 else "by "
            yield from wrapped(f"{'':13}{of_them}{cause_words(cause, compared.ref)}", 15)
        if len(causes) > CAUSES:
            yield f"{'':13}and {counted(len(causes) - CAUSES, 'more', 'more')}"


def _schools(tally: Tally) -> Iterator[str]:
    schools, titles = tally.by_school(), columns(tally)
    if not schools:
        return
    width = min(10, 56 // len(titles))
    yield f"{'By school':<24}" + "".join(f"{title[: width - 1]:>{width}}" for title, _ in titles)
    for name, counts in schools[:LISTED]:
        sums = (sum(counts.get(kind, 0) for kind in kinds) for _, kinds in titles)
        cells = "".join(f" {number:>{width - 1}}" for number in sums)
        yield f"  {_cut(name, 22):<22}{cells}"
    if len(schools) > LISTED:
        yield f"  and {counted(len(schools) - LISTED, 'more school', 'more schools')}"


def _rules(compared: Compared) -> Iterator[str]:
    if not compared.rules:
        return
    yield "Rules that say something else"
    for change in compared.rules[:LISTED]:
        before, word, after = rule_words(change)
        where = schools_words(change, compared) or short(only_school(change))
        yield from wrapped(f"  {change.field}, {where}: {short(before)} {word} {short(after)}", 4)
        yield from wrapped(f"    {rule_place(change, compared)}", 6)
    if len(compared.rules) > LISTED:
        yield f"  and {len(compared.rules) - LISTED:,} more (all of them: --format json)"


def _samples(compared: Compared, tally: Tally) -> Iterator[str]:
    counts = tally.counts()
    if not counts:
        return
    yield "Samples (all of them: --format json)"
    for kind, count in counts.items():
        yield f"  {kind_words(kind, 1 if count == 1 else 2)}"
        for sample in tally.samples[kind]:
            yield from wrapped(f"    {_sample(sample)}", 6)
            by = cause_words(sample.cause, compared.ref)
            yield from wrapped(f"      {short(place_words(sample))}; {by}", 8)


def _sample(sample: Shown) -> str:
    parts = shown_parts(sample)
    pairs = zip(parts[::2], parts[1::2], strict=True)
    return " ".join(
        f"{word} “{short(text)}”" if word else f"“{short(text)}”" for word, text in pairs
    )


def _foot(compared: Compared) -> Iterator[str]:
    yield from wrapped(COMPARED.replace("`", ""), 0)
    if not compared.with_names:
        yield from wrapped(UNDER_PSEUDONYMS, 0)


def _cut(text: str, width: int) -> str:
    flat = short(text)
    return flat if len(flat) <= width else f"{flat[: width - 1]}…"
