"""What nobody asked for is in no Roster and in no message, of School Data Sync's files too."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from policy.errors import RosterAtFault
from policy.roster.dialect import Dialect
from policy.roster.load import load_roster
from policy.roster.sds_v1 import SDS_V1, SDS_V1_UK
from policy.roster.sds_v2 import SDS_V21_COURSES
from unit.roster.small_sds import V1, V1_UK, V21, write
from unit.roster.test_roster_privacy import DAMAGES

SECRET = "S3cr@t"  # a password may look like an e-mail
EXTRA = ("Lunch", "metadata.race", "Religion")
SETS = [
    pytest.param(SDS_V1, V1, id="v1"),
    pytest.param(SDS_V1_UK, V1_UK, id="v1-uk"),
    pytest.param(SDS_V21_COURSES, V21, id="v2.1"),
]


def planted(dialect: Dialect, files: Mapping[str, str], file: str) -> tuple[str, list[list[str]]]:
    """The header of a file, and its rows with a secret in each cell that is not wanted."""
    table = next((t for t in dialect.tables if t.file == file), None)
    wanted = table.wanted if table else ()
    header, *rows = files[file].splitlines()
    columns = [*header.split(","), *EXTRA]
    whole = []
    for row in rows:
        cells = [*row.split(","), *EXTRA]
        whole.append(
            [
                cell if column in wanted else f"{SECRET}-{column}"
                for column, cell in zip(columns, cells, strict=True)
            ]
        )
    return ",".join(columns), whole


def told(drop: Path) -> str:
    try:
        return repr(load_roster(drop))
    except RosterAtFault as fault:
        return str(fault)


@pytest.mark.parametrize(("dialect", "files"), SETS)
@pytest.mark.parametrize("damage", DAMAGES)
def test_secrets_stay_in_the_file(
    tmp_path: Path, dialect: Dialect, files: Mapping[str, str], damage: str
) -> None:
    changes: dict[str, str | bytes | None] = {"demographics.csv": f"userSourcedId\n{SECRET}\n"}
    for file in files:
        header, rows = planted(dialect, files, file)
        damaged = [DAMAGES[damage](row) for row in rows]
        changes[file] = "\n".join([header, *map(",".join, rows), *damaged, ""])
    drop = write(tmp_path / "drop", files, changes)
    assert any(SECRET in path.read_text(encoding="utf-8") for path in drop.iterdir())
    assert SECRET not in told(drop)


@pytest.mark.parametrize(("dialect", "files"), SETS)
def test_secrets_stay_in_the_file_when_it_is_cut(
    tmp_path: Path, dialect: Dialect, files: Mapping[str, str]
) -> None:
    for file in files:
        header, rows = planted(dialect, files, file)
        text = "\n".join([header, *map(",".join, rows), ""])
        for length in range(len(text) - 120, len(text)):
            drop = write(tmp_path / "drop", files, {file: text[:length]})
            assert SECRET not in told(drop)


@pytest.mark.parametrize("empty", [1, 2, 3, 4])
def test_a_password_never_stands_in_for_an_e_mail(tmp_path: Path, empty: int) -> None:
    """A comma in a name shifts the password under the e-mail's column, and empty cells at the
    row's end make it look like a row that is only too long."""
    header, rows = planted(SDS_V1, V1, "Student.csv")
    at = header.split(",").index("First Name")
    rows[1] = [*rows[1][:at], *["Bob"] * empty, *rows[1][at:]]
    rows[1][len(header.split(",")) :] = [""] * empty
    drop = write(tmp_path, V1, {"Student.csv": "\n".join([header, *map(",".join, rows), ""])})
    roster = load_roster(drop)
    assert SECRET not in repr(roster)
    assert "student:2" in roster.doubtful_people
