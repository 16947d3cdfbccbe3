"""A comparison of two policies as JSON, all of it: in pieces, since there may be millions."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from policy.merge.comparison import Compared, Shown, Tally
from policy.merge.effective import Line, RuleChange
from policy.merge.versus import Cause

Json = dict[str, Any]


def comparison_json(
    compared: Compared, differences: Iterable[Shown], tally: Tally
) -> Iterator[str]:
    """The pieces of one JSON text, which ends in a line end. The tally is read after the last
    difference: it counts them while they go by."""
    head = _text(_compared(compared))
    yield f'{head[:-1]}, "changes": ['
    comma = "\n"
    for difference in differences:
        yield f"{comma}{_text(_shown(difference))}"
        comma = ",\n"
    tail = _text(_tally(tally))
    yield f"\n], {tail[1:]}\n"


def _text(value: Json) -> str:
    return json.dumps(value, ensure_ascii=False)


def _compared(compared: Compared) -> Json:
    return {
        "district": compared.district,
        "district_name": compared.district_name,
        "policy": {"folder": compared.folder, "digest": compared.digest},
        "against": {
            "ref": compared.ref,
            "commit": compared.commit,
            "digest": compared.digest_at_ref,
        },
        "roster": {"source": compared.drop, "counts": dict(compared.rows)},
        "accounts": {"remembered": compared.remembered, "assumed": compared.assumed},
        "sections": compared.sections,
        "names": compared.with_names,
        "rules": [_rule(change) for change in compared.rules],
    }


def _line(line: Line) -> Json:
    return {"line": line.text, "of": "ref" if line.is_old else "policy"}


def _cause(cause: Cause) -> Json:
    return {"field": cause.field, **(_line(cause.line) if cause.line else {})}


def _rule(change: RuleChange) -> Json:
    return {
        "field": change.field,
        "from": change.before,
        "to": change.after,
        "line_before": change.line_before.text,
        "line_after": change.line_after.text,
        "schools": list(change.schools),
    }


def _shown(shown: Shown) -> Json:
    texts = {
        "from": shown.before,
        "to": shown.after,
        "person": shown.person,
        "former": shown.former,
    }
    return {
        "kind": shown.kind.value,
        "section": shown.section,
        "title": shown.title,
        "school": {"key": shown.school_key, "name": shown.school},
        **{key: text for key, text in texts.items() if text},
        "cause": _cause(shown.cause),
    }


def _tally(tally: Tally) -> Json:
    return {
        "summary": {kind.value: count for kind, count in tally.counts().items()},
        "causes": [
            {"kind": kind.value, "count": count, **_cause(cause)}
            for kind in tally.counts()
            for cause, count in tally.causes_of(kind)
        ],
        "schools": [
            {
                "key": key,
                "name": tally.names[key],
                "summary": {kind.value: count for kind, count in counts.items()},
            }
            for key, counts in tally.schools.items()
        ],
    }
