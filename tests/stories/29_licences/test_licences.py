"""Who lacks the licence that the district needs is told before the first load is done, and gets a
seat all the same. With `none` nobody is asked, and without the scope the plan says so."""

from policy.google.credentials import AUDIT_SCOPE, LICENSING_SCOPE, SCOPES
from telling import POLICY, Story, address

LISTED = "licensing.licenseAssignments.listForProduct"
STANDARD, UNHEARD_OF = "1010310005", "1010319999"


def has(story: Story, who: str, *licenses: str) -> None:
    """By hand: an administrator takes somebody's licences away, or gives others."""
    story.ask("POST", "/simulator/users", {"email": address(who), "licenses": licenses})


def told(story: Story) -> list[tuple[str, str]]:
    """What the plan tells of licences: code and words."""
    notices = story.plan()["notices"]
    return [(n["code"], n["message"]) for n in notices if n["code"].startswith("M33")]


def asked(story: Story) -> int:
    """How often Google was asked for licences since the last call of this."""
    count: int = story.sim.calls.api[LISTED]
    story.sim.calls.clear()
    return count


def test_the_first_plan_tells_who_lacks_it_and_later_ones_do_not_ask(story: Story) -> None:
    assert told(story) == []
    has(story, "chen", STANDARD)
    for who in ("s1", "s2", "s4", "s6", "s8", "s9"):
        has(story, who)
    said = story.run("plan", "policies")
    words = " ".join(said.out.split())
    assert (
        "1 of 3 teachers has no licence of Education Plus (people.license, built-in default); they "
        "get their seats all the same: users.csv:13 [M330]" in words
    )
    assert (
        "6 of 10 students have no licence of Education Plus (people.license, built-in default); "
        "they get their seats all the same: users.csv:4, users.csv:5, users.csv:7, users.csv:9, "
        "users.csv:11 and 1 more [M330]" in words
    )
    assert "s1@" not in said.out
    assert asked(story) == 2
    assert story.sync().status == 0
    assert story.agrees()
    assert asked(story) == 1
    assert told(story) == []
    assert asked(story) == 0


def test_plus_is_enough_where_standard_is_needed(story: Story) -> None:
    story.policy = POLICY + "people: {license: education_standard}\n"
    has(story, "chen", STANDARD)
    has(story, "s1")
    [(code, words)] = told(story)
    assert code == "M330"
    assert words.startswith(
        "1 of 10 students has no licence of Education Standard (people.license, "
        "policies/district.yaml:10);"
    )


def test_a_licence_that_nobody_knows_is_told_apart(story: Story) -> None:
    has(story, "chen", UNHEARD_OF)
    assert told(story) == [
        (
            "M331",
            f"1 person has a licence that this version of Rollbook doesn't know: {UNHEARD_OF} "
            f"({UNHEARD_OF}). It may stand for Education Plus (people.license, built-in default), "
            "or not: users.csv:13",
        )
    ]


def test_with_none_nobody_is_asked(story: Story) -> None:
    story.policy = POLICY + "people: {license: none}\n"
    has(story, "chen")
    assert told(story) == []
    assert asked(story) == 0


def test_without_the_scope_the_plan_says_so_and_goes_on(story: Story) -> None:
    story.sim.allowed_scopes = frozenset({*SCOPES, AUDIT_SCOPE})
    said = story.sync()
    assert "nobody can be asked who has a licence of Education Plus" in said.words
    assert LICENSING_SCOPE in said.words
    assert "[M332]" in said.words
    assert said.status == 0
    assert story.agrees()
