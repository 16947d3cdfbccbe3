"""Each state of each card, as Google's JSON and as a page, is what the golden files say and what
Google takes: by its own message definitions, and by the rules that these can't know."""

import json
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from google.apps import card_v1
from google.protobuf import json_format

from addon.app import create_app
from addon.cards.home import home_card, spoken
from addon.render.card_json import Json, card_json, pushed, shown, updated
from addon.render.html import Bar, Choice, Page, html
from addon.viewmodels.home import ClassLine, Home
from addon.widgets import Card, Way
from cards.states import STATES
from policy.settings import read_settings

ROUTES = {rule.rule for rule in create_app(read_settings({})).url_map.iter_rules()}
GOLDEN = Path(__file__).parent / "golden"
BASE = "https://rollbook.example.org"
MOST_WIDGETS = 100
KEPT = (("as", "ada@school.example"),)
BAR = Bar(
    [
        ("Teachers", [Choice("ada@school.example", "Ada Byron", True)]),
        ("Administrators", [Choice("admin@school.example", "Grace Hopper", False)]),
    ]
)

every_state = pytest.mark.parametrize("name", STATES)


def golden(name: str, text: str) -> None:
    """Compare with the file; write it when it is not there, and fail, so that somebody looks."""
    path = GOLDEN / name
    if not path.exists():
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
        pytest.fail(f"{path} was not there and has been written: look at it")
    assert text == path.read_text(encoding="utf-8")


@every_state
def test_json(name: str) -> None:
    printed = card_json(STATES[name], base=BASE)
    golden(f"{name}.json", json.dumps(printed, indent=1, ensure_ascii=False) + "\n")


@every_state
def test_page(name: str) -> None:
    golden(
        f"{name}.html",
        html(Page(STATES[name], "/app/do", (("csrf", "c"),), show="/app/", kept=KEPT)),
    )


def test_page_with_notice_and_bar() -> None:
    page = Page(STATES["waiting"], "/app/do", (("csrf", "c"),), "Algebra I accepted. <b>", BAR)
    golden("demonstration.html", html(page))


def test_no_golden_file_is_left_over() -> None:
    expected = {f"{name}.{kind}" for name in STATES for kind in ("json", "html")}
    assert {path.name for path in GOLDEN.iterdir()} == expected | {"demonstration.html"}


@every_state
def test_google_takes_it(name: str) -> None:
    printed = card_json(STATES[name], base=BASE)
    message = json_format.ParseDict(printed, card_v1.Card.pb(card_v1.Card()))
    assert json_format.MessageToDict(message) == printed  # nothing spelled or typed loosely


def buttons(value: object) -> Iterator[Json]:
    """Every button in a card's JSON, wherever it is."""
    if isinstance(value, dict):
        if "onClick" in value:
            yield value
        for each in value.values():
            yield from buttons(each)
    elif isinstance(value, list):
        for each in value:
            yield from buttons(each)


def widgets(printed: Json) -> list[Json]:
    sections = printed["sections"]
    assert isinstance(sections, list)
    return [widget for section in sections for widget in section["widgets"]]


def texts(value: object, *names: str) -> Iterator[str]:
    """Every text under one of these keys."""
    if isinstance(value, dict):
        for key, each in value.items():
            if key in names and isinstance(each, str):
                yield each
            yield from texts(each, *names)
    elif isinstance(value, list):
        for each in value:
            yield from texts(each, *names)


@every_state
def test_rules_that_the_messages_cannot_know(name: str) -> None:
    printed = card_json(STATES[name], base=BASE)
    found = widgets(printed)
    assert 1 <= len(found) <= MOST_WIDGETS
    assert all(len(widget) == 1 for widget in found)
    assert all(section["widgets"] for section in printed["sections"])  # type: ignore[attr-defined]
    assert printed["name"]
    assert len([w for w in found if "buttonList" in w and not w["buttonList"]["buttons"]]) == 0  # type: ignore[index]


@every_state
def test_every_button_does_one_thing(name: str) -> None:
    for button in buttons(card_json(STATES[name], base=BASE)):
        click = button["onClick"]
        assert isinstance(click, dict)
        assert button["text"]
        assert len(click) == 1
        if "openLink" in click:
            assert click["openLink"]["url"].startswith("https://classroom.google.com/")
        else:
            action = click["action"]
            assert action["function"].removeprefix(BASE) in ROUTES
            assert all(
                set(each) == {"key", "value"} and isinstance(each["value"], str)
                for each in action.get("parameters", [])
            )


@every_state
def test_buttons_are_told_apart_by_ear(name: str) -> None:
    """No two buttons of a card sound the same and do different things."""
    heard: dict[object, object] = {}
    for button in buttons(card_json(STATES[name], base=BASE)):
        spoken = button.get("altText", button["text"])
        assert str(spoken).startswith(str(button["text"]))  # what is said holds what is seen
        if "odd-names" not in name:
            assert heard.setdefault(spoken, button["onClick"]) == button["onClick"]


def test_names_are_not_markup() -> None:
    """Google reads tags in texts; a class's name must stay a name."""
    for text in texts(card_json(STATES["odd-names"], base=BASE), "text", "bottomLabel"):
        without_ours = text.replace('<font color="#5f6368">', "").replace("</font>", "")
        assert "<b" not in without_ours
        assert "<script" not in without_ours
        assert "&lt;3" not in without_ours


def test_what_is_no_markup_stays_as_it_is() -> None:
    shown = [*texts(card_json(STATES["odd-names"], base=BASE), "text")]
    assert "Reading & Writing &lt;b>Lab&lt;/b> &amp;lt;3" in shown


def test_the_largest_card_is_small_enough() -> None:
    """As many classes as are shown, with names as long as Classroom takes, four bytes a letter."""
    line = ClassLine("7" * 20, "🎓" * 750, "📚" * 2800, 1000, "https://classroom.google.com/c/MTAx")
    largest = home_card(Home((line,) * 300, (line,) * 300, (line,) * 300))
    answer = updated(largest, base=BASE, notice=f"{spoken(line)} accepted.")
    assert len(json.dumps(answer, ensure_ascii=False).encode()) < 100_000


@pytest.mark.parametrize(
    ("name", "section", "said"),
    [
        ("Algebra", "", "Algebra"),
        ("n" * 80, "s" * 40, f"{'n' * 80}, {'s' * 40}"),
        ("n" * 81, "s" * 41, f"{'n' * 79}…, {'s' * 39}…"),
        (f"{'n' * 78} {'n' * 9}", "", f"{'n' * 78}…"),
    ],
    ids=["short", "just fits", "too long", "no space before the dots"],
)
def test_long_names_are_cut(name: str, section: str, said: str) -> None:
    assert spoken(ClassLine("1", name, section, 0, "")) == said


def test_envelopes() -> None:
    card = Card("home", "T")
    printed = {"name": "home", "header": {"title": "T"}, "sections": []}
    assert pushed(card, base=BASE) == {"action": {"navigations": [{"pushCard": printed}]}}
    assert updated(card, base=BASE, notice="Done.") == {
        "renderActions": {
            "action": {
                "navigations": [{"updateCard": printed}],
                "notification": {"text": "Done."},
            }
        },
        "stateChanged": True,
    }
    assert "notification" not in json.dumps(updated(card, base=BASE))
    steps = {
        Way.OPEN: [{"pushCard": printed}],
        Way.AGAIN: [{"updateCard": printed}],
        Way.BACK: [{"popToRoot": True}, {"updateCard": printed}],
    }
    for way in Way:
        assert shown(card, way, base=BASE) == {
            "renderActions": {"action": {"navigations": steps[way]}},
            "stateChanged": False,
        }


class Outline(HTMLParser):
    """What a page is made of, and whether each tag is closed."""

    EMPTY = frozenset({"meta", "link", "hr", "input", "img"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in self.EMPTY:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def named(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


def page_of(name: str) -> Outline:
    shown = Page(STATES[name], "/app/do", (("csrf", "c"),), "Done.", BAR, "/app/", KEPT)
    return Outline(html(shown))


@every_state
def test_page_is_whole_and_holds_nothing_active(name: str) -> None:
    page = page_of(name)
    assert page.open == []
    assert page.named("script") == []
    assert page.named("style") == []
    everything = [key for _, attributes in page.tags for key in attributes]
    assert not [key for key in everything if key == "style" or key.startswith("on")]
    sources = [a.get("src") or a.get("href") or "" for t in ("img", "link") for a in page.named(t)]
    assert all(source.startswith("/static/") for source in sources)


@every_state
def test_page_can_be_read_by_ear(name: str) -> None:
    page = page_of(name)
    ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    pointed_at = [a["aria-labelledby"] for _, a in page.tags if "aria-labelledby" in a]
    assert set(pointed_at) <= set(ids)
    assert [a.get("lang") for a in page.named("html")] == ["en"]
    assert len(page.named("main")) == len(page.named("h1")) == 1
    assert all("alt" in image for image in page.named("img"))
    assert {label["for"] for label in page.named("label")} <= set(ids)


@every_state
def test_page_buttons_are_forms_with_the_token(name: str) -> None:
    page = page_of(name)
    forms = [form for form in page.named("form") if form["method"] == "post"]
    tokens = [field for field in page.named("input") if field["name"] == "csrf"]
    assert len(forms) == len(tokens)
    assert all(str(form["action"]).startswith("/app/do/") for form in forms)
    others = [form for form in page.named("form")[1:] if form not in forms]  # after the bar's
    assert all(form == {"method": "get", "action": "/app/"} for form in others)
    assert len([f for f in page.named("input") if f["name"] == "card"]) == len(others)
    links = page.named("a")
    assert all(link["rel"] == "noopener noreferrer" for link in links)
    assert all(str(link["href"]).startswith("https://classroom.google.com/") for link in links)
