"""A card as Google's Card v2 JSON, for the side panel. It knows nothing of classes or teachers."""

import re
from collections.abc import Mapping

from addon.widgets import (
    Action,
    Button,
    ButtonRow,
    Card,
    Divider,
    Item,
    Link,
    Section,
    Show,
    Style,
    Text,
    Tone,
    Way,
    Widget,
)

Json = dict[str, object]

STYLES = {Style.FILLED: "FILLED", Style.OUTLINED: "OUTLINED", Style.PLAIN: "BORDERLESS"}
COLOURS = {Tone.QUIET: "#5f6368", Tone.WARNING: "#b3261e"}
LOOKS_LIKE_A_TAG = re.compile(r"<(?=[A-Za-z/!?])")
LOOKS_LIKE_AN_ENTITY = re.compile(r"&(?=#?\w+;)")


def card_json(card: Card, *, base: str) -> Json:
    """The card as Google takes it. `base` is the add-on's public address: a button's `function`
    must be a full one."""
    header: Json = {"title": card.title}
    if card.subtitle:
        header["subtitle"] = card.subtitle
    sections = [_section(section, base) for section in card.sections]
    return {"name": card.name, "header": header, "sections": sections}


def pushed(card: Card, *, base: str) -> Json:
    """The answer to a trigger (Google's RenderActions)."""
    return {"action": {"navigations": [{"pushCard": card_json(card, base=base)}]}}


def updated(card: Card, *, base: str, notice: str = "") -> Json:
    """The answer to a click (Google's SubmitFormResponse)."""
    action: Json = {"navigations": [{"updateCard": card_json(card, base=base)}]}
    if notice:
        action["notification"] = {"text": notice}
    return {"renderActions": {"action": action}, "stateChanged": True}


def shown(card: Card, way: Way, *, base: str) -> Json:
    """The answer to a click that has a screen come up; nothing has changed."""
    printed = card_json(card, base=base)
    steps: dict[Way, list[Json]] = {
        Way.OPEN: [{"pushCard": printed}],
        Way.AGAIN: [{"updateCard": printed}],
        Way.BACK: [{"popToRoot": True}, {"updateCard": printed}],
    }
    return {"renderActions": {"action": {"navigations": steps[way]}}, "stateChanged": False}


def asking_for_scopes(scopes: tuple[str, ...]) -> Json:
    """The answer that has Google ask the user to consent; Google then repeats the request."""
    return {"requesting_google_scopes": {"scopes": list(scopes)}}


def _section(section: Section, base: str) -> Json:
    printed: Json = {"widgets": [_widget(widget, base) for widget in section.widgets]}
    if section.header:
        printed["header"] = _plain(section.header)
    return printed


def _widget(widget: Widget, base: str) -> Json:
    match widget:
        case Text():
            return {"textParagraph": {"text": _coloured(widget)}}
        case Item():
            return {"decoratedText": _item(widget, base)}
        case ButtonRow():
            return {"buttonList": {"buttons": [_button(each, base) for each in widget.buttons]}}
        case Divider():
            return {"divider": {}}


def _item(item: Item, base: str) -> Json:
    printed: Json = {"text": _plain(item.text), "wrapText": True}
    if item.below:
        printed["bottomLabel"] = _plain(item.below)
    if item.button:
        printed["button"] = _button(item.button, base)
    return printed


def _button(button: Button, base: str) -> Json:
    printed: Json = {
        "text": button.text,
        "type": STYLES[button.style],
        "onClick": _on_click(button.does, base),
    }
    if button.label:
        printed["altText"] = button.label
    return printed


def _on_click(does: Action | Show | Link, base: str) -> Json:
    if isinstance(does, Link):
        return {"openLink": {"url": does.url}}
    if isinstance(does, Show):
        return {"action": {"function": f"{base}/addon/{does.way.value}/{does.screen}"}}
    action: Json = {"function": f"{base}/addon/do/{does.name}"}
    if does.parameters:
        action["parameters"] = _parameters(does.parameters)
    return {"action": action}


def _parameters(parameters: Mapping[str, str]) -> list[Json]:
    return [{"key": key, "value": value} for key, value in parameters.items()]


def _coloured(text: Text) -> str:
    plain = _plain(text.text)
    colour = COLOURS.get(text.tone)
    return f'<font color="{colour}">{plain}</font>' if colour else plain


def _plain(text: str) -> str:
    """Text that is shown as it is. Google reads a few HTML tags in texts, and it is nowhere said
    in which fields; so only what would be read as a tag or an entity is escaped, and a plain
    "Reading & Writing" is the same in either reading."""
    return LOOKS_LIKE_A_TAG.sub("&lt;", LOOKS_LIKE_AN_ENTITY.sub("&amp;", text))
