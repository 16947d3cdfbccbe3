"""A policy's text, tidied: the form, the order, and where each comment goes."""

import pytest

from policy.errors import InputAtFault
from policy.rules import tidy
from policy.rules.tidy import tidied


def tidied_district(text: str) -> str:
    result = tidied("district.yaml", text, school_file=False)
    assert tidied("district.yaml", result, school_file=False) == result
    return result


def test_order_steps_quotes_and_blank_lines() -> None:
    untidy = (
        "students: {added_by_hand: 'keep', 'add': \"at_once\"}\n\n\n"
        "district:\n"
        "      timezone: 'America/Chicago'   \n"
        '      name:   "It\'s Maple"\n'
        "\n\n"
        "      domains:\n"
        "      - 'maple.example'\n"
        "      id: maple\n"
        "version:   1\n\n"
    )
    assert tidied_district(untidy) == (
        "version: 1\n"
        "\n"
        "district:\n"
        "  id: maple\n"
        '  name: "It\'s Maple"\n'
        "\n"
        "  domains:\n"
        "    - maple.example\n"
        "  timezone: America/Chicago\n"
        "\n"
        "students: {add: at_once, added_by_hand: keep}\n"
    )


def test_quotes_stay_where_they_are_needed() -> None:
    text = (
        "classes:\n"
        "  scope:\n"
        '    schools: ["0042", "NO", "true", "1:30", "Lincoln*", "a: b", "a #b", "null", "y"]\n'
        '    terms: ["2026-08-24"]\n'
        '    grades: ["09"]\n'
        '  name: "{section.name}"\n'
    )
    assert tidied_district(text) == text
    assert tidied_district(text.replace('"', "'")) == text


def test_what_is_written_without_quotes_stays_so() -> None:
    text = (
        "limits:\n  course.create: {district: 10%}\n\n"
        "pause:\n  - {from: 2027-06-10, to: 2027-08-20}\n"
    )
    assert tidied_district(text) == text


def test_comments_go_with_what_they_belong_to() -> None:
    untidy = (
        "# The policy of Maple.\n"
        "\n"
        "# How students come and go.\n"
        "students:\n"
        "    removal_grace: 72h    # the office is slow\n"
        "                          # in summer\n"
        "    # at once, since it is a pilot\n"
        "    add: at_once  # not after_accept\n"
        "    # exceptions:\n"
        "    #   - {person: pat@maple.example}\n"
        "# Who we are.\n"
        "district: # ours\n"
        "    id: maple # never change it\n"
        "# The end.\n"
    )
    assert tidied_district(untidy) == (
        "# The policy of Maple.\n"
        "\n"
        "# Who we are.\n"
        "district:  # ours\n"
        "  id: maple  # never change it\n"
        "\n"
        "# How students come and go.\n"
        "students:\n"
        "  # at once, since it is a pilot\n"
        "  add: at_once  # not after_accept\n"
        "  removal_grace: 72h    # the office is slow\n"
        "                        # in summer\n"
        "  # exceptions:\n"
        "  #   - {person: pat@maple.example}\n"
        "# The end.\n"
    )


def test_a_comment_above_a_key_that_moves_up_into_an_item_stands_above_the_item() -> None:
    untidy = (
        "pause:\n- to: 2027-08-20\n  # the last day of school\n  from: 2027-06-10  # a Thursday\n"
    )
    assert tidied_district(untidy) == (
        "pause:\n"
        "  # the last day of school\n"
        "  - from: 2027-06-10  # a Thursday\n"
        "    to: 2027-08-20\n"
    )


def test_a_list_in_brackets_stands_on_one_line_if_it_can() -> None:
    assert tidied_district("classes: {protect: [\n  name,\n\n  room\n  ]}\n") == (
        "classes: {protect: [name, room]}\n"
    )
    with_comments = (
        "classes:\n  protect: [ # texts\n    name,\n    # and\n    room ] # that's all\n"
    )
    assert tidied_district(with_comments) == (
        "classes:\n"
        "  protect:  # texts\n"
        "            # that's all\n"
        "    - name\n"
        "    # and\n"
        "    - room\n"
    )
    long = ", ".join(f"n{number}.example" for number in range(20))
    assert tidied_district(f"district: {{domains: [{long}]}}\n").splitlines()[:3] == [
        "district:",
        "  domains:",
        "    - n0.example",
    ]


def test_text_over_several_lines_comes_on_one() -> None:
    untidy = "district:\n  name: >-  # folded\n    Maple\n    Schools\n  id: 'ma\\\n    ple'\n"
    assert tidied_district(untidy.replace("'ma\\\n    ple'", '"ma\\\n    ple"')) == (
        "district:\n  id: maple\n  name: Maple Schools  # folded\n"
    )


def test_the_line_for_editors_stays_the_first() -> None:
    untidy = (
        "# yaml-language-server: $schema=./policy.schema.json\n"
        "# us\ndistrict: {id: a}\nversion: 1\n"
    )
    assert tidied_district(untidy) == (
        "# yaml-language-server: $schema=./policy.schema.json\n"
        "version: 1\n\n# us\ndistrict: {id: a}\n"
    )


def test_line_ends_stay_what_they_are() -> None:
    assert (
        tidied_district("version:  1\r\n# x\r\npeople: {}")
        == "version: 1\r\n\r\n# x\r\npeople: {}\r\n"
    )


def test_keys_of_a_school_file_are_in_order() -> None:
    tidy = tidied("a.yaml", "limits: {}\nschools: ['0042']\n", school_file=True)
    assert tidy == 'schools: ["0042"]\n\nlimits: {}\n'


@pytest.mark.parametrize(
    "spoilt", ["version: 1\n", "version: 1\npeople: {}\n# x #\n", "version: 1\npeople: []  # x\n"]
)
def test_a_result_that_says_something_else_is_never_given_out(
    monkeypatch: pytest.MonkeyPatch, spoilt: str
) -> None:
    def whole(*_: object) -> list[str]:
        return spoilt.splitlines()

    monkeypatch.setattr(tidy._Printer, "whole", whole)
    with pytest.raises(InputAtFault, match=r"district\.yaml can't be tidied without a change"):
        tidied_district("version: 1\npeople: {}  # x\n")
