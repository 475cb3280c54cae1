import base64
import re

import pytest
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from energykit import plots
from energykit.errors import UsageError
from energykit.html import Html


def test_the_figure_element_carries_the_image_and_its_sentence(house):
    ax = plots.load_duration(house)
    html = plots.figure_html(ax, caption="The house idles at 124 W.")
    assert isinstance(html, Html)
    image = base64.b64decode(re.search(r'src="data:image/png;base64,([^"]+)"', html).group(1))
    assert image.startswith(b"\x89PNG")
    assert f'alt="{plots.alt_text(ax)}"' in html
    assert "<figcaption>The house idles at 124 W.</figcaption>" in html


def test_a_figure_shown_as_html_is_not_shown_again(house):
    ax = plots.load_duration(house)
    assert plt.get_fignums()
    plots.figure_html(ax)
    assert plt.get_fignums() == []


def test_an_own_text_wins_and_is_escaped(house, ax):
    html = plots.figure_html(plots.load_duration(house, ax=ax), alt='less < "more"')
    assert 'alt="less &lt; &quot;more&quot;"' in html


def test_an_svg_keeps_its_text_and_carries_the_sentence(house, ax):
    html = plots.figure_html(plots.daily_profile(house, ax=ax), kind="svg")
    assert "<svg" in html
    assert "<?xml" not in html
    assert ">power [W]</text>" in html
    assert 'role="img"' in html
    assert plots.alt_text(ax) in html


def test_a_figure_with_several_axes_tells_each(house):
    figure = Figure()
    left, right = figure.subplots(1, 2)
    plots.load_duration(house, ax=left)
    plots.heatmap(house, ax=right)
    html = plots.figure_html(figure)
    assert plots.alt_text(left) in html
    assert plots.alt_text(right) in html


def test_axes_drawn_by_hand_are_described_by_title_labels_and_ranges(ax):
    ax.plot([0, 1, 2], [5.0, 7.5, float("nan")], label="measured")
    ax.bar([0, 1], [1, 2])
    ax.set(title="Mine", xlabel="time [s]", ylabel="power [W]")
    assert (
        plots.alt_text(ax)
        == "Mine: power [W] against time [s], measured of 2 points from 5 to 7.5, 2 bars."
    )


def test_a_figure_without_axes_or_an_unknown_kind_is_refused(house, ax):
    with pytest.raises(UsageError, match="the figure has no axes"):
        plots.figure_html(Figure())
    with pytest.raises(UsageError, match=r"unknown kind 'gif'(?s:.)*'png', 'svg'"):
        plots.figure_html(plots.power(house, ax=ax), kind="gif")
