"""The command's start: what it says, and the key that it writes."""

import json
import shlex
from pathlib import Path

import pytest

from policy.rehearsal import Stage, open_stage


@pytest.mark.parametrize(
    ("host", "root"),
    [
        ("127.0.0.1", "http://127.0.0.1:9000"),
        ("0.0.0.0", "http://127.0.0.1:9000"),
        ("::", "http://[::1]:9000"),
        ("sim.school.example", "http://sim.school.example:9000"),
    ],
)
@pytest.mark.parametrize("named", [True, False], ids=["key", "no key"])
def test_the_settings_to_export(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, host: str, root: str, named: bool
) -> None:
    served: list[tuple[str, int]] = []
    monkeypatch.setattr(
        "policy.rehearsal.serve_forever", lambda _, *, host, port: served.append((host, port))
    )
    key, said = tmp_path / "my key.json", list[str]()
    stage = Stage("school.example")
    open_stage(stage, host=host, port=9000, key=key if named else None, say=said.append)
    expected = {"ROLLBOOK_GOOGLE_ROOT": root, "ROLLBOOK_GOOGLE_ADMIN": "admin@school.example"}
    if named:
        expected["ROLLBOOK_GOOGLE_CREDENTIALS"] = str(key)
        assert json.loads(key.read_text())["token_uri"] == f"{root}/token"
    word, *pairs = shlex.split(said[-1])
    assert (word, dict(pair.split("=", 1) for pair in pairs)) == ("export", expected)
    assert served == [(host, 9000)]
