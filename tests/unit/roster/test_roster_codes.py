"""Codes and docs/errors.md belong together, and so do the columns and docs/roster.md."""

import re
from pathlib import Path

from policy.roster.codes import Code
from policy.roster.oneroster_csv import TABLES

DOCS = Path(__file__).resolve().parents[3] / "docs"


def test_each_code_has_its_paragraph_and_each_paragraph_its_code() -> None:
    text = (DOCS / "errors.md").read_text(encoding="utf-8")
    section = text.partition("\n## Roster\n")[2].partition("\n## ")[0]
    assert re.findall(r"^### (R\d+)$", section, re.MULTILINE) == [code.value for code in Code]
    for paragraph in re.split(r"^### R\d+$", section, flags=re.MULTILINE)[1:]:
        assert "*Do:*" in paragraph


def test_each_code_is_used() -> None:
    folder = DOCS.parent / "policy"  # freshness, too, refuses a drop
    paths = [path for path in folder.rglob("*.py") if path.name != "roster_advice.py"]
    code = "".join(path.read_text(encoding="utf-8") for path in paths)
    assert [name for name in Code.__members__ if f"Code.{name}" not in code] == []


def test_the_columns_that_are_read_are_told() -> None:
    text = (DOCS / "roster.md").read_text(encoding="utf-8")
    for table in TABLES:
        told = " ".join(f"**{name}**" if name in table.needed else name for name in table.wanted)
        assert f"| `{table.file}` | {told} |" in text
