"""A comparison of two policies as Markdown that fits into a pull request's comment: whatever a
roster or a policy holds, it stays text, and however large the district, it stays short.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from policy.merge.comparison import Compared, Shown, Tally
from policy.merge.versus import Cause
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
from policy.render.words import counted, rows_words

LONGEST = 60_000  # characters; GitHub takes 65,536 in a comment
LISTED = 40
CAUSES = 5
_ROOM = 500  # for the words that say what was left out
LEFT_OUT = "\n_The rest is left out: a comment may not be longer. `--format json` has it all._\n"


@dataclass(frozen=True, slots=True)
class _Block:
    """A heading (always shown), lines, and what closes it. Lines go where there is no room."""

    opening: Sequence[str]
    lines: Sequence[str]
    closing: Sequence[str] = ()


def print_comparison_markdown(compared: Compared, tally: Tally) -> str:
    """The comparison as Markdown, shorter than LONGEST characters, ending in a line end."""
    blocks = [
        _head(compared),
        _warning(tally),
        _counts(compared, tally),
        _schools(tally),
        _rules(compared),
        *_samples(compared, tally),
        _foot(compared),
    ]
    return _fitted([block for block in blocks if block is not None])


def _fitted(blocks: Sequence[_Block]) -> str:
    """As much as there is room for: no table or fold stays open."""
    text, is_whole = "", True
    for block in blocks:
        opening, closing = (
            "".join(f"{ln}\n" for ln in ls) for ls in (block.opening, block.closing)
        )
        room = LONGEST - _ROOM - len(text) - len(opening) - len(closing)
        if room < 0:
            is_whole = False
            break
        lines = ""
        for line in block.lines:
            if len(lines) + len(line) + 1 > room:
                is_whole = False
                break
            lines += f"{line}\n"
        text += f"{opening}{lines}{closing}\n"
    return text.rstrip("\n") + "\n" + ("" if is_whole else LEFT_OUT)


def code(text: str, *, in_table: bool = False) -> str:
    """A text as code: within it, no Markdown, HTML, link, mention or reference is taken for one."""
    flat = short(text) or " "
    runs = [len(run) for run in re.findall("`+", flat)]
    fence = "`" * next(n for n in range(1, len(runs) + 2) if n not in runs)
    pad = " " if flat[0] in "` " or flat[-1] in "` " else ""
    if in_table:
        flat = flat.replace("\\|", "\\ |").replace("|", "\\|")  # the cell ends at others
    return f"{fence}{pad}{flat}{pad}{fence}"


def _head(compared: Compared) -> _Block:
    rows = rows_words(compared.rows)
    return _Block(
        [f"### {code(compared.district_name)}: what the change of policy does", ""],
        [
            f"{code(compared.folder)} (`{compared.digest[:12]}`) against {code(compared.ref)} "
            f"(git `{compared.commit[:12]}`), on the drop {code(compared.drop)}: {rows}. "
            f"Accounts: {accounts_words(compared)}."
        ],
    )


def _warning(tally: Tally) -> _Block | None:
    words = warning(tally)
    return _Block(["> [!WARNING]", f"> {words}"], []) if words else None


def _counts(compared: Compared, tally: Tally) -> _Block:
    counts = tally.counts()
    if not counts:
        looked = counted(compared.sections, "section", "sections")
        return _Block([f"**Nothing changes:** {looked} looked at."], [])
    lines = []
    for kind, count in counts.items():
        causes = tally.causes_of(kind)
        by = [
            (f"{number:,} by " if len(causes) > 1 else "") + _by(cause, compared, in_table=True)
            for cause, number in causes[:CAUSES]
        ]
        by += [f"and {len(causes) - CAUSES:,} more"] if len(causes) > CAUSES else []
        lines.append(f"| {count:,} | {kind_words(kind, count)} | {'<br>'.join(by)} |")
    return _Block(["| | what changes | by |", "| ---: | --- | --- |"], lines)


def _schools(tally: Tally) -> _Block | None:
    schools, titles = tally.by_school(), columns(tally)
    if not schools:
        return None
    lines = []
    for name, counts in schools[:LISTED]:
        cells = (f"{sum(counts.get(k, 0) for k in kinds):,}" for _, kinds in titles)
        lines.append(f"| {code(name, in_table=True)} | {' | '.join(cells)} |")
    closing = []
    if len(schools) > LISTED:
        closing = ["", f"and {counted(len(schools) - LISTED, 'more school', 'more schools')}"]
    head = f"| school | {' | '.join(title for title, _ in titles)} |"
    return _Block([head, "| --- |" + " ---: |" * len(titles)], lines, closing)


def _rules(compared: Compared) -> _Block | None:
    if not compared.rules:
        return None
    lines = []
    for change in compared.rules[:LISTED]:
        before, word, after = rule_words(change)
        said = f"{code(before)} {word} {code(after)}"
        where = schools_words(change, compared) or code(only_school(change))
        lines.append(
            f"- {code(change.field)}, {where}: {said} ({code(rule_place(change, compared))})"
        )
    if len(compared.rules) > LISTED:
        lines.append(f"- and {len(compared.rules) - LISTED:,} more")
    return _Block(["#### Rules that say something else", ""], lines)


def _samples(compared: Compared, tally: Tally) -> Iterator[_Block]:
    """One fold for each kind."""
    for kind, count in tally.counts().items():
        samples = tally.samples[kind]
        of_them = "" if len(samples) == count else f", {len(samples)} of them"
        summary = f"{count:,} {kind_words(kind, count)}{of_them}"
        yield _Block(
            [f"<details><summary>{summary}</summary>", ""],
            [_sample(sample, compared) for sample in samples],
            ["", "</details>"],
        )


def _sample(sample: Shown, compared: Compared) -> str:
    parts = shown_parts(sample)
    pairs = zip(parts[::2], parts[1::2], strict=True)
    said = " ".join(f"{word} {code(text)}" if word else code(text) for word, text in pairs)
    return f"- {said} ({code(place_words(sample))}; {_by(sample.cause, compared)})"


def _by(cause: Cause, compared: Compared, *, in_table: bool = False) -> str:
    words = cause_words(cause, compared.ref)
    return words if cause.line is None else code(words, in_table=in_table)


def _foot(compared: Compared) -> _Block:
    names = "" if compared.with_names else f" {UNDER_PSEUDONYMS}"
    return _Block([f"<sub>{COMPARED}{names}</sub>"], [])
