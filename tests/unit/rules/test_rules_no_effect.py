"""Values that look as if they had no effect, and have one. The others: tests/mistakes."""

from pathlib import Path

import pytest

from policy.errors import PolicyAtFault
from policy.rules.load import load_policy

SHORTEST = """\
version: 1
district:
  id: springfield
  name: Springfield Public Schools
  domains: [springfield.example]
  timezone: America/Chicago
"""


def load(place: Path, district: str, school: str = "") -> None:
    (place / "schools").mkdir(exist_ok=True)
    (place / "district.yaml").write_text(SHORTEST + district, encoding="utf-8")
    if school:
        text = f'schools: ["0042"]\n{school}'
        (place / "schools" / "lincoln.yaml").write_text(text, encoding="utf-8")
    load_policy(place)


@pytest.mark.parametrize(
    ("district", "school"),
    [
        pytest.param("limits: {course.create: {district: 100%}}", "", id="classes can double"),
        pytest.param("limits: {student.remove: {class: 3}}", "", id="as many as at_least"),
        pytest.param("limits: {student.remove: {class: 1%}}", "", id="a share grows"),
        pytest.param("limits: {course.create: {at_least: 900}}", "", id="only at_least is written"),
        pytest.param(
            "limits: {student.remove: {class: 5}}",
            "limits: {student.remove: {at_least: 9}}",
            id="a school lets more go",
        ),
        pytest.param(
            "limits: {student.remove: {at_least: 9}}",
            "limits: {student.remove: {class: 5, at_least: 0}}",
            id="a school lets less go",
        ),
    ],
)
def test_limits(district: str, school: str, tmp_path: Path) -> None:
    load(tmp_path, f"{district}\n", school)


@pytest.mark.parametrize(
    ("scope", "refused"),
    [
        ("subjects: [Math], exclude: [{subject: Art}]", False),
        ("subjects: [Math], exclude: [{subject: Math}]", True),
        ("subjects: [Math], exclude: [{subject: math}]", True),
        ("subjects: [Math], exclude: [{subject: Math, grade: '9'}]", False),
        ("subjects: [Math], exclude: [{subject: Math, not: {grade: '9'}}]", False),
        ("subjects: [Math], exclude: [{name: Math}]", False),
        ("subjects: ['Math*'], exclude: [{subject: Math}]", False),
        ("subjects: ['Math*'], exclude: [{subject: 'Math*'}]", True),
        ("subjects: ['Math*'], exclude: [{subject: 'Ma*'}]", False),  # so, but not told
        ("subjects: ['Math*'], exclude: [{subject: '*'}]", True),
        ("subjects: all, exclude: [{subject: '*'}]", False),
        ("subjects: ['[AB]'], exclude: [{subject: '?'}]", False),
        ("grades: ['09'], exclude: [{grade: '9'}]", True),
        ("grades: ['09'], exclude: [{grade: ['1', '2']}]", False),
        ("schools: [Lincoln], exclude: [{school: 'Linc*'}]", True),
        ("schools: [Lincoln], exclude: [{school: '0042'}]", False),
        ("terms: [Fall], exclude: [{term: Fall}]", True),
        ("terms: current, exclude: [{term: '*'}]", False),
    ],
)
def test_lists_of_a_scope(scope: str, refused: bool, tmp_path: Path) -> None:
    text = f"classes: {{scope: {{{scope}}}}}\n"
    if not refused:
        load(tmp_path, text)
        return
    with pytest.raises(PolicyAtFault, match="P122"):
        load(tmp_path, text)


def test_a_school_may_exclude_what_the_district_lists(tmp_path: Path) -> None:
    load(
        tmp_path,
        "classes: {scope: {subjects: [Math, Art]}}\n",
        "classes: {scope: {exclude: [{subject: Math}]}}\n",
    )
