"""What the runs were, and what one of them wrote: from the journal, which knows no names."""

import json
import re

from telling import Story, address

RUN = re.compile(r"^\d{8}-\d{6}-[0-9a-f]{4}", re.MULTILINE)


def newest(story: Story) -> str:
    found = RUN.match(story.run("history", "--runs", "1").out)
    assert found is not None
    return found.group()


def test_before_the_first_run(story: Story) -> None:
    said = story.run("history")
    assert (said.status, said.out) == (0, "No run yet.\n")
    assert story.run("history", "--format", "json").out == "[]\n"
    assert not (story.folder / ".rollbook").exists()


def test_the_runs_the_newest_first(story: Story) -> None:
    story.sync()
    story.roster.students["algebra"].remove("s3")
    story.sync()
    story.roster.students["algebra"] = []
    story.sync()
    said = story.run("history")
    assert said.status == 0, said.err
    blocks = [block.splitlines() for block in said.out.split("\n\n")]
    assert [block[1] for block in blocks] == [
        "  done, with something held back: 0 writes, 9 held",
        "  done: 1 write (1 student.remove)",
        "  done: 28 writes (3 course.create, 1 teacher.add, 24 student.add)",
    ]
    line = re.compile(r"  plan \d{8}-\d{6}-\w{4}, policy \w{12}, roster \w{12}")
    assert all(line.fullmatch(block[2]) for block in blocks)
    assert len(RUN.findall(story.run("history", "--runs", "2").out)) == 2


def test_what_one_run_wrote_by_school_and_class(story: Story) -> None:
    story.sync()
    story.by_hand("algebra", "accept")
    story.roster.students["algebra"].remove("s3")
    story.roster.teachers["biology"].reverse()
    story.sync()
    said = story.run("history", newest(story)[:-1])  # the beginning is enough
    assert said.status == 0, said.err
    ids = {p["email"]: p["id"] for p in story.ask("GET", "/simulator/state")["people"]}
    text = re.sub(r"\d\d:\d\d:\d\d  ", "", said.out)
    assert "School sch: 2 writes\n  “Biology” d:rollbook.maple.2027.biology, course " in text
    chen, rivera = ids[address("chen")], ids[address("rivera")]
    assert f"    course.owner    {chen} to {rivera}\n" in text
    assert f"    student.remove  {ids[address('s3')]}\n" in text
    assert "@" not in said.out


def test_one_run_as_json(story: Story) -> None:
    story.sync()
    found = json.loads(story.run("history", newest(story), "--format", "json").out)
    assert found["done"] == {"course.create": 3, "student.add": 24, "teacher.add": 1}
    assert len(found["writes"]) == 28
    assert found["writes"][0]["kind"] == "course.create"
    assert found["writes"][0]["made"] == ["Algebra", "", ""]
    assert found == {**json.loads(story.run("history", "--format", "json").out)[0], **found}


def test_a_run_that_is_not_there(story: Story) -> None:
    assert story.run("history", "2026").status == 2
    story.sync()
    said = story.run("history", "1999")
    assert (said.status, said.out) == (2, "")
    assert "'1999' is no run of this store; rollbook history lists the runs" in said.words
