"""The files that init writes: each parses, its shell is sound, the policy says what was said."""

import json
import re
import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
import yaml

from building import path_of
from policy.beginning.answers import Answers
from policy.beginning.placing import place
from policy.beginning.proposing import Proposal, propose
from policy.beginning.texts import CLAIMED, PLACES, WIDTH, files_for, told
from policy.cli import cli
from policy.roster.load import load_roster
from policy.rules.load import load_policy
from policy.rules.schema import schema
from policy.rules.tidy import tidied

ROOT = Path(__file__).resolve().parents[3]
SPRINGFIELD = ROOT / "policy" / "examples" / "springfield" / "roster"
ODD = Answers(
    name='Sp\u2028ringfield: "the best" # {no: map} @@id@@',
    id="springfield",
    domains=("springfield.example", "students.springfield.example"),
    timezone="America/Chicago",
    roster="../a roster/*.zip",
    roster_here="a roster/*.zip",
)


def proposal() -> Proposal:
    return propose(load_roster(SPRINGFIELD), domains=ODD.domains, day=date(2026, 9, 1))


@pytest.fixture(params=["roster", "no-roster"])
def files(request: pytest.FixtureRequest) -> dict[str, str]:
    seen = proposal() if request.param == "roster" else None
    return files_for(ODD, seen, install="")


def test_all_is_filled_in(files: Mapping[str, str]) -> None:
    assert set(files) == {*PLACES, "policies/policy.schema.json"}
    assert {name.partition("/")[0] for name in files if name.startswith("policies/")} < set(CLAIMED)
    left = {name for name, text in files.items() if "@@" in text.replace("@@id@@", "")}
    assert left == set()
    assert all(text.endswith("\n") and not text.endswith("\n\n") for text in files.values())


def test_the_policy_says_what_was_said(tmp_path: Path, files: Mapping[str, str]) -> None:
    place(tmp_path / "repo", files, lambda _made: None)
    policy = load_policy(tmp_path / "repo" / "policies")
    assert policy.district.domains == ODD.domains
    assert policy.district.name == ODD.name.replace("\u2028", "\N{REPLACEMENT CHARACTER}")
    assert path_of(policy) == str(tmp_path / "repo" / "a roster" / "*.zip")
    assert policy.schools == {}
    first = files["policies/district.yaml"].splitlines()[0]
    assert first == "# yaml-language-server: $schema=./policy.schema.json"


def test_what_is_written_is_the_default(tmp_path: Path, files: Mapping[str, str]) -> None:
    """Save the scope, which is proposed: the file shows what holds, and changes nothing."""
    place(tmp_path / "repo", files, lambda _made: None)
    made = load_policy(tmp_path / "repo" / "policies")
    (tmp_path / "bare").mkdir()
    (tmp_path / "bare" / "district.yaml").write_text(
        "version: 1\ndistrict: {id: a, name: A, domains: [a.example], timezone: UTC}\n",
        encoding="utf-8",
    )
    bare = load_policy(tmp_path / "bare")
    assert made.defaults.classes.scope.exclude
    for part in ("name", "section", "room", "key", "protect", "start_as", "when_incomplete"):
        assert getattr(made.defaults.classes, part) == getattr(bare.defaults.classes, part)
    for kind, limit in bare.defaults.limits.items():
        assert replace(made.defaults.limits[kind], line="") == replace(limit, line=""), kind
    assert made.defaults.students.removal_grace == bare.defaults.students.removal_grace
    assert made.freshness.max_age == bare.freshness.max_age


def test_the_example_of_a_school_is_one(tmp_path: Path, files: Mapping[str, str]) -> None:
    place(tmp_path / "repo", files, lambda _made: None)
    schools = tmp_path / "repo" / "policies" / "schools"
    (schools / "example.yaml.txt").rename(schools / "example.yaml")
    [school] = load_policy(tmp_path / "repo" / "policies").schools
    assert school in ("0041", "0042")  # the roster's largest; an example's


@pytest.mark.parametrize("seen", [None, proposal()], ids=["no-roster", "roster"])
def test_no_line_is_wider_than_a_terminal(seen: Proposal | None) -> None:
    """Save tables, and commands with what was said."""
    files = files_for(replace(ODD, name="Springfield Schools"), seen, install="")
    prose = ("policies/district.yaml", "policies/schools/example.yaml.txt", "README.md")
    wide = [
        line
        for name in prose
        for line in files[name].splitlines()
        if len(line) > WIDTH + 6 and not line.startswith(("    30 4", "    rollbook", "|"))
    ]
    assert wide == []
    assert [line for line in told(proposal(), ODD.domains) if len(line) > WIDTH] == []


@pytest.mark.parametrize("seen", [proposal(), None], ids=["a roster", "no roster"])
def test_the_policy_is_tidy(seen: Proposal | None) -> None:
    """Else the repository's own pre-commit hook would change it at the first commit."""
    for answers in (ODD, replace(ODD, id="springfield", name="Springfield", timezone="UTC")):
        text = files_for(answers, seen, install="")["policies/district.yaml"]
        assert text == tidied("district.yaml", text, school_file=False)


def test_what_a_roster_tells_is_no_persons() -> None:
    roster = load_roster(SPRINGFIELD)
    text = "\n".join(files_for(ODD, proposal(), install="").values())
    words = set(re.findall(r"[\w.@'-]+", text))
    addresses = {person.email for person in roster.people.values() if person.email}
    assert not addresses & words
    families = {person.family_name for person in roster.people.values()}
    schools = " ".join(school.name for school in roster.schools.values()).split()
    assert {name for name in families if name in words} <= {*schools, "Lincoln", "Set", "May"}


def test_every_json_and_yaml_parses(files: Mapping[str, str]) -> None:
    for name, text in files.items():
        if name.endswith(".json"):
            json.loads(text)
        elif name.endswith((".yaml", ".yml")):
            yaml.safe_load(text)
    [reference] = [json.loads(files["policies/school.schema.json"])["$ref"]]
    file, _, pointer = reference.partition("#/$defs/")
    assert (file, pointer in schema()["$defs"]) == ("policy.schema.json", True)  # type: ignore[operator]


def test_commands_in_the_files_exist(files: Mapping[str, str]) -> None:
    for name in ("README.md", ".pre-commit-config.yaml", "policies/district.yaml"):
        named = set(re.findall(r"(?:^ {4}|`|: )rollbook ([a-z]+)", files[name], re.MULTILINE))
        assert named <= set(cli.commands)


def test_our_own_hooks_are_commands() -> None:
    hooks = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    assert [hook["id"] for hook in hooks] == ["rollbook-validate", "rollbook-fmt"]
    for hook in hooks:
        program, command = hook["entry"].split()
        assert program == "rollbook"
        assert command in set(cli.commands)
        assert re.search(hook["files"], "policies/schools/lincoln.yaml")
        assert not re.search(hook["files"], "deployment.yaml")


# -- the checks of GitHub and GitLab -------------------------------------------------------------


def github() -> dict[str, Any]:
    text = files_for(ODD, None, install="")[".github/workflows/rollbook.yml"]
    workflow: dict[str, Any] = yaml.safe_load(text)
    return workflow


def step(name: str) -> str:
    [found] = [s for s in github()["jobs"]["policies"]["steps"] if s.get("name") == name]
    return str(found["run"])


def gitlab(install: str = "") -> list[str]:
    text = files_for(ODD, None, install=install)[".gitlab-ci.yml"]
    lines: list[str] = yaml.safe_load(text)["policies"]["script"]
    return lines


def shell(
    script: str, folder: Path, options: str = "-eo", **environment: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", options, "pipefail", "-c", script],
        cwd=folder,
        env={"PATH": "/usr/local/bin:/usr/bin:/bin", **environment},
        capture_output=True,
        text=True,
        timeout=30,
    )


SNIPPETS = [s["run"] for s in github()["jobs"]["policies"]["steps"] if "run" in s] + gitlab()


@pytest.mark.parametrize("snippet", SNIPPETS)
def test_the_shell_is_sound(snippet: str) -> None:
    checked = subprocess.run(["bash", "-n", "-c", snippet], capture_output=True, text=True)
    assert (checked.returncode, checked.stderr) == (0, "")


def test_github_gives_no_more_than_is_needed() -> None:
    workflow = github()
    assert workflow["permissions"] == {"contents": "read"}
    [job] = workflow["jobs"].values()
    assert job["permissions"] == {"contents": "read", "pull-requests": "write"}
    used = {s["uses"].partition("@")[0] for s in job["steps"] if "uses" in s}
    assert used == {"actions/checkout", "actions/setup-python"}
    assert job["steps"][0]["with"]["persist-credentials"] is False
    holders = [s["name"] for s in job["steps"] if "GH_TOKEN" in s.get("env", {})]
    assert holders == ["Post the plan"]
    assert not [s for s in job["steps"] if "${{" in s.get("run", "")]  # nothing is pasted in
    # A setting that Rollbook doesn't know would stop it; this one is for pip alone.
    names = [name for s in job["steps"] for name in s.get("env", {})]
    assert [name for name in names if name.startswith("ROLLBOOK_")] == []


def test_what_is_not_set_is_said(tmp_path: Path) -> None:
    for script in (step("Install Rollbook"), gitlab()[0]):
        said = shell(script, tmp_path, INSTALL_ROLLBOOK="")
        assert said.returncode == 1
        assert "INSTALL_ROLLBOOK (README.md)" in said.stdout


def test_without_a_roster_there_is_no_plan_and_that_is_said(tmp_path: Path) -> None:
    for script in (step("Plan"), gitlab()[2]):
        said = shell(script, tmp_path, BASE="main", CI_MERGE_REQUEST_IID="7")
        assert said.returncode == 0
        assert "Validated only: without a sample-roster/" in said.stdout
    assert list(tmp_path.iterdir()) == []


def test_what_it_was_made_with_is_installed() -> None:
    install = "rollbook @ git+https://git.example.org/rollbook@0123"
    files = files_for(ODD, None, install=install)
    workflow = yaml.safe_load(files[".github/workflows/rollbook.yml"])
    steps = workflow["jobs"]["policies"]["steps"]
    [environment] = [s["env"] for s in steps if s.get("name") == "Install Rollbook"]
    wanted = f"${{{{ vars.INSTALL_ROLLBOOK || '{install}' }}}}"
    assert environment == {"INSTALL_ROLLBOOK": wanted}
    assert f'"${{INSTALL_ROLLBOOK:-{install}}}"' in gitlab(install)[0]
    assert install in files["README.md"]


@contextmanager
def notes() -> Iterator[tuple[str, list[dict[str, Any]], list[str]]]:
    """A merge request's notes as GitLab keeps them: address, the notes, the tokens that came."""
    kept: list[dict[str, Any]] = [{"id": 4, "body": "What is this?"}]
    tokens: list[str] = []

    class Notes(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.answer(kept)

        def do_POST(self) -> None:
            kept.append({"id": 5, "body": self.sent()})
            self.answer(kept[-1])

        def do_PUT(self) -> None:
            [note] = [n for n in kept if self.path.endswith(f"/notes/{n['id']}")]
            note["body"] = self.sent()
            self.answer(note)

        def sent(self) -> str:
            length = int(self.headers["Content-Length"])
            return parse_qs(self.rfile.read(length).decode())["body"][0]

        def answer(self, value: object) -> None:
            tokens.append(self.headers["PRIVATE-TOKEN"])
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps(value).encode())

        def log_message(self, *_words: object) -> None:
            """Tests are quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Notes) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", kept, tokens
        finally:
            server.shutdown()
            thread.join()


def test_gitlab_posts_once_and_then_changes_its_note(tmp_path: Path) -> None:
    with notes() as (address, kept, tokens):
        for plan in ("# Plan & more\n", "# Another + plan\n"):
            (tmp_path / "plan.md").write_text(plan, encoding="utf-8")
            said = shell(
                gitlab()[3],
                tmp_path,
                MERGE_REQUEST_TOKEN="t0ken",
                CI_API_V4_URL=address,
                CI_PROJECT_ID="1",
                CI_MERGE_REQUEST_IID="7",
            )
            assert (said.returncode, said.stdout, said.stderr) == (0, "", "")
            assert kept[0]["body"] == "What is this?"
            [ours] = kept[1:]
            assert ours["body"] == f"<!-- the plan of rollbook -->\n{plan}"
    assert set(tokens) == {"t0ken"}


def test_gitlab_without_a_token_keeps_the_plan(tmp_path: Path) -> None:
    said = shell(gitlab()[3], tmp_path)
    assert said.returncode == 0
    assert "kept as plan.md" in said.stdout
