"""A teacher in front of the page accepts a class, by mouse and by keyboard; what it looks like.

The pictures go to screenshots/ for people to look at; what can be asserted about them is.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from addon.render.html import Page as Shown
from addon.render.html import html
from cards.states import STATES
from policy.google.base import CourseState
from unit.addon.school import ADA, BEN, School

SCREENSHOTS = Path(__file__).resolve().parents[2] / "screenshots"
NARROW, WIDE = 300, 1000

pytestmark = pytest.mark.browser


@contextmanager
def window(browser: Browser, *, width: int = WIDE, scheme: str = "light") -> Iterator[Page]:
    """A window that fails the test when the page misses a file or breaks its own rules."""
    context = browser.new_context(
        viewport={"width": width, "height": 640},
        color_scheme=scheme,  # type: ignore[arg-type]
    )
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("requestfailed", lambda request: complaints.append(request.url))
    page.on("response", lambda r: complaints.append(f"{r.status} {r.url}") if r.status > 399 else 0)
    yield page
    context.close()
    assert complaints == []


def test_accept_a_class(school: School, site: str, browser: Browser) -> None:
    course = school.course("Algebra I", section="Period 1", students=24)
    other = school.course("Biology", section="Period 3", students=27)
    with window(browser) as page:
        page.goto(f"{site}/app/")
        expect(page.get_by_text("2 classes wait for you")).to_be_visible()
        page.get_by_role("button", name="Accept Algebra I, Period 1").click()
        expect(page.get_by_role("status")).to_have_text("Algebra I, Period 1 accepted.")
        expect(page.get_by_text("1 class waits for you")).to_be_visible()
        SCREENSHOTS.mkdir(exist_ok=True)
        page.screenshot(path=SCREENSHOTS / "demonstration.png", full_page=True)
        opened = page.get_by_role("link", name="Open Algebra I, Period 1 in Classroom")
        assert (opened.get_attribute("href") or "").startswith("https://classroom.google.com/")
        page.reload()
        expect(page.get_by_role("status")).to_have_count(0)
    assert school.state_of(course) is CourseState.ACTIVE
    assert school.state_of(other) is CourseState.PROVISIONED


def test_accept_all_and_be_another_teacher(school: School, site: str, browser: Browser) -> None:
    ours = [school.course(f"Class {number}") for number in range(3)]
    theirs = school.course("Chorus", owner=BEN)
    with window(browser, width=NARROW) as page:
        page.goto(f"{site}/app/")
        page.get_by_role("button", name="Accept all 3").click()
        expect(page.get_by_role("status")).to_have_text("3 classes accepted.")
        page.get_by_label("You are").select_option("Ben Franklin")
        page.get_by_role("button", name="Show").click()
        page.get_by_role("button", name="Decline Chorus").click()
        expect(page.get_by_role("status")).to_have_text("Chorus declined.")
    assert {school.state_of(course) for course in ours} == {CourseState.ACTIVE}
    assert school.state_of(theirs) is CourseState.DECLINED


@pytest.fixture
def ada_has_a_role(school: School) -> None:
    school.give_roles(f"{{viewer: [{ADA}]}}")


@pytest.mark.usefixtures("ada_has_a_role")
def test_to_the_administrators_card_and_back(school: School, site: str, browser: Browser) -> None:
    school.course("Algebra I")
    with window(browser, width=NARROW) as page:
        page.goto(f"{site}/app/?as={ADA}")
        page.get_by_role("button", name="Last run and policy").click()
        expect(page.get_by_text("No run yet")).to_be_visible()
        page.get_by_role("button", name="Refresh").click()
        expect(page.get_by_text("in force since")).to_be_visible()
        page.get_by_role("button", name="Your classes").click()
        expect(page.get_by_role("button", name="Accept Algebra I")).to_be_visible()


def test_by_keyboard(school: School, site: str, browser: Browser) -> None:
    course = school.course("Algebra I")
    with window(browser) as page:
        page.goto(f"{site}/app/")
        accept = page.get_by_role("button", name="Accept Algebra I")
        for _press in range(10):
            page.keyboard.press("Tab")
            if accept.evaluate("button => button === document.activeElement"):
                break
        page.keyboard.press("Enter")
        expect(page.get_by_role("status")).to_have_text("Algebra I accepted.")
    assert school.state_of(course) is CourseState.ACTIVE


def test_without_script(school: School, site: str, browser: Browser) -> None:
    course = school.course("Algebra I")
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{site}/app/")
    page.get_by_role("button", name="Accept Algebra I").click()
    expect(page.get_by_text("Algebra I accepted.")).to_be_visible()
    context.close()
    assert school.state_of(course) is CourseState.ACTIVE


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [NARROW, WIDE], ids=["narrow", "wide"])
def test_screenshots(site: str, browser: Browser, width: int, scheme: str) -> None:
    """Nothing sticks out at the side, each text can be read against its ground, and a finger can
    hit each button."""
    SCREENSHOTS.mkdir(exist_ok=True)
    kind = f"{scheme}-{'narrow' if width == NARROW else 'wide'}"
    with window(browser, width=width, scheme=scheme) as page:
        page.goto(f"{site}/app/")
        for name, card in STATES.items():
            page.set_content(html(Shown(card, do="/app/do")))
            page.wait_for_load_state("load")
            page.screenshot(path=SCREENSHOTS / f"{name}-{kind}.png", full_page=True)
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            assert page.evaluate(SMALLEST_BUTTON) >= 36
            assert page.evaluate(LOWEST_CONTRAST) >= 4.5, name


SMALLEST_BUTTON = """() => Math.min(99, ...[...document.querySelectorAll('.button')].map(
    button => Math.min(button.offsetHeight, button.offsetWidth)))"""

# The lowest contrast of a text with the first ground behind it, as WCAG 2 counts it.
LOWEST_CONTRAST = """() => {
  const parts = colour => colour.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map(v => v / 255)
    .map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const ground = element => {
    for (let each = element; each; each = each.parentElement) {
      const colour = parts(getComputedStyle(each).backgroundColor);
      if (colour.length === 3 || colour[3] > 0) return colour;
    }
    return [255, 255, 255];
  };
  const texts = [...document.querySelectorAll('body *')]
    .filter(e => [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim()));
  return Math.min(...texts.map(element => {
    const [a, b] = [light(parts(getComputedStyle(element).color)), light(ground(element))];
    return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  }));
}"""
