"""What is said of each code, and the form of pages."""

from policy.render.page import Heading, Item, Table, Words, page_markdown, page_text
from policy.render.roster_advice import ADVICE, LEFT_OUT, means
from policy.render.roster_page import mail
from policy.roster.codes import Code
from policy.roster.dialect import KINDS
from policy.roster.survey import Defect, Severity, Survey

NOT_OF_A_DROP = {Code.OLD, Code.SHRUNK}  # the policy's freshness says these


def test_each_code_of_a_drop_has_its_advice() -> None:
    of_drops = {code for code in Code if code.value < "R300"} - NOT_OF_A_DROP
    assert set(ADVICE) == of_drops


def test_each_kind_of_row_says_what_leaving_it_out_means() -> None:
    assert set(LEFT_OUT) == set(KINDS)


def test_titles_fit_a_line() -> None:
    assert [a.title for a in ADVICE.values() if len(f"  R999  {a.title}: 1,000,000") > 80] == []


def test_what_asks_for_the_same_is_asked_once() -> None:
    defects = (
        Defect(Code.TOO_FEW, Severity.LEFT_OUT, "people", "users.csv", 5, ("users.csv:2",)),
        Defect(Code.TOO_MANY, Severity.LEFT_OUT, "people", "users.csv", 1, ("users.csv:9",)),
        Defect(Code.DISABLED, Severity.NOTED, "people", "users.csv", 1, ("users.csv:3",)),
    )
    words = mail(Survey("drop", None, defects))
    assert words.count("please") == 1
    assert "(1) too few fields in a row (users.csv:2 and 4 more); too many" in words
    assert "(2)" not in words
    assert mail(Survey("drop", None, defects[2:])) == ""


def test_what_a_defect_means_hangs_on_its_severity() -> None:
    told = {
        severity: means(Defect(Code.ROLE, severity, "memberships", "e.csv", 1, ("e.csv:2",)))
        for severity in Severity
    }
    assert "Nothing is planned" in told[Severity.REFUSED]
    assert "Nobody is removed" in told[Severity.LEFT_OUT]
    assert "used" in told[Severity.NOTED]


PARTS = [
    Heading("Title"),
    Words("One paragraph."),
    Table(("name", "count"), (("a" * 90, "1,000"), ("b|<b>", "2")), "and 3 more"),
    Heading("List"),
    Item("First_item", ("more",)),
    Item("Second"),
    Words("copy this", copied=True),
]


def test_a_page_as_text() -> None:
    text = page_text(PARTS)
    lines = text.splitlines()
    assert lines[:4] == ["Title", "One paragraph.", "", "  name" + " " * 67 + "  count"]
    assert max(map(len, lines)) == 80
    assert lines[4].endswith("…  1,000")
    assert lines[6:] == [
        *("  and 3 more", "", "List", "  First_item", "    more", "  Second", "", "copy this"),
    ]


def test_a_page_as_markdown() -> None:
    lines = page_markdown(PARTS).splitlines()
    assert lines[:4] == ["### Title", "", "One paragraph.", ""]
    assert "| b\\|&lt;b> | 2 |" in lines
    assert lines[-5:] == ["- **First\\_item**", "  <br>more", "- **Second**", "", "> copy this"]
