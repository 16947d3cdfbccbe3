"""Policy folders that load: defaults, merging, places, digest, commit. Mistakes: tests/mistakes."""

import hashlib
import os
import shutil
import subprocess
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from building import path_of
from policy.errors import PolicyAtFault
from policy.rules.load import load_policy, merged
from policy.rules.model import (
    AddedByHand,
    AddStudents,
    Adopt,
    Allowance,
    Classes,
    CoTeachers,
    District,
    Extra,
    FormerOwner,
    Freshness,
    Holder,
    Keep,
    License,
    Limit,
    Matcher,
    Pause,
    Policy,
    RemovedByHand,
    Roles,
    SchoolRules,
    Scope,
    SeatException,
    StartAs,
    Students,
    WhenIncomplete,
)
from policy.rules.sources import FolderSource, SourceRule

SHORTEST = """\
version: 1
district:
  id: springfield
  name: Springfield Public Schools
  domains: [Springfield.Example, students.springfield.example]
  timezone: America/Chicago
"""
BUILT_IN = SchoolRules(
    classes=Classes(
        scope=Scope(schools=None, terms=(), grades=None, subjects=None, exclude=()),
        key="{school_year}.{section.key}",
        name="{section.name}",
        section="{section.period}",
        room="{section.room}",
        protect=frozenset({"name", "section", "room"}),
        when_incomplete=WhenIncomplete.WAIT,
        start_as=StartAs.PROVISIONED,
        owner=None,
        offer_again=None,
        archive_after=None,
        adopt=(),
    ),
    co_teachers=CoTeachers(
        add=True,
        at_most=20,
        former_owner=FormerOwner.KEEP,
        extra=(),
        added_by_hand=AddedByHand.KEEP,
        removed_by_hand=RemovedByHand.KEEP,
    ),
    students=Students(
        AddStudents.AT_ONCE,
        AddedByHand.KEEP,
        RemovedByHand.KEEP,
        removal_grace=timedelta(hours=48),
        exceptions=(),
    ),
    limits={
        "student.remove": Limit(
            district=Allowance(share=0.1),
            school=Allowance(share=0.25),
            class_=Allowance(share=0.5),
            at_least=3,
            line="built-in default",
        ),
        "teacher.remove": Limit(
            district=Allowance(share=0.1),
            school=None,
            class_=Allowance(share=0.5),
            at_least=2,
            line="built-in default",
        ),
        "course.update": Limit(Allowance(share=0.75), None, None, 0, "built-in default"),
        "course.owner": Limit(Allowance(share=0.1), None, None, 3, "built-in default"),
        "course.restore": Limit(Allowance(share=0.1), None, None, 3, "built-in default"),
        "course.archive": Limit(Allowance(share=0.1), None, None, 0, "built-in default"),
        "course.create": Limit(Allowance(count=200), None, None, 0, "built-in default"),
    },
)
EVERYTHING = """\
roster:
  - source: folder
    path: /srv/drops/today.zip
freshness: {max_age: 2d, min_size: 0%}
people: {match: email, license: education_standard}
classes:
  scope:
    schools: ["0042", Lincoln High]
    terms: all
    grades: ["09"]
    subjects: [Math*]
    exclude:
      - {name: "*lunch*", grade: ["09", "10"]}
  key: "{school_year}.{section.code}"
  name: "{course.name} – Period {section.period}"
  section: ""
  room: "{{{section.room}}}"
  protect: []
  when_incomplete: create
  start_as: active
  offer_again: 7d
  owner: Classes@Springfield.Example
  adopt:
    - {alias: "d:clever-*"}
    - {alias: "p:*", name: Algebra*}
  after_term: {archive_after: 90m}
co_teachers:
  add: false
  at_most: 0
  when_primary_changes: remove
  extra:
    - where: {course: [Algebra*, Geometry*]}
      teachers: [Coach@Springfield.Example, aide@springfield.example]
  added_by_hand: remove
  removed_by_hand: restore
students:
  add: at_once
  added_by_hand: remove
  removed_by_hand: restore
  removal_grace: 0h
  exceptions:
    - {person: Pat@Springfield.Example, where: {name: Chorus*}, keep: out}
    - {person: pat@springfield.example, where: {name: Band*, grade: "09"}, keep: in}
limits:
  student.remove: {district: 200, school: 0%, at_least: 0}
  teacher.remove: {school: 99%}
  course.archive: {school: 5, at_least: 1}
  course.create: {district: 0}
pause:
  - {from: 2027-06-10, to: 2027-08-20}
  - {from: "2026-12-24", to: '2026-12-24'}
"""


def write(folder: Path, district: str, **schools: str) -> Path:
    (folder / "schools").mkdir(parents=True, exist_ok=True)
    (folder / "district.yaml").write_text(district, encoding="utf-8")
    for name, text in schools.items():
        (folder / "schools" / f"{name}.yaml").write_text(text, encoding="utf-8")
    return folder


def test_the_shortest_policy_is_the_defaults(tmp_path: Path) -> None:
    folder = write(tmp_path / "policies", SHORTEST)
    at = "policies/district.yaml"
    digest = hashlib.sha256()
    for part in (b"district.yaml", SHORTEST.encode()):
        digest.update(len(part).to_bytes(8, "big") + part)
    files = {"district.yaml": hashlib.sha256(SHORTEST.encode()).hexdigest()}
    assert load_policy(folder) == Policy(
        folder=str(folder),
        district=District(
            id="springfield",
            name="Springfield Public Schools",
            domains=("springfield.example", "students.springfield.example"),
            timezone="America/Chicago",
        ),
        sources=(
            SourceRule(FolderSource(str(folder / "roster")), "built-in default", name="roster"),
        ),
        defaults=BUILT_IN,
        schools={},
        lines={
            "version": f"{at}:1",
            "district": f"{at}:2",
            "district.id": f"{at}:3",
            "district.name": f"{at}:4",
            "district.domains": f"{at}:5",
            "district.domains[0]": f"{at}:5",
            "district.domains[1]": f"{at}:5",
            "district.timezone": f"{at}:6",
        },
        school_lines={},
        digest=digest.hexdigest(),
        commit=None,
        freshness=Freshness(timedelta(hours=36), 0.8, "built-in default"),
        pause=(),
        license=License.EDUCATION_PLUS,
        clean=False,
        files=files,
    )


def test_every_field_is_read(tmp_path: Path) -> None:
    policy = load_policy(write(tmp_path / "policies", SHORTEST + EVERYTHING))
    assert path_of(policy) == "/srv/drops/today.zip"
    assert policy.defaults == SchoolRules(
        classes=Classes(
            scope=Scope(
                schools=("0042", "Lincoln High"),
                terms=None,
                grades=("09",),
                subjects=("Math*",),
                exclude=(Matcher({"name": ("*lunch*",), "grade": ("09", "10")}),),
            ),
            key="{school_year}.{section.code}",
            name="{course.name} – Period {section.period}",
            section="",
            room="{{{section.room}}}",
            protect=frozenset(),
            when_incomplete=WhenIncomplete.CREATE,
            start_as=StartAs.ACTIVE,
            owner="Classes@Springfield.Example",
            offer_again=timedelta(days=7),
            archive_after=timedelta(minutes=90),
            adopt=(
                Adopt("d:clever-*", None, "policies/district.yaml:30"),
                Adopt("p:*", "Algebra*", "policies/district.yaml:31"),
            ),
        ),
        co_teachers=CoTeachers(
            add=False,
            at_most=0,
            former_owner=FormerOwner.REMOVE,
            extra=(
                Extra(
                    Matcher({"course": ("Algebra*", "Geometry*")}),
                    ("coach@springfield.example", "aide@springfield.example"),
                    "policies/district.yaml:38",
                ),
            ),
            added_by_hand=AddedByHand.REMOVE,
            removed_by_hand=RemovedByHand.RESTORE,
        ),
        students=Students(
            AddStudents.AT_ONCE,
            AddedByHand.REMOVE,
            RemovedByHand.RESTORE,
            removal_grace=timedelta(0),
            exceptions=(
                SeatException(
                    "pat@springfield.example",
                    Matcher({"name": ("Chorus*",)}),
                    Keep.OUT,
                    "policies/district.yaml:48",
                ),
                SeatException(
                    "pat@springfield.example",
                    Matcher({"name": ("Band*",), "grade": ("09",)}),
                    Keep.IN,
                    "policies/district.yaml:49",
                ),
            ),
        ),
        limits={
            "student.remove": Limit(
                district=Allowance(count=200),
                school=Allowance(share=0.0),
                class_=Allowance(share=0.5),
                at_least=0,
                line="policies/district.yaml:51",
            ),
            "teacher.remove": Limit(
                district=Allowance(share=0.1),
                school=Allowance(share=0.99),
                class_=Allowance(share=0.5),
                at_least=2,
                line="policies/district.yaml:52",
            ),
            "course.update": BUILT_IN.limits["course.update"],
            "course.owner": Limit(Allowance(share=0.1), None, None, 3, "built-in default"),
            "course.restore": Limit(Allowance(share=0.1), None, None, 3, "built-in default"),
            "course.archive": Limit(
                Allowance(share=0.1), Allowance(count=5), None, 1, "policies/district.yaml:53"
            ),
            "course.create": Limit(Allowance(count=0), None, None, 0, "policies/district.yaml:54"),
        },
    )
    assert policy.license is License.EDUCATION_STANDARD
    assert policy.freshness == Freshness(timedelta(days=2), 0.0, "policies/district.yaml:10")
    assert policy.pause == (
        Pause(date(2027, 6, 10), date(2027, 8, 20), "policies/district.yaml:56"),
        Pause(date(2026, 12, 24), date(2026, 12, 24), "policies/district.yaml:57"),
    )


def test_matchers_lead_times_and_roles_are_read(tmp_path: Path) -> None:
    text = """\
classes:
  scope:
    terms: {current_or_starts_within: 14d}
    exclude:
      - {course: Algebra*, not: {grade: ["09"], school: Lincoln}}
roles:
  admin: [group:Admins@springfield.example, IT@springfield.example]
"""
    lincoln = 'schools: ["0042"]\nclasses: {scope: {terms: current}}\n'
    policy = load_policy(write(tmp_path / "policies", SHORTEST + text, lincoln=lincoln))
    scope = policy.defaults.classes.scope
    assert (scope.terms, scope.lead) == ((), timedelta(days=14))
    unless = Matcher({"grade": ("09",), "school": ("Lincoln",)})
    assert scope.exclude == (Matcher({"course": ("Algebra*",)}, unless),)
    assert policy.schools["0042"].classes.scope == replace(scope, lead=timedelta(0))
    assert policy.roles == Roles(
        admin=(
            Holder("admins@springfield.example", is_group=True),
            Holder("it@springfield.example", is_group=False),
        )
    )


def test_a_school_changes_what_it_writes_and_nothing_else(tmp_path: Path) -> None:
    district = SHORTEST + "classes:\n  room: Room {section.room}\n  protect: [name, room]\n"
    lincoln = (
        'schools: ["0042", Lincoln North]\n'
        "classes: {name: '{course.name}', protect: [section]}\n"
        "limits:\n"
        "  student.remove: {class: 5}\n"
    )
    policy = load_policy(write(tmp_path / "policies", district, lincoln=lincoln))
    under = policy.defaults
    assert under == replace(
        BUILT_IN,
        classes=replace(
            BUILT_IN.classes, room="Room {section.room}", protect=frozenset({"name", "room"})
        ),
    )
    expected = replace(
        under,
        classes=replace(under.classes, name="{course.name}", protect=frozenset({"section"})),
        limits={
            **under.limits,
            "student.remove": replace(
                under.limits["student.remove"],
                class_=Allowance(count=5),
                line="policies/schools/lincoln.yaml:4",
            ),
        },
    )
    assert policy.schools == {"0042": expected, "Lincoln North": expected}
    assert policy.rules_of("0042", "Lincoln High") == expected
    assert policy.rules_of("0099", "Lincoln North") == expected
    assert policy.rules_of("0099", "Jefferson High") == under


def test_lines_say_where_a_value_comes_from(tmp_path: Path) -> None:
    district = SHORTEST + "classes:\n  name: '{course.name}'\n  room: ''\n"
    lincoln = 'schools: ["0042"]\nclasses:\n  name: "{section.name}"\n'
    policy = load_policy(write(tmp_path / "policies", district, lincoln=lincoln))
    assert policy.line_of("classes.name") == "policies/district.yaml:8"
    assert policy.line_of("classes.name", "0042", "Lincoln") == "policies/schools/lincoln.yaml:3"
    assert policy.line_of("classes.room", "0042", "Lincoln") == "policies/district.yaml:9"
    assert policy.line_of("classes.section", "0042", "Lincoln") == "built-in default"


def test_the_folders_way_is_not_in_the_lines(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(write(tmp_path / "policies", SHORTEST))
    assert load_policy(Path()).line_of("version") == "policies/district.yaml:1"
    assert path_of(load_policy(Path())) == str(tmp_path / "policies" / "roster")


@pytest.mark.parametrize(
    ("path", "expected"),
    [("./roster", "policies/roster"), ("../drop", "drop"), ("a b/c.zip", "policies/a b/c.zip")],
)
def test_a_rosters_path_is_seen_from_the_policys_folder(
    path: str, expected: str, tmp_path: Path
) -> None:
    district = f"{SHORTEST}roster: [{{source: folder, path: {path}}}]\n"
    policy = load_policy(write(tmp_path / "policies", district))
    assert path_of(policy) == str(tmp_path / expected)


def test_a_source_without_a_path_is_the_default_one(tmp_path: Path) -> None:
    policy = load_policy(write(tmp_path / "policies", SHORTEST + "roster: [{source: folder}]\n"))
    assert path_of(policy) == str(tmp_path / "policies" / "roster")


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"], ids=["plain", "byte order mark"])
@pytest.mark.parametrize("ending", [b"\n", b"\r\n"], ids=["unix", "windows"])
def test_how_an_editor_saves_it_does_not_matter(mark: bytes, ending: bytes, tmp_path: Path) -> None:
    folder = write(tmp_path / "policies", "")
    (folder / "district.yaml").write_bytes(mark + SHORTEST.encode().replace(b"\n", ending))
    policy = load_policy(folder)
    assert (policy.district.name, policy.line_of("district.timezone")) == (
        "Springfield Public Schools",
        "policies/district.yaml:6",
    )


def test_what_is_not_policy_is_left_alone(tmp_path: Path) -> None:
    folder = write(tmp_path / "policies", SHORTEST)
    for name in ("README.md", ".hidden.yaml", "schools/notes.txt", "schools/.lincoln.yaml.swp"):
        (folder / name).write_text("}{", encoding="utf-8")
    (folder / "roster").mkdir()
    (folder / "roster" / "manifest.yaml").write_text("}{", encoding="utf-8")
    assert load_policy(folder).schools == {}


@pytest.mark.parametrize(
    ("under", "over", "result"),
    [
        ({"a": 1}, None, {"a": 1}),
        ({"a": 1}, {"a": 2, "b": 3}, {"a": 2, "b": 3}),
        ({"a": {"x": 1, "y": 2}}, {"a": {"y": 3}}, {"a": {"x": 1, "y": 3}}),
        ({"a": {"x": {"p": 1, "q": 1}}}, {"a": {"x": {"q": 2}}}, {"a": {"x": {"p": 1, "q": 2}}}),
        ({"a": [1, 2]}, {"a": [3]}, {"a": [3]}),
        ({"a": "all"}, {"a": ["x"]}, {"a": ["x"]}),
        ({"a": {"x": 1}}, {"a": "all"}, {"a": "all"}),
    ],
)
def test_maps_merge_and_lists_replace(
    under: dict[str, object], over: dict[str, object] | None, result: dict[str, object]
) -> None:
    assert merged(under, over) == result  # type: ignore[arg-type]


class TestDigest:
    def test_the_same_files_have_the_same_digest_anywhere(self, tmp_path: Path) -> None:
        one = write(tmp_path / "one", SHORTEST, lincoln='schools: ["0042"]\n')
        two = write(tmp_path / "two", SHORTEST, lincoln='schools: ["0042"]\n')
        assert load_policy(one).digest == load_policy(two).digest

    @pytest.mark.parametrize(
        ("district", "schools"),
        [
            pytest.param(
                SHORTEST + "# a comment\n", {"lincoln": 'schools: ["0042"]\n'}, id="a byte"
            ),
            pytest.param(SHORTEST, {"north": 'schools: ["0042"]\n'}, id="a name"),
            pytest.param(SHORTEST, {}, id="a file less"),
        ],
    )
    def test_any_change_changes_it(
        self, district: str, schools: dict[str, str], tmp_path: Path
    ) -> None:
        one = write(tmp_path / "one", SHORTEST, lincoln='schools: ["0042"]\n')
        two = write(tmp_path / "two", district, **schools)
        assert load_policy(one).digest != load_policy(two).digest


def git(folder: Path, *arguments: str) -> str:
    environment = {
        **{k: v for k, v in os.environ.items() if not k.startswith("GIT_")},
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_SYSTEM": os.devnull,
    }
    me = ["-c", "user.name=A Clerk", "-c", "user.email=clerk@springfield.example"]
    command = ["git", "-C", str(folder), *me, *arguments]
    done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    return done.stdout.strip()


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
class TestCommit:
    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        """A policy folder beside other things in a repository, committed."""
        folder = write(tmp_path / "repository/policies", SHORTEST, lincoln='schools: ["0042"]\n')
        git(tmp_path / "repository", "init", "--quiet")
        git(folder, "add", ".")
        git(folder, "commit", "--quiet", "--message", "A policy")
        return folder

    def stands(self, folder: Path, *, clean: bool) -> bool:
        """Is it at HEAD, and clean or not?"""
        found = load_policy(folder)
        return (found.commit, found.clean) == (git(folder, "rev-parse", "HEAD"), clean)

    def test_a_clean_folder_has_its_commit(self, folder: Path) -> None:
        assert self.stands(folder, clean=True)

    def test_other_changes_in_the_repository_do_not_matter(self, folder: Path) -> None:
        (folder.parent / "notes.txt").write_text("new", encoding="utf-8")
        (folder / "README.md").write_text("new", encoding="utf-8")
        (folder / "roster").mkdir()
        (folder / "roster" / "users.csv").write_text("new", encoding="utf-8")
        assert self.stands(folder, clean=True)

    def test_a_changed_file_is_not_clean(self, folder: Path) -> None:
        write(folder, SHORTEST + "# changed\n")
        assert self.stands(folder, clean=False)

    def test_a_staged_change_is_not_clean(self, folder: Path) -> None:
        write(folder, SHORTEST + "# changed\n")
        git(folder, "add", ".")
        assert self.stands(folder, clean=False)

    def test_a_changed_file_of_identities_is_not_clean(self, folder: Path) -> None:
        write(folder, SHORTEST + "people: {identities: ./who.csv}\n")
        (folder / "who.csv").write_text("sis_key,email\n", encoding="utf-8")
        git(folder, "add", ".")
        git(folder, "commit", "--quiet", "--message", "Identities")
        assert self.stands(folder, clean=True)
        (folder / "who.csv").write_text("sis_key,email\n\n", encoding="utf-8")
        assert self.stands(folder, clean=False)

    def test_a_new_file_is_not_clean(self, folder: Path) -> None:
        write(folder, SHORTEST, north='schools: ["0043"]\n')
        assert self.stands(folder, clean=False)

    def test_a_file_that_git_ignores_is_not_clean(self, folder: Path) -> None:
        (folder.parent / ".gitignore").write_text("north.yaml\n", encoding="utf-8")
        write(folder, SHORTEST, north='schools: ["0043"]\n')
        assert self.stands(folder, clean=False)

    def test_a_removed_file_is_not_clean(self, folder: Path) -> None:
        (folder / "schools" / "lincoln.yaml").unlink()
        assert self.stands(folder, clean=False)

    def test_a_folder_that_git_ignores_is_not_clean(self, folder: Path) -> None:
        (folder.parent / ".gitignore").write_text("/copy\n", encoding="utf-8")
        copy = write(folder.parent / "copy", SHORTEST)
        assert self.stands(copy, clean=False)

    def test_a_repository_without_a_commit_has_none(self, tmp_path: Path) -> None:
        folder = write(tmp_path / "policies", SHORTEST)
        git(folder, "init", "--quiet")
        assert load_policy(folder).commit is None

    def test_a_hooks_environment_is_not_followed(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("GIT_DIR", "/nowhere")
        assert self.stands(folder, clean=True)

    def test_git_is_not_written_to(self, folder: Path) -> None:
        index = folder.parent / ".git" / "index"
        before = index.read_bytes()
        os.utime(folder / "district.yaml", (1, 1))  # makes git wish to refresh its index
        assert self.stands(folder, clean=True)
        assert index.read_bytes() == before


def test_no_git_is_fine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert load_policy(write(tmp_path / "policies", SHORTEST)).commit is None


class TestFoldersThatCannotBeRead:
    def words(self, folder: Path) -> str:
        with pytest.raises(PolicyAtFault) as raised:
            load_policy(folder)
        assert raised.value.exit_status == 2
        assert raised.value.problems[-1] == "Nothing was planned."
        return raised.value.problems[0]

    def test_no_such_folder(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)
        assert self.words(Path("polices")) == (
            "polices  there is no such folder; expected the folder that holds district.yaml\n"
            "   P101, docs/errors.md#P101"
        )

    def test_a_file_in_place_of_the_folder(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        write(tmp_path / "policies", SHORTEST)
        assert self.words(Path("policies/district.yaml")) == (
            "policies/district.yaml  is a file; expected the folder that holds district.yaml\n"
            "   write:  policies                                 P101, docs/errors.md#P101"
        )

    def test_a_folder_in_place_of_a_file(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        (tmp_path / "policies" / "district.yaml").mkdir(parents=True)
        assert self.words(Path("policies")) == (
            "policies/district.yaml  can't be read: is a directory\n   P101, docs/errors.md#P101"
        )

    def test_a_link_that_leads_nowhere(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        folder = write(tmp_path / "policies", SHORTEST)
        (folder / "schools" / "lincoln.yaml").symlink_to("nowhere.yaml")
        assert self.words(Path("policies")) == (
            "policies/schools/lincoln.yaml  can't be read: no such file or directory\n"
            "   P101, docs/errors.md#P101"
        )

    @pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
    def test_a_file_without_permission(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        (write(tmp_path / "policies", SHORTEST) / "district.yaml").chmod(0)
        assert self.words(Path("policies")) == (
            "policies/district.yaml  can't be read: permission denied\n   P101, docs/errors.md#P101"
        )


EXAMPLES = sorted((Path(__file__).resolve().parents[3] / "policy/examples").glob("*/district.yaml"))


@pytest.mark.parametrize("district", EXAMPLES, ids=lambda path: path.parent.name)
def test_every_example_loads(district: Path) -> None:
    policy = load_policy(district.parent)
    files = list((district.parent / "schools").glob("*.yaml"))
    assert bool(policy.schools) == bool(files)


def test_there_is_an_example() -> None:
    assert EXAMPLES
