"""The dialects that are read, and which of them a drop is."""

from collections.abc import Collection, Mapping, Sequence

from policy.roster import clever_csv, oneroster_12, sds_v1, sds_v2
from policy.roster.clever_csv import CLEVER_CSV
from policy.roster.dialect import Dialect
from policy.roster.header import plain
from policy.roster.oneroster_12 import ONEROSTER_12
from policy.roster.oneroster_csv import ONEROSTER_11

_OTHERS = (
    (oneroster_12.is_it, ONEROSTER_12),
    (clever_csv.is_it, CLEVER_CSV),
    *sds_v1.VARIANTS,
    *sds_v2.VARIANTS,
)
_ALL = (ONEROSTER_11, *(dialect for _, dialect in _OTHERS))
FILES = frozenset(table.file.casefold() for dialect in _ALL for table in dialect.tables)


def recognised(names: Collection[str], headers: Mapping[str, Sequence[str]]) -> Dialect:
    """By the files' names and the headers by file. What is none is told what it lacks to be
    OneRoster 1.1, the one that most SISs can export."""
    there = {name.casefold() for name in names}
    plain_headers = {
        file.casefold(): [plain(column) for column in columns] for file, columns in headers.items()
    }
    return next(
        (dialect for is_it, dialect in _OTHERS if is_it(there, plain_headers)), ONEROSTER_11
    )
