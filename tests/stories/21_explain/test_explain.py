"""Somebody calls: why is this child in the class, why not, who took them out, who did that?"""

import json
import re

from telling import Story, address

HEAD = """\
S3 Maple (s3@maple.example), Google's user NUMBER
As of run RUN, TIME UTC.
  roster    users.csv:6 is S3 Maple, s3@maple.example, key s3 (drop roster,
            DIGEST)
  account   s3@maple.example is Google's user NUMBER

"""
IN_ALGEBRA = """\
“Algebra”, section algebra: they are its student.
  roster    enrollments.csv:6 lists them in section algebra as student
  policy    section algebra is in scope: classes.scope.terms: current
            (policies/district.yaml:12)
  write     student.add, done TIME UTC (run RUN,
            plan RUN); because enrollments.csv:6 lists them in
            section algebra
"""
SCOPE = "classes:\n  scope:\n    terms: current\n"


def masked(text: str) -> str:
    """Without what is another one in each run."""
    text = re.sub(r"\b\d{8}-\d{6}-[0-9a-f]{4}\b", "RUN", text)
    text = re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d(:\d\d)? UTC", "TIME UTC", text)
    return re.sub(r"\b[0-9a-f]{12}\b", "DIGEST", re.sub(r"\b\d{21}\b", "NUMBER", text))


def test_why_is_somebody_in_a_class(story: Story) -> None:
    story.policy += SCOPE
    story.sync()
    said = story.run("explain", address("s3"), "--course", "algebra")
    assert said.status == 0, said.err
    assert masked(said.out) == HEAD + IN_ALGEBRA
    everything = story.run("explain", "s3")
    assert masked(everything.out).startswith(HEAD + IN_ALGEBRA + "\n“Biology”, section biology: ")
    assert max(map(len, everything.out.splitlines())) <= 80


def test_why_not_by_hand(story: Story) -> None:
    story.sync()
    story.by_hand("algebra", "accept")
    story.by_hand("algebra", "remove", email=address("s3"))
    story.by_hand("algebra", "add", email=address("guest"), role="STUDENT")
    story.sync(today="2026-09-02")
    out = story.run("explain", "s3", "--course", "Algebra").out
    assert "“Algebra”, section algebra: they were taken out by hand." in out
    assert "  by hand   removed in Classroom, first seen 2026-09-02 00:00: stays so\n" in out
    guest = story.run("explain", address("guest")).out
    assert "  roster    nobody in it leads to this account" in guest
    assert "“Algebra”, section algebra: they are in it as a student, put in by hand." in guest
    course = story.run("explain", "--course", "algebra").out
    assert "  by hand   student s3@maple.example removed in Classroom, first seen" in course
    assert "  by hand   student guest@maple.example added in Classroom, first seen" in course


def test_why_not_by_the_roster_and_by_the_policy(story: Story) -> None:
    story.policy += "classes:\n  scope:\n    exclude:\n      - {section: biology}\n"
    story.roster.students["algebra"].append("nokid")
    story.sync()
    story.roster.students["algebra"].remove("s3")
    story.sync()
    removed = story.run("explain", "s3", "--course", "algebra").out
    assert "“Algebra”, section algebra: they are not in it." in removed
    assert "  roster    no row lists them in section algebra (classes.csv:2)" in removed
    assert "student.remove, done" in removed
    biology = story.run("explain", "--course", "biology").out
    assert "out of scope by classes.scope.exclude[0]\n            (policies/district" in biology
    unmatched = story.run("explain", "nokid").out
    assert (
        "  account   no Google account has their e-mail, as its address or as an alias" in unmatched
    )
    assert "no Google account known" in unmatched


def test_why_not_yet_by_a_limit(story: Story) -> None:
    story.sync()
    story.roster.students["algebra"] = []
    assert story.sync().status == 3
    said = story.run("explain", "s3", "--course", "algebra")
    words = " ".join(said.out.split())
    assert "next student.remove s3@maple.example is held back: 10 of 24 student seats" in words
    assert "--allow student.remove=10 lets it go" in words


def test_a_section_that_the_sis_has_renumbered(story: Story) -> None:
    story.sync()
    for people in (story.roster.teachers, story.roster.students):
        people["alg-2"] = people.pop("algebra")
    assert story.sync("--allow", "course.update=1").status == 0
    now, before = (story.run("explain", "--course", key).out for key in ("alg-2", "algebra"))
    assert now.splitlines()[1:] == before.splitlines()[1:]  # the class goes on
    words = " ".join(now.split())
    assert (
        "write course.update (alias: 'd:rollbook.maple.2027.algebra' to "
        "'d:rollbook.maple.2027.alg-2'), done"
    ) in words
    assert "10 student.add done" in words
    run = story.run("history", "--runs", "1").out.split()[0]
    undo = " ".join(story.run("undo", run).out.split())
    assert "“Alg-2” stays the class of section alg-2, with its alias [M324]" in undo


def test_without_google_and_without_a_policy(story: Story) -> None:
    story.sync()
    no_google = story.run("explain", "s3", ROLLBOOK_GOOGLE_ADMIN="")
    assert "they are its student" in no_google.out
    words = " ".join(no_google.out.split())
    assert "Note: the Directory was not asked (ROLLBOOK_GOOGLE_ADMIN is not set)" in words
    (story.folder / "policies").rename(story.folder / "elsewhere")
    bare = story.run_as_it_is("explain", "s3")
    assert bare.status == 0, bare.err
    assert "“Algebra”, section algebra: they are its student.\n  write " in bare.out
    assert "Note: no policy was read (--policies DIR): only the store was asked" in bare.out
    found = story.run_as_it_is("explain", "s3", "--policies", "elsewhere")
    assert "  policy    section algebra is in scope" in found.out


def test_a_roster_that_can_not_be_read(story: Story) -> None:
    story.sync()
    (story.folder / "policies/roster/enrollments.csv").write_text("", encoding="utf-8")
    said = story.run_as_it_is("explain", "s3", "--course", "algebra")
    assert said.status == 0, said.err
    assert "Note: the roster can't be read: enrollments.csv" in said.out


def test_as_json(story: Story) -> None:
    story.sync()
    found = json.loads(story.run("explain", "s3", "--course", "algebra", "--format", "json").out)
    [told] = found["stories"]
    assert (told["verdict"], told["section"]) == ("they are its student", "algebra")
    assert [step["topic"] for step in told["steps"]] == ["roster", "policy", "write"]


def test_what_nothing_is_known_of(story: Story) -> None:
    assert story.run("explain", "s3").status == 2  # no store yet
    story.sync()
    for words, expected in (
        (["nobody@maple.example"], "nothing is known of 'nobody@maple.example'"),
        (["--course", "latin"], "nothing is known of the class 'latin'"),
        ([], "explain needs a PERSON, a --course, or both"),
    ):
        said = story.run("explain", *words)
        assert (said.status, said.out) == (2, "")
        assert expected in said.words


def test_a_name_that_several_classes_have(story: Story) -> None:
    story.policy += 'classes:\n  name: "Class"\n'
    story.sync()
    said = story.run("explain", "--course", "class")
    assert said.status == 2
    assert "'class' names 3 classes: d:rollbook.maple.2027.algebra, d:rollbook" in said.words
