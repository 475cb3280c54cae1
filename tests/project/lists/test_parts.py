"""The additions that CONTRIBUTING links to still have their places in the files of today."""

import ast

import pytest

from tests.project.additions.addition import HOME, Part, every_addition, with_part
from tests.project.lists.place import ROOT, read

ADDITIONS = every_addition()
IN_PLACE = {"lesson"}
"""Additions that change what is there, such as a count: once made, they have no place any more."""


def line_of(name: str, text: str) -> str:
    """``file:line`` where an addition writes a text; its first line where it makes the text."""
    file = f"{HOME}/{name}.py"
    for node in ast.walk(ast.parse(read(file))):
        if isinstance(node, ast.Constant) and node.value == text:
            return f"{file}:{node.lineno}"
    return f"{file}:1"


def added(name: str, part: Part, files: dict[str, str]) -> str:
    """A file with a part; as it is where the part was made in place."""
    if part.place and part.file not in files:
        assert (ROOT / part.file).is_file(), (
            f"{line_of(name, part.file)}: there is no {part.file} any more"
        )
        files[part.file] = read(part.file)
    text = files.get(part.file, "")
    try:
        return with_part(text, part)
    except ValueError:
        is_made = name in IN_PLACE and part.text in text
        assert is_made, (
            f"{line_of(name, part.place)}: {part.file} has no {part.place!r} any more: "
            "give what appears there now"
        )
        return text


@pytest.mark.parametrize("name", ADDITIONS)
def test_each_part_of_an_addition_has_its_place_also_after_another_addition(name):
    files: dict[str, str] = {}
    for part in ADDITIONS[name].parts * 2:
        files[part.file] = added(name, part, files)


@pytest.mark.parametrize(
    ("text", "gives"),
    [
        ('A = ("a",)\n', 'A = ("a", "z")\n'),
        ('A = ("a", "b")\n', 'A = ("a", "b", "z")\n'),
        ('A = (\n    "a)",\n)\n', 'A = (\n    "a)",\n    "z",\n)\n'),
        ("A = (f(1), [2])\nB = ()\n", 'A = (f(1), [2], "z")\nB = ()\n'),
    ],
)
def test_a_last_element_is_added_to_a_list_in_one_line_or_in_several(text, gives):
    assert with_part(text, Part(file="a.py", last_of="A = (", text='    "z",')) == gives
