"""The command: exit statuses, streams, and words instead of tracebacks."""

import sys
from pathlib import Path

import pytest

from policy import cli, engine
from policy.errors import RollbookError

POLICY = """\
version: 1
district: {id: maple, name: Maple, domains: [maple.example], timezone: UTC}
"""


@pytest.fixture
def policies(tmp_path: Path) -> Path:
    (tmp_path / "district.yaml").write_text(POLICY, encoding="utf-8")
    return tmp_path


@pytest.fixture(autouse=True)
def _settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("ROLLBOOK_STATE", str(tmp_path / "state"))


def run(monkeypatch: pytest.MonkeyPatch, *words: str | Path) -> int:
    monkeypatch.setattr(sys, "argv", ["rollbook", *map(str, words)])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert isinstance(ended.value.code, int)
    return ended.value.code


Out = pytest.CaptureFixture[str]


def test_validate(monkeypatch: pytest.MonkeyPatch, capsys: Out, policies: Path) -> None:
    assert run(monkeypatch, "validate", policies) == 0
    said = capsys.readouterr()
    assert (said.out, said.err) == ("", f"{policies}: the policy of Maple is fine.\n")


def test_a_policy_whose_tests_fail(
    monkeypatch: pytest.MonkeyPatch, capsys: Out, policies: Path
) -> None:
    tests = "tests:\n  - {name: one, given: {section: {}}, expect: {class: none}}\n"
    (policies / "a.test.yaml").write_text(tests, encoding="utf-8")
    assert run(monkeypatch, "validate", policies) == 2
    said = capsys.readouterr()
    assert said.out == ""
    words = " ".join(said.err.split())
    assert words.startswith(f"{policies}/a.test.yaml:2 one class expected no class found a class,")
    assert words.endswith(f"{policies}: the policy of Maple fails 1 of its 1 test; 0 passed.")


def test_a_policy_at_fault(monkeypatch: pytest.MonkeyPatch, capsys: Out, policies: Path) -> None:
    (policies / "district.yaml").write_text(POLICY + "clases: {}\n", encoding="utf-8")
    assert run(monkeypatch, "validate", policies) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert "district.yaml:3:1" in said.err
    assert "classes" in said.err


def test_a_missing_roster(monkeypatch: pytest.MonkeyPatch, capsys: Out, policies: Path) -> None:
    assert run(monkeypatch, "plan", policies) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert str(policies / "roster") in said.err


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        pytest.param(("sync",), "Missing argument 'POLICY'", id="no-policy"),
        pytest.param(("syncc",), "No such command 'syncc'", id="no-command"),
        pytest.param(("sync", "p", "--allow", "students=4"), "no kind of change", id="no-kind"),
        pytest.param(("sync", "p", "--allow", "student.remove=x"), "no count", id="no-count"),
        pytest.param(("plan", "p", "--format", "html"), "'html' is not one of", id="no-format"),
    ],
)
def test_wrong_words(
    monkeypatch: pytest.MonkeyPatch, capsys: Out, words: tuple[str, ...], expected: str
) -> None:
    assert run(monkeypatch, *words) == 2
    assert expected in capsys.readouterr().err


def test_a_misspelled_setting(monkeypatch: pytest.MonkeyPatch, capsys: Out) -> None:
    monkeypatch.setenv("ROLLBOOK_TODDAY", "2026-09-01")
    assert run(monkeypatch, "status") == 2
    assert "did you mean ROLLBOOK_TODAY?" in capsys.readouterr().err


def test_status_of_nothing_makes_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: Out, tmp_path: Path
) -> None:
    assert run(monkeypatch, "status") == 0
    store = tmp_path / "state" / "rollbook.sqlite"
    assert capsys.readouterr().out == f"There is no store at {store} yet: no run so far.\n"
    assert not store.parent.exists()


def test_a_folder_is_no_plan(monkeypatch: pytest.MonkeyPatch, capsys: Out, policies: Path) -> None:
    assert run(monkeypatch, "apply", policies) == 2
    assert f"rollbook sync {policies}" in capsys.readouterr().err


def test_a_text_is_no_plan(monkeypatch: pytest.MonkeyPatch, capsys: Out, tmp_path: Path) -> None:
    (tmp_path / "plan.txt").write_text("Plan 7", encoding="utf-8")
    assert run(monkeypatch, "apply", tmp_path / "plan.txt") == 2
    said = capsys.readouterr().err
    assert "plan.txt: the plan is not JSON" in said
    assert "rollbook plan POLICY --out plan.json" in said


def test_a_port_that_is_none(monkeypatch: pytest.MonkeyPatch, capsys: Out) -> None:
    for command in ("serve", "simulator", "demo"):
        assert run(monkeypatch, command, "--port", "80000") == 2
        assert "80000 is not in the range" in capsys.readouterr().err


def test_what_is_unforeseen_is_said_without_a_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: Out, policies: Path
) -> None:
    def breaks(_folder: Path) -> None:
        raise ZeroDivisionError("by nought")

    monkeypatch.setattr(engine, "validate", breaks)
    assert run(monkeypatch, "validate", policies) == 1
    said = capsys.readouterr().err
    assert said == (
        "rollbook: something unforeseen: ZeroDivisionError: by nought\n  --debug shows where.\n"
    )
    monkeypatch.setattr(sys, "argv", ["rollbook", "--debug", "validate", str(policies)])
    with pytest.raises(ZeroDivisionError):
        cli.main()


def test_each_error_has_words_and_an_exit_status() -> None:
    def all_below(kind: type[RollbookError]) -> list[type[RollbookError]]:
        return [kind, *(k for sub in kind.__subclasses__() for k in all_below(sub))]

    for kind in all_below(RollbookError):
        assert kind.__doc__
        assert kind.exit_status in (1, 2, 3, 4)
