"""Building blocks of reprs: escaped, readable in light and dark and without seeing colours."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from energykit import html


def test_text_is_escaped_and_html_is_not_escaped_again():
    assert html.escape("<b> & \"q\" 'a'") == "&lt;b&gt; &amp; &quot;q&quot; &#x27;a&#x27;"
    once = html.element("b", "<")
    assert html.escape(once) is once
    assert html.element("p", once, "<") == "<p><b>&lt;</b>&lt;</p>"
    assert html.element("p", 1, None) == "<p>1None</p>"


@given(st.text())
def test_no_text_can_open_an_element(text):
    for made in (
        html.element("p", text, title=text),
        html.table([text], [[text]], caption=text),
        html.badge(text),
    ):
        inside = re.sub(r"</?[a-z]+( [a-z-]+(=\"[^\"<>]*\")?)*>", "", made)
        assert "<" not in inside
        assert ">" not in inside


def test_attributes_take_pythons_names():
    made = html.element("div", class_="a b", aria_label='say "x"', hidden=True, id=None, open=False)
    assert made == '<div class="a b" aria-label="say &quot;x&quot;" hidden></div>'
    assert html.element("br") == "<br>"


def test_a_table_sets_numbers_to_the_right():
    made = html.table(["name", "rows"], [["a", 3], ["b", True]], caption="counts")
    assert made.count("text-align:right") == 1
    assert made.index("<caption") < made.index("<thead>") < made.index("<tbody>")
    assert made.count("<tr>") == 3
    assert 'scope="col"' in made


@pytest.mark.parametrize("status", [*html.ICONS, "another"])
def test_a_status_is_an_icon_and_a_word(status):
    made = re.sub(r"<[^>]*>", "", html.badge(status))
    icon, _, word = made.partition(" ")
    assert word == status
    assert icon == html.ICONS.get(status, "•")


def test_icons_of_opposite_states_differ():
    states = [
        ["succeeded", "failed", "skipped", "running"],
        ["serving", "stopped", "not serving", "starting"],
    ]
    for names in states:
        assert len({html.ICONS[name] for name in names}) == len(names)


def test_a_figure_has_a_text_for_those_who_cannot_see_it():
    png = html.figure(b"\x89PNG", alt="a < b", caption="c")
    assert 'src="data:image/png;base64,iVBORw=="' in png
    assert 'alt="a &lt; b"' in png
    assert "<figcaption>c</figcaption>" in png
    svg = html.figure(html.Html("<svg></svg>"), alt="a rise")
    assert 'role="img" aria-label="a rise"' in svg
    assert "<svg></svg>" in svg


def test_a_wide_figure_is_scrolled_rather_than_shown_with_letters_that_cannot_be_read():
    head = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"
    wide = html.figure(head + (990).to_bytes(4, "big"), alt="wide")
    assert "max-width:100%;min-width:640px;" in wide
    assert "overflow-x:auto" in wide
    assert 'tabindex="0"' in wide
    small = html.figure(head + (300).to_bytes(4, "big"), alt="small")
    assert "min-width:300px;" in small


def test_nothing_is_fetched_and_no_text_colour_is_fixed():
    parts = (
        html.card("t", "x"),
        html.table(["a"], [[1]]),
        html.badge("failed"),
        html.details("s", "x", is_open=True),
        html.figure(b"x", alt="a"),
    )
    for made in parts:
        assert "http" not in made
        assert not re.search(r"(?<![-\w])(color|background):(?!inherit|transparent)", made)


def test_a_notebook_shows_it():
    assert html.Html("<b>x</b>")._repr_html_() == "<b>x</b>"
    assert html.join(["a", html.Html("<br>"), "<"], " | ") == "a | <br> | &lt;"
