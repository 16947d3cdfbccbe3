"""OneRoster 1.2 as CSV files. Rostering's part of it differs from 1.1 in one thing: what somebody
is stands in roles.csv, once for each school, and no longer in users.csv. Who has which seat is
said by the enrollments alone, as in 1.1, so roles.csv is not opened.

1EdTech, OneRoster 1.2 CSV binding.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from policy.roster.dialect import Dialect
from policy.roster.oneroster_csv import ONEROSTER_11, USERS

_USERS = replace(
    USERS,
    needed=USERS.needed - {"role"},
    unwanted=USERS.unwanted
    | {
        *("userMasterIdentifier", "preferredGivenName", "preferredMiddleName", "pronouns"),
        *("preferredFamilyName", "primaryOrgSourcedId", "resourceSourcedIds"),
    },
)
ONEROSTER_12 = Dialect(
    "OneRoster 1.2",
    tuple(replace(f, table=_USERS) if f.table is USERS else f for f in ONEROSTER_11.feeds),
    other=ONEROSTER_11.other,
)


def is_it(names: Collection[str], headers: Mapping[str, Sequence[str]]) -> bool:
    """Whether its users have no role of their own: that counts, whatever a manifest says."""
    users = headers.get(_USERS.file, ())
    return "roles.csv" in names and "enableduser" in users and "role" not in users
