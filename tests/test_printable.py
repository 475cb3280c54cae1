"""Texts of services reach terminals and logs as text, one line a record."""

from __future__ import annotations

import io
import logging

import pytest

from energykit.printable import OneLineFormatter, escape_controls


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Zähler 1\tok", "Zähler 1\tok"),
        ("\x1b[2J\x1b]0;owned\x07", r"\x1b[2J\x1b]0;owned\x07"),
        ("a\r\nFAKE - INFO - ok", r"a\r\nFAKE - INFO - ok"),
        ("a\x9bb\x7fc\x00", r"a\x9bb\x7fc\x00"),
        ("evil\u202etxt.exe\u2028next", r"evil\u202etxt.exe\u2028next"),
    ],
)
def test_control_characters_are_shown(text, shown):
    assert escape_controls(text) == shown


def test_a_long_text_is_cut_and_says_so():
    assert escape_controls("x" * 30, longest=10) == "xxxxxxxxxx… (30 characters)"


def test_a_record_is_one_line_and_its_traceback_is_indented():
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(OneLineFormatter("%(levelname)s %(message)s"))
    logger = logging.getLogger("a test of one line")
    logger.propagate = False
    logger.addHandler(handler)
    try:
        raise ValueError("a\n2026-01-01 INFO fake")
    except ValueError:
        logger.exception("first\nsecond %s", "\x1b[2J")
    lines = stream.getvalue().splitlines()
    assert lines[0] == r"ERROR first\nsecond \x1b[2J"
    assert all(line.startswith("    | ") for line in lines[1:])
    assert "    | 2026-01-01 INFO fake" in lines
