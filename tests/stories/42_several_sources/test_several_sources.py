"""A district whose classes come from a OneRoster service, whose co-teachers are dropped on an SFTP
server, and whose missing e-mails stand in a folder: three roads, one roster, one night.
"""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import pytest

from policy.simulator.server import serve
from telling import SmallRoster, Story, address, google_for, three_sections
from unit.sources.oneroster_server import ID, SCOPE, SECRET, Server, of_csv, served, stamp
from unit.sources.sftp_server import HOST_KEY, PASSWORD, USER, Site, public, serving

SOURCES = """\
roster:
  - source: oneroster
    name: sis
    url: {url}/ims/oneroster/v1p1
    version: "1.1"
    client_id: {client}
    client_secret: {{env: ONEROSTER_SECRET}}
    token_url: {url}/token
    scope: {scope}
  - source: sftp
    name: co-teachers
    host: 127.0.0.1
    port: {port}
    user: {user}
    path: /
    host_key: {host_key}
    password: {{env: SFTP_PASSWORD}}
    marker: done.txt
    provides: [co_teachers]
  - source: folder
    path: ../e-mails
    provides: [emails]
"""
HEADER = "sourcedId,classSourcedId,userSourcedId,role,primary\n"
USERS = "sourcedId,enabledUser,role,givenName,familyName,email\n"
SECRETS = {"ONEROSTER_SECRET": SECRET, "SFTP_PASSWORD": PASSWORD}


class Roads:
    """The other ends: what each says can be changed between nights."""

    def __init__(self, story: Story, sis: Server, site: Site) -> None:
        self.story, self.sis, self.site = story, sis, site
        story.policy = story.policy.partition("roster:\n")[0] + SOURCES.format(
            url=sis.url,
            client=ID,
            scope=SCOPE,
            port=site.port,
            user=USER,
            host_key=public(HOST_KEY),
        )

    def sis_says(self, roster: SmallRoster) -> None:
        """Of student s9 it knows no e-mail."""
        folder = self.story.folder / "export"
        roster.write(folder)
        self.sis.rows = of_csv(folder)
        for things in self.sis.rows.values():
            for thing in things:
                thing["dateLastModified"] = stamp(self.sis.now)
        [user] = [user for user in self.sis.rows["users"] if user["sourcedId"] == "s9"]
        user.pop("email")

    def drop(self, rows: str, when: datetime) -> None:
        self.site.put("enrollments.csv", HEADER + rows, when)
        self.site.put("done.txt", "done", when)


@pytest.fixture
def roads(tmp_path: Path) -> Iterator[Roads]:
    roster = three_sections()
    sim = google_for(roster)
    (tmp_path / "server").mkdir()
    with ExitStack() as stack:
        url = stack.enter_context(serve(sim))
        sis = stack.enter_context(served(Server({})))
        site = stack.enter_context(serving(Site(tmp_path / "server")))
        story = Story(tmp_path / "district", roster, sim, url)
        story.folder.mkdir()
        (story.folder / "key.json").write_text(json.dumps(sim.key_file()), encoding="utf-8")
        made = Roads(story, sis, site)
        made.sis_says(roster)
        made.drop("c1,chorus,rivera,teacher,true\n", datetime.now(UTC))
        emails = story.folder / "e-mails"
        emails.mkdir()
        row = f"s9,true,student,S9,Maple,{address('s9')}\n"
        (emails / "users.csv").write_text(USERS + row, encoding="utf-8")
        yield made


def seats(story: Story) -> dict[str, tuple[set[str], set[str]]]:
    return {key: (c["teachers"], c["students"]) for key, c in story.classes().items()}


def test_three_roads_are_one_roster(roads: Roads) -> None:
    story = roads.story
    first = story.sync(**SECRETS)
    assert first.status == 0, first.err
    wanted = {
        key: (set(story.roster.teachers[key]), set(story.roster.students[key]))
        for key in story.roster.teachers
    }
    assert any("s9" in students for _, students in wanted.values())
    assert "rivera" not in wanted["chorus"][0]
    wanted["chorus"][0].add("rivera")
    assert seats(story) == wanted
    assert story.classes()["chorus"]["owner"] == story.roster.teachers["chorus"][0]
    assert story.writes() > 0

    second = story.sync(**SECRETS)
    assert second.status == 0, second.err
    assert story.writes() == 0

    said = story.run(
        "explain", address("rivera"), "--course", "chorus", "--policies", "policies", **SECRETS
    )
    assert "co-teachers/enrollments.csv:2 lists them in section chorus" in " ".join(
        said.out.split()
    )


def test_one_road_that_is_closed_stops_the_night(roads: Roads) -> None:
    story = roads.story
    story.sync(**SECRETS)
    before = seats(story)
    story.writes()
    said = story.sync(**{**SECRETS, "SFTP_PASSWORD": "wrong"})
    assert said.status == 2
    assert "[R302]" in said.words
    assert "Nothing was planned." in said.words
    assert "wrong" not in said.words
    assert (seats(story), story.writes()) == (before, 0)


def test_a_second_source_that_shrinks_is_held_by_its_own_numbers(roads: Roads) -> None:
    """Three co-teachers are few beside all other seats: one file must not hide in another."""
    story = roads.story
    story.policy += "freshness: {max_age: 3650d, min_size: 80%}\n"
    rows = "".join(f"c{n},{key},okafor,teacher,\n" for n, key in enumerate(story.roster.teachers))
    roads.drop(rows, datetime.now(UTC))
    assert story.sync(**SECRETS).status == 0
    before = seats(story)
    story.writes()
    roads.drop("c1,biology,okafor,teacher,\n", datetime.now(UTC))
    said = story.sync(**SECRETS)
    assert said.status == 2
    assert "co-teachers memberships" in said.words
    assert "[R112]" in said.words
    assert (seats(story), story.writes()) == (before, 0)


def test_half_an_upload_is_not_taken(roads: Roads) -> None:
    story = roads.story
    story.sync(**SECRETS)
    story.writes()
    roads.site.put("enrollments.csv", HEADER, datetime.now(UTC).replace(year=2100))
    said = story.sync(**SECRETS)
    assert said.status == 0, said.err
    assert story.writes() == 0
    plan = story.run("plan", "policies", **SECRETS)
    assert "[R303]  [M335]" in plan.out


def test_one_drop_does_not_stand_for_three_roads(roads: Roads) -> None:
    """Whoever is only on the others would be taken out of classes."""
    story = roads.story
    assert story.sync(**SECRETS).status == 0
    before = seats(story)
    story.writes()
    for verb in ("plan", "sync"):
        said = story.run(verb, "policies", "--roster", "export", **SECRETS)
        assert said.status == 2
        assert (
            "would stand for all 3 sources of the policy (sis, co-teachers, e-mails" in said.words
        )
    assert (seats(story), story.writes()) == (before, 0)
